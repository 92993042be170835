//! What there is of items.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use sqlx::PgConnection;
use sqlx::types::Json;
use tokio::sync::oneshot;
use tracing::{Instrument, Span};

use super::enquiries::{Enquiry, Found, Shared};
use crate::domain::answer::ItemView;
use crate::domain::inbound::sort_by_date;
use crate::domain::item::Stock;
use crate::domain::{Item, Location, Plan, ProgramId, Sku, Time};
use crate::store::rows::{InboundRow, ItemRow, PlanRow, ship_policy};
use crate::store::{Failure, Store};
use crate::store::{read_clock, statement};

impl Store {
    /// What there is of some items, in the order asked for; those that are unknown are left out.
    ///
    /// Callers who wait share a statement. It begins after the call came, so that a caller sees
    /// what was answered to it, or to anyone, before.
    ///
    /// # Errors
    ///
    /// The database is not available, or too many wait.
    pub async fn availability(
        &self,
        program: &ProgramId,
        skus: &[Sku],
    ) -> Result<Vec<ItemView>, Failure> {
        let (answer, answered) = oneshot::channel();
        let enquiry = Enquiry { skus: skus.to_vec(), call: Span::current(), answer };
        if self.enquiries.join(program, enquiry)? {
            tokio::spawn(self.clone().answer_enquiries());
        }
        // The sender is dropped unanswered only when its reader went down with the runtime.
        let found = answered.await.unwrap_or(Err(Failure::Unavailable))?;
        let known = skus.iter().filter_map(|sku| found.items.get(sku));
        // Not by the reader: what is wrong with an item fails those alone who asked for it.
        Ok(known.map(|item| ItemView::new(item, found.now, found.parcel)).collect())
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
        let (pool, program, sku) = (self.pool.clone(), program.clone(), sku.clone());
        self.detached(async move {
            let mut connection = pool.acquire().await?;
            let mut found = items(&mut connection, &program, &[sku.as_str()]).await?;
            Ok(found.items.remove(&sku).map(|item| (item, found.now)))
        })
        .await
    }

    /// Answers enquiries until nobody waits: a reader.
    async fn answer_enquiries(self) {
        while let Some(shared) = self.enquiries.next() {
            self.answer_shared(shared).await;
        }
    }

    async fn answer_shared(&self, shared: Shared) {
        let span = span_of(&shared);
        let Shared { program, mut enquiries, skus } = shared;
        let skus: Vec<&str> = skus.iter().map(Sku::as_str).collect();
        let found = match self.look(&program, &skus).instrument(span).await {
            Err(Trouble::Connecting(failure)) => {
                // Those who came meanwhile would only wait to be told the same.
                enquiries.extend(self.enquiries.all());
                Err(failure)
            }
            Err(Trouble::Reading(Failure::Incident(_))) if enquiries.len() > 1 => {
                return self.answer_alone(&program, enquiries).await;
            }
            Err(Trouble::Reading(failure)) => Err(failure),
            Ok(found) => Ok(Arc::new(found)),
        };
        for enquiry in enquiries {
            // Who gave up meanwhile needs no answer.
            let _ = enquiry.answer.send(found.clone());
        }
    }

    /// Answers each by a statement of its own, since one of them made a shared one fail.
    async fn answer_alone(&self, program: &ProgramId, enquiries: Vec<Enquiry>) {
        for enquiry in enquiries {
            let skus: Vec<&str> = enquiry.skus.iter().map(Sku::as_str).collect();
            let looked = self.look(program, &skus).instrument(enquiry.call.clone()).await;
            let reply = looked.map(Arc::new).map_err(|trouble| match trouble {
                Trouble::Connecting(failure) | Trouble::Reading(failure) => failure,
            });
            let _ = enquiry.answer.send(reply);
        }
    }

