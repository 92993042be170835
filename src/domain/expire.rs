//! Holds that ran out give their units back. An expired hold counts for nothing from that instant,
//! so what is due is swept before a batch is decided.

use super::book::Book;
use super::{FILL_LINES_MAX, Kind, ReservationId, Sku, Time, Units, apply, fill};

/// Sweeps every due line of the locked items that the book holds, oldest first, as one change.
///
/// A reservation's lines may be swept one by one, as their items are locked: it has expired all the
/// same.
pub fn sweep(book: &mut Book) {
    sweep_lines(book);
    let now = book.now;
    for item in book.items.values_mut().filter(|item| item.is_due(now) && !item.due_left) {
        item.due_at = item.next_due;
        book.changes.items.insert(item.sku.clone());
    }
}

fn sweep_lines(book: &mut Book) {
    let due = due_lines(book);
    if due.is_empty() {
        return;
    }
    book.open_change();
    for (_, id, sku, units) in &due {
        let Some(line) = book.line(id, sku) else { continue };
        let (allocated, queued) = (line.allocated(), line.queued());
        apply::give_back(book, id, sku, *units, Kind::Expire, "");
        book.change_line(id, sku, |line| {
            line.lapsed_allocated += allocated;
            line.lapsed_backordered += queued;
        });
    }
    let mut skus: Vec<&Sku> = due.iter().map(|(_, _, sku, _)| sku).collect();
    skus.sort_unstable();
    skus.dedup();
    for sku in skus {
        fill::fill(book, sku, FILL_LINES_MAX);
    }
    book.close_change();
}

fn due_lines(book: &Book) -> Vec<(Option<Time>, ReservationId, Sku, Units)> {
    let overdue = book.reservations.values().filter(|r| r.is_overdue(book.now));
    let mut due: Vec<_> = overdue
        .flat_map(|r| r.lines.iter().map(move |line| (r, line)))
        .filter(|(_, line)| line.open() > 0 && book.items.contains_key(&line.sku))
        .map(|(r, line)| (r.expires_at, r.id.clone(), line.sku.clone(), line.open()))
        .collect();
    due.sort_unstable();
    due
}
