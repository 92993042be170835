//! Lists of reservations: by promised date, by item, or by id.

use sqlx::PgConnection;
use tracing::Instrument;

use super::reservation::{ShownRow, views};
use crate::domain::answer::ReservationView;
use crate::domain::{Date, ProgramId, Sku, Time};
use crate::store::{Failure, Store};
use crate::store::{read_clock, statement};

/// Which reservations are asked for.
#[derive(Clone, Debug, Default)]
pub struct ReservationFilter {
    /// With a line of this SKU.
    pub sku: Option<Sku>,
    /// With queued units promised for this day or later.
    pub ship_by_from: Option<Date>,
    /// With queued units promised for this day or earlier.
    pub ship_by_to: Option<Date>,
    /// With queued units whose day has passed or is not known.
    pub overdue: bool,
}

/// Where a page starts: behind this one. Which kind it is follows from the filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReservationPlace {
    /// By promised date.
    Dated {
        /// The date, the reservation and the line's place in it.
        ship_by: Date,
        reservation: String,
        position: i32,
    },
    /// Behind all dates: those whose date is not known.
    Undated {
        /// The reservation, and the line's place in it.
        reservation: String,
        position: i32,
    },
    /// In the order made, as an item's ledger has them.
    InLedger {
        /// The item's version that made the last one.
        version: i64,
    },
    /// By id.
    ById {
        /// The last one.
        reservation: String,
    },
}

impl ReservationPlace {
    /// Before the first.
    #[must_use]
    pub fn start(filter: &ReservationFilter) -> Self {
        let by_date =
            filter.overdue || filter.ship_by_from.is_some() || filter.ship_by_to.is_some();
        match (by_date, &filter.sku) {
            (true, _) => {
                Self::Dated { ship_by: FIRST_DAY, reservation: String::new(), position: -1 }
            }
            (false, Some(_)) => Self::InLedger { version: 0 },
            (false, None) => Self::ById { reservation: String::new() },
        }
    }
}

/// Before any date that is promised.
const FIRST_DAY: Date = Date::from_ymd_opt(1970, 1, 1).expect("a date");
/// After any date that is promised.
const LAST_DAY: Date = Date::from_ymd_opt(9999, 12, 31).expect("a date");

/// A page of reservations.
#[derive(Clone, Debug)]
pub struct Reservations {
    /// As they stand now.
    pub views: Vec<ReservationView>,
    /// Where the next page starts, if there is one.
    pub next: Option<ReservationPlace>,
}

impl Store {
    /// A page of reservations behind `from`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn reservations(
        &self,
        program: &ProgramId,
        filter: ReservationFilter,
        from: ReservationPlace,
        limit: i64,
    ) -> Result<Reservations, Failure> {
        let (pool, program) = (self.pool.clone(), program.clone());
        self.detached(async move {
            let mut connection = pool.acquire().await?;
            let now = read_clock(&mut *connection).await?;
            let mut found =
                places(&mut connection, &program, &filter, now, &from, limit + 1).await?;
            let page = usize::try_from(limit).unwrap_or(usize::MAX);
            let has_more = found.len() > page;
            found.truncate(page);
            let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
            let rows: Vec<ShownRow> = sqlx::query_as(include_str!("../sql/read_reservations.sql"))
                .bind(program.as_str())
                .bind(&ids)
                .fetch_all(&mut *connection)
                .instrument(statement("read_reservations"))
                .await?;
            let mut views = views(rows, now);
            let place = |view: &ReservationView| {
                ids.iter().position(|id| *id == view.reservation.id.as_str())
            };
            views.sort_by_key(place);
            let next = found.pop().filter(|_| has_more).map(|(_, place)| place);
            Ok(Reservations { views, next })
        })
        .await
    }
}

