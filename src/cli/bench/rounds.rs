//! The course of a run: in every round one slice of every workload, in turn, so that whatever else
//! the machine does hits all alike; and the comparison of each slice with its round's others.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tonic::transport::Channel;

use super::caller::Caller;
use super::cpu::Cpu;
use super::database::Observer;
use super::pgbench::Pgbench;
use super::shop::Shop;
use super::slice::Slice;
use super::workload::Workload;
use crate::cli::progress::Progress;

/// What the slices of a run have in common.
pub struct Course {
    /// In the order of each round.
    pub workloads: Vec<Workload>,
    /// Rounds that count.
    pub rounds: usize,
    /// How long a slice is.
    pub time: Duration,
    /// Calls under way at once.
    pub in_flight: usize,
}

/// Whom the calls go to, and who knows what they cost.
pub struct Scene<'a> {
    /// What they are about.
    pub shop: &'a Arc<Shop>,
    /// The connections that they share.
    pub channels: &'a [Channel],
    /// The processes of the servers, where they are the bench's own.
    pub servers: &'a [u32],
    /// PostgreSQL's first process, where it is the bench's own.
    pub postgres: Option<u32>,
    /// Commits of one row, where there is pgbench.
    pub pgbench: Option<&'a Pgbench>,
}

/// The slices of one workload.
#[derive(Debug, Serialize)]
pub struct Series {
    /// Which.
    pub workload: Workload,
    /// One slice for each round.
    pub rounds: Vec<Slice>,
    /// Wrong answers, of all rounds and of the one that warmed up.
    pub wrong: u64,
    /// The first of them.
    pub examples: Vec<String>,
}

/// The median, the least and the greatest of a number in the rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Half of the rounds are no greater.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Course {
    /// Runs it. A first round, of half the time, only warms up.
    ///
    /// # Errors
    /// pgbench fails. Wrong answers are no error; they are counted.
    pub async fn run(
        &self,
        scene: &Scene<'_>,
        mut observer: Option<&mut Observer>,
    ) -> anyhow::Result<Vec<Series>> {
        let mut all: Vec<Series> = self.workloads.iter().copied().map(Series::new).collect();
        let progress = Progress::start("measuring", self.workloads.len() * (self.rounds + 1));
        for round in 0..=self.rounds {
            let time = if round == 0 { self.time / 2 } else { self.time };
            for series in &mut all {
                let work = self.slice(series.workload, scene, round, time);
                let slice = match &mut observer {
                    // The rows of one round tell enough.
                    Some(observer) => watched(work, observer, round == 1).await?,
                    None => work.await?,
                };
                series.add(slice, round > 0);
                progress.step();
            }
            if let Some(observer) = &mut observer {
                observer.checkpoint().await?;
            }
        }
        progress.finish();
        Ok(all)
    }

    async fn slice(
        &self,
        workload: Workload,
        scene: &Scene<'_>,
        round: usize,
        time: Duration,
    ) -> anyhow::Result<Slice> {
        if let (Workload::Commit, Some(pgbench)) = (workload, scene.pgbench) {
            return pgbench.slice(time).await;
        }
        let callers = scene.callers(workload, workload.callers(self.in_flight), round as u64);
        let before = scene.cpu();
        let mut slice = Slice::measure(callers, time, workload.counts()).await;
        slice.used(scene.cpu().since(&before));
        Ok(slice)
    }
}

/// A slice, with what PostgreSQL wrote meanwhile.
async fn watched(
    work: impl Future<Output = anyhow::Result<Slice>>,
    observer: &mut Observer,
    counts_rows: bool,
) -> anyhow::Result<Slice> {
    let before = observer.wal_end().await;
    let mut slice = work.await?;
    if let Some((from, to)) = before.zip(observer.wal_end().await) {
        slice.wal_bytes = Some((to - from) as f64 / slice.calls.max(1) as f64);
        if counts_rows {
            slice.rows = observer.rows(from, to).await.map(|rows| rows.for_each(slice.calls));
        }
    }
    Ok(slice)
}

