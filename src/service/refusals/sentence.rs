//! What a refusal says: one sentence with its numbers, and the numbers by name.

use super::{FIELDS_MAX, Metadata, NAMED_MAX, metadata};
use crate::domain::Refusal;
use crate::domain::refusal::Shortage;

/// One sentence with its numbers, and the numbers by name.
#[expect(clippy::too_many_lines, reason = "one arm for each refusal, read as a table")]
pub(super) fn sentence(refusal: &Refusal) -> (String, Metadata) {
    match refusal {
        Refusal::UnknownProgram { program } => unknown("program", program.as_str()),
        Refusal::UnknownItem { sku } => unknown("sku", sku.as_str()),
        Refusal::UnknownLocation { location } => unknown("location", location.as_str()),
        Refusal::UnknownReservation { reservation } => unknown("reservation", reservation.as_str()),
        Refusal::UnknownPlan { sku } => (
            format!("{sku} has no plan: backorders were never opened"),
            metadata([("sku", sku.to_string())]),
        ),
        Refusal::UnknownInbound { sku, inbound } => (
            format!("no inbound {inbound} is announced for {sku}"),
            metadata([("sku", sku.to_string()), ("inbound", inbound.to_string())]),
        ),
        Refusal::InboundExists { sku, inbound } => (
            format!("inbound {inbound} of {sku} is announced already"),
            metadata([("sku", sku.to_string()), ("inbound", inbound.to_string())]),
        ),
        Refusal::NoSuchLine { reservation, sku } => (
            format!("accepted must name lines of {reservation}, not {sku}"),
            metadata([("fields", "accepted".to_owned()), ("sku", sku.to_string())]),
        ),
        Refusal::InboundInPast { today } => (
            format!("inbound.ships_on must be today ({today}) or later"),
            metadata([("fields", "inbound.ships_on".to_owned()), ("today", today.to_string())]),
        ),
        Refusal::ExpectedBelowArrived { sku, inbound, expected, arrived } => (
            format!("{arrived} units of inbound {inbound} have arrived, more than {expected}"),
            metadata([
                ("sku", sku.to_string()),
                ("inbound", inbound.to_string()),
                ("expected", expected.to_string()),
                ("arrived", arrived.to_string()),
            ]),
        ),
        Refusal::UnknownWebhook { webhook } => unknown("webhook", webhook),
        Refusal::NoDelayToAnswer { reservation, sku } => (
            format!("nobody is asked about a delay of {sku} in reservation {reservation} now"),
            metadata([("reservation", reservation.to_string()), ("sku", sku.to_string())]),
        ),
        Refusal::ReservationExists { reservation } => (
            format!("reservation {reservation} was made by another request"),
            metadata([("reservation", reservation.to_string())]),
        ),
        Refusal::ReceiptExists { receipt } => (
            format!("receipt {receipt} was counted by another request"),
            metadata([("receipt", receipt.to_string())]),
        ),
        Refusal::RequestIdReused => {
            ("the request_id came before with other content".to_owned(), Metadata::new())
        }
        Refusal::Short { shortages, .. } => short(shortages),
        Refusal::CustomerRequired { sku } => (
            format!("customer_id is required: the plan of {sku} limits units for each customer"),
            metadata([("fields", "customer_id".to_owned()), ("sku", sku.to_string())]),
        ),
        Refusal::PlanIncomplete { faults } => {
            faulty(faults.iter().map(|fault| (&*fault.field, &*fault.rule)))
        }
        Refusal::ListingQuotaExceeded { open, most } => (
            format!("{open} listings would take backorders and the programme allows {most}"),
            metadata([("open", open.to_string()), ("most", most.to_string())]),
        ),
        Refusal::CapBelowBacklog { sku, cap, backordered } => (
            format!(
                "the cap {cap} is below the {backordered} units of {sku} backordered already; \
                 to stop intake, close"
            ),
            metadata([
                ("sku", sku.to_string()),
                ("cap", cap.to_string()),
                ("backordered", backordered.to_string()),
            ]),
        ),
        Refusal::ReservationExpired { reservation } => (
            format!("the hold {reservation} has run out"),
            metadata([("reservation", reservation.to_string())]),
        ),
        Refusal::ReservationEnded { reservation } => (
            format!("nothing of reservation {reservation} is open any more"),
            metadata([("reservation", reservation.to_string())]),
        ),
        Refusal::ReservationNotConfirmed { reservation } => (
            format!("reservation {reservation} is still a hold; only a confirmed one is shipped"),
            metadata([("reservation", reservation.to_string())]),
        ),
        Refusal::QuantityExceedsLine { sku, asked, open } => {
            let message = match asked {
                0 => format!("nothing of the reservation is allocated: there is no {sku} to ship"),
                _ => format!("{asked} units of {sku} were named and the line has {open}"),
            };
            let numbers = [
                ("sku", sku.to_string()),
                ("requested", asked.to_string()),
                ("open", open.to_string()),
            ];
            (message, metadata(numbers))
        }
        Refusal::AdjustmentExceedsStock { sku, location, delta, on_hand } => (
            format!("{location} has {on_hand} units of {sku}, and the change is {delta}"),
            metadata([
                ("sku", sku.to_string()),
                ("location", location.to_string()),
                ("delta", delta.to_string()),
                ("on_hand", on_hand.to_string()),
            ]),
        ),
        Refusal::QuantityOverflow { sku } => (
            format!("more units of {sku} than can be counted"),
            metadata([("sku", sku.to_string())]),
        ),
    }
}

fn unknown(what: &str, id: &str) -> (String, Metadata) {
    (format!("there is no {what} {id}"), metadata([(what, id.to_owned())]))
}

fn short(shortages: &[Shortage]) -> (String, Metadata) {
    let lines = shortages.iter().map(|short| {
        let (asked, available, headroom) = (short.requested, short.available, short.headroom);
        format!(
            "{}: {asked} asked, {available} available, {headroom} may be backordered",
            short.sku
        )
    });
    let message = listed(lines);
    let first = shortages.first();
    let number = |of: fn(&Shortage) -> String| first.map(of).unwrap_or_default();
    let numbers = [
        ("lines", shortages.len().to_string()),
        ("sku", number(|short| short.sku.to_string())),
        ("requested", number(|short| short.requested.to_string())),
        ("available", number(|short| short.available.to_string())),
        ("headroom", number(|short| short.headroom.to_string())),
    ];
    (message, metadata(numbers))
}

/// The first fields at fault, with what would be right, and how many more there are.
pub(super) fn faulty<'f>(
    fields: impl Iterator<Item = (&'f str, &'f str)> + Clone,
) -> (String, Metadata) {
    let named: Vec<&str> = fields.clone().take(FIELDS_MAX).map(|(field, _)| field).collect();
    let mut numbers = metadata([("fields", named.join(","))]);
    let left_out = fields.clone().count().saturating_sub(FIELDS_MAX);
    if left_out > 0 {
        numbers.insert("fields_left_out".to_owned(), left_out.to_string());
    }
    let sentences = fields.map(|(field, rule)| format!("{field} {rule}"));
    (listed(sentences), numbers)
}

/// The first few sentences, and how many more there are.
fn listed(sentences: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = sentences.collect();
    let first = all.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join("; ");
    match all.len().saturating_sub(NAMED_MAX) {
        0 => first,
        more => format!("{first}; and {more} more"),
    }
}
