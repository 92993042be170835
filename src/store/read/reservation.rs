//! One reservation.

use std::collections::{HashMap, VecDeque};

use sqlx::PgConnection;
use tracing::Instrument;

use crate::domain::answer::ReservationView;
use crate::domain::note::PlanNote;
use crate::domain::{ProgramId, Reservation, ReservationId, Sku, Time, Units};
use crate::store::rows::{LineRow, NoteRow, reservations};
use crate::store::statement;
use crate::store::{Failure, Store};

impl Store {
    /// A reservation as it stands now, with the units in front of its queued lines.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn reservation(
        &self,
        program: &ProgramId,
        id: &ReservationId,
    ) -> Result<Option<ReservationView>, Failure> {
        let (pool, program, id) = (self.pool.clone(), program.clone(), id.clone());
        self.detached(async move {
            let mut connection = pool.acquire().await?;
            let rows: Vec<ShownRow> = sqlx::query_as(include_str!("../sql/read_reservations.sql"))
                .bind(program.as_str())
                .bind([id.as_str()])
                .fetch_all(&mut *connection)
                .instrument(statement("read_reservations"))
                .await?;
            show(&mut connection, &program, rows).await
        })
        .await
    }
}

/// `line`, with its item's version and its plan's note.
#[derive(sqlx::FromRow)]
pub(super) struct ShownRow {
    now: Time,
    #[sqlx(flatten)]
    line: LineRow,
    item_version: i64,
    #[sqlx(flatten)]
    note: NoteRow,
}

/// Reservations as they are shown, from rows that stand in their order; queue places left out.
pub(super) fn views(rows: Vec<ShownRow>, now: Time) -> Vec<ReservationView> {
    let (mut lines, mut shown) = (Vec::with_capacity(rows.len()), VecDeque::new());
    for row in rows {
        lines.push(row.line);
        shown.push_back((row.item_version, row.note.noted()));
    }
    let view = |reservation: Reservation| {
        // Each SKU stands once in a reservation.
        let of = reservation.lines.iter().map(|line| line.sku.clone());
        let of: HashMap<Sku, (i64, Option<PlanNote>)> =
            of.zip(shown.drain(..reservation.lines.len())).collect();
        let version = |sku: &Sku| of.get(sku).map_or(0, |(version, _)| *version);
        let note = |sku: &Sku, _| of.get(sku).and_then(|(_, note)| note.clone());
        ReservationView::new(reservation, now, version, note)
    };
    reservations(lines).into_iter().map(view).collect()
}

async fn show(
    connection: &mut PgConnection,
    program: &ProgramId,
    rows: Vec<ShownRow>,
) -> Result<Option<ReservationView>, sqlx::Error> {
    let Some(now) = rows.first().map(|row| row.now) else { return Ok(None) };
    let Some(mut view) = views(rows, now).pop() else { return Ok(None) };
    for (line, shown) in view.reservation.lines.iter().zip(&mut view.lines) {
        if line.queued() > 0 {
            let ahead: Units = sqlx::query_scalar(include_str!("../sql/read_queue_ahead.sql"))
                .bind(program.as_str())
                .bind(line.sku.as_str())
                .bind(line.age)
                .bind(line.bumped > 0)
                .bind(now)
                .fetch_one(&mut *connection)
                .instrument(statement("read_queue_ahead"))
                .await?;
            shown.queue_ahead = Some(ahead);
        }
    }
    Ok(Some(view))
}
