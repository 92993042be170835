//! Whether an item takes so many backordered units now, and on what terms.

use crate::domain::book::Book;
use crate::domain::plan::PlanState;
use crate::domain::program::ShipPolicy;
use crate::domain::promise::Supply;
use crate::domain::refusal::{Reason, Shortage};
use crate::domain::reservation::Promised;
use crate::domain::{Customer, Date, Item, Plan, ShipBy, Units};

/// What the plan says of a wish.
pub(super) struct Gate<'b> {
    /// Units that could be backordered.
    pub headroom: Units,
    /// On these terms.
    pub plan: Option<&'b Plan>,
    /// For that date.
    ship_by: ShipBy,
    /// Why the wish is not granted; `None` = it is.
    pub reason: Option<Reason>,
    /// The plan limits units for each customer, and the wish names none.
    pub wants_customer: bool,
}

/// Asks the plan for `units` more, for a customer who was shown the date `accepted`.
pub(super) fn ask<'b>(
    book: &'b Book,
    item: &'b Item,
    customer: Option<&Customer>,
    units: Units,
    accepted: Option<Date>,
) -> Gate<'b> {
    let shut = |reason| Gate {
        headroom: 0,
        plan: None,
        ship_by: ShipBy::Unknown,
        reason: Some(reason),
        wants_customer: false,
    };
    let Some(plan) = item.plan.as_ref().filter(|plan| plan.closed_at.is_none()) else {
        return shut(Reason::BackordersClosed);
    };
    if matches!(plan.state(book.now, Units::MAX), PlanState::Closed | PlanState::Scheduled) {
        return shut(Reason::WindowClosed);
    }
    let cap_left = item.headroom();
    let ship_by = next_date(item, units);
    let limit_left = customer_left(book, item, plan, customer);
    let reason = if units > cap_left {
        Some(Reason::CapExceeded)
    } else if units > limit_left {
        Some(Reason::CustomerLimitExceeded)
    } else if accepted.is_some_and(|shown| ship_by > ShipBy::On(shown)) {
        Some(Reason::PromiseChanged)
    } else {
        None
    };
    let wants_customer = plan.customer_limit > 0 && customer.is_none();
    let headroom = cap_left.min(limit_left);
    Gate { headroom, plan: Some(plan), ship_by, reason, wants_customer }
}

/// The date of so many units that join the end of the queue now.
pub(in crate::domain) fn next_date(item: &Item, units: Units) -> ShipBy {
    let supply = Supply::of(item);
    supply.ship_by(item.queued() + units).unwrap_or(ShipBy::Unknown)
}

/// Units that the plan leaves this customer.
fn customer_left(book: &Book, item: &Item, plan: &Plan, customer: Option<&Customer>) -> Units {
    match customer {
        Some(customer) if plan.customer_limit > 0 => {
            let has = book.customers.get(&(item.sku.clone(), customer.clone()));
            (plan.customer_limit - has.copied().unwrap_or(0)).max(0)
        }
        _ => Units::MAX,
    }
}

impl Gate<'_> {
    /// What the plan promises.
    pub(super) fn promise(&self) -> Option<Promised> {
        self.plan.map(|plan| Promised {
            ship_by: self.ship_by,
            original_ship_by: self.ship_by.date().unwrap_or(plan.ship_by),
            plan_version: plan.version,
        })
    }

    /// The shortage of a line that asked for `requested` and could have `available` from stock.
    /// `parcel`: what is said of other items of the order.
    pub(super) fn shortage(
        &self,
        item: &Item,
        requested: Units,
        available: Units,
        parcel: Option<ShipPolicy>,
    ) -> Shortage {
        let offered = self.plan.filter(|_| self.headroom > 0);
        let note = offered.map(|plan| plan.noted().for_promise(self.ship_by, parcel));
        Shortage {
            sku: item.sku.clone(),
            requested,
            available,
            headroom: self.headroom,
            promise: self.promise().zip(note),
            reason: self.reason,
            version: item.version,
        }
    }
}
