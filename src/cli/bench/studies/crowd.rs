//! A few callers who go on while something happens, and how long their calls take meanwhile.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Aim;
use super::stage::Stage;
use crate::cli::bench::slice::{Measured, Slice, gather, start};
use crate::cli::bench::workload::Workload;

/// Callers of either kind: few, since a full server would hide what is looked for.
const CALLERS: usize = 4;

/// Callers at work.
pub struct Crowd {
    began: Instant,
    stop: CancellationToken,
    same: JoinSet<Measured>,
    other: JoinSet<Measured>,
}

/// What callers met: on the SKU that something happens to, and on others.
pub struct Met {
    /// On the same SKU.
    pub same: Slice,
    /// On others.
    pub other: Slice,
}

impl Crowd {
    /// Sets them to work.
    #[must_use]
    pub fn gathers(stage: &Stage<'_>, same: Workload, other: Workload) -> Self {
        let stop = CancellationToken::new();
        let work = |workload| {
            let stop = stop.clone();
            start(stage.callers(workload, CALLERS), move |_| !stop.is_cancelled())
        };
        let (same, other) = (work(same), work(other));
        Self { began: Instant::now(), stop, same, other }
    }

    /// Lets them end.
    pub async fn goes(self) -> Met {
        self.stop.cancel();
        let (same, other) = tokio::join!(gather(self.same), gather(self.other));
        let seconds = self.began.elapsed().as_secs_f64();
        Met { same: same.slice(seconds, 1), other: other.slice(seconds, 1) }
    }

    /// What callers meet for a while when nothing else happens.
    pub async fn alone(stage: &Stage<'_>, same: Workload, other: Workload, time: Duration) -> Met {
        let crowd = Self::gathers(stage, same, other);
        tokio::time::sleep(time).await;
        crowd.goes().await
    }
}

impl Met {
    /// Notes what they met while something happened, against what they met before.
    pub fn tell(&self, stage: &mut Stage<'_>, before: &Self, meanwhile: &str, times_max: f64) {
        stage.blame(&self.same);
        stage.blame(&self.other);
        let aim = Some(Aim::AtMost(times_max));
        for (whose, now, then, aim) in [
            ("same SKU", &self.same, &before.same, aim),
            ("other SKU", &self.other, &before.other, None),
        ] {
            let (now, then) = (f64::from(now.p99_us), f64::from(then.p99_us));
            stage.found(&format!("{meanwhile}: p99 on {whose}"), now / 1_000.0, "ms", None);
            let what = format!("{meanwhile}: p99 on {whose}, of that before");
            stage.found(&what, now / then.max(1.0), "times", aim);
        }
    }
}
