//! `backstock reservation`: who was promised what.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use comfy_table::Table;

use super::input::{NOTE_WIDTH, date, instant_text, short, wrapped};
use super::list::{self, ListArgs, Row};
use super::output::{Column, answer, facts, table};
use super::session::{Session, SessionArgs, ask};
use crate::proto;

const EXAMPLES: &str = "\
Examples:
  backstock reservation list --sku TEE-M --state confirmed
  backstock reservation list --overdue
  backstock reservation show order-1001";

/// Holds and orders.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ReservationArgs {
    #[command(flatten)]
    session: SessionArgs,

    #[command(subcommand)]
    verb: ReservationVerb,
}

#[derive(Subcommand, Debug)]
enum ReservationVerb {
    /// List reservations; all filters must hold.
    List(ListReservationsArgs),
    /// Show a reservation with its lines and promises.
    Show(ShowArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  backstock reservation list --sku TEE-M --ship-by-from 2027-01-01 --ship-by-to 2027-01-31
  backstock reservation list --overdue --output json | jq -r .customer_id | sort -u")]
struct ListReservationsArgs {
    /// Only those with a line of this SKU.
    #[arg(long, value_name = "SKU", default_value = "")]
    sku: String,

    /// Only those in this state.
    #[arg(long, value_name = "STATE")]
    state: Option<State>,

    /// Only those with queued units promised for this date or later.
    #[arg(long, value_name = "DATE", value_parser = date)]
    ship_by_from: Option<String>,

    /// Only those with queued units promised for this date or earlier.
    #[arg(long, value_name = "DATE", value_parser = date)]
    ship_by_to: Option<String>,

    /// Only those with queued units whose promised date has passed, or is not known.
    #[arg(long)]
    overdue: bool,

    #[command(flatten)]
    list: ListArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock reservation show order-1001")]
struct ShowArgs {
    /// The caller's number.
    #[arg(value_name = "ID")]
    id: String,
}

/// Where a reservation stands.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    /// A hold.
    Held,
    /// An order.
    Confirmed,
    /// Every unit shipped or released, at least one shipped.
    Shipped,
    /// Every unit released.
    Released,
    /// The hold ran out.
    Expired,
}

impl From<State> for proto::ReservationState {
    fn from(state: State) -> Self {
        match state {
            State::Held => Self::Held,
            State::Confirmed => Self::Confirmed,
            State::Shipped => Self::Shipped,
            State::Released => Self::Released,
            State::Expired => Self::Expired,
        }
    }
}

impl Row for proto::Reservation {
    const COLUMNS: &'static [Column] = &[
        Column::Text("reservation"),
        Column::Text("state"),
        Column::Text("customer"),
        Column::Text("lines"),
        Column::Text("ship by"),
        Column::Text("ready"),
        Column::Text("made"),
    ];

    fn cells(&self) -> Vec<String> {
        let line = |line: &proto::ReservationLine| match line.backordered {
            0 => format!("{} {}", line.ordered, line.sku),
            waiting => format!("{} {} ({waiting} queued)", line.ordered, line.sku),
        };
        let dates = self.lines.iter().filter(|line| line.backordered > 0);
        let dates = dates.filter_map(|line| line.promise.as_ref());
        let date = |promise: &proto::Promise| match promise.ship_by.as_str() {
            "" => "not known".to_owned(),
            date => date.to_owned(),
        };
        vec![
            self.reservation_id.clone(),
            short(self.state().as_str_name(), "RESERVATION_STATE_"),
            self.customer_id.clone(),
            self.lines.iter().map(line).collect::<Vec<_>>().join(", "),
            dates.map(date).max().unwrap_or_default(),
            if self.ready_to_ship { "yes".to_owned() } else { String::new() },
            instant_text(self.create_time.as_ref()),
        ]
    }
}

/// Lists or shows.
///
/// # Errors
/// The server does not answer, or refuses.
pub async fn run(args: ReservationArgs) -> anyhow::Result<ExitCode> {
    let session = args.session.connect().await?;
    match args.verb {
        ReservationVerb::List(args) => list_reservations(&session, &args).await?,
        ReservationVerb::Show(args) => show(&session, args.id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list_reservations(session: &Session, args: &ListReservationsArgs) -> anyhow::Result<()> {
    let state = args.state.map_or(proto::ReservationState::Unspecified, Into::into);
    let nothing = "no reservation fits";
    list::print(session, &args.list, nothing, async |page_size, page_token| {
        let request = proto::ListReservationsRequest {
            program: session.program.clone(),
            sku: args.sku.clone(),
            state: state.into(),
            ship_by_from: args.ship_by_from.clone().unwrap_or_default(),
            ship_by_to: args.ship_by_to.clone().unwrap_or_default(),
            overdue: args.overdue,
            page_size,
            page_token,
        };
        let call = async |request| session.insight().list_reservations(request).await;
        let page = ask(request, call).await?;
        Ok((page.reservations, page.next_page_token))
    })
    .await
}

async fn show(session: &Session, reservation_id: String) -> anyhow::Result<()> {
    let program = session.program.clone();
    let call = async |request| session.insight().get_reservation(request).await;
    let found = ask(proto::GetReservationRequest { program, reservation_id }, call).await?;
    answer(session.output, &found.reservation.unwrap_or_default(), details)
}

/// A reservation with its lines and promises.
pub(super) fn details(reservation: &proto::Reservation) -> Table {
    let mut shown = facts([
        ("reservation", reservation.reservation_id.clone()),
        ("state", short(reservation.state().as_str_name(), "RESERVATION_STATE_")),
        ("customer", reservation.customer_id.clone()),
        ("ship policy", short(reservation.ship_policy().as_str_name(), "SHIP_POLICY_")),
        ("together until", reservation.together_until.clone()),
        ("ready to ship", if reservation.ready_to_ship { "yes" } else { "no" }.to_owned()),
        ("made", instant_text(reservation.create_time.as_ref())),
        ("expires", instant_text(reservation.expire_time.as_ref())),
    ]);
    shown.add_row(["lines", &lines(&reservation.lines).to_string()]);
    // Lines often have the same note: each is shown once.
    for (note, skus) in notes(&reservation.lines) {
        shown.add_row([format!("note, {}", skus.join(", ")), wrapped(note, NOTE_WIDTH)]);
    }
    shown
}

/// What the customer reads beside the dates, each note with the SKUs of its lines.
fn notes(lines: &[proto::ReservationLine]) -> Vec<(&str, Vec<&str>)> {
    let mut notes: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in lines {
        let note = line.promise.as_ref().map_or("", |promise| promise.note.as_str());
        match notes.iter_mut().find(|(known, _)| *known == note) {
            _ if note.is_empty() => {}
            Some((_, skus)) => skus.push(&line.sku),
            None => notes.push((note, vec![&line.sku])),
        }
    }
    notes
}

fn lines(lines: &[proto::ReservationLine]) -> Table {
    let columns = [
        Column::Text("SKU"),
        Column::Number("ordered"),
        Column::Number("allocated"),
        Column::Number("queued"),
        Column::Number("shipped"),
        Column::Number("released"),
        Column::Text("ship by"),
        Column::Text("first promised"),
        Column::Number("queue ahead"),
        Column::Text("answer by"),
    ];
    let row = |line: &proto::ReservationLine| {
        let promise = line.promise.clone().unwrap_or_default();
        let question = line.delay_question.as_ref();
        vec![
            line.sku.clone(),
            line.ordered.to_string(),
            line.allocated.to_string(),
            line.backordered.to_string(),
            line.shipped.to_string(),
            line.released.to_string(),
            promise.ship_by,
            promise.original_ship_by,
            line.queue_ahead.map(|ahead| ahead.to_string()).unwrap_or_default(),
            instant_text(question.and_then(|question| question.answer_by.as_ref())),
        ]
    };
    table(&columns, lines.iter().map(row))
}
