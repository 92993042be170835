//! The command line as its users meet it: the real binary, against a real server of the same
//! binary, with a private PostgreSQL. What is looked at is what they see: stdout, stderr and the
//! exit code.

mod bench;
mod catalogue;
mod events;
mod ground;
mod import;
mod plans;
mod supply;
