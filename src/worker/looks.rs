//! How long the looks of a round took, and the rest that follows. A look that reads much, and finds
//! little or nothing to do, must not take the database from callers.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// How much longer than the looks of a round the rest after them is.
const REST: u32 = 9;
/// The longest such rest.
const REST_MAX: Duration = Duration::from_secs(15);
/// A shorter look needs no rest, and on a busy machine is no measure of its cost.
const LOOK_SHORT: Duration = Duration::from_millis(100);

/// The long looks of one round.
#[derive(Debug, Default)]
pub(super) struct Looks {
    took: Mutex<Duration>,
}

impl Looks {
    /// Looks, and notes how long that took.
    pub(super) async fn look<T>(&self, look: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let found = look.await;
        if let (true, Ok(mut took)) = (start.elapsed() > LOOK_SHORT, self.took.lock()) {
            *took += start.elapsed();
        }
        found
    }

    /// Rests after them, beyond the rest that the duty has after each round.
    pub(super) async fn rest(self, every: Duration, stop: &CancellationToken) {
        let rest = (self.took.into_inner().unwrap_or_default() * REST).min(REST_MAX);
        if let Some(rest) = rest.checked_sub(every) {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(rest) => {}
            }
        }
    }
}
