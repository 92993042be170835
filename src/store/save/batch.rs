//! Writes what nearly every batch brings about, in one statement: each part binds its columns.

use sqlx::postgres::PgArguments;
use sqlx::{Execute, PgConnection};
use tracing::Instrument;

use super::saving::Saving;
use super::{Unsaved, items, ledger, lines};
use crate::domain::{ProgramId, Request, Time};
use crate::store::load::Loaded;
use crate::store::{Body, statement};

/// What the statement divides by where an item is not as it was read is zero.
const NOT_AS_READ: &str = "22012";

const SAVE: &str = include_str!("../sql/save_batch.sql");

/// What the statement is given; `None` = there is nothing to write.
pub(in crate::store) fn prepare(
    program: &ProgramId,
    loaded: &Loaded,
    answers: &[(&Request, Body)],
) -> Result<Option<PgArguments>, Unsaved> {
    let book = &loaded.book;
    let known = items::known(book, &loaded.read);
    let new_lines = lines::new(book);
    let changes = &book.changes;
    if known.is_empty()
        && new_lines.is_empty()
        && changes.movements.is_empty()
        && answers.is_empty()
    {
        return Ok(None);
    }
    let saving = sqlx::query_as(SAVE).bind(program.as_str()).bind(book.now);
    let saving = items::bind(saving, &known);
    let saving = items::bind_stocks(saving, book, &loaded.read);
    let saving = lines::bind(saving, &new_lines);
    let saving = ledger::bind(saving, &changes.movements);
    let saving = ledger::bind_news(saving, &changes.movements);
    let mut saving =
        bind_answers(saving, answers).bind(loaded.settings_at.filter(|_| loaded.is_recalled));
    saving.take_arguments().map_err(|error| Unsaved::Failed(sqlx::Error::Encode(error)))
}

/// Writes it, and tells the database's clock after that.
pub(in crate::store) async fn write(
    connection: &mut PgConnection,
    arguments: Option<PgArguments>,
) -> Result<Option<Time>, Unsaved> {
    let Some(arguments) = arguments else { return Ok(None) };
    let saving = sqlx::query_as_with::<_, (Time, i32), _>(SAVE, arguments);
    match saving.fetch_one(connection).instrument(statement("save_batch")).await {
        Ok((now, _)) => Ok(Some(now)),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(NOT_AS_READ) => {
            Err(Unsaved::Overtaken("item"))
        }
        Err(error) => Err(error.into()),
    }
}

/// The answers, in byte order of their requests.
fn bind_answers<'q>(saving: Saving<'q>, answers: &'q [(&Request, Body)]) -> Saving<'q> {
    let mut answers: Vec<(&str, &Request, &Body)> = answers
        .iter()
        .filter_map(|(request, body)| Some((request.id.as_ref()?.as_str(), *request, body)))
        .collect();
    answers.sort_unstable_by_key(|(id, ..)| *id);
    saving
        .bind(answers.iter().map(|(id, ..)| *id).collect::<Vec<_>>())
        .bind(answers.iter().map(|(_, request, _)| &request.hash[..]).collect::<Vec<_>>())
        .bind(answers.iter().map(|(.., body)| body.is_refusal).collect::<Vec<_>>())
        .bind(answers.iter().map(|(.., body)| &body.bytes[..]).collect::<Vec<_>>())
}
