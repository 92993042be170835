//! A hot SKU at fifty times the load of all others together: how much longer these wait, and how
//! much longer they wait beside calls that keep the machine busy and touch no SKU at all.

use std::time::Duration;

use super::Aim;
use super::stage::Stage;
use crate::cli::bench::open_loop;
use crate::cli::bench::slice::Slice;
use crate::cli::bench::workload::Workload;

/// How much more of the hot SKU is asked for.
const TIMES: f64 = 50.0;
/// So much of their own peak keeps empty calls as many processors at work as half of its peak does
/// Reserves of a hot SKU.
const EMPTY_SHARE: f64 = 0.4;

/// Calls of a workload, when they are due.
struct Load {
    workload: Workload,
    rate: f64,
    time: Duration,
}

impl Load {
    async fn offer(&self, stage: &Stage<'_>) -> Slice {
        let callers = stage.callers(self.workload, open_loop::CALLERS);
        open_loop::run(callers, self.rate, self.time).await.slice
    }
}

/// Studies it beside empty calls that keep the machine busy, beside the hot SKU at half of what the
/// server can do, and beside as many callers of it as the run has, each of whom asks again at once.
///
/// # Errors
/// The server fails.
pub async fn study(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    let shop = stage.shop.clone();
    shop.furnish(&[Workload::Spread]).await?;
    let empty = stage.slice(Workload::Empty).await.rate() * EMPTY_SHARE;
    let hot = stage.slice(Workload::Hot).await.rate() / 2.0;
    stage.ground.observer.checkpoint().await?;
    // Long enough that one stall of the machine is not the hundredth part of it.
    let time = stage.time * 6;
    let load = |workload: Workload, rate: f64| Load { workload, rate, time };
    let others = load(Workload::Spread, hot / TIMES);
    let alone = others.offer(stage).await;
    stage.blame(&alone);
    stage.found("others alone: p99", milliseconds(&alone), "ms", None);

    let calm = beside(stage, "empty calls", &load(Workload::Empty, empty), &others).await;
    stage.found("beside empty calls: of that alone", times(&calm, &alone), "times", None);

    let half = beside(stage, "a hot SKU at half load", &load(Workload::Hot, hot), &others).await;
    let what = "beside a hot SKU at half load: of that alone";
    stage.found(what, times(&half, &alone), "times", Some(Aim::AtMost(2.0)));
    let what = "beside a hot SKU at half load: of that beside empty calls";
    stage.found(what, times(&half, &calm), "times", None);

    let callers = stage.callers(Workload::Hot, stage.in_flight);
    let (busy, full) = tokio::join!(Slice::measure(callers, time, 1), others.offer(stage));
    stage.blame(&busy);
    stage.blame(&full);
    let what = "beside a hot SKU at full load: others' p99";
    stage.found(what, milliseconds(&full), "ms", None);
    let what = "beside a hot SKU at full load: of that SKU's own p99";
    stage.found(what, times(&full, &busy), "times", None);
    Ok(())
}

/// The others beside a load, which keeps so many processors at work.
async fn beside(stage: &mut Stage<'_>, name: &str, load: &Load, others: &Load) -> Slice {
    let before = stage.cpu();
    let (busy, beside) = tokio::join!(load.offer(stage), others.offer(stage));
    let used = stage.cpu().since(&before).total();
    stage.blame(&busy);
    stage.blame(&beside);
    if let Some(micros) = used {
        let processors = micros as f64 / 1e6 / busy.seconds;
        stage.found(&format!("beside {name}: processors at work"), processors, "CPUs", None);
    }
    stage.found(&format!("beside {name}: others' p99"), milliseconds(&beside), "ms", None);
    beside
}

fn milliseconds(slice: &Slice) -> f64 {
    f64::from(slice.p99_us) / 1_000.0
}

fn times(slice: &Slice, other: &Slice) -> f64 {
    f64::from(slice.p99_us) / f64::from(other.p99_us).max(1.0)
}
