//! The inspector: looks at the shelves while orders run, and at everything when they are done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::caller::{Caller, must};
use super::history::{Problem, Sums};
use super::shop::Shop;
use super::warehouse::reservation_now;
use crate::proto::{
    GetAvailabilityRequest, GetPlanRequest, ItemStock, Plan, VerifyRequest, VerifyResponse,
};

const SKUS_AT_ONCE: usize = 200;
const READS_AT_ONCE: usize = 16;
const PAUSE: Duration = Duration::from_millis(20);
const SETTLE_MAX: Duration = Duration::from_secs(60);

/// What the inspection found.
#[derive(Debug)]
pub struct Findings {
    /// Every limit that was passed and every number that differs; empty = all is right.
    pub problems: Vec<Problem>,
    /// The service's own proof.
    pub proof: VerifyResponse,
    /// Units still queued at the end.
    pub queued: i64,
    /// Units still allocated at the end, of orders that wait for the rest.
    pub allocated: i64,
    /// Units still on hand at the end, allocated ones included.
    pub on_hand: i64,
}

/// Units that the open reservations hold of one SKU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    allocated: i64,
    backordered: i64,
}

/// Looks at all items, again and again, until told to stop.
///
/// # Errors
/// The server failed.
pub async fn watch(shop: Arc<Shop>, caller: Caller, stop: CancellationToken) -> anyhow::Result<()> {
    while !stop.is_cancelled() {
        for chunk in shop.scenario.items.chunks(SKUS_AT_ONCE) {
            let skus = chunk.iter().map(|item| item.sku.clone()).collect();
            let seen = look(&caller, skus).await?;
            shop.tally.count(|counts| counts.looks += seen.len() as u64);
            for item in &seen {
                let cap = shop.caps.get(&item.sku).copied().unwrap_or(0);
                if let Some(what) = wrong_with(item, cap) {
                    shop.problem(&item.sku, what);
                }
            }
            let _ = tokio::time::timeout(PAUSE, stop.cancelled()).await;
        }
    }
    Ok(())
}

