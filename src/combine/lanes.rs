//! What waits, by programme and lane.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::Notify;

use super::calls::{Calls, Job};
use super::hall::Hall;
use super::key::LaneKey;
use super::lane::Taken;
use super::{Limits, Unanswered};
use crate::domain::ProgramId;

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
        let was_ready = hall.is_ready();
        hall.push(key, job, limits);
        if !was_ready && hall.is_ready() {
            self.ready.push_back(program);
        }
        Ok(self.wants_runner(limits))
    }

    /// The next batch, of one programme: programmes take turns. `None` = nothing waits, and the
    /// runner ends.
    pub(super) fn next(
        &mut self,
        limits: &Limits,
        runner: &Arc<Notify>,
    ) -> Option<(ProgramId, Taken)> {
        let Some(program) = self.ready.pop_front() else {
            self.runners -= 1;
            return None;
        };
        let mut taken = Taken::default();
        if let Some(hall) = self.halls.get_mut(&program) {
            taken = hall.take(limits, runner);
            if hall.is_ready() {
                self.ready.push_back(program.clone());
            }
        }
        self.waiting -= taken.requests;
        Some((program, taken))
    }

    /// What waits in one of these lanes, which their runner is at work on, if it is much.
    pub(super) fn take_ahead(
        &mut self,
        program: &ProgramId,
        keys: &[LaneKey],
        limits: &Limits,
    ) -> Option<Taken> {
        let taken = self.halls.get_mut(program)?.take_ahead(keys, limits)?;
        self.waiting -= taken.requests;
        Some(taken)
    }

    /// Puts what was taken ahead back as the next batch of its lane.
    pub(super) fn put_ahead(&mut self, program: &ProgramId, key: &LaneKey, calls: Calls) {
        if let Some(hall) = self.halls.get_mut(program) {
            hall.put_ahead(key, calls);
        }
    }

    /// Whether one more runner is to start for what waits.
    pub(super) fn wants_runner(&mut self, limits: &Limits) -> bool {
        let starts = self.runners < limits.runners_max && !self.ready.is_empty();
        self.runners += usize::from(starts);
        starts
    }

    /// Lanes are no longer worked on.
    pub(super) fn finish(&mut self, program: &ProgramId, keys: Vec<LaneKey>) {
        let Some(hall) = self.halls.get_mut(program) else { return };
        let was_ready = hall.is_ready();
        hall.finish(keys);
        if hall.is_empty() {
            self.halls.remove(program);
        } else if !was_ready && hall.is_ready() {
            self.ready.push_back(program.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures::FutureExt;
    use tokio::sync::oneshot;

    use super::*;
    use crate::combine::lane::CROWD;
    use crate::domain::{Command, Request, Sku};

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

    fn next(lanes: &mut Lanes, limits: &Limits) -> Option<Taken> {
        lanes.next(limits, &Arc::default()).map(|(_, taken)| taken)
    }

    fn skus(taken: &Taken) -> String {
        let skus = taken.calls.requests.iter().map(|of| of.command.skus()[0].to_string());
        skus.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_lane_is_worked_on_by_one_runner_and_gathers_meanwhile() {
        let mut lanes = Lanes::default();
        assert!(push(&mut lanes, "a").expect("room"));
        let first = next(&mut lanes, &LIMITS).expect("a waits");
        assert_eq!(skus(&first), "a");
        for _ in 0..4 {
            assert!(!push(&mut lanes, "a").expect("room"), "its lane is being worked on");
        }
        assert!(push(&mut lanes, "b").expect("room"), "another lane may start a runner");
        assert_eq!(next(&mut lanes, &LIMITS).map(|taken| skus(&taken)).as_deref(), Some("b"));
        lanes.finish(&ProgramId::stored("p"), first.keys);
        assert_eq!(next(&mut lanes, &LIMITS).map(|taken| skus(&taken)).as_deref(), Some("a a a"));
    }

    #[test]
    fn lanes_take_turns_and_vanish_when_empty() {
        let mut lanes = Lanes::default();
        for sku in ["hot", "hot", "hot", "hot", "cold"] {
            push(&mut lanes, sku).expect("room");
        }
        let first = next(&mut lanes, &LIMITS).expect("hot waits");
        assert_eq!(skus(&first), "hot hot hot");
        let second = next(&mut lanes, &LIMITS).expect("cold waits");
        assert_eq!(skus(&second), "cold", "the rest of hot waits for its own runner");
        let program = ProgramId::stored("p");
        lanes.finish(&program, second.keys);
        lanes.finish(&program, first.keys);
        let last = next(&mut lanes, &LIMITS).expect("hot waits");
        assert_eq!(skus(&last), "hot");
        lanes.finish(&program, last.keys);
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
        let batches =
            [next(&mut lanes, &limits), next(&mut lanes, &limits), next(&mut lanes, &limits)];
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
        assert_eq!(next(&mut lanes, &LIMITS).map(|taken| skus(&taken)).as_deref(), Some("a b c"));
        lanes.runners -= 1;
        assert!(lanes.wants_runner(&LIMITS), "d waits, and one may start");
        assert!(!lanes.wants_runner(&LIMITS), "there are enough");
    }

    #[test]
    fn many_are_taken_ahead_and_have_their_turn_after_those_that_became_ready() {
        let (mut lanes, runner, program) =
            (Lanes::default(), Arc::default(), ProgramId::stored("p"));
        push(&mut lanes, "a").expect("room");
        let (_, first) = lanes.next(&LIMITS, &runner).expect("a waits");
        for _ in 0..2 {
            push(&mut lanes, "a").expect("room");
        }
        assert!(runner.notified().now_or_never().is_none(), "two are not many");
        assert!(lanes.take_ahead(&program, &first.keys, &LIMITS).is_none());
        push(&mut lanes, "a").expect("room");
        runner.notified().now_or_never().expect("three are");
        let ahead = lanes.take_ahead(&program, &first.keys, &LIMITS).expect("three wait");
        assert_eq!((skus(&ahead).as_str(), lanes.waiting), ("a a a", 0));
        lanes.put_ahead(&program, &ahead.keys[0], ahead.calls);
        for _ in 0..3 {
            push(&mut lanes, "a").expect("room");
        }
        let more = lanes.take_ahead(&program, &first.keys, &LIMITS);
        assert!(more.is_none(), "one batch is taken ahead, and no more");
        push(&mut lanes, "b").expect("room");
        lanes.finish(&program, first.keys);
        for expected in ["b", "a a a", "a a a"] {
            let batch = next(&mut lanes, &LIMITS).expect(expected);
            assert_eq!(skus(&batch), expected);
            lanes.finish(&program, batch.keys);
        }
        assert!(lanes.halls.is_empty() && lanes.waiting == 0);
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
