//! The course of a run: in every round one slice of every workload, in turn, so that whatever else
//! the machine does hits all alike; and the comparison of each slice with its round's others.

use std::sync::Arc;
use std::time::Duration;

use tonic::transport::Channel;

use super::caller::Caller;
use super::cpu::Cpu;
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

/// All slices of a run, by workload, then by round.
pub type Slices = Vec<(Workload, Vec<Slice>)>;

/// The median, the least and the greatest of a number in the rounds.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
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
    pub async fn run(
        &self,
        shop: &Arc<Shop>,
        channels: &[Channel],
        cpu: impl Fn() -> Cpu,
    ) -> Slices {
        let mut slices: Slices = self.workloads.iter().map(|of| (*of, Vec::new())).collect();
        let steps = self.workloads.len() * (self.rounds + 1);
        let progress = Progress::start("measuring", steps);
        for round in 0..=self.rounds {
            let time = if round == 0 { self.time / 2 } else { self.time };
            for (workload, kept) in &mut slices {
                let callers = self.callers(*workload, shop, channels, round);
                let slice = Slice::measure(callers, time, &cpu).await;
                // A wrong answer counts whenever it comes.
                if round > 0 || slice.wrong > 0 {
                    kept.push(slice);
                }
                progress.step();
            }
        }
        progress.finish();
        slices
    }

    fn callers(
        &self,
        workload: Workload,
        shop: &Arc<Shop>,
        channels: &[Channel],
        round: usize,
    ) -> Vec<Caller> {
        let caller = |number: usize| {
            let channel = channels[number % channels.len()].clone();
            let seed = (round * self.in_flight + number) as u64;
            Caller::new(workload, shop.clone(), channel, seed)
        };
        (0..workload.callers(self.in_flight)).map(caller).collect()
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

/// A number of each slice of a workload.
#[must_use]
pub fn spread(slices: &[Slice], number: impl Fn(&Slice) -> f64) -> Option<Spread> {
    Spread::of(slices.iter().map(number).collect())
}

/// The rates of `workload` against those of `against`, round by round.
#[must_use]
pub fn ratio(slices: &Slices, workload: Workload, against: Workload) -> Option<Spread> {
    let of = |wanted: Workload| slices.iter().find(|(found, _)| *found == wanted);
    let ((_, above), (_, below)) = of(workload).zip(of(against))?;
    Spread::of(above.iter().zip(below).map(|(one, other)| one.rate() / other.rate()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slices(rates: &[u64]) -> Vec<Slice> {
        rates.iter().map(|rate| Slice { calls: *rate, seconds: 1.0, ..Slice::default() }).collect()
    }

    #[test]
    fn ratios_compare_slices_of_the_same_round() {
        let all =
            vec![(Workload::Empty, slices(&[10, 20, 40])), (Workload::Hot, slices(&[5, 20, 30]))];
        let found = ratio(&all, Workload::Hot, Workload::Empty).expect("both are there");
        assert_eq!(found, Spread { median: 0.75, min: 0.5, max: 1.0 });
        assert_eq!(ratio(&all, Workload::Hot, Workload::Plain), None);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        let spread = Spread::of(vec![4.0, 1.0, 2.0, 3.0]).expect("numbers");
        assert_eq!((spread.median, spread.min, spread.max), (2.5, 1.0, 4.0));
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
