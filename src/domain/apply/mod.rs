//! Does what a judge decided. Nothing here can fail or refuse.

mod catalogue;
mod inbound;
mod lines;
mod stock;
mod tend;

use super::book::{Book, Entry};
use super::event::Answered;
use super::judge::Effect;
use super::{Event, Kind, ReservationId, Time};
use catalogue::{close, open, put_item, put_place, put_program, update_plan};
use lines::{release, retake, take};
use stock::{adjust, receive, ship};
use tend::{answer_delay, tend};

pub(super) use lines::give_back;

/// Does it.
pub fn apply(book: &mut Book, effect: &Effect) {
    book.open_change();
    match effect {
        Effect::Nothing => {}
        Effect::Take { reservation, takes, .. } => take(book, reservation, takes),
        Effect::Extend { reservation, until } => set_expiry(book, reservation, Some(*until)),
        Effect::Confirm { reservation } => confirm(book, reservation),
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
        Effect::UpdatePlan { sku, plan } => update_plan(book, sku, plan),
        Effect::Announce { sku, inbound } => inbound::announce(book, sku, inbound),
        Effect::UpdateInbound { sku, inbound } => inbound::update(book, sku, inbound),
        Effect::AnswerDelay { reservation, sku, keeps } => {
            let answer = Answered { keeps: *keeps, by_silence: false };
            answer_delay(book, sku, reservation, answer);
        }
        Effect::Tend { sku } => tend(book, sku),
        Effect::TendOrder { reservation } => {
            book.changes.ready_checks.insert(reservation.clone(), false);
            book.changes.settled.insert(reservation.clone());
        }
    }
    book.close_change();
}

/// A hold becomes an order.
fn confirm(book: &mut Book, id: &ReservationId) {
    set_expiry(book, id, None);
    let lines = book.reservations.get(id).map_or(&[][..], |reservation| &reservation.lines);
    let skus: Vec<super::Sku> = lines.iter().map(|line| line.sku.clone()).collect();
    for sku in &skus {
        let entry = Entry::of(Kind::Confirm, Event::Confirmed);
        book.record(sku, Entry { reservation: Some(id), ..entry });
    }
    book.changes.settled.insert(id.clone());
}

fn set_expiry(book: &mut Book, id: &ReservationId, expires_at: Option<Time>) {
    let Some(reservation) = book.reservations.get_mut(id) else { return };
    reservation.expires_at = expires_at;
    let lines = 0..reservation.lines.len();
    book.changes.lines.extend(lines.map(|index| (id.clone(), index)));
}
