//! What follows from a change: that stock is low, a plan is full, supply no longer covers what was
//! accepted, promised dates must move, an order is ready.

use super::book::{Book, Entry, Touched};
use super::event::{Low, PlanFacts};
use super::plan::PlanState;
use super::program::ShipPolicy;
use super::promise::Supply;
use super::reservation::State;
use super::{Event, Item, Kind, Plan, ReservationId, ShipBy, Units};

/// Looks at every item and order that the open change has touched.
pub(super) fn follow(book: &mut Book) {
    let settled = std::mem::take(&mut book.changes.settled);
    for id in &settled {
        say_ready(book, id);
    }
    let touched = std::mem::take(&mut book.changes.touched);
    for (sku, before) in &touched {
        let Some(item) = book.items.get(sku) else { continue };
        let events = crossed(item, before, book.now);
        let moves = dates_move(item, before);
        // The lines that follow belong to the same version.
        book.changes.touched.insert(sku.clone(), before.clone());
        for (kind, event) in events {
            book.record(sku, Entry::of(kind, event));
        }
        if moves {
            book.mark_redate(sku);
        }
    }
    book.changes.touched.clear();
}

/// Bounds that the item has crossed.
fn crossed(item: &Item, before: &Touched, now: super::Time) -> Vec<(Kind, Event)> {
    let mut events = Vec::new();
    let (available, low_stock) = (item.available(), item.low_stock);
    if available <= low_stock && before.available > low_stock {
        events.push((Kind::Item, Event::Low(Low { available, low_stock })));
    }
    if let Some(plan) = &item.plan {
        let is_full = plan.state(now, item.headroom()) == PlanState::Full;
        if is_full && before.headroom > 0 {
            events.push((Kind::Plan, Event::PlanFull(plan_facts(item, plan))));
        }
        if item.over_supply() > before.over_supply {
            events.push((Kind::Plan, Event::OverSupply(plan_facts(item, plan))));
        }
    }
    events
}

/// What others hear of a plan.
pub(super) fn plan_facts(item: &Item, plan: &Plan) -> PlanFacts {
    PlanFacts {
        plan_version: plan.version,
        cap: plan.cap,
        effective_cap: item.effective_cap(),
        backordered: item.backordered,
        over_supply: item.over_supply(),
        ship_by: plan.ship_by,
        opens_at: plan.opens_at,
        closes_at: plan.closes_at,
    }
}

/// Whether lines that stood in the queue before the change, and still do, have another date now.
fn dates_move(item: &Item, before: &Touched) -> bool {
    let (queued, joined) = (item.queued(), before.joined);
    // Units that a loss has put at the front have no date yet.
    if before.lost && item.bumped > 0 {
        return true;
    }
    if before.dates.is_empty() || queued == 0 {
        return false;
    }
    let then: Vec<(ShipBy, Units)> = before
        .dates
        .iter()
        .map(|(date, behind)| (*date, behind + joined))
        .filter(|(_, behind)| *behind < queued)
        .collect();
    let mut now: Vec<(ShipBy, Units)> = Vec::new();
    for (date, behind) in Supply::of(item).dates_from_the_end(queued) {
        now.push((date, behind.max(joined)));
        if behind <= joined {
            break;
        }
    }
    then != now
}

/// Says that an order is ready to ship together, once. Only under the locks of all of its items is
/// that certain; where some are missing, the background looks again.
pub(super) fn say_ready(book: &mut Book, id: &ReservationId) {
    let Some(reservation) = book.reservations.get(id) else { return };
    let awaits = reservation.ship_policy == ShipPolicy::Together
        && reservation.ready_at.is_none()
        && reservation.state(book.now) == State::Confirmed;
    if !awaits {
        return;
    }
    if reservation.lines.iter().any(|line| !book.items.contains_key(&line.sku)) {
        book.changes.ready_checks.insert(id.clone(), true);
        return;
    }
    let Some(first) = reservation.lines.first().map(|line| line.sku.clone()) else { return };
    if !reservation.is_ready(book.now) {
        return;
    }
    let now = book.now;
    if let Some(reservation) = book.reservations.get_mut(id) {
        reservation.ready_at = Some(now);
        let lines = 0..reservation.lines.len();
        book.changes.lines.extend(lines.map(|at| (id.clone(), at)));
    }
    book.record(&first, Entry { reservation: Some(id), ..Entry::of(Kind::Ready, Event::Ready) });
}
