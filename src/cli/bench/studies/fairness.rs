//! A hot SKU at fifty times the load of all others together: how much longer these wait, and how
//! much longer they wait beside calls that keep the machine busy and touch no SKU at all.

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
    let open = |stage: &Stage<'_>, workload: Workload, rate: f64| {
        open_loop::run(stage.callers(workload, open_loop::CALLERS), rate, time)
    };
    let others = |stage: &Stage<'_>| open(stage, Workload::Spread, hot / TIMES);
    let alone = others(stage).await.slice;
    stage.found("others alone: p99", milliseconds(&alone), "ms", None);

    let besides =
        [(Workload::Empty, empty, "empty calls"), (Workload::Hot, hot, "a hot SKU at half load")];
    let mut found = Vec::new();
    for (workload, rate, name) in besides {
        let before = stage.cpu();
        let (busy, beside) = tokio::join!(open(stage, workload, rate), others(stage));
        let used = stage.cpu().since(&before).total();
        stage.blame(&busy.slice);
        stage.blame(&beside.slice);
        let what = |what: &str| format!("beside {name}: {what}");
        if let Some(micros) = used {
            let processors = micros as f64 / 1e6 / busy.slice.seconds;
            stage.found(&what("processors at work"), processors, "CPUs", None);
        }
        stage.found(&what("others' p99"), milliseconds(&beside.slice), "ms", None);
        let aim = (workload == Workload::Hot).then_some(Aim::AtMost(2.0));
        stage.found(&what("of that alone"), times(&beside.slice, &alone), "times", aim);
        found.push(beside.slice);
    }
    if let [empty, hot] = found.as_slice() {
        let what = "beside a hot SKU at half load: of that beside empty calls";
        stage.found(what, times(hot, empty), "times", None);
    }

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
