//! What a reservation's lines take, and give back.

use super::set_expiry;
use crate::domain::book::{Book, Entry};
use crate::domain::event::Given;
use crate::domain::judge::Take;
use crate::domain::movement::Delta;
use crate::domain::{
    Event, FILL_LINES_MAX, Kind, Line, Location, Reservation, ReservationId, Sku, Units, fill,
};

pub(super) fn take(book: &mut Book, header: &Reservation, takes: &[Take]) {
    let mut reservation = header.clone();
    reservation.lines = takes.iter().map(new_line).collect();
    book.reservations.insert(header.id.clone(), reservation);
    book.changes.new_reservations.insert(header.id.clone());
    for take in takes {
        give(book, &header.id, take);
        if let (Some(at), Some(item)) = (header.expires_at, book.items.get_mut(&take.sku)) {
            item.due_at = Some(item.due_at.map_or(at, |due| due.min(at)));
        }
    }
    book.changes.settled.insert(header.id.clone());
}

fn new_line(take: &Take) -> Line {
    Line {
        sku: take.sku.clone(),
        ordered: take.picks.iter().map(|(_, units)| units).sum::<Units>() + take.queued,
        backordered: 0,
        bumped: 0,
        shipped: 0,
        released: 0,
        lapsed_allocated: 0,
        lapsed_backordered: 0,
        allocations: Vec::new(),
        age: 0,
        promise: None,
        delays: 0,
        question: None,
    }
}

/// A line takes units from stock and a place in the queue.
fn give(book: &mut Book, id: &ReservationId, take: &Take) {
    let expires_at = book.reservations.get(id).and_then(|reservation| reservation.expires_at);
    let event = if expires_at.is_some() { Event::Held } else { Event::Confirmed };
    let entry = || Entry { reservation: Some(id), ..Entry::of(Kind::Reserve, event.clone()) };
    for (location, units) in &take.picks {
        let location = Some(location.clone());
        let delta = Delta { location, allocated: *units, ..Delta::default() };
        book.record(&take.sku, Entry { delta, ..entry() });
    }
    if take.picks.is_empty() {
        book.record(&take.sku, entry());
    }
    if take.queued > 0 {
        let ship_by = take.promise.and_then(|promise| promise.ship_by.date());
        let event = Some(Event::Accepted(Given { ship_by, expires_at }));
        let delta = Delta { backordered: take.queued, ..Delta::default() };
        book.record(&take.sku, Entry { delta, event, ..entry() });
    }
    let age = book.items.get(&take.sku).map_or(0, |item| item.version);
    book.change_line(id, &take.sku, |line| {
        line.allocations.extend(take.picks.iter().cloned());
        line.backordered += take.queued;
        line.promise = take.promise.or(line.promise);
        line.age = age;
    });
    let accepted = book.items.get_mut(&take.sku).map(|item| &mut item.queue.accepted);
    if let Some(head) = accepted.filter(|head| head.is_whole && take.queued > 0) {
        head.lines.push_back(id.clone());
    }
}

pub(super) fn retake(book: &mut Book, id: &ReservationId, takes: &[Take]) {
    set_expiry(book, id, None);
    for take in takes {
        book.change_line(id, &take.sku, |line| {
            line.released -= line.lapsed_allocated + line.lapsed_backordered;
            line.lapsed_allocated = 0;
            line.lapsed_backordered = 0;
        });
        // Its old place in the queue is lost: it joins at the end.
        if let Some(item) = book.items.get_mut(&take.sku) {
            item.queue.accepted.lines.retain(|other| other != id);
        }
        give(book, id, take);
    }
    book.changes.settled.insert(id.clone());
}

pub(super) fn release(book: &mut Book, id: &ReservationId, units: &[(Sku, Units)], reason: &str) {
    for (sku, units) in units {
        give_back(book, id, sku, *units, Kind::Release, reason);
    }
    for (sku, _) in units {
        fill::fill(book, sku, FILL_LINES_MAX);
    }
    book.changes.settled.insert(id.clone());
}

/// A line gives units back: backordered ones first, which free headroom, then bumped, then
/// allocated ones.
pub(in crate::domain) fn give_back(
    book: &mut Book,
    id: &ReservationId,
    sku: &Sku,
    units: Units,
    kind: Kind,
    reference: &str,
) {
    let Some(line) = book.line(id, sku) else { return };
    let backordered = line.backordered.min(units);
    let bumped = line.bumped.min(units - backordered);
    let picks = last_allocated(line, units - backordered - bumped);
    let event = if kind == Kind::Expire { Event::Expired } else { Event::Released };
    let entry = || Entry { reservation: Some(id), reference, ..Entry::of(kind, event.clone()) };
    if backordered + bumped > 0 {
        let delta = Delta { backordered: -backordered, bumped: -bumped, ..Delta::default() };
        book.record(sku, Entry { delta, ..entry() });
    }
    for (location, units) in &picks {
        let location = Some(location.clone());
        let delta = Delta { location, allocated: -units, ..Delta::default() };
        book.record(sku, Entry { delta, ..entry() });
    }
    book.change_line(id, sku, |line| {
        line.backordered -= backordered;
        line.bumped -= bumped;
        line.released += units;
        line.question = line.question.filter(|_| line.queued() > 0);
        picks.iter().for_each(|(location, units)| line.take_from(location, *units));
    });
}

/// So many of a line's allocated units, those taken last first.
fn last_allocated(line: &Line, units: Units) -> Vec<(Location, Units)> {
    let mut left = units;
    let mut picks = Vec::new();
    for (location, has) in line.allocations.iter().rev() {
        let take = left.min(*has);
        if take > 0 {
            picks.push((location.clone(), take));
            left -= take;
        }
    }
    picks
}

impl Line {
    /// Takes units off what stands ready at a location.
    pub(super) fn take_from(&mut self, location: &Location, units: Units) {
        let mut left = units;
        for (at, has) in self.allocations.iter_mut().rev() {
            if at == location {
                let take = left.min(*has);
                *has -= take;
                left -= take;
            }
        }
        self.allocations.retain(|(_, has)| *has > 0);
    }
}
