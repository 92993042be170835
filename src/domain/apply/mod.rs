//! Does what a judge decided. Nothing here can fail or refuse.

mod catalogue;
mod lines;
mod stock;

use super::book::Book;
use super::judge::Effect;
use super::{FILL_LINES_MAX, ReservationId, Sku, Time, fill};
use catalogue::{close, open, put_item, put_place, put_program};
use lines::{release, retake, take};
use stock::{adjust, receive, ship};

pub(super) use lines::give_back;

/// Does it.
pub fn apply(book: &mut Book, effect: &Effect) {
    book.open_change();
    match effect {
        Effect::Nothing => {}
        Effect::Take { reservation, takes, .. } => take(book, reservation, takes),
        Effect::Extend { reservation, until } => set_expiry(book, reservation, Some(*until)),
        Effect::Confirm { reservation } => set_expiry(book, reservation, None),
        Effect::Retake { reservation, takes } => retake(book, reservation, takes),
        Effect::Release { reservation, units, reason } => {
            release(book, reservation, units, reason);
        }
        Effect::Receive { receipt, location, arrivals } => {
            for arrival in arrivals {
                receive(book, location, arrival, receipt.as_str());
            }
            book.receipts.insert(receipt.clone());
            book.changes.receipts.insert(receipt.clone());
        }
        Effect::Ship { reservation, units, tracking } => ship(book, reservation, units, tracking),
        Effect::Adjust { location, deltas } => {
            for (sku, delta, reason) in deltas {
                adjust(book, location, sku, *delta, reason);
            }
        }
        Effect::PutProgram(program) => put_program(book, program),
        Effect::PutLocations(places) => {
            for place in places {
                put_place(book, place);
            }
        }
        Effect::PutItems(items) => {
            for item in items {
                put_item(book, item);
            }
        }
        Effect::Open { sku, plan } => open(book, sku, plan),
        Effect::Close { sku } => close(book, sku),
        Effect::Tend { sku } => tend(book, sku),
    }
}

fn set_expiry(book: &mut Book, id: &ReservationId, expires_at: Option<Time>) {
    let Some(reservation) = book.reservations.get_mut(id) else { return };
    reservation.expires_at = expires_at;
    let lines = 0..reservation.lines.len();
    book.changes.lines.extend(lines.map(|index| (id.clone(), index)));
}

/// What is due was swept when the batch began, so only the fill is left.
fn tend(book: &mut Book, sku: &Sku) {
    fill::fill(book, sku, FILL_LINES_MAX);
    if book.items.get(sku).is_some_and(|item| item.owed().units() == 0) {
        book.changes.long_fills.insert(sku.clone(), false);
    }
}
