//! Items and plans: what a manager decides.

use std::collections::{BTreeMap, BTreeSet};

use super::take::{no_more_due, no_queue_due};
use super::{Effect, Stop, known_item};
use crate::domain::book::Book;
use crate::domain::command::ItemSettings;
use crate::domain::plan::{self, Ground, Terms};
use crate::domain::{Plan, Program, Refusal, Sku};

/// The programme's settings; it may not allow fewer listings than take backorders now.
pub(super) fn put_program(book: &Book, program: &Program) -> Result<Effect, Stop> {
    let open = listings(book, &BTreeMap::new());
    within_quota(open, 0, program)?;
    Ok(Effect::PutProgram(program.clone()))
}

/// The items whose settings change. An open plan moves to another listing only within the quota.
pub(super) fn put_items(
    book: &Book,
    program: &Program,
    items: &[ItemSettings],
) -> Result<Effect, Stop> {
    for item in items.iter().filter_map(|item| book.items.get(&item.sku)) {
        no_more_due(item)?;
    }
    let changed = items.iter().filter(|item| book.settings.get(&item.sku) != Some(*item));
    let changed: Vec<ItemSettings> = changed.cloned().collect();
    let moved = changed.iter().filter(|item| book.open_listings.contains_key(&item.sku));
    let moved: BTreeMap<&Sku, &Sku> = moved.map(|item| (&item.sku, &item.listing)).collect();
    if !moved.is_empty() {
        let before = listings(book, &BTreeMap::new());
        within_quota(listings(book, &moved), before, program)?;
    }
    Ok(Effect::PutItems(changed))
}

/// A plan is checked whole, then against the backlog, then against the listings that are open.
pub(super) fn open(book: &Book, program: &Program, terms: &Terms) -> Result<Effect, Stop> {
    let plan = checked(book, program, terms, None)?;
    Ok(Effect::Open { sku: terms.sku.clone(), plan })
}

/// The same for a plan that there is. One that stays closed opens no listing.
pub(super) fn update_plan(book: &Book, program: &Program, terms: &Terms) -> Result<Effect, Stop> {
    let item = known_item(book, &terms.sku)?;
    let unknown = || Refusal::UnknownPlan { sku: terms.sku.clone() };
    let prior = item.plan.as_ref().ok_or_else(unknown)?;
    let plan = checked(book, program, terms, Some(prior))?;
    Ok(Effect::UpdatePlan { sku: terms.sku.clone(), plan })
}

fn checked(
    book: &Book,
    program: &Program,
    terms: &Terms,
    prior: Option<&Plan>,
) -> Result<Plan, Stop> {
    let item = known_item(book, &terms.sku)?;
    let (now, version) = (book.now, item.plan_version + 1);
    let ground = Ground { now, version, inbound: item.inbound, prior };
    let plan = plan::check(terms, ground).map_err(|faults| Refusal::PlanIncomplete { faults })?;
    no_queue_due(item)?;
    if plan.cap < item.backordered {
        let (sku, backordered) = (terms.sku.clone(), item.backordered);
        return Err(Refusal::CapBelowBacklog { sku, cap: plan.cap, backordered }.into());
    }
    if plan.closed_at.is_none() && plan.closes_at > now {
        let listing = book.settings.get(&terms.sku).map_or(&terms.sku, |known| &known.listing);
        let moved = BTreeMap::from([(&terms.sku, listing)]);
        let before = listings(book, &BTreeMap::new());
        within_quota(listings(book, &moved), before, program)?;
    }
    Ok(plan)
}

/// How many listings take backorders, once these items stand on these listings too.
fn listings(book: &Book, moved: &BTreeMap<&Sku, &Sku>) -> usize {
    let rest = book.open_listings.iter().filter(|(sku, _)| !moved.contains_key(sku));
    let all: BTreeSet<&Sku> =
        rest.map(|(_, listing)| listing).chain(moved.values().copied()).collect();
    all.len()
}

/// What adds no listing is never refused.
fn within_quota(open: usize, before: usize, program: &Program) -> Result<(), Refusal> {
    let most = i64::from(program.max_backorder_listings);
    let listings = i64::try_from(open).unwrap_or(i64::MAX);
    if listings > most && open > before {
        return Err(Refusal::ListingQuotaExceeded { open: listings, most });
    }
    Ok(())
}

/// Intake stops; a plan that was closed before stays as it is.
pub(super) fn close(book: &Book, sku: &Sku) -> Result<Effect, Stop> {
    let item = known_item(book, sku)?;
    no_queue_due(item)?;
    match &item.plan {
        None => Err(Refusal::UnknownPlan { sku: sku.clone() }.into()),
        Some(plan) if plan.closed_at.is_some() => Ok(Effect::Nothing),
        Some(_) => Ok(Effect::Close { sku: sku.clone() }),
    }
}
