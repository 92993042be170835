//! Announced supply.

use crate::domain::book::{Book, Entry};
use crate::domain::event::InboundFacts;
use crate::domain::inbound::{Inbound, sort_by_date};
use crate::domain::movement::Delta;
use crate::domain::{Event, Kind, Sku, Units};

pub(super) fn announce(book: &mut Book, sku: &Sku, inbound: &Inbound) {
    change(book, sku, inbound, Event::InboundAnnounced(facts(inbound)));
}

pub(super) fn update(book: &mut Book, sku: &Sku, inbound: &Inbound) {
    change(book, sku, inbound, Event::InboundUpdated(facts(inbound)));
}

fn change(book: &mut Book, sku: &Sku, inbound: &Inbound, event: Event) {
    book.touch(sku);
    let delta = Delta { inbound: put(book, sku, inbound), ..Delta::default() };
    let entry = Entry::of(Kind::Inbound, event);
    book.record(sku, Entry { delta, reference: inbound.id.as_str(), ..entry });
}

/// Puts supply in the place of what it was, and says by how much the units to come changed.
pub(super) fn put(book: &mut Book, sku: &Sku, inbound: &Inbound) -> Units {
    let Some(item) = book.items.get_mut(sku) else { return 0 };
    let of = |all: &[Inbound]| all.iter().map(Inbound::left).sum::<Units>();
    let before = of(&item.inbounds);
    item.inbounds.retain(|known| known.id != inbound.id);
    item.inbounds.push(inbound.clone());
    sort_by_date(&mut item.inbounds);
    book.changes.inbounds.insert((sku.clone(), inbound.id.clone()));
    of(&item.inbounds) - before
}

/// What others hear of supply.
pub(super) fn facts(inbound: &Inbound) -> InboundFacts {
    InboundFacts {
        inbound_id: inbound.id.to_string(),
        expected: inbound.expected,
        left: inbound.left(),
        arrives_on: inbound.arrives_on,
        ships_on: inbound.ships_on,
        cancelled: inbound.cancelled,
        overdue: inbound.overdue,
    }
}
