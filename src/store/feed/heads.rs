//! How far streams have come, for those who wait for more.
//!
//! Nobody who waits asks the database: the relay says what it published itself, and asks once for
//! all of them what other replicas did.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::domain::ProgramId;

/// The heads of the streams that somebody follows. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Heads {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    followed: Mutex<HashMap<ProgramId, watch::Sender<i64>>>,
    /// Counts what the relay of this process published, of whatever programme.
    published: watch::Sender<u64>,
}

impl Heads {
    /// Follows a stream: the place of its newest event, as far as this process knows.
    #[must_use]
    pub fn follow(&self, program: &ProgramId) -> watch::Receiver<i64> {
        self.followed().entry(program.clone()).or_default().subscribe()
    }

    /// Changes whenever this process published something.
    #[must_use]
    pub fn published(&self) -> watch::Receiver<u64> {
        self.shared.published.subscribe()
    }

    /// The programmes whose streams are followed. Forgets those that nobody follows any more.
    #[must_use]
    pub fn programs(&self) -> Vec<ProgramId> {
        let mut followed = self.followed();
        followed.retain(|_, head| head.receiver_count() > 0);
        followed.keys().cloned().collect()
    }

    /// Tells followers that a stream has come so far.
    pub(super) fn reached(&self, program: &ProgramId, position: i64) {
        if let Some(head) = self.followed().get(program) {
            head.send_if_modified(|head| {
                let is_further = *head < position;
                *head = position.max(*head);
                is_further
            });
        }
    }

    /// Tells that this process published something.
    pub(super) fn has_published(&self) {
        self.shared.published.send_modify(|count| *count += 1);
    }

    fn followed(&self) -> MutexGuard<'_, HashMap<ProgramId, watch::Sender<i64>>> {
        self.shared.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
