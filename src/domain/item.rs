//! An item's counters, and what follows from them.

use std::collections::{BTreeMap, VecDeque};

use super::inbound::Inbound;
use super::movement::{Delta, Kind};
use super::redate::Redate;
use super::{FILL_LINES_MAX, Location, Plan, ReservationId, Sku, Time, Units};

/// Units of an item at one location.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// Good units that stand there.
    pub on_hand: Units,
    /// Of those, promised to a reservation.
    pub allocated: Units,
}

impl Stock {
    /// Units that stand there and are promised to nobody.
    #[must_use]
    pub fn free(self) -> Units {
        self.on_hand - self.allocated
    }
}

/// The row that decides: an item's counters, read under its lock.
#[derive(Clone, Debug)]
pub struct Item {
    /// The SKU.
    pub sku: Sku,
    /// Good units in the building.
    pub on_hand: Units,
    /// Of those, promised to a reservation.
    pub allocated: Units,
    /// Units accepted into the queue, under the cap.
    pub backordered: Units,
    /// Units that were allocated, were lost, and stand at the front of the queue, outside the cap.
    pub bumped: Units,
    /// Units kept from sale, as far as there are any: what comes goes to the queue first.
    pub safety_stock: Units,
    /// Units on hand that came for accepted lines and are still to be handed out; 0 but while a
    /// long queue is being filled.
    pub owed: Units,
    /// Units announced and not yet received.
    pub inbound: Units,
    /// When no more than this is available, that is said once.
    pub low_stock: Units,
    /// Whether its queue is being given new dates.
    pub redating: bool,
    /// Most units that may be backordered at any moment; 0 until a plan was opened.
    pub cap: Units,
    /// The newest plan's version; 0 = none.
    pub plan_version: i64,
    /// One more for each committed change.
    pub version: i64,
    /// Units at each location that ever had any.
    pub stocks: BTreeMap<Location, Stock>,
    /// The newest plan, where a command of the batch may need it.
    pub plan: Option<Plan>,
    /// Announced supply still to come, and what commands of the batch name, by date.
    pub inbounds: Vec<Inbound>,
    /// How far the queue was given new dates, where that is being done.
    pub redate: Option<Redate>,
    /// The head of its queue, where a command of the batch may fill it.
    pub queue: Queue,
    /// Lines that hold allocated units, newest first, for each location that a command may take
    /// from.
    pub newest: BTreeMap<Location, Vec<ReservationId>>,
    /// No hold of it runs out before this; none where it has no holds.
    pub due_at: Option<Time>,
    /// The earliest instant at which a hold of it runs out that has not, where some have and the
    /// batch was given all of them.
    pub next_due: Option<Time>,
    /// Whether more expired lines wait to be swept than the batch was given.
    pub due_left: bool,
}

/// The head of an item's queue: the lines that are filled next.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// Lines with bumped units.
    pub bumped: Head,
    /// Lines with backordered units.
    pub accepted: Head,
}

/// The first lines of a queue, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// Whose lines.
    pub lines: VecDeque<ReservationId>,
    /// Whether these are all of them, so that a new line may be put behind the last.
    pub is_whole: bool,
}

/// What a fill could give now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Units for bumped lines, which may take safety stock.
    pub bumped: Units,
    /// Units for accepted lines, which may not.
    pub accepted: Units,
}

impl Item {
    /// A new item, without stock.
    #[must_use]
    pub fn new(sku: Sku, safety_stock: Units) -> Self {
        Self {
            sku,
            on_hand: 0,
            allocated: 0,
            backordered: 0,
            bumped: 0,
            safety_stock,
            owed: 0,
            inbound: 0,
            low_stock: 0,
            redating: false,
            cap: 0,
            plan_version: 0,
            version: 0,
            stocks: BTreeMap::new(),
            plan: None,
            inbounds: Vec::new(),
            redate: None,
            queue: Queue::default(),
            newest: BTreeMap::new(),
            due_at: None,
            next_due: None,
            due_left: false,
        }
    }

