//! Reads. Each runs on a task that is not its caller's and sees the primary, never a cache: what
//! one replica was told is seen at once by a caller of another.
//!
//! What callers ask most, how much there is of an item, is read for all who wait by one statement
//! (`enquiries`).

mod catalogue;
mod enquiries;
mod ledger;
mod queue;
mod reservation;
mod reservations;
mod stock;
mod supply;

pub(super) use enquiries::Enquiries;
pub use ledger::{Discrepancy, LedgerLine, Proof};
pub use queue::{Backlog, BacklogEntry, QueuePlace};
pub use reservations::{ReservationFilter, ReservationPlace, Reservations};
pub use supply::{InboundPlace, Inbounds, Plans, Suggestion, Suggestions};
