//! Forgets what was kept long enough: answers that nobody may ask for any more, events that every
//! sink has passed, and the single lines of an old ledger, whose sums are carried forward.
//!
//! Each step is bounded, one transaction, and done whole or not at all; none locks a row that a
//! caller, the relay or a listener waits for.

mod answers;
mod events;
mod ledger;

pub use answers::Forgotten;
pub use events::{ForgottenEvents, SlowSink};
pub use ledger::{BEFORE_ALL, Behind, Carried, Listed};
