//! Forgets events that were kept long enough. Where a sink has not passed them yet they are kept
//! on, and the log says for whom.

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::REST;
use crate::domain::{ProgramId, Time};
use crate::store::{Failure, Store};
use crate::telemetry::metrics::metrics;
use crate::worker::turns::{Fruitless, Progress, in_turns};

/// Transactions whose events one step forgets.
const SLICE_ROWS: i64 = 1000;
/// Most steps of a programme in a round.
const SLICES_MAX: usize = 8;

/// Forgets whatever is older than so long, and ends when nothing is left to forget.
pub(in crate::worker) async fn forget(
    store: Store,
    kept: TimeDelta,
    stop: CancellationToken,
) -> Result<Progress, Fruitless> {
    loop {
        let progress = round(&store, kept, &stop).await?;
        if !progress.has_more || stop.is_cancelled() {
            return Ok(Progress { has_more: false, ..progress });
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(REST) => {}
        }
    }
}

/// Some steps with each programme, one after the other.
async fn round(
    store: &Store,
    kept: TimeDelta,
    stop: &CancellationToken,
) -> Result<Progress, Fruitless> {
    let before = store.clock().await? - kept;
    let programs = store.all_heads().await?.into_iter().map(|(program, _)| program).collect();
    let turns = in_turns("forget_events", programs, 1, async |program| {
        turn(store, &program, before, stop).await
    });
    turns.await.end()
}

async fn turn(
    store: &Store,
    program: &ProgramId,
    before: Time,
    stop: &CancellationToken,
) -> Result<Progress, Failure> {
    let mut all = Progress::default();
    for _ in 0..SLICES_MAX {
        if stop.is_cancelled() {
            break;
        }
        let step = store.forget_events(program, before, SLICE_ROWS).await?;
        all.done += step.events.unsigned_abs();
        all.has_more = step.has_more;
        metrics().forgotten.add(step.events.unsigned_abs(), &[]);
        if step.held {
            say_held(store, program).await?;
        }
        if !step.has_more {
            break;
        }
    }
    Ok(all)
}

/// Says which sink keeps old events from being forgotten.
async fn say_held(store: &Store, program: &ProgramId) -> Result<(), Failure> {
    if let Some(sink) = store.slowest_sink(program).await? {
        metrics().held_back.add(1, &[]);
        let lag = sink.head - sink.position;
        tracing::warn!(
            %program, kind = sink.kind, sink = sink.sink, position = sink.position, lag,
            "events that are old enough are kept on: a sink has not passed them yet"
        );
    }
    Ok(())
}
