//! Long histories: what would take calls too long to make. Each row is a copy of one that the
//! service itself wrote, with another name, number and instant, so that the columns it has beside
//! those are none of the bench's business. Only files named `history_*.sql` touch the product's
//! tables.

use std::time::{Duration, Instant};

use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio_util::sync::CancellationToken;

use super::Observer;

/// How long a prober rests between two looks at a lock.
const REST: Duration = Duration::from_millis(1);

/// Copies of one reservation of an item, which must be the item's last change.
#[derive(Clone, Copy, Debug)]
pub struct Copies<'a> {
    /// Whose.
    pub program: &'a str,
    /// The item.
    pub sku: &'a str,
    /// The reservation that is copied.
    pub original: &'a str,
    /// How many.
    pub count: i64,
    /// Whether it is queued; else it is allocated.
    pub queued: bool,
    /// In how many seconds they run out; none = as the original.
    pub run_out_in: Option<i64>,
}

/// What the background has still to do for an item.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Left {
    /// Whether its queue is owed units.
    pub fills: bool,
    /// Whether its queue is being given new dates.
    pub dates: bool,
    /// Whether holds of it ran out and were not swept yet.
    pub sweeps: bool,
}

impl Observer {
    /// Makes copies of a reservation, with their ledger and in all counters.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn copy_reservation(&mut self, copies: Copies<'_>) -> anyhow::Result<()> {
        let Copies { program, sku, original, count, queued, run_out_in } = copies;
        let (allocated, backordered) = if queued { (0, count) } else { (count, 0) };
        let mut whole = self.connection.begin().await?;
        // First, since it takes the item's lock.
        sqlx::query(include_str!("sql/history_item.sql"))
            .bind(program)
            .bind(sku)
            .bind(allocated)
            .bind(backordered)
            .bind(count)
            .bind(run_out_in)
            .execute(&mut *whole)
            .await?;
        sqlx::query(include_str!("sql/history_stock.sql"))
            .bind(program)
            .bind(sku)
            .bind(allocated)
            .execute(&mut *whole)
            .await?;
        sqlx::query(include_str!("sql/history_lines.sql"))
            .bind(program)
            .bind(sku)
            .bind(original)
            .bind(count)
            .bind(run_out_in)
            .execute(&mut *whole)
            .await?;
        sqlx::query(include_str!("sql/history_movements.sql"))
            .bind(program)
            .bind(sku)
            .bind(original)
            .bind(count)
            .execute(&mut *whole)
            .await?;
        whole.commit().await?;
        Ok(())
    }

    /// Makes copies of an item, named by the numbers from `from` to `to`.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn copy_item(
        &mut self,
        program: &str,
        sku: &str,
        from: i64,
        to: i64,
    ) -> anyhow::Result<()> {
        sqlx::query(include_str!("sql/history_items.sql"))
            .bind(program)
            .bind(sku)
            .bind(from)
            .bind(to)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Makes copies of a reservation that was released, `each` for each of the first `items`
    /// numbered items. Its two requests are named as it is, and so with `-released`.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn copy_past(
        &mut self,
        program: &str,
        sku: &str,
        original: &str,
        each: i64,
        items: i64,
    ) -> anyhow::Result<()> {
        sqlx::query(include_str!("sql/history_past.sql"))
            .bind(program)
            .bind(sku)
            .bind(original)
            .bind(each)
            .bind(items)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Brings the database into the state that it would be in had the history been long.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn settle(&mut self) -> anyhow::Result<()> {
        sqlx::query(include_str!("sql/history_settle.sql")).execute(&mut self.connection).await?;
        Ok(())
    }

    /// What the background has still to do for an item.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn left(&mut self, program: &str, sku: &str) -> anyhow::Result<Left> {
        let found = sqlx::query_as(include_str!("sql/history_left.sql"))
            .bind(program)
            .bind(sku)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(found)
    }

    /// Takes an item's row lock over and over until told to stop. Returns how long each took, in
    /// microseconds.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn probe(
        mut self,
        program: String,
        sku: String,
        stop: CancellationToken,
    ) -> anyhow::Result<Vec<u32>> {
        let mut micros = Vec::new();
        while !stop.is_cancelled() {
            let took = lock(&mut self.connection, &program, &sku).await?;
            micros.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
            tokio::time::sleep(REST).await;
        }
        self.close().await;
        micros.sort_unstable();
        Ok(micros)
    }
}

async fn lock(connection: &mut PgConnection, program: &str, sku: &str) -> sqlx::Result<Duration> {
    let mut held = connection.begin().await?;
    let began = Instant::now();
    sqlx::query(include_str!("sql/history_lock.sql"))
        .bind(program)
        .bind(sku)
        .execute(&mut *held)
        .await?;
    let took = began.elapsed();
    held.rollback().await?;
    Ok(took)
}
