//! Supply on its way: announced with its dates, closed by what arrives.

use super::{Date, Units};

pub use super::id::InboundId;

/// Announced supply of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// The buyer's number, unique for the item.
    pub id: InboundId,
    /// Units announced.
    pub expected: Units,
    /// Good units that arrived.
    pub received: Units,
    /// Units that arrived damaged.
    pub damaged: Units,
    /// When it is at the warehouse.
    pub arrives_on: Date,
    /// When its units leave again for customers.
    pub ships_on: Date,
    /// It will not come.
    pub cancelled: bool,
    /// A receipt closed it short.
    pub closed: bool,
    /// Its date passed while units were left: promises no longer count on it.
    pub overdue: bool,
}

/// An announcement, or what it is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The buyer's number.
    pub id: InboundId,
    /// Units announced.
    pub expected: Units,
    /// When it is at the warehouse.
    pub arrives_on: Date,
    /// When its units leave again for customers.
    pub ships_on: Date,
    /// It will not come.
    pub cancelled: bool,
}

impl Inbound {
    /// Units that arrived, good or damaged.
    #[must_use]
    pub fn arrived(&self) -> Units {
        self.received + self.damaged
    }

    /// Units still to come.
    #[must_use]
    pub fn left(&self) -> Units {
        if self.cancelled || self.closed { 0 } else { (self.expected - self.arrived()).max(0) }
    }

    /// Whether promises may count on it.
    #[must_use]
    pub fn gives_dates(&self) -> bool {
        self.left() > 0 && !self.overdue
    }

    /// A new announcement.
    #[must_use]
    pub fn announced(notice: &Notice) -> Self {
        Self {
            id: notice.id.clone(),
            expected: notice.expected,
            received: 0,
            damaged: 0,
            arrives_on: notice.arrives_on,
            ships_on: notice.ships_on,
            cancelled: notice.cancelled,
            closed: false,
            overdue: false,
        }
    }

    /// The same supply after an update. One that was closed short is open again when more is
    /// expected than has arrived; a new date makes it count again.
    #[must_use]
    pub fn updated(&self, notice: &Notice) -> Self {
        let same_date = self.ships_on == notice.ships_on;
        Self {
            received: self.received,
            damaged: self.damaged,
            closed: self.closed && notice.expected == self.expected,
            overdue: self.overdue && same_date,
            ..Self::announced(notice)
        }
    }

    /// The same supply after an arrival; `closes` = the rest will not come.
    #[must_use]
    pub fn arrive(&self, good: Units, damaged: Units, closes: bool) -> Self {
        Self {
            received: self.received + good,
            damaged: self.damaged + damaged,
            closed: self.closed || closes,
            ..self.clone()
        }
    }
}

/// Puts supply in the order of its dates, then of its ids.
pub fn sort_by_date(inbounds: &mut [Inbound]) {
    inbounds.sort_by(|a, b| (a.ships_on, &a.id).cmp(&(b.ships_on, &b.id)));
}
