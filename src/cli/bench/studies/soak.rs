//! Memory over time, at full load.

use std::time::{Duration, Instant};

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use super::Aim;
use super::stage::Stage;
use crate::cli::bench::cpu::status_bytes;
use crate::cli::bench::slice::{gather, start};
use crate::cli::bench::workload::Workload;

/// How often memory is looked at, in a long soak.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Looks in the shortest one.
const LOOKS_MIN: u32 = 10;
/// What memory may come to at the end, against a fifth of the way.
const TIMES_MAX: f64 = 1.1;

/// Studies it for so many minutes.
///
/// # Errors
/// The server is gone.
pub async fn study(stage: &mut Stage<'_>, minutes: f64) -> anyhow::Result<()> {
    stage.shop.clone().furnish(&[Workload::Spread]).await?;
    let time = Duration::from_secs_f64(minutes.clamp(0.01, 10_000.0) * 60.0);
    let stop = CancellationToken::new();
    let goes_on = {
        let stop = stop.clone();
        move |_| !stop.is_cancelled()
    };
    let mut callers = stage.callers(Workload::Hot, stage.in_flight / 2);
    callers.extend(stage.callers(Workload::Spread, stage.in_flight.div_ceil(2)));
    let began = Instant::now();
    let working = start(callers, goes_on);
    let mut looks = Vec::new();
    let pause = LOOK_EVERY.min(time / LOOKS_MIN);
    while began.elapsed() < time {
        tokio::time::sleep(pause).await;
        looks.push(resident(stage)?);
    }
    stop.cancel();
    let slice = gather(working).await.slice(began.elapsed().as_secs_f64(), 1);
    stage.blame(&slice);
    let early = looks[looks.len() / 5];
    let late = looks[looks.len() - 1];
    stage.found("soak: calls", slice.rate(), "a second", None);
    stage.found("soak: resident, a fifth of the way", early, "MiB", None);
    stage.found("soak: resident at the end", late, "MiB", Some(Aim::AtMost(100.0)));
    let what = "soak: resident at the end, of that early";
    stage.found(what, late / early, "times", Some(Aim::AtMost(TIMES_MAX)));
    Ok(())
}

/// The server's memory in MiB.
fn resident(stage: &Stage<'_>) -> anyhow::Result<f64> {
    let pid = stage.ground.server_pids().into_iter().next();
    let bytes = pid.and_then(|pid| status_bytes(pid, "VmRSS"));
    Ok(bytes.context("the server is gone")? as f64 / f64::from(1 << 20))
}
