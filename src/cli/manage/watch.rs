//! `backstock watch`: a line for each thing that happens.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tonic::{Code, Status};

use super::input::{instant_text, short};
use super::output::{Output, json_line};
use super::refused::Refused;
use super::session::{Session, SessionArgs};
use crate::cli::terminal;
use crate::proto;

const FIRST_DELAY: Duration = Duration::from_millis(200);
const DELAY_MAX: Duration = Duration::from_secs(5);

const EXAMPLES: &str = "\
Examples:
  backstock watch --types 'promise.*' --skus TEE-M,TEE-L
  backstock watch --after 0 --limit 20
  backstock watch --after 1200 --output json >> events.jsonl

It goes on until it is stopped. After a cut it connects again and goes on behind the last event.";

/// Everything that happens in a programme, as it happens.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct WatchArgs {
    /// Events after this position; 0 = from the first that is kept [default: from now on].
    #[arg(long, value_name = "POSITION")]
    after: Option<i64>,

    /// Only events of these types; `promise.*` for all that begin so.
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,

    /// Only events of these SKUs.
    #[arg(long, value_name = "SKU", value_delimiter = ',')]
    skus: Vec<String>,

    /// End after so many events.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,

    #[command(flatten)]
    session: SessionArgs,
}

/// How far the watcher has come.
struct Place {
    after: Option<i64>,
    left: u64,
    /// Grows with each cut that follows the one before without an answer between them.
    delay: Duration,
}

/// Prints events until the limit, for ever without one.
///
/// # Errors
/// The server refuses, or nobody reads stdout any more.
pub async fn run(args: WatchArgs) -> anyhow::Result<ExitCode> {
    let session = args.session.connect().await?;
    let left = args.limit.unwrap_or(u64::MAX);
    let mut place = Place { after: args.after, left, delay: FIRST_DELAY };
    loop {
        let cut = listen(&session, &args, &mut place).await?;
        if place.left == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        if is_final(cut.code()) {
            return Err(Refused::from(cut).into());
        }
        let behind = place.after.map(|after| format!("; going on behind {after}"));
        let why = Refused::from(cut).sentence();
        terminal::complain(&format!("the watch was cut: {why}{}", behind.unwrap_or_default()));
        tokio::time::sleep(place.delay).await;
        place.delay = (place.delay * 2).min(DELAY_MAX);
    }
}

/// Prints what comes until the stream ends, and says why it did.
async fn listen(session: &Session, args: &WatchArgs, place: &mut Place) -> anyhow::Result<Status> {
    let request = proto::WatchRequest {
        program: session.program.clone(),
        after: place.after,
        types: args.types.clone(),
        skus: args.skus.clone(),
    };
    let mut stream = match session.insight().watch(request).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return Ok(status),
    };
    loop {
        match stream.message().await {
            Ok(Some(response)) => take(session.output, response, place)?,
            Ok(None) => return Ok(Status::unavailable("the stream ended")),
            Err(status) => return Ok(status),
        }
        if place.left == 0 {
            return Ok(Status::ok("the limit is reached"));
        }
    }
}

fn take(output: Output, response: proto::WatchResponse, place: &mut Place) -> anyhow::Result<()> {
    (place.after, place.delay) = (Some(response.position), FIRST_DELAY);
    let Some(event) = response.event else { return Ok(()) };
    terminal::say(&match output {
        Output::Json => json_line(&event)?,
        Output::Table | Output::Toml => sentence(&event),
    })?;
    place.left -= 1;
    Ok(())
}

/// Whether asking again would be answered in the same way.
fn is_final(code: Code) -> bool {
    !matches!(
        code,
        Code::Unavailable
            | Code::Unknown
            | Code::Internal
            | Code::Cancelled
            | Code::Aborted
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
    )
}

/// An event in one line: its position, when, what, of which item, and what it says.
fn sentence(event: &proto::Event) -> String {
    let mut words = vec![
        format!("{:>8}", event.position),
        instant_text(event.time.as_ref()),
        event.r#type.clone(),
        event.sku.clone(),
    ];
    words.extend(named("", &event.reservation_id));
    words.extend(named("customer ", &event.customer_id));
    words.extend(named("at ", &event.location));
    words.extend(event.detail.as_ref().map(detail));
    let changes = changes(&event.changes.unwrap_or_default());
    words.extend(named("", &changes));
    words.extend(named("ref ", &event.reference));
    words.join("  ")
}

