//! What arrives, leaves and is corrected.

use crate::domain::book::{Book, Entry};
use crate::domain::judge::Arrival;
use crate::domain::movement::Delta;
use crate::domain::reservation::Promised;
use crate::domain::{
    Event, FILL_LINES_MAX, Kind, Line, Location, Movement, ReservationId, Sku, Units, fill,
};

use super::inbound::{facts, put};

pub(super) fn receive(book: &mut Book, location: &Location, arrival: &Arrival, receipt: &str) {
    book.touch(&arrival.sku);
    let closes = arrival.inbound.as_ref().map(|after| put(book, &arrival.sku, after));
    let delta = Delta {
        location: Some(location.clone()),
        on_hand: arrival.good,
        damaged: arrival.damaged,
        inbound: closes.unwrap_or(0),
        ..Delta::default()
    };
    let event = Event::Received(arrival.inbound.as_ref().map(facts));
    let entry = Entry { delta, reference: receipt, ..Entry::of(Kind::Receive, event) };
    book.record(&arrival.sku, entry);
    fill::fill(book, &arrival.sku, FILL_LINES_MAX);
}

pub(super) fn ship(book: &mut Book, id: &ReservationId, units: &[(Sku, Units)], tracking: &str) {
    for (sku, units) in units {
        let Some(line) = book.line(id, sku) else { continue };
        let picks = first_allocated(line, *units);
        for (location, units) in &picks {
            let location = Some(location.clone());
            let delta = Delta { location, on_hand: -units, allocated: -units, ..Delta::default() };
            let entry = Entry::of(Kind::Ship, Event::Shipped);
            let of = Some(id);
            book.record(sku, Entry { delta, reservation: of, reference: tracking, ..entry });
        }
        book.change_line(id, sku, |line| {
            line.shipped += units;
            picks.iter().for_each(|(location, units)| line.take_from(location, *units));
        });
    }
}

fn first_allocated(line: &Line, units: Units) -> Vec<(Location, Units)> {
    let mut left = units;
    let mut picks = Vec::new();
    for (location, has) in &line.allocations {
        let take = left.min(*has);
        if take > 0 {
            picks.push((location.clone(), take));
            left -= take;
        }
    }
    picks
}

pub(super) fn adjust(book: &mut Book, location: &Location, sku: &Sku, delta: Units, reason: &str) {
    if delta != 0 {
        let location = Some(location.clone());
        let delta = Delta { location, on_hand: delta, ..Delta::default() };
        let entry = Entry::of(Kind::Adjust, Event::Adjusted);
        book.record(sku, Entry { delta, reference: reason, ..entry });
    }
    bump(book, location, sku, reason);
    fill::fill(book, sku, FILL_LINES_MAX);
}

/// Where more is allocated at a location than stands there, the newest allocations lose units,
/// which go back to the front of the queue.
fn bump(book: &mut Book, location: &Location, sku: &Sku, reason: &str) {
    let Some(item) = book.items.get(sku) else { return };
    let mut excess = item.stocks.get(location).map_or(0, |stock| -stock.free());
    let newest = item.newest.get(location).cloned().unwrap_or_default();
    let plan = item.plan.clone();
    for id in allocated_just_now(book, location, sku).into_iter().chain(newest) {
        let has = book.line(&id, sku).map_or(0, |line| line.allocated_at(location));
        let lost = excess.min(has);
        if lost <= 0 {
            continue;
        }
        excess -= lost;
        let delta = Delta {
            location: Some(location.clone()),
            allocated: -lost,
            bumped: lost,
            ..Delta::default()
        };
        let of = Some(&id);
        let entry = Entry::of(Kind::Bump, Event::Oversold);
        book.record(sku, Entry { delta, reservation: of, reference: reason, ..entry });
        let ready = Promised::at_once(book.now.date_naive(), plan.as_ref());
        book.change_line(&id, sku, |line| {
            line.bumped += lost;
            line.promise = line.promise.or(Some(ready));
            line.take_from(location, lost);
        });
        fill::enqueue_bumped(book, sku, &id);
    }
}

/// Whose units this batch has allocated at a location, newest first: a sweep may have filled the
/// queue.
fn allocated_just_now(book: &Book, location: &Location, sku: &Sku) -> Vec<ReservationId> {
    let here = |m: &&Movement| {
        m.sku == *sku && m.delta.allocated > 0 && m.delta.location.as_ref() == Some(location)
    };
    let movements = book.changes.movements.iter().rev().filter(here);
    movements.filter_map(|m| m.reservation.clone()).collect()
}
