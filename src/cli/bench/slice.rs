//! One slice: a workload for some seconds, in a closed loop. Each caller makes its next call when
//! the last was answered.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::task::JoinSet;

use super::caller::Caller;
use super::cpu::Cpu;
use super::database::Rows;

/// How many wrong answers are kept to be shown.
const WRONG_KEPT: usize = 3;

/// What a slice came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Slice {
    /// Calls that were answered; in a batch, its members.
    pub calls: u64,
    /// From the first call to the last answer.
    pub seconds: f64,
    /// What a call took, in microseconds: half of them no longer than this.
    pub p50_us: u32,
    /// 99 of 100.
    pub p99_us: u32,
    /// 999 of 1,000.
    pub p999_us: u32,
    /// The longest.
    pub max_us: u32,
    /// CPU time of the servers for each call, in microseconds.
    pub server_us: Option<f64>,
    /// Of PostgreSQL.
    pub postgres_us: Option<f64>,
    /// Of the client.
    pub client_us: Option<f64>,
    /// Bytes that PostgreSQL's log of changes grew by for each call.
    pub wal_bytes: Option<f64>,
    /// Rows that each call wrote.
    pub rows: Option<Rows>,
    /// Calls that failed, or were answered otherwise than they had to be.
    pub wrong: u64,
    /// The first of those.
    #[serde(skip)]
    pub examples: Vec<String>,
}

/// What one caller measured.
#[derive(Default)]
pub struct Measured {
    micros: Vec<u32>,
    wrong: u64,
    examples: Vec<String>,
}

impl Slice {
    /// Calls for each second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.calls as f64 / self.seconds.max(f64::EPSILON)
    }

    /// Lets all callers work for `time`. Each call counts as `counts`.
    pub async fn measure(callers: Vec<Caller>, time: Duration, counts: u64) -> Self {
        let began = Instant::now();
        let until = began + time;
        let all = gather(start(callers, move |now| now < until)).await;
        all.slice(began.elapsed().as_secs_f64(), counts)
    }

    /// Of calls whose times somebody else measured.
    #[must_use]
    pub fn of_times(micros: Vec<u32>, seconds: f64) -> Self {
        Measured { micros, ..Measured::default() }.slice(seconds, 1)
    }

    /// CPU time of all three for each call, in microseconds; none where it is not known.
    #[must_use]
    pub fn cpu_us(&self) -> Option<f64> {
        Some(self.server_us? + self.postgres_us? + self.client_us?)
    }

    /// Adds what the calls used of the processors.
    pub fn used(&mut self, cpu: Cpu) {
        let for_each = |used: Option<u64>| used.map(|used| used as f64 / self.calls.max(1) as f64);
        self.server_us = for_each(cpu.server);
        self.postgres_us = for_each(cpu.postgres);
        self.client_us = for_each(cpu.client);
    }
}

/// Lets all callers work as long as `goes_on` says of the instant before a call.
pub fn start(
    callers: Vec<Caller>,
    goes_on: impl Fn(Instant) -> bool + Clone + Send + 'static,
) -> JoinSet<Measured> {
    let mut working = JoinSet::new();
    for caller in callers {
        working.spawn(work(caller, goes_on.clone()));
    }
    working
}

/// Waits for all who measure, and adds up what they measured.
pub async fn gather(mut working: JoinSet<Measured>) -> Measured {
    let mut all = Measured::default();
    while let Some(done) = working.join_next().await {
        match done {
            Ok(measured) => all.add(measured),
            Err(error) => all.note(format!("a caller ended badly: {error}")),
        }
    }
    all
}

async fn work(mut caller: Caller, goes_on: impl Fn(Instant) -> bool + Send) -> Measured {
    let mut measured = Measured { micros: Vec::with_capacity(4_096), ..Measured::default() };
    let mut began = Instant::now();
    while goes_on(began) {
        let answer = caller.call().await;
        let ended = Instant::now();
        measured.took(ended.duration_since(began), answer);
        began = ended;
    }
    measured
}

impl Measured {
    /// Notes one call.
    pub fn took(&mut self, time: Duration, answer: Result<(), String>) {
        self.micros.push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
        if let Err(wrong) = answer {
            self.note(wrong);
        }
    }

    fn note(&mut self, wrong: String) {
        self.wrong += 1;
        if self.examples.len() < WRONG_KEPT {
            self.examples.push(wrong);
        }
    }

    /// Adds what another measured.
    pub fn add(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.wrong += other.wrong;
        self.examples.extend(other.examples);
        self.examples.truncate(WRONG_KEPT);
    }

    /// All of it, as a slice of so many seconds. Each call counts as `counts`.
    #[must_use]
    pub fn slice(mut self, seconds: f64, counts: u64) -> Slice {
        self.micros.sort_unstable();
        Slice {
            calls: self.micros.len() as u64 * counts,
            seconds,
            p50_us: percentile(&self.micros, 0.5),
            p99_us: percentile(&self.micros, 0.99),
            p999_us: percentile(&self.micros, 0.999),
            max_us: self.micros.last().copied().unwrap_or_default(),
            wrong: self.wrong,
            examples: self.examples,
            ..Slice::default()
        }
    }
}

/// The value that the share of the sorted values does not pass; 0 where there are none.
#[must_use]
pub fn percentile(sorted: &[u32], share: f64) -> u32 {
    let rank = (sorted.len() as f64 * share).ceil().max(1.0);
    sorted.get(rank as usize - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let thousand: Vec<u32> = (1..=1_000).collect();
        assert_eq!([0.5, 0.99, 0.999].map(|share| percentile(&thousand, share)), [500, 990, 999]);
        assert_eq!(percentile(&[7], 0.99), 7);
        assert_eq!(percentile(&[], 0.5), 0);
    }

    #[test]
    fn wrong_answers_are_all_counted_and_few_are_kept() {
        let mut all = Measured::default();
        for number in 0..10 {
            let mut one = Measured::default();
            one.took(Duration::from_micros(number), Err(format!("wrong {number}")));
            all.add(one);
        }
        let mut slice = all.slice(2.0, 1);
        slice.used(Cpu { server: Some(50), ..Cpu::default() });
        assert_eq!((slice.calls, slice.wrong, slice.examples.len()), (10, 10, WRONG_KEPT));
        assert_eq!((slice.rate(), slice.server_us, slice.client_us), (5.0, Some(5.0), None));
    }

    #[test]
    fn members_of_a_batch_count_and_its_calls_are_timed() {
        let mut measured = Measured::default();
        measured.took(Duration::from_micros(70), Ok(()));
        let slice = measured.slice(0.5, 1_000);
        assert_eq!((slice.calls, slice.rate(), slice.p50_us), (1_000, 2_000.0, 70));
    }
}
