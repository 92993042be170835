//! Writes the ledger, whose lines are the events too, and tells the relay of them.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use sqlx::types::Json;
use tracing::Instrument;
use uuid::Uuid;

use super::Unsaved;
use crate::domain::{Book, Location, ProgramId, Sku};
use crate::store::rows::kind_text;
use crate::store::statement;

pub(super) async fn save(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &Book,
) -> Result<(), Unsaved> {
    save_movements(connection, program, book).await?;
    let told = book.changes.movements.iter().filter(|movement| movement.event.is_some());
    let skus: BTreeSet<&Sku> = told.map(|movement| &movement.sku).collect();
    if skus.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../sql/insert_change.sql"))
        .bind(program.as_str())
        .bind(Uuid::now_v7())
        .bind(skus.iter().map(|sku| sku.as_str()).collect::<Vec<_>>())
        .execute(connection)
        .instrument(statement("insert_change"))
        .await?;
    Ok(())
}

async fn save_movements(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &Book,
) -> Result<(), Unsaved> {
    let rows = &book.changes.movements;
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../sql/insert_movements.sql"))
        .bind(program.as_str())
        .bind(book.now)
        .bind(rows.iter().map(|m| m.sku.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|m| m.version).collect::<Vec<_>>())
        .bind(rows.iter().map(|m| m.part).collect::<Vec<_>>())
        .bind(rows.iter().map(|m| kind_text(m.kind)).collect::<Vec<_>>())
        .bind(
            rows.iter()
                .map(|m| m.delta.location.as_ref().map(Location::as_str))
                .collect::<Vec<_>>(),
        )
        .bind(rows.iter().map(|m| m.delta.on_hand).collect::<Vec<_>>())
        .bind(rows.iter().map(|m| m.delta.allocated).collect::<Vec<_>>())
        .bind(rows.iter().map(|m| m.delta.backordered).collect::<Vec<_>>())
        .bind(rows.iter().map(|m| m.delta.bumped).collect::<Vec<_>>())
        .bind(rows.iter().map(|m| m.delta.damaged).collect::<Vec<_>>())
        .bind(rows.iter().map(|m| m.reservation.as_ref().map(|r| r.as_str())).collect::<Vec<_>>())
        .bind(rows.iter().map(|m| m.reference.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|m| m.delta.inbound).collect::<Vec<_>>())
        .bind(rows.iter().map(|m| m.event.as_ref().map(Json)).collect::<Vec<_>>())
        .execute(connection)
        .instrument(statement("insert_movements"))
        .await?;
    Ok(())
}
