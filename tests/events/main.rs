//! Events, from the line of the ledger to those who hear of it: Watch, webhooks, NATS, stdout.
//!
//! Nothing may be left out, nothing may come in the wrong order, whoever is killed meanwhile; and a
//! listener that is slow, down or dead delays nobody. Servers that are killed are processes of the
//! real binary. Nothing here waits for time to pass: what is waited for is a fact.
#![allow(dead_code, reason = "the storms' tools have more than these tests use")]

mod forgetting;
#[path = "../storms/ground.rs"]
mod ground;
mod listen;
mod nats;
mod page;
mod places;
#[path = "../storms/process.rs"]
mod process;
mod receiver;
mod season;
#[path = "../storms/shop.rs"]
mod shop;
mod stdout;
mod stories;
mod watching;
mod webhooks;
mod write;
