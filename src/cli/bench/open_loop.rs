//! An open loop: calls come when they are due, whether or not earlier ones were answered, as buyers
//! do. Each is timed from the instant it was due, so that a server that stalls is charged for all
//! who had to wait, and not for one call of each caller ("coordinated omission").

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::task::JoinSet;

use super::caller::Caller;
use super::slice::{Measured, Slice, gather};

/// So many callers are enough for a server that stands still for a tenth of a second.
pub const CALLERS: usize = 1_024;

/// What an open loop came to.
#[derive(Debug, Serialize)]
pub struct OpenLoop {
    /// Calls that came in each second.
    pub offered: f64,
    /// What came of them.
    pub slice: Slice,
}

/// When calls are due, for whoever has nothing else to do.
struct Schedule {
    began: Instant,
    /// Calls each second.
    rate: f64,
    calls: u64,
    next: AtomicU64,
}

/// Makes `rate` calls a second for `time`, each by a caller that has nothing else to do. Calls that
/// are due while all of them wait for answers are made later, and charged from when they were due.
pub async fn run(callers: Vec<Caller>, rate: f64, time: Duration) -> OpenLoop {
    let schedule = Arc::new(Schedule::new(rate, time));
    let mut working = JoinSet::new();
    for caller in callers {
        working.spawn(work(caller, schedule.clone()));
    }
    let measured = gather(working).await;
    OpenLoop { offered: rate, slice: measured.slice(schedule.began.elapsed().as_secs_f64(), 1) }
}

/// Makes calls that nobody else makes, when they are due. The runtime's timers are good for whole
/// milliseconds, so those of one are made together, and are charged for it.
async fn work(mut caller: Caller, schedule: Arc<Schedule>) -> Measured {
    let mut measured = Measured::default();
    while let Some(due) = schedule.next() {
        tokio::time::sleep_until(due.into()).await;
        let answer = caller.call().await;
        measured.took(due.elapsed(), answer);
    }
    measured
}

impl Schedule {
    fn new(rate: f64, time: Duration) -> Self {
        let calls = ((rate * time.as_secs_f64()) as u64).max(1);
        Self { began: Instant::now(), rate, calls, next: AtomicU64::new(0) }
    }

    /// When the next call is due that nobody has taken, if there is one.
    fn next(&self) -> Option<Instant> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let due = || self.began + Duration::from_secs_f64(number as f64 / self.rate);
        (number < self.calls).then(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_taken_once_with_the_instant_it_is_due() {
        let schedule = Schedule::new(100_000.0, Duration::from_millis(5));
        let taken: Vec<Instant> = std::iter::from_fn(|| schedule.next()).collect();
        assert_eq!(taken.len(), 500);
        let apart = taken[499] - taken[0];
        assert_eq!(apart.as_micros(), 4_990, "due 10 microseconds apart, however late they go");
    }
}