/// The reservations of a page, each with its place.
async fn places(
    connection: &mut PgConnection,
    program: &ProgramId,
    filter: &ReservationFilter,
    now: Time,
    from: &ReservationPlace,
    limit: i64,
) -> Result<Vec<(String, ReservationPlace)>, sqlx::Error> {
    match from {
        ReservationPlace::ById { reservation } => {
            let rows: Vec<String> = sqlx::query_scalar(include_str!("../sql/list_by_id.sql"))
                .bind(program.as_str())
                .bind(reservation)
                .bind(limit)
                .fetch_all(connection)
                .instrument(statement("list_by_id"))
                .await?;
            let place = |id: String| (id.clone(), ReservationPlace::ById { reservation: id });
            Ok(rows.into_iter().map(place).collect())
        }
        ReservationPlace::InLedger { version } => {
            let rows: Vec<(String, i64)> =
                sqlx::query_as(include_str!("../sql/list_in_ledger.sql"))
                    .bind(program.as_str())
                    .bind(filter.sku.as_ref().map(Sku::as_str))
                    .bind(version)
                    .bind(limit)
                    .fetch_all(connection)
                    .instrument(statement("list_in_ledger"))
                    .await?;
            let place = |(id, version)| (id, ReservationPlace::InLedger { version });
            Ok(rows.into_iter().map(place).collect())
        }
        ReservationPlace::Dated { .. } => {
            let mut found = dated(connection, program, filter, now, from, limit).await?;
            let left = limit - i64::try_from(found.len()).unwrap_or(i64::MAX);
            if filter.overdue && left > 0 {
                let front = ReservationPlace::Undated { reservation: String::new(), position: -1 };
                found.extend(undated(connection, program, filter, now, &front, left).await?);
            }
            Ok(found)
        }
        ReservationPlace::Undated { .. } => {
            undated(connection, program, filter, now, from, limit).await
        }
    }
}

async fn dated(
    connection: &mut PgConnection,
    program: &ProgramId,
    filter: &ReservationFilter,
    now: Time,
    from: &ReservationPlace,
    limit: i64,
) -> Result<Vec<(String, ReservationPlace)>, sqlx::Error> {
    let ReservationPlace::Dated { ship_by, reservation, position } = from else {
        return Ok(Vec::new());
    };
    let today = now.date_naive();
    let yesterday = today.pred_opt().unwrap_or(today);
    let last = filter.ship_by_to.unwrap_or(LAST_DAY);
    let last = if filter.overdue { last.min(yesterday) } else { last };
    let rows: Vec<(String, i32, Date)> = sqlx::query_as(include_str!("../sql/list_dated.sql"))
        .bind(program.as_str())
        .bind(filter.sku.as_ref().map(Sku::as_str))
        .bind(filter.ship_by_from.unwrap_or(FIRST_DAY))
        .bind(last)
        .bind(ship_by)
        .bind(reservation)
        .bind(position)
        .bind(limit)
        .bind(now)
        .fetch_all(connection)
        .instrument(statement("list_dated"))
        .await?;
    let place = |(id, position, ship_by): (String, i32, Date)| {
        (id.clone(), ReservationPlace::Dated { ship_by, reservation: id, position })
    };
    Ok(rows.into_iter().map(place).collect())
}

async fn undated(
    connection: &mut PgConnection,
    program: &ProgramId,
    filter: &ReservationFilter,
    now: Time,
    from: &ReservationPlace,
    limit: i64,
) -> Result<Vec<(String, ReservationPlace)>, sqlx::Error> {
    let ReservationPlace::Undated { reservation, position } = from else {
        return Ok(Vec::new());
    };
    // A span of dates leaves out what has none.
    if filter.ship_by_from.is_some() || filter.ship_by_to.is_some() {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, i32)> = sqlx::query_as(include_str!("../sql/list_undated.sql"))
        .bind(program.as_str())
        .bind(filter.sku.as_ref().map(Sku::as_str))
        .bind(reservation)
        .bind(position)
        .bind(now.date_naive())
        .bind(limit)
        .bind(now)
        .fetch_all(connection)
        .instrument(statement("list_undated"))
        .await?;
    let place = |(id, position): (String, i32)| {
        (id.clone(), ReservationPlace::Undated { reservation: id, position })
    };
    Ok(rows.into_iter().map(place).collect())
}
