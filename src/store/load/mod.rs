//! Lock, then read everything else in new statements: under READ COMMITTED a blocked statement
//! re-reads only the row that it waited for.

mod found;
mod items;
mod lines;
mod plans;
mod supply;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;
use tracing::Instrument;

use super::statement;
use crate::domain::{Book, Command, Item, ProgramId, ReceiptId, Request, Sku, Time};

/// A book, and what it was read from.
#[derive(Debug)]
pub(in crate::store) struct Loaded {
    pub book: Book,
    /// The items, as they were read.
    pub read: BTreeMap<Sku, Read>,
    /// When the programme's settings were written.
    pub settings_at: Option<Time>,
    /// Whether all of it was remembered and nothing was read.
    pub is_recalled: bool,
    /// A reservation that the batch works on was made after its items were looked up, so that not
    /// all of them are locked: look again.
    pub is_overtaken: bool,
}

/// What an item was read as.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Read {
    /// Its version.
    pub version: i64,
    /// When it was last written.
    pub changed_at: Time,
    /// Whether its units at locations stand in rows of their own.
    pub is_spread: bool,
}

/// Locks the items of a batch and reads the rows that it may touch. Tells the backend that did.
pub(in crate::store) async fn load(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
) -> Result<(i32, Loaded), sqlx::Error> {
    let skus = skus_to_lock(connection, program, requests).await?;
    lock_program(connection, program, requests).await?;
    lock_items(connection, program, &skus).await?;
    let found = found::find(connection, program, requests, &skus).await?;
    let (mut book, backend, read) = (found.book, found.backend, found.read);
    let settings_at = found.settings_at;
    load_receipts(connection, program, requests, &mut book).await?;
    supply::load_inbounds(connection, program, requests, &mut book).await?;
    supply::load_tended(connection, program, requests, &mut book).await?;
    lines::load(connection, program, requests, found.due, found.made, &mut book).await?;
    plans::load_plans(connection, program, &mut book).await?;
    plans::load_settings(connection, program, requests, &mut book).await?;
    plans::load_customers(connection, program, requests, &mut book).await?;
    let is_overtaken = requests
        .iter()
        .filter_map(|request| book.reservations.get(request.command.addressed()?))
        .any(|reservation| reservation.lines.iter().any(|l| !book.items.contains_key(&l.sku)));
    Ok((backend, Loaded { book, read, settings_at, is_recalled: false, is_overtaken }))
}

/// Reads without a lock what Reserves need: what they then write is guarded by the items' versions.
/// Tells the backend too. `None` = more has to be read or written, so lock.
pub(in crate::store) async fn look(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
) -> Result<Option<(i32, Loaded)>, sqlx::Error> {
    let skus: BTreeSet<&Sku> = requests.iter().flat_map(|r| r.command.skus()).collect();
    let skus: Vec<String> = skus.into_iter().map(ToString::to_string).collect();
    let found = found::find(connection, program, requests, &skus).await?;
    let (mut book, backend, read) = (found.book, found.backend, found.read);
    let settings_at = found.settings_at;
    let is_moving = |item: &Item| item.redating || item.is_due(book.now);
    if book.items.values().any(is_moving) || !found.made.is_empty() {
        return Ok(None);
    }
    supply::load_inbounds(connection, program, requests, &mut book).await?;
    plans::load_plans(connection, program, &mut book).await?;
    plans::load_customers(connection, program, requests, &mut book).await?;
    let is_overtaken = false;
    Ok(Some((backend, Loaded { book, read, settings_at, is_recalled: false, is_overtaken })))
}

/// What the commands name themselves, and the items of the reservations that they work on.
async fn skus_to_lock(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
) -> Result<Vec<String>, sqlx::Error> {
    let mut skus: BTreeSet<String> =
        requests.iter().flat_map(|r| r.command.skus()).map(ToString::to_string).collect();
    let addressed: Vec<&str> =
        requests.iter().filter_map(|r| r.command.addressed()).map(|id| id.as_str()).collect();
    if !addressed.is_empty() {
        let of_reservations: Vec<String> =
            sqlx::query_scalar(include_str!("../sql/reservation_skus.sql"))
                .bind(program.as_str())
                .bind(addressed)
                .fetch_all(connection)
                .instrument(statement("reservation_skus"))
                .await?;
        skus.extend(of_reservations);
    }
    Ok(skus.into_iter().collect())
}

/// Settings change one at a time; so are listings counted.
async fn lock_program(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
) -> Result<(), sqlx::Error> {
    let changes_settings = |request: &Request| {
        request.command.minds_listings() || matches!(request.command, Command::PutLocations(_))
    };
    if requests.iter().any(changes_settings) {
        sqlx::query(include_str!("../sql/lock_program.sql"))
            .bind(program.as_str())
            .execute(connection)
            .instrument(statement("lock_program"))
            .await?;
    }
    Ok(())
}

async fn lock_items(
    connection: &mut PgConnection,
    program: &ProgramId,
    skus: &[String],
) -> Result<(), sqlx::Error> {
    if skus.is_empty() {
        return Ok(());
    }
    let start = std::time::Instant::now();
    let locked = sqlx::query(include_str!("../sql/lock_items.sql"))
        .bind(program.as_str())
        .bind(skus)
        .execute(connection)
        .instrument(statement("lock_items"))
        .await;
    crate::telemetry::metrics::metrics().lock_wait.record(start.elapsed().as_secs_f64(), &[]);
    locked.map(drop)
}

async fn load_receipts(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    let receipt = |request: &Request| match &request.command {
        Command::Receive(receipt) => Some(receipt.id.to_string()),
        _ => None,
    };
    let ids: Vec<String> = requests.iter().filter_map(receipt).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows: Vec<String> = sqlx::query_scalar(include_str!("../sql/load_receipts.sql"))
        .bind(program.as_str())
        .bind(ids)
        .fetch_all(connection)
        .instrument(statement("load_receipts"))
        .await?;
    book.receipts = rows.iter().map(|id| ReceiptId::stored(id)).collect();
    Ok(())
}
