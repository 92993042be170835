//! An open loop: calls come when they are due, whether or not earlier ones were answered, as buyers
//! do. Each is timed from the instant it was due, so that a server that stalls is charged for all
//! who had to wait, and not for one call of each caller ("coordinated omission").

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::caller::Caller;
use super::slice::{Measured, Slice, gather};

/// So many callers are enough for a server that stands still for a tenth of a second.
pub const CALLERS: usize = 1_024;
/// The pace is kept in steps of this.
const STEP: Duration = Duration::from_millis(1);

/// What an open loop came to.
#[derive(Debug, Serialize)]
pub struct OpenLoop {
    /// Calls that came in each second.
    pub offered: f64,
    /// What came of them.
    pub slice: Slice,
}

/// Makes `rate` calls a second for `time`, each by a caller that has nothing else to do. Calls that
/// are due while all of them wait for answers are made later, and charged from when they were due.
pub async fn run(callers: Vec<Caller>, rate: f64, time: Duration) -> OpenLoop {
    let (sender, due) = mpsc::unbounded_channel();
    // A thread of its own: the runtime's timers are no finer than what a call takes.
    let pace = std::thread::spawn(move || pace(&sender, rate, time));
    let (mut working, due) = (JoinSet::new(), Arc::new(Mutex::new(due)));
    let began = Instant::now();
    for caller in callers {
        working.spawn(work(caller, due.clone()));
    }
    let measured = gather(working).await;
    let _ = pace.join();
    OpenLoop { offered: rate, slice: measured.slice(began.elapsed().as_secs_f64(), 1) }
}

/// Makes calls that are due and that nobody else makes, until there will be no more.
async fn work(mut caller: Caller, due: Arc<Mutex<mpsc::UnboundedReceiver<Instant>>>) -> Measured {
    let mut measured = Measured::default();
    loop {
        let next = due.lock().await.recv().await;
        let Some(instant) = next else { return measured };
        let answer = caller.call().await;
        measured.took(Instant::now().duration_since(instant), answer);
    }
}

/// Sends the instant of each call when it has come, those of a step together: waking for each of
/// them would take more of the processors than the calls do.
fn pace(sender: &mpsc::UnboundedSender<Instant>, rate: f64, time: Duration) {
    let began = Instant::now();
    let calls = ((rate * time.as_secs_f64()) as u64).max(1);
    for number in 0..calls {
        let due = began + Duration::from_secs_f64(number as f64 / rate);
        let early = due.saturating_duration_since(Instant::now());
        if !early.is_zero() {
            std::thread::sleep(early.max(STEP));
        }
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
