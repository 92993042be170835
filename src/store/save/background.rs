//! Writes what the background has to do, or has done, and the demand that was refused.

use sqlx::PgConnection;
use tracing::Instrument;

use super::Unsaved;
use crate::domain::book::Changes;
use crate::domain::{Book, ProgramId};
use crate::store::statement;

pub(super) async fn save(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &Book,
) -> Result<(), Unsaved> {
    save_long_fills(connection, program, &book.changes).await?;
    save_redates(connection, program, book).await?;
    save_ready_checks(connection, program, &book.changes).await?;
    save_refused(connection, program, book).await
}

async fn save_long_fills(
    connection: &mut PgConnection,
    program: &ProgramId,
    changes: &Changes,
) -> Result<(), Unsaved> {
    let skus = |more: bool| -> Vec<&str> {
        let of = changes.long_fills.iter().filter(|(_, left)| **left == more);
        of.map(|(sku, _)| sku.as_str()).collect()
    };
    let (more, done) = (skus(true), skus(false));
    if !more.is_empty() {
        sqlx::query(include_str!("../sql/insert_long_fills.sql"))
            .bind(program.as_str())
            .bind(more)
            .execute(&mut *connection)
            .instrument(statement("insert_long_fills"))
            .await?;
    }
    if !done.is_empty() {
        sqlx::query(include_str!("../sql/delete_long_fills.sql"))
            .bind(program.as_str())
            .bind(done)
            .execute(connection)
            .instrument(statement("delete_long_fills"))
            .await?;
    }
    Ok(())
}

async fn save_redates(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &Book,
) -> Result<(), Unsaved> {
    for sku in &book.changes.redates {
        match book.items.get(sku).and_then(|item| item.redate.as_ref()) {
            Some(redate) => {
                sqlx::query(include_str!("../sql/upsert_redate.sql"))
                    .bind(program.as_str())
                    .bind(sku.as_str())
                    .bind(redate.at_bumped)
                    .bind(redate.age)
                    .bind(redate.units_before)
                    .bind(redate.again)
                    .execute(&mut *connection)
                    .instrument(statement("upsert_redate"))
                    .await?;
            }
            None => {
                sqlx::query(include_str!("../sql/delete_redate.sql"))
                    .bind(program.as_str())
                    .bind(sku.as_str())
                    .execute(&mut *connection)
                    .instrument(statement("delete_redate"))
                    .await?;
            }
        }
    }
    Ok(())
}

async fn save_ready_checks(
    connection: &mut PgConnection,
    program: &ProgramId,
    changes: &Changes,
) -> Result<(), Unsaved> {
    let orders = |wanted: bool| -> Vec<&str> {
        let of = changes.ready_checks.iter().filter(|(_, is_wanted)| **is_wanted == wanted);
        of.map(|(id, _)| id.as_str()).collect()
    };
    let (wanted, done) = (orders(true), orders(false));
    if !wanted.is_empty() {
        sqlx::query(include_str!("../sql/insert_ready_checks.sql"))
            .bind(program.as_str())
            .bind(wanted)
            .execute(&mut *connection)
            .instrument(statement("insert_ready_checks"))
            .await?;
    }
    if !done.is_empty() {
        sqlx::query(include_str!("../sql/delete_ready_checks.sql"))
            .bind(program.as_str())
            .bind(done)
            .execute(connection)
            .instrument(statement("delete_ready_checks"))
            .await?;
    }
    Ok(())
}

async fn save_refused(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &Book,
) -> Result<(), Unsaved> {
    let refused = &book.changes.refused;
    if refused.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../sql/add_refused.sql"))
        .bind(program.as_str())
        .bind(book.now.date_naive())
        .bind(refused.keys().map(|sku| sku.as_str()).collect::<Vec<_>>())
        .bind(refused.values().map(|(units, _)| *units).collect::<Vec<_>>())
        .bind(refused.values().map(|(_, calls)| *calls).collect::<Vec<_>>())
        .execute(connection)
        .instrument(statement("add_refused"))
        .await?;
    Ok(())
}
