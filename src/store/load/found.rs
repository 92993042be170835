//! What every batch reads, in one statement.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use tracing::Instrument;

use super::Read;
use super::items::{ItemColumns, zip};
use crate::domain::item::Stock;
use crate::domain::program::Place;
use crate::domain::{
    Book, EXPIRE_LINES_MAX, Location, ProgramId, Request, RequestId, ReservationId, Sku, Time,
};
use crate::store::rows::ProgramRow;
use crate::store::statement;

/// A row of `load_batch.sql`: parallel arrays, none where nothing was found.
#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    program: ProgramRow,
    #[sqlx(flatten)]
    items: ItemColumns,
    locations: Option<Vec<String>>,
    display_names: Option<Vec<String>>,
    priorities: Option<Vec<i32>>,
    stock_skus: Option<Vec<String>>,
    stock_locations: Option<Vec<String>>,
    stock_on_hand: Option<Vec<i64>>,
    stock_allocated: Option<Vec<i64>>,
    requests: Option<Vec<String>>,
    hashes: Option<Vec<Vec<u8>>>,
    held_skus: Option<Vec<String>>,
    held_reservations: Option<Vec<String>>,
    held_expire: Option<Vec<Time>>,
    made: Option<Vec<String>>,
    settings_at: Option<Time>,
}

/// What was found.
pub(super) struct Found {
    /// The clock, the programme, its locations, the items with their units at locations, and the
    /// requests that were answered before.
    pub book: Book,
    /// The backend that the batch runs on.
    pub backend: i32,
    /// The items, as they were read.
    pub read: BTreeMap<Sku, Read>,
    /// When the programme's settings were written.
    pub settings_at: Option<Time>,
    /// Holds that ran out, by item.
    pub due: Vec<(Sku, ReservationId)>,
    /// Reservations that the batch wants to make and that exist.
    pub made: Vec<String>,
}

/// Reads it. What is found is of one instant.
pub(super) async fn find(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
    skus: &[String],
) -> Result<Found, sqlx::Error> {
    let ids: Vec<&str> =
        requests.iter().filter_map(|r| r.id.as_ref().map(RequestId::as_str)).collect();
    let made: Vec<&str> =
        requests.iter().filter_map(|r| r.command.made().map(ReservationId::as_str)).collect();
    let row: Row = sqlx::query_as(include_str!("../sql/load_batch.sql"))
        .bind(program.as_str())
        .bind(skus)
        .bind(ids)
        // One more tells that more is left, or what is due next.
        .bind(i64::try_from(EXPIRE_LINES_MAX + 1).unwrap_or(i64::MAX))
        .bind(made)
        .fetch_one(connection)
        .instrument(statement("load_batch"))
        .await?;
    Ok(row.found())
}

impl Row {
    fn found(self) -> Found {
        let now: Time = self.program.now;
        let mut book = Book::new(now);
        book.program = self.program.program();
        book.places = places(self.locations, self.display_names, self.priorities);
        let mut read = BTreeMap::new();
        for (item, changed_at) in self.items.items() {
            let as_read = Read { version: item.version, changed_at, is_spread: false };
            read.insert(item.sku.clone(), as_read);
            book.items.insert(item.sku.clone(), item);
        }
        let units = zip(self.stock_on_hand, self.stock_allocated);
        for ((sku, location), (on_hand, allocated)) in
            zip(self.stock_skus, self.stock_locations).zip(units)
        {
            if let Some(item) = book.items.get_mut(sku.as_str()) {
                item.stocks.insert(Location::stored(&location), Stock { on_hand, allocated });
            }
            if let Some(read) = read.get_mut(sku.as_str()) {
                read.is_spread = true;
            }
        }
        let hashes = zip(self.requests, self.hashes).map(|(id, hash)| {
            // A hash of another length belongs to no request of this release: it equals none.
            (RequestId::stored(&id), <[u8; 32]>::try_from(hash).unwrap_or_default())
        });
        book.answered = hashes.collect();
        let held = zip(self.held_skus, self.held_reservations);
        let mut due = Vec::new();
        for ((sku, of), expires_at) in zip(Some(held.collect()), self.held_expire) {
            if expires_at <= now {
                due.push((Sku::stored(&sku), ReservationId::stored(&of)));
            } else if let Some(item) = book.items.get_mut(sku.as_str()) {
                let next_due = item.next_due.unwrap_or(expires_at);
                item.next_due = Some(next_due.min(expires_at));
            }
        }
        let (backend, settings_at) = (self.program.backend, self.settings_at);
        Found { book, backend, read, settings_at, due, made: self.made.unwrap_or_default() }
    }
}

fn places(
    locations: Option<Vec<String>>,
    names: Option<Vec<String>>,
    priorities: Option<Vec<i32>>,
) -> Vec<Place> {
    let priorities = priorities.unwrap_or_default();
    zip(locations, names)
        .zip(priorities)
        .map(|((location, display_name), priority)| Place {
            location: Location::stored(&location),
            display_name,
            priority,
        })
        .collect()
}
