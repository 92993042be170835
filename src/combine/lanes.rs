//! What waits, by programme and lane.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use tokio::sync::oneshot;

use super::key::LaneKey;
use super::{Limits, Unanswered};
use crate::domain::{ProgramId, Request};
use crate::store::Reply;

/// So many jobs of one lane are a batch of their own: together they pay for a transaction, and
/// other lanes would wait for all of them.
const CROWD: usize = 8;

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

/// A batch, and the lanes that wait for it to end.
#[derive(Debug)]
pub(super) struct Batch {
    pub program: ProgramId,
    pub jobs: Vec<Job>,
    keys: Vec<LaneKey>,
}

/// The lanes of one programme.
#[derive(Debug, Default)]
struct Hall {
    /// Jobs by lane. A lane that is being worked on stays, even when it is empty.
    lanes: HashMap<LaneKey, VecDeque<Job>>,
    /// Lanes that wait for a runner, oldest first.
    ready: VecDeque<LaneKey>,
}

/// Everything that waits.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    halls: HashMap<ProgramId, Hall>,
    /// Programmes with ready lanes, oldest first.
    ready: VecDeque<ProgramId>,
    waiting: usize,
    runners: usize,
    is_closed: bool,
}

impl Lanes {
    /// Takes no more jobs.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    /// Puts a job into its lane. `true` = start a runner.
    pub(super) fn push(
        &mut self,
        program: ProgramId,
        key: LaneKey,
        job: Job,
        limits: &Limits,
    ) -> Result<bool, Unanswered> {
        if self.is_closed {
            return Err(Unanswered::Closing);
        }
        if self.waiting >= limits.waiting_max {
            return Err(Unanswered::Busy);
        }
        self.waiting += job.requests.len();
        let hall = self.halls.entry(program.clone()).or_default();
        match hall.lanes.get_mut(&key) {
            Some(lane) => lane.push_back(job),
            None => {
                hall.lanes.insert(key.clone(), VecDeque::from([job]));
                hall.ready.push_back(key);
                if hall.ready.len() == 1 {
                    self.ready.push_back(program);
                }
            }
        }
        Ok(self.wants_runner(limits))
    }

    /// The next batch: jobs of one programme, lane by lane in the order in which the lanes became
    /// ready; a crowded lane by itself. `None` = nothing waits, and the runner ends.
    pub(super) fn next(&mut self, limits: &Limits) -> Option<Batch> {
        let Some(program) = self.ready.pop_front() else {
            self.runners -= 1;
            return None;
        };
        let mut batch = Batch { program: program.clone(), jobs: Vec::new(), keys: Vec::new() };
        let mut size = 0;
        if let Some(hall) = self.halls.get_mut(&program) {
            while let Some(key) = hall.ready.pop_front() {
                let lane = hall.lanes.entry(key.clone()).or_default();
                let is_crowd = lane.len() >= CROWD;
                if is_crowd && !batch.jobs.is_empty() {
                    hall.ready.push_front(key);
                    break;
                }
                let (took, is_full) = take(lane, &mut batch.jobs, &mut size, limits.batch_max);
                if took {
                    batch.keys.push(key);
                } else {
                    hall.ready.push_front(key);
                }
                if is_full || is_crowd {
                    break;
                }
            }
            if !hall.ready.is_empty() {
                self.ready.push_back(program);
            }
        }
        self.waiting -= size;
        Some(batch)
    }

    /// Whether one more runner is to start for what waits.
    pub(super) fn wants_runner(&mut self, limits: &Limits) -> bool {
        let starts = self.runners < limits.runners_max && !self.ready.is_empty();
        self.runners += usize::from(starts);
        starts
    }

    /// The batch ended: its lanes are ready again if something waits in them, and gone if not.
    pub(super) fn finish(&mut self, program: &ProgramId, keys: Vec<LaneKey>) {
        let Some(hall) = self.halls.get_mut(program) else { return };
        let was_ready = !hall.ready.is_empty();
        for key in keys {
            if hall.lanes.get(&key).is_some_and(VecDeque::is_empty) {
                hall.lanes.remove(&key);
            } else {
                hall.ready.push_back(key);
            }
        }
        if hall.lanes.is_empty() {
            self.halls.remove(program);
        } else if !was_ready && !hall.ready.is_empty() {
            self.ready.push_back(program.clone());
        }
    }
}

impl Batch {
    /// Its lanes.
    pub(super) fn take_keys(&mut self) -> Vec<LaneKey> {
        std::mem::take(&mut self.keys)
    }
}

