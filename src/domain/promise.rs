//! Which date a place in the queue is given: the walk over announced supply.
//!
//! The first supply whose units, added up in the order of their dates and less the plan's
//! allowance, cover the queue up to and including a line fills that line. Where none does, the
//! line gets the later of the plan's own date and the last supply's, so that dates never fall along
//! a queue.

use super::inbound::InboundId;
use super::{Date, Item, Units};

/// When units are promised to leave. No known date is later than any date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShipBy {
    /// On that day.
    On(Date),
    /// The date promised has passed, or its supply is gone, and nobody knows another.
    Unknown,
}

impl ShipBy {
    /// The date, if one is known.
    #[must_use]
    pub fn date(self) -> Option<Date> {
        match self {
            Self::On(date) => Some(date),
            Self::Unknown => None,
        }
    }
}

impl std::fmt::Display for ShipBy {
    /// The ISO 8601 date; nothing where none is known.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.date().map_or(Ok(()), |date| date.fmt(out))
    }
}

/// What is on its way for an item's queue, as promises see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    /// Units on hand that the queue is owed: they have no date, they are there.
    on_hand: Units,
    /// Supply by date: units up to and including it, its date, its id.
    steps: Vec<(Units, Date, InboundId)>,
    /// What is promised beyond the last of it.
    rest: ShipBy,
}

impl Supply {
    /// The supply of an item, from its announced inbound and its plan.
    #[must_use]
    pub fn of(item: &Item) -> Self {
        let on_hand = item.owed().units();
        let allowance = item.plan.as_ref().map_or(0, |plan| plan.allowance);
        let mut sum = on_hand - allowance;
        let mut steps = Vec::new();
        let mut last = None;
        for inbound in item.inbounds.iter().filter(|inbound| inbound.gives_dates()) {
            sum += inbound.left();
            last = last.max(Some(inbound.ships_on));
            steps.push((sum, inbound.ships_on, inbound.id.clone()));
        }
        let planned = match &item.plan {
            Some(plan) if !plan.overdue => ShipBy::On(plan.ship_by),
            _ => ShipBy::Unknown,
        };
        let rest = last.map_or(planned, |last| planned.max(ShipBy::On(last)));
        Self { on_hand, steps, rest }
    }

    /// The date of a line that ends the first `through` units of the queue; `None` = its units are
    /// on hand already.
    #[must_use]
    pub fn ship_by(&self, through: Units) -> Option<ShipBy> {
        if through <= self.on_hand {
            return None;
        }
        let step = self.steps.iter().find(|(units, ..)| *units >= through);
        Some(step.map_or(self.rest, |(_, date, _)| ShipBy::On(*date)))
    }

    /// The supply that fills a line that ends the first `through` units of the queue.
    #[must_use]
    pub fn filled_by(&self, through: Units) -> Option<&InboundId> {
        let step = self.steps.iter().find(|(units, ..)| *units >= through);
        step.filter(|_| through > self.on_hand).map(|(.., id)| id)
    }

    /// The dates along a queue of so many units, told from its end: each date with how many units
    /// stand behind the last of those that have it. Units that join at the end leave all others
    /// their dates, and so does a fill by the first supply.
    #[must_use]
    pub fn dates_from_the_end(&self, queued: Units) -> Vec<(ShipBy, Units)> {
        let mut dates: Vec<(ShipBy, Units)> = Vec::new();
        let steps = self.steps.iter().map(|(units, date, _)| (*units, ShipBy::On(*date)));
        let mut covered = self.on_hand;
        for (units, date) in steps.chain([(Units::MAX, self.rest)]) {
            let units = units.min(queued);
            if units <= covered {
                continue;
            }
            covered = units;
            dates.retain(|(known, _)| *known != date);
            dates.push((date, queued - units));
        }
        dates
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Sku;
    use crate::domain::inbound::{Inbound, Notice};

    #[test]
    fn what_came_for_a_long_queue_counts_before_the_supply_to_come() {
        let date = |day| Date::from_ymd_opt(2027, 1, day).expect("a date");
        let id = InboundId::stored("I1");
        let (arrives_on, ships_on) = (date(9), date(10));
        let notice =
            Notice { id: id.clone(), expected: 30, arrives_on, ships_on, cancelled: false };
        // A fill has handed out what one batch may; 24 units are still owed.
        let mut item = Item::new(Sku::stored("A"), 0);
        (item.on_hand, item.allocated, item.backordered, item.owed) = (280, 256, 60, 24);
        item.inbounds = vec![Inbound::announced(&notice)];
        let supply = Supply::of(&item);
        let by_inbound = Some(ShipBy::On(ships_on));
        let along = [24, 25, 54, 55].map(|through| supply.ship_by(through));
        assert_eq!(along, [None, by_inbound, by_inbound, Some(ShipBy::Unknown)]);
        let fills = [24, 25, 54, 55].map(|through| supply.filled_by(through));
        assert_eq!(fills, [None, Some(&id), Some(&id), None]);
    }
}
