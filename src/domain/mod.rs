//! The rules, and nothing else: no SQL, no gRPC, no tasks, no clock.
//!
//! A [`Book`] holds the rows that a batch of requests may touch. [`decide`] goes through the batch
//! in order: [`judge`] looks at the book and says what a command would do, or why not; [`apply`]
//! does it and cannot fail; [`answer`] reads what the caller is told. Time is `book.now`, read once
//! from the database's clock after the locks were taken.
//!
//! Reading order: `item`, `reservation`, `plan`, `book`, `command`, `refusal`, then `judge/`,
//! `apply`, `fill`, `expire`, `decide`.

pub mod answer;
pub mod apply;
pub mod book;
pub mod command;
mod consequence;
pub mod decide;
pub mod event;
pub mod expire;
pub mod fill;
pub mod id;
pub mod inbound;
pub mod interest;
pub mod item;
pub mod judge;
pub mod movement;
pub mod note;
pub mod pick;
pub mod plan;
pub mod program;
pub mod promise;
pub mod redate;
pub mod refusal;
pub mod reservation;

pub use answer::Answer;
pub use book::Book;
pub use command::{Command, Request};
pub use decide::{Decision, Prior, decide};
pub use event::Event;
pub use id::{Customer, Location, ProgramId, ReceiptId, RequestId, ReservationId, Sku};
pub use inbound::{Inbound, InboundId};
pub use interest::Interest;
pub use item::Item;
pub use movement::{Kind, Movement};
pub use plan::Plan;
pub use program::Program;
pub use promise::ShipBy;
pub use refusal::{Reason, Refusal};
pub use reservation::{Line, Reservation};

/// Whole units of an item.
pub type Units = i64;
/// An instant of the database's clock, in whole microseconds.
pub type Time = chrono::DateTime<chrono::Utc>;
/// A calendar date.
pub type Date = chrono::NaiveDate;

/// Most units that one line of a call may name.
pub const QUANTITY_MAX: Units = 1_000_000_000;
/// Most units that any counter may reach: far under 2^63, so that sums of a few counters cannot
/// overflow.
pub const COUNTER_MAX: Units = 9_000_000_000_000_000;
/// Longest hold, in seconds: 24 hours.
pub const HOLD_SECONDS_MAX: i64 = 86_400;
/// Most queued lines that one command fills at once; a longer fill goes on in the background.
pub const FILL_LINES_MAX: usize = 128;
/// Most queued lines that one command gives new dates; a longer queue goes on in the background.
pub const REDATE_LINES_MAX: usize = 64;
/// Most expired lines of an item that one batch sweeps.
pub const EXPIRE_LINES_MAX: usize = 64;
