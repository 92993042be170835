//! Reads. Each runs on a task of its own and sees the primary, never a cache: what one replica was
//! told is seen at once by a caller of another.

mod catalogue;
mod ledger;
mod queue;
mod reservation;
mod reservations;
mod stock;
mod supply;

pub use ledger::{Discrepancy, LedgerLine, Proof};
pub use queue::{Backlog, BacklogEntry, QueuePlace};
pub use reservations::{ReservationFilter, ReservationPlace, Reservations};
pub use supply::{InboundPlace, Inbounds, Plans, Suggestion, Suggestions};
