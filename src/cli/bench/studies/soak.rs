//! Memory over time, at full load.

use std::time::{Duration, Instant};

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use super::Aim;
use super::stage::Stage;
use crate::cli::bench::cpu::status_bytes;
use crate::cli::bench::rounds::Spread;
use crate::cli::bench::slice::{gather, start};
use crate::cli::bench::workload::Workload;

/// How often memory is looked at, in a long soak.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Looks in the shortest one: five times as many as there are parts to tell apart.
const LOOKS_MIN: u32 = 20;
/// What memory may come to in the last third, against the first, once the server is warm.
const TIMES_MAX: f64 = 1.1;

/// Studies it for so many minutes; the server may take `mebibytes_max`.
///
/// # Errors
/// The server is gone.
pub async fn study(stage: &mut Stage<'_>, minutes: f64, mebibytes_max: f64) -> anyhow::Result<()> {
    stage.shop.clone().furnish(&[Workload::Spread]).await?;
    let time = Duration::from_secs_f64(minutes.clamp(0.01, 10_000.0) * 60.0);
    let stop = CancellationToken::new();
    let goes_on = {
        let stop = stop.clone();
        move |_| !stop.is_cancelled()
    };
    let third = stage.in_flight.div_ceil(3);
    let kinds = [Workload::Hot, Workload::Spread, Workload::Availability];
    let callers = kinds.into_iter().flat_map(|kind| stage.callers(kind, third)).collect();
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
    let [early, late] = thirds(&looks);
    let most = looks.into_iter().fold(0.0, f64::max);
    stage.found("soak: calls", slice.rate(), "a second", None);
    stage.found("soak: resident at most", most, "MiB", Some(Aim::AtMost(mebibytes_max)));
    stage.found("soak: resident, first third when warm", early, "MiB", None);
    stage.found("soak: resident, last third", late, "MiB", None);
    let what = "soak: resident, last third of first";
    stage.found(what, late / early, "times", Some(Aim::AtMost(TIMES_MAX)));
    Ok(())
}

/// The medians of the first and of the last third of the looks, but for the first fifth of them,
/// in which a server warms up.
fn thirds(looks: &[f64]) -> [f64; 2] {
    let warm = &looks[looks.len() / 5..];
    let third = warm.len().div_ceil(3);
    [&warm[..third], &warm[warm.len() - third..]].map(median)
}

fn median(looks: &[f64]) -> f64 {
    Spread::of(looks.to_vec()).map_or(f64::NAN, |spread| spread.median)
}

/// The server's memory in MiB.
fn resident(stage: &Stage<'_>) -> anyhow::Result<f64> {
    let pid = stage.ground.server_pids().into_iter().next();
    let bytes = pid.and_then(|pid| status_bytes(pid, "VmRSS"));
    Ok(bytes.context("the server is gone")? as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_told_from_what_warms_up_and_from_what_jumps() {
        let grown = |looks: [f64; 10]| {
            let [early, late] = thirds(&looks);
            late / early
        };
        let warm = [10.0, 30.0, 50.0, 50.0, 51.0, 50.0, 52.0, 51.0, 50.0, 52.0];
        assert!(grown(warm) <= TIMES_MAX);
        let jump = [50.0, 50.0, 50.0, 50.0, 51.0, 50.0, 52.0, 51.0, 90.0, 52.0];
        assert!(grown(jump) <= TIMES_MAX, "one look is no growth");
        let leak = [50.0, 52.0, 54.0, 56.0, 58.0, 60.0, 62.0, 64.0, 66.0, 68.0];
        assert!(grown(leak) > TIMES_MAX);
        assert_eq!(thirds(&[7.0]), [7.0, 7.0]);
        assert!(thirds(&[])[0].is_nan(), "no look reaches no aim");
    }
}
