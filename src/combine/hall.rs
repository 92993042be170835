//! What waits for one programme, by lane.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::Notify;

use super::Limits;
use super::calls::{Calls, Job};
use super::key::LaneKey;
use super::lane::{Lane, Taken, Work};

/// The lanes of one programme.
#[derive(Debug, Default)]
pub(super) struct Hall {
    /// A lane that is being worked on stays, even when it is empty.
    lanes: HashMap<LaneKey, Lane>,
    /// Lanes that wait for a runner, oldest first.
    ready: VecDeque<LaneKey>,
}

impl Hall {
    /// Whether a lane waits for a runner.
    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether nothing waits and nothing is being worked on.
    pub(super) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Puts a job into its lane.
    pub(super) fn push(&mut self, key: LaneKey, job: Job, limits: &Limits) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.push(job, limits);
        } else {
            self.lanes.entry(key.clone()).or_default().push(job, limits);
            self.ready.push_back(key);
        }
    }

    /// Takes a batch, lane by lane in the order in which they became ready; a crowded lane by
    /// itself.
    pub(super) fn take(&mut self, limits: &Limits, runner: &Arc<Notify>) -> Taken {
        let mut taken = Taken::default();
        while let Some(key) = self.ready.pop_front() {
            let lane = self.lanes.entry(key.clone()).or_default();
            let is_crowd = lane.is_crowd();
            if is_crowd && !taken.keys.is_empty() {
                self.ready.push_front(key);
                break;
            }
            let (took, is_full) = lane.take(&mut taken, limits.batch_max);
            if took {
                taken.keys.push(key);
            } else {
                self.ready.push_front(key);
            }
            if is_full || is_crowd {
                break;
            }
        }
        let requests = taken.calls.requests.len();
        for key in &taken.keys {
            if let Some(lane) = self.lanes.get_mut(key) {
                lane.work = Some(Work { runner: runner.clone(), requests });
            }
        }
        taken
    }

    /// Takes what waits in one of these lanes, which are being worked on, if it is much.
    pub(super) fn take_ahead(&mut self, keys: &[LaneKey], limits: &Limits) -> Option<Taken> {
        let may_go =
            |key: &&LaneKey| self.lanes.get(key).is_some_and(|lane| lane.may_go_ahead(limits));
        let key = keys.iter().find(may_go)?;
        let lane = self.lanes.get_mut(key)?;
        let mut taken = Taken { keys: vec![key.clone()], ..Taken::default() };
        lane.take(&mut taken, limits.batch_max);
        Some(taken)
    }

    /// Puts what was taken ahead back as the next batch of its lane, which is being worked on.
    pub(super) fn put_ahead(&mut self, key: &LaneKey, calls: Calls) {
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.ahead = Some(calls);
        }
    }

    /// Lanes are no longer worked on: they are ready again if something waits in them, and gone if
    /// not.
    pub(super) fn finish(&mut self, keys: Vec<LaneKey>) {
        for key in keys {
            let Some(lane) = self.lanes.get_mut(&key) else { continue };
            if lane.is_empty() {
                self.lanes.remove(&key);
            } else {
                lane.work = None;
                self.ready.push_back(key);
            }
        }
    }
}
