//! The kinds of work that are measured, and what each is to reach.

use clap::ValueEnum;
use serde::Serialize;

/// Calls of BatchReserve under way at once: each is a thousand Reserves, and more than a few would
/// be more than a server lets wait.
const BATCHES_IN_FLIGHT: usize = 4;
/// Reserves in one call of BatchReserve.
pub const BATCH: usize = 1_000;
/// SKUs in one call of GetAvailability, where it asks for many.
pub const MANY: usize = 100;
/// SKUs of `spread` and `zipf`, and of both reads.
pub const SPREAD_SKUS: usize = 10_000;
/// SKUs of `three`.
pub const THREE_SKUS: usize = 1_000;

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
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
    /// One-line Reserves of 10,000 SKUs, the second half as wanted as the first, and so on.
    Zipf,
    /// Backorders of one SKU, accepted: its queue grows.
    Backorder,
    /// Backorders of one SKU, refused at its cap.
    Refused,
    /// BatchReserve of a thousand one-line Reserves of one SKU; counted in Reserves.
    Batch,
    /// A buyer's whole visit to one SKU: Reserve, then Confirm of the same order.
    Checkout,
    /// GetAvailability of one SKU.
    Availability,
    /// GetAvailability of a hundred SKUs.
    Availability100,
    /// One caller alone: one-line Reserves, one after the other.
    Alone,
    /// A commit of one row by pgbench, one after the other, for comparison with `alone`.
    Commit,
    /// `hot` on two servers that share the database.
    Replicas,
    /// `hot` at half of its rate, calls coming when they are due and not when others end.
    OpenLoop,
    /// `hot` with 1,000 connections, for the server's memory.
    Memory,
    /// One-line Reserves of as many SKUs as there are by now, at random: of a study alone.
    #[value(skip)]
    Grown,
}

/// What a workload is to reach, and against what.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Goal {
    /// The workload that it is compared with.
    pub against: Workload,
    /// The bound.
    pub bound: Bound,
}

/// A bound of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The rate is at least so many times the other's.
    RateAtLeast(f64),
    /// The median time of a call is at most so many times the other's.
    P50AtMost(f64),
    /// The rates are compared, and nothing is asked.
    Rate,
}

impl Workload {
    /// Those of a run that ends within a minute.
    pub const QUICK: [Self; 7] = [
        Self::Empty,
        Self::Plain,
        Self::Hot,
        Self::Spread,
        Self::Three,
        Self::Batch,
        Self::Backorder,
    ];

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
            Self::Zipf => "Reserve, 10,000 SKUs by Zipf",
            Self::Backorder => "Backorder, accepted",
            Self::Refused => "Backorder, refused at the cap",
            Self::Batch => "BatchReserve of 1,000",
            Self::Checkout => "Reserve, then Confirm, one hot SKU",
            Self::Availability => "GetAvailability of 1 SKU",
            Self::Availability100 => "GetAvailability of 100 SKUs",
            Self::Alone => "Reserve, one caller alone",
            Self::Commit => "commit of one row by pgbench",
            Self::Replicas => "Reserve, one hot SKU, two servers",
            Self::OpenLoop => "Reserve, one hot SKU, open loop",
            Self::Memory => "Reserve, one hot SKU, 1,000 connections",
            Self::Grown => "Reserve, any SKU at random",
        }
    }

    /// Whether it takes turns with others in rounds; the rest is measured afterwards.
    #[must_use]
    pub fn takes_turns(self) -> bool {
        !matches!(self, Self::Replicas | Self::OpenLoop | Self::Memory)
    }

    /// Whether only the bench's own ground has what it needs.
    #[must_use]
    pub fn needs_own_server(self) -> bool {
        matches!(self, Self::Empty | Self::Plain | Self::Commit | Self::Replicas)
    }

    /// Calls under way at once, where `in_flight` are asked for.
    #[must_use]
    pub fn callers(self, in_flight: usize) -> usize {
        match self {
            Self::Alone | Self::Commit => 1,
            Self::Batch => BATCHES_IN_FLIGHT,
            _ => in_flight,
        }
    }

    /// What one call counts as.
    #[must_use]
    pub fn counts(self) -> u64 {
        if self == Self::Batch { BATCH as u64 } else { 1 }
    }

    /// What it is compared with, and what it is to reach.
    #[must_use]
    pub fn goals(self) -> Vec<Goal> {
        let goal = |against, bound| Goal { against, bound };
        let rate = |least| goal(Self::Empty, Bound::RateAtLeast(least));
        match self {
            Self::Hot => vec![rate(0.70), goal(Self::Plain, Bound::RateAtLeast(25.0))],
            Self::Spread => vec![rate(0.55)],
            Self::Three => vec![rate(0.40)],
            Self::Batch => vec![goal(Self::Hot, Bound::RateAtLeast(5.0))],
            Self::Alone => vec![goal(Self::Commit, Bound::P50AtMost(2.0))],
            Self::Empty | Self::Commit => Vec::new(),
            _ => vec![goal(Self::Empty, Bound::Rate)],
        }
    }
}
