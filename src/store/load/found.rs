//! What every batch reads once its items are locked, in one statement.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use tracing::Instrument;

use crate::domain::item::Stock;
use crate::domain::program::Place;
use crate::domain::{
    Book, EXPIRE_LINES_MAX, Location, ProgramId, Request, RequestId, ReservationId, Sku, Time,
};
use crate::store::rows::{ItemRow, ProgramRow};
use crate::store::statement;

/// A row of `load_batch.sql`: parallel arrays, none where nothing was found.
#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    program: ProgramRow,
    locations: Option<Vec<String>>,
    display_names: Option<Vec<String>>,
    priorities: Option<Vec<i32>>,
    stock_skus: Option<Vec<String>>,
    stock_locations: Option<Vec<String>>,
    stock_on_hand: Option<Vec<i64>>,
    stock_allocated: Option<Vec<i64>>,
    requests: Option<Vec<String>>,
    hashes: Option<Vec<Vec<u8>>>,
    due_skus: Option<Vec<String>>,
    due_reservations: Option<Vec<String>>,
    made: Option<Vec<String>>,
}

/// What was found.
pub(super) struct Found {
    /// The clock, the programme, its locations, the items with their units at locations, and the
    /// requests that were answered before.
    pub book: Book,
    /// The backend whose locks the batch stands on.
    pub backend: i32,
    /// Holds that ran out, by item.
    pub due: Vec<(Sku, ReservationId)>,
    /// Reservations that the batch wants to make and that exist.
    pub made: Vec<String>,
}

/// Reads it, for items that are locked.
pub(super) async fn find(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
    items: &[ItemRow],
) -> Result<Found, sqlx::Error> {
    let skus: Vec<&str> = items.iter().map(|item| &*item.sku).collect();
    let spread: Vec<&str> =
        items.iter().filter(|i| i.location.is_none()).map(|item| &*item.sku).collect();
    let ids: Vec<&str> =
        requests.iter().filter_map(|r| r.id.as_ref().map(RequestId::as_str)).collect();
    let made: Vec<&str> =
        requests.iter().filter_map(|r| r.command.made().map(ReservationId::as_str)).collect();
    let row: Row = sqlx::query_as(include_str!("../sql/load_batch.sql"))
        .bind(program.as_str())
        .bind(after(items))
        .bind(spread)
        .bind(ids)
        .bind(skus)
        .bind(i64::try_from(EXPIRE_LINES_MAX).unwrap_or(i64::MAX))
        .bind(made)
        .fetch_one(connection)
        .instrument(statement("load_batch"))
        .await?;
    Ok(row.found(items))
}

/// The instant behind the last change of any of the items. Time never stands still or goes back for
/// an item, whatever the clock of a new primary says, so that an item's changes can be told in
/// order by their instants.
fn after(items: &[ItemRow]) -> DateTime<Utc> {
    let last = items.iter().map(|item| item.changed_at).max();
    last.map_or(DateTime::UNIX_EPOCH, |last| last + chrono::TimeDelta::microseconds(1))
}

impl Row {
    fn found(self, items: &[ItemRow]) -> Found {
        let now: Time = self.program.now;
        let mut book = Book::new(now);
        book.program = self.program.program();
        book.places = places(self.locations, self.display_names, self.priorities);
        for row in items {
            let item = row.item();
            book.items.insert(item.sku.clone(), item);
        }
        let units = zip(self.stock_on_hand, self.stock_allocated);
        for ((sku, location), (on_hand, allocated)) in
            zip(self.stock_skus, self.stock_locations).zip(units)
        {
            if let Some(item) = book.items.get_mut(sku.as_str()) {
                item.stocks.insert(Location::stored(&location), Stock { on_hand, allocated });
            }
        }
        let hashes = zip(self.requests, self.hashes).map(|(id, hash)| {
            // A hash of another length belongs to no request of this release: it equals none.
            (RequestId::stored(&id), <[u8; 32]>::try_from(hash).unwrap_or_default())
        });
        book.answered = hashes.collect();
        let due = zip(self.due_skus, self.due_reservations)
            .map(|(sku, of)| (Sku::stored(&sku), ReservationId::stored(&of)));
        let (due, backend) = (due.collect(), self.program.backend);
        Found { book, backend, due, made: self.made.unwrap_or_default() }
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

/// Two arrays that belong together, entry by entry.
fn zip<A, B>(a: Option<Vec<A>>, b: Option<Vec<B>>) -> impl Iterator<Item = (A, B)> {
    a.unwrap_or_default().into_iter().zip(b.unwrap_or_default())
}
