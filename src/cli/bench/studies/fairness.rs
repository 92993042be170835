//! A hot SKU at fifty times the load of all others together: how much longer these wait.

use super::Aim;
use super::stage::Stage;
use crate::cli::bench::open_loop;
use crate::cli::bench::slice::Slice;
use crate::cli::bench::workload::Workload;

/// How much more of the hot SKU is asked for.
const TIMES: f64 = 50.0;

/// Studies it twice: with the hot SKU at half of what the server can do, and with as many callers
/// of it as the run has, each of whom asks again at once.
///
/// # Errors
/// The server fails.
pub async fn study(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    let shop = stage.shop.clone();
    shop.furnish(&[Workload::Spread]).await?;
    let peak = stage.slice(Workload::Hot).await.rate();
    stage.ground.observer.checkpoint().await?;
    let (hot, rate, time) = (peak / 2.0, peak / 2.0 / TIMES, stage.time * 2);
    let others = |stage: &Stage<'_>| {
        open_loop::run(stage.callers(Workload::Spread, stage.channels.len()), rate, time)
    };
    let alone = others(stage).await.slice;
    stage.found("others alone: p99", milliseconds(&alone), "ms", None);

    let busy = open_loop::run(stage.callers(Workload::Hot, stage.channels.len()), hot, time);
    let (busy, beside) = tokio::join!(busy, others(stage));
    stage.blame(&busy.slice);
    stage.found(
        "beside a hot SKU at half load: others' p99",
        milliseconds(&beside.slice),
        "ms",
        None,
    );
    let what = "beside a hot SKU at half load: of that alone";
    stage.found(what, times(&beside.slice, &alone), "times", Some(Aim::AtMost(2.0)));

    let callers = stage.callers(Workload::Hot, stage.in_flight);
    let (busy, beside) = tokio::join!(Slice::measure(callers, time, 1), others(stage));
    stage.blame(&busy);
    stage.found(
        "beside a hot SKU at full load: others' p99",
        milliseconds(&beside.slice),
        "ms",
        None,
    );
    let what = "beside a hot SKU at full load: of that SKU's own p99";
    stage.found(what, times(&beside.slice, &busy), "times", None);
    for slice in [&alone, &beside.slice] {
        stage.blame(slice);
    }
    Ok(())
}

fn milliseconds(slice: &Slice) -> f64 {
    f64::from(slice.p99_us) / 1_000.0
}

fn times(slice: &Slice, other: &Slice) -> f64 {
    f64::from(slice.p99_us) / f64::from(other.p99_us).max(1.0)
}
