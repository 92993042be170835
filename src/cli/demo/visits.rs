//! What customers do in one round of the invoices: each customer's orders and cancellations, in
//! order.

use std::collections::{BTreeMap, HashMap};

use super::orders::{Invoice, Units};
use super::scenario::draw;

/// Lines in one call at most.
pub const LINES_MAX: usize = 100;
const GUEST: &str = "guest";
/// One order in so many is given up before it is paid.
const GIVEN_UP: u64 = 20;

/// All visits of one round.
#[derive(Debug, Default)]
pub struct Round {
    /// Each is done in order; visits run beside each other.
    pub visits: Vec<Visit>,
    /// Orders in all of them.
    pub orders: u64,
    /// Cancelled lines for which the customer has no earlier order with enough units.
    pub unmatched_lines: u64,
}

/// What one customer does on one day, one thing after the other.
#[derive(Debug, Default)]
pub struct Visit {
    /// In order.
    pub steps: Vec<Step>,
    /// Units that each order (by its place in `steps`) still has of each SKU.
    open: HashMap<(usize, String), i64>,
}

/// One thing that a customer does.
#[derive(Debug)]
pub enum Step {
    /// Orders, and pays or not.
    Order(Order),
    /// Takes back a part of an order of the same visit.
    Cancel {
        /// Which order.
        reservation: String,
        /// What of it; each SKU once.
        lines: Vec<Units>,
    },
}

/// An order, as one call.
#[derive(Debug)]
pub struct Order {
    /// The invoice's number, with the day, and the part where it is too long for one call.
    pub reservation: String,
    /// Who orders.
    pub customer: String,
    /// 1 to 100.
    pub lines: Vec<Units>,
    /// Whether parcels leave one by one.
    pub as_available: bool,
    /// Whether the customer leaves before paying.
    pub given_up: bool,
}

/// Sorts the invoices of a file by customer.
#[must_use]
pub fn of_round(invoices: &[Invoice], round: u32, seed: u64) -> Round {
    let mut day = Round::default();
    let mut visit_of: HashMap<&str, usize> = HashMap::new();
    for invoice in invoices {
        let next = day.visits.len();
        // Guests are strangers to each other: each invoice is a visit of its own.
        let place = match invoice.customer.as_deref() {
            Some(customer) => *visit_of.entry(customer).or_insert(next),
            None => next,
        };
        if place == next {
            day.visits.push(Visit::default());
        }
        if invoice.cancels {
            day.unmatched_lines += day.visits[place].cancel(invoice);
        } else {
            day.orders += day.visits[place].order(invoice, round, seed);
        }
    }
    day.visits.retain(|visit| !visit.steps.is_empty());
    day
}

impl Visit {
    /// Adds an order, in as many parts as calls need. Returns how many.
    fn order(&mut self, invoice: &Invoice, round: u32, seed: u64) -> u64 {
        let parts = invoice.lines.chunks(LINES_MAX);
        let count = parts.len() as u64;
        for (part, lines) in parts.enumerate() {
            let suffix = if count == 1 { String::new() } else { format!("-p{}", part + 1) };
            let reservation = format!("r{round}-{}{suffix}", invoice.number);
            for line in lines {
                *self.open.entry((self.steps.len(), line.sku.clone())).or_default() +=
                    line.quantity;
            }
            self.steps.push(Step::Order(Order {
                customer: invoice.customer.clone().unwrap_or_else(|| GUEST.to_owned()),
                lines: lines.to_vec(),
                as_available: draw(seed, &format!("parcels {reservation}")).is_multiple_of(2),
                given_up: draw(seed, &format!("cart {reservation}")).is_multiple_of(GIVEN_UP),
                reservation,
            }));
        }
        count
    }

    /// Adds the cancellation of what this customer ordered before. Returns how many of its lines
    /// fit no order.
    fn cancel(&mut self, invoice: &Invoice) -> u64 {
        let mut unmatched = 0;
        let mut found: BTreeMap<usize, BTreeMap<&str, i64>> = BTreeMap::new();
        for line in &invoice.lines {
            match self.take_back(line) {
                Some(place) => {
                    let of_order = found.entry(place).or_default();
                    *of_order.entry(&line.sku).or_default() += line.quantity;
                }
                None => unmatched += 1,
            }
        }
        for (place, lines) in found {
            self.add_cancellation(place, &lines);
        }
        unmatched
    }

