//! Gives events their places in the streams of their programmes, and wakes those who listen.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::turns::{Fruitless, Progress, in_turns};
use crate::store::Store;
use crate::telemetry::metrics::metrics;

/// How often events are looked for while there are none.
pub(super) const RELAY_EVERY: Duration = Duration::from_millis(200);
/// How long to rest after events were found: under load they gather, and a run of one item costs as
/// much as a single event.
const REST: Duration = Duration::from_millis(50);

/// Publishes as long as there is something to publish.
pub(super) async fn relay(store: Store, stop: CancellationToken) -> Result<Progress, Fruitless> {
    loop {
        let done = round(&store).await;
        store.look_at_heads().await?;
        let progress = done?;
        if progress.done == 0 && !progress.has_more {
            return Ok(progress);
        }
        let rest = if progress.has_more { Duration::ZERO } else { REST };
        tokio::select! {
            () = stop.cancelled() => return Ok(progress),
            () = tokio::time::sleep(rest) => {}
        }
    }
}

/// One round through every programme that has something to publish, one after the other: nobody
/// holds a head for long, and callers need the connections.
async fn round(store: &Store) -> Result<Progress, Fruitless> {
    let programs = store.changed_programs().await?;
    let turns = in_turns("relay", programs, 1, async |program| {
        let published = store.publish(&program).await?;
        let events = published.events.unsigned_abs();
        metrics().published.add(events, &[]);
        Ok(Progress { done: events, failed: 0, has_more: published.has_more })
    });
    turns.await.end()
}
