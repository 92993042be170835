//! The lines that a batch may touch: those of the reservations that it names, those that are due,
//! the head of each queue that may be filled, and the newest allocations that a loss may take.

use std::collections::{BTreeSet, HashMap};

use sqlx::PgConnection;
use tracing::Instrument;

use crate::domain::command::{Adjustment, Change};
use crate::domain::{
    Book, Command, EXPIRE_LINES_MAX, FILL_LINES_MAX, Location, ProgramId, Request, ReservationId,
    Sku, Units,
};
use crate::store::rows::reservations;
use crate::store::statement;

/// Most queued lines that a batch reads in all.
const HEADS_MAX: usize = 4096;
/// Allocations that are read from the ledger at once.
const NEWEST_PAGE: i64 = 512;

/// Reads them.
pub(super) async fn load(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
    due: Vec<(Sku, ReservationId)>,
    made: Vec<String>,
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    let mut ids: BTreeSet<String> = made.into_iter().collect();
    ids.extend(requests.iter().filter_map(|r| r.command.addressed()).map(ToString::to_string));
    let pages = book.items.values().filter_map(|item| item.redate.as_ref()?.page.as_ref());
    ids.extend(pages.flat_map(|page| &page.lines).map(ToString::to_string));
    ids.extend(book.silent.iter().map(|(_, id)| id.to_string()));
    let due = within_sweep(due, book);
    let may_supply = !due.is_empty() || requests.iter().any(|r| r.command.may_supply());
    ids.extend(due.iter().map(ToString::to_string));
    if may_supply {
        ids.extend(load_heads(connection, program, book).await?);
    }
    load_reservations(connection, program, &ids, book).await?;
    for request in requests {
        if let Command::Adjust { location, adjustments } = &request.command {
            load_newest(connection, program, location.as_ref(), adjustments, book).await?;
        }
    }
    Ok(())
}

/// The due holds that one batch sweeps. Items that have more of them are marked.
fn within_sweep(due: Vec<(Sku, ReservationId)>, book: &mut Book) -> Vec<ReservationId> {
    let mut counts: HashMap<Sku, usize> = HashMap::new();
    let mut within = Vec::with_capacity(due.len());
    for (sku, reservation) in due {
        let count = counts.entry(sku.clone()).or_default();
        *count += 1;
        match (*count > EXPIRE_LINES_MAX, book.items.get_mut(&sku)) {
            (true, Some(item)) => item.due_left = true,
            _ => within.push(reservation),
        }
    }
    within
}

/// The lines that are filled next.
async fn load_heads(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &mut Book,
) -> Result<Vec<String>, sqlx::Error> {
    let queued = book.items.values().filter(|item| item.queued() > 0);
    let skus: Vec<String> = queued.map(|item| item.sku.to_string()).collect();
    let most = (HEADS_MAX / skus.len().max(1)).clamp(8, FILL_LINES_MAX);
    let mut rows: Vec<(String, String, i64, bool)> = Vec::new();
    if !skus.is_empty() {
        rows = sqlx::query_as(include_str!("../sql/queue_heads.sql"))
            .bind(program.as_str())
            .bind(skus)
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch_all(connection)
            .instrument(statement("queue_heads"))
            .await?;
    }
    for (sku, reservation, _, is_bumped) in &rows {
        if let Some(item) = book.items.get_mut(&Sku::stored(sku)) {
            let queue = &mut item.queue;
            let head = if *is_bumped { &mut queue.bumped } else { &mut queue.accepted };
            head.lines.push_back(ReservationId::stored(reservation));
        }
    }
    for item in book.items.values_mut() {
        item.queue.bumped.is_whole = item.queue.bumped.lines.len() < most;
        item.queue.accepted.is_whole = item.queue.accepted.lines.len() < most;
    }
    Ok(rows.into_iter().map(|(_, reservation, ..)| reservation).collect())
}

/// For a correction that takes more than is free: whose allocations at that location are the
/// newest.
async fn load_newest(
    connection: &mut PgConnection,
    program: &ProgramId,
    location: Option<&Location>,
    adjustments: &[Adjustment],
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    let default = book.program.as_ref().map(|program| program.default_location.clone());
    let Some(location) = location.cloned().or(default) else { return Ok(()) };
    for Adjustment { sku, change, .. } in adjustments {
        let Some(item) = book.items.get(sku) else { continue };
        let stock = item.stocks.get(&location).copied().unwrap_or_default();
        let delta = match change {
            Change::Delta(delta) => *delta,
            Change::Count(count) => count - stock.on_hand,
        };
        // What expires first can only free units, so this is the most that the loss can take.
        let excess = -(stock.free() + delta);
        if excess > 0 {
            let below = item.version + 1;
            walk_ledger(connection, program, &location, sku, excess, below, book).await?;
        }
    }
    Ok(())
}

/// Walks the ledger from the newest allocation back, until the lines found hold as many units as
/// are lost.
async fn walk_ledger(
    connection: &mut PgConnection,
    program: &ProgramId,
    location: &Location,
    sku: &Sku,
    excess: Units,
    below: i64,
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    let (mut found, mut below, mut newest) = (0, below, Vec::<ReservationId>::new());
    while found < excess {
        let page: Vec<(i64, String)> =
            sqlx::query_as(include_str!("../sql/newest_allocations.sql"))
                .bind(program.as_str())
                .bind(sku.as_str())
                .bind(location.as_str())
                .bind(below)
                .bind(NEWEST_PAGE)
                .fetch_all(&mut *connection)
                .instrument(statement("newest_allocations"))
                .await?;
        let Some((last, _)) = page.last() else { break };
        // A page may end within a version: that version is read again whole, unless it is all of
        // the page.
        let all_one = page.first().is_some_and(|(first, _)| first == last);
        below = if all_one { *last } else { last + 1 };
        let ids: BTreeSet<String> = page.iter().map(|(_, id)| id.clone()).collect();
        let unknown = |id: &String| !book.reservations.contains_key(&ReservationId::stored(id));
        let ids: BTreeSet<String> = ids.into_iter().filter(unknown).collect();
        load_reservations(connection, program, &ids, book).await?;
        for (_, id) in &page {
            let id = ReservationId::stored(id);
            // What has expired is swept before the loss is taken, so it has nothing to lose.
            let live = book.reservations.get(&id).filter(|r| !r.is_overdue(book.now));
            let line = live.and_then(|reservation| reservation.line(sku));
            let has = line.map_or(0, |line| line.allocated_at(location));
            if has > 0 && !newest.contains(&id) {
                found += has;
                newest.push(id);
            }
        }
    }
    if let Some(item) = book.items.get_mut(sku) {
        item.newest.insert(location.clone(), newest);
    }
    Ok(())
}

/// Rows of the lines of reservations, as reservations.
async fn load_reservations(
    connection: &mut PgConnection,
    program: &ProgramId,
    ids: &BTreeSet<String>,
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query_as(include_str!("../sql/load_lines.sql"))
        .bind(program.as_str())
        .bind(ids.iter().map(String::as_str).collect::<Vec<_>>())
        .fetch_all(connection)
        .instrument(statement("load_lines"))
        .await?;
    for reservation in reservations(rows) {
        book.reservations.insert(reservation.id.clone(), reservation);
    }
    Ok(())
}
