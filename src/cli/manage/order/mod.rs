//! `backstock order`: what a checkout does, by hand: for trying out, and for the one order that
//! somebody brings by phone.

mod place;

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::input::{date, units_of};
use super::output::answer;
use super::reservation::details;
use super::session::{Session, SessionArgs, WriteArgs, ask, write};
use crate::proto;
use place::{PlaceArgs, backorder, reserve};

const EXAMPLES: &str = "\
Examples:
  backstock order place order-1001 TEE-M=2 --customer ada --shown 2027-01-31 --confirm
  backstock order release order-1001 --reason \"changed her mind\"
  backstock order ship order-1001 --tracking 1Z999
  backstock order answer order-1001 TEE-M keep";

/// Orders by hand.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct OrderArgs {
    #[command(flatten)]
    session: SessionArgs,

    #[command(subcommand)]
    verb: OrderVerb,
}

#[derive(Subcommand, Debug)]
enum OrderVerb {
    /// Take what is available, and queue the rest.
    Place(PlaceArgs),
    /// Make a hold an order.
    Confirm(ConfirmArgs),
    /// Give units back.
    Release(ReleaseArgs),
    /// Allocated units left the building.
    Ship(ShipArgs),
    /// Answer for a customer who was asked about a delay.
    Answer(AnswerArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  backstock order confirm order-1001
  backstock order confirm order-1001 --shown 2027-01-31")]
struct ConfirmArgs {
    /// The order's number.
    #[arg(value_name = "ID")]
    id: String,

    /// The date that the customer was shown, for every line; a later one is refused.
    #[arg(long, value_name = "DATE", value_parser = date)]
    shown: Option<String>,

    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock order release order-1001 TEE-M=1 --reason \"one too many\"")]
struct ReleaseArgs {
    /// The order's number.
    #[arg(value_name = "ID")]
    id: String,

    /// What is given back [default: everything open].
    #[arg(value_name = "SKU=UNITS", value_parser = units_of)]
    lines: Vec<(String, i64)>,

    /// Why, for the ledger.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,

    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock order ship order-1001 --tracking 1Z999")]
struct ShipArgs {
    /// The order's number.
    #[arg(value_name = "ID")]
    id: String,

    /// What left [default: all that is allocated].
    #[arg(value_name = "SKU=UNITS", value_parser = units_of)]
    lines: Vec<(String, i64)>,

    /// The carrier's number.
    #[arg(long, value_name = "TEXT", default_value = "")]
    tracking: String,

    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock order answer order-1001 TEE-M cancel")]
struct AnswerArgs {
    /// The order's number.
    #[arg(value_name = "ID")]
    id: String,

    /// The line.
    #[arg(value_name = "SKU")]
    sku: String,

    /// What the customer says.
    #[arg(value_name = "ANSWER")]
    answer: DelayAnswer,

    #[command(flatten)]
    write: WriteArgs,
}

/// What a customer says to a delay.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum DelayAnswer {
    /// The line keeps its place, with its new date.
    Keep,
    /// What has not come is released.
    Cancel,
}

/// Places, confirms, releases, ships or answers.
///
/// # Errors
/// The server does not answer, or refuses.
pub async fn run(args: OrderArgs) -> anyhow::Result<ExitCode> {
    let session = args.session.connect().await?;
    let done = match args.verb {
        OrderVerb::Place(args) if args.on_hand_only => reserve(&session, args).await?,
        OrderVerb::Place(args) => backorder(&session, args).await?,
        OrderVerb::Confirm(args) => confirm(&session, args).await?,
        OrderVerb::Release(args) => release(&session, args).await?,
        OrderVerb::Ship(args) => ship(&session, args).await?,
        OrderVerb::Answer(args) => answer_delay(&session, args).await?,
    };
    answer(session.output, &done.unwrap_or_default(), details)?;
    Ok(ExitCode::SUCCESS)
}

type Done = anyhow::Result<Option<proto::Reservation>>;

fn lines(asked: &[(String, i64)]) -> Vec<proto::Line> {
    let line =
        |(sku, quantity): &(String, i64)| proto::Line { sku: sku.clone(), quantity: *quantity };
    asked.iter().map(line).collect()
}

async fn confirm(session: &Session, args: ConfirmArgs) -> Done {
    let request_id = args.write.id();
    let accepted = match &args.shown {
        Some(shown) => shown_for_each(session, &args.id, shown).await?,
        None => Vec::new(),
    };
    let request = proto::ConfirmRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        reservation_id: args.id,
        accepted,
    };
    let call = async |request| session.inventory().confirm(request).await;
    Ok(write(&request_id, request, call).await?.reservation)
}

/// The same date for each line of a hold.
async fn shown_for_each(
    session: &Session,
    id: &str,
    ship_by: &str,
) -> anyhow::Result<Vec<proto::AcceptedPromise>> {
    let (program, reservation_id) = (session.program.clone(), id.to_owned());
    let call = async |request| session.insight().get_reservation(request).await;
    let found = ask(proto::GetReservationRequest { program, reservation_id }, call).await?;
    let lines = found.reservation.unwrap_or_default().lines.into_iter();
    let ship_by = ship_by.to_owned();
    let shown = |line: proto::ReservationLine| proto::AcceptedPromise {
        sku: line.sku,
        ship_by: ship_by.clone(),
    };
    Ok(lines.map(shown).collect())
}

async fn release(session: &Session, args: ReleaseArgs) -> Done {
    let request_id = args.write.id();
    let request = proto::ReleaseRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        reservation_id: args.id,
        lines: lines(&args.lines),
        reason: args.reason,
    };
    let call = async |request| session.inventory().release(request).await;
    Ok(write(&request_id, request, call).await?.reservation)
}

async fn ship(session: &Session, args: ShipArgs) -> Done {
    let request_id = args.write.id();
    let request = proto::ShipRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        reservation_id: args.id,
        lines: lines(&args.lines),
        tracking: args.tracking,
    };
    let call = async |request| session.inventory().ship(request).await;
    Ok(write(&request_id, request, call).await?.reservation)
}

async fn answer_delay(session: &Session, args: AnswerArgs) -> Done {
    let request_id = args.write.id();
    let answer = match args.answer {
        DelayAnswer::Keep => proto::DelayAnswer::Keep,
        DelayAnswer::Cancel => proto::DelayAnswer::Cancel,
    };
    let request = proto::AnswerDelayRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        reservation_id: args.id,
        sku: args.sku,
        answer: answer.into(),
    };
    let call = async |request| session.inventory().answer_delay(request).await;
    Ok(write(&request_id, request, call).await?.reservation)
}
