//! Items and plans: what a manager decides.

use std::collections::{BTreeMap, BTreeSet};

use super::take::{no_more_due, no_queue_due};
use super::{Effect, Stop, known_item};
use crate::domain::book::Book;
use crate::domain::command::ItemSettings;
use crate::domain::plan::{self, Fault, Ground, Terms};
use crate::domain::{Item, Plan, Program, Refusal, Sku};

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

/// A plan is checked whole: by itself, against the backlog, and against the listings that are open.
pub(super) fn open(book: &Book, program: &Program, terms: &Terms) -> Result<Effect, Stop> {
    let plan = checked(book, program, terms, None, None)?;
    Ok(Effect::Open { sku: terms.sku.clone(), plan })
}

/// The same for a plan that there is. One that stays closed opens no listing.
pub(super) fn update_plan(book: &Book, program: &Program, terms: &Terms) -> Result<Effect, Stop> {
    let item = book.items.get(&terms.sku);
    let prior = item.and_then(|item| item.plan.as_ref());
    let is_unknown = item.is_some() && prior.is_none();
    let unknown = is_unknown.then(|| Refusal::UnknownPlan { sku: terms.sku.clone() });
    let plan = checked(book, program, terms, prior, unknown)?;
    Ok(Effect::UpdatePlan { sku: terms.sku.clone(), plan })
}

/// What is wrong is told all at once. What is wrong alone, and not with the plan itself, has a
/// reason of its own.
fn checked(
    book: &Book,
    program: &Program,
    terms: &Terms,
    prior: Option<&Plan>,
    unknown: Option<Refusal>,
) -> Result<Plan, Stop> {
    let item = book.items.get(&terms.sku);
    let (now, inbound) = (book.now, item.map_or(0, |item| item.inbound));
    let version = item.map_or(0, |item| item.plan_version) + 1;
    let plan = plan::check(terms, Ground { now, version, inbound, prior });
    let mut around: Vec<Refusal> = unknown.into_iter().collect();
    match item {
        None => around.push(Refusal::UnknownItem { sku: terms.sku.clone() }),
        Some(item) => {
            no_queue_due(item)?;
            around.extend(below_backlog(item, terms));
            around.extend(beyond_quota(book, program, terms, prior));
        }
    }
    match (plan, &mut around[..]) {
        (Ok(plan), []) => Ok(plan),
        (Ok(_), [_]) => Err(around.remove(0).into()),
        (plan, _) => {
            let mut faults = plan.err().unwrap_or_default();
            faults.extend(around.iter().filter_map(as_fault));
            Err(Refusal::PlanIncomplete { faults }.into())
        }
    }
}

fn below_backlog(item: &Item, terms: &Terms) -> Option<Refusal> {
    let (sku, cap, backordered) = (terms.sku.clone(), terms.cap, item.backordered);
    // A cap that is none is at fault by itself.
    ((1..backordered).contains(&cap)).then_some(Refusal::CapBelowBacklog { sku, cap, backordered })
}

fn beyond_quota(
    book: &Book,
    program: &Program,
    terms: &Terms,
    prior: Option<&Plan>,
) -> Option<Refusal> {
    let stays_closed = prior.is_some_and(|plan| plan.closed_at.is_some());
    if stays_closed || terms.closes_at.is_some_and(|at| at <= book.now) {
        return None;
    }
    let listing = book.settings.get(&terms.sku).map_or(&terms.sku, |known| &known.listing);
    let moved = BTreeMap::from([(&terms.sku, listing)]);
    let before = listings(book, &BTreeMap::new());
    within_quota(listings(book, &moved), before, program).err()
}

/// What stands around a plan, as one of its faults.
fn as_fault(refusal: &Refusal) -> Option<Fault> {
    let (field, rule) = match refusal {
        Refusal::UnknownItem { .. } => ("sku", "is not known: PutItems makes an item".to_owned()),
        Refusal::UnknownPlan { .. } => ("sku", "has no plan: OpenBackorders makes one".to_owned()),
        Refusal::CapBelowBacklog { backordered, .. } => {
            ("cap", format!("must be at least {backordered}: so many are backordered already"))
        }
        Refusal::ListingQuotaExceeded { open, most } => (
            "sku",
            format!("is one too many: {open} listings would take backorders, {most} are allowed"),
        ),
        _ => return None,
    };
    Some(Fault { field: format!("plan.{field}"), rule, is_note: false })
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
