//! The statement that saves a batch, while its parts bind their columns.

use sqlx::postgres::PgArguments;
use sqlx::query::QueryScalar;

/// `save_batch.sql`, with the columns that are bound so far.
pub(super) type Saving<'q> = QueryScalar<'q, sqlx::Postgres, i32, PgArguments>;

/// A column, or nothing where it says nothing for any row: most columns of most batches do not.
pub(super) fn sparse<T: Default + PartialEq>(column: Vec<T>) -> Vec<T> {
    let nothing = T::default();
    if column.iter().all(|value| *value == nothing) { Vec::new() } else { column }
}
