//! Units set aside under one number, as a hold or as an order.

use super::program::ShipPolicy;
use super::promise::ShipBy;
use super::{Customer, Date, Location, Plan, ReservationId, Sku, Time, Units};

/// What the units are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Sold to a customer.
    Sale,
    /// Sent for a damaged or lost one.
    Replacement,
}

/// Where a reservation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A hold.
    Held,
    /// An order.
    Confirmed,
    /// Every unit shipped or released, at least one shipped.
    Shipped,
    /// Every unit released.
    Released,
    /// The hold ran out.
    Expired,
}

/// A reservation with all of its lines.
#[derive(Clone, Debug)]
pub struct Reservation {
    /// The caller's number.
    pub id: ReservationId,
    /// Who it is for.
    pub customer: Option<Customer>,
    /// Whether the parcel waits for every line.
    pub ship_policy: ShipPolicy,
    /// What the units are for.
    pub purpose: Purpose,
    /// When it was made.
    pub created_at: Time,
    /// When the hold runs out, or ran out; `None` = an order.
    pub expires_at: Option<Time>,
    /// The last day that the parcel waits for every line; `None` = waits for every line.
    pub together_until: Option<Date>,
    /// When it was said that the order is ready to ship together.
    pub ready_at: Option<Time>,
    /// One line for each SKU, in the order of the request.
    pub lines: Vec<Line>,
}

/// One SKU of a reservation. `ordered = allocated + backordered + bumped + shipped + released`,
/// always.
#[derive(Clone, Debug)]
pub struct Line {
    /// The SKU.
    pub sku: Sku,
    /// Units of the request.
    pub ordered: Units,
    /// Units accepted into the queue and not yet filled.
    pub backordered: Units,
    /// Units that were allocated, were lost, and wait at the front of the queue.
    pub bumped: Units,
    /// Units that left the building.
    pub shipped: Units,
    /// Units given back.
    pub released: Units,
    /// Of the released units, those that expiry took from the allocated ones.
    pub lapsed_allocated: Units,
    /// Of the released units, those that expiry took from the queue.
    pub lapsed_backordered: Units,
    /// Where its allocated units stand, in the order they were taken.
    pub allocations: Vec<(Location, Units)>,
    /// The item's version when the line was accepted: its place in the queue.
    pub age: i64,
    /// What the customer was promised, where units are, or were, backordered.
    pub promise: Option<Promised>,
    /// How often its date got later than it was, and than the date promised first.
    pub delays: i32,
    /// What the customer is being asked.
    pub question: Option<Question>,
}

/// A question to a customer: keep a line whose date got later, or cancel it?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Until when an answer counts.
    pub answer_by: Time,
    /// Whether silence keeps the line.
    pub silence_keeps: bool,
}

/// A date given to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promised {
    /// The date promised now.
    pub ship_by: ShipBy,
    /// The date promised first.
    pub original_ship_by: Date,
    /// The plan's version, which has the note.
    pub plan_version: i64,
}

impl Promised {
    /// What a line stood ready for that lost its units: that it ships at once.
    #[must_use]
    pub fn at_once(today: Date, plan: Option<&Plan>) -> Self {
        let plan_version = plan.map_or(0, |plan| plan.version);
        Self { ship_by: ShipBy::On(today), original_ship_by: today, plan_version }
    }
}

impl Line {
    /// Units on hand that stand ready for it.
    #[must_use]
    pub fn allocated(&self) -> Units {
        self.allocations.iter().map(|(_, units)| units).sum()
    }

    /// Units in the queue.
    #[must_use]
    pub fn queued(&self) -> Units {
        self.backordered + self.bumped
    }

    /// Units that may still be shipped or released.
    #[must_use]
    pub fn open(&self) -> Units {
        self.allocated() + self.queued()
    }

    /// Units that stand ready for it at `location`.
    #[must_use]
    pub fn allocated_at(&self, location: &Location) -> Units {
        self.allocations.iter().filter(|(at, _)| at == location).map(|(_, units)| units).sum()
    }
}

impl Reservation {
    /// The line of a SKU.
    #[must_use]
    pub fn line(&self, sku: &Sku) -> Option<&Line> {
        self.lines.iter().find(|line| line.sku == *sku)
    }

    /// Whether it is a hold that ran out by `now`, swept or not.
    #[must_use]
    pub fn is_overdue(&self, now: Time) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Where it stands at `now`.
    #[must_use]
    pub fn state(&self, now: Time) -> State {
        let open = self.lines.iter().any(|line| line.open() > 0);
        let lapsed =
            self.lines.iter().any(|line| line.lapsed_allocated + line.lapsed_backordered > 0);
        let shipped = self.lines.iter().any(|line| line.shipped > 0);
        match (self.expires_at, open) {
            (Some(_), _) if self.is_overdue(now) && (open || lapsed) => State::Expired,
            (Some(_), true) => State::Held,
            (None, true) => State::Confirmed,
            (_, false) if shipped => State::Shipped,
            (_, false) => State::Released,
        }
    }

    /// Whether its parcel may be packed at `now`: an order with every open line allocated in full,
    /// or, where lines ship as available or it has waited long enough, with any unit allocated.
    #[must_use]
    pub fn is_ready(&self, now: Time) -> bool {
        let waits = self.lines.iter().any(|line| line.queued() > 0);
        let stands = self.lines.iter().any(|line| line.allocated() > 0);
        self.state(now) == State::Confirmed
            && stands
            && (self.ship_policy == ShipPolicy::AsAvailable || !waits || self.has_waited(now))
    }

    /// Whether the last day that its parcel waits for every line has passed.
    #[must_use]
    pub fn has_waited(&self, now: Time) -> bool {
        self.together_until.is_some_and(|until| now.date_naive() > until)
    }

    /// What a note says of its other items.
    #[must_use]
    pub fn parcel(&self) -> Option<ShipPolicy> {
        self.ship_policy.noted(self.together_until)
    }

    /// The same reservation as it stands at `now`: an expired hold counts for nothing, swept or
    /// not.
    #[must_use]
    pub fn as_of(mut self, now: Time) -> Self {
        if self.is_overdue(now) {
            self.lines.iter_mut().for_each(Line::lapse);
        }
        self
    }
}

impl Line {
    /// Gives back everything open, remembering what it was so that a late Confirm can take it
    /// again.
    pub fn lapse(&mut self) {
        let (allocated, queued) = (self.allocated(), self.queued());
        self.lapsed_allocated += allocated;
        self.lapsed_backordered += queued;
        self.released += allocated + queued;
        self.backordered = 0;
        self.bumped = 0;
        self.question = None;
        self.allocations.clear();
    }
}
