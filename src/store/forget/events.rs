//! Forgets the oldest events of a stream.
//!
//! An event is a line of the ledger and stays there; what goes is its place in the stream. Places
//! go from the front, so that what is left has no gap, and the tail, up to which they are gone,
//! moves in the same transaction.

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection};
use tracing::Instrument;

use crate::domain::ProgramId;
use crate::store::{Failure, Store, statement};

/// What a step came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct ForgottenEvents {
    /// Events.
    pub events: i64,
    /// Whether a sink has yet to pass events that are old enough.
    pub held: bool,
    /// Whether more is known to be left.
    pub has_more: bool,
}

/// A sink that is behind.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SlowSink {
    /// Its kind.
    pub kind: String,
    /// Its id, or the first part of NATS's subjects.
    pub sink: String,
    /// The place of the last event that was delivered or filtered out.
    pub position: i64,
    /// The place of the newest event.
    pub head: i64,
}

impl Store {
    /// Forgets events of a programme made before an instant, of at most so many transactions, the
    /// oldest first: those that every sink has passed, but parked ones. Does nothing while another
    /// process forgets something of the programme; then more may be left.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn forget_events(
        &self,
        program: &ProgramId,
        before: DateTime<Utc>,
        rows: i64,
    ) -> Result<ForgottenEvents, Failure> {
        let (pool, program) = (self.pool.clone(), program.clone());
        self.detached(async move {
            let mut connection = pool.acquire().await?;
            let mut transaction = connection.begin().await?;
            let Some(tail) = lock_tail(&mut transaction, &program).await? else {
                transaction.rollback().await?;
                return Ok(ForgottenEvents { has_more: true, ..ForgottenEvents::default() });
            };
            let forgotten = sqlx::query_as(include_str!("../sql/forget_events.sql"))
                .bind(program.as_str())
                .bind(before)
                .bind(tail)
                .bind(rows)
                .fetch_one(&mut *transaction)
                .instrument(statement("forget_events"))
                .await?;
            transaction.commit().instrument(statement("commit")).await?;
            Ok(forgotten)
        })
        .await
    }

    /// The sink of a programme that has come least far, parked ones left out.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn slowest_sink(&self, program: &ProgramId) -> Result<Option<SlowSink>, Failure> {
        let (pool, program) = (self.pool.clone(), program.clone());
        self.detached(async move {
            sqlx::query_as(include_str!("../sql/slowest_sink.sql"))
                .bind(program.as_str())
                .fetch_optional(&pool)
                .instrument(statement("slowest_sink"))
                .await
        })
        .await
    }
}

/// Up to which place all is forgotten, held for this transaction. `None` = another holds it.
pub(super) async fn lock_tail(
    connection: &mut PgConnection,
    program: &ProgramId,
) -> Result<Option<i64>, sqlx::Error> {
    if let Some(tail) = try_tail(connection, program).await? {
        return Ok(Some(tail));
    }
    sqlx::query(include_str!("../sql/insert_feed_tail.sql"))
        .bind(program.as_str())
        .execute(&mut *connection)
        .instrument(statement("insert_feed_tail"))
        .await?;
    try_tail(connection, program).await
}

async fn try_tail(
    connection: &mut PgConnection,
    program: &ProgramId,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(include_str!("../sql/lock_feed_tail.sql"))
        .bind(program.as_str())
        .fetch_optional(connection)
        .instrument(statement("lock_feed_tail"))
        .await
}
