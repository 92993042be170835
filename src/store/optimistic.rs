//! A batch without a row lock of its own: read, decide, write in one statement that commits by
//! itself. The write takes the items' row locks and does nothing unless each is as it was read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::attempt::{Miss, is_clean, replies};
use super::failure;
use super::foresee::Foreseen;
use super::load::{Loaded, look};
use super::save::Unsaved;
use super::sessions::Session;
use super::{Body, Reply, Store};
use crate::domain::{Command, Decision, Item, Prior, ProgramId, Request, decide};
use crate::telemetry::metrics::metrics;

/// How long batches lock first after one was overtaken: others write the same items.
const WARY: Duration = Duration::from_secs(1);

/// Whether others have lately written what a batch had read.
#[derive(Clone, Debug)]
pub(super) struct Calm {
    start: Instant,
    /// Milliseconds from the start.
    wary_until: Arc<AtomicU64>,
}

impl Default for Calm {
    fn default() -> Self {
        Self { start: Instant::now(), wary_until: Arc::default() }
    }
}

impl Calm {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn is_calm(&self) -> bool {
        self.now() >= self.wary_until.load(Ordering::Relaxed)
    }

    pub(super) fn disturb(&self) {
        let wary = u64::try_from(WARY.as_millis()).unwrap_or(u64::MAX);
        self.wary_until.store(self.now().saturating_add(wary), Ordering::Relaxed);
    }
}

/// Whether what a batch reads and writes is little.
fn fits(requests: &[Request]) -> bool {
    requests.iter().all(|request| matches!(request.command, Command::Reserve { .. }))
}

/// Whether what was decided may stand although nothing was locked. What changes an item is guarded
/// when it is written. A refusal changes none, so it must rest on what was read at one instant.
fn may_stand(loaded: &Loaded, decisions: &[Decision]) -> bool {
    let is_refusal = |decision: &Decision| matches!(decision, Decision::Fresh(Err(_)));
    let is_plain = |item: &Item| item.plan_version == 0 && item.inbound == 0;
    let at_one_instant = || loaded.book.items.values().all(is_plain);
    loaded.book.changes.is_plain() && (at_one_instant() || !decisions.iter().any(is_refusal))
}

impl Store {
    /// Runs a batch for the first time: as it was foreseen, if it was; or without a lock, where
    /// that goes.
    pub(super) async fn first_attempt(
        &self,
        program: &ProgramId,
        requests: &[Request],
        foreseen: Option<Foreseen>,
    ) -> Result<Vec<Reply>, Miss> {
        let mut session = self.lanes.acquire().await?;
        if let (Some(foreseen), Some(backend)) = (foreseen, session.backend) {
            let outcome = self.write_foreseen(session.connection()?, backend, foreseen).await;
            session.end(is_clean(&outcome));
            if let Some(replies) = outcome? {
                return Ok(replies);
            }
        }
        if fits(requests) && self.calm.is_calm() {
            let outcome = self.unlocked(&mut session, program, requests).await;
            session.end(is_clean(&outcome));
            match outcome {
                Ok(Some(replies)) => return Ok(replies),
                Ok(None) => {}
                Err(Miss::Overtaken(_)) => {
                    metrics().retried("optimistic");
                    self.calm.disturb();
                }
                Err(miss) => return Err(miss),
            }
        }
        self.attempt_on(&mut session, program, requests).await
    }

    /// `None` = nothing was done, and it takes locks.
    async fn unlocked(
        &self,
        session: &mut Session,
        program: &ProgramId,
        requests: &[Request],
    ) -> Result<Option<Vec<Reply>>, Miss> {
        let connection = session.connection()?;
        let Some((backend, mut loaded)) = look(connection, program, requests).await? else {
            return Ok(None);
        };
        let Ok(decisions) = decide(&mut loaded.book, program, requests) else { return Ok(None) };
        if !may_stand(&loaded, &decisions) {
            return Ok(None);
        }
        let stored = self.stored(connection, program, requests, &decisions).await?;
        if !are_there(&decisions, &stored) {
            return Ok(None);
        }
        match self.save_all(connection, program, requests, &loaded, &decisions).await {
            Ok(now) => {
                self.memory.keep(program, &loaded);
                self.memory.set_clock(now);
                session.backend = Some(backend);
                Ok(Some(replies(decisions, stored)))
            }
            Err(Unsaved::Failed(error)) if failure::is_in_doubt(&error) => {
                Err(Miss::CommitLost { backend, began: loaded.book.now })
            }
            Err(unsaved) => Err(unsaved.into()),
        }
    }
}

/// Whether each stored answer was there when it was read. It may have grown old enough to be
/// forgotten since it was found.
fn are_there(decisions: &[Decision], stored: &[Option<Body>]) -> bool {
    let is_stored = |decision: &Decision| matches!(decision, Decision::Again(Prior::Stored));
    decisions.iter().zip(stored).all(|(decision, body)| !is_stored(decision) || body.is_some())
}
