//! Forgets answers that nobody may ask for any more.
//!
//! They are looked for where they lie, some blocks of the table at once: an index on their age
//! would cost every call something, and the order of their ids says nothing of it.

use chrono::{DateTime, Utc};
use tracing::Instrument;

use crate::store::{Failure, Store, statement};

/// What was forgotten in some blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// Answers.
    pub answers: u64,
    /// The block to go on from; `None` at the end of the table.
    pub next: Option<u32>,
}

impl Store {
    /// Forgets answers older than `before` in so many `blocks` of the table, from the block `from`
    /// on, in one transaction.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn forget_answers(
        &self,
        before: DateTime<Utc>,
        from: u32,
        blocks: u32,
    ) -> Result<Forgotten, Failure> {
        let (pool, to) = (self.pool.clone(), from.saturating_add(blocks));
        let (answers, table): (i64, i64) = self
            .detached(async move {
                sqlx::query_as(include_str!("../sql/forget_answers.sql"))
                    .bind(i64::from(from))
                    .bind(i64::from(to))
                    .bind(before)
                    .fetch_one(&pool)
                    .instrument(statement("forget_answers"))
                    .await
            })
            .await?;
        Ok(Forgotten {
            answers: answers.unsigned_abs(),
            next: (i64::from(to) < table).then_some(to),
        })
    }
}
