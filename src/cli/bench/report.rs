//! What a run came to, as one value: tables, Markdown and JSON are made of it.

use serde::Serialize;

use super::machine::Machine;
use super::memory::Memory;
use super::open_loop::OpenLoop;
use super::rounds::{Series, Spread, compare};
use super::slice::Slice;
use super::workload::{Bound, Workload};

/// All of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What it was measured on.
    pub machine: Machine,
    /// Calls under way at once.
    pub in_flight: usize,
    /// Connections that they shared.
    pub connections: usize,
    /// The workloads that took turns.
    pub series: Vec<Series>,
    /// How those compare.
    pub comparisons: Vec<Comparison>,
    /// The same with two servers on one database, the calls split over both.
    pub replicas: Vec<Series>,
    /// How those compare.
    pub replica_comparisons: Vec<Comparison>,
    /// Calls that came when they were due.
    pub open_loop: Option<OpenLoop>,
    /// Many connections.
    pub memory: Option<Memory>,
    /// What Verify looked at.
    pub verified: Verified,
    /// Everything that was wrong; empty = nothing.
    pub wrong: Vec<String>,
}

/// What Verify looked at.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Verified {
    /// Items.
    pub items: i64,
    /// Movements.
    pub movements: i64,
    /// Lines of reservations.
    pub lines: i64,
}

/// How a workload compares with another, in the rounds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Comparison {
    /// The workload.
    pub workload: Workload,
    /// The other.
    pub against: Workload,
    /// What is compared, and what is to be reached.
    pub bound: Bound,
    /// How many times the other's.
    pub ratio: Spread,
    /// The other's processor time for each call, of this one's: what the rates would come to if
    /// nothing but processors counted. Other work on the machine hardly moves it.
    pub by_cpu: Option<f64>,
    /// Whether it is reached; none where nothing is asked.
    pub reached: Option<bool>,
}

/// Compares all that can be compared.
#[must_use]
pub fn comparisons(all: &[Series]) -> Vec<Comparison> {
    let of = |workload: Workload| {
        workload.goals().into_iter().filter_map(move |goal| {
            let ratio = compare(all, workload, goal.against, goal.bound.number())?;
            let reached = match goal.bound {
                Bound::RateAtLeast(least) => Some(ratio.median >= least),
                Bound::P50AtMost(most) => Some(ratio.median <= most),
                Bound::Rate => None,
            };
            let (against, bound) = (goal.against, goal.bound);
            let by_cpu = compare(all, against, workload, Slice::cpu_us).map(|found| found.median);
            Some(Comparison { workload, against, bound, ratio, by_cpu, reached })
        })
    };
    all.iter().flat_map(|series| of(series.workload)).collect()
}

/// The wrong answers of all series, in sentences.
#[must_use]
pub fn complaints<'a>(all: impl Iterator<Item = &'a Series>) -> Vec<String> {
    let wrong = all.filter(|series| series.wrong > 0);
    wrong
        .map(|series| {
            let examples: Vec<&str> = series.examples.iter().take(3).map(String::as_str).collect();
            let (name, examples) = (series.workload.name(), examples.join("; "));
            format!("{name}: {} answers, for example {examples}", series.wrong)
        })
        .collect()
}

impl Bound {
    /// What is compared.
    fn number(self) -> fn(&Slice) -> Option<f64> {
        match self {
            Self::RateAtLeast(_) | Self::Rate => |slice| Some(slice.rate()),
            Self::P50AtMost(_) => |slice| Some(slice.p50_us.into()),
        }
    }

    /// What is asked, for tables.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::RateAtLeast(least) => format!(">= {least}"),
            Self::P50AtMost(most) => format!("p50 <= {most}"),
            Self::Rate => String::new(),
        }
    }
}
