//! Forgets answers that are older than a repeated request can be. Numbers of reservations and
//! receipts are kept for ever.
//!
//! It walks through the table of answers in the order of its blocks, and begins again at the end.
//! A restart begins at the first block: what was forgotten is not there any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::REST;
use crate::store::{Failure, Store};
use crate::worker::turns::{Fruitless, Progress};

/// How long an answer is kept.
const KEPT_DAYS: i64 = 90;
/// Blocks that one statement looks at: of 8 KiB, with some thirty answers each.
const SLICE_BLOCKS: u32 = 128;
/// Most statements of a round. A large table is so read at 8 MiB a second at most: nothing waits
/// for its end, and callers need the disk.
const SLICES_MAX: usize = 8;
/// About how many answers a round forgets: each is written to the log of PostgreSQL, and is work
/// for its vacuum.
const FORGOTTEN_ENOUGH: u64 = 10_000;

/// The block that comes next, kept from one walk to another: a failure does not begin again.
pub(in crate::worker) type Place = Arc<AtomicU32>;

/// Walks to the end of the table.
pub(in crate::worker) async fn forget(
    store: Store,
    place: Place,
    stop: CancellationToken,
) -> Result<Progress, Fruitless> {
    while !round(&store, &place, &stop).await? {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(REST) => {}
        }
    }
    Ok(Progress::default())
}

/// Goes on by some slices, and says whether that was the end of the table.
async fn round(store: &Store, place: &Place, stop: &CancellationToken) -> Result<bool, Failure> {
    let before = store.clock().await? - TimeDelta::days(KEPT_DAYS);
    let mut forgotten = 0;
    for _ in 0..SLICES_MAX {
        if forgotten >= FORGOTTEN_ENOUGH || stop.is_cancelled() {
            break;
        }
        let from = place.load(Ordering::Relaxed);
        let slice = store.forget_answers(before, from, SLICE_BLOCKS).await?;
        place.store(slice.next.unwrap_or_default(), Ordering::Relaxed);
        if slice.next.is_none() {
            return Ok(true);
        }
        forgotten += slice.answers;
    }
    Ok(false)
}
