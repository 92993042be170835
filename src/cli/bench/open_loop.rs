//! An open loop: calls come when they are due, whether or not earlier ones were answered, as buyers
//! do. Each is timed from the instant it was due, so that a server that stalls is charged for all
//! who had to wait, and not for one call of each caller ("coordinated omission").

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::caller::Caller;
use super::slice::{Measured, Slice, gather};

/// What an open loop came to.
#[derive(Debug, Serialize)]
pub struct OpenLoop {
    /// Calls that came in each second.
    pub offered: f64,
    /// What came of them.
    pub slice: Slice,
}

/// Sends `rate` calls a second for `time`, each by whichever of the callers is next.
pub async fn run(mut callers: Vec<Caller>, rate: f64, time: Duration) -> OpenLoop {
    let (sender, mut due) = mpsc::unbounded_channel();
    // A thread of its own: the runtime's timers are good for whole milliseconds only.
    let pace = std::thread::spawn(move || pace(&sender, rate, time));
    let mut working = JoinSet::new();
    let began = Instant::now();
    let mut next = 0;
    while let Some(instant) = due.recv().await {
        let place = next % callers.len();
        let mut caller = callers[place].twin();
        next += 1;
        working.spawn(async move {
            let answer = caller.call().await;
            let mut measured = Measured::default();
            measured.took(Instant::now().duration_since(instant), answer);
            measured
        });
    }
    let measured = gather(working).await;
    let _ = pace.join();
    OpenLoop { offered: rate, slice: measured.slice(began.elapsed().as_secs_f64(), 1) }
}

/// Sends the instant of each call when it has come.
fn pace(sender: &mpsc::UnboundedSender<Instant>, rate: f64, time: Duration) {
    let began = Instant::now();
    let calls = ((rate * time.as_secs_f64()) as u64).max(1);
    for number in 0..calls {
        let due = began + Duration::from_secs_f64(number as f64 / rate);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if sender.send(due).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_of_the_schedule_is_sent_with_the_instant_it_was_due() {
        let (sender, mut due) = mpsc::unbounded_channel();
        pace(&sender, 100_000.0, Duration::from_millis(5));
        drop(sender);
        let sent: Vec<Instant> = std::iter::from_fn(|| due.try_recv().ok()).collect();
        assert_eq!(sent.len(), 500);
        let apart = sent[499] - sent[0];
        assert_eq!(apart.as_micros(), 4_990, "due 10 microseconds apart, however late they went");
    }
}
