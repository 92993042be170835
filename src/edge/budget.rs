//! How many lines of log failures may cost.
//!
//! When the house is full or the database is gone, thousands of calls a second fail in the same
//! way. The metrics count each; the log has room for some of them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// Lines a second.
const LINES_MAX: u64 = 100;

/// The lines of the current second. Two threads at the turn of a second may spend a few too many.
pub(super) struct Budget {
    began: Instant,
    second: AtomicU64,
    spent: AtomicU64,
    left_out: AtomicU64,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            second: AtomicU64::new(0),
            spent: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
        }
    }

    /// Whether one more line may be written now: `Some` with how many were left out since the last
    /// one.
    pub(super) fn take(&self) -> Option<u64> {
        self.take_at(self.began.elapsed().as_secs())
    }

    fn take_at(&self, second: u64) -> Option<u64> {
        if self.second.swap(second, Relaxed) != second {
            self.spent.store(0, Relaxed);
        }
        if self.spent.fetch_add(1, Relaxed) < LINES_MAX {
            return Some(self.left_out.swap(0, Relaxed));
        }
        self.left_out.fetch_add(1, Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_budget_are_counted_and_told_with_the_next_one() {
        let budget = Budget::new();
        for _ in 0..LINES_MAX {
            assert_eq!(budget.take_at(7), Some(0));
        }
        assert_eq!((budget.take_at(7), budget.take_at(7)), (None, None));
        assert_eq!(budget.take_at(8), Some(2));
        assert_eq!(budget.take_at(8), Some(0));
    }
}
