//! What health says: whether the service serves, and whether its database answers.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::store::Store;

/// How often the database is asked whether it answers.
const READINESS_EVERY: Duration = Duration::from_secs(1);
/// How long it may take to answer.
const READINESS_MAX: Duration = Duration::from_secs(3);
/// What health knows: the whole, and each part.
const PARTS: [&str; 5] = [
    "",
    "backstock.v1.InventoryService",
    "backstock.v1.PlanService",
    "backstock.v1.InsightService",
    "backstock.v1.WebhookService",
];

/// Whether the service and each of its parts say SERVING.
pub(super) async fn set_serving(health: &HealthReporter, serves: bool) {
    let status = if serves { ServingStatus::Serving } else { ServingStatus::NotServing };
    for part in PARTS {
        health.set_service_status(part, status).await;
    }
}

/// Ends the calls that watch health, once they were told the last: the drain would wait for them.
pub(super) async fn end_watches(health: &HealthReporter) {
    let mut health = health.clone();
    for part in PARTS {
        health.clear_service_status(part).await;
    }
}

/// Says NOT_SERVING while the database does not answer.
pub(super) async fn watch_readiness(store: Store, health: HealthReporter, stop: CancellationToken) {
    let mut was_ready = true;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(READINESS_EVERY) => {}
        }
        // A database that hangs is as little use as one that is gone.
        let answered = tokio::time::timeout(READINESS_MAX, store.clock()).await;
        let is_ready = matches!(answered, Ok(Ok(_)));
        if is_ready != was_ready && !stop.is_cancelled() {
            tracing::warn!(is_ready, "the database's readiness changed");
            set_serving(&health, is_ready).await;
            was_ready = is_ready;
        }
    }
}
