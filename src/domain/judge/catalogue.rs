//! Items and plans: what a manager decides.

use super::take::no_more_due;
use super::{Effect, Stop, known_item};
use crate::domain::book::Book;
use crate::domain::command::ItemSettings;
use crate::domain::plan::{self, Terms};
use crate::domain::{Program, Refusal, Sku};

/// The items whose settings change.
pub(super) fn put_items(book: &Book, items: &[ItemSettings]) -> Effect {
    let changed = items.iter().filter(|item| book.settings.get(&item.sku) != Some(*item));
    Effect::PutItems(changed.cloned().collect())
}

/// A plan is checked whole, then against the backlog, then against the listings that are open.
pub(super) fn open(book: &Book, program: &Program, terms: &Terms) -> Result<Effect, Stop> {
    let item = known_item(book, &terms.sku)?;
    let plan = plan::check(terms, book.now, item.plan_version + 1)
        .map_err(|faults| Refusal::PlanIncomplete { faults })?;
    if plan.cap < item.backordered {
        no_more_due(item)?;
        return Err(Refusal::CapBelowBacklog {
            sku: terms.sku.clone(),
            cap: plan.cap,
            backordered: item.backordered,
        }
        .into());
    }
    let most = i64::from(program.max_backorder_listings);
    let listing = book.settings.get(&terms.sku).map_or(&terms.sku, |settings| &settings.listing);
    let others = book.open_listings.iter().filter(|open| *open != listing).count();
    let open = i64::try_from(others).unwrap_or(i64::MAX);
    if open >= most {
        return Err(Refusal::ListingQuotaExceeded { open, most }.into());
    }
    Ok(Effect::Open { sku: terms.sku.clone(), plan })
}

/// Intake stops; a plan that was closed before stays as it is.
pub(super) fn close(book: &Book, sku: &Sku) -> Result<Effect, Stop> {
    let item = known_item(book, sku)?;
    match &item.plan {
        None => Err(Refusal::UnknownPlan { sku: sku.clone() }.into()),
        Some(plan) if plan.closed_at.is_some() => Ok(Effect::Nothing),
        Some(_) => Ok(Effect::Close { sku: sku.clone() }),
    }
}
