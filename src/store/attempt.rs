//! One try at a batch: one transaction from BEGIN to COMMIT.

use std::time::Instant;

use sqlx::{Connection, PgConnection};
use tracing::Instrument;

use super::failure;
use super::load::{Loaded, load};
use super::memory;
use super::save::{Unsaved, save};
use super::sessions::Session;
use super::{Body, Reply, Store};
use crate::domain::{Decision, Prior, ProgramId, Request, Sku, Time, decide};
use crate::store::statement;
use crate::telemetry::metrics::metrics;

/// Why a try came to nothing.
#[derive(Debug)]
pub(super) enum Miss {
    /// More expired holds of the item must be swept first.
    MoreDue(Sku),
    /// Another transaction was faster: read again.
    Overtaken(&'static str),
    /// A statement before COMMIT failed; nothing was done.
    Failed(sqlx::Error),
    /// COMMIT failed, and whether it was done is not known.
    CommitLost { backend: i32, began: Time },
}

/// Whether the connection may be used again: its transaction is over.
pub(super) fn is_clean<T>(outcome: &Result<T, Miss>) -> bool {
    match outcome {
        Ok(_) | Err(Miss::MoreDue(_) | Miss::Overtaken(_)) => true,
        Err(Miss::Failed(error)) => matches!(error, sqlx::Error::Database(_)),
        Err(Miss::CommitLost { .. }) => false,
    }
}

impl From<sqlx::Error> for Miss {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Unsaved> for Miss {
    fn from(unsaved: Unsaved) -> Self {
        match unsaved {
            Unsaved::Overtaken(what) => Self::Overtaken(what),
            Unsaved::Failed(error) => Self::Failed(error),
        }
    }
}

impl Store {
    /// Runs a batch once.
    pub(super) async fn attempt(
        &self,
        program: &ProgramId,
        requests: &[Request],
    ) -> Result<Vec<Reply>, Miss> {
        let mut session = self.lanes.acquire().await?;
        self.attempt_on(&mut session, program, requests).await
    }

    /// The same on a connection that is at hand.
    pub(super) async fn attempt_on(
        &self,
        session: &mut Session,
        program: &ProgramId,
        requests: &[Request],
    ) -> Result<Vec<Reply>, Miss> {
        let outcome = self.in_transaction(session.connection()?, program, requests).await;
        session.end(is_clean(&outcome));
        let (backend, replies) = outcome?;
        session.backend = Some(backend);
        Ok(replies)
    }

    /// Tells the backend too.
    async fn in_transaction(
        &self,
        connection: &mut PgConnection,
        program: &ProgramId,
        requests: &[Request],
    ) -> Result<(i32, Vec<Reply>), Miss> {
        let mut transaction = connection.begin().await?;
        let (backend, mut loaded) = load(&mut transaction, program, requests).await?;
        if loaded.is_overtaken {
            transaction.rollback().await?;
            return Err(Miss::Overtaken("reservation"));
        }
        let decisions = match decide(&mut loaded.book, program, requests) {
            Ok(decisions) => decisions,
            Err(sku) => {
                transaction.rollback().await?;
                return Err(Miss::MoreDue(sku));
            }
        };
        let stored = self.stored(&mut transaction, program, requests, &decisions).await?;
        if requests.iter().any(|request| request.command.is_dry_run()) {
            transaction.rollback().await?;
            return Ok((backend, replies(decisions, stored)));
        }
        let saved = self.save_all(&mut transaction, program, requests, &loaded, &decisions);
        let now = match saved.await {
            Ok(now) => now,
            Err(unsaved) => {
                transaction.rollback().await?;
                return Err(unsaved.into());
            }
        };
        let start = Instant::now();
        let committed = transaction.commit().instrument(statement("commit")).await;
        metrics().commit_time.record(start.elapsed().as_secs_f64(), &[]);
        match committed {
            Ok(()) => {
                if memory::is_for(requests) && loaded.book.changes.is_plain() {
                    self.memory.keep(program, &loaded);
                    self.memory.set_clock(now);
                }
                Ok((backend, replies(decisions, stored)))
            }
            Err(error) if failure::is_in_doubt(&error) => {
                Err(Miss::CommitLost { backend, began: loaded.book.now })
            }
            Err(error) => Err(Miss::Failed(error)),
        }
    }

    pub(super) async fn save_all(
        &self,
        connection: &mut PgConnection,
        program: &ProgramId,
        requests: &[Request],
        loaded: &Loaded,
        decisions: &[Decision],
    ) -> Result<Option<Time>, Unsaved> {
        save(connection, program, loaded, &self.answers(requests, decisions)).await
    }

    /// The answers that are to be stored.
    pub(super) fn answers<'r>(
        &self,
        requests: &'r [Request],
        decisions: &[Decision],
    ) -> Vec<(&'r Request, Body)> {
        let fresh = requests.iter().zip(decisions).filter_map(|(request, decision)| {
            let Decision::Fresh(outcome) = decision else { return None };
            let remembered = outcome.as_ref().err().is_none_or(|refusal| refusal.is_remembered());
            let body = || (self.encode)(&request.command, outcome);
            (request.id.is_some() && remembered).then(|| (request, body()))
        });
        fresh.collect()
    }

    /// The stored answers to the members that repeat an earlier request.
    pub(super) async fn stored(
        &self,
        connection: &mut PgConnection,
        program: &ProgramId,
        requests: &[Request],
        decisions: &[Decision],
    ) -> Result<Vec<Option<Body>>, sqlx::Error> {
        let wanted = |(request, decision): (&Request, &Decision)| match decision {
            Decision::Again(Prior::Stored) => request.id.as_ref().map(ToString::to_string),
            _ => None,
        };
        let ids: Vec<Option<String>> = requests.iter().zip(decisions).map(wanted).collect();
        if ids.iter().all(Option::is_none) {
            return Ok(vec![None; ids.len()]);
        }
        let rows: Vec<(String, bool, Vec<u8>)> =
            sqlx::query_as(include_str!("sql/load_answers.sql"))
                .bind(program.as_str())
                .bind(ids.iter().flatten().collect::<Vec<_>>())
                .fetch_all(connection)
                .instrument(statement("load_answers"))
                .await?;
        let body = |id: &String| {
            let (_, is_refusal, bytes) = rows.iter().find(|(request, ..)| request == id)?;
            Some(Body { is_refusal: *is_refusal, bytes: bytes.clone() })
        };
        Ok(ids.iter().map(|id| id.as_ref().and_then(body)).collect())
    }
}

pub(super) fn replies(decisions: Vec<Decision>, stored: Vec<Option<Body>>) -> Vec<Reply> {
    let mut replies: Vec<Reply> = Vec::with_capacity(decisions.len());
    for (decision, body) in decisions.into_iter().zip(stored) {
        let reply = match (decision, body) {
            (Decision::Fresh(outcome), _) => Reply::Fresh(Box::new(outcome)),
            (Decision::Again(Prior::Member(index)), _) => replies[index].clone(),
            (Decision::Again(Prior::Stored), Some(body)) => Reply::Stored(body),
            (Decision::Again(Prior::Stored), None) => {
                unreachable!("an answer that was seen in this transaction is there")
            }
        };
        replies.push(reply);
    }
    replies
}
