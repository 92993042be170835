//! The kinds of work that are measured.

use clap::ValueEnum;

/// SKUs of `spread` and `zipf`.
pub const SPREAD_SKUS: usize = 10_000;
/// SKUs of `three`.
pub const THREE_SKUS: usize = 1_000;

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Workload {
    /// A call of the same size that does nothing.
    Empty,
    /// A transaction of its own for each call: BEGIN, SELECT FOR UPDATE, UPDATE, INSERT, COMMIT.
    Plain,
    /// One-line Reserves of one SKU.
    Hot,
    /// One-line Reserves of 10,000 SKUs at random.
    Spread,
    /// Reserves of three lines of 1,000 SKUs.
    Three,
    /// One caller alone: one-line Reserves, one after the other.
    Alone,
}

/// What a ratio is to reach, and against what.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// The workload that it is compared with.
    pub against: Workload,
    /// The least ratio.
    pub at_least: f64,
}

impl Workload {
    /// Its name, as `--only` takes it.
    #[must_use]
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// What it is, for tables.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Empty => "empty call",
            Self::Plain => "plain transaction for each call",
            Self::Hot => "Reserve, one hot SKU",
            Self::Spread => "Reserve, 10,000 SKUs at random",
            Self::Three => "Reserve, three lines of 1,000 SKUs",
            Self::Alone => "Reserve, one caller alone",
        }
    }

    /// Whether it needs the baselines, which only the bench's own servers have.
    #[must_use]
    pub fn is_baseline(self) -> bool {
        matches!(self, Self::Empty | Self::Plain)
    }

    /// Calls under way at once, where `in_flight` are asked for.
    #[must_use]
    pub fn callers(self, in_flight: usize) -> usize {
        match self {
            Self::Alone => 1,
            _ => in_flight,
        }
    }

    /// What it is to reach.
    #[must_use]
    pub fn goals(self) -> Vec<Goal> {
        let goal = |against, at_least| Goal { against, at_least };
        match self {
            Self::Hot => vec![goal(Self::Empty, 0.70), goal(Self::Plain, 25.0)],
            Self::Spread => vec![goal(Self::Empty, 0.55)],
            Self::Three => vec![goal(Self::Empty, 0.40)],
            Self::Empty | Self::Plain | Self::Alone => Vec::new(),
        }
    }
}
