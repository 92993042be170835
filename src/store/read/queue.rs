//! An item's queue, page by page.

use chrono::{DateTime, NaiveDate, Utc};
use tracing::Instrument;

use crate::domain::reservation::Promised;
use crate::domain::{Customer, ProgramId, ReservationId, Sku, Time, Units};
use crate::store::rows::{NoteRow, promised, ship_policy};
use crate::store::{Failure, Store};
use crate::store::{read_clock, statement};

/// A place in an item's queue: where a page starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// Whether bumped lines are still to come.
    pub in_bumped: bool,
    /// The age of the last line.
    pub age: i64,
    /// Lines in front.
    pub lines: i64,
    /// Units in front.
    pub units: Units,
}

impl QueuePlace {
    /// The front of the queue.
    pub const FRONT: Self = Self { in_bumped: true, age: 0, lines: 0, units: 0 };
}

/// A page of a queue.
#[derive(Clone, Debug)]
pub struct Backlog {
    /// In the order they will be filled.
    pub entries: Vec<BacklogEntry>,
    /// Where the next page starts, if there is one.
    pub next: Option<QueuePlace>,
}

/// A line of a queue.
#[derive(Clone, Debug)]
pub struct BacklogEntry {
    /// Whose.
    pub reservation: ReservationId,
    /// Who it is for.
    pub customer: Option<Customer>,
    /// Units it waits for.
    pub units: Units,
    /// Whether they were allocated and lost.
    pub is_bumped: bool,
    /// 1 is filled next.
    pub position: i64,
    /// Units in front of it.
    pub queue_ahead: Units,
    /// What was promised, with its note.
    pub promise: Option<(Promised, String)>,
    /// When the reservation was made.
    pub created_at: Time,
}

#[derive(sqlx::FromRow)]
struct Row {
    reservation: String,
    customer: Option<String>,
    age: i64,
    is_bumped: bool,
    units: i64,
    ship_by: Option<NaiveDate>,
    original_ship_by: Option<NaiveDate>,
    plan_version: Option<i64>,
    ship_policy: String,
    together_until: Option<NaiveDate>,
    created_at: DateTime<Utc>,
    #[sqlx(flatten)]
    note: NoteRow,
}

impl Store {
    /// A page of an item's queue behind `from`, at most `limit` lines.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn backlog(
        &self,
        program: &ProgramId,
        sku: &Sku,
        from: QueuePlace,
        limit: i64,
    ) -> Result<Backlog, Failure> {
        let (pool, program, sku) = (self.pool.clone(), program.clone(), sku.clone());
        let mut rows: Vec<Row> = self
            .detached(async move {
                let mut connection = pool.acquire().await?;
                let now = read_clock(&mut *connection).await?;
                sqlx::query_as(include_str!("../sql/list_backlog.sql"))
                    .bind(program.as_str())
                    .bind(sku.as_str())
                    .bind(from.in_bumped)
                    .bind(from.age)
                    .bind(limit + 1)
                    .bind(now)
                    .fetch_all(&mut *connection)
                    .instrument(statement("list_backlog"))
                    .await
            })
            .await?;
        let page = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_last = rows.len() <= page;
        rows.truncate(page);
        let mut place = from;
        let entries = rows.into_iter().map(|row| row.entry(&mut place)).collect();
        Ok(Backlog { entries, next: (!is_last).then_some(place) })
    }
}

impl Row {
    /// The entry at `place`, which moves on behind it.
    fn entry(self, place: &mut QueuePlace) -> BacklogEntry {
        let promise = promised(self.ship_by, self.original_ship_by, self.plan_version);
        let parcel = self.together_until.is_none().then(|| ship_policy(&self.ship_policy));
        let note = promise.zip(self.note.noted());
        let note = note.map(|(promised, note)| note.for_promise(promised.ship_by, parcel));
        let entry = BacklogEntry {
            reservation: ReservationId::stored(&self.reservation),
            customer: self.customer.as_deref().map(Customer::stored),
            units: self.units,
            is_bumped: self.is_bumped,
            position: place.lines + 1,
            queue_ahead: place.units,
            // What was promised without a plan has no note.
            promise: promise.map(|promised| (promised, note.unwrap_or_default())),
            created_at: self.created_at,
        };
        *place = QueuePlace {
            in_bumped: self.is_bumped,
            age: self.age,
            lines: place.lines + 1,
            units: place.units + self.units,
        };
        entry
    }
}
