//! Where events are sent to, and how far each sink has come.
//!
//! A sink's place goes on in its row. Who delivers has a lease on that row, which lasts a few
//! seconds and is renewed; one that dies loses it soon, one that lost it writes nothing any more.
//! No transaction is open while anything is sent.

mod delivery;
mod webhook;

pub use delivery::{Duty, Lease, SinkKind, SinkState};
pub use webhook::{NewWebhook, Webhook};
