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

impl Working<'_> {
    /// Gives back all other lanes.
    fn keep_only(&mut self, lanes: Vec<LaneKey>) {
        let mut others = std::mem::replace(&mut self.keys, lanes);
        others.retain(|key| !self.keys.contains(key));
        self.house.lanes().finish(&self.program, others);
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.house.lanes().finish(&self.program, std::mem::take(&mut self.keys));
    }
}

/// What was taken ahead, from lanes of the batch that was being written then.
struct Ahead {
    lanes: Vec<LaneKey>,
    calls: Calls,
    foreseen: Option<Foreseen>,
}

impl House {
    /// Runs batches until nothing waits.
    pub(super) async fn run(self: Arc<Self>) {
        let runner = Arc::default();
        loop {
            let next = self.lanes().next(&self.limits, &runner);
            self.start_wanted();
            let Some((program, Taken { jobs, keys, .. })) = next else { return };
            let mut working = Working { house: &self, program, keys };
            let (mut calls, mut foreseen) = (Calls::of(jobs), None);
            while let Some(ahead) = self.run_batch(&working, calls, foreseen, &runner).await {
                working.keep_only(ahead.lanes);
                self.serve_others(&runner).await;
                (calls, foreseen) = (ahead.calls, ahead.foreseen);
            }
        }
    }

    /// Starts another runner, if one may start for what waits.
    fn start_wanted(self: &Arc<Self>) {
        if self.lanes().wants_runner(&self.limits) {
            self.clone().start_runner();
        }
    }

    /// Runs a batch of those lanes that became ready meanwhile: they have their turn before what
    /// was taken ahead.
    async fn serve_others(self: &Arc<Self>, runner: &Arc<Notify>) {
        let next = {
            let mut lanes = self.lanes();
            if lanes.is_ready() { lanes.next(&self.limits, runner) } else { None }
        };
        self.start_wanted();
        let Some((program, Taken { jobs, keys, .. })) = next else { return };
        let working = Working { house: self, program, keys };
        let mut calls = Calls::of(jobs);
        calls.dismiss_late();
        if calls.requests.is_empty() {
            return;
        }
        let foreseen = self.foresee(&working.program, &calls.requests);
        let span = calls.span(&working.program);
        self.answer(&working.program, calls, foreseen).instrument(span).await;
    }

    /// Runs a batch, and prepares what may be taken ahead meanwhile.
    async fn run_batch(
        &self,
        working: &Working<'_>,
        mut calls: Calls,
        foreseen: Option<Foreseen>,
        runner: &Notify,
    ) -> Option<Ahead> {
        let program = &working.program;
        let foreseen = match foreseen.filter(Foreseen::holds) {
            Some(foreseen) => foreseen.into(),
            None => {
                calls.dismiss_late();
                self.foresee(program, &calls.requests)
            }
        };
        if calls.requests.is_empty() {
            return None;
        }
        let span = calls.span(program);
        if foreseen.is_none() {
            self.answer(program, calls, None).instrument(span).await;
            return None;
        }
        let mut writing = std::pin::pin!(self.answer(program, calls, foreseen).instrument(span));
        let mut ahead = None;
        runner.notify_one();
        loop {
            tokio::select! {
                biased;
                () = &mut writing => return ahead,
                () = runner.notified(), if ahead.is_none() => ahead = self.take_ahead(working),
            }
        }
    }

    fn take_ahead(&self, working: &Working<'_>) -> Option<Ahead> {
        let taken = self.lanes().ahead(&working.program, &working.keys, &self.limits)?;
        let mut calls = Calls::of(taken.jobs);
        calls.dismiss_late();
        let foreseen = self.foresee(&working.program, &calls.requests);
        Some(Ahead { lanes: taken.keys, calls, foreseen })
    }

    /// What requests come to, if all is as remembered. A panic is met again when they are run.
    fn foresee(&self, program: &ProgramId, requests: &[Request]) -> Option<Foreseen> {
        let foresee = AssertUnwindSafe(|| self.store.foresee(program, requests));
        std::panic::catch_unwind(foresee).ok().flatten()
    }

    /// Runs calls as one transaction; where that fails for a reason that may be one member's, each
    /// request by itself.
    async fn answer(&self, program: &ProgramId, calls: Calls, foreseen: Option<Foreseen>) {
        let Calls { requests, waiters } = calls;
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
