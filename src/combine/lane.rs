//! What waits in one lane.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Notify, oneshot};

use super::key::LaneKey;
use super::{Limits, Unanswered};
use crate::domain::Request;
use crate::store::Reply;

/// So many jobs of one lane are a batch of their own: together they pay for a transaction, and
/// other lanes would wait for all of them.
pub(super) const CROWD: usize = 8;
/// So many requests at least are taken while the batch before is still being written, and as many
/// as it has itself: with fewer, each would have more of what a transaction costs than is won.
const AHEAD: usize = 64;

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

/// What waits in one lane.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub jobs: VecDeque<Job>,
    requests: usize,
    /// The batch that it is being worked on in.
    pub work: Option<Work>,
}

/// A batch under way.
#[derive(Clone, Debug)]
pub(super) struct Work {
    /// Who works on it, to be told when enough wait to be taken ahead.
    pub runner: Arc<Notify>,
    /// How many requests it has.
    pub requests: usize,
}

/// What was taken: jobs, their requests, and the lanes that wait for them to be done.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub jobs: Vec<Job>,
    pub requests: usize,
    pub keys: Vec<LaneKey>,
}

impl Lane {
    pub(super) fn push(&mut self, job: Job, limits: &Limits) {
        self.requests += job.requests.len();
        self.jobs.push_back(job);
        if let Some(work) = self.work.as_ref().filter(|_| self.may_go_ahead(limits)) {
            work.runner.notify_one();
        }
    }

    /// Whether so many wait that they are worth a batch, while one is under way.
    pub(super) fn may_go_ahead(&self, limits: &Limits) -> bool {
        let under_way = self.work.as_ref().map_or(0, |work| work.requests);
        self.requests >= AHEAD.max(under_way).min(limits.batch_max)
    }

    /// Whether it is a batch by itself.
    pub(super) fn is_crowd(&self) -> bool {
        self.jobs.len() >= CROWD
    }

    /// Moves jobs into a batch. A solitary job goes only into an empty batch and fills it. Says
    /// whether any was taken, and whether the batch is full.
    pub(super) fn take(&mut self, taken: &mut Taken, batch_max: usize) -> (bool, bool) {
        let mut took = false;
        while let Some(job) = self.jobs.front() {
            let is_solitary = job.requests.iter().any(|request| request.command.is_solitary());
            let requests = taken.requests + job.requests.len();
            let fits = taken.jobs.is_empty() || (requests <= batch_max && !is_solitary);
            if !fits {
                return (took, true);
            }
            self.requests -= job.requests.len();
            taken.requests = requests;
            taken.jobs.extend(self.jobs.pop_front());
            took = true;
            if is_solitary || requests >= batch_max {
                return (took, true);
            }
        }
        (took, false)
    }
}
