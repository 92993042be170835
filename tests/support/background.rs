//! What the background does in the in-memory world, and how one knows that it is through.

use backstock::domain::{Command, Plan, Request, ReservationId, Sku};

use super::world::World;

impl World {
    /// Works off what the background would for an item, and says how many steps that took.
    pub fn tend(&mut self, sku: &str) -> usize {
        let sku = Sku::stored(sku);
        for steps in 1..10_000 {
            self.step(&sku);
            if self.is_settled(&sku) {
                return steps;
            }
        }
        panic!("the background never comes to an end with {sku}");
    }

    /// One step of the background with an item, and a look at its orders.
    pub fn step(&mut self, sku: &Sku) {
        self.run(&[house(Command::Tend { sku: sku.clone() })]);
        for reservation in self.maybe_ready(sku) {
            self.run(&[house(Command::TendOrder { reservation })]);
        }
    }

    /// Whether the background has nothing left to do with an item.
    pub fn is_settled(&self, sku: &Sku) -> bool {
        let Some(item) = self.items.get(sku) else { return true };
        let today = self.now.date_naive();
        let is_late = item.inbounds.iter().any(|of| of.gives_dates() && of.ships_on < today);
        let passes = |plan: &Plan| {
            (!plan.told_closed && plan.closes_at <= self.now)
                || (!plan.overdue && plan.ship_by < today)
        };
        let is_due = self.reservations.values().any(|reservation| {
            let is_open = reservation.line(sku).is_some_and(|line| line.open() > 0);
            is_open && reservation.is_overdue(self.now)
        });
        !is_late
            && !is_due
            && !item.plan.as_ref().is_some_and(passes)
            && item.redate.is_none()
            && item.owed().units() == 0
            && self.silent(sku).is_empty()
            && self.maybe_ready(sku).is_empty()
    }

    /// Orders with a line of the item that may have become ready: those that were noted, and those
    /// that have waited for every line long enough and have something to ship.
    pub fn maybe_ready(&self, sku: &Sku) -> Vec<ReservationId> {
        let of_item = self.reservations.values().filter(|order| order.line(sku).is_some());
        let mut orders: Vec<&ReservationId> = of_item
            .filter(|order| {
                let has_waited = order.has_waited(self.now) && order.ready_at.is_none();
                self.ready_checks.contains(&order.id)
                    || (has_waited && order.is_ready(self.now) && waits_together(order))
            })
            .map(|order| &order.id)
            .collect();
        orders.sort_unstable();
        orders.into_iter().cloned().collect()
    }
}

fn waits_together(order: &backstock::domain::Reservation) -> bool {
    order.ship_policy == backstock::domain::program::ShipPolicy::Together
}

/// A request of the house itself: it is not remembered.
pub fn house(command: Command) -> Request {
    Request { id: None, hash: [0; 32], command }
}
