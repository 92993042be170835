//! Extend, Confirm, Release and Ship: what becomes of a reservation.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::gate::{self, Gate};
use super::take::{no_more_due, no_queue_due, takes};
use super::{Effect, Stop, known_item, known_reservation};
use crate::domain::book::Book;
use crate::domain::command::Ask;
use crate::domain::refusal::{Reason, Shortage};
use crate::domain::reservation::{Line, Promised, Purpose, State};
use crate::domain::{Date, Item, Refusal, Reservation, ReservationId, ShipBy, Sku, Units};

/// A hold lives longer, never shorter.
pub(super) fn extend(book: &Book, id: &ReservationId, seconds: i64) -> Result<Effect, Stop> {
    let reservation = known_reservation(book, id)?;
    match reservation.state(book.now) {
        State::Held => {
            let until = book.now + TimeDelta::seconds(seconds);
            match reservation.expires_at {
                Some(at) if until > at => Ok(Effect::Extend { reservation: id.clone(), until }),
                _ => Ok(Effect::Nothing),
            }
        }
        State::Confirmed => Ok(Effect::Nothing),
        State::Expired => Err(Refusal::ReservationExpired { reservation: id.clone() }.into()),
        State::Shipped | State::Released => Err(ended(id)),
    }
}

/// A hold becomes an order, unless a date has moved beyond what the customer was shown; one that
/// ran out takes the same units again, all or none.
pub(super) fn confirm(
    book: &Book,
    id: &ReservationId,
    accepted: &BTreeMap<Sku, Date>,
) -> Result<Effect, Stop> {
    let reservation = known_reservation(book, id)?;
    if let Some(sku) = accepted.keys().find(|sku| reservation.line(sku).is_none()) {
        let (reservation, sku) = (id.clone(), sku.clone());
        return Err(Refusal::NoSuchLine { reservation, sku }.into());
    }
    match reservation.state(book.now) {
        State::Held => {
            let later = later_than_shown(book, reservation, accepted);
            none_changed(later, Effect::Confirm { reservation: id.clone() })
        }
        State::Confirmed | State::Shipped => Ok(Effect::Nothing),
        State::Released => Err(ended(id)),
        State::Expired => retake(book, reservation, accepted),
    }
}

/// Lines that wait for a later date now than the customer was shown, on their terms of now.
fn later_than_shown(
    book: &Book,
    reservation: &Reservation,
    accepted: &BTreeMap<Sku, Date>,
) -> Vec<Shortage> {
    let later = |line: &Line| {
        let shown = ShipBy::On(*accepted.get(&line.sku)?);
        let promise = line.promise.filter(|now| line.queued() > 0 && now.ship_by > shown)?;
        let note = book.note(&line.sku, promise.plan_version);
        let note = note.map(|note| note.for_promise(promise.ship_by, reservation.parcel()));
        Some(Shortage {
            sku: line.sku.clone(),
            requested: line.open(),
            available: line.allocated(),
            headroom: line.queued(),
            promise: Some((promise, note.unwrap_or_default())),
            reason: Some(Reason::PromiseChanged),
            version: book.items.get(&line.sku).map_or(0, |item| item.version),
        })
    };
    reservation.lines.iter().filter_map(later).collect()
}

fn none_changed(shortages: Vec<Shortage>, effect: Effect) -> Result<Effect, Stop> {
    match shortages.is_empty() {
        true => Ok(effect),
        false => Err(Refusal::Short { reason: Reason::PromiseChanged, shortages }.into()),
    }
}

fn retake(
    book: &Book,
    reservation: &Reservation,
    accepted: &BTreeMap<Sku, Date>,
) -> Result<Effect, Stop> {
    let expired = || Refusal::ReservationExpired { reservation: reservation.id.clone() };
    let lapsed: Vec<(&Line, Ask)> =
        reservation.lines.iter().filter_map(|line| Some((line, lapsed_ask(line)?))).collect();
    let mut items: Vec<(&Item, &Ask)> = Vec::new();
    let mut gets = Vec::new();
    let mut promises: Vec<(&Sku, Promised)> = Vec::new();
    let mut later: Vec<Shortage> = Vec::new();
    for (line, ask) in &lapsed {
        let item = known_item(book, &ask.sku)?;
        let available = match reservation.purpose {
            Purpose::Sale => item.available(),
            Purpose::Replacement => item.available_for_replacement(),
        };
        let get = available.min(ask.units);
        if get < ask.units {
            no_more_due(item)?;
            if get < line.lapsed_allocated {
                return Err(expired().into());
            }
            let shown = accepted.get(&ask.sku).copied();
            let known = shown.or_else(|| line.promise.and_then(|promise| promise.ship_by.date()));
            let customer = reservation.customer.as_ref();
            let gate = gate::ask(book, item, customer, ask.units - get, known);
            if gate.reason == Some(Reason::PromiseChanged) && shown.is_some() {
                later.push(gate.shortage(item, ask.units, get, reservation.parcel()));
            } else {
                promises.push((&ask.sku, kept_promise(&gate, line).ok_or_else(expired)?));
            }
        }
        items.push((item, ask));
        gets.push(get);
    }
    let promise = |sku: &Sku| promises.iter().find(|(of, _)| *of == sku).map(|(_, p)| *p);
    let takes = takes(book, &items, &gets, promise)?;
    none_changed(later, Effect::Retake { reservation: reservation.id.clone(), takes })
}

