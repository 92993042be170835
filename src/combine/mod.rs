//! Lanes: what waited becomes the next batch.
//!
//! Each request joins the lane of its first SKU (an order of several, that for several; one that
//! names no SKU, that of its reservation). A lane is being worked on by at most one runner at a
//! time; runners take what waits in several lanes of one programme, oldest lane first, up to a
//! limit, and run it as one transaction. A lane in which many wait is a transaction by itself, so
//! that others need not wait for it. While a batch is being written its runner decides what has
//! gathered in the same lane, if that is much: the next batch is ready when this one is. There is
//! no timer: an idle lane runs at once, a busy one gathers. A lane exists only while something
//! waits in it.
//!
//! Without this room every answer would still be right: it is only speed. It promises that each
//! request is answered once, in the order of its lane, whatever happens to the caller or to its
//! batch; and that no database future belongs to a caller's future.

mod calls;
mod hall;
mod key;
mod lane;
mod lanes;
mod runner;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

use crate::domain::{ProgramId, Request};
use crate::store::{Failure, Reply, Store};
use calls::Job;
use key::LaneKey;
use lanes::Lanes;

/// How requests are gathered.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most requests in one transaction; 1 = each has its own.
    pub batch_max: usize,
    /// Most transactions at once.
    pub runners_max: usize,
    /// Most requests that wait; more are told to come again.
    pub waiting_max: usize,
}

/// Why a call was not answered.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unanswered {
    /// Too many requests wait.
    #[error("too many requests are waiting")]
    Busy,
    /// The service is shutting down.
    #[error("the service is shutting down")]
    Closing,
    /// The caller's deadline passed before the request was taken up; nothing was done.
    #[error("the deadline passed before the request was taken up")]
    TooLate,
    /// The store could not answer.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Gathers requests into batches. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Combiner {
    house: Arc<House>,
}

#[derive(Debug)]
struct House {
    store: Store,
    limits: Limits,
    lanes: Mutex<Lanes>,
    runners: TaskTracker,
}

impl Combiner {
    /// A combiner in front of a store.
    #[must_use]
    pub fn new(store: Store, limits: Limits) -> Self {
        let lanes = Mutex::new(Lanes::default());
        let house = House { store, limits, lanes, runners: TaskTracker::new() };
        Self { house: Arc::new(house) }
    }

    /// Runs the requests of one call, in order and in one transaction, and answers each.
    ///
    /// A caller that stops waiting loses its answer, not the work: a request that was taken up is
    /// done.
    ///
    /// # Errors
    ///
    /// Nothing was done ([`Unanswered::Busy`], [`Unanswered::Closing`], [`Unanswered::TooLate`]),
    /// or the store says what is known.
    pub async fn submit(
        &self,
        program: ProgramId,
        requests: Vec<Request>,
        deadline: Option<Instant>,
    ) -> Result<Vec<Reply>, Unanswered> {
        let (answer, answered) = oneshot::channel();
        let key = LaneKey::of(&requests);
        let job = Job {
            requests,
            deadline,
            joined: Instant::now(),
            call: tracing::Span::current(),
            answer,
        };
        self.house.clone().join(program, key, job)?;
        // The sender is dropped unanswered only when its runner panicked or went down with the
        // runtime, and then nobody knows how far it came.
        answered.await.unwrap_or(Err(Unanswered::Failed(Failure::OutcomeUnknown)))
    }

    /// Takes no more requests, and waits until those that were taken are answered.
    pub async fn drain(&self) {
        self.house.lanes().close();
        self.house.runners.close();
        self.house.runners.wait().await;
    }
}

impl House {
    /// The lanes. Nothing is awaited and nothing can panic while they are held.
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job into its lane, and starts a runner if one may.
    fn join(self: Arc<Self>, program: ProgramId, key: LaneKey, job: Job) -> Result<(), Unanswered> {
        let wants_runner = self.lanes().push(program, key, job, &self.limits)?;
        if wants_runner {
            self.start_runner();
        }
        Ok(())
    }

    fn start_runner(self: Arc<Self>) {
        let runners = self.runners.clone();
        runners.spawn(async move { self.run().await });
    }
}
