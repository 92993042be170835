//! Plans from files: checked, opened, changed.

use std::path::Path;
use std::process::ExitCode;

use super::faults::{Fault, of_refusal, tell};
use super::file::{self, PlanFile};
use super::show::terms;
use crate::cli::manage::output::{Output, answer};
use crate::cli::manage::refused::Refused;
use crate::cli::manage::session::{Session, SessionArgs, ask, write};
use crate::cli::terminal;
use crate::proto;

/// Opens backorders with the plan of a file.
///
/// # Errors
/// The file cannot be read, or the server does not answer.
pub async fn open(args: &SessionArgs, path: &Path, request_id: String) -> anyhow::Result<ExitCode> {
    let file = file::read(path)?;
    let session = args.connect().await?;
    if !file.faults.is_empty() {
        return told(&session, path, &file, false).await;
    }
    let request = proto::OpenBackordersRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        plan: Some(file.plan.clone()),
        validate_only: false,
    };
    let call = async |request| session.plans().open_backorders(request).await;
    match write(&request_id, request, call).await {
        Ok(done) => {
            remark(&done.warnings);
            answer(session.output, &done, |done| terms(done.plan.as_ref()))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => refusal(&session, path, &file, refused),
    }
}

/// Changes a plan to that of a file.
///
/// # Errors
/// The file cannot be read, or the server does not answer.
pub async fn update(
    args: &SessionArgs,
    path: &Path,
    request_id: String,
) -> anyhow::Result<ExitCode> {
    let file = file::read(path)?;
    let session = args.connect().await?;
    if !file.faults.is_empty() {
        return told(&session, path, &file, true).await;
    }
    let request = proto::UpdatePlanRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        plan: Some(file.plan.clone()),
        validate_only: false,
    };
    let call = async |request| session.plans().update_plan(request).await;
    match write(&request_id, request, call).await {
        Ok(done) => {
            remark(&done.warnings);
            answer(session.output, &done, |done| terms(done.plan.as_ref()))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => refusal(&session, path, &file, refused),
    }
}

/// Checks the plan of a file and changes nothing.
///
/// # Errors
/// The file cannot be read, or the server does not answer.
pub async fn check(args: &SessionArgs, path: &Path, update: bool) -> anyhow::Result<ExitCode> {
    let file = file::read(path)?;
    let session = args.connect().await?;
    told(&session, path, &file, update).await
}

/// Tells every fault of a file: those that it shows by itself, and those that the server finds in
/// what could be read of it.
async fn told(
    session: &Session,
    path: &Path,
    file: &PlanFile,
    update: bool,
) -> anyhow::Result<ExitCode> {
    let mut faults = file.faults.clone();
    if file.is_toml {
        let answered = match update {
            true => validate_update(session, &file.plan).await,
            false => validate_open(session, &file.plan).await,
        };
        match answered {
            Ok(warnings) => remark(&warnings),
            Err(refused) => {
                let found = judged(refused, file)?;
                // What could not be read was sent empty; that it is missing is not the fault.
                faults.extend(
                    found.into_iter().filter(|fault| {
                        !file.faults.iter().any(|known| known.field == fault.field)
                    }),
                );
            }
        }
    }
    if faults.is_empty() {
        if session.output != Output::Json {
            terminal::say(&format!("{}: no fault", path.display()))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    tell(session.output, path, &mut faults)?;
    Ok(ExitCode::FAILURE)
}

fn refusal(
    session: &Session,
    path: &Path,
    file: &PlanFile,
    refused: Refused,
) -> anyhow::Result<ExitCode> {
    tell(session.output, path, &mut judged(refused, file)?)?;
    Ok(ExitCode::FAILURE)
}

/// What a refusal says of the plan. Whatever is no refusal of the plan is an error.
fn judged(refused: Refused, file: &PlanFile) -> anyhow::Result<Vec<Fault>> {
    use tonic::Code;
    match refused.status.code() {
        Code::InvalidArgument | Code::FailedPrecondition => Ok(of_refusal(&refused, &file.lines)),
        Code::NotFound if refused.reason().as_deref() != Some("UNKNOWN_PROGRAM") => {
            Ok(of_refusal(&refused, &file.lines))
        }
        _ => Err(refused.into()),
    }
}

async fn validate_open(session: &Session, plan: &proto::Plan) -> Result<Vec<String>, Refused> {
    let request = proto::OpenBackordersRequest {
        program: session.program.clone(),
        request_id: String::new(),
        plan: Some(plan.clone()),
        validate_only: true,
    };
    let call = async |request| session.plans().open_backorders(request).await;
    Ok(ask(request, call).await?.warnings)
}

async fn validate_update(session: &Session, plan: &proto::Plan) -> Result<Vec<String>, Refused> {
    let request = proto::UpdatePlanRequest {
        program: session.program.clone(),
        request_id: String::new(),
        plan: Some(plan.clone()),
        validate_only: true,
    };
    let call = async |request| session.plans().update_plan(request).await;
    Ok(ask(request, call).await?.warnings)
}

fn remark(warnings: &[String]) {
    for warning in warnings {
        terminal::complain(&format!("remark: {warning}"));
    }
}
