//! Gives events their places.

use sqlx::{Connection, PgConnection};
use tracing::Instrument;
use uuid::Uuid;

use super::LATE;
use crate::domain::{ProgramId, Time};
use crate::store::{Failure, Store, statement};

/// Most changes that one round takes up.
const CHANGES_MAX: usize = 256;

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events that got their places.
    pub events: i64,
    /// Whether more are known to be left.
    pub has_more: bool,
}

/// How far a stream has come.
#[derive(Clone, Copy, sqlx::FromRow)]
struct Head {
    /// The place of the newest event.
    position: i64,
    /// When the newest of all events was made.
    newest_at: Time,
    /// The last place of an event that got it late.
    late: i64,
}

/// What one transaction changed: for each item the versions that have events, and how many.
#[derive(sqlx::FromRow)]
struct Change {
    at: Time,
    change: Uuid,
    skus: Vec<String>,
    from_versions: Vec<i64>,
    to_versions: Vec<i64>,
    events: Vec<i64>,
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
            Ok((progress, head.position))
        };
        let (progress, head) = self.detached(round).await?;
        if progress.events > 0 {
            self.heads.reached(program, head);
            self.heads.has_published();
        }
        Ok(progress)
    }
}

/// How far the stream has come, held for this transaction. `None` = another holds it.
async fn lock_head(
    connection: &mut PgConnection,
    program: &ProgramId,
) -> Result<Option<Head>, sqlx::Error> {
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
) -> Result<Option<Head>, sqlx::Error> {
    sqlx::query_as(include_str!("../sql/lock_feed_head.sql"))
        .bind(program.as_str())
        .fetch_optional(connection)
        .instrument(statement("lock_feed_head"))
        .await
}

/// One round, by whoever holds the head: what it came to, and the head behind it.
async fn publish(
    connection: &mut PgConnection,
    program: &ProgramId,
    head: Head,
) -> Result<(Progress, Head), sqlx::Error> {
    let mut changes: Vec<Change> = sqlx::query_as(include_str!("../sql/take_changes.sql"))
        .bind(program.as_str())
        .bind(i64::try_from(CHANGES_MAX).unwrap_or(i64::MAX))
        .fetch_all(&mut *connection)
        .instrument(statement("take_changes"))
        .await?;
    let has_more = changes.len() == CHANGES_MAX;
    changes.sort_unstable_by_key(|change| (change.at, change.change));
    let behind = write(connection, program, head, changes).await?;
    Ok((Progress { events: behind.position - head.position, has_more }, behind))
}

/// Writes changes behind the head, and gives the head behind them.
async fn write(
    connection: &mut PgConnection,
    program: &ProgramId,
    head: Head,
    changes: Vec<Change>,
) -> Result<Head, sqlx::Error> {
    if changes.is_empty() {
        return Ok(head);
    }
    let (mut head, mut run) = (head, 0_i32);
    let (mut positions, mut events, mut first, mut last) = (vec![], vec![], vec![], vec![]);
    let mut instants = vec![];
    for change in &changes {
        let made: i64 = change.events.iter().sum();
        head = behind(head, change.at, made);
        positions.push(head.position);
        instants.push(head.newest_at);
        events.push(made);
        first.push(run + 1);
        run += i32::try_from(change.skus.len()).unwrap_or(i32::MAX);
        last.push(run);
    }
    let flat = |of: fn(&Change) -> &[i64]| -> Vec<i64> {
        changes.iter().flat_map(|change| of(change).iter().copied()).collect()
    };
    sqlx::query(include_str!("../sql/insert_feed.sql"))
        .bind(program.as_str())
        .bind(positions)
        .bind(events)
        .bind(changes.iter().flat_map(|of| of.skus.iter().map(String::as_str)).collect::<Vec<_>>())
        .bind(flat(|change| &change.from_versions))
        .bind(flat(|change| &change.to_versions))
        .bind(flat(|change| &change.events))
        .bind(first)
        .bind(last)
        .bind(instants)
        .execute(&mut *connection)
        .instrument(statement("insert_feed"))
        .await?;
    sqlx::query(include_str!("../sql/update_feed_head.sql"))
        .bind(program.as_str())
        .bind(head.position)
        .bind(head.newest_at)
        .bind(head.late)
        .execute(connection)
        .instrument(statement("update_feed_head"))
        .await?;
    Ok(head)
}

/// The head behind so many events of an instant.
fn behind(head: Head, at: Time, events: i64) -> Head {
    let position = head.position + events;
    let late = if at < head.newest_at - LATE { position } else { head.late };
    Head { position, newest_at: head.newest_at.max(at), late }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn what_is_late_is_known_and_instants_never_go_back() {
        let noon = DateTime::from_timestamp(1_800_000_000, 0).expect("an instant");
        let head = Head { position: 4, newest_at: noon, late: 0 };
        let in_time = behind(head, noon - LATE, 2);
        assert_eq!((in_time.position, in_time.newest_at, in_time.late), (6, noon, 0));
        let late = behind(in_time, noon - LATE - TimeDelta::microseconds(1), 3);
        assert_eq!((late.position, late.newest_at, late.late), (9, noon, 9));
        let next = behind(late, noon + LATE, 1);
        assert_eq!((next.position, next.newest_at, next.late), (10, noon + LATE, 9));
    }
}
