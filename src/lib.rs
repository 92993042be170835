//! Backstock: inventory allocation over gRPC on one PostgreSQL. It never sells past a limit, never
//! forgets a promise, and says why it refuses.
//!
//! Arrows point one way:
//!
//! ```text
//! proto -> service -> combine -> store -> domain
//! edge (layers) around service     worker -> combine, store     app wires, nothing else does
//! ```
//!

pub mod app;
pub mod combine;
pub mod config;
pub mod domain;
pub mod edge;
pub mod proto;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod worker;
