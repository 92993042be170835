//! Writes what a batch did, with a handful of set-based statements.

mod background;
mod batch;
mod items;
mod ledger;
mod lines;
mod saving;

use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use tracing::Instrument;

pub(super) use batch::{prepare, write};

use super::load::Loaded;
use super::rows::{on_silence_text, ship_policy_text};
use super::{Body, statement};
use crate::domain::{Book, Inbound, Plan, ProgramId, Request, Sku, Time};

/// Why a batch was not written.
#[derive(Debug)]
pub(in crate::store) enum Unsaved {
    /// Another transaction has just used an id of the batch, or has written what was read: read
    /// again.
    Overtaken(&'static str),
    /// A statement failed.
    Failed(sqlx::Error),
}

impl From<sqlx::Error> for Unsaved {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

/// Tells whether a statement wrote as many rows as it was given.
fn expect(written: u64, given: usize, what: &'static str) -> Result<(), Unsaved> {
    if u64::try_from(given) == Ok(written) { Ok(()) } else { Err(Unsaved::Overtaken(what)) }
}

/// Writes the changes of a book and the answers to its batch. Ids that must be new are written in
/// the same order by every batch, each kind in byte order, so that two batches that bring the same
/// ids cannot wait for each other in a circle. Tells the database's clock after it was written.
pub(in crate::store) async fn save(
    connection: &mut PgConnection,
    program: &ProgramId,
    loaded: &Loaded,
    answers: &[(&Request, Body)],
) -> Result<Option<Time>, Unsaved> {
    let book = &loaded.book;
    save_program(connection, book).await?;
    items::insert(connection, program, book).await?;
    items::save_settings(connection, program, book).await?;
    for sku in &book.changes.plans {
        if let Some(plan) = book.items.get(sku).and_then(|item| item.plan.as_ref()) {
            save_plan(connection, program, sku, plan).await?;
        }
    }
    lines::update(connection, program, book).await?;
    save_inbounds(connection, program, book).await?;
    background::save(connection, program, book).await?;
    save_receipts(connection, program, book).await?;
    let arguments = prepare(program, loaded, answers)?;
    write(connection, arguments).await
}

async fn save_program(connection: &mut PgConnection, book: &Book) -> Result<(), Unsaved> {
    let Some(program) = &book.program else { return Ok(()) };
    if book.changes.program {
        sqlx::query(include_str!("../sql/upsert_program.sql"))
            .bind(program.id.as_str())
            .bind(&program.display_name)
            .bind(program.default_hold_seconds)
            .bind(program.max_backorder_listings)
            .bind(ship_policy_text(program.default_ship_policy))
            .bind(program.default_location.as_str())
            .execute(&mut *connection)
            .instrument(statement("upsert_program"))
            .await?;
    }
    if book.changes.places {
        let places = &book.places;
        sqlx::query(include_str!("../sql/upsert_places.sql"))
            .bind(program.id.as_str())
            .bind(places.iter().map(|p| p.location.as_str()).collect::<Vec<_>>())
            .bind(places.iter().map(|p| p.display_name.as_str()).collect::<Vec<_>>())
            .bind(places.iter().map(|p| p.priority).collect::<Vec<_>>())
            .execute(&mut *connection)
            .instrument(statement("upsert_places"))
            .await?;
    }
    if book.changes.program || book.changes.places {
        sqlx::query(include_str!("../sql/touch_program.sql"))
            .bind(program.id.as_str())
            .execute(connection)
            .instrument(statement("touch_program"))
            .await?;
    }
    Ok(())
}

async fn save_plan(
    connection: &mut PgConnection,
    program: &ProgramId,
    sku: &Sku,
    plan: &Plan,
) -> Result<(), Unsaved> {
    let stage = |stage: &crate::domain::plan::Stage| {
        Value::from(vec![stage.name.clone(), stage.date.to_string()])
    };
    sqlx::query(include_str!("../sql/upsert_plan.sql"))
        .bind(program.as_str())
        .bind(sku.as_str())
        .bind(plan.version)
        .bind(plan.cap)
        .bind(plan.opens_at)
        .bind(plan.closes_at)
        .bind(plan.ship_by)
        .bind(&plan.note)
        .bind(plan.allowance)
        .bind(plan.customer_limit)
        .bind(Json(Value::Array(plan.timeline.iter().map(stage).collect())))
        .bind(plan.closed_at)
        .bind(plan.cap_by_inbound)
        .bind(plan.delay_answers.map(|answers| answers.answer_within_seconds))
        .bind(plan.delay_answers.map(|answers| on_silence_text(answers.on_silence)))
        .bind(plan.told_closed)
        .bind(plan.overdue)
        .execute(&mut *connection)
        .instrument(statement("upsert_plan"))
        .await?;
    sqlx::query(include_str!("../sql/retire_plans.sql"))
        .bind(program.as_str())
        .bind(sku.as_str())
        .bind(plan.version)
        .execute(connection)
        .instrument(statement("retire_plans"))
        .await?;
    Ok(())
}

async fn save_inbounds(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &Book,
) -> Result<(), Unsaved> {
    let changed = book.changes.inbounds.iter().filter_map(|(sku, id)| {
        let inbounds = &book.items.get(sku)?.inbounds;
        Some((sku, inbounds.iter().find(|inbound| inbound.id == *id)?))
    });
    let rows: Vec<(&Sku, &Inbound)> = changed.collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../sql/upsert_inbounds.sql"))
        .bind(program.as_str())
        .bind(rows.iter().map(|(sku, _)| sku.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, of)| of.id.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, of)| of.expected).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, of)| of.received).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, of)| of.damaged).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, of)| of.arrives_on).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, of)| of.ships_on).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, of)| of.cancelled).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, of)| of.closed).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, of)| of.overdue).collect::<Vec<_>>())
        .execute(connection)
        .instrument(statement("upsert_inbounds"))
        .await?;
    Ok(())
}

async fn save_receipts(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &Book,
) -> Result<(), Unsaved> {
    let receipts = &book.changes.receipts;
    if receipts.is_empty() {
        return Ok(());
    }
    let done = sqlx::query(include_str!("../sql/insert_receipts.sql"))
        .bind(program.as_str())
        .bind(receipts.iter().map(|r| r.as_str()).collect::<Vec<_>>())
        .bind(book.now)
        .execute(connection)
        .instrument(statement("insert_receipts"))
        .await?;
    expect(done.rows_affected(), receipts.len(), "receipt")
}
