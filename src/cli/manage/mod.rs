//! The verbs of those who run a programme: one file for each, and each a thin gRPC client.
//!
//! They promise: what is asked for, and nothing else, on stdout, as a table for people or as JSON
//! for programs (one message of the contract on each line, under its own field names); remarks,
//! empty results and errors on stderr; a refusal in one line with its reason, and each field at
//! fault on a line of its own. A write carries a request id, and is asked again under the same one
//! while the server is away.

pub mod backlog;
pub mod inbound;
mod input;
pub mod item;
mod list;
pub mod location;
mod messages;
pub mod order;
mod output;
pub mod plan;
pub mod program;
pub mod receipt;
mod refused;
pub mod reservation;
mod session;
pub mod suggest;
pub mod watch;
pub mod webhook;

pub use output::Output;
pub use refused::{FieldFault, Refused};
pub use session::{Session, SessionArgs, ask};
