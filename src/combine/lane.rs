//! What waits in one lane.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;

use super::Limits;
use super::calls::{Calls, Job};
use super::key::LaneKey;

/// So many jobs of one lane are a batch of their own: together they pay for a transaction, and
/// other lanes would wait for all of them.
pub(super) const CROWD: usize = 8;
/// So many requests at least are taken while the batch before is still being written, and as many
/// as it has itself: with fewer, each would have more of what a transaction costs than is won.
const AHEAD: usize = 64;

/// What waits in one lane.
#[derive(Debug, Default)]
pub(super) struct Lane {
    jobs: VecDeque<Job>,
    requests: usize,
    /// The lane's next batch, if it was taken ahead.
    pub ahead: Option<Calls>,
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

/// A batch, how many requests that waited were taken for it, and the lanes that wait for it to end.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub calls: Calls,
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

    /// Whether nothing waits in it.
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.ahead.is_none()
    }

    /// Whether so many wait that they are worth a batch, while one is under way.
    pub(super) fn may_go_ahead(&self, limits: &Limits) -> bool {
        let under_way = self.work.as_ref().map_or(0, |work| work.requests);
        let enough = AHEAD.max(under_way).min(limits.batch_max);
        self.ahead.is_none() && self.requests >= enough
    }

    /// Whether it is a batch by itself.
    pub(super) fn is_crowd(&self) -> bool {
        self.ahead.is_some() || self.jobs.len() >= CROWD
    }

    /// Moves what was taken ahead, or else jobs, into a batch. A solitary job, like what was taken
    /// ahead, goes only into an empty batch and fills it. Says whether any was taken, and whether
    /// the batch is full.
    pub(super) fn take(&mut self, taken: &mut Taken, batch_max: usize) -> (bool, bool) {
        if let Some(ahead) = self.ahead.take() {
            taken.calls = ahead;
            return (true, true);
        }
        let mut took = false;
        while let Some(job) = self.jobs.front() {
            let is_solitary = job.requests.iter().any(|request| request.command.is_solitary());
            let requests = taken.requests + job.requests.len();
            let fits = taken.requests == 0 || (requests <= batch_max && !is_solitary);
            if !fits {
                return (took, true);
            }
            self.requests -= job.requests.len();
            taken.requests = requests;
            self.jobs.pop_front().into_iter().for_each(|job| taken.calls.push(job));
            took = true;
            if is_solitary || requests >= batch_max {
                return (took, true);
            }
        }
        (took, false)
    }
}
