//! Studies: what takes minutes to prepare, and is asked for by name. Long queues and many holds at
//! once (`long`), millions of items and past reservations (`growth`), a hot SKU beside quiet ones
//! (`fairness`), and memory over time (`soak`).
//!
//! Each is a list of findings, some with an aim. They need a server of the bench's own.

mod crowd;
mod expiry;
mod fairness;
mod growth;
mod queue;
mod soak;
mod stage;

use std::fmt;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::ground::Ground;
use super::machine::Machine;
use super::report::Verified;
use super::table::Grid;
use stage::Stage;

/// Which studies, and how large.
#[derive(Args, Debug)]
pub struct StudyArgs {
    /// Study long queues and many holds that run out at once, instead of rounds.
    #[arg(long)]
    long: bool,

    /// Lines of the queue of `--long`, and as many holds.
    #[arg(long, value_name = "N", default_value_t = 1_000_000,
          value_parser = clap::value_parser!(i64).range(200..=100_000_000))]
    queue: i64,

    /// Study Reserves among more and more items and past reservations, instead of rounds.
    #[arg(long)]
    growth: bool,

    /// Items of `--growth`, in steps. 10,000,000 need 15 GB and half an hour.
    #[arg(long, value_name = "N,..", value_delimiter = ',', default_value = "10000,1000000")]
    items: Vec<i64>,

    /// Past reservations of `--growth`. 20,000,000 need 25 GB and an hour.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    past: i64,

    /// Study quiet SKUs beside a hot one, instead of rounds.
    #[arg(long)]
    fairness: bool,

    /// Study memory for so many minutes of load, instead of rounds.
    #[arg(long, value_name = "MINUTES")]
    soak: Option<f64>,

    /// Most memory that the server of `--soak` is to take, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 100.0)]
    soak_memory: f64,

    /// Exit with 1 where a study misses an aim.
    #[arg(long)]
    strict: bool,
}

/// What the studies came to.
#[derive(Debug, Serialize)]
pub struct Studied {
    /// What they were made on.
    pub machine: Machine,
    /// In order.
    pub findings: Vec<Finding>,
    /// What Verify looked at.
    pub verified: Verified,
    /// Everything that was wrong; empty = nothing.
    pub wrong: Vec<String>,
}

/// One number.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// What it says.
    pub what: String,
    /// The number.
    pub found: f64,
    /// Of what.
    pub unit: &'static str,
    /// What it is to be.
    pub aim: Option<Aim>,
    /// Whether it is; none where nothing is asked.
    pub reached: Option<bool>,
}

/// What a number is to be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// This, or less.
    AtMost(f64),
    /// This, or more.
    AtLeast(f64),
}

impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "<= {most}"),
            Self::AtLeast(least) => write!(f, ">= {least}"),
        }
    }
}

impl StudyArgs {
    /// Whether any was asked for.
    #[must_use]
    pub fn any(&self) -> bool {
        self.long || self.growth || self.fairness || self.soak.is_some()
    }

    /// Whether an aim that is missed is a failure.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.strict
    }
}

/// Makes the studies that were asked for, one after the other.
///
/// # Errors
/// The server or the database fails. Wrong answers are no error; they are told.
pub async fn run(
    args: &StudyArgs,
    ground: &mut Ground,
    in_flight: usize,
    connections: usize,
    time: Duration,
) -> anyhow::Result<Studied> {
    let mut stage = Stage::set(ground, in_flight, connections, time).await?;
    if args.long {
        queue::study(&mut stage, args.queue).await?;
        expiry::study(&mut stage, args.queue).await?;
    }
    if args.fairness {
        fairness::study(&mut stage).await?;
    }
    if args.growth {
        growth::study(&mut stage, &args.items, args.past).await?;
    }
    if let Some(minutes) = args.soak {
        soak::study(&mut stage, minutes, args.soak_memory).await?;
    }
    stage.end().await
}

impl Finding {
    fn new(what: &str, found: f64, unit: &'static str, aim: Option<Aim>) -> Self {
        let reached = aim.map(|aim| match aim {
            Aim::AtMost(most) => found <= most,
            Aim::AtLeast(least) => found >= least,
        });
        Self { what: what.to_owned(), found, unit, aim, reached }
    }
}

impl Studied {
    /// A sentence for each aim that was missed.
    #[must_use]
    pub fn missed(&self) -> Vec<String> {
        let missed = |finding: &Finding| {
            let aim = finding.aim.filter(|_| finding.reached == Some(false))?;
            let Finding { what, found, unit, .. } = finding;
            Some(format!("{what}: {found:.2} {unit}, not {aim}"))
        };
        self.findings.iter().filter_map(missed).collect()
    }

    /// As a table.
    #[must_use]
    pub fn grid(&self) -> Grid {
        let mut grid = Grid::new(&["study", "found", "unit", "aim"]);
        for finding in &self.findings {
            let aim = finding.aim.map(|aim| aim.to_string()).unwrap_or_default();
            let digits = if finding.found >= 1_000.0 { 0 } else { 2 };
            let found = format!("{:.digits$}", finding.found);
            let row = vec![finding.what.clone(), found, finding.unit.to_owned(), aim];
            grid.add(row, finding.reached);
        }
        grid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aim_is_reached_or_not() {
        let reached = |found, aim| Finding::new("it", found, "ms", Some(aim)).reached;
        assert_eq!(reached(50.0, Aim::AtMost(50.0)), Some(true));
        assert_eq!(reached(50.1, Aim::AtMost(50.0)), Some(false));
        assert_eq!(reached(2.0, Aim::AtLeast(3.0)), Some(false));
        assert_eq!(Finding::new("it", 1.0, "ms", None).reached, None);
    }
}