    /// Takes the units of a line from the newest order that still has as many. Returns its place.
    fn take_back(&mut self, line: &Units) -> Option<usize> {
        for place in (0..self.steps.len()).rev() {
            match self.open.get_mut(&(place, line.sku.clone())) {
                Some(units) if *units >= line.quantity => {
                    *units -= line.quantity;
                    return Some(place);
                }
                _ => {}
            }
        }
        None
    }

    fn add_cancellation(&mut self, place: usize, lines: &BTreeMap<&str, i64>) {
        let Some(Step::Order(order)) = self.steps.get_mut(place) else { return };
        // Only what was paid for is cancelled.
        order.given_up = false;
        let reservation = order.reservation.clone();
        let lines = lines
            .iter()
            .map(|(sku, quantity)| Units { sku: (*sku).to_owned(), quantity: *quantity })
            .collect();
        self.steps.push(Step::Cancel { reservation, lines });
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cli::demo::orders::{self, OrderFile};
    use crate::cli::demo::scenario::{Scenario, build};

    fn read(lines: &str) -> OrderFile {
        let csv = format!("InvoiceNo,StockCode,Description,Quantity,CustomerID\n{lines}");
        orders::read(csv.as_bytes()).expect(lines)
    }

    pub(in crate::cli::demo) fn orders_of(scenario: &Scenario) -> Vec<&Order> {
        let steps = scenario.visits.iter().flat_map(|visit| &visit.steps);
        steps.filter_map(|step| if let Step::Order(o) = step { Some(o) } else { None }).collect()
    }

    /// The cancellations of all visits, as `order SKU units`.
    pub(in crate::cli::demo) fn cancellations(scenario: &Scenario) -> Vec<String> {
        let mut found = Vec::new();
        for step in scenario.visits.iter().flat_map(|visit| &visit.steps) {
            if let Step::Cancel { reservation, lines } = step {
                let each = lines.iter().map(|l| format!("{reservation} {} {}", l.sku, l.quantity));
                found.extend(each);
            }
        }
        found
    }

    #[test]
    fn a_customers_invoices_stay_in_order_and_guests_stay_apart() {
        let scenario = build(&read("1,A1,,1,7\n2,A1,,1,\n3,A1,,1,7\n4,A1,,1,\n"), 1, 60, 1);
        let steps: Vec<_> = scenario.visits.iter().map(|visit| visit.steps.len()).collect();
        assert_eq!(steps, [2, 1, 1]);
        let customers: Vec<_> = orders_of(&scenario).iter().map(|o| o.customer.as_str()).collect();
        assert_eq!(customers, ["7", "7", GUEST, GUEST]);
    }

    #[test]
    fn a_cancellation_takes_back_the_newest_order_that_has_enough_and_no_unit_twice() {
        let lines = "1,A1,,5,7\n1,A1,,1,7\n2,A1,,2,7\n3,A1,,9,8\n";
        let cancels = "C4,A1,,-6,7\nC5,A1,,-2,7\nC6,A1,,-1,7\nC7,B1,,-1,7\n";
        let scenario = build(&read(&format!("{lines}{cancels}")), 1, 60, 1);
        assert_eq!(cancellations(&scenario), ["r1-1 A1 6", "r1-2 A1 2"]);
        assert_eq!(scenario.unmatched_lines, 2);
    }

    #[test]
    fn an_order_that_is_cancelled_later_is_paid_first() {
        let lines: String = (0..200).map(|n| format!("{n},A1,,1,{n}\nC{n},A1,,-1,{n}\n")).collect();
        let scenario = build(&read(&lines), 1, 60, 1);
        assert_eq!(cancellations(&scenario).len(), 200);
        assert!(orders_of(&scenario).iter().all(|order| !order.given_up));
    }

    #[test]
    fn a_long_invoice_is_sent_in_parts() {
        let lines: String = (0..250).map(|n| format!("1,A{n},,1,7\n")).collect();
        let scenario = build(&read(&lines), 1, 60, 1);
        let orders = orders_of(&scenario);
        let sizes: Vec<_> =
            orders.iter().map(|o| (o.reservation.as_str(), o.lines.len())).collect();
        assert_eq!(sizes, [("r1-1-p1", 100), ("r1-1-p2", 100), ("r1-1-p3", 50)]);
        assert_eq!(scenario.orders, 3);
    }
}
