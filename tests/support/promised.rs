//! What is true of promises and of what is told of them, after every step.

use std::collections::BTreeMap;

use backstock::domain::promise::Supply;
use backstock::domain::reservation::Promised;
use backstock::domain::{Event, Item, Kind, Movement, ReservationId, Sku};

use super::invariants::require;
use super::world::World;

/// Rules 14 and 15: every line of the queue has the date that its place says, and so dates never
/// fall along it; unless it is being given new ones.
pub fn check_dates(world: &World, item: &Item) -> Result<(), String> {
    if item.redate.is_some() {
        return Ok(());
    }
    let supply = Supply::of(item);
    let mut lines: Vec<_> =
        world.reservations.values().filter_map(|r| Some((r.line(&item.sku)?, &r.id))).collect();
    lines.sort_unstable_by_key(|(line, _)| line.age);
    let (mut lost, mut accepted) = (0, item.bumped);
    for (line, id) in lines {
        lost += line.bumped;
        accepted += line.backordered;
        let through = match (line.bumped, line.backordered) {
            (0, 0) => continue,
            (_, 0) => lost,
            _ => accepted,
        };
        let Some(date) = supply.ship_by(through) else { continue };
        let promised = line.promise.map(|promise| promise.ship_by);
        require(promised == Some(date), || {
            format!("rule 15: {id} is promised for {promised:?}, its place says {date:?}")
        })?;
    }
    Ok(())
}

/// The promises of all lines.
fn promises(world: &World) -> BTreeMap<(&ReservationId, &Sku), Promised> {
    let lines = world.reservations.values().flat_map(|r| r.lines.iter().map(|line| (&r.id, line)));
    lines.filter_map(|(id, line)| Some(((id, &line.sku), line.promise?))).collect()
}

/// Rule 15 for a step: a first date never changes; a date that gets later is told as a delay, one
/// that gets better as that, and nothing else is. Looks at the movements from `mark` on.
///
/// # Errors
///
/// A sentence about the first promise that is told otherwise.
pub fn check_told(before: &World, after: &World, mark: usize) -> Result<(), String> {
    let (old, new) = (promises(before), promises(after));
    let told = &after.ledger[mark..];
    for (place @ (id, sku), then) in old {
        let now = new.get(&place).ok_or_else(|| format!("{id} {sku} lost its promise"))?;
        let first = then.original_ship_by;
        require(now.original_ship_by == first, || {
            format!("rule 15: {id} {sku} was first promised for {first}")
        })?;
        let of_line = |m: &&Movement| m.reservation.as_ref() == Some(id) && m.sku == *sku;
        let is_back = told.iter().filter(of_line).any(|m| m.kind == Kind::Reserve);
        let later = |m: &&Movement| matches!(m.event, Some(Event::Delayed(_)));
        let better = |m: &&Movement| matches!(m.event, Some(Event::Improved(_)));
        let delays = told.iter().filter(of_line).filter(later).count();
        let improvements = told.iter().filter(of_line).filter(better).count();
        let expected = match now.ship_by.cmp(&then.ship_by) {
            // A hold that came back late has its date from the answer.
            std::cmp::Ordering::Less if is_back => (0, 0),
            std::cmp::Ordering::Less => (0, 1),
            std::cmp::Ordering::Equal => (0, 0),
            // Or has the later one that its customer accepts.
            std::cmp::Ordering::Greater if is_back => (0, 0),
            std::cmp::Ordering::Greater => (1, 0),
        };
        require((delays, improvements) == expected, || {
            format!("rule 15: {id} {sku} went from {then:?} to {now:?}, told {told:?}")
        })?;
    }
    Ok(())
}

/// Rule 1 for a step: what was accepted was under the cap in force. Looks at the movements from
/// `mark` on, which are those of one command.
///
/// # Errors
///
/// A sentence about the item.
pub fn check_accepted(after: &World, mark: usize) -> Result<(), String> {
    let accepted = |m: &&Movement| m.kind == Kind::Reserve && m.delta.backordered > 0;
    for movement in after.ledger[mark..].iter().filter(accepted) {
        let item = &after.items[&movement.sku];
        let (has, cap) = (item.backordered, item.cap);
        require(has <= cap, || format!("rule 1: {}: {has} over the cap {cap}", item.sku))?;
        let (awaits, cap) = (item.to_come(), item.effective_cap());
        require(awaits <= cap, || format!("rule 1: {}: {awaits} over supply {cap}", item.sku))?;
    }
    Ok(())
}

/// Rule 1 for a step: more is awaited beyond what supply covers only by as much as was lost or kept
/// back, and by what the front of the queue takes first. Looks at the movements from `mark` on.
///
/// # Errors
///
/// A sentence about the item.
pub fn check_covered(before: &World, after: &World, mark: usize) -> Result<(), String> {
    for (sku, item) in &after.items {
        let Some(then) = before.items.get(sku) else { continue };
        let follows = |item: &Item| item.plan.as_ref().is_some_and(|plan| plan.cap_by_inbound);
        if !follows(then) {
            continue;
        }
        let allowance = |item: &Item| item.plan.as_ref().map_or(0, |plan| plan.allowance);
        let moved = after.ledger[mark..].iter().filter(|movement| movement.sku == *sku);
        let lost = moved.map(|movement| {
            let delta = &movement.delta;
            let came = if movement.kind == Kind::Ship { 0 } else { delta.on_hand };
            (-came - delta.inbound).max(0) + delta.bumped.max(0)
        });
        let kept = (allowance(item) - allowance(then)).max(0)
            + (item.safety_stock - then.safety_stock).max(0);
        let most = then.over_supply() + lost.sum::<i64>() + kept + then.bumped;
        require(item.over_supply() <= most, || {
            format!("rule 1: {sku}: {} over supply, not {most}", item.over_supply())
        })?;
    }
    Ok(())
}

/// Rule 10: that an order is ready is said at most once.
///
/// # Errors
///
/// The order.
pub fn check_ready(world: &World) -> Result<(), String> {
    let mut ready: BTreeMap<&ReservationId, usize> = BTreeMap::new();
    let told = world.ledger.iter().filter(|m| m.event == Some(Event::Ready));
    for id in told.filter_map(|movement| movement.reservation.as_ref()) {
        *ready.entry(id).or_default() += 1;
    }
    match ready.into_iter().find(|(_, times)| *times > 1) {
        Some((id, times)) => Err(format!("rule 10: {id} is ready {times} times")),
        None => Ok(()),
    }
}
