//! The generated messages, servers and clients of `proto/backstock/v1`.
//!
//! Only `service` and the command line's clients use them; the rest of the house speaks `domain`.

#![allow(clippy::all, clippy::pedantic, missing_docs)]

tonic::include_proto!("backstock.v1");

/// The compiled `.proto` files, imports and comments included, as gRPC reflection serves them.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
