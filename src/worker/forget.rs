//! Forgets answers that are older than a repeated request can be. Numbers of reservations and
//! receipts are kept for ever.

use std::time::Duration;

use chrono::TimeDelta;

use super::turns::{Fruitless, Progress, in_turns};
use crate::store::Store;

/// How often old answers are looked for.
pub(super) const FORGET_EVERY: Duration = Duration::from_secs(600);
/// How long an answer is kept.
const KEPT_DAYS: i64 = 90;
/// Most answers that one statement forgets.
const ROWS_MAX: i64 = 5000;
/// Most statements of one round for each programme: the rest waits for the next round.
const STEPS_MAX: usize = 200;

/// Forgets what is old enough, in bounded steps.
pub(super) async fn forget(store: Store) -> Result<Progress, Fruitless> {
    let before = store.clock().await? - TimeDelta::days(KEPT_DAYS);
    let programs = store.programs().await?;
    let turns = in_turns("forget", programs, 1, async |program| {
        let mut progress = Progress::default();
        for _ in 0..STEPS_MAX {
            let forgotten = store.forget_answers(&program, before, ROWS_MAX).await?;
            if forgotten == 0 {
                break;
            }
            progress.done += forgotten;
        }
        Ok(progress)
    });
    turns.await.end()
}
