//! The stream of a programme's events: who gives out its places, and who reads it.
//!
//! An event is a line of the ledger. Whoever commits one also leaves a row in `change` that names
//! the item; [`Store::publish`] takes that row away and gives the item's events their places. So
//! nothing depends on the order of commits: an event gets its place when it is there to be seen,
//! however long its transaction took. It promises:
//!
//! - places are gap-free from 1, and once given never change;
//! - the events of one item follow each other in the order of (version, part), none is left out and
//!   none comes twice: versions of an item have no gap, and a later one is never seen before an
//!   earlier one;
//! - one process gives out places of a programme at a time, and one that dies leaves nothing
//!   half-done;
//! - what was forgotten (`forget`) is never passed over in silence: who asks for it
//!   is told from where on there is something to be had.

mod event;
mod heads;
mod publish;
mod read;

pub use event::{Changes, Published, What};
pub use heads::Heads;
pub use publish::Progress;
pub use read::{Stretch, Unread};

use chrono::TimeDelta;

/// An event that gets its place so long after younger ones is late, and noted as such: behind the
/// last late one, none is older than the first by more than this.
pub(in crate::store) const LATE: TimeDelta = TimeDelta::hours(1);
