//! Writes the lines of reservations.

use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use tracing::Instrument;

use super::saving::{Saving, sparse};
use super::{Unsaved, expect};
use crate::domain::reservation::{Promised, Question};
use crate::domain::{Book, Date, Line, ProgramId, Reservation};
use crate::store::rows::{allocations, purpose_text, ship_policy_text};
use crate::store::statement;

/// A line, with the reservation it belongs to and its place there.
pub(super) type Placed<'b> = (&'b Reservation, usize, &'b Line);

fn bigints(lines: &[Placed<'_>], of: fn(&Line) -> i64) -> Vec<i64> {
    lines.iter().map(|(_, _, line)| of(line)).collect()
}

fn promises<T>(lines: &[Placed<'_>], of: fn(Promised) -> T) -> Vec<Option<T>> {
    lines.iter().map(|(_, _, line)| line.promise.map(of)).collect()
}

/// The dates of promises; none where no date is known.
fn ship_dates(lines: &[Placed<'_>]) -> Vec<Option<Date>> {
    lines.iter().map(|(_, _, line)| line.promise?.ship_by.date()).collect()
}

fn questions<T>(lines: &[Placed<'_>], of: fn(Question) -> T) -> Vec<Option<T>> {
    lines.iter().map(|(_, _, line)| line.question.map(of)).collect()
}

fn positions(lines: &[Placed<'_>]) -> Vec<i32> {
    lines.iter().map(|(_, position, _)| i32::try_from(*position).unwrap_or(i32::MAX)).collect()
}

/// Where a line's allocated units stand, if in one location only.
fn only_location(line: &Line) -> Option<&str> {
    match &line.allocations[..] {
        [(location, _)] => Some(location.as_str()),
        _ => None,
    }
}

/// Where they stand, if in several.
fn spread(line: &Line) -> Option<Json<Value>> {
    (line.allocations.len() > 1).then(|| Json(allocations(line)))
}

/// The lines of new reservations, in byte order.
pub(super) fn new(book: &Book) -> Vec<Placed<'_>> {
    let new = book.changes.new_reservations.iter().filter_map(|id| book.reservations.get(id));
    new.flat_map(|r| r.lines.iter().enumerate().map(move |(at, line)| (r, at, line))).collect()
}

/// Binds new lines. They were made now.
pub(super) fn bind<'q>(saving: Saving<'q>, lines: &[Placed<'q>]) -> Saving<'q> {
    saving
        .bind(lines.iter().map(|(r, ..)| r.id.as_str()).collect::<Vec<_>>())
        .bind(sparse(positions(lines)))
        .bind(lines.iter().map(|(.., line)| line.sku.as_str()).collect::<Vec<_>>())
        .bind(bigints(lines, |line| line.ordered))
        .bind(sparse(bigints(lines, Line::allocated)))
        .bind(sparse(bigints(lines, |line| line.backordered)))
        .bind(sparse(bigints(lines, |line| line.bumped)))
        .bind(sparse(bigints(lines, |line| line.shipped)))
        .bind(sparse(bigints(lines, |line| line.released)))
        .bind(sparse(bigints(lines, |line| line.lapsed_allocated)))
        .bind(sparse(bigints(lines, |line| line.lapsed_backordered)))
        .bind(sparse(lines.iter().map(|(.., line)| only_location(line)).collect()))
        .bind(sparse(lines.iter().map(|(.., line)| spread(line)).collect()))
        .bind(bigints(lines, |line| line.age))
        .bind(sparse(ship_dates(lines)))
        .bind(sparse(promises(lines, |promise| promise.original_ship_by)))
        .bind(sparse(promises(lines, |promise| promise.plan_version)))
        .bind(sparse(lines.iter().map(|(r, ..)| r.customer.as_ref().map(|c| c.as_str())).collect()))
        .bind(lines.iter().map(|(r, ..)| ship_policy_text(r.ship_policy)).collect::<Vec<_>>())
        .bind(lines.iter().map(|(r, ..)| purpose_text(r.purpose)).collect::<Vec<_>>())
        .bind(sparse(lines.iter().map(|(r, ..)| r.expires_at).collect()))
        .bind(sparse(lines.iter().map(|(r, ..)| r.together_until).collect()))
        .bind(sparse(lines.iter().map(|(r, ..)| r.ready_at).collect()))
}

/// Lines that changed.
pub(super) async fn update(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &Book,
) -> Result<(), Unsaved> {
    let old =
        book.changes.lines.iter().filter(|(id, _)| !book.changes.new_reservations.contains(id));
    let lines: Vec<Placed<'_>> = old
        .filter_map(|(id, at)| {
            let reservation = book.reservations.get(id)?;
            Some((reservation, *at, reservation.lines.get(*at)?))
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    let done = sqlx::query(include_str!("../sql/update_lines.sql"))
        .bind(program.as_str())
        .bind(lines.iter().map(|(r, ..)| r.id.as_str()).collect::<Vec<_>>())
        .bind(positions(&lines))
        .bind(bigints(&lines, Line::allocated))
        .bind(bigints(&lines, |line| line.backordered))
        .bind(bigints(&lines, |line| line.bumped))
        .bind(bigints(&lines, |line| line.shipped))
        .bind(bigints(&lines, |line| line.released))
        .bind(bigints(&lines, |line| line.lapsed_allocated))
        .bind(bigints(&lines, |line| line.lapsed_backordered))
        .bind(lines.iter().map(|(.., line)| only_location(line)).collect::<Vec<_>>())
        .bind(lines.iter().map(|(.., line)| spread(line)).collect::<Vec<_>>())
        .bind(bigints(&lines, |line| line.age))
        .bind(ship_dates(&lines))
        .bind(promises(&lines, |promise| promise.original_ship_by))
        .bind(promises(&lines, |promise| promise.plan_version))
        .bind(lines.iter().map(|(r, ..)| r.expires_at).collect::<Vec<_>>())
        .bind(lines.iter().map(|(.., line)| line.delays).collect::<Vec<_>>())
        .bind(questions(&lines, |question| question.answer_by))
        .bind(questions(&lines, |question| question.silence_keeps))
        .bind(lines.iter().map(|(r, ..)| r.ready_at).collect::<Vec<_>>())
        .execute(connection)
        .instrument(statement("update_lines"))
        .await?;
    expect(done.rows_affected(), lines.len(), "line")
}
