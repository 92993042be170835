//! The ledger: by how much each change moved an item's counters.

use super::{Event, Location, ReservationId, Sku, Units};

/// What a movement records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The item was made, or its settings changed.
    Item,
    /// A plan was opened, changed or closed.
    Plan,
    /// Units were allocated, or accepted into the queue.
    Reserve,
    /// Units were given back.
    Release,
    /// A hold ran out.
    Expire,
    /// Goods arrived.
    Receive,
    /// Queued units were allocated.
    Fill,
    /// Allocated units left.
    Ship,
    /// Stock was corrected.
    Adjust,
    /// Allocated units were lost and went back to the front of the queue.
    Bump,
    /// A hold became an order.
    Confirm,
    /// An order became ready to ship together.
    Ready,
    /// Promised dates moved, or a customer answered.
    Promise,
    /// Supply was announced, changed or cancelled.
    Inbound,
    /// Old lines were carried forward: this one has their sums.
    Carried,
}

/// One line of the ledger. The deltas of all lines of an item add up to its counters.
#[derive(Clone, Debug)]
pub struct Movement {
    /// The item.
    pub sku: Sku,
    /// The item's version that the change made.
    pub version: i64,
    /// Which of the lines of that change, from 0; below 0 where older lines were carried forward.
    pub part: i32,
    /// What happened.
    pub kind: Kind,
    /// By how much.
    pub delta: Delta,
    /// Whose units.
    pub reservation: Option<ReservationId>,
    /// The receipt, the carrier's number, or the reason that the call gave.
    pub reference: String,
    /// What others hear of it.
    pub event: Option<Event>,
}

/// By how much a change moves an item's counters, at one location.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// Where units on hand or allocated moved.
    pub location: Option<Location>,
    /// Units on hand.
    pub on_hand: Units,
    /// Allocated units.
    pub allocated: Units,
    /// Backordered units.
    pub backordered: Units,
    /// Bumped units.
    pub bumped: Units,
    /// Units that arrived damaged; they never were on hand.
    pub damaged: Units,
    /// Units still to come of announced supply.
    pub inbound: Units,
}
