//! Reads the stream.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use tracing::Instrument;

use super::{Changes, Published, What};
use crate::domain::{Customer, Location, ProgramId, ReservationId, Sku};
use crate::store::{Failure, Store, statement};

/// The cursors that can be had of a stream: events behind each of them follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The place of the last event that is kept no more; 0 = all are kept.
    pub oldest: i64,
    /// The place of the newest event; 0 = there is none.
    pub newest: i64,
}

/// Why events were not read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// Some behind the cursor are kept no more.
    #[error("events up to position {oldest} are kept no more")]
    TooOld {
        /// The oldest cursor that can be had.
        oldest: i64,
    },
    /// The database is not available.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// A stream whose places do not follow one another, though nothing of it was forgotten.
#[derive(Debug, thiserror::Error)]
#[error("the stream of {program} has a gap behind position {after}")]
struct Gap {
    program: ProgramId,
    after: i64,
}

/// A row of `read_events.sql`.
#[derive(sqlx::FromRow)]
struct Row {
    position: i64,
    sku: String,
    version: i64,
    part: i32,
    at: DateTime<Utc>,
    reservation: Option<String>,
    customer: Option<String>,
    location: Option<String>,
    reference: String,
    on_hand: i64,
    allocated: i64,
    backordered: i64,
    bumped: i64,
    inbound: i64,
    damaged: i64,
    event: Json<Value>,
}

impl Row {
    fn event(self, program: &ProgramId) -> Published {
        Published {
            program: program.clone(),
            position: self.position,
            sku: Sku::stored(&self.sku),
            version: self.version,
            part: self.part,
            at: self.at,
            reservation: self.reservation.as_deref().map(ReservationId::stored),
            customer: self.customer.as_deref().map(Customer::stored),
            location: self.location.as_deref().map(Location::stored),
            reference: self.reference,
            changes: Changes {
                on_hand: self.on_hand,
                allocated: self.allocated,
                backordered: self.backordered,
                bumped: self.bumped,
                inbound: self.inbound,
                damaged: self.damaged,
            },
            what: What::stored(self.event.0),
        }
    }
}

impl Store {
    /// The next events of a programme behind a place, at most `limit`, none left out. Empty = that
    /// is the newest.
    ///
    /// # Errors
    ///
    /// They are kept no more, or the database is not available.
    pub async fn events(
        &self,
        program: &ProgramId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Published>, Unread> {
        let (pool, readers, of) = (self.pool.clone(), self.readers.clone(), program.clone());
        let rows: Vec<Row> = self
            .detached(async move {
                // Listeners never have more connections than these, whatever their number.
                let _turn = readers.acquire().await;
                sqlx::query_as(include_str!("../sql/read_events.sql"))
                    .bind(of.as_str())
                    .bind(after)
                    .bind(limit)
                    .fetch_all(&pool)
                    .instrument(statement("read_events"))
                    .await
            })
            .await?;
        let follow = (after + 1..).zip(&rows).all(|(place, row)| place == row.position);
        if rows.is_empty() || !follow {
            let oldest = self.tail(program).await?;
            if oldest > after {
                return Err(Unread::TooOld { oldest });
            }
        }
        if !follow {
            return Err(Failure::incident(&Gap { program: program.clone(), after }).into());
        }
        Ok(rows.into_iter().map(|row| row.event(program)).collect())
    }

    /// The place of the last event of a programme that is kept no more.
    async fn tail(&self, program: &ProgramId) -> Result<i64, Failure> {
        let (pool, of) = (self.pool.clone(), program.clone());
        let tail: Option<i64> = self
            .detached(async move {
                sqlx::query_scalar(include_str!("../sql/read_tail.sql"))
                    .bind(of.as_str())
                    .fetch_optional(&pool)
                    .instrument(statement("read_tail"))
                    .await
            })
            .await?;
        Ok(tail.unwrap_or_default())
    }

    /// Which cursors can be had of a programme's stream.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn stretch(&self, program: &ProgramId) -> Result<Stretch, Failure> {
        let (pool, of) = (self.pool.clone(), program.clone());
        let (oldest, newest): (i64, i64) = self
            .detached(async move {
                sqlx::query_as(include_str!("../sql/read_stretch.sql"))
                    .bind(of.as_str())
                    .fetch_one(&pool)
                    .instrument(statement("read_stretch"))
                    .await
            })
            .await?;
        self.heads.reached(program, newest);
        Ok(Stretch { oldest, newest })
    }

    /// The places of the newest events of every programme that has any.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn all_heads(&self) -> Result<Vec<(ProgramId, i64)>, Failure> {
        let pool = self.pool.clone();
        let rows: Vec<(String, i64)> = self
            .detached(async move {
                sqlx::query_as(include_str!("../sql/list_heads.sql"))
                    .fetch_all(&pool)
                    .instrument(statement("list_heads"))
                    .await
            })
            .await?;
        Ok(rows.into_iter().map(|(program, head)| (ProgramId::stored(&program), head)).collect())
    }

    /// Tells those who follow streams what was published meanwhile, by whichever replica.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn look_at_heads(&self) -> Result<(), Failure> {
        let programs = self.heads.programs();
        if programs.is_empty() {
            return Ok(());
        }
        let pool = self.pool.clone();
        let names: Vec<String> = programs.iter().map(ToString::to_string).collect();
        let rows: Vec<(String, i64)> = self
            .detached(async move {
                sqlx::query_as(include_str!("../sql/read_heads.sql"))
                    .bind(names)
                    .fetch_all(&pool)
                    .instrument(statement("read_heads"))
                    .await
            })
            .await?;
        for (program, head) in rows {
            self.heads.reached(&ProgramId::stored(&program), head);
        }
        Ok(())
    }
}
