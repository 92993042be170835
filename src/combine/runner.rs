//! A runner: takes batches as long as something waits, and answers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use tokio::sync::oneshot;
use tracing::Instrument;

use super::key::LaneKey;
use super::lanes::{Batch, Job};
use super::{House, Unanswered};
use crate::domain::{ProgramId, Request};
use crate::store::{Failure, Reply};
use crate::telemetry::metrics::metrics;

/// Gives the lanes of a batch back when the batch ends, also when it ends by a panic.
struct Working<'h> {
    house: &'h House,
    program: ProgramId,
    keys: Vec<LaneKey>,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.house.lanes().finish(&self.program, std::mem::take(&mut self.keys));
    }
}

impl House {
    /// Runs batches until nothing waits.
    pub(super) async fn run(self: Arc<Self>) {
        loop {
            let (batch, wants_runner) = {
                let mut lanes = self.lanes();
                (lanes.next(&self.limits), lanes.wants_runner(&self.limits))
            };
            if wants_runner {
                self.clone().start_runner();
            }
            let Some(mut batch) = batch else { return };
            let working =
                Working { house: &self, program: batch.program.clone(), keys: batch.take_keys() };
            self.run_batch(batch).await;
            drop(working);
        }
    }

    async fn run_batch(&self, batch: Batch) {
        let Batch { program, jobs, .. } = batch;
        let now = Instant::now();
        let (late, jobs): (Vec<Job>, Vec<Job>) =
            jobs.into_iter().partition(|job| job.is_abandoned(now));
        for job in late {
            // A caller that gave up is not worth a unit.
            let _ = job.answer.send(Err(Unanswered::TooLate));
        }
        if jobs.is_empty() {
            return;
        }
        let requests: usize = jobs.iter().map(|job| job.requests.len()).sum();
        metrics().batch_size.record(requests as u64, &[]);
        for job in &jobs {
            metrics().lane_wait.record((now - job.joined).as_secs_f64(), &[]);
        }
        let span = tracing::info_span!(
            target: "backstock::combine",
            parent: None,
            "batch",
            requests,
            program = %program,
        );
        for job in &jobs {
            span.follows_from(&job.call);
        }
        self.answer(&program, jobs).instrument(span).await;
    }

    /// Runs jobs as one transaction; where that fails for a reason that may be one member's, each
    /// request by itself.
    async fn answer(&self, program: &ProgramId, jobs: Vec<Job>) {
        let (requests, waiters) = part(jobs);
        match self.transact(program, &requests).await {
            // By a task of its own, so that the lanes' next batch need not wait for it.
            Ok(replies) => drop(self.runners.spawn(async move { deliver(waiters, replies) })),
            Err(Failure::Incident(_)) if requests.len() > 1 => {
                let mut replies = Vec::with_capacity(requests.len());
                for request in &requests {
                    let alone = self.transact(program, std::slice::from_ref(request)).await;
                    let reply = alone.map(|mut replies| replies.pop());
                    replies.push(match reply {
                        Ok(Some(reply)) => reply,
                        Ok(None) => Reply::Failed(Failure::OutcomeUnknown),
                        Err(failure) => Reply::Failed(failure),
                    });
                }
                deliver(waiters, replies);
            }
            Err(failure) => {
                for waiter in waiters {
                    let _ = waiter.answer.send(Err(Unanswered::Failed(failure.clone())));
                }
            }
        }
    }

    /// Runs requests as one transaction. A panic is a failure like any other: a request that brings
    /// it about must not take its mates down.
    async fn transact(
        &self,
        program: &ProgramId,
        requests: &[Request],
    ) -> Result<Vec<Reply>, Failure> {
        let run = AssertUnwindSafe(self.store.transact(program, requests));
        run.catch_unwind().await.unwrap_or_else(|_| {
            let incident = uuid::Uuid::new_v4();
            tracing::error!(%incident, "a batch panicked");
            Err(Failure::Incident(incident))
        })
    }
}

impl Job {
    /// Whether its caller went away or ran out of time.
    fn is_abandoned(&self, now: Instant) -> bool {
        self.answer.is_closed() || self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

/// Who waits for the answers to so many requests.
struct Waiter {
    requests: usize,
    /// Kept until the answer: a link to a span that is gone would be lost.
    _call: tracing::Span,
    answer: oneshot::Sender<Result<Vec<Reply>, Unanswered>>,
}

/// The requests of jobs, one after the other, and who waits for their answers.
fn part(jobs: Vec<Job>) -> (Vec<Request>, Vec<Waiter>) {
    let mut requests = Vec::with_capacity(jobs.len());
    let mut waiters = Vec::with_capacity(jobs.len());
    for job in jobs {
        let requests_of_job = job.requests.len();
        waiters.push(Waiter { requests: requests_of_job, _call: job.call, answer: job.answer });
        requests.extend(job.requests);
    }
    (requests, waiters)
}

fn deliver(waiters: Vec<Waiter>, replies: Vec<Reply>) {
    let mut replies = replies.into_iter();
    for waiter in waiters {
        let own: Vec<Reply> = replies.by_ref().take(waiter.requests).collect();
        // A caller that went away has its answer stored under its request id.
        let _ = waiter.answer.send(Ok(own));
    }
}
