//! A runner: takes batches as long as something waits, and answers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use tokio::sync::Notify;
use tracing::Instrument;

use super::calls::{Calls, deliver};
use super::key::LaneKey;
use super::lane::Taken;
use super::{House, Unanswered};
use crate::domain::{ProgramId, Request};
use crate::store::{Failure, Foreseen, Reply};

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
        let runner = Arc::default();
        loop {
            let next = self.lanes().next(&self.limits, &runner);
            self.start_wanted();
            let Some((program, Taken { calls, keys, .. })) = next else { return };
            let working = Working { house: &self, program, keys };
            self.run_batch(&working, calls, &runner).await;
        }
    }

    /// Starts another runner, if one may start for what waits.
    fn start_wanted(self: &Arc<Self>) {
        if self.lanes().wants_runner(&self.limits) {
            self.clone().start_runner();
        }
    }

    /// Runs a batch; while one that was foreseen is being written, the next is taken ahead.
    async fn run_batch(&self, working: &Working<'_>, mut calls: Calls, runner: &Notify) {
        let program = &working.program;
        let is_whole = !calls.dismiss_late();
        if calls.requests.is_empty() {
            return;
        }
        let foreseen = calls.foreseen.take().filter(|foreseen| is_whole && foreseen.holds());
        calls.foreseen = foreseen.or_else(|| self.foresee(program, &calls.requests));
        let (span, is_foreseen) = (calls.span(program), calls.foreseen.is_some());
        let mut writing = std::pin::pin!(self.answer(program, calls).instrument(span));
        runner.notify_one();
        loop {
            tokio::select! {
                biased;
                () = &mut writing => return,
                () = runner.notified(), if is_foreseen => self.look_ahead(working),
            }
        }
    }

    /// Prepares the next batch of a lane that is being worked on, if enough wait there.
    fn look_ahead(&self, working: &Working<'_>) {
        let (program, keys) = (&working.program, &working.keys);
        let taken = self.lanes().take_ahead(program, keys, &self.limits);
        let Some(Taken { mut calls, keys, .. }) = taken else { return };
        calls.dismiss_late();
        if let (Some(key), false) = (keys.first(), calls.requests.is_empty()) {
            calls.foreseen = self.foresee(program, &calls.requests);
            self.lanes().put_ahead(program, key, calls);
        }
    }

    /// What requests come to, if all is as remembered. A panic is met again when they are run.
    fn foresee(&self, program: &ProgramId, requests: &[Request]) -> Option<Foreseen> {
        let foresee = AssertUnwindSafe(|| self.store.foresee(program, requests));
        std::panic::catch_unwind(foresee).ok().flatten()
    }

    /// Runs calls as one transaction; where that fails for a reason that may be one member's, each
    /// request by itself.
    async fn answer(&self, program: &ProgramId, calls: Calls) {
        let Calls { requests, waiters, foreseen } = calls;
        match self.transact(program, &requests, foreseen).await {
            // By a task of its own, so that the lanes' next batch need not wait for it.
            Ok(replies) => drop(self.runners.spawn(async move { deliver(waiters, replies) })),
            Err(Failure::Incident(_)) if requests.len() > 1 => {
                let mut replies = Vec::with_capacity(requests.len());
                for request in &requests {
                    let alone = self.transact(program, std::slice::from_ref(request), None).await;
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
        foreseen: Option<Foreseen>,
    ) -> Result<Vec<Reply>, Failure> {
        let run = AssertUnwindSafe(self.store.transact(program, requests, foreseen));
        run.catch_unwind().await.unwrap_or_else(|_| {
            let incident = uuid::Uuid::new_v4();
            tracing::error!(%incident, "a batch panicked");
            Err(Failure::Incident(incident))
        })
    }
}
