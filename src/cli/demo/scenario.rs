//! Turns invoices into a merchant's days: what stands in the warehouses, which plans are open, what
//! each customer does and when trucks come. The same file, seed and rounds always make the same
//! scenario.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::orders::OrderFile;
use super::visits::{self, Visit};

/// The two warehouses, in the order they are drawn.
pub const LOCATIONS: [&str; 2] = ["north", "south"];
/// Trucks with goods that were missing at the start; the last comes after all orders.
pub const DELIVERIES: usize = 3;
/// One SKU in so many has a supplier whose last truck never comes.
const SHORT_SUPPLY: u64 = 16;

/// Everything that the demo will do.
#[derive(Debug)]
pub struct Scenario {
    /// Every SKU that is ordered, by SKU.
    pub items: Vec<ItemScenario>,
    /// What customers do; each visit is done in order, visits run beside each other.
    pub visits: Vec<Visit>,
    /// Orders in all visits.
    pub orders: u64,
    /// Cancelled lines for which the customer has no earlier order with enough units.
    pub unmatched_lines: u64,
}

/// One SKU: how much is ordered, and how much of it there is, or will be.
#[derive(Debug)]
pub struct ItemScenario {
    /// The stock code.
    pub sku: String,
    /// What the merchant calls it.
    pub title: String,
    /// Units on hand before the first order, at each location.
    pub stock: [i64; 2],
    /// Units on each truck.
    pub deliveries: [i64; DELIVERIES],
    /// On what terms it may be backordered.
    pub plan: PlanScenario,
}

/// On what terms a SKU may be backordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanScenario {
    /// Not at all: nobody opened it.
    None,
    /// The window opens next week.
    NotYet {
        /// Units.
        cap: i64,
    },
    /// Now, up to a cap; and, unless 0, up to so many units for one customer.
    Open {
        /// Units.
        cap: i64,
        /// Units; 0 = no limit.
        customer_limit: i64,
    },
}

/// Builds the scenario: every invoice once in each round, stock for `stock_percent` of the demand.
#[must_use]
pub fn build(file: &OrderFile, rounds: u32, stock_percent: u32, seed: u64) -> Scenario {
    let days: Vec<_> =
        (1..=rounds).map(|round| visits::of_round(&file.invoices, round, seed)).collect();
    Scenario {
        orders: days.iter().map(|day| day.orders).sum(),
        unmatched_lines: days.iter().map(|day| day.unmatched_lines).sum(),
        items: items(file, rounds, stock_percent, seed),
        visits: days.into_iter().flat_map(|day| day.visits).collect(),
    }
}

/// A number that depends on the seed and the text alone.
#[must_use]
pub fn draw(seed: u64, text: &str) -> u64 {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(text).finalize();
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Demand of one round: all units, and the most in one line.
#[derive(Default)]
struct Demand {
    units: i64,
    line_max: i64,
}

fn items(file: &OrderFile, rounds: u32, stock_percent: u32, seed: u64) -> Vec<ItemScenario> {
    let mut demands: BTreeMap<&str, Demand> = BTreeMap::new();
    for line in file.invoices.iter().filter(|i| !i.cancels).flat_map(|i| &i.lines) {
        let demand = demands.entry(&line.sku).or_default();
        demand.units += line.quantity;
        demand.line_max = demand.line_max.max(line.quantity);
    }
    let item = |(sku, demand): (&str, Demand)| {
        let units = demand.units.saturating_mul(i64::from(rounds));
        let stock = share(units, stock_percent);
        let missing = units - stock;
        ItemScenario {
            sku: sku.to_owned(),
            title: file.titles.get(sku).cloned().unwrap_or_default(),
            stock: [stock - stock / 3, stock / 3],
            deliveries: deliveries(missing, draw(seed, &format!("supply {sku}"))),
            plan: plan(missing, demand.line_max, draw(seed, &format!("plan {sku}"))),
        }
    };
    demands.into_iter().map(item).collect()
}

/// A quarter, a quarter and the rest; where the supplier lets us down, never the rest.
fn deliveries(missing: i64, drawn: u64) -> [i64; DELIVERIES] {
    let early = missing / 4;
    let rest = if drawn.is_multiple_of(SHORT_SUPPLY) { 0 } else { missing - 2 * early };
    [early, early, rest]
}

/// Most SKUs have a plan that covers all that is missing. A few have none, or one that is not open
/// yet, or too small a cap, or a limit for each customer: so that every refusal is seen.
fn plan(missing: i64, line_max: i64, drawn: u64) -> PlanScenario {
    let ample = missing.max(1);
    match drawn % 100 {
        0 => PlanScenario::None,
        1 => PlanScenario::NotYet { cap: ample },
        2 | 3 => PlanScenario::Open { cap: (missing / 4).max(1), customer_limit: 0 },
        4 | 5 => PlanScenario::Open { cap: ample, customer_limit: line_max },
        _ => PlanScenario::Open { cap: ample, customer_limit: 0 },
    }
}

/// `percent` of the units, rounded down.
fn share(units: i64, percent: u32) -> i64 {
    let part = i128::from(units) * i128::from(percent.min(100)) / 100;
    i64::try_from(part).unwrap_or(units)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::orders;
    use crate::cli::demo::visits::tests::{cancellations, orders_of};

    #[test]
    fn the_same_input_makes_the_same_scenario() {
        let file = orders::read(orders::SAMPLE).expect("the sample");
        let shown = |seed| format!("{:?}", build(&file, 3, 60, seed).items);
        assert_eq!(shown(1), shown(1));
        assert_ne!(shown(1), shown(2));
    }

    #[test]
    fn the_sample_gives_stock_for_a_part_of_the_demand_and_every_kind_of_plan() {
        let file = orders::read(orders::SAMPLE).expect("the sample");
        let scenario = build(&file, 20, 60, 1);
        assert_eq!((scenario.orders, scenario.unmatched_lines), (62 * 20, 8 * 20));
        assert_eq!(orders_of(&scenario).len(), 62 * 20);
        let demand: i64 =
            orders_of(&scenario).iter().flat_map(|o| &o.lines).map(|l| l.quantity).sum();
        let stock: i64 = scenario.items.iter().flat_map(|item| item.stock).sum();
        assert!((55..=60).contains(&(stock * 100 / demand)), "{stock} of {demand}");
        let kinds = |wanted: fn(&PlanScenario) -> bool| {
            scenario.items.iter().filter(|item| wanted(&item.plan)).count()
        };
        assert!(kinds(|plan| *plan == PlanScenario::None) > 0);
        assert!(kinds(|plan| matches!(plan, PlanScenario::NotYet { .. })) > 0);
        assert!(kinds(|p| matches!(p, PlanScenario::Open { customer_limit: 1.., .. })) > 0);
        assert!(kinds(|plan| matches!(plan, PlanScenario::Open { .. })) > 500);
        assert!(orders_of(&scenario).iter().any(|order| order.given_up));
        // One of the sample's cancellations takes back what an earlier invoice ordered.
        let released = cancellations(&scenario);
        assert_eq!(released.len(), 20);
        assert!(released.contains(&"r7-536488 22960 6".to_owned()), "{released:?}");
    }

    #[test]
    fn trucks_bring_what_was_missing_unless_the_supplier_fails() {
        assert_eq!(deliveries(10, 1), [2, 2, 6]);
        assert_eq!(deliveries(10, 16), [2, 2, 0]);
        assert_eq!(deliveries(0, 1), [0, 0, 0]);
        assert_eq!(share(7, 60), 4);
    }
}
