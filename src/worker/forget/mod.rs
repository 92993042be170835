//! Forgets what was kept long enough. Nobody waits for it: each step is small, and rests follow.

pub(super) mod answers;
pub(super) mod events;
pub(super) mod ledger;

use std::time::Duration;

/// How long to rest after everything was looked at.
pub(super) const FORGET_EVERY: Duration = Duration::from_secs(600);
/// How long to rest between rounds while more is left.
const REST: Duration = Duration::from_secs(1);
