//! Calls that wait, and those of a batch: what they ask, one after the other, and who waits for the
//! answers.

use std::time::Instant;

use tokio::sync::oneshot;

use super::Unanswered;
use crate::domain::{ProgramId, Request};
use crate::store::{Foreseen, Reply};
use crate::telemetry::metrics::metrics;

/// What a call asked for, and where its answer goes.
#[derive(Debug)]
pub(super) struct Job {
    pub requests: Vec<Request>,
    pub deadline: Option<Instant>,
    pub joined: Instant,
    /// The span of the call, which the batch links to.
    pub call: tracing::Span,
    pub answer: oneshot::Sender<Result<Vec<Reply>, Unanswered>>,
}

/// What a batch is made of.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub requests: Vec<Request>,
    pub waiters: Vec<Waiter>,
    /// What they come to, if they were taken ahead.
    pub foreseen: Option<Foreseen>,
}

/// Who waits for the answers to so many requests.
#[derive(Debug)]
pub(super) struct Waiter {
    requests: usize,
    deadline: Option<Instant>,
    joined: Instant,
    /// The span of the call. Kept until the answer: a link to a span that is gone would be lost.
    call: tracing::Span,
    pub answer: oneshot::Sender<Result<Vec<Reply>, Unanswered>>,
}

impl Calls {
    pub(super) fn push(&mut self, job: Job) {
        let Job { requests: own, deadline, joined, call, answer } = job;
        self.waiters.push(Waiter { requests: own.len(), deadline, joined, call, answer });
        self.requests.extend(own);
    }

    /// Dismisses those whose caller went away or ran out of time: it is not worth a unit. Says
    /// whether there were any.
    pub(super) fn dismiss_late(&mut self) -> bool {
        let now = Instant::now();
        if !self.waiters.iter().any(|waiter| waiter.is_late(now)) {
            return false;
        }
        let mut requests = std::mem::take(&mut self.requests).into_iter();
        for waiter in std::mem::take(&mut self.waiters) {
            let own: Vec<Request> = requests.by_ref().take(waiter.requests).collect();
            if waiter.is_late(now) {
                let _ = waiter.answer.send(Err(Unanswered::TooLate));
            } else {
                self.requests.extend(own);
                self.waiters.push(waiter);
            }
        }
        true
    }

    /// The span of the batch, linked to those of its calls.
    pub(super) fn span(&self, program: &ProgramId) -> tracing::Span {
        let (now, requests) = (Instant::now(), self.requests.len());
        metrics().batch_size.record(requests as u64, &[]);
        for waiter in &self.waiters {
            metrics().lane_wait.record((now - waiter.joined).as_secs_f64(), &[]);
        }
        let span = tracing::info_span!(
            target: "backstock::combine",
            parent: None,
            "batch",
            requests,
            program = %program,
        );
        for waiter in &self.waiters {
            span.follows_from(&waiter.call);
        }
        span
    }
}

impl Waiter {
    fn is_late(&self, now: Instant) -> bool {
        self.answer.is_closed() || self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

pub(super) fn deliver(waiters: Vec<Waiter>, replies: Vec<Reply>) {
    let mut replies = replies.into_iter();
    for waiter in waiters {
        let own: Vec<Reply> = replies.by_ref().take(waiter.requests).collect();
        // A caller that went away has its answer stored under its request id.
        let _ = waiter.answer.send(Ok(own));
    }
}