    /// Whether a hold of it may have run out by `now`.
    #[must_use]
    pub fn is_due(&self, now: Time) -> bool {
        self.due_at.is_some_and(|at| at <= now)
    }

    /// Units on hand and promised to nobody, safety stock included.
    #[must_use]
    pub fn free(&self) -> Units {
        self.on_hand - self.allocated
    }

    /// Units in the queue.
    #[must_use]
    pub fn queued(&self) -> Units {
        self.backordered + self.bumped
    }

    /// Units that a sale may take now: what is owed to the queue is fenced.
    #[must_use]
    pub fn available(&self) -> Units {
        (self.free() - self.queued() - self.safety_stock).max(0)
    }

    /// Units that a replacement may take now: safety stock too, but nothing that is owed to the
    /// queue.
    #[must_use]
    pub fn available_for_replacement(&self) -> Units {
        (self.free() - self.bumped - self.owed().accepted).max(0)
    }

    /// Units that a fill could give the queue now: what came for it, and what is free beyond the
    /// safety stock.
    #[must_use]
    pub fn owed(&self) -> Owed {
        let bumped = self.bumped.min(self.free());
        let rest = self.free() - bumped;
        let came = self.owed.min(rest).max(rest - self.safety_stock).max(0);
        Owed { bumped, accepted: self.backordered.min(came) }
    }

    /// Whether the queue is owed more units than one step fills lines of one unit.
    #[must_use]
    pub fn is_long_fill(&self) -> bool {
        usize::try_from(self.owed().units()).is_ok_and(|units| units > FILL_LINES_MAX)
    }

    /// The cap in force: the plan's, or, where it follows supply, what supply covers.
    #[must_use]
    pub fn effective_cap(&self) -> Units {
        match &self.plan {
            Some(plan) if plan.cap_by_inbound => {
                self.cap.min((self.inbound - plan.allowance).max(0))
            }
            _ => self.cap,
        }
    }

    /// Accepted units that are still to come: what has come and is only not handed out yet needs no
    /// supply.
    #[must_use]
    pub fn to_come(&self) -> Units {
        self.backordered - self.owed().accepted
    }

    /// Units that may still be backordered while the plan is open.
    #[must_use]
    pub fn headroom(&self) -> Units {
        (self.cap - self.backordered).min(self.effective_cap() - self.to_come()).max(0)
    }

    /// Whether its plan limits units for each customer.
    #[must_use]
    pub fn limits_customers(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.customer_limit > 0)
    }

    /// Units to come beyond the cap in force.
    #[must_use]
    pub fn over_supply(&self) -> Units {
        (self.to_come() - self.effective_cap()).max(0)
    }
}

impl Item {
    /// Moves the counters by a line of the ledger. What comes, or is given back, goes to the
    /// accepted lines of the queue before it makes up the safety stock.
    pub(super) fn move_counters(&mut self, kind: Kind, delta: &Delta) {
        self.on_hand += delta.on_hand;
        self.allocated += delta.allocated;
        self.backordered += delta.backordered;
        self.bumped += delta.bumped;
        self.inbound += delta.inbound;
        self.owed += match kind {
            Kind::Receive | Kind::Release | Kind::Expire | Kind::Adjust => {
                (delta.on_hand - delta.allocated).max(0)
            }
            Kind::Fill => delta.backordered,
            _ => 0,
        };
        let free = self.free().max(0);
        let most = self.backordered.min(free - self.bumped.min(free));
        self.owed = self.owed.clamp(0, most.max(0));
        if let Some(location) = &delta.location {
            let stock = self.stocks.entry(location.clone()).or_default();
            stock.on_hand += delta.on_hand;
            stock.allocated += delta.allocated;
        }
    }
}

impl Owed {
    /// Units in all.
    #[must_use]
    pub fn units(self) -> Units {
        self.bumped + self.accepted
    }
}
