//! Writes items, their settings and their units at locations.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;
use tracing::Instrument;

use super::saving::{Saving, sparse};
use super::{Unsaved, expect};
use crate::domain::item::Stock;
use crate::domain::{Book, Item, Location, ProgramId, Sku};
use crate::store::load::Read;
use crate::store::statement;

/// New items. Their counters are written like those of others.
pub(super) async fn insert(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &Book,
) -> Result<(), Unsaved> {
    let new: Vec<&Item> =
        book.changes.new_items.iter().filter_map(|sku| book.items.get(sku)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let done = sqlx::query(include_str!("../sql/insert_items.sql"))
        .bind(program.as_str())
        .bind(new.iter().map(|i| i.sku.as_str()).collect::<Vec<_>>())
        .bind(new.iter().map(|i| i.safety_stock).collect::<Vec<_>>())
        .bind(book.now)
        .bind(new.iter().map(|i| i.version).collect::<Vec<_>>())
        .bind(new.iter().map(|i| i.low_stock).collect::<Vec<_>>())
        .execute(connection)
        .instrument(statement("insert_items"))
        .await?;
    expect(done.rows_affected(), new.len(), "item")
}

/// A locked item that the batch changed, with what it was read as.
pub(super) type Known<'b> = (&'b Item, Read);

/// The locked items that the batch changed.
pub(super) fn known<'b>(book: &'b Book, read: &BTreeMap<Sku, Read>) -> Vec<Known<'b>> {
    let changed = book.changes.items.iter();
    changed.filter_map(|sku| Some((book.items.get(sku)?, *read.get(sku)?))).collect()
}

/// The only location where an item stands, as long as it never stood in another.
fn only_location(item: &Item, read: Read) -> Option<&str> {
    let mut locations = item.stocks.keys();
    let only = locations.next().filter(|_| !read.is_spread && item.stocks.len() == 1);
    only.map(Location::as_str)
}

pub(super) fn bind<'q>(saving: Saving<'q>, known: &[Known<'q>]) -> Saving<'q> {
    let column = |of: fn(&Item) -> i64| known.iter().map(|(i, _)| of(i)).collect::<Vec<i64>>();
    saving
        .bind(known.iter().map(|(i, _)| i.sku.as_str()).collect::<Vec<_>>())
        .bind(column(|i| i.on_hand))
        .bind(column(|i| i.allocated))
        .bind(column(|i| i.backordered))
        .bind(column(|i| i.bumped))
        .bind(column(|i| i.safety_stock))
        .bind(column(|i| i.cap))
        .bind(column(|i| i.plan_version))
        .bind(column(|i| i.version))
        .bind(known.iter().map(|(_, read)| read.version).collect::<Vec<_>>())
        .bind(column(|i| i.owed))
        .bind(column(|i| i.inbound))
        .bind(column(|i| i.low_stock))
        .bind(known.iter().map(|(i, _)| i.redating).collect::<Vec<_>>())
        .bind(known.iter().map(|(i, read)| only_location(i, *read)).collect::<Vec<_>>())
        .bind(sparse(known.iter().map(|(i, _)| i.due_at).collect()))
        .bind(known.iter().map(|(_, read)| read.changed_at).collect::<Vec<_>>())
}

/// Rows of units at locations, for items that stand in several: where the batch moved units, and
/// everywhere where the item has just come to stand in a second one.
pub(super) fn bind_stocks<'q>(
    saving: Saving<'q>,
    book: &'q Book,
    read: &BTreeMap<Sku, Read>,
) -> Saving<'q> {
    let mut rows: BTreeMap<(&Sku, &Location), Stock> = BTreeMap::new();
    let moved = book.changes.movements.iter().filter_map(|movement| {
        let location = movement.delta.location.as_ref()?;
        Some((&movement.sku, location))
    });
    for (sku, location) in moved.collect::<BTreeSet<_>>() {
        let (Some(item), Some(read)) = (book.items.get(sku), read.get(sku)) else { continue };
        if read.is_spread {
            let stock = item.stocks.get(location).copied().unwrap_or_default();
            rows.insert((sku, location), stock);
        } else if item.stocks.len() > 1 {
            rows.extend(item.stocks.iter().map(|(at, stock)| ((sku, at), *stock)));
        }
    }
    saving
        .bind(rows.keys().map(|(sku, _)| sku.as_str()).collect::<Vec<_>>())
        .bind(rows.keys().map(|(_, location)| location.as_str()).collect::<Vec<_>>())
        .bind(rows.values().map(|stock| stock.on_hand).collect::<Vec<_>>())
        .bind(rows.values().map(|stock| stock.allocated).collect::<Vec<_>>())
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
