//! Carries the old lines of the ledger forward: their sums stay, so that the ledger goes on proving
//! the counters.
//!
//! No lock of an item is needed. Lines are never changed, and only whoever holds the programme's
//! tail takes any away; the one decision that reads old lines (a loss looks for the newest
//! allocations) wants those of reservations with something open, and they stay. Every statement
//! sees the ledger before or after.

use chrono::{DateTime, Utc};
use sqlx::Connection;
use tracing::Instrument;

use super::events::lock_tail;
use crate::domain::{ProgramId, Sku};
use crate::store::feed::LATE;
use crate::store::{Failure, Store, statement};

/// A place in an item's ledger: behind this version and part.
pub type Behind = (i64, i32);

/// Before an item's first line.
pub const BEFORE_ALL: Behind = (0, i32::MIN);

/// Some items of a programme.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Those with old lines.
    pub old: Vec<Sku>,
    /// The last one looked at; `None` = there are no more.
    pub last: Option<Sku>,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// Another process forgets something of the programme.
    NotNow,
    /// It went through.
    Done {
        /// Lines that were carried forward.
        lines: i64,
        /// Where to go on; `None` = nothing old is left of the item.
        next: Option<Behind>,
    },
}

#[derive(sqlx::FromRow)]
struct Row {
    lines: i64,
    carried: Option<i64>,
    is_full: bool,
    version: Option<i64>,
    part: Option<i32>,
}

impl Row {
    fn next(&self) -> Option<Behind> {
        match self.carried {
            _ if !self.is_full => None,
            // The line with the sums is read again, so that what follows is added to it.
            Some(version) => Some((version, i32::MIN)),
            None => self.version.zip(self.part),
        }
    }
}

impl Store {
    /// The next items of a programme behind a SKU, at most `limit`, and which of them have lines
    /// older than `before`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn carriable(
        &self,
        program: &ProgramId,
        behind: Option<&Sku>,
        before: DateTime<Utc>,
        limit: i64,
    ) -> Result<Listed, Failure> {
        let (pool, program) = (self.pool.clone(), program.clone());
        let behind = behind.map_or_else(String::new, ToString::to_string);
        let rows: Vec<(String, bool)> = self
            .detached(async move {
                sqlx::query_as(include_str!("../sql/list_carriable.sql"))
                    .bind(program.as_str())
                    .bind(behind)
                    .bind(before)
                    .bind(limit)
                    .fetch_all(&pool)
                    .instrument(statement("list_carriable"))
                    .await
            })
            .await?;
        let last = rows.last().map(|(sku, _)| Sku::stored(sku));
        let old = rows.iter().filter(|(_, is_old)| *is_old).map(|(sku, _)| Sku::stored(sku));
        Ok(Listed { old: old.collect(), last })
    }

    /// Carries lines of an item forward that were written before an instant, of the next `lines`
    /// behind a place. Those of reservations with something open stay, and those whose events are
    /// kept.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn carry(
        &self,
        program: &ProgramId,
        sku: &Sku,
        behind: Behind,
        before: DateTime<Utc>,
        lines: i64,
    ) -> Result<Carried, Failure> {
        let (pool, program, sku) = (self.pool.clone(), program.clone(), sku.clone());
        self.detached(async move {
            let mut connection = pool.acquire().await?;
            let mut transaction = connection.begin().await?;
            let Some(tail) = lock_tail(&mut transaction, &program).await? else {
                transaction.rollback().await?;
                return Ok(Carried::NotNow);
            };
            let row: Row = sqlx::query_as(include_str!("../sql/carry_lines.sql"))
                .bind(program.as_str())
                .bind(sku.as_str())
                .bind(behind.0)
                .bind(behind.1)
                .bind(before)
                .bind(lines)
                .bind(tail)
                .bind(LATE)
                .fetch_one(&mut *transaction)
                .instrument(statement("carry_lines"))
                .await?;
            transaction.commit().instrument(statement("commit")).await?;
            Ok(Carried::Done { lines: row.lines, next: row.next() })
        })
        .await
    }
}
