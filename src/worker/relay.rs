//! Gives events their places in the streams of their programmes, and wakes those who listen.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::store::feed::Progress;
use crate::store::{Failure, Store};
use crate::telemetry::metrics::metrics;

/// How often events are looked for while there are none.
pub(super) const RELAY_EVERY: Duration = Duration::from_millis(200);
/// How long to rest after events were found: under load they gather, and a run of one item costs as
/// much as a single event.
const REST: Duration = Duration::from_millis(50);

/// Publishes as long as there is something to publish.
pub(super) async fn relay(store: Store, stop: CancellationToken) -> Result<(), Failure> {
    loop {
        let done = round(&store).await;
        store.look_at_heads().await?;
        let progress = done?;
        if progress.events == 0 && !progress.has_more {
            return Ok(());
        }
        let rest = if progress.has_more { Duration::ZERO } else { REST };
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(rest) => {}
        }
    }
}

/// One round through every programme that has something to publish. A programme that fails does
/// not keep the others waiting.
async fn round(store: &Store) -> Result<Progress, Failure> {
    let mut all = Progress::default();
    let mut failed = None;
    for program in store.changed_programs().await? {
        match store.publish(&program).await {
            Ok(progress) => {
                metrics().published.add(progress.events.unsigned_abs(), &[]);
                all.events += progress.events;
                all.has_more |= progress.has_more;
            }
            Err(failure) => {
                tracing::warn!(%program, %failure, "events cannot be published");
                failed = Some(failure);
            }
        }
    }
    match failed {
        Some(failure) if all.events == 0 => Err(failure),
        _ => Ok(all),
    }
}
