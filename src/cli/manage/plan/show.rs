//! Plans that there are: shown, listed, closed.

use std::process::ExitCode;

use comfy_table::Table;

use super::write;
use crate::cli::manage::input::{NOTE_WIDTH, duration_text, instant_text, short, wrapped};
use crate::cli::manage::list::{self, ListArgs, Row};
use crate::cli::manage::output::{Column, Output, answer, facts, table};
use crate::cli::manage::session::{self, SessionArgs, ask};
use crate::cli::terminal;
use crate::proto;

impl Row for proto::Plan {
    const COLUMNS: &'static [Column] = &[
        Column::Text("SKU"),
        Column::Text("state"),
        Column::Number("cap"),
        Column::Number("in force"),
        Column::Number("backordered"),
        Column::Text("opens at"),
        Column::Text("closes at"),
        Column::Text("ship by"),
        Column::Number("version"),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.sku.clone(),
            short(self.state().as_str_name(), "PLAN_STATE_"),
            self.cap.to_string(),
            self.effective_cap.to_string(),
            self.backordered.to_string(),
            instant_text(self.opens_at.as_ref()),
            instant_text(self.closes_at.as_ref()),
            self.ship_by.clone(),
            self.version.to_string(),
        ]
    }
}

/// Shows an item's plan, also as the file that made it.
///
/// # Errors
/// The server does not answer, or there is no plan.
pub async fn show(args: &SessionArgs, sku: String) -> anyhow::Result<ExitCode> {
    let session = args.connect_for_plans().await?;
    let program = session.program.clone();
    let call = async |request| session.plans().get_plan(request).await;
    let plan = ask(proto::GetPlanRequest { program, sku }, call).await?.plan.unwrap_or_default();
    match session.output {
        Output::Toml => terminal::say(&write::toml(&plan))?,
        output => answer(output, &plan, |plan| terms(Some(plan)))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists plans.
///
/// # Errors
/// The server does not answer, or refuses.
pub async fn list_plans(
    args: &SessionArgs,
    state: proto::PlanState,
    list: &ListArgs,
) -> anyhow::Result<ExitCode> {
    let session = args.connect().await?;
    list::print(&session, list, "no plan fits", async |page_size, page_token| {
        let (program, state) = (session.program.clone(), state.into());
        let request = proto::ListPlansRequest { program, state, page_size, page_token };
        let call = async |request| session.plans().list_plans(request).await;
        let page = ask(request, call).await?;
        Ok((page.plans, page.next_page_token))
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Closes a plan.
///
/// # Errors
/// The server does not answer, or there is no plan.
pub async fn close(
    args: &SessionArgs,
    sku: String,
    request_id: String,
) -> anyhow::Result<ExitCode> {
    let session = args.connect().await?;
    let request = proto::CloseBackordersRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        sku,
    };
    let call = async |request| session.plans().close_backorders(request).await;
    let done = session::write(&request_id, request, call).await?;
    answer(session.output, &done, |done| terms(done.plan.as_ref()))?;
    Ok(ExitCode::SUCCESS)
}

/// A plan with all its terms.
pub fn terms(plan: Option<&proto::Plan>) -> Table {
    let plan = plan.cloned().unwrap_or_default();
    let mut shown = facts([
        ("SKU", plan.sku.clone()),
        ("state", short(plan.state().as_str_name(), "PLAN_STATE_")),
        ("cap", plan.cap.to_string()),
        ("cap in force", plan.effective_cap.to_string()),
        ("cap by inbound", if plan.cap_by_inbound { "yes" } else { "no" }.to_owned()),
        ("backordered", plan.backordered.to_string()),
        ("opens at", instant_text(plan.opens_at.as_ref())),
        ("closes at", instant_text(plan.closes_at.as_ref())),
        ("ship by", plan.ship_by.clone()),
        ("note", wrapped(&plan.note, NOTE_WIDTH)),
        ("allowance", plan.allowance.to_string()),
        ("customer limit", limit(plan.customer_limit)),
        ("delays", delays(plan.delay_answers.as_ref())),
        ("version", plan.version.to_string()),
    ]);
    if !plan.timeline.is_empty() {
        let columns = [Column::Text("date"), Column::Text("stage")];
        let stages = plan.timeline.into_iter().map(|stage| vec![stage.date, stage.name]);
        shown.add_row(["timeline", &table(&columns, stages).to_string()]);
    }
    shown
}

fn limit(units: i64) -> String {
    if units == 0 { "none".to_owned() } else { units.to_string() }
}

fn delays(answers: Option<&proto::DelayAnswers>) -> String {
    let Some(answers) = answers else { return "customers are told".to_owned() };
    let within = answers.answer_within.as_ref().map(duration_text).unwrap_or_default();
    let silence = short(answers.on_silence().as_str_name(), "ON_SILENCE_");
    format!("customers are asked, and have {within}; silence: {silence}")
}
