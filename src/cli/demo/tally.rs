//! Counts what became of orders and units.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The counts of a run, shared by everybody who counts.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Counts>);

/// The counts of a run. Orders, unless a name says units.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Reserved from the shelf.
    pub reserved: u64,
    /// Backordered, in part or whole.
    pub backordered: u64,
    /// Refused for good, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Given up before they were paid for.
    pub given_up: u64,
    /// Cancelled, in part or whole.
    pub cancelled: u64,
    /// Cancellations of orders that had been refused.
    pub cancelled_refused: u64,
    /// Units taken from the shelf at once.
    pub reserved_units: i64,
    /// Units queued.
    pub backordered_units: i64,
    /// Units given back by cancellations and by carts that were left.
    pub released_units: i64,
    /// Units received, those before the first order included.
    pub received_units: i64,
    /// Queued units that a receipt filled.
    pub filled_units: i64,
    /// Units shipped.
    pub shipped_units: i64,
    /// Parcels.
    pub shipments: u64,
    /// Times that an item was looked at while orders ran.
    pub looks: u64,
}

impl Tally {
    /// Changes the counts.
    pub fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
