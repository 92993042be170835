//! Queued units become allocated: bumped ones first, then in the order accepted.

use super::book::{Book, Entry};
use super::movement::Delta;
use super::pick::{self, Picks};
use super::{Event, Kind, ReservationId, Sku, Units};

/// Fills what can be filled of an item's queue, at most so many lines. What is left is owed: the
/// fence ([`super::Item::available`]) keeps it from newcomers, and the background goes on with it.
///
/// Expired holds that are left to be swept are passed by.
pub fn fill(book: &mut Book, sku: &Sku, lines_max: usize) {
    for _ in 0..lines_max {
        if !fill_next(book, sku) {
            break;
        }
    }
    if book.items.get(sku).is_some_and(|item| item.owed().units() > 0) {
        book.changes.long_fills.insert(sku.clone(), true);
    }
}

/// Fills the next line; `false` = nothing to give, or no line at hand to give it to.
fn fill_next(book: &mut Book, sku: &Sku) -> bool {
    let Some(item) = book.items.get(sku) else { return false };
    let owed = item.owed();
    let is_bumped = owed.bumped > 0;
    let (head, most) = match is_bumped {
        true => (&item.queue.bumped, owed.bumped),
        false => (&item.queue.accepted, owed.accepted),
    };
    let Some(id) = head.lines.front().filter(|_| most > 0).cloned() else { return false };
    let waits = |line: &super::Line| if is_bumped { line.bumped } else { line.backordered };
    let units = book.line(&id, sku).map_or(0, waits).min(most);
    let is_over = book.reservations.get(&id).is_some_and(|of| of.is_overdue(book.now));
    if units == 0 || is_over {
        pass_by(book, sku, is_bumped);
        return true;
    }
    let picks = pick::single(item, units, &book.places);
    if !pick::is_certain(&[(item, units)], std::slice::from_ref(&picks), &book.places) {
        return false;
    }
    fill_line(book, sku, &id, picks, is_bumped);
    let left = book.line(&id, sku).map_or(0, waits);
    if left == 0 {
        pass_by(book, sku, is_bumped);
    }
    true
}

/// Leaves the line at the head of a queue.
fn pass_by(book: &mut Book, sku: &Sku, bumped: bool) {
    let Some(item) = book.items.get_mut(sku) else { return };
    let head = if bumped { &mut item.queue.bumped } else { &mut item.queue.accepted };
    head.lines.pop_front();
}

fn fill_line(book: &mut Book, sku: &Sku, id: &ReservationId, picks: Picks, bumped: bool) {
    for (location, units) in &picks {
        let (from_bumped, from_accepted) = if bumped { (*units, 0) } else { (0, *units) };
        let delta = Delta {
            location: Some(location.clone()),
            allocated: *units,
            backordered: -from_accepted,
            bumped: -from_bumped,
            ..Delta::default()
        };
        let entry = Entry::of(Kind::Fill, Event::Filled);
        book.record(sku, Entry { delta, reservation: Some(id), ..entry });
    }
    let units: Units = picks.iter().map(|(_, units)| units).sum();
    book.change_line(id, sku, |line| {
        line.allocations.extend(picks);
        if bumped {
            line.bumped -= units
        } else {
            line.backordered -= units
        }
        // What has come need not be asked about.
        line.question = line.question.filter(|_| line.queued() > 0);
    });
    book.changes.settled.insert(id.clone());
}

/// Puts a line that lost units where its age says, among the bumped ones.
pub(super) fn enqueue_bumped(book: &mut Book, sku: &Sku, id: &ReservationId) {
    let age = |id: &ReservationId| book.line(id, sku).map_or(0, |line| line.age);
    let Some(item) = book.items.get(sku) else { return };
    let lines = &item.queue.bumped.lines;
    if lines.contains(id) {
        return;
    }
    let at = lines.iter().position(|other| age(other) > age(id)).unwrap_or(lines.len());
    let behind_the_last = at == lines.len() && !item.queue.bumped.is_whole;
    if let (false, Some(item)) = (behind_the_last, book.items.get_mut(sku)) {
        item.queue.bumped.lines.insert(at, id.clone());
    }
}