/// Moves jobs from a lane into a batch. A solitary job goes only into an empty batch and fills it.
/// Says whether any was taken, and whether the batch is full.
fn take(
    lane: &mut VecDeque<Job>,
    jobs: &mut Vec<Job>,
    size: &mut usize,
    batch_max: usize,
) -> (bool, bool) {
    let mut took = false;
    while let Some(job) = lane.front() {
        let is_solitary = job.requests.iter().any(|request| request.command.is_solitary());
        let fits = jobs.is_empty() || (*size + job.requests.len() <= batch_max && !is_solitary);
        if !fits {
            return (took, true);
        }
        *size += job.requests.len();
        took = true;
        jobs.extend(lane.pop_front());
        if is_solitary || *size >= batch_max {
            return (took, true);
        }
    }
    (took, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Command, Sku};

    const LIMITS: Limits = Limits { batch_max: 3, runners_max: 2, waiting_max: 8 };

    fn job(sku: &str) -> (LaneKey, Job) {
        let command = Command::Tend { sku: Sku::stored(sku) };
        let requests = vec![Request { id: None, hash: [0; 32], command }];
        let (answer, _) = oneshot::channel();
        let (joined, call) = (Instant::now(), tracing::Span::none());
        (LaneKey::of(&requests), Job { requests, deadline: None, joined, call, answer })
    }

    fn push(lanes: &mut Lanes, sku: &str) -> Result<bool, Unanswered> {
        let (key, job) = job(sku);
        lanes.push(ProgramId::stored("p"), key, job, &LIMITS)
    }

    fn skus(batch: &Batch) -> String {
        let skus = batch.jobs.iter().map(|job| job.requests[0].command.skus()[0].to_string());
        skus.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_lane_is_worked_on_by_one_runner_and_gathers_meanwhile() {
        let mut lanes = Lanes::default();
        assert!(push(&mut lanes, "a").expect("room"));
        let mut first = lanes.next(&LIMITS).expect("a waits");
        assert_eq!(skus(&first), "a");
        for _ in 0..4 {
            assert!(!push(&mut lanes, "a").expect("room"), "its lane is being worked on");
        }
        assert!(push(&mut lanes, "b").expect("room"), "another lane may start a runner");
        assert_eq!(lanes.next(&LIMITS).map(|batch| skus(&batch)).as_deref(), Some("b"));
        lanes.finish(&ProgramId::stored("p"), first.take_keys());
        assert_eq!(lanes.next(&LIMITS).map(|batch| skus(&batch)).as_deref(), Some("a a a"));
    }

    #[test]
    fn lanes_take_turns_and_vanish_when_empty() {
        let mut lanes = Lanes::default();
        for sku in ["hot", "hot", "hot", "hot", "cold"] {
            push(&mut lanes, sku).expect("room");
        }
        let mut first = lanes.next(&LIMITS).expect("hot waits");
        assert_eq!(skus(&first), "hot hot hot");
        let mut second = lanes.next(&LIMITS).expect("cold waits");
        assert_eq!(skus(&second), "cold", "the rest of hot waits for its own runner");
        let program = ProgramId::stored("p");
        lanes.finish(&program, second.take_keys());
        lanes.finish(&program, first.take_keys());
        let mut last = lanes.next(&LIMITS).expect("hot waits");
        assert_eq!(skus(&last), "hot");
        lanes.finish(&program, last.take_keys());
        assert!(lanes.halls.is_empty() && lanes.waiting == 0 && lanes.ready.is_empty());
    }

    #[test]
    fn a_crowd_goes_by_itself_and_nobody_waits_for_it() {
        let limits = Limits { batch_max: 64, runners_max: 2, waiting_max: 64 };
        let mut lanes = Lanes::default();
        let join = |lanes: &mut Lanes, sku: &str| {
            let (key, job) = job(sku);
            lanes.push(ProgramId::stored("p"), key, job, &limits).expect("room")
        };
        assert!(join(&mut lanes, "cold"), "the first runner");
        join(&mut lanes, "cool");
        for _ in 0..CROWD {
            join(&mut lanes, "hot");
        }
        join(&mut lanes, "late");
        let batches = [lanes.next(&limits), lanes.next(&limits), lanes.next(&limits)];
        let batches: Vec<String> = batches.iter().flatten().map(skus).collect();
        assert_eq!(batches, ["cold cool", &["hot"; CROWD].join(" "), "late"]);
    }

    #[test]
    fn what_a_batch_leaves_behind_gets_a_runner() {
        let mut lanes = Lanes::default();
        for sku in ["a", "b", "c", "d"] {
            push(&mut lanes, sku).expect("room");
        }
        assert_eq!(lanes.runners, 2, "the second came with b");
        assert_eq!(lanes.next(&LIMITS).map(|batch| skus(&batch)).as_deref(), Some("a b c"));
        lanes.runners -= 1;
        assert!(lanes.wants_runner(&LIMITS), "d waits, and one may start");
        assert!(!lanes.wants_runner(&LIMITS), "there are enough");
    }

    #[test]
    fn too_many_are_told_to_come_again() {
        let mut lanes = Lanes::default();
        for _ in 0..8 {
            push(&mut lanes, "a").expect("room");
        }
        assert!(matches!(push(&mut lanes, "a"), Err(Unanswered::Busy)));
        lanes.close();
        assert!(matches!(push(&mut lanes, "a"), Err(Unanswered::Closing)));
    }
}
