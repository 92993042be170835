//! What the tests of the rules share: the language that scenarios are written in, an in-memory
//! world in which [`backstock::domain::decide`] runs on a complete book, and a real server on a
//! real database.
//!
//! It promises that one line of text means the same call in both places: the text is parsed once,
//! into the contract's own messages.

pub mod background;
pub mod call;
pub mod dates;
pub mod decode;
pub mod invariants;
pub mod language;
pub mod lists;
pub mod outcome;
pub mod parse;
pub mod parse_catalogue;
pub mod parse_lists;
pub mod promised;
pub mod reads;
pub mod server;
pub mod sweeps;
pub mod words;
pub mod world;
