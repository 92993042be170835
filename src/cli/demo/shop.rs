//! What all the people of a demo share: the scenario, the books, and word of what may be packed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};

use super::history::{History, Problem};
use super::scenario::{PlanScenario, Scenario};
use super::tally::Tally;
use super::visits::Visit;
use crate::proto::FilledLine;

/// The shop that a demo plays.
#[derive(Debug)]
pub struct Shop {
    /// What will happen.
    pub scenario: Scenario,
    /// What the answers said.
    pub history: History,
    /// What became of the orders.
    pub tally: Tally,
    /// The cap of each SKU that has a plan. Units.
    pub caps: BTreeMap<String, i64>,
    /// Orders for the packers.
    pub packing: Packing,
    /// Limits that a single answer was seen to pass.
    problems: Mutex<Vec<Problem>>,
    next_visit: AtomicUsize,
    visits_done: watch::Sender<usize>,
}

/// Orders on their way to the packers. Each packer has an inbox; an order always goes to the same
/// one.
#[derive(Debug)]
pub struct Packing {
    inboxes: Mutex<Vec<mpsc::UnboundedSender<String>>>,
    open: Mutex<BTreeSet<String>>,
}

impl Shop {
    /// A shop on its first morning.
    #[must_use]
    pub fn new(scenario: Scenario, inboxes: Vec<mpsc::UnboundedSender<String>>) -> Self {
        let caps = scenario.items.iter().filter_map(|item| match item.plan {
            PlanScenario::None => None,
            PlanScenario::NotYet { cap } | PlanScenario::Open { cap, .. } => {
                Some((item.sku.clone(), cap))
            }
        });
        Self {
            caps: caps.collect(),
            scenario,
            history: History::default(),
            tally: Tally::default(),
            packing: Packing { inboxes: Mutex::new(inboxes), open: Mutex::default() },
            problems: Mutex::default(),
            next_visit: AtomicUsize::new(0),
            visits_done: watch::Sender::new(0),
        }
    }

    /// The next visit that nobody makes yet.
    pub fn next_visit(&self) -> Option<&Visit> {
        self.scenario.visits.get(self.next_visit.fetch_add(1, Ordering::Relaxed))
    }

    /// Notes that a visit is over.
    pub fn visit_done(&self) {
        self.visits_done.send_modify(|done| *done += 1);
    }

    /// Waits until so many of a hundred visits are over.
    pub async fn visits_reach(&self, percent: usize) {
        let enough = (self.scenario.visits.len() * percent).div_ceil(100);
        // The sender lives as long as the shop, so this cannot fail.
        let _ = self.visits_done.subscribe().wait_for(|done| *done >= enough).await;
    }

    /// Notes a limit that an answer passed.
    pub fn problem(&self, sku: &str, what: String) {
        lock(&self.problems).push(Problem { sku: sku.to_owned(), what });
    }

    /// The limits that single answers were seen to pass.
    pub fn problems(&self) -> Vec<Problem> {
        lock(&self.problems).clone()
    }
}

impl Packing {
    /// An order that nobody will change any more; its packer looks at it at once if it is ready.
    pub fn ordered(&self, reservation: &str, ready: bool) {
        lock(&self.open).insert(reservation.to_owned());
        if ready {
            self.send(reservation);
        }
    }

    /// A receipt filled these lines. Those of orders that may still be changed wait for the last
    /// round.
    pub fn filled(&self, lines: &[FilledLine]) {
        for line in lines.iter().filter(|line| line.ready_to_ship) {
            if lock(&self.open).contains(&line.reservation_id) {
                self.send(&line.reservation_id);
            }
        }
    }

    /// Nothing of the order is open any more.
    pub fn ended(&self, reservation: &str) {
        lock(&self.open).remove(reservation);
    }

    /// The orders of which something is open.
    pub fn open(&self) -> Vec<String> {
        lock(&self.open).iter().cloned().collect()
    }

    /// Sends every open order round once more, and lets the packers go home after it.
    pub fn last_round(&self) {
        for reservation in self.open() {
            self.send(&reservation);
        }
        lock(&self.inboxes).clear();
    }

    fn send(&self, reservation: &str) {
        let inboxes = lock(&self.inboxes);
        let number: usize = reservation.bytes().map(usize::from).sum();
        if let Some(inbox) = inboxes.get(number % inboxes.len().max(1)) {
            // A packer that is gone failed, and its error ends the demo.
            let _ = inbox.send(reservation.to_owned());
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(reservation: &str) -> FilledLine {
        FilledLine { reservation_id: reservation.into(), quantity: 1, ready_to_ship: true }
    }

    #[test]
    fn packers_hear_of_ready_orders_that_nobody_will_change() {
        let (inbox, mut heard) = mpsc::unbounded_channel();
        let packing = Packing { inboxes: Mutex::new(vec![inbox]), open: Mutex::default() };
        packing.filled(&[ready("r1")]);
        packing.ordered("r1", false);
        packing.ordered("r2", true);
        packing.filled(&[ready("r1"), FilledLine { ready_to_ship: false, ..ready("r2") }]);
        packing.ended("r2");
        packing.last_round();
        let all: Vec<_> = std::iter::from_fn(|| heard.try_recv().ok()).collect();
        assert_eq!(all, ["r2", "r1", "r1"]);
        assert!(heard.is_closed());
    }
}
