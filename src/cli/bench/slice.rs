//! One slice: a workload for some seconds, in a closed loop. Each caller makes its next call when
//! the last was answered.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::task::JoinSet;

use super::caller::Caller;
use super::cpu::Cpu;

/// How many wrong answers are kept to be shown.
const WRONG_KEPT: usize = 3;

/// What a slice came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Slice {
    /// Calls that were answered.
    pub calls: u64,
    /// From the first call to the last answer.
    pub seconds: f64,
    /// What a call took, in microseconds: half of them no longer than this.
    pub p50_us: u32,
    /// 99 of 100.
    pub p99_us: u32,
    /// 999 of 1,000.
    pub p999_us: u32,
    /// CPU time of the servers for each call, in microseconds.
    pub server_us: Option<f64>,
    /// Of PostgreSQL.
    pub postgres_us: Option<f64>,
    /// Of the client.
    pub client_us: Option<f64>,
    /// Calls that failed, or were answered otherwise than they had to be.
    pub wrong: u64,
    /// The first of those.
    #[serde(skip)]
    pub examples: Vec<String>,
}

/// What one caller measured.
#[derive(Default)]
struct Measured {
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

    /// Lets all callers work for `time`. `cpu` reads what was used so far.
    pub async fn measure(callers: Vec<Caller>, time: Duration, cpu: impl Fn() -> Cpu) -> Self {
        let (before, began) = (cpu(), Instant::now());
        let mut working = JoinSet::new();
        for caller in callers {
            working.spawn(work(caller, began + time));
        }
        let mut all = Measured::default();
        while let Some(done) = working.join_next().await {
            match done {
                Ok(measured) => all.add(measured),
                Err(error) => all.note(format!("a caller ended badly: {error}")),
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        all.slice(seconds, cpu().since(&before))
    }
}

async fn work(mut caller: Caller, until: Instant) -> Measured {
    let mut measured = Measured { micros: Vec::with_capacity(4_096), ..Measured::default() };
    let mut began = Instant::now();
    while began < until {
        if let Err(wrong) = caller.call().await {
            measured.note(wrong);
        }
        let ended = Instant::now();
        let micros = ended.duration_since(began).as_micros();
        measured.micros.push(u32::try_from(micros).unwrap_or(u32::MAX));
        began = ended;
    }
    measured
}

impl Measured {
    fn note(&mut self, wrong: String) {
        self.wrong += 1;
        if self.examples.len() < WRONG_KEPT {
            self.examples.push(wrong);
        }
    }

    fn add(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.wrong += other.wrong;
        self.examples.extend(other.examples);
        self.examples.truncate(WRONG_KEPT);
    }

    fn slice(mut self, seconds: f64, cpu: Cpu) -> Slice {
        self.micros.sort_unstable();
        let calls = self.micros.len() as u64;
        let for_each = |used: Option<u64>| used.map(|used| used as f64 / calls.max(1) as f64);
        Slice {
            calls,
            seconds,
            p50_us: percentile(&self.micros, 0.5),
            p99_us: percentile(&self.micros, 0.99),
            p999_us: percentile(&self.micros, 0.999),
            server_us: for_each(cpu.server),
            postgres_us: for_each(cpu.postgres),
            client_us: for_each(cpu.client),
            wrong: self.wrong,
            examples: self.examples,
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
            let mut one = Measured { micros: vec![number], ..Measured::default() };
            one.note(format!("wrong {number}"));
            all.add(one);
        }
        let slice = all.slice(2.0, Cpu { server: Some(50), ..Cpu::default() });
        assert_eq!((slice.calls, slice.wrong, slice.examples.len()), (10, 10, WRONG_KEPT));
        assert_eq!((slice.rate(), slice.server_us, slice.client_us), (5.0, Some(5.0), None));
    }
}
