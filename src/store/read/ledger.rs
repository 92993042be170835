//! The ledger, and the proof that its sums equal the counters.

use chrono::{DateTime, Utc};
use sqlx::Connection;
use tracing::Instrument;

use crate::domain::movement::{Delta, Movement};
use crate::domain::{Location, ProgramId, ReservationId, Sku, Time};
use crate::store::rows::kind;
use crate::store::statement;
use crate::store::{Failure, Store, connect};

/// A movement, and when it was.
#[derive(Clone, Debug)]
pub struct LedgerLine {
    /// The movement.
    pub movement: Movement,
    /// When, by the database's clock.
    pub at: Time,
}

/// What Verify found.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// Items looked at.
    pub items: i64,
    /// Movements summed up.
    pub movements: i64,
    /// Lines summed up.
    pub lines: i64,
    /// What differs.
    pub discrepancies: Vec<Discrepancy>,
}

/// A counter that differs from what it is the sum of.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Discrepancy {
    /// The item.
    pub sku: String,
    /// The location, where it is a counter of one.
    pub location: Option<String>,
    /// Which counter, against what.
    pub what: String,
    /// What the counter says.
    pub counter: i64,
    /// What the sum says.
    pub total: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    version: i64,
    part: i32,
    kind: String,
    location: Option<String>,
    on_hand: i64,
    allocated: i64,
    backordered: i64,
    bumped: i64,
    damaged: i64,
    inbound: i64,
    reservation: Option<String>,
    reference: String,
    at: DateTime<Utc>,
}

impl Row {
    fn line(self, sku: &Sku) -> Option<LedgerLine> {
        let delta = Delta {
            location: self.location.as_deref().map(Location::stored),
            on_hand: self.on_hand,
            allocated: self.allocated,
            backordered: self.backordered,
            bumped: self.bumped,
            damaged: self.damaged,
            inbound: self.inbound,
        };
        let movement = Movement {
            sku: sku.clone(),
            version: self.version,
            part: self.part,
            kind: kind(&self.kind)?,
            delta,
            reservation: self.reservation.as_deref().map(ReservationId::stored),
            reference: self.reference,
            event: None,
        };
        Some(LedgerLine { movement, at: self.at })
    }
}

impl Store {
    /// A page of an item's ledger behind (version, part), at most `limit` lines.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn movements(
        &self,
        program: &ProgramId,
        sku: &Sku,
        behind: (i64, i32),
        limit: i64,
    ) -> Result<Vec<LedgerLine>, Failure> {
        let (pool, program, name) = (self.pool.clone(), program.clone(), sku.clone());
        let rows: Vec<Row> = self
            .detached(async move {
                sqlx::query_as(include_str!("../sql/list_movements.sql"))
                    .bind(program.as_str())
                    .bind(name.as_str())
                    .bind(behind.0)
                    .bind(behind.1)
                    .bind(limit)
                    .fetch_all(&pool)
                    .instrument(statement("list_movements"))
                    .await
            })
            .await?;
        Ok(rows.into_iter().filter_map(|row| row.line(sku)).collect())
    }

    /// Proves that the sums of ledger and lines equal the counters, on one snapshot.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn verify(&self, program: &ProgramId) -> Result<Proof, Failure> {
        let (pool, program) = (self.pool.clone(), program.clone());
        self.detached(async move {
            let mut connection = pool.acquire().await?;
            let mut snapshot =
                connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
            // It reads everything of the programme, which takes longer than any statement of a
            // checkout.
            sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *snapshot).await?;
            connect::whole_tables(&mut snapshot).await?;
            let (items, movements, lines): (i64, i64, i64) =
                sqlx::query_as(include_str!("../sql/verify_counts.sql"))
                    .bind(program.as_str())
                    .fetch_one(&mut *snapshot)
                    .instrument(statement("verify_counts"))
                    .await?;
            let mut discrepancies: Vec<Discrepancy> =
                sqlx::query_as(include_str!("../sql/verify_items.sql"))
                    .bind(program.as_str())
                    .fetch_all(&mut *snapshot)
                    .instrument(statement("verify_items"))
                    .await?;
            let at_locations: Vec<Discrepancy> =
                sqlx::query_as(include_str!("../sql/verify_stocks.sql"))
                    .bind(program.as_str())
                    .fetch_all(&mut *snapshot)
                    .instrument(statement("verify_stocks"))
                    .await?;
            discrepancies.extend(at_locations);
            discrepancies.truncate(1000);
            snapshot.rollback().await?;
            Ok(Proof { items, movements, lines, discrepancies })
        })
        .await
    }
}
