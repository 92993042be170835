//! How programmes take turns in a round of a duty: several at once, and one that fails does not
//! keep the others from theirs.

use std::future::Future;

use futures::StreamExt;
use futures::stream::iter;

use crate::domain::ProgramId;
use crate::store::Failure;

/// Programmes that have their turn at once: one that waits for a lock waits alone.
pub(super) const AT_ONCE: usize = 4;

/// What a round, or a part of it, came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// What went through.
    pub done: u64,
    /// What failed, and was told in the log.
    pub failed: u64,
    /// Whether more is known to be left.
    pub has_more: bool,
}

/// Why a round came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fruitless {
    /// It could not be found out what is due.
    #[error(transparent)]
    Unknown(#[from] Failure),
    /// All of it failed, and each part was told in the log.
    #[error("nothing went through")]
    Told,
}

impl Progress {
    /// One failure, which is told in the log.
    pub(super) fn failed(duty: &'static str, program: &ProgramId, failure: &Failure) -> Self {
        tracing::warn!(duty, %program, %failure, "a background duty failed for a programme");
        Self { failed: 1, ..Self::default() }
    }

    /// Adds what another part came to.
    pub(super) fn add(&mut self, part: Self) {
        self.done += part.done;
        self.failed += part.failed;
        self.has_more |= part.has_more;
    }

    /// The end of a round, which failed only if nothing went through.
    pub(super) fn end(self) -> Result<Self, Fruitless> {
        match (self.failed, self.done) {
            (0, _) => Ok(self),
            (_, 0) => Err(Fruitless::Told),
            // What is left may be what failed: it is not tried again at once.
            _ => Ok(Self { has_more: false, ..self }),
        }
    }
}

/// Gives every programme its turn.
pub(super) async fn in_turns<F>(
    duty: &'static str,
    programs: Vec<ProgramId>,
    at_once: usize,
    turn: impl Fn(ProgramId) -> F,
) -> Progress
where
    F: Future<Output = Result<Progress, Failure>>,
{
    let turn = &turn;
    let turns = iter(programs).map(|program| async move {
        let ended = turn(program.clone()).await;
        ended.unwrap_or_else(|failure| Progress::failed(duty, &program, &failure))
    });
    let mut all = Progress::default();
    let mut turns = std::pin::pin!(turns.buffer_unordered(at_once));
    while let Some(part) = turns.next().await {
        all.add(part);
    }
    all
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::sync::Barrier;

    use super::*;

    fn programs(names: &[&str]) -> Vec<ProgramId> {
        names.iter().map(|name| ProgramId::stored(name)).collect()
    }

    fn went_through() -> Progress {
        Progress { done: 1, ..Progress::default() }
    }

    #[tokio::test]
    async fn one_that_fails_does_not_keep_the_others_from_their_turn() {
        let had_turns = Mutex::new(Vec::new());
        let all = in_turns("test", programs(&["a", "b", "c"]), 1, async |program| {
            had_turns.lock().expect("no panic").push(program.to_string());
            if program.as_str() == "a" { Err(Failure::Unavailable) } else { Ok(went_through()) }
        })
        .await;
        assert_eq!(*had_turns.lock().expect("no panic"), ["a", "b", "c"]);
        assert_eq!(all, Progress { done: 2, failed: 1, has_more: false });
        all.end().expect("something went through");
    }

    #[tokio::test]
    async fn one_that_waits_does_not_keep_the_others_from_their_turn() {
        let both_are_there = Barrier::new(2);
        let all = in_turns("test", programs(&["a", "b"]), 2, async |_| {
            both_are_there.wait().await;
            Ok(went_through())
        })
        .await;
        assert_eq!(all.done, 2);
    }

    #[tokio::test]
    async fn a_round_fails_only_if_nothing_went_through() {
        let all = in_turns("test", programs(&["a", "b"]), 2, async |program| {
            let nothing = program.as_str() == "b";
            if nothing { Ok(Progress::default()) } else { Err(Failure::Unavailable) }
        })
        .await;
        assert!(matches!(all.end(), Err(Fruitless::Told)));
        Progress::default().end().expect("nothing was due");
    }
}