/// Waits until no item has both free units and a queue: long queues are filled in the background.
///
/// # Errors
/// The server failed.
pub async fn settle(shop: &Shop, caller: &Caller) -> anyhow::Result<()> {
    let deadline = Instant::now() + SETTLE_MAX;
    loop {
        let items = look_at_all(shop, caller).await?;
        let waits = |item: &&ItemStock| item.backordered.min(item.on_hand - item.allocated) > 0;
        let Some(waiting) = items.iter().find(waits) else { return Ok(()) };
        if Instant::now() > deadline {
            let (queued, free) = (waiting.backordered, waiting.on_hand - waiting.allocated);
            let what = format!("{queued} units wait in the queue while {free} are free");
            shop.problem(&waiting.sku, what);
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Compares everything with everything, when nothing moves any more.
///
/// # Errors
/// The server failed, or does not know what it was told.
pub async fn inspect(shop: &Shop, caller: &Caller) -> anyhow::Result<Findings> {
    let (sums, mut problems) = shop.history.check(&shop.caps);
    problems.extend(shop.problems());
    let held = held(shop, caller).await?;
    let items = look_at_all(shop, caller).await?;
    for item in &items {
        let cap = shop.caps.get(&item.sku).copied().unwrap_or(0);
        let sums = sums.get(&item.sku).copied().unwrap_or_default();
        let held = held.get(&item.sku).copied().unwrap_or_default();
        let wrong = wrong_with(item, cap).into_iter().chain(differences(item, sums, held));
        problems.extend(wrong.map(|what| Problem { sku: item.sku.clone(), what }));
    }
    problems.extend(check_plans(shop, caller, &items).await?);
    problems.sort();
    problems.dedup();
    let request = VerifyRequest { program: caller.program.to_string() };
    Ok(Findings {
        problems,
        proof: must("Verify", caller.verify(request).await?)?,
        queued: items.iter().map(|item| item.backordered).sum(),
        allocated: items.iter().map(|item| item.allocated).sum(),
        on_hand: items.iter().map(|item| item.on_hand).sum(),
    })
}

async fn look(caller: &Caller, skus: Vec<String>) -> anyhow::Result<Vec<ItemStock>> {
    let request = GetAvailabilityRequest { program: caller.program.to_string(), skus };
    Ok(must("GetAvailability", caller.get_availability(request).await?)?.items)
}

async fn look_at_all(shop: &Shop, caller: &Caller) -> anyhow::Result<Vec<ItemStock>> {
    let mut items = Vec::with_capacity(shop.scenario.items.len());
    for chunk in shop.scenario.items.chunks(SKUS_AT_ONCE) {
        items.extend(look(caller, chunk.iter().map(|item| item.sku.clone()).collect()).await?);
    }
    let expected = shop.scenario.items.iter().map(|item| &item.sku);
    anyhow::ensure!(
        items.iter().map(|item| &item.sku).eq(expected),
        "GetAvailability answered for other SKUs than it was asked for"
    );
    Ok(items)
}

/// What the open orders hold, by SKU, as each order itself says.
async fn held(shop: &Shop, caller: &Caller) -> anyhow::Result<BTreeMap<String, Held>> {
    let mut held: BTreeMap<String, Held> = BTreeMap::new();
    let mut orders = stream::iter(shop.packing.open())
        .map(|id| async move { reservation_now(caller, &id).await })
        .buffer_unordered(READS_AT_ONCE);
    while let Some(order) = orders.try_next().await? {
        for line in order.lines {
            let of_item = held.entry(line.sku).or_default();
            of_item.allocated += line.allocated;
            of_item.backordered += line.backordered;
        }
    }
    Ok(held)
}

async fn check_plans(
    shop: &Shop,
    caller: &Caller,
    items: &[ItemStock],
) -> anyhow::Result<Vec<Problem>> {
    let of_item = |item: ItemStock| async move {
        let request = GetPlanRequest { program: caller.program.to_string(), sku: item.sku.clone() };
        let what = match (caller.get_plan(request).await?, shop.caps.get(&item.sku)) {
            (Ok(answer), Some(cap)) => {
                wrong_with_plan(&answer.plan.unwrap_or_default(), &item, *cap)
            }
            (Err(refused), None) if refused.reason == "UNKNOWN_PLAN" => None,
            (Ok(_), None) => Some("it has a plan that nobody made".to_owned()),
            (Err(refused), _) => Some(format!("its plan is refused as {}", refused.reason)),
        };
        anyhow::Ok(what.map(|what| Problem { sku: item.sku, what }))
    };
    let found = stream::iter(items.to_vec()).map(of_item).buffer_unordered(READS_AT_ONCE);
    Ok(found.try_collect::<Vec<_>>().await?.into_iter().flatten().collect())
}

/// What one reading of an item proves wrong by itself.
fn wrong_with(item: &ItemStock, cap: i64) -> Option<String> {
    let ItemStock { on_hand, allocated, backordered, bumped, .. } = *item;
    let free = (on_hand - allocated - backordered - item.safety_stock).max(0);
    let at_locations: i64 = item.on_hand_at.iter().map(|at| at.quantity).sum();
    if allocated < 0 || allocated > on_hand {
        Some(format!("{allocated} units allocated, of {on_hand} on hand"))
    } else if backordered < 0 || backordered - bumped > cap {
        Some(format!("{backordered} units backordered, over the cap of {cap}"))
    } else if item.available != free {
        Some(format!("{} units available, where {free} are free", item.available))
    } else if at_locations != on_hand {
        Some(format!("{on_hand} units on hand, but {at_locations} at its locations"))
    } else {
        None
    }
}

/// What an item's counters and the demo's books say differently.
fn differences(item: &ItemStock, sums: Sums, held: Held) -> Vec<String> {
    let pairs = [
        ("on hand", item.on_hand, "received less shipped", sums.on_hand()),
        ("promised", item.allocated + item.backordered, "taken less given back", sums.open()),
        ("allocated", item.allocated, "allocated to open orders", held.allocated),
        ("backordered", item.backordered, "backordered by open orders", held.backordered),
    ];
    let differing = pairs.into_iter().filter(|(_, counter, _, sum)| counter != sum);
    differing
        .map(|(name, counter, of, sum)| format!("{counter} units {name}, but {sum} {of}"))
        .collect()
}

fn wrong_with_plan(plan: &Plan, item: &ItemStock, cap: i64) -> Option<String> {
    if plan.cap != cap || plan.effective_cap != cap {
        let (of_plan, effective) = (plan.cap, plan.effective_cap);
        Some(format!("a cap of {of_plan} ({effective} in force), where {cap} was asked for"))
    } else if plan.backordered != item.backordered - item.bumped {
        let (of_plan, of_item) = (plan.backordered, item.backordered - item.bumped);
        Some(format!("{of_plan} units backordered says the plan, {of_item} the item"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::LocationQuantity;

    fn stock(on_hand: i64, allocated: i64, backordered: i64, available: i64) -> ItemStock {
        let on_hand_at = vec![LocationQuantity { location: "north".into(), quantity: on_hand }];
        ItemStock { on_hand, allocated, backordered, available, on_hand_at, ..Default::default() }
    }

    #[test]
    fn a_right_item_passes_and_each_wrong_one_is_told() {
        assert_eq!(wrong_with(&stock(5, 3, 1, 1), 1), None);
        assert_eq!(wrong_with(&stock(5, 3, 9, 0), 9), None);
        for (wrong, word) in [
            (stock(5, 6, 0, 0), "6 units allocated, of 5"),
            (stock(5, 5, 2, 0), "over the cap of 1"),
            (stock(5, 3, 1, 2), "2 units available, where 1"),
            (ItemStock { on_hand_at: Vec::new(), ..stock(5, 3, 1, 1) }, "but 0 at its locations"),
        ] {
            let found = wrong_with(&wrong, 1).expect(word);
            assert!(found.contains(word), "{found}");
        }
    }

    #[test]
    fn counters_must_equal_the_books() {
        let sums =
            Sums { received: 9, shipped: 4, allocated: 6, backordered: 2, ..Sums::default() };
        let held = Held { allocated: 2, backordered: 2 };
        assert_eq!(differences(&stock(5, 2, 2, 1), sums, held), Vec::<String>::new());
        let found = differences(&stock(6, 3, 1, 2), sums, held);
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn a_plan_must_keep_its_cap_and_count() {
        let plan = Plan { cap: 3, effective_cap: 3, backordered: 2, ..Default::default() };
        assert_eq!(wrong_with_plan(&plan, &stock(0, 0, 2, 0), 3), None);
        assert!(wrong_with_plan(&plan, &stock(0, 0, 2, 0), 4).is_some());
        assert!(wrong_with_plan(&plan, &stock(0, 0, 1, 0), 3).is_some());
    }
}
