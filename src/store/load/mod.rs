//! Lock, then read everything else in new statements: under READ COMMITTED a blocked statement
//! re-reads only the row that it waited for.

mod lines;
mod plans;
mod supply;

use std::collections::BTreeSet;

use sqlx::PgConnection;
use tracing::Instrument;

use super::rows::{ItemRow, PlaceRow, ProgramRow};
use super::statement;
use crate::domain::item::Stock;
use crate::domain::{Book, Command, Location, ProgramId, ReceiptId, Request, RequestId, Sku, Time};

/// A book, and the backend whose locks it stands on.
pub(in crate::store) struct Loaded {
    pub book: Book,
    pub backend: i32,
    /// For each locked item, its version as it was read.
    pub versions: Vec<(Sku, i64)>,
    /// A reservation that the batch works on was made after its items were looked up, so that not
    /// all of them are locked: look again.
    pub is_overtaken: bool,
}

/// Locks the items of a batch and reads the rows that it may touch.
pub(in crate::store) async fn load(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
) -> Result<Loaded, sqlx::Error> {
    let skus = skus_to_lock(connection, program, requests).await?;
    lock_program(connection, program, requests).await?;
    let rows = lock_items(connection, program, &skus).await?;
    let clock: ProgramRow = sqlx::query_as(include_str!("../sql/load_program.sql"))
        .bind(program.as_str())
        .fetch_one(&mut *connection)
        .instrument(statement("load_program"))
        .await?;
    // Time never goes back for an item, whatever the clock of a new primary says.
    let now = rows.iter().map(|row| row.changed_at).fold(clock.now, Time::max);
    let mut book = Book::new(now);
    book.program = clock.program();
    let versions = rows.iter().map(|row| (Sku::stored(&row.sku), row.version)).collect();
    for row in rows {
        let item = row.item();
        book.items.insert(item.sku.clone(), item);
    }
    load_places(connection, program, &mut book).await?;
    load_stocks(connection, program, &mut book).await?;
    load_answered(connection, program, requests, &mut book).await?;
    load_receipts(connection, program, requests, &mut book).await?;
    supply::load_inbounds(connection, program, requests, &mut book).await?;
    supply::load_tended(connection, program, requests, &mut book).await?;
    lines::load(connection, program, requests, &mut book).await?;
    plans::load_plans(connection, program, &mut book).await?;
    plans::load_settings(connection, program, requests, &mut book).await?;
    plans::load_customers(connection, program, requests, &mut book).await?;
    let is_overtaken = requests
        .iter()
        .filter_map(|request| book.reservations.get(request.command.addressed()?))
        .any(|reservation| reservation.lines.iter().any(|l| !book.items.contains_key(&l.sku)));
    Ok(Loaded { book, backend: clock.backend, versions, is_overtaken })
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
) -> Result<Vec<ItemRow>, sqlx::Error> {
    if skus.is_empty() {
        return Ok(Vec::new());
    }
    let start = std::time::Instant::now();
    let rows = sqlx::query_as(include_str!("../sql/lock_items.sql"))
        .bind(program.as_str())
        .bind(skus)
        .fetch_all(connection)
        .instrument(statement("lock_items"))
        .await;
    crate::telemetry::metrics::metrics().lock_wait.record(start.elapsed().as_secs_f64(), &[]);
    rows
}

async fn load_places(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    let rows: Vec<PlaceRow> = sqlx::query_as(include_str!("../sql/load_places.sql"))
        .bind(program.as_str())
        .fetch_all(connection)
        .instrument(statement("load_places"))
        .await?;
    book.places = rows.into_iter().map(Into::into).collect();
    Ok(())
}

async fn load_stocks(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    let skus: Vec<&str> = book.items.keys().map(Sku::as_str).collect();
    if skus.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, String, i64, i64)> =
        sqlx::query_as(include_str!("../sql/load_stocks.sql"))
            .bind(program.as_str())
            .bind(skus)
            .fetch_all(connection)
            .instrument(statement("load_stocks"))
            .await?;
    for (sku, location, on_hand, allocated) in rows {
        if let Some(item) = book.items.get_mut(&Sku::stored(&sku)) {
            item.stocks.insert(Location::stored(&location), Stock { on_hand, allocated });
        }
    }
    Ok(())
}

async fn load_answered(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    let ids: Vec<&str> =
        requests.iter().filter_map(|r| r.id.as_ref()).map(RequestId::as_str).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(include_str!("../sql/load_answered.sql"))
        .bind(program.as_str())
        .bind(ids)
        .fetch_all(connection)
        .instrument(statement("load_answered"))
        .await?;
    let hashes = rows.into_iter().map(|(id, hash)| {
        // A hash of another length belongs to no request of this release: it equals none.
        (RequestId::stored(&id), <[u8; 32]>::try_from(hash).unwrap_or_default())
    });
    book.answered = hashes.collect();
    Ok(())
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
