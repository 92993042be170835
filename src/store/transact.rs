//! Tries a batch until it is done, is known not to be, or time is up.

use std::time::{Duration, Instant};

use tracing::Instrument;

use super::attempt::Miss;
use super::failure::{Fault, classify};
use super::{Body, Failure, Foreseen, Store};
use crate::domain::{Answer, Command, ProgramId, Refusal, Request};
use crate::store::statement;
use crate::telemetry::metrics::metrics;

/// How long a batch is tried. Longer than a stopped replica can hold a lock.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a lost commit is looked up.
const DOUBT_PATIENCE: Duration = Duration::from_secs(20);
/// The first pause between two tries; each further one is twice as long, up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(5);
/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_millis(250);

/// What one member of a batch gets.
#[derive(Clone, Debug)]
pub enum Reply {
    /// It was decided now.
    Fresh(Box<Result<Answer, Refusal>>),
    /// It was decided before, and this is what was stored.
    Stored(Body),
    /// It could not be decided, though its mates were.
    Failed(Failure),
}

/// The tries at one batch.
struct Tries {
    start: Instant,
    pause: Duration,
    in_doubt: bool,
}

impl Tries {
    fn new() -> Self {
        Self { start: Instant::now(), pause: PAUSE, in_doubt: false }
    }

    /// Waits before the next try, or gives up.
    async fn again(&mut self, cause: &'static str) -> Result<(), Failure> {
        metrics().retried(cause);
        if self.is_over() {
            return Err(self.give_up());
        }
        tracing::debug!(cause, "a batch is tried again");
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        Ok(())
    }

    /// Whether time is up. A million expired holds take minutes to sweep, and their item's lane
    /// waits.
    fn is_over(&self) -> bool {
        let patience = if self.in_doubt { DOUBT_PATIENCE } else { PATIENCE };
        self.start.elapsed() > patience
    }

    fn give_up(&self) -> Failure {
        if self.in_doubt { Failure::OutcomeUnknown } else { Failure::Unavailable }
    }
}

impl Store {
    /// Runs a batch of one programme as one transaction, and answers each member: as foreseen,
    /// where that comes about.
    ///
    /// A lost commit is never run again blindly: once its backend is gone, the next try finds the
    /// stored answers if it was done, and does it if it was not.
    ///
    /// # Errors
    ///
    /// The database is not available (nothing was done), a commit's outcome could not be looked up,
    /// or something that should not happen (nothing was done).
    pub async fn transact(
        &self,
        program: &ProgramId,
        requests: &[Request],
        foreseen: Option<Foreseen>,
    ) -> Result<Vec<Reply>, Failure> {
        let mut tries = Tries::new();
        let mut outcome = self.first_attempt(program, requests, foreseen).await;
        loop {
            let miss = match outcome {
                Ok(replies) => return Ok(replies),
                Err(miss) => miss,
            };
            match miss {
                Miss::MoreDue(_) if tries.is_over() => return Err(tries.give_up()),
                Miss::MoreDue(sku) => {
                    let tend = Request { id: None, hash: [0; 32], command: Command::Tend { sku } };
                    if let Err(Miss::Failed(error)) = self.attempt(program, &[tend]).await {
                        tracing::debug!(%error, "a sweep failed; it is tried again");
                        tries.again("sweep").await?;
                    }
                }
                Miss::Overtaken(what) => tries.again(what).await?,
                Miss::Failed(error) => match classify(&error) {
                    Fault::Transient(cause) => tries.again(cause).await?,
                    Fault::Lasting if tries.in_doubt => return Err(tries.give_up()),
                    Fault::Lasting => return Err(Failure::incident(&error)),
                },
                Miss::CommitLost { backend, began } => {
                    tries.in_doubt = true;
                    tracing::warn!(backend, "the answer to a commit was lost; looking it up");
                    self.wait_until_gone(backend, began, &mut tries).await?;
                }
            }
            outcome = self.attempt(program, requests).await;
        }
    }

    /// Waits until the backend that was committing is gone: what it did is settled then.
    async fn wait_until_gone(
        &self,
        backend: i32,
        began: crate::domain::Time,
        tries: &mut Tries,
    ) -> Result<(), Failure> {
        loop {
            let lives: Result<bool, sqlx::Error> =
                sqlx::query_scalar(include_str!("sql/backend_lives.sql"))
                    .bind(backend)
                    .bind(began)
                    .fetch_one(&self.pool)
                    .instrument(statement("backend_lives"))
                    .await;
            match lives {
                Ok(false) => return Ok(()),
                Ok(true) => tries.again("commit_lost").await?,
                Err(error) => {
                    tracing::debug!(%error, "a lost commit cannot be looked up yet");
                    tries.again("commit_lost").await?;
                }
            }
        }
    }
}
