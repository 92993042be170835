//! The statement that saves a batch, while its parts bind their columns.

use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;

use crate::domain::Time;

/// `save_batch.sql`, with the columns that are bound so far: it tells the database's clock.
pub(super) type Saving<'q> = QueryAs<'q, sqlx::Postgres, (Time, i32), PgArguments>;

/// A column, or nothing where it says nothing for any row: most columns of most batches do not.
pub(super) fn sparse<T: Default + PartialEq>(column: Vec<T>) -> Vec<T> {
    let nothing = T::default();
    if column.iter().all(|value| *value == nothing) { Vec::new() } else { column }
}
