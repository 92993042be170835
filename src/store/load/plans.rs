//! Plans, settings and customers' shares: what only some batches need.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use tracing::Instrument;

use crate::domain::{Book, Command, Customer, Item, Plan, ProgramId, Request, Sku};
use crate::store::rows::{PlanRow, item_settings};
use crate::store::statement;

/// The newest plan of each item, and the plans that lines were promised under, for their notes.
pub(super) async fn load_plans(
    connection: &mut PgConnection,
    program: &ProgramId,
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    let newest = book.items.values().map(|item| (item.sku.clone(), item.plan_version));
    let promised = book.reservations.values().flat_map(|r| &r.lines);
    let promised = promised.filter_map(|l| Some((l.sku.clone(), l.promise?.plan_version)));
    let wanted: BTreeSet<(Sku, i64)> = newest.chain(promised).filter(|(_, v)| *v > 0).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let rows: Vec<PlanRow> = sqlx::query_as(include_str!("../sql/load_plans.sql"))
        .bind(program.as_str())
        .bind(wanted.iter().map(|(sku, _)| sku.as_str()).collect::<Vec<_>>())
        .bind(wanted.iter().map(|(_, version)| *version).collect::<Vec<_>>())
        .fetch_all(connection)
        .instrument(statement("load_plans"))
        .await?;
    for row in rows {
        let sku = Sku::stored(&row.sku);
        let plan: Plan = row.into();
        match book.items.get_mut(&sku) {
            Some(item) if item.plan_version == plan.version => item.plan = Some(plan),
            _ => {
                book.notes.insert((sku, plan.version), plan.noted());
            }
        }
    }
    Ok(())
}

/// Settings of items that change, and which listings take backorders.
pub(super) async fn load_settings(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    if !requests.iter().any(|request| request.command.minds_listings()) {
        return Ok(());
    }
    let open: Vec<(String, String)> = sqlx::query_as(include_str!("../sql/load_open_listings.sql"))
        .bind(program.as_str())
        .bind(book.now)
        .fetch_all(&mut *connection)
        .instrument(statement("load_open_listings"))
        .await?;
    let stored = |(sku, listing): (String, String)| (Sku::stored(&sku), Sku::stored(&listing));
    book.open_listings = open.into_iter().map(stored).collect();
    let minding = requests.iter().filter(|request| request.command.minds_listings());
    let skus: Vec<&str> = minding.flat_map(|r| r.command.skus()).map(Sku::as_str).collect();
    if skus.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, String, String, i64, i64)> =
        sqlx::query_as(include_str!("../sql/load_settings.sql"))
            .bind(program.as_str())
            .bind(skus)
            .fetch_all(&mut *connection)
            .instrument(statement("load_settings"))
            .await?;
    for settings in rows.into_iter().map(item_settings) {
        book.settings.insert(settings.sku.clone(), settings);
    }
    Ok(())
}

/// What customers have backordered, of items whose plan limits it.
pub(super) async fn load_customers(
    connection: &mut PgConnection,
    program: &ProgramId,
    requests: &[Request],
    book: &mut Book,
) -> Result<(), sqlx::Error> {
    let limited = |item: &&Item| item.limits_customers();
    let skus: Vec<&str> =
        book.items.values().filter(limited).map(|item| item.sku.as_str()).collect();
    let ordering = requests.iter().filter_map(|request| match &request.command {
        Command::Reserve { order, .. } | Command::Backorder { order, .. } => order.customer.clone(),
        _ => None,
    });
    let holding = book.reservations.values().filter_map(|r| r.customer.clone());
    let customers: BTreeSet<Customer> = ordering.chain(holding).collect();
    if skus.is_empty() || customers.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, String, i64)> =
        sqlx::query_as(include_str!("../sql/load_customers.sql"))
            .bind(program.as_str())
            .bind(skus)
            .bind(customers.iter().map(Customer::as_str).collect::<Vec<_>>())
            .fetch_all(connection)
            .instrument(statement("load_customers"))
            .await?;
    let entry = |(sku, customer, units): (String, String, i64)| {
        ((Sku::stored(&sku), Customer::stored(&customer)), units)
    };
    book.customers = rows.into_iter().map(entry).collect();
    Ok(())
}
