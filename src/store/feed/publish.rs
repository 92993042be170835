//! Gives events their places.

use std::collections::BTreeSet;

use sqlx::{Connection, PgConnection};
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::ProgramId;
use crate::store::{Failure, Store, statement};

/// Most changes that one round takes up.
const CHANGES_MAX: usize = 256;
/// Most items whose events one round publishes; one change may name more.
const ITEMS_MAX: usize = 512;
/// About how many events a run has at most: a version is never cut in two.
const RUN_EVENTS: i64 = 1000;

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events that got their places.
    pub events: i64,
    /// Whether more are known to be left.
    pub has_more: bool,
}

/// Events of one item that follow each other in the stream.
#[derive(sqlx::FromRow)]
struct Run {
    sku: String,
    from_version: i64,
    to_version: i64,
    events: i64,
}

impl Store {
    /// Programmes with events that have no places yet.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn changed_programs(&self) -> Result<Vec<ProgramId>, Failure> {
        let pool = self.pool.clone();
        let rows: Vec<String> = self
            .detached(async move {
                sqlx::query_scalar(include_str!("../sql/list_changed_programs.sql"))
                    .fetch_all(&pool)
                    .instrument(statement("list_changed_programs"))
                    .await
            })
            .await?;
        Ok(rows.iter().map(|program| ProgramId::stored(program)).collect())
    }

    /// Gives events of a programme their places: a bounded number, in one transaction. Does nothing
    /// while another process is at it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn publish(&self, program: &ProgramId) -> Result<Progress, Failure> {
        let (pool, of) = (self.pool.clone(), program.clone());
        let round = async move {
            let mut connection = pool.acquire().await?;
            let mut transaction = connection.begin().await?;
            let Some(head) = lock_head(&mut transaction, &of).await? else {
                transaction.rollback().await?;
                return Ok((Progress::default(), 0));
            };
            let (progress, head) = publish(&mut transaction, &of, head).await?;
            transaction.commit().instrument(statement("commit")).await?;
            Ok((progress, head))
        };
        let (progress, head) = self.detached(round).await?;
        if progress.events > 0 {
            self.heads.reached(program, head);
            self.heads.has_published();
        }
        Ok(progress)
    }
}

/// The place of the newest event, held for this transaction. `None` = another holds it.
async fn lock_head(
    connection: &mut PgConnection,
    program: &ProgramId,
) -> Result<Option<i64>, sqlx::Error> {
    if let Some(head) = try_head(connection, program).await? {
        return Ok(Some(head));
    }
    sqlx::query(include_str!("../sql/insert_feed_head.sql"))
        .bind(program.as_str())
        .execute(&mut *connection)
        .instrument(statement("insert_feed_head"))
        .await?;
    try_head(connection, program).await
}

async fn try_head(
    connection: &mut PgConnection,
    program: &ProgramId,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(include_str!("../sql/lock_feed_head.sql"))
        .bind(program.as_str())
        .fetch_optional(connection)
        .instrument(statement("lock_feed_head"))
        .await
}

/// One round, by whoever holds the head: what it came to, and the head behind it.
async fn publish(
    connection: &mut PgConnection,
    program: &ProgramId,
    head: i64,
) -> Result<(Progress, i64), sqlx::Error> {
    let changes: Vec<Vec<String>> = sqlx::query_scalar(include_str!("../sql/take_changes.sql"))
        .bind(program.as_str())
        .bind(i64::try_from(CHANGES_MAX).unwrap_or(i64::MAX))
        .fetch_all(&mut *connection)
        .instrument(statement("take_changes"))
        .await?;
    let mut has_more = changes.len() == CHANGES_MAX;
    let named: BTreeSet<String> = changes.into_iter().flatten().collect();
    let mut skus: Vec<String> = named.into_iter().collect();
    if skus.is_empty() {
        return Ok((Progress { events: 0, has_more }, head));
    }
    let mut left = skus.split_off(skus.len().min(ITEMS_MAX));
    let runs = next_runs(connection, program, &skus).await?;
    left.extend(runs.iter().filter(|run| run.events >= RUN_EVENTS).map(|run| run.sku.clone()));
    if !left.is_empty() {
        has_more = true;
        put_back(connection, program, &left).await?;
    }
    let behind = write(connection, program, head, &runs).await?;
    Ok((Progress { events: behind - head, has_more }, behind))
}

/// The events of these items that have no places yet, in the order in which they get them.
async fn next_runs(
    connection: &mut PgConnection,
    program: &ProgramId,
    skus: &[String],
) -> Result<Vec<Run>, sqlx::Error> {
    sqlx::query_as(include_str!("../sql/next_runs.sql"))
        .bind(program.as_str())
        .bind(skus)
        .bind(RUN_EVENTS)
        .fetch_all(connection)
        .instrument(statement("next_runs"))
        .await
}

/// Leaves items for a later round. Its id is the newest, so that others come first.
async fn put_back(
    connection: &mut PgConnection,
    program: &ProgramId,
    skus: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("../sql/insert_change.sql"))
        .bind(program.as_str())
        .bind(Uuid::now_v7())
        .bind(skus)
        .execute(connection)
        .instrument(statement("insert_change"))
        .await?;
    Ok(())
}

/// Writes runs behind the head, and gives the head behind them.
async fn write(
    connection: &mut PgConnection,
    program: &ProgramId,
    head: i64,
    runs: &[Run],
) -> Result<i64, sqlx::Error> {
    if runs.is_empty() {
        return Ok(head);
    }
    let mut position = head;
    let positions: Vec<i64> = runs
        .iter()
        .map(|run| {
            position += run.events;
            position
        })
        .collect();
    let skus: Vec<&str> = runs.iter().map(|run| &*run.sku).collect();
    let ends: Vec<i64> = runs.iter().map(|run| run.to_version).collect();
    sqlx::query(include_str!("../sql/insert_feed.sql"))
        .bind(program.as_str())
        .bind(positions)
        .bind(&skus)
        .bind(runs.iter().map(|run| run.from_version).collect::<Vec<_>>())
        .bind(&ends)
        .bind(runs.iter().map(|run| run.events).collect::<Vec<_>>())
        .execute(&mut *connection)
        .instrument(statement("insert_feed"))
        .await?;
    sqlx::query(include_str!("../sql/upsert_feed_items.sql"))
        .bind(program.as_str())
        .bind(skus)
        .bind(ends)
        .execute(&mut *connection)
        .instrument(statement("upsert_feed_items"))
        .await?;
    sqlx::query(include_str!("../sql/update_feed_head.sql"))
        .bind(program.as_str())
        .bind(position)
        .execute(connection)
        .instrument(statement("update_feed_head"))
        .await?;
    Ok(position)
}
