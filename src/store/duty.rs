//! What the workers ask: programmes and items with due work, and the time.

use chrono::{DateTime, Utc};
use tracing::Instrument;

use super::{Failure, Store};
use crate::domain::{ProgramId, ReservationId, Sku};
use crate::store::{read_clock, statement};

impl Store {
    /// Every programme.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn programs(&self) -> Result<Vec<ProgramId>, Failure> {
        self.programs_of(include_str!("sql/list_programs.sql"))
            .instrument(statement("list_programs"))
            .await
    }

    /// Programmes that the background has noted something of: queues to be filled or dated, orders
    /// that may be ready.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn busy_programs(&self) -> Result<Vec<ProgramId>, Failure> {
        self.programs_of(include_str!("sql/list_busy_programs.sql"))
            .instrument(statement("list_busy_programs"))
            .await
    }

    /// Programmes with items of which a hold may have run out.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn due_programs(&self) -> Result<Vec<ProgramId>, Failure> {
        self.programs_of(include_str!("sql/list_due_programs.sql"))
            .instrument(statement("list_due_programs"))
            .await
    }

    /// Programmes for which a date has passed: see [`Store::passed`].
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn passed_programs(&self) -> Result<Vec<ProgramId>, Failure> {
        self.programs_of(include_str!("sql/list_passed_programs.sql"))
            .instrument(statement("list_passed_programs"))
            .await
    }

    /// Programmes with orders that have waited for every line long enough and have something to
    /// ship: see [`Store::waited`].
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn waited_programs(&self) -> Result<Vec<ProgramId>, Failure> {
        self.programs_of(include_str!("sql/list_waited_programs.sql"))
            .instrument(statement("list_waited_programs"))
            .await
    }

    async fn programs_of(&self, sql: &'static str) -> Result<Vec<ProgramId>, Failure> {
        let pool = self.pool.clone();
        let rows: Vec<String> =
            self.detached(async move { sqlx::query_scalar(sql).fetch_all(&pool).await }).await?;
        Ok(rows.iter().map(|program| ProgramId::stored(program)).collect())
    }

    /// Items of a programme of which a hold may have run out, at most `limit`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn due_items(&self, program: &ProgramId, limit: i64) -> Result<Vec<Sku>, Failure> {
        self.items_of(program, include_str!("sql/list_due_items.sql"), limit)
            .instrument(statement("list_due_items"))
            .await
    }

    /// Items of a programme whose queue is still to be filled on, at most `limit`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn long_fills(&self, program: &ProgramId, limit: i64) -> Result<Vec<Sku>, Failure> {
        self.items_of(program, include_str!("sql/list_long_fills.sql"), limit)
            .instrument(statement("list_long_fills"))
            .await
    }

    /// Items of a programme whose queue is being given new dates, at most `limit`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn redates(&self, program: &ProgramId, limit: i64) -> Result<Vec<Sku>, Failure> {
        self.items_of(program, include_str!("sql/list_redates.sql"), limit)
            .instrument(statement("list_redates"))
            .await
    }

    /// Items of a programme for which a date has passed: of supply, of a plan, of a question.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn passed(&self, program: &ProgramId, limit: i64) -> Result<Vec<Sku>, Failure> {
        self.items_of(program, include_str!("sql/list_passed.sql"), limit)
            .instrument(statement("list_passed"))
            .await
    }

    /// Orders of a programme that may have become ready by changes of several items, at most
    /// `limit`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn ready_checks(
        &self,
        program: &ProgramId,
        limit: i64,
    ) -> Result<Vec<ReservationId>, Failure> {
        let orders = self
            .items_of(program, include_str!("sql/list_ready_checks.sql"), limit)
            .instrument(statement("list_ready_checks"))
            .await?;
        Ok(orders.iter().map(|order| ReservationId::stored(order.as_str())).collect())
    }

    /// Orders of a programme that have waited for every line long enough and have something to
    /// ship, at most `limit`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn waited(
        &self,
        program: &ProgramId,
        limit: i64,
    ) -> Result<Vec<ReservationId>, Failure> {
        let orders = self
            .items_of(program, include_str!("sql/list_waited.sql"), limit)
            .instrument(statement("list_waited"))
            .await?;
        Ok(orders.iter().map(|order| ReservationId::stored(order.as_str())).collect())
    }

    async fn items_of(
        &self,
        program: &ProgramId,
        sql: &'static str,
        limit: i64,
    ) -> Result<Vec<Sku>, Failure> {
        let (pool, program) = (self.pool.clone(), program.clone());
        let rows: Vec<String> = self
            .detached(async move {
                sqlx::query_scalar(sql).bind(program.as_str()).bind(limit).fetch_all(&pool).await
            })
            .await?;
        Ok(rows.iter().map(|sku| Sku::stored(sku)).collect())
    }

    /// The database's clock.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn clock(&self) -> Result<DateTime<Utc>, Failure> {
        let pool = self.pool.clone();
        self.detached(async move { read_clock(&pool).await }).await
    }
}
