//! Lines of the ledger with events, written past the service: so a test says itself when their
//! transactions end.

use backstock::store::connect;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ground::Ground;

/// A database with the schema, on which nobody serves yet.
pub async fn ground() -> Ground {
    let ground = Ground::new().await;
    connect::migrate(&ground.cluster.connect_options()).await.expect("the schema");
    ground
}

/// A version of an item with so many events, of types that take turns.
pub async fn version(connection: &mut PgConnection, sku: &str, version: i64, parts: i32) {
    events(connection, sku, version, (0..parts).map(|part| any(version, part)).collect()).await;
}

fn any(version: i64, part: i32) -> Value {
    match (version + i64::from(part)) % 3 {
        0 => json!("reservation.held"),
        1 => json!({"stock.low": {"available": part, "low_stock": 5}}),
        _ => json!("stock.oversold"),
    }
}

/// A version of an item with these events.
pub async fn events(connection: &mut PgConnection, sku: &str, version: i64, events: Vec<Value>) {
    let count = events.len();
    let parts: Vec<i32> = (0..).take(count).collect();
    let statement = "INSERT INTO movement (program, sku, version, part, kind, on_hand, allocated,
             backordered, bumped, damaged, reference, at, event)
         SELECT 'default', $1, $2, part, 'adjust', 1, 0, 0, 0, 0, 'written', clock_timestamp(),
                event
         FROM unnest($3::integer[], $4::jsonb[]) AS new (part, event)";
    sqlx::query(statement)
        .bind(sku)
        .bind(version)
        .bind(parts)
        .bind(events)
        .execute(&mut *connection)
        .await
        .expect("lines of the ledger");
    let statement =
        "INSERT INTO change (program, change, at, skus, from_versions, to_versions, events)
         VALUES ('default', $1, clock_timestamp(), $2, $3, $3, $4)";
    sqlx::query(statement)
        .bind(Uuid::now_v7())
        .bind(vec![sku])
        .bind(vec![version])
        .bind(vec![i64::try_from(count).expect("few")])
        .execute(connection)
        .await
        .expect("a change");
}

/// A version of an item with so many events, in a transaction of its own.
pub async fn committed(ground: &Ground, sku: &str, number: i64, parts: i32) {
    let mut transaction = ground.eyes.begin().await.expect("a transaction");
    version(&mut transaction, sku, number, parts).await;
    transaction.commit().await.expect("a commit");
}

/// Every event of the ledger, by item, in order.
pub async fn ledger(ground: &Ground) -> Vec<(String, i64, i32)> {
    let statement = "SELECT sku, version, part FROM movement
         WHERE program = 'default' AND event IS NOT NULL ORDER BY sku, version, part";
    sqlx::query_as(statement).fetch_all(&ground.eyes).await.expect("the ledger")
}
