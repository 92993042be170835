//! Measures calls: how long each took, and whether a repeated one was answered alike.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What all connections measure together.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Measured>);

/// What was measured so far.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// How long each call took, in microseconds, by rpc, in the order they ended.
    pub micros: BTreeMap<&'static str, Vec<u64>>,
    /// Requests sent a second time on purpose.
    pub repeated: u64,
    /// Of those, answered alike.
    pub alike: u64,
    /// Calls that were sent again because the server said BUSY or OUTCOME_UNKNOWN.
    pub asked_again: u64,
    /// The requests that got two different answers, with both.
    pub unlike: Vec<String>,
}

impl Meter {
    /// Notes one call.
    pub fn took(&self, rpc: &'static str, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.lock().micros.entry(rpc).or_default().push(micros);
    }

    /// Notes a request that was sent twice, and its two answers.
    pub fn repeated<A: PartialEq + std::fmt::Debug>(&self, request: &str, first: &A, second: &A) {
        let mut measured = self.lock();
        measured.repeated += 1;
        if first == second {
            measured.alike += 1;
        } else {
            measured.unlike.push(format!("{request}: first {first:?}, then {second:?}"));
        }
    }

    /// Notes a call that has to be sent again.
    pub fn asked_again(&self) {
        self.lock().asked_again += 1;
    }

    /// What was measured so far.
    pub fn measured(&self) -> Measured {
        self.lock().clone()
    }

    /// Forgets the times, so that figures start here.
    pub fn restart(&self) {
        self.lock().micros.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Measured> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The value that `percent` of the sorted values do not pass; none where there are no values.
#[must_use]
pub fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 50), Some(50));
        assert_eq!(percentile(&hundred, 99), Some(99));
        assert_eq!(percentile(&[7], 99), Some(7));
        assert_eq!(percentile(&[1, 2, 3], 50), Some(2));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn different_answers_are_kept_with_their_request() {
        let meter = Meter::default();
        meter.repeated("reserve-1", &1, &1);
        meter.repeated("reserve-2", &1, &2);
        let measured = meter.measured();
        assert_eq!((measured.repeated, measured.alike), (2, 1));
        assert_eq!(measured.unlike, ["reserve-2: first 1, then 2"]);
    }
}
