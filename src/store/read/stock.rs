//! What there is of items.

use sqlx::PgConnection;
use sqlx::types::Json;
use tracing::Instrument;

use crate::domain::answer::ItemView;
use crate::domain::inbound::sort_by_date;
use crate::domain::item::Stock;
use crate::domain::{Item, Location, Plan, ProgramId, Sku, Time};
use crate::store::rows::{InboundRow, ItemRow, PlanRow};
use crate::store::{Failure, Store};
use crate::store::{read_clock, statement};

impl Store {
    /// What there is of some items; those that are unknown are left out.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn availability(
        &self,
        program: &ProgramId,
        skus: &[Sku],
    ) -> Result<Vec<ItemView>, Failure> {
        let (pool, program) = (self.pool.clone(), program.clone());
        let skus: Vec<String> = skus.iter().map(ToString::to_string).collect();
        self.detached(async move {
            let mut connection = pool.acquire().await?;
            let (now, items) = items(&mut connection, &program, &skus).await?;
            Ok(items.iter().map(|item| ItemView::new(item, now)).collect())
        })
        .await
    }

    /// An item with its newest plan, and the instant at which it was read.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn item(
        &self,
        program: &ProgramId,
        sku: &Sku,
    ) -> Result<Option<(Item, Time)>, Failure> {
        let (pool, program, sku) = (self.pool.clone(), program.clone(), sku.to_string());
        self.detached(async move {
            let mut connection = pool.acquire().await?;
            let (now, mut items) = items(&mut connection, &program, &[sku]).await?;
            Ok(items.pop().map(|item| (item, now)))
        })
        .await
    }
}

/// `item`, with its units at each location.
#[derive(sqlx::FromRow)]
struct ShownRow {
    now: Time,
    #[sqlx(flatten)]
    item: ItemRow,
    stocks: Json<Vec<(String, i64, i64)>>,
}

impl ShownRow {
    fn item(self) -> Item {
        let mut item = self.item.item();
        let stock = |(location, on_hand, allocated): (String, i64, i64)| {
            (Location::stored(&location), Stock { on_hand, allocated })
        };
        item.stocks = self.stocks.0.into_iter().map(stock).collect();
        item
    }
}

/// Items as they stand at the database's clock: expired holds count for nothing.
pub(super) async fn items(
    connection: &mut PgConnection,
    program: &ProgramId,
    skus: &[String],
) -> Result<(Time, Vec<Item>), sqlx::Error> {
    let rows: Vec<ShownRow> = sqlx::query_as(include_str!("../sql/read_items.sql"))
        .bind(program.as_str())
        .bind(skus)
        .fetch_all(&mut *connection)
        .instrument(statement("read_items"))
        .await?;
    let now = match rows.first() {
        Some(row) => row.now,
        None => read_clock(&mut *connection).await?,
    };
    let mut items: Vec<Item> = rows.into_iter().map(ShownRow::item).collect();
    add_plans(connection, program, &mut items).await?;
    add_inbounds(connection, program, &mut items).await?;
    Ok((now, items))
}

async fn add_plans(
    connection: &mut PgConnection,
    program: &ProgramId,
    items: &mut [Item],
) -> Result<(), sqlx::Error> {
    let planned: Vec<&Item> = items.iter().filter(|item| item.plan_version > 0).collect();
    if planned.is_empty() {
        return Ok(());
    }
    let rows: Vec<PlanRow> = sqlx::query_as(include_str!("../sql/load_plans.sql"))
        .bind(program.as_str())
        .bind(planned.iter().map(|item| item.sku.to_string()).collect::<Vec<_>>())
        .bind(planned.iter().map(|item| item.plan_version).collect::<Vec<_>>())
        .fetch_all(connection)
        .instrument(statement("load_plans"))
        .await?;
    for row in rows {
        let sku = row.sku.clone();
        if let Some(item) = items.iter_mut().find(|item| item.sku.as_str() == sku) {
            item.plan = Some(Plan::from(row));
        }
    }
    Ok(())
}

/// Supply still to come, which dates a new backorder.
async fn add_inbounds(
    connection: &mut PgConnection,
    program: &ProgramId,
    items: &mut [Item],
) -> Result<(), sqlx::Error> {
    let expecting = items.iter().filter(|item| item.inbound > 0);
    let skus: Vec<String> = expecting.map(|item| item.sku.to_string()).collect();
    if skus.is_empty() {
        return Ok(());
    }
    let rows: Vec<InboundRow> = sqlx::query_as(include_str!("../sql/load_inbounds.sql"))
        .bind(program.as_str())
        .bind(skus)
        .bind(Vec::<String>::new())
        .fetch_all(connection)
        .instrument(statement("load_inbounds"))
        .await?;
    for row in rows {
        if let Some(item) = items.iter_mut().find(|item| item.sku.as_str() == row.sku) {
            item.inbounds.push(row.into());
        }
    }
    items.iter_mut().for_each(|item| sort_by_date(&mut item.inbounds));
    Ok(())
}
