//! Storms: many callers, several servers, one real PostgreSQL, and things that die in the middle of
//! it.
//!
//! Each test drives real servers over real gRPC. Servers that are killed are processes of the real
//! binary; the others run in the test's own process. Nothing here waits for time to pass: what is
//! waited for is a fact, and a fact that does not come is a failure.

mod admission;
mod batches;
mod carrying;
mod commits;
mod crashes;
mod dating;
mod deadlines;
mod deeds;
mod duties;
mod forgetting;
mod ground;
mod limits;
mod listings;
mod locks;
mod memory;
mod orders;
mod plans;
mod process;
mod proxy;
mod reads;
mod repeats;
mod restarts;
mod shop;
mod turns;
