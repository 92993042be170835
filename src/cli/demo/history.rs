//! The demo's own books, kept from answers alone and checked against the limits.
//!
//! Every answer names the version of each item that it changed, so the answers to concurrent calls
//! can be put in the order in which the service decided them, whatever order they arrived in. Then
//! each limit is checked after every change. The books never ask the service what it thinks of
//! itself.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::proto::{Reservation, ReservationLine};

/// What all answers said, by SKU.
#[derive(Debug, Default)]
pub struct History(Mutex<HashMap<String, Vec<Event>>>);

/// One change of one item, as an answer told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The version of the item that the change made.
    pub version: i64,
    /// What changed.
    pub change: Change,
}

/// What an answer said of one SKU. Units, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Goods arrived, and some were owed to the queue.
    Received {
        /// Good units.
        good: i64,
        /// Units of the queue that got some of them.
        filled: i64,
    },
    /// Units left.
    Shipped(i64),
    /// A reservation gave units back, queued or allocated.
    Released(i64),
    /// A reservation took units.
    Taken {
        /// From the shelf.
        allocated: i64,
        /// From the future.
        backordered: i64,
    },
}

/// The sums of one item's changes. Units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Good units that arrived.
    pub received: i64,
    /// Units of the queue that arrivals filled.
    pub filled: i64,
    /// Units that left.
    pub shipped: i64,
    /// Units given back.
    pub released: i64,
    /// Units taken from the shelf.
    pub allocated: i64,
    /// Units taken from the future.
    pub backordered: i64,
}

/// A limit that was passed, with the SKU and the numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Which item.
    pub sku: String,
    /// What is wrong with it.
    pub what: String,
}

impl History {
    /// Notes what a new reservation took.
    pub fn taken(&self, reservation: &Reservation) {
        for line in &reservation.lines {
            let (allocated, backordered) = (line.allocated, line.backordered);
            self.note(line, Change::Taken { allocated, backordered });
        }
    }

    /// Notes one change that the answer's line tells of.
    pub fn note(&self, line: &ReservationLine, change: Change) {
        self.add(&line.sku, Event { version: line.item_version, change });
    }

    /// Notes one change.
    pub fn add(&self, sku: &str, event: Event) {
        self.lock().entry(sku.to_owned()).or_default().push(event);
    }

    /// How many changes the answers told of.
    pub fn len(&self) -> usize {
        self.lock().values().map(Vec::len).sum()
    }

