//! The only loop: a batch, in order, on one book.

use std::collections::HashMap;

use super::answer::{Answer, answer};
use super::apply::apply;
use super::judge::{Effect, Stop, judge};
use super::refusal::Shortage;
use super::reservation::Purpose;
use super::{Book, Command, Event, ProgramId, Reason, Refusal, Request, RequestId, Sku, expire};

/// What became of one member of a batch.
#[derive(Clone, Debug)]
pub enum Decision {
    /// It was decided now.
    Fresh(Result<Answer, Refusal>),
    /// It repeats another: its answer is that one's.
    Again(Prior),
}

/// Where the answer to a repeated request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prior {
    /// In the store, under its request id.
    Stored,
    /// It is the answer of that member of the same batch.
    Member(usize),
}

/// Decides a batch in order and leaves what it did in `book.changes`.
///
/// # Errors
///
/// The SKU of which more expired holds must be swept first; then nothing of `book` may be written.
pub fn decide(
    book: &mut Book,
    program: &ProgramId,
    requests: &[Request],
) -> Result<Vec<Decision>, Sku> {
    expire::sweep(book);
    let mut seen: HashMap<&RequestId, usize> = HashMap::new();
    let mut decisions = Vec::with_capacity(requests.len());
    for (index, request) in requests.iter().enumerate() {
        if let Some(decision) = repeated(book, requests, &seen, request) {
            decisions.push(decision);
            continue;
        }
        let outcome = one(book, program, request)?;
        let remembered = outcome.as_ref().err().is_none_or(Refusal::is_remembered);
        if let (Some(id), true) = (&request.id, remembered) {
            seen.insert(id, index);
        }
        decisions.push(Decision::Fresh(outcome));
    }
    Ok(decisions)
}

fn one(
    book: &mut Book,
    program: &ProgramId,
    request: &Request,
) -> Result<Result<Answer, Refusal>, Sku> {
    let mark = book.changes.movements.len();
    match judge(book, &request.command, program) {
        Ok(effect) => {
            apply(book, &effect);
            if let Some(sku) = spoken_too_early(book, mark) {
                return Err(sku);
            }
            if let Effect::Take { shortages, .. } = &effect {
                note_refused_demand(book, &request.command, shortages);
            }
            Ok(Ok(answer(book, &request.command, &effect, mark)))
        }
        Err(Stop::Refused(refusal)) => {
            if let Refusal::Short { shortages, .. } = &refusal {
                note_refused_demand(book, &request.command, shortages);
            }
            Ok(Err(refusal))
        }
        Err(Stop::MoreDue(sku)) => Err(sku),
    }
}

/// An item of which it was said that a bound is crossed, while expired holds are left to be swept
/// that may say otherwise.
fn spoken_too_early(book: &Book, mark: usize) -> Option<Sku> {
    let said = book.changes.movements[mark..].iter().filter(|movement| {
        matches!(movement.event, Some(Event::Low(_) | Event::PlanFull(_) | Event::OverSupply(_)))
    });
    said.map(|m| &m.sku).find(|sku| book.items.get(*sku).is_some_and(|i| i.due_left)).cloned()
}

/// Counts the demand that the cap turned away, by item: what a manager may order more for. A sale
/// that fell short of stock while the cap leaves nothing is the end of it; while it leaves
/// something, a Backorder may follow, and is counted instead.
fn note_refused_demand(book: &mut Book, command: &Command, shortages: &[Shortage]) {
    let is_last = |short: &&Shortage| match command {
        Command::Reserve { purpose, .. } => *purpose == Purpose::Sale && short.headroom == 0,
        _ => true,
    };
    let by_cap = |short: &&Shortage| short.reason == Some(Reason::CapExceeded);
    for short in shortages.iter().filter(by_cap).filter(is_last) {
        let refused = book.changes.refused.entry(short.sku.clone()).or_default();
        refused.0 += short.requested - short.available;
        refused.1 += 1;
    }
}

/// The same id again gets the same answer; the same id with other content is refused.
fn repeated(
    book: &Book,
    requests: &[Request],
    seen: &HashMap<&RequestId, usize>,
    request: &Request,
) -> Option<Decision> {
    let id = request.id.as_ref()?;
    let (hash, prior) = match (book.answered.get(id), seen.get(id)) {
        (Some(hash), _) => (*hash, Prior::Stored),
        (None, Some(index)) => (requests[*index].hash, Prior::Member(*index)),
        (None, None) => return None,
    };
    if hash == request.hash {
        Some(Decision::Again(prior))
    } else {
        Some(Decision::Fresh(Err(Refusal::RequestIdReused)))
    }
}
