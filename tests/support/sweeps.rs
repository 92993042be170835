//! How the in-memory world sweeps: all that is due at once, or so few holds for each batch that a
//! command must be asked again after more of them were swept, as in the store.

use std::collections::{BTreeSet, HashMap};

use backstock::domain::{
    Book, Command, Decision, Item, Request, Reservation, ReservationId, Sku, Time, decide,
};

use super::background::house;
use super::world::World;

impl World {
    /// Decides a batch; where more is due than it was given, that is swept first.
    pub(super) fn decided(&mut self, requests: &[Request]) -> Vec<Decision> {
        let before = (self.due_max < usize::MAX).then(|| self.clone());
        let mut book = self.lend(requests);
        match (decide(&mut book, &self.id, requests), before) {
            (Ok(decisions), _) => {
                self.take_back(book);
                decisions
            }
            (Err(sku), Some(before)) => {
                *self = before;
                self.run(&[house(Command::Tend { sku })]);
                self.decided(requests)
            }
            (Err(sku), None) => panic!("a book with every due line of {sku} asks for more"),
        }
    }

    /// The reservations, but for those that are due beyond what the batch may sweep and that it
    /// has no other business with.
    pub(super) fn lend_reservations(
        &mut self,
        requests: &[Request],
        book: &mut Book,
    ) -> HashMap<ReservationId, Reservation> {
        let all = std::mem::take(&mut self.reservations);
        for item in book.items.values_mut() {
            item.next_due = held(&all, item).into_iter().find(|at| *at > book.now);
        }
        if self.due_max == usize::MAX {
            return all;
        }
        let named = requests.iter().filter_map(|r| r.command.addressed().or(r.command.made()));
        let mut lent: BTreeSet<ReservationId> = named.cloned().collect();
        lent.extend(book.silent.iter().map(|(_, id)| id.clone()));
        for item in book.items.values_mut() {
            let due = due(&all, item, book.now);
            item.due_left = due.len() > self.due_max;
            lent.extend(due.into_iter().take(self.due_max));
            lent.extend(item.queue.bumped.lines.iter().chain(&item.queue.accepted.lines).cloned());
            let page = item.redate.as_ref().and_then(|redate| redate.page.as_ref());
            lent.extend(page.into_iter().flat_map(|page| page.lines.iter().cloned()));
        }
        let now = book.now;
        let (given, kept) = all
            .into_iter()
            .partition(|(id, reservation)| !reservation.is_overdue(now) || lent.contains(id));
        self.reservations = kept;
        given
    }
}

/// When the holds of an item run out, or ran out, in order.
pub(super) fn held(all: &HashMap<ReservationId, Reservation>, item: &Item) -> Vec<Time> {
    let open = |of: &&Reservation| of.line(&item.sku).is_some_and(|line| line.open() > 0);
    let mut held: Vec<_> = all.values().filter(open).filter_map(|of| of.expires_at).collect();
    held.sort_unstable();
    held
}

/// The holds of an item that ran out, oldest first.
fn due(all: &HashMap<ReservationId, Reservation>, item: &Item, now: Time) -> Vec<ReservationId> {
    let open = |of: &Reservation, sku: &Sku| of.line(sku).is_some_and(|line| line.open() > 0);
    let due = all.values().filter(|of| of.is_overdue(now) && open(of, &item.sku));
    let mut due: Vec<_> = due.map(|of| (of.expires_at, of.id.clone())).collect();
    due.sort_unstable();
    due.into_iter().map(|(_, id)| id).collect()
}