    /// Checks every item's changes in their order. Returns the sums, and what was passed.
    pub fn check(&self, caps: &BTreeMap<String, i64>) -> (BTreeMap<String, Sums>, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut all = BTreeMap::new();
        for (sku, events) in self.lock().iter() {
            let cap = caps.get(sku).copied().unwrap_or(0);
            let (sums, wrong) = walk(events.clone(), cap);
            problems.extend(wrong.map(|what| Problem { sku: sku.clone(), what }));
            all.insert(sku.clone(), sums);
        }
        problems.sort();
        (all, problems)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Event>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds up the changes in the order of their versions, checking after each; what it says is about
/// the first limit that was passed.
fn walk(mut events: Vec<Event>, cap: i64) -> (Sums, Option<String>) {
    // Where one version has several changes, those that make room count first.
    events.sort_by_key(|event| (event.version, event.change.takes()));
    let mut sums = Sums::default();
    let mut wrong = None;
    for event in events {
        sums.add(event.change);
        wrong = wrong.or_else(|| {
            sums.passed(cap).map(|what| format!("{what} (item version {})", event.version))
        });
    }
    (sums, wrong)
}

impl Change {
    fn takes(self) -> bool {
        matches!(self, Self::Taken { .. })
    }
}

impl Sums {
    /// Units in the building.
    pub fn on_hand(&self) -> i64 {
        self.received - self.shipped
    }

    /// Units that reservations still hold, allocated or queued.
    pub fn open(&self) -> i64 {
        self.allocated + self.backordered - self.released - self.shipped
    }

    fn add(&mut self, change: Change) {
        match change {
            Change::Received { good, filled } => {
                self.received += good;
                self.filled += filled;
            }
            Change::Shipped(units) => self.shipped += units,
            Change::Released(units) => self.released += units,
            Change::Taken { allocated, backordered } => {
                self.allocated += allocated;
                self.backordered += backordered;
            }
        }
    }

    /// The limit that these sums pass, if any. An answer to Release does not say which units were
    /// allocated, so wherever something was given back the sums are taken at their kindest; an item
    /// of which nothing was given back is checked to the unit.
    fn passed(&self, cap: i64) -> Option<String> {
        let promised = self.allocated + self.filled - self.released;
        let queued = self.backordered - self.filled - self.released;
        if promised > self.received {
            Some(format!("{promised} units allocated, of {} that ever arrived", self.received))
        } else if self.shipped > self.received {
            Some(format!("{} units shipped, of {} that arrived", self.shipped, self.received))
        } else if queued > cap {
            Some(format!("{queued} units backordered, over the cap of {cap}"))
        } else if self.open() > self.on_hand() + cap {
            let (open, on_hand) = (self.open(), self.on_hand());
            Some(format!("{open} units promised, with {on_hand} on hand and a cap of {cap}"))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(version: i64, allocated: i64, backordered: i64) -> Event {
        Event { version, change: Change::Taken { allocated, backordered } }
    }

    fn received(version: i64, good: i64, filled: i64) -> Event {
        Event { version, change: Change::Received { good, filled } }
    }

    fn other(version: i64, change: Change) -> Event {
        Event { version, change }
    }

    fn wrong(events: &[Event], cap: i64) -> Option<String> {
        walk(events.to_vec(), cap).1
    }

    #[test]
    fn the_last_unit_may_be_sold_and_no_more() {
        let good = [received(1, 10, 0), taken(2, 7, 0), taken(3, 3, 0)];
        assert_eq!(wrong(&good, 0), None);
        let oversold = [received(1, 10, 0), taken(2, 7, 0), taken(3, 4, 0)];
        let found = wrong(&oversold, 0).expect("11 of 10");
        assert!(found.contains("11 units allocated, of 10"), "{found}");
        assert!(found.contains("version 3"), "{found}");
    }

    #[test]
    fn versions_decide_the_order_and_not_the_arrival_of_answers() {
        assert_eq!(wrong(&[taken(2, 5, 0), received(1, 5, 0)], 0), None);
        assert!(wrong(&[received(2, 5, 0), taken(1, 5, 0)], 0).is_some(), "sold before it came");
    }

    #[test]
    fn the_cap_holds_at_every_moment_and_not_only_at_the_end() {
        let good = [taken(1, 0, 5), received(2, 5, 5), taken(3, 0, 5)];
        assert_eq!(wrong(&good, 5), None);
        let passed = [taken(1, 0, 5), taken(2, 0, 1), received(3, 6, 6)];
        let found = wrong(&passed, 5).expect("6 of 5");
        assert!(found.contains("6 units backordered, over the cap of 5"), "{found}");
    }

    #[test]
    fn units_given_back_may_be_sold_again() {
        let again = [
            received(1, 5, 0),
            taken(2, 5, 2),
            other(3, Change::Released(7)),
            taken(4, 5, 2),
            other(5, Change::Shipped(5)),
        ];
        assert_eq!(wrong(&again, 2), None);
        let mut twice = again.to_vec();
        twice.push(taken(6, 0, 1));
        assert!(wrong(&twice, 2).is_some(), "3 queued under a cap of 2");
    }

    #[test]
    fn more_cannot_leave_than_came() {
        let events = [received(1, 5, 0), taken(2, 5, 1), other(3, Change::Shipped(6))];
        assert!(wrong(&events, 1).expect("6 of 5").contains("6 units shipped, of 5"));
    }

    #[test]
    fn the_check_names_the_sku() {
        let history = History::default();
        history.add("A", received(1, 1, 0));
        history.add("A", taken(2, 2, 0));
        history.add("B", received(1, 4, 0));
        let (sums, problems) = history.check(&BTreeMap::new());
        assert_eq!(sums["B"].on_hand(), 4);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].sku, "A");
        assert_eq!(history.len(), 3);
    }
}
