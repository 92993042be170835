//! Reserve and Backorder: all lines of a call are one decision.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::gate::{self, Gate};
use super::{Effect, Stop, Take, known_item};
use crate::domain::book::Book;
use crate::domain::command::{Ask, Mode, Order, Term};
use crate::domain::refusal::{Reason, Shortage};
use crate::domain::reservation::Purpose;
use crate::domain::{Date, Item, Program, Refusal, Reservation, Sku, Units, pick};

/// On-hand units, and only those.
pub(super) fn reserve(
    book: &Book,
    program: &Program,
    order: &Order,
    mode: Mode,
    purpose: Purpose,
) -> Result<Effect, Stop> {
    let items = known_lines(book, order)?;
    let mut shortages = Vec::new();
    let mut gets = Vec::new();
    for (item, ask) in &items {
        let available = match purpose {
            Purpose::Sale => item.available(),
            Purpose::Replacement => item.available_for_replacement(),
        };
        let get = available.min(ask.units);
        if get < ask.units {
            no_more_due(item)?;
            let gate = gate::ask(book, item, order.customer.as_ref(), ask.units - get, None);
            let parcel = order.parcel(program);
            shortages.push(gate.shortage(item, ask.units, get, parcel));
        }
        gets.push(get);
    }
    let nothing = gets.iter().all(|get| *get == 0);
    if !shortages.is_empty() && (mode == Mode::AllOrNothing || nothing) {
        return Err(Refusal::Short { reason: Reason::StockInsufficient, shortages }.into());
    }
    let takes = takes(book, &items, &gets, |_| None)?;
    let takes = takes.into_iter().filter(|take| !take.picks.is_empty()).collect();
    Ok(Effect::Take { reservation: header(book, program, order, purpose), takes, shortages })
}

/// On-hand units first, the rest into the queue.
pub(super) fn backorder(
    book: &Book,
    program: &Program,
    order: &Order,
    accepted: &BTreeMap<Sku, Date>,
) -> Result<Effect, Stop> {
    let items = known_lines(book, order)?;
    let gets: Vec<Units> = items.iter().map(|(i, ask)| i.available().min(ask.units)).collect();
    let mut gates: BTreeMap<&Sku, Gate<'_>> = BTreeMap::new();
    let mut shortages: Vec<Shortage> = Vec::new();
    for ((item, ask), get) in items.iter().zip(&gets) {
        let missing = ask.units - get;
        if missing == 0 {
            continue;
        }
        no_more_due(item)?;
        let shown = accepted.get(&ask.sku).copied();
        let gate = gate::ask(book, item, order.customer.as_ref(), missing, shown);
        if gate.wants_customer {
            return Err(Refusal::CustomerRequired { sku: ask.sku.clone() }.into());
        }
        if gate.reason.is_some() {
            shortages.push(gate.shortage(item, ask.units, *get, order.parcel(program)));
        }
        gates.insert(&ask.sku, gate);
    }
    if let Some(reason) = shortages.iter().filter_map(|short| short.reason).min() {
        return Err(Refusal::Short { reason, shortages }.into());
    }
    let takes = takes(book, &items, &gets, |sku| gates.get(sku).and_then(Gate::promise))?;
    let reservation = header(book, program, order, Purpose::Sale);
    Ok(Effect::Take { reservation, takes, shortages })
}

/// The takes of a reservation whose lines get so many units from stock and queue the rest.
pub(super) fn takes(
    book: &Book,
    items: &[(&Item, &Ask)],
    gets: &[Units],
    promise: impl Fn(&Sku) -> Option<crate::domain::reservation::Promised>,
) -> Result<Vec<Take>, Stop> {
    let asks: Vec<(&Item, Units)> =
        items.iter().zip(gets).map(|((item, _), get)| (*item, *get)).collect();
    let picks = pick::together(&asks, &book.places);
    if !pick::is_certain(&asks, &picks, &book.places) {
        items.iter().try_for_each(|(item, _)| no_more_due(item))?;
    }
    let lines = items.iter().zip(gets).zip(picks);
    let takes = lines
        .map(|(((_, ask), get), picks)| {
            let promise = promise(&ask.sku);
            let queued = if promise.is_some() { ask.units - get } else { 0 };
            Take { sku: ask.sku.clone(), picks, queued, promise }
        })
        .collect();
    Ok(takes)
}

/// What an item has, or lacks, is judged and shown only once every expired hold of it was swept.
pub(super) fn no_more_due(item: &Item) -> Result<(), Stop> {
    if item.due_left { Err(Stop::MoreDue(item.sku.clone())) } else { Ok(()) }
}

/// The same where only its queue matters.
pub(super) fn no_queue_due(item: &Item) -> Result<(), Stop> {
    if item.queued() > 0 { no_more_due(item) } else { Ok(()) }
}

fn known_lines<'b>(book: &'b Book, order: &'b Order) -> Result<Vec<(&'b Item, &'b Ask)>, Refusal> {
    let items: Result<Vec<_>, _> =
        order.lines.iter().map(|ask| Ok((known_item(book, &ask.sku)?, ask))).collect();
    let items = items?;
    if book.reservations.contains_key(&order.reservation) {
        return Err(Refusal::ReservationExists { reservation: order.reservation.clone() });
    }
    Ok(items)
}

fn header(book: &Book, program: &Program, order: &Order, purpose: Purpose) -> Reservation {
    let expires_at = match order.term {
        Term::DefaultHold => Some(program.default_hold_seconds),
        Term::HoldSeconds(seconds) => Some(seconds),
        Term::Order => None,
    };
    Reservation {
        id: order.reservation.clone(),
        customer: order.customer.clone(),
        ship_policy: order.ship_policy.unwrap_or(program.default_ship_policy),
        purpose,
        created_at: book.now,
        expires_at: expires_at.map(|seconds| book.now + TimeDelta::seconds(seconds)),
        together_until: order.together_until,
        ready_at: None,
        lines: Vec::new(),
    }
}