fn lapsed_ask(line: &Line) -> Option<Ask> {
    let units = line.lapsed_allocated + line.lapsed_backordered;
    (units > 0).then(|| Ask { sku: line.sku.clone(), units })
}

/// The promise of a line that is queued again, if the plan still takes it and keeps its date.
fn kept_promise(gate: &Gate<'_>, line: &Line) -> Option<Promised> {
    let takes_it = gate.reason.is_none() && !gate.wants_customer;
    let promise = gate.promise().filter(|_| takes_it)?;
    let original = line.promise.map_or(promise.original_ship_by, |first| first.original_ship_by);
    Some(Promised { original_ship_by: original, ..promise })
}

/// A customer answers a question about a delay, in time.
pub(super) fn answer_delay(
    book: &Book,
    id: &ReservationId,
    sku: &Sku,
    keeps: bool,
) -> Result<Effect, Stop> {
    let reservation = known_reservation(book, id)?;
    let question = reservation.line(sku).and_then(|line| line.question);
    if question.is_none_or(|question| question.answer_by <= book.now) {
        let (reservation, sku) = (id.clone(), sku.clone());
        return Err(Refusal::NoDelayToAnswer { reservation, sku }.into());
    }
    Ok(Effect::AnswerDelay { reservation: id.clone(), sku: sku.clone(), keeps })
}

/// Units are given back. Where nothing is open any more, that is a success that moves nothing.
pub(super) fn release(
    book: &Book,
    id: &ReservationId,
    lines: &[Ask],
    reason: &str,
) -> Result<Effect, Stop> {
    let reservation = known_reservation(book, id)?;
    if !matches!(reservation.state(book.now), State::Held | State::Confirmed) {
        return Ok(Effect::Nothing);
    }
    let units = asked(reservation, lines, Line::open)?;
    // What is given back goes to the queue, and an expired hold has no place there any more.
    for (sku, _) in &units {
        no_queue_due(known_item(book, sku)?)?;
    }
    Ok(Effect::Release { reservation: id.clone(), units, reason: reason.to_owned() })
}

/// Allocated units leave the building.
pub(super) fn ship(
    book: &Book,
    id: &ReservationId,
    lines: &[Ask],
    tracking: &str,
) -> Result<Effect, Stop> {
    let reservation = known_reservation(book, id)?;
    match reservation.state(book.now) {
        State::Confirmed => {}
        State::Held => {
            return Err(Refusal::ReservationNotConfirmed { reservation: id.clone() }.into());
        }
        State::Expired => {
            return Err(Refusal::ReservationExpired { reservation: id.clone() }.into());
        }
        State::Shipped | State::Released => return Err(ended(id)),
    }
    let units = asked(reservation, lines, Line::allocated)?;
    if let (true, Some(first)) = (units.is_empty(), reservation.lines.first()) {
        let sku = first.sku.clone();
        return Err(Refusal::QuantityExceedsLine { sku, asked: 0, open: 0 }.into());
    }
    Ok(Effect::Ship { reservation: id.clone(), units, tracking: tracking.to_owned() })
}

/// The units that a call names, or, where it names none, all that the lines have.
fn asked(
    reservation: &Reservation,
    lines: &[Ask],
    has: impl Fn(&Line) -> Units,
) -> Result<Vec<(Sku, Units)>, Refusal> {
    if lines.is_empty() {
        let all = reservation.lines.iter().map(|line| (line.sku.clone(), has(line)));
        return Ok(all.filter(|(_, units)| *units > 0).collect());
    }
    lines
        .iter()
        .map(|Ask { sku, units }| {
            let open = reservation.line(sku).map_or(0, &has);
            if *units > open {
                return Err(Refusal::QuantityExceedsLine { sku: sku.clone(), asked: *units, open });
            }
            Ok((sku.clone(), *units))
        })
        .collect()
}

fn ended(id: &ReservationId) -> Stop {
    Refusal::ReservationEnded { reservation: id.clone() }.into()
}