impl Scene<'_> {
    /// What was used of the processors so far.
    #[must_use]
    pub fn cpu(&self) -> Cpu {
        Cpu::read(self.servers, self.postgres)
    }

    /// So many callers, spread over the connections.
    #[must_use]
    pub fn callers(&self, workload: Workload, count: usize, seed: u64) -> Vec<Caller> {
        let caller = |number: usize| {
            let channel = self.channels[number % self.channels.len()].clone();
            let seed = (seed << 32) + number as u64;
            Caller::new(workload, self.shop.clone(), channel, seed)
        };
        (0..count).map(caller).collect()
    }
}

impl Series {
    fn new(workload: Workload) -> Self {
        Self { workload, rounds: Vec::new(), wrong: 0, examples: Vec::new() }
    }

    fn add(&mut self, slice: Slice, keep: bool) {
        self.wrong += slice.wrong;
        self.examples.extend(slice.examples.iter().take(1).cloned());
        if keep {
            self.rounds.push(slice);
        }
    }

    /// A number of each round; none where a round does not know it.
    #[must_use]
    pub fn spread(&self, number: impl Fn(&Slice) -> Option<f64>) -> Option<Spread> {
        Spread::of(self.rounds.iter().map(number).collect::<Option<Vec<f64>>>()?)
    }
}

impl Spread {
    /// Of these numbers; none where there are none.
    #[must_use]
    pub fn of(mut numbers: Vec<f64>) -> Option<Self> {
        numbers.sort_by(f64::total_cmp);
        let (min, max) = (*numbers.first()?, *numbers.last()?);
        let (upper, lower) = (numbers[numbers.len() / 2], numbers[(numbers.len() - 1) / 2]);
        Some(Self { median: f64::midpoint(upper, lower), min, max })
    }
}

/// A number of one workload against that of another, round by round; none where one of them was
/// not measured, or does not know it.
#[must_use]
pub fn compare(
    all: &[Series],
    workload: Workload,
    against: Workload,
    number: impl Fn(&Slice) -> Option<f64>,
) -> Option<Spread> {
    let of = |wanted: Workload| all.iter().find(|series| series.workload == wanted);
    let (above, below) = of(workload).zip(of(against))?;
    let pairs = above.rounds.iter().zip(&below.rounds);
    let ratios = pairs.map(|(one, other)| Some(number(one)? / number(other)?));
    Spread::of(ratios.collect::<Option<Vec<f64>>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(workload: Workload, calls: &[u64]) -> Series {
        let mut series = Series::new(workload);
        for calls in calls {
            let slice = Slice { calls: *calls, seconds: 1.0, ..Slice::default() };
            series.add(slice, true);
        }
        series
    }

    #[test]
    fn slices_of_the_same_round_are_compared() {
        let all = [series(Workload::Empty, &[10, 20, 40]), series(Workload::Hot, &[5, 20, 30])];
        let rate = |slice: &Slice| Some(slice.rate());
        let found = compare(&all, Workload::Hot, Workload::Empty, rate).expect("both");
        assert_eq!(found, Spread { median: 0.75, min: 0.5, max: 1.0 });
        assert_eq!(compare(&all, Workload::Hot, Workload::Plain, rate), None);
        assert_eq!(compare(&all, Workload::Hot, Workload::Empty, Slice::cpu_us), None);
    }

    #[test]
    fn what_warms_up_does_not_count_but_its_wrong_answers_do() {
        let mut series = series(Workload::Hot, &[]);
        let examples = vec!["wrong".to_owned()];
        series.add(Slice { calls: 5, wrong: 1, examples, ..Slice::default() }, false);
        assert_eq!((series.rounds.len(), series.wrong, series.examples.len()), (0, 1, 1));
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        let spread = Spread::of(vec![4.0, 1.0, 2.0, 3.0]).expect("numbers");
        assert_eq!((spread.median, spread.min, spread.max), (2.5, 1.0, 4.0));
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
