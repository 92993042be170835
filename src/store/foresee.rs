//! What a batch of Reserves and Backorders is going to write if all is as remembered when its turn
//! comes: decided and put into words while the database is still writing the batch before.

use std::time::{Duration, Instant};

use sqlx::PgConnection;
use sqlx::postgres::PgArguments;

use super::attempt::{Miss, replies};
use super::failure;
use super::load::Loaded;
use super::memory::{self, Memory};
use super::save::{self, Unsaved};
use super::{Reply, Store};
use crate::domain::{Answer, Book, Command, Decision, Item, Prior, ProgramId, Request, decide};
use crate::telemetry::metrics::metrics;

/// How long a batch may wait for its turn after it was decided.
const HOLDS: Duration = Duration::from_secs(1);

/// A batch that is decided and not yet written. The memory has its items as they will be; they are
/// forgotten where it is dropped unwritten.
#[derive(Debug)]
pub struct Foreseen {
    program: ProgramId,
    loaded: Loaded,
    decisions: Vec<Decision>,
    arguments: Option<PgArguments>,
    memory: Memory,
    doubts: u64,
    at: Instant,
    is_written: bool,
}

impl Foreseen {
    /// Whether what it was decided on came about, as far as this server knows, and that not long
    /// ago: windows close and holds run out by the clock.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.memory.doubts() == self.doubts && self.at.elapsed() < HOLDS
    }
}

impl Drop for Foreseen {
    fn drop(&mut self) {
        if !self.is_written {
            self.memory.forget(&self.program, &self.loaded);
        }
    }
}

/// Whether a batch may go through, as far as a glance tells: something is left of each item, and
/// nobody has to know what a customer has in the queue, which is not remembered.
fn may_go_through(book: &Book, requests: &[Request]) -> bool {
    requests.iter().all(|request| {
        let queues = matches!(request.command, Command::Backorder { .. });
        let may_go = |item: &Item| match queues {
            true => !item.limits_customers() && item.available() + item.headroom() > 0,
            false => item.available() > 0,
        };
        request.command.skus().iter().all(|sku| book.items.get(*sku).is_some_and(may_go))
    })
}

/// Whether what was decided from memory may stand: all went through, and nobody is shown what it
/// could not have.
fn went_through(loaded: &Loaded, decisions: &[Decision]) -> bool {
    let is_whole = |decision: &Decision| match decision {
        Decision::Fresh(Ok(Answer::Reservation { shortages, .. })) => shortages.is_empty(),
        Decision::Again(Prior::Member(_)) => true,
        _ => false,
    };
    loaded.book.changes.is_plain() && decisions.iter().all(is_whole)
}

impl Store {
    /// Decides a batch on what is remembered. `None` = it has to be read.
    #[must_use]
    pub fn foresee(&self, program: &ProgramId, requests: &[Request]) -> Option<Foreseen> {
        if !memory::is_for(requests) {
            return None;
        }
        let (memory, doubts) = (self.memory.clone(), self.memory.doubts());
        let mut loaded = memory.recall(program, requests)?;
        if !may_go_through(&loaded.book, requests) {
            return None;
        }
        let decisions = decide(&mut loaded.book, program, requests).ok()?;
        if !went_through(&loaded, &decisions) {
            return None;
        }
        let answers = self.answers(requests, &decisions);
        let arguments = save::prepare(program, &loaded, &answers).ok()?;
        memory.keep(program, &loaded);
        let (program, at, is_written) = (program.clone(), Instant::now(), false);
        Some(Foreseen { program, loaded, decisions, arguments, memory, doubts, at, is_written })
    }

    /// Writes it. `None` = nothing was done, and it has to be read.
    pub(super) async fn write_foreseen(
        &self,
        connection: &mut PgConnection,
        backend: i32,
        mut foreseen: Foreseen,
    ) -> Result<Option<Vec<Reply>>, Miss> {
        if !foreseen.holds() {
            return Ok(None);
        }
        match save::write(connection, foreseen.arguments.take()).await {
            Ok(now) => {
                foreseen.is_written = true;
                self.memory.set_clock(now);
                let decisions = std::mem::take(&mut foreseen.decisions);
                let stored = vec![None; decisions.len()];
                Ok(Some(replies(decisions, stored)))
            }
            Err(Unsaved::Failed(error)) if failure::is_in_doubt(&error) => {
                self.memory.doubt();
                Err(Miss::CommitLost { backend, began: foreseen.loaded.book.now })
            }
            // Not as remembered, or a request or reservation that was made before: look.
            Err(Unsaved::Overtaken(_) | Unsaved::Failed(sqlx::Error::Database(_))) => {
                metrics().retried("memory");
                self.memory.doubt();
                Ok(None)
            }
            Err(unsaved) => Err(unsaved.into()),
        }
    }
}
