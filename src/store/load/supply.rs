//! Announced supply, how far queues were given new dates, and what the background is to look at.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use tracing::Instrument;

use crate::domain::inbound::sort_by_date;
use crate::domain::redate::{Page, Redate};
use crate::domain::{
    Book, Command, EXPIRE_LINES_MAX, ProgramId, REDATE_LINES_MAX, Request, ReservationId, Sku,
};
use crate::store::rows::InboundRow;
use crate::store::statement;

/// Supply still to come of the locked items, and what commands name.
pub(super) async fn load_inbounds(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    let mut named: Vec<&str> = Vec::new();
    let expecting = book.items.values().filter(|item| item.inbound > 0);
    let mut skus: BTreeSet<Sku> = expecting.map(|item| item.sku.clone()).collect();
    for request in requests {
        match &request.command {
            Command::AnnounceInbound { sku, notice } | Command::UpdateInbound { sku, notice } => {
                named.push(notice.id.as_str());
                skus.insert(sku.clone());
            }
            Command::Receive(receipt) => {
                for line in &receipt.lines {
                    named.extend(line.inbound.as_ref().map(|id| id.as_str()));
                    skus.extend(line.inbound.as_ref().map(|_| line.sku.clone()));
                }
            }
            _ => {}
        }
    }
    if skus.is_empty() {
        return Ok(());
    }
    let rows: Vec<InboundRow> = sqlx::query_as(include_str!("../sql/load_inbounds.sql"))
        .bind(program.as_str())
        .bind(skus.iter().map(Sku::as_str).collect::<Vec<_>>())
        .bind(named)
        .fetch_all(connection)
        .instrument(statement("load_inbounds"))
        .await?;
    for row in rows {
        if let Some(item) = book.items.get_mut(&Sku::stored(&row.sku)) {
            item.inbounds.push(row.into());
        }
    }
    book.items.values_mut().for_each(|item| sort_by_date(&mut item.inbounds));
    Ok(())
}

/// How far queues were given new dates; for items that the background tends, the lines that follow
/// and those that were asked and kept silent.
pub(super) async fn load_tended(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    load_redates(connection, program, book).await?;
    let tended = requests.iter().filter_map(|request| match &request.command {
        Command::Tend { sku } => Some(sku),
        _ => None,
    });
    let tended: BTreeSet<&Sku> = tended.collect();
    for sku in tended.into_iter().filter(|sku| book.items.contains_key(*sku)).collect::<Vec<_>>() {
        load_page(connection, program, sku, book).await?;
        let silent: Vec<String> = sqlx::query_scalar(include_str!("../sql/silent_lines.sql"))
            .bind(program.as_str())
            .bind(sku.as_str())
            .bind(book.now)
            .bind(i64::try_from(EXPIRE_LINES_MAX).unwrap_or(i64::MAX))
            .fetch_all(&mut *connection)
            .instrument(statement("silent_lines"))
            .await?;
        let silent = silent.iter().map(|id| (sku.clone(), ReservationId::stored(id)));
        book.silent.extend(silent);
    }
    Ok(())
}

async fn load_redates(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    let redating = book.items.values().filter(|item| item.redating);
    let skus: Vec<String> = redating.map(|item| item.sku.to_string()).collect();
    if skus.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, bool, i64, i64, bool)> =
        sqlx::query_as(include_str!("../sql/load_redates.sql"))
            .bind(program.as_str())
            .bind(skus)
            .fetch_all(connection)
            .instrument(statement("load_redates"))
            .await?;
    for (sku, at_bumped, age, units_before, again) in rows {
        if let Some(item) = book.items.get_mut(&Sku::stored(&sku)) {
            item.redate = Some(Redate { at_bumped, age, units_before, again, page: None });
        }
    }
    Ok(())
}

async fn load_page(
    connection: &mut PgConnection,
    program: &ProgramId,
    sku: &Sku,
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    // What is owed more than one step fills is filled first.
    let item = book.items.get_mut(sku).filter(|item| !item.is_long_fill());
    let Some(redate) = item.and_then(|item| item.redate.as_mut()) else { return Ok(()) };
    let (sql, name) = match redate.at_bumped {
        true => (include_str!("../sql/redate_bumped.sql"), "redate_bumped"),
        false => (include_str!("../sql/redate_accepted.sql"), "redate_accepted"),
    };
    let lines: Vec<String> = sqlx::query_scalar(sql)
        .bind(program.as_str())
        .bind(sku.as_str())
        .bind(redate.age)
        .bind(i64::try_from(REDATE_LINES_MAX).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .instrument(statement(name))
        .await?;
    let is_last = lines.len() < REDATE_LINES_MAX;
    let lines = lines.iter().map(|id| ReservationId::stored(id)).collect();
    redate.page = Some(Page { lines, is_last });
    Ok(())
}
