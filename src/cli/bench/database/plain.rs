//! The plain way to reserve, for comparison: a transaction of its own for each call, as one would
//! write it first. `BEGIN; SELECT .. FOR UPDATE; UPDATE; INSERT; COMMIT`.

use sqlx::postgres::PgConnectOptions;
pub use sqlx::postgres::PgPool as Pool;

use crate::config::CONNECTIONS_MAX_DEFAULT;
use crate::store::connect;

/// The item that every call takes from.
pub const SKU: &str = "PLAIN";

/// A pool for the plain baseline alone, as large as production's and set like it.
#[must_use]
pub fn pool(options: PgConnectOptions) -> Pool {
    connect::pool(options, CONNECTIONS_MAX_DEFAULT)
}

/// Takes `quantity` units for a reservation; `false` when there are not as many.
///
/// # Errors
/// The database is not available, or the reservation is there already.
pub async fn reserve(pool: &Pool, reservation: &str, quantity: i64) -> sqlx::Result<bool> {
    let mut transaction = pool.begin().await?;
    let available: i64 = sqlx::query_scalar(include_str!("sql/plain_lock.sql"))
        .bind(SKU)
        .fetch_one(&mut *transaction)
        .await?;
    if available < quantity {
        transaction.rollback().await?;
        return Ok(false);
    }
    sqlx::query(include_str!("sql/plain_take.sql"))
        .bind(SKU)
        .bind(quantity)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(include_str!("sql/plain_note.sql"))
        .bind(reservation)
        .bind(SKU)
        .bind(quantity)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(true)
}
