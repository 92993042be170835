//! Reads. Each runs on a task of its own and sees the primary, never a cache: what one replica was
//! told is seen at once by a caller of another.

mod catalogue;
mod ledger;
mod queue;
mod reservation;
mod stock;

pub use ledger::{Discrepancy, LedgerLine, Proof};
pub use queue::{Backlog, BacklogEntry, QueuePlace};
