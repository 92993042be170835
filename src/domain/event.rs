//! What happened, for those who must hear of it. An event stands in the line of the ledger that
//! made it; here is what the line alone does not say.

use serde::{Deserialize, Serialize};

use super::{Date, Time, Units};

/// What a line of the ledger means to others. Stored as JSON under the names given here, which are
/// the public types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is documented in docs/events.md")]
pub enum Event {
    #[serde(rename = "reservation.held")]
    Held,
    #[serde(rename = "reservation.confirmed")]
    Confirmed,
    #[serde(rename = "reservation.released")]
    Released,
    #[serde(rename = "reservation.expired")]
    Expired,
    #[serde(rename = "reservation.shipped")]
    Shipped,
    #[serde(rename = "backorder.accepted")]
    Accepted(Given),
    #[serde(rename = "backorder.filled")]
    Filled,
    #[serde(rename = "order.ready")]
    Ready,
    #[serde(rename = "promise.delayed")]
    Delayed(Moved),
    #[serde(rename = "promise.improved")]
    Improved(Moved),
    #[serde(rename = "promise.answered")]
    Answered(Answered),
    #[serde(rename = "plan.opened")]
    PlanOpened(PlanFacts),
    #[serde(rename = "plan.updated")]
    PlanUpdated(PlanFacts),
    #[serde(rename = "plan.full")]
    PlanFull(PlanFacts),
    #[serde(rename = "plan.closed")]
    PlanClosed(PlanFacts),
    #[serde(rename = "plan.over_supply")]
    OverSupply(PlanFacts),
    #[serde(rename = "inbound.announced")]
    InboundAnnounced(InboundFacts),
    #[serde(rename = "inbound.updated")]
    InboundUpdated(InboundFacts),
    #[serde(rename = "stock.received")]
    Received(Option<InboundFacts>),
    #[serde(rename = "stock.low")]
    Low(Low),
    #[serde(rename = "stock.oversold")]
    Oversold,
    #[serde(rename = "stock.adjusted")]
    Adjusted,
}

/// What a line of the queue was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The date promised.
    pub ship_by: Option<Date>,
    /// When the hold runs out; `None` = an order.
    #[serde(rename = "expire_time", alias = "expires_at")]
    pub expires_at: Option<Time>,
}

/// A date that moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The date before; `None` = none was known.
    pub old_ship_by: Option<Date>,
    /// The date now; `None` = none is known.
    pub new_ship_by: Option<Date>,
    /// The date promised first.
    pub original_ship_by: Date,
    /// What kind of delay it is, if it is one.
    pub delay_class: Option<DelayClass>,
    /// Units of the line that wait.
    pub quantity: Units,
    /// Until when the customer may answer, where the plan asks for an answer.
    pub answer_by: Option<Time>,
    /// Whether silence keeps the line then.
    pub silence_keeps: Option<bool>,
}

/// What kind of delay it is. No new date says more than a second delay, and that more than how
/// long a first one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelayClass {
    /// The line's first, to at most 30 days after the date promised first.
    #[serde(rename = "within_30_days")]
    Within30Days,
    /// The line's first, to a later date.
    #[serde(rename = "over_30_days")]
    Over30Days,
    /// The line was delayed before, to a date later than the one promised first.
    SecondDelay,
    /// No new date is known.
    Unknown,
}

/// What became of a question about a delay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Whether the line is kept.
    pub keeps: bool,
    /// Nobody answered in time.
    pub by_silence: bool,
}

/// What a plan is like after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFacts {
    /// Its version.
    pub plan_version: i64,
    /// Most units that may be backordered.
    pub cap: Units,
    /// The cap in force.
    pub effective_cap: Units,
    /// Units backordered.
    pub backordered: Units,
    /// Units to come beyond the cap in force.
    pub over_supply: Units,
    /// The date promised where no inbound says otherwise.
    pub ship_by: Date,
    /// When intake starts.
    pub opens_at: Time,
    /// When intake ends.
    pub closes_at: Time,
}

/// What announced supply is like after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundFacts {
    /// The buyer's number.
    pub inbound_id: String,
    /// Units announced.
    pub expected: Units,
    /// Units still to come.
    pub left: Units,
    /// When it is at the warehouse.
    pub arrives_on: Date,
    /// When its units leave again for customers.
    pub ships_on: Date,
    /// It will not come.
    pub cancelled: bool,
    /// Its date passed while units were left.
    pub overdue: bool,
}

/// How little is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Low {
    /// Units that may be reserved now.
    pub available: Units,
    /// The number at which it is said.
    pub low_stock: Units,
}

impl Event {
    /// Its public type.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Held => "reservation.held",
            Self::Confirmed => "reservation.confirmed",
            Self::Released => "reservation.released",
            Self::Expired => "reservation.expired",
            Self::Shipped => "reservation.shipped",
            Self::Accepted(_) => "backorder.accepted",
            Self::Filled => "backorder.filled",
            Self::Ready => "order.ready",
            Self::Delayed(_) => "promise.delayed",
            Self::Improved(_) => "promise.improved",
            Self::Answered(_) => "promise.answered",
            Self::PlanOpened(_) => "plan.opened",
            Self::PlanUpdated(_) => "plan.updated",
            Self::PlanFull(_) => "plan.full",
            Self::PlanClosed(_) => "plan.closed",
            Self::OverSupply(_) => "plan.over_supply",
            Self::InboundAnnounced(_) => "inbound.announced",
            Self::InboundUpdated(_) => "inbound.updated",
            Self::Received(_) => "stock.received",
            Self::Low(_) => "stock.low",
            Self::Oversold => "stock.oversold",
            Self::Adjusted => "stock.adjusted",
        }
    }

    /// Every public type.
    pub const NAMES: [&'static str; 22] = [
        "reservation.held",
        "reservation.confirmed",
        "reservation.released",
        "reservation.expired",
        "reservation.shipped",
        "backorder.accepted",
        "backorder.filled",
        "order.ready",
        "promise.delayed",
        "promise.improved",
        "promise.answered",
        "plan.opened",
        "plan.updated",
        "plan.full",
        "plan.closed",
        "plan.over_supply",
        "inbound.announced",
        "inbound.updated",
        "stock.received",
        "stock.low",
        "stock.oversold",
        "stock.adjusted",
    ];
}

/// The lowest delay class that applies to a line that moves from its original date.
#[must_use]
pub fn delay_class(original: Date, new: Option<Date>, delays_before: i32) -> DelayClass {
    match new {
        None => DelayClass::Unknown,
        Some(_) if delays_before > 0 => DelayClass::SecondDelay,
        Some(new) if (new - original).num_days() <= 30 => DelayClass::Within30Days,
        Some(_) => DelayClass::Over30Days,
    }
}
