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
//! Reading order: [`domain`] (the rules), [`store`] (one batch, one transaction), [`combine`] (what
//! waited becomes the next batch), [`service`] (protobuf in and out), [`edge`], [`worker`],
//! [`app`].

pub mod app;
pub mod cli;
pub mod combine;
pub mod config;
pub mod domain;
pub mod edge;
pub mod proto;
pub mod service;
pub mod sink;
pub mod store;
pub mod telemetry;
pub mod worker;
