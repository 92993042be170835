//! Writes items, their settings and their units at locations.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;
use tracing::Instrument;

use super::{Unsaved, expect};
use crate::domain::{Book, Item, Location, ProgramId, Sku};
use crate::store::statement;

pub(super) async fn save_items(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &Book,
    versions: &[(Sku, i64)],
) -> Result<(), Unsaved> {
    let items = |skus: &BTreeSet<Sku>| -> Vec<&Item> {
        skus.iter().filter_map(|sku| book.items.get(sku)).collect()
    };
    let new = items(&book.changes.new_items);
    if !new.is_empty() {
        let done = sqlx::query(include_str!("../sql/insert_items.sql"))
            .bind(program.as_str())
            .bind(new.iter().map(|i| i.sku.as_str()).collect::<Vec<_>>())
            .bind(new.iter().map(|i| i.safety_stock).collect::<Vec<_>>())
            .bind(book.now)
            .bind(new.iter().map(|i| i.version).collect::<Vec<_>>())
            .bind(new.iter().map(|i| i.low_stock).collect::<Vec<_>>())
            .execute(&mut *connection)
            .instrument(statement("insert_items"))
            .await?;
        expect(done.rows_affected(), new.len(), "item")?;
    }
    let read: BTreeMap<&Sku, i64> = versions.iter().map(|(sku, v)| (sku, *v)).collect();
    let mut known = items(&book.changes.items);
    known.retain(|item| read.contains_key(&item.sku));
    if known.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&Item) -> i64| known.iter().map(|i| of(i)).collect::<Vec<i64>>();
    let done = sqlx::query(include_str!("../sql/update_items.sql"))
        .bind(program.as_str())
        .bind(known.iter().map(|i| i.sku.as_str()).collect::<Vec<_>>())
        .bind(book.now)
        .bind(column(|i| i.on_hand))
        .bind(column(|i| i.allocated))
        .bind(column(|i| i.backordered))
        .bind(column(|i| i.bumped))
        .bind(column(|i| i.safety_stock))
        .bind(column(|i| i.cap))
        .bind(column(|i| i.plan_version))
        .bind(column(|i| i.version))
        .bind(known.iter().map(|i| read[&i.sku]).collect::<Vec<_>>())
        .bind(column(|i| i.owed))
        .bind(column(|i| i.inbound))
        .bind(column(|i| i.low_stock))
        .bind(known.iter().map(|i| i.redating).collect::<Vec<_>>())
        .execute(connection)
        .instrument(statement("update_items"))
        .await?;
    expect(done.rows_affected(), known.len(), "item")
}

pub(super) async fn save_settings(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &Book,
) -> Result<(), Unsaved> {
    let settings: Vec<_> =
        book.changes.settings.iter().filter_map(|sku| book.settings.get(sku)).collect();
    if settings.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../sql/upsert_settings.sql"))
        .bind(program.as_str())
        .bind(settings.iter().map(|s| s.sku.as_str()).collect::<Vec<_>>())
        .bind(settings.iter().map(|s| s.listing.as_str()).collect::<Vec<_>>())
        .bind(settings.iter().map(|s| s.title.as_str()).collect::<Vec<_>>())
        .execute(connection)
        .instrument(statement("upsert_settings"))
        .await?;
    Ok(())
}

/// The locations where the batch moved units.
pub(super) async fn save_stocks(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &Book,
) -> Result<(), Unsaved> {
    let moved = book.changes.movements.iter().filter_map(|movement| {
        let location = movement.delta.location.as_ref()?;
        Some((&movement.sku, location))
    });
    let moved: BTreeSet<(&Sku, &Location)> = moved.collect();
    let stock = |(sku, location): &(&Sku, &Location)| {
        book.items
            .get(*sku)
            .and_then(|item| item.stocks.get(*location))
            .copied()
            .unwrap_or_default()
    };
    if moved.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../sql/upsert_stocks.sql"))
        .bind(program.as_str())
        .bind(moved.iter().map(|(sku, _)| sku.as_str()).collect::<Vec<_>>())
        .bind(moved.iter().map(|(_, location)| location.as_str()).collect::<Vec<_>>())
        .bind(moved.iter().map(|at| stock(at).on_hand).collect::<Vec<_>>())
        .bind(moved.iter().map(|at| stock(at).allocated).collect::<Vec<_>>())
        .execute(connection)
        .instrument(statement("upsert_stocks"))
        .await?;
    Ok(())
}
