//! What is true of every world after every step.

use std::collections::BTreeMap;

use backstock::domain::item::Stock;
use backstock::domain::movement::Delta;
use backstock::domain::{Inbound, Item, Line, Location, Movement, Sku};

use super::promised;
use super::sweeps::held;
use super::world::World;

/// Says which of the rules 1 to 4 is broken.
///
/// # Errors
///
/// A sentence about the first one.
pub fn check(world: &World) -> Result<(), String> {
    for item in world.items.values() {
        let of = |error| format!("{}: {error}", item.sku);
        check_counters(item).map_err(of)?;
        check_ledger(world, item).map_err(of)?;
        check_sums(world, item).map_err(of)?;
        check_fence(world, item).map_err(of)?;
        check_due(world, item).map_err(of)?;
        promised::check_dates(world, item).map_err(of)?;
    }
    for reservation in world.reservations.values() {
        for line in &reservation.lines {
            let of = |error| format!("{} {}: {error}", reservation.id, line.sku);
            check_line(line).map_err(of)?;
        }
    }
    Ok(())
}

pub(super) fn require(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// Rule 1.
fn check_counters(item: &Item) -> Result<(), String> {
    require(0 <= item.allocated && item.allocated <= item.on_hand, || {
        format!("rule 1: allocated {} of {} on hand", item.allocated, item.on_hand)
    })?;
    require(0 <= item.backordered && item.backordered <= item.cap, || {
        format!("rule 1: backordered {} under the cap {}", item.backordered, item.cap)
    })?;
    require(item.bumped >= 0, || format!("rule 1: bumped {}", item.bumped))?;
    let most = item.backordered.min((item.free() - item.bumped).max(0));
    require(0 <= item.owed && item.owed <= most, || format!("rule 10: owed {}", item.owed))?;
    let left: i64 = item.inbounds.iter().map(Inbound::left).sum();
    require(item.inbound == left, || format!("rule 10: inbound {}, left {left}", item.inbound))?;
    for (location, stock) in &item.stocks {
        require(0 <= stock.allocated && stock.allocated <= stock.on_hand, || {
            format!("rule 1: {location} has {} of {}", stock.allocated, stock.on_hand)
        })?;
    }
    let available = item.on_hand - item.allocated - item.backordered - item.bumped;
    let available = (available - item.safety_stock).max(0);
    require(item.available() == available, || {
        format!("rule 2: available {} instead of {available}", item.available())
    })
}

/// Rule 8: no hold runs out before its item is said to be due.
fn check_due(world: &World, item: &Item) -> Result<(), String> {
    let first = held(&world.reservations, item).first().copied();
    require(first.is_none_or(|at| item.due_at.is_some_and(|due| due <= at)), || {
        format!("rule 8: due at {:?}, though a hold runs out at {first:?}", item.due_at)
    })
}

/// Rule 3.
fn check_line(line: &Line) -> Result<(), String> {
    let sum = line.allocated() + line.backordered + line.bumped + line.shipped + line.released;
    require(line.ordered == sum, || format!("rule 3: ordered {}, sum {sum}", line.ordered))?;
    let parts = [line.backordered, line.bumped, line.shipped, line.lapsed_allocated];
    let lapsed = line.lapsed_allocated + line.lapsed_backordered;
    let fine = parts.iter().all(|units| *units >= 0) && line.lapsed_backordered >= 0;
    require(fine && lapsed <= line.released, || format!("rule 3: {line:?}"))?;
    let fine = line.allocations.iter().all(|(_, units)| *units > 0);
    require(fine, || format!("rule 3: an allocation of nothing: {line:?}"))
}

/// Rule 4: the sums of movements equal the counters, and versions have no gap.
fn check_ledger(world: &World, item: &Item) -> Result<(), String> {
    let (mut on_hand, mut allocated, mut backordered, mut bumped, mut inbound) = (0, 0, 0, 0, 0);
    let (mut version, mut part) = (0, 0);
    let mut stocks: BTreeMap<&Location, Stock> = BTreeMap::new();
    for movement in world.ledger.iter().filter(|m| m.sku == item.sku) {
        let Movement { delta, .. } = movement;
        on_hand += delta.on_hand;
        allocated += delta.allocated;
        backordered += delta.backordered;
        bumped += delta.bumped;
        inbound += delta.inbound;
        let moves = *delta != Delta { location: delta.location.clone(), ..Delta::default() };
        require(!moves || movement.event.is_some(), || {
            format!("rule 4: nobody hears of {}.{}", movement.version, movement.part)
        })?;
        if let Some(location) = &delta.location {
            let stock = stocks.entry(location).or_default();
            stock.on_hand += delta.on_hand;
            stock.allocated += delta.allocated;
        }
        let follows = (movement.version == version && movement.part == part + 1)
            || (movement.version == version + 1 && movement.part == 0);
        require(follows, || {
            format!("rule 4: {}.{} follows {version}.{part}", movement.version, movement.part)
        })?;
        (version, part) = (movement.version, movement.part);
    }
    let sums = [on_hand, allocated, backordered, bumped, inbound, version];
    let counters =
        [item.on_hand, item.allocated, item.backordered, item.bumped, item.inbound, item.version];
    require(sums == counters, || {
        format!("rule 4: ledger {sums:?}, counters {counters:?} (on hand, allocated, ..., version)")
    })?;
    let known =
        item.stocks.iter().all(|(at, stock)| stocks.get(at).copied().unwrap_or_default() == *stock);
    require(known && stocks.keys().all(|at| item.stocks.contains_key(*at)), || {
        format!("rule 4: ledger {stocks:?}, locations {:?}", item.stocks)
    })
}

/// The sums over lines equal the counters.
fn check_sums(world: &World, item: &Item) -> Result<(), String> {
    let lines = || world.reservations.values().filter_map(|r| r.line(&item.sku));
    let sum = |of: &dyn Fn(&Line) -> i64| lines().map(of).sum::<i64>();
    let sums = [sum(&Line::allocated), sum(&|l| l.backordered), sum(&|l| l.bumped)];
    let counters = [item.allocated, item.backordered, item.bumped];
    require(sums == counters, || {
        format!("lines {sums:?}, counters {counters:?} (allocated, backordered, bumped)")
    })?;
    for (location, stock) in &item.stocks {
        let sum = sum(&|line| line.allocated_at(location));
        require(sum == stock.allocated, || {
            format!("{location}: lines {sum}, allocated {}", stock.allocated)
        })?;
    }
    let stocks = item.stocks.values();
    let sums = stocks.fold((0, 0), |(a, b), s| (a + s.on_hand, b + s.allocated));
    require(sums == (item.on_hand, item.allocated), || format!("locations {sums:?}"))?;
    let mut ages: Vec<i64> = lines().filter(|l| l.queued() > 0).map(|line| line.age).collect();
    ages.sort_unstable();
    require(ages.windows(2).all(|pair| pair[0] < pair[1]), || format!("equal ages: {ages:?}"))
}

/// Rule 10: nothing is left to fill, unless a fill is long, or waits for a sweep and is noted.
fn check_fence(world: &World, item: &Item) -> Result<(), String> {
    let due = world
        .reservations
        .values()
        .any(|r| r.is_overdue(world.now) && r.line(&item.sku).is_some_and(|line| line.open() > 0));
    let lines = world.reservations.values().filter(|r| r.line(&item.sku).is_some()).count();
    let noted = world.due_max < usize::MAX && world.long_fills.contains(&item.sku);
    let long = lines > world.lines_max || noted;
    require(due || long || item.owed().units() == 0, || format!("owes {:?}", item.owed()))
}

/// Rule 10: a fill never passes an earlier line. Looks at the movements from `mark` on.
///
/// # Errors
///
/// A sentence about the line that was passed.
pub fn check_order(before: &World, after: &World, mark: usize) -> Result<(), String> {
    use backstock::domain::Kind;
    let mut waits: BTreeMap<(Sku, bool), BTreeMap<i64, i64>> = BTreeMap::new();
    for reservation in before.reservations.values() {
        for line in &reservation.lines {
            for (lost, units) in [(true, line.bumped), (false, line.backordered)] {
                let queue = waits.entry((line.sku.clone(), lost)).or_default();
                *queue.entry(line.age).or_default() += units;
            }
        }
    }
    for movement in &after.ledger[mark..] {
        let Some(id) = &movement.reservation else { continue };
        let old = before.reservations.get(id).and_then(|r| r.line(&movement.sku));
        let new = after.reservations[id].line(&movement.sku).expect("its line").age;
        let age = match (movement.kind, old) {
            (Kind::Reserve, _) | (_, None) => new,
            (_, Some(old)) => old.age,
        };
        for (lost, delta) in [(true, movement.delta.bumped), (false, movement.delta.backordered)] {
            let queue = waits.entry((movement.sku.clone(), lost)).or_default();
            if movement.kind == Kind::Fill && delta < 0 {
                let first = queue.iter().find(|(_, units)| **units > 0).map(|(age, _)| *age);
                require(first == Some(age), || {
                    format!("rule 10: {id} (age {age}) is filled before age {first:?}")
                })?;
            }
            *queue.entry(age).or_default() += delta;
        }
    }
    Ok(())
}