    /// Looks once. A panic is a failure like any other: it must not take a reader down.
    async fn look(&self, program: &ProgramId, skus: &[&str]) -> Result<Found, Trouble> {
        let connecting = |error| Trouble::Connecting(Failure::of_read(&error));
        let mut connection = self.pool.acquire().await.map_err(connecting)?;
        match AssertUnwindSafe(items(&mut connection, program, skus)).catch_unwind().await {
            Ok(found) => found.map_err(|error| Trouble::Reading(Failure::of_read(&error))),
            Err(_) => {
                let incident = uuid::Uuid::new_v4();
                tracing::error!(%incident, "a read panicked");
                Err(Trouble::Reading(Failure::Incident(incident)))
            }
        }
    }
}

/// Why a look came to nothing.
enum Trouble {
    /// No connection was to be had.
    Connecting(Failure),
    /// A statement failed.
    Reading(Failure),
}

/// The span that a statement stands in: the call's own, or, where several share it, one that links
/// to the call of each.
fn span_of(shared: &Shared) -> Span {
    if let [only] = &shared.enquiries[..] {
        return only.call.clone();
    }
    let span = tracing::debug_span!(
        target: "backstock::store",
        parent: None,
        "enquiries",
        calls = shared.enquiries.len(),
        program = %shared.program,
    );
    for enquiry in &shared.enquiries {
        span.follows_from(&enquiry.call);
    }
    span
}

/// `item`, with its units at each location where it stands in several.
#[derive(sqlx::FromRow)]
struct ShownRow {
    now: Time,
    #[sqlx(flatten)]
    item: ItemRow,
    stocks: Option<Json<Vec<(String, i64, i64)>>>,
    /// The programme's; NULL: the item has no plan.
    ship_policy: Option<String>,
}

impl ShownRow {
    fn item(self) -> (Sku, Item) {
        let mut item = self.item.item();
        let stock = |(location, on_hand, allocated): (String, i64, i64)| {
            (Location::stored(&location), Stock { on_hand, allocated })
        };
        item.stocks.extend(self.stocks.into_iter().flat_map(|stocks| stocks.0).map(stock));
        (item.sku.clone(), item)
    }
}

/// Items as they stand at the database's clock: expired holds count for nothing.
pub(super) async fn items(
    connection: &mut PgConnection,
    program: &ProgramId,
    skus: &[&str],
) -> Result<Found, sqlx::Error> {
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
    let parcel = rows.iter().find_map(|row| row.ship_policy.as_deref()).map(ship_policy);
    let mut items: HashMap<Sku, Item> = rows.into_iter().map(ShownRow::item).collect();
    add_plans(connection, program, &mut items).await?;
    add_inbounds(connection, program, &mut items).await?;
    Ok(Found { now, parcel, items })
}

async fn add_plans(
    connection: &mut PgConnection,
    program: &ProgramId,
    items: &mut HashMap<Sku, Item>,
) -> Result<(), sqlx::Error> {
    let planned = items.values().filter(|item| item.plan_version > 0);
    let (skus, versions): (Vec<String>, Vec<i64>) =
        planned.map(|item| (item.sku.to_string(), item.plan_version)).unzip();
    if skus.is_empty() {
        return Ok(());
    }
    let rows: Vec<PlanRow> = sqlx::query_as(include_str!("../sql/load_plans.sql"))
        .bind(program.as_str())
        .bind(skus)
        .bind(versions)
        .fetch_all(connection)
        .instrument(statement("load_plans"))
        .await?;
    for row in rows {
        if let Some(item) = items.get_mut(row.sku.as_str()) {
            item.plan = Some(Plan::from(row));
        }
    }
    Ok(())
}

/// Supply still to come, which dates a new backorder.
async fn add_inbounds(
    connection: &mut PgConnection,
    program: &ProgramId,
    items: &mut HashMap<Sku, Item>,
) -> Result<(), sqlx::Error> {
    let expecting = items.values().filter(|item| item.inbound > 0);
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
        if let Some(item) = items.get_mut(row.sku.as_str()) {
            item.inbounds.push(row.into());
        }
    }
    items.values_mut().for_each(|item| sort_by_date(&mut item.inbounds));
    Ok(())
}
