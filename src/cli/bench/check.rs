//! Whether an answer is the one that a call had to get.

use tonic::{Code, Status};

use crate::proto::batch_reserve_result::Result as Outcome;
use crate::proto::{
    BatchReserveResponse, GetAvailabilityResponse, Reservation, ReservationLine, ReservationState,
};

/// Everything asked for was taken.
///
/// # Errors
/// Says what was answered instead.
pub fn reserved(found: Option<&Reservation>, asked: &str, lines: usize) -> Result<(), String> {
    is_in(found, ReservationState::Held, asked, lines, |line| line.allocated == 1)
}

/// The order is confirmed, with its unit.
///
/// # Errors
/// Says what was answered instead.
pub fn confirmed(found: Option<&Reservation>, asked: &str) -> Result<(), String> {
    is_in(found, ReservationState::Confirmed, asked, 1, |line| line.allocated == 1)
}

/// What was asked for stands in the queue.
///
/// # Errors
/// Says what was answered instead.
pub fn queued(found: Option<&Reservation>, asked: &str) -> Result<(), String> {
    is_in(found, ReservationState::Held, asked, 1, |line| line.backordered == 1)
}

fn is_in(
    found: Option<&Reservation>,
    state: ReservationState,
    asked: &str,
    lines: usize,
    is_right: impl Fn(&ReservationLine) -> bool,
) -> Result<(), String> {
    let right = found.is_some_and(|found| {
        found.reservation_id == asked
            && found.state() == state
            && found.lines.len() == lines
            && found.lines.iter().all(|line| line.ordered == 1 && is_right(line))
    });
    if right { Ok(()) } else { Err(format!("{asked} was answered with {found:?}")) }
}

/// Every request of the batch got its units.
///
/// # Errors
/// Says of the first that did not.
pub fn batch(answer: &BatchReserveResponse, asked: &[String]) -> Result<(), String> {
    if answer.results.len() != asked.len() {
        return Err(format!("{} of {} were answered", answer.results.len(), asked.len()));
    }
    answer.results.iter().zip(asked).try_for_each(|(result, asked)| match &result.result {
        Some(Outcome::Reservation(found)) => reserved(Some(found), asked, 1),
        other => Err(format!("{asked} was answered with {other:?}")),
    })
}

/// Every SKU that was asked for has stock.
///
/// # Errors
/// Says which has none.
pub fn available(answer: &GetAvailabilityResponse, asked: usize) -> Result<(), String> {
    let without = answer.items.iter().find(|item| item.available <= 0);
    match without {
        Some(item) => Err(format!("nothing is available of {}", item.sku)),
        None if answer.items.len() == asked => Ok(()),
        None => Err(format!("{} of {asked} SKUs were answered", answer.items.len())),
    }
}

/// Whether the cap was the reason. The reason's name is looked for as it stands in the details:
/// taking them apart would cost the client more than the call.
#[must_use]
pub fn is_refused_at_cap(status: &Status) -> bool {
    const REASON: &[u8] = b"CAP_EXCEEDED";
    status.code() == Code::FailedPrecondition
        && status.details().windows(REASON.len()).any(|part| part == REASON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{BatchReserveResult, ItemStock, Refusal};

    fn reservation() -> Reservation {
        let line = ReservationLine { ordered: 1, allocated: 1, ..Default::default() };
        Reservation {
            reservation_id: "order-1".to_owned(),
            state: ReservationState::Held.into(),
            lines: vec![line],
            ..Default::default()
        }
    }

    #[test]
    fn only_what_was_asked_for_in_full_is_right() {
        let right = reservation();
        reserved(Some(&right), "order-1", 1).expect("right");
        reserved(Some(&right), "order-2", 1).expect_err("another's");
        reserved(Some(&right), "order-1", 2).expect_err("a line is missing");
        reserved(None, "order-1", 1).expect_err("nothing at all");
        queued(Some(&right), "order-1").expect_err("allocated, not queued");
        confirmed(Some(&right), "order-1").expect_err("held, not confirmed");
        let mut short = right;
        short.lines[0].allocated = 0;
        reserved(Some(&short), "order-1", 1).expect_err("nothing was taken");
    }

    #[test]
    fn one_refusal_makes_a_batch_wrong() {
        let result = |result| BatchReserveResult { result: Some(result), ..Default::default() };
        let mut answer =
            BatchReserveResponse { results: vec![result(Outcome::Reservation(reservation()))] };
        let asked = ["order-1".to_owned(), "order-2".to_owned()];
        batch(&answer, &asked[..1]).expect("right");
        batch(&answer, &asked).expect_err("one was left out");
        answer.results.push(result(Outcome::Refusal(Refusal::default())));
        batch(&answer, &asked).expect_err("one was refused");
    }

    #[test]
    fn sold_out_is_not_available() {
        let item = |available| ItemStock { available, ..Default::default() };
        let answer = GetAvailabilityResponse { items: vec![item(1), item(0)] };
        available(&answer, 2).expect_err("the second is sold out");
        let answer = GetAvailabilityResponse { items: vec![item(1)] };
        available(&answer, 1).expect("right");
        available(&answer, 2).expect_err("one is missing");
    }

    #[test]
    fn the_cap_is_told_from_other_reasons() {
        let refused = |code, details: &'static [u8]| Status::with_details(code, "", details.into());
        assert!(is_refused_at_cap(&refused(Code::FailedPrecondition, b"..CAP_EXCEEDED..")));
        assert!(!is_refused_at_cap(&refused(Code::FailedPrecondition, b"..WINDOW_CLOSED..")));
        assert!(!is_refused_at_cap(&refused(Code::Unavailable, b"CAP_EXCEEDED")));
    }
}
