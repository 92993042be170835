//! The edge: what stands around every service of the router, its own, health and reflection alike.
//!
//! Each layer is a file; [`column()`] is the one place that puts them in order. The room promises:
//!
//! - Every call ends in exactly one gRPC status, counted and traced, also when the caller hangs up.
//! - A passed deadline is DEADLINE_EXCEEDED, a malformed one INVALID_ARGUMENT, a panic INTERNAL
//!   with the number of its line in the log, too many calls at once UNAVAILABLE with a time to come
//!   back.
//! - Nothing of a call's content is looked at: only its path, its headers and its status.

mod budget;
mod class;
pub mod deadline;
pub mod limit;
pub mod measure;
pub mod method;
mod observe;
pub mod panic;
mod refuse;
pub mod trace;

pub use deadline::Deadline;
pub use method::Methods;

/// The layers, outermost first.
pub type Column = (trace::Layer, measure::Layer, deadline::Layer, limit::Layer, panic::Layer);

/// The layers for `tonic::transport::Server::builder().layer(..)`, outermost first. `methods` are
/// those that spans and metrics may name; `in_flight_max` is how many calls may be worked on at
/// once, over all connections.
#[must_use]
pub fn column(methods: &Methods, in_flight_max: usize) -> Column {
    (
        // Outermost: whatever a layer below answers or logs belongs to the call's span.
        trace::Layer::new(methods.clone()),
        // Below the span and above every refusal, so that refused calls are counted like all
        // others.
        measure::Layer::new(methods.clone()),
        // Above all that may wait, so that no wait outlasts the deadline; and before a place is
        // taken, since a call that comes too late needs none.
        deadline::Layer,
        // Above everything that costs work.
        limit::Layer::new(in_flight_max),
        // Innermost, around the handler alone: the layers above see an answer like any other, and a
        // place taken is given back.
        panic::Layer::new(methods.clone()),
    )
}
