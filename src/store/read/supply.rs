//! Plans, announced supply, and what to order.

use std::collections::BTreeSet;

use tracing::Instrument;

use super::enquiries::Found;
use super::stock::items;
use crate::domain::answer::PlanView;
use crate::domain::{Inbound, ProgramId, Sku, Units};
use crate::store::rows::InboundRow;
use crate::store::{Failure, Store};
use crate::store::{read_clock, statement};

/// A page of plans, by SKU.
#[derive(Clone, Debug)]
pub struct Plans {
    /// The newest plan of each item.
    pub plans: Vec<PlanView>,
    /// The SKU behind which the next page starts, if there is one.
    pub next: Option<String>,
}

/// Where a page of announced supply starts: behind this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboundPlace {
    /// The item; empty = the first.
    pub sku: String,
    /// The number.
    pub inbound: String,
}

/// A page of announced supply.
#[derive(Clone, Debug)]
pub struct Inbounds {
    /// By item and then by number.
    pub inbounds: Vec<(Sku, Inbound)>,
    /// Where the next page starts, if there is one.
    pub next: Option<InboundPlace>,
}

/// What to order of one item.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Suggestion {
    /// The SKU.
    pub sku: String,
    /// Units in the queue.
    pub queued: Units,
    /// Extra units that its newest plan wants.
    pub allowance: Units,
    /// Units that the cap refused in the period.
    pub refused: Units,
    /// Calls that it refused.
    pub refused_calls: i64,
    /// Units announced and not yet received.
    pub inbound: Units,
}

impl Suggestion {
    /// Units to order.
    #[must_use]
    pub fn quantity(&self) -> Units {
        (self.queued + self.allowance + self.refused - self.inbound).max(0)
    }
}

/// A page of suggestions, by SKU.
#[derive(Clone, Debug)]
pub struct Suggestions {
    /// One for each item.
    pub suggestions: Vec<Suggestion>,
    /// The SKU behind which the next page starts, if there is one.
    pub next: Option<String>,
    /// An item that was asked for and is not known.
    pub unknown: Option<Sku>,
}

impl Store {
    /// The newest plans of items behind `behind`, at most `limit`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn plans(
        &self,
        program: &ProgramId,
        behind: &str,
        limit: i64,
    ) -> Result<Plans, Failure> {
        let (skus, next) = self.planned(program, behind, limit).await?;
        let (pool, program) = (self.pool.clone(), program.clone());
        self.detached(async move {
            let mut connection = pool.acquire().await?;
            let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
            let Found { now, items, .. } = items(&mut connection, &program, &skus).await?;
            let mut plans: Vec<PlanView> =
                items.values().filter_map(|item| PlanView::new(item, now)).collect();
            plans.sort_by(|a, b| a.sku.cmp(&b.sku));
            Ok(Plans { plans, next })
        })
        .await
    }

    /// Items behind `behind` that have, or had, a plan, at most `limit`; and where the next page
    /// starts.
    async fn planned(
        &self,
        program: &ProgramId,
        behind: &str,
        limit: i64,
    ) -> Result<(Vec<String>, Option<String>), Failure> {
        let (pool, program, behind) = (self.pool.clone(), program.clone(), behind.to_owned());
        let skus: Vec<String> = self
            .detached(async move {
                sqlx::query_scalar(include_str!("../sql/list_planned.sql"))
                    .bind(program.as_str())
                    .bind(behind)
                    .bind(limit + 1)
                    .fetch_all(&pool)
                    .instrument(statement("list_planned"))
                    .await
            })
            .await?;
        Ok(paged(skus, limit))
    }

    /// A page of announced supply behind `from`, of one item or of all.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn inbounds(
        &self,
        program: &ProgramId,
        sku: Option<&Sku>,
        open_only: bool,
        from: InboundPlace,
        limit: i64,
    ) -> Result<Inbounds, Failure> {
        let (pool, program) = (self.pool.clone(), program.clone());
        let sku = sku.map(ToString::to_string);
        let rows: Vec<InboundRow> = self
            .detached(async move {
                sqlx::query_as(include_str!("../sql/list_inbounds.sql"))
                    .bind(program.as_str())
                    .bind(sku)
                    .bind(from.sku)
                    .bind(from.inbound)
                    .bind(open_only)
                    .bind(limit + 1)
                    .fetch_all(&pool)
                    .instrument(statement("list_inbounds"))
                    .await
            })
            .await?;
        let inbound = |row: InboundRow| (Sku::stored(&row.sku), Inbound::from(row));
        let page = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > page;
        let inbounds: Vec<(Sku, Inbound)> = rows.into_iter().take(page).map(inbound).collect();
        let last = inbounds.last().filter(|_| has_more);
        let next = last.map(|(sku, inbound)| InboundPlace {
            sku: sku.to_string(),
            inbound: inbound.id.to_string(),
        });
        Ok(Inbounds { inbounds, next })
    }

    /// What to order of `skus`, or, where none are given, of a page of all items with a plan;
    /// refused demand counts for so many days.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn suggestions(
        &self,
        program: &ProgramId,
        skus: &[Sku],
        days: i32,
        behind: &str,
        limit: i64,
    ) -> Result<Suggestions, Failure> {
        let (wanted, next) = match skus {
            [] => self.planned(program, behind, limit).await?,
            skus => {
                let sorted: BTreeSet<&Sku> =
                    skus.iter().filter(|sku| sku.as_str() > behind).collect();
                paged(sorted.into_iter().map(ToString::to_string).collect(), limit)
            }
        };
        let (pool, program, asked) = (self.pool.clone(), program.clone(), wanted.clone());
        let suggestions: Vec<Suggestion> = self
            .detached(async move {
                let mut connection = pool.acquire().await?;
                let today = read_clock(&mut *connection).await?.date_naive();
                let since = today - chrono::TimeDelta::days(i64::from(days) - 1);
                sqlx::query_as(include_str!("../sql/list_suggestions.sql"))
                    .bind(program.as_str())
                    .bind(asked)
                    .bind(since)
                    .fetch_all(&mut *connection)
                    .instrument(statement("list_suggestions"))
                    .await
            })
            .await?;
        let found: BTreeSet<&str> = suggestions.iter().map(|of| of.sku.as_str()).collect();
        let unknown = wanted.iter().find(|sku| !found.contains(sku.as_str()));
        let unknown = unknown.map(|sku| Sku::stored(sku));
        Ok(Suggestions { suggestions, next, unknown })
    }
}

/// The first `limit` of some SKUs, and the last of them if there are more.
fn paged(mut skus: Vec<String>, limit: i64) -> (Vec<String>, Option<String>) {
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = skus.len() > page;
    skus.truncate(page);
    let next = skus.last().filter(|_| has_more).cloned();
    (skus, next)
}