fn named(name: &str, value: &str) -> Option<String> {
    (!value.is_empty()).then(|| format!("{name}{value}"))
}

fn changes(changes: &proto::CounterChanges) -> String {
    let counters = [
        ("on hand", changes.on_hand),
        ("allocated", changes.allocated),
        ("backordered", changes.backordered),
        ("bumped", changes.bumped),
        ("inbound", changes.inbound),
        ("damaged", changes.damaged),
    ];
    let moved = counters.into_iter().filter(|(_, by)| *by != 0);
    moved.map(|(name, by)| format!("{name} {by:+}")).collect::<Vec<_>>().join(", ")
}

fn detail(detail: &proto::event::Detail) -> String {
    use proto::event::Detail;
    let known = |date: &str| if date.is_empty() { "unknown".to_owned() } else { date.to_owned() };
    match detail {
        Detail::PromiseMoved(moved) => {
            let class = short(moved.delay_class().as_str_name(), "DELAY_CLASS_");
            let dates = format!("{} -> {}", known(&moved.old_ship_by), known(&moved.new_ship_by));
            let answer = moved.answer_by.as_ref().map(|by| format!(", answer by {by}"));
            let class = named(", ", &class).unwrap_or_default();
            format!("{} units {dates}{class}{}", moved.quantity, answer.unwrap_or_default())
        }
        Detail::PromiseGiven(given) => {
            let hold = given.expire_time.as_ref().map(|time| format!("held until {time}"));
            let date = named("ship by ", &given.ship_by);
            let said = date.into_iter().chain(hold).collect::<Vec<_>>();
            if said.is_empty() { "order".to_owned() } else { said.join(", ") }
        }
        Detail::PlanChanged(plan) => format!(
            "plan {}: cap {} ({} in force), backordered {}, ship by {}",
            plan.plan_version, plan.cap, plan.effective_cap, plan.backordered, plan.ship_by
        ),
        Detail::InboundChanged(inbound) => {
            let state = match (inbound.cancelled, inbound.overdue) {
                (true, _) => ", cancelled",
                (_, true) => ", overdue",
                _ => "",
            };
            let (left, expected) = (inbound.left, inbound.expected);
            let dates = format!("arrives {}, ships {}", inbound.arrives_on, inbound.ships_on);
            format!("{}: {left} of {expected} to come, {dates}{state}", inbound.inbound_id)
        }
        Detail::StockLow(low) => format!("{} available, low is {}", low.available, low.low_stock),
        Detail::DelayAnswered(answered) => {
            let answer = if answered.keeps { "keep" } else { "cancel" };
            format!("{answer}{}", if answered.by_silence { ", by silence" } else { "" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_one_line_with_both_dates() {
        let moved = proto::PromiseMoved {
            old_ship_by: "2027-01-31".into(),
            new_ship_by: String::new(),
            delay_class: proto::DelayClass::Unknown.into(),
            quantity: 3,
            ..Default::default()
        };
        let event = proto::Event {
            r#type: "promise.delayed".into(),
            sku: "TEE".into(),
            position: 17,
            reservation_id: "order-1".into(),
            changes: Some(proto::CounterChanges { backordered: -3, ..Default::default() }),
            detail: Some(proto::event::Detail::PromiseMoved(moved)),
            ..Default::default()
        };
        let line = sentence(&event);
        let parts = ["      17", "promise.delayed  TEE  order-1", "3 units 2027-01-31 -> unknown"];
        for part in parts.iter().chain(&[", unknown", "backordered -3"]) {
            assert!(line.contains(part), "{part} is missing in {line}");
        }
        assert!(!line.contains('\n'));
    }

    #[test]
    fn refusals_end_the_watch_and_cuts_do_not() {
        assert!(is_final(Code::NotFound) && is_final(Code::Unimplemented));
        assert!(!is_final(Code::Unavailable) && !is_final(Code::Unknown));
    }

    #[test]
    fn the_cursor_moves_with_what_was_left_out_too() {
        let mut place = Place { after: Some(3), left: 1, delay: DELAY_MAX };
        let response = proto::WatchResponse { event: None, position: 9 };
        take(Output::Json, response, &mut place).expect("nothing is printed");
        assert_eq!((place.after, place.left, place.delay), (Some(9), 1, FIRST_DELAY));
    }
}
