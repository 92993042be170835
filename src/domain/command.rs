//! What can be asked of the house, already checked for form.

use std::collections::BTreeMap;

use super::inbound::{InboundId, Notice};
use super::plan::Terms;
use super::program::{Place, ShipPolicy};
use super::reservation::Purpose;
use super::{Customer, Date, Location, Program, ReceiptId, RequestId, ReservationId, Sku, Units};

/// One member of a batch.
#[derive(Clone, Debug)]
pub struct Request {
    /// The caller's number for it. `None` for dry runs and the house's own commands: they are not
    /// remembered.
    pub id: Option<RequestId>,
    /// A hash of the rpc and its content, which tells a repeated request from a reused id.
    pub hash: [u8; 32],
    /// What to do.
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Take on-hand units.
    Reserve { order: Order, mode: Mode, purpose: Purpose },
    /// Take on-hand units first and queue the rest; `accepted` is what the customer was shown.
    Backorder { order: Order, accepted: BTreeMap<Sku, Date> },
    /// Let a hold live longer, from now; `None` = the programme's default.
    Extend { reservation: ReservationId, hold_seconds: Option<i64> },
    /// Make a hold an order; `accepted` is what the customer was shown.
    Confirm { reservation: ReservationId, accepted: BTreeMap<Sku, Date> },
    /// Give units back; no lines = everything open.
    Release { reservation: ReservationId, lines: Vec<Ask>, reason: String },
    /// Goods arrived.
    Receive(Receipt),
    /// Allocated goods left; no lines = all that is allocated.
    Ship { reservation: ReservationId, lines: Vec<Ask>, tracking: String },
    /// Stock was corrected at one location (`None` = the programme's default).
    Adjust { location: Option<Location>, adjustments: Vec<Adjustment> },
    /// Make or change the programme.
    PutProgram(Program),
    /// Add or change locations.
    PutLocations(Vec<Place>),
    /// Add or change items.
    PutItems(Vec<ItemSettings>),
    /// Open backorders, or only check the plan.
    OpenBackorders { terms: Terms, dry_run: bool },
    /// Stop intake.
    CloseBackorders { sku: Sku },
    /// Change an item's plan, or only check the change.
    UpdatePlan { terms: Terms, dry_run: bool },
    /// Supply is on its way.
    AnnounceInbound { sku: Sku, notice: Notice },
    /// Announced supply changed.
    UpdateInbound { sku: Sku, notice: Notice },
    /// A customer answered a question about a delay: keep the line, or release what has not come.
    AnswerDelay { reservation: ReservationId, sku: Sku, keeps: bool },
    /// What the background does for an item: sweep what is due, fill what can be filled, notice
    /// dates that have passed and questions that nobody answered, give the queue new dates.
    Tend { sku: Sku },
    /// What the background does for an order: say that it is ready, if it is.
    TendOrder { reservation: ReservationId },
}

/// So many units of one SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The SKU.
    pub sku: Sku,
    /// Units.
    pub units: Units,
}

/// What Reserve and Backorder have in common.
#[derive(Clone, Debug)]
pub struct Order {
    /// The caller's number, unique for ever.
    pub reservation: ReservationId,
    /// Each SKU once.
    pub lines: Vec<Ask>,
    /// Hold or order.
    pub term: Term,
    /// Who it is for.
    pub customer: Option<Customer>,
    /// `None` = the programme's default.
    pub ship_policy: Option<ShipPolicy>,
    /// The last day that the parcel waits for every line.
    pub together_until: Option<Date>,
}

impl Order {
    /// What a note says of its other items.
    #[must_use]
    pub fn parcel(&self, program: &Program) -> Option<ShipPolicy> {
        self.ship_policy.unwrap_or(program.default_ship_policy).noted(self.together_until)
    }
}

/// How long a new reservation lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// A hold of the programme's default length.
    DefaultHold,
    /// A hold of so many seconds.
    HoldSeconds(i64),
    /// No hold: an order at once.
    Order,
}

/// What to do when not every line can be had in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing changes unless every line fits.
    AllOrNothing,
    /// Each line takes what there is.
    Partial,
}

/// An arrival.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The warehouse's number.
    pub id: ReceiptId,
    /// `None` = the programme's default location.
    pub location: Option<Location>,
    /// Each SKU once.
    pub lines: Vec<ReceiptLine>,
    /// Only says what would happen.
    pub dry_run: bool,
}

/// What arrived of one SKU.
#[derive(Clone, Debug)]
pub struct ReceiptLine {
    /// The SKU.
    pub sku: Sku,
    /// Sellable units.
    pub good: Units,
    /// Units that are not.
    pub damaged: Units,
    /// The announced supply that it answers.
    pub inbound: Option<InboundId>,
    /// The rest of that supply will not come.
    pub closes_inbound: bool,
}

/// One correction.
#[derive(Clone, Debug)]
pub struct Adjustment {
    /// The SKU.
    pub sku: Sku,
    /// By how much, or to what.
    pub change: Change,
    /// Why, in the ledger's words.
    pub reason: &'static str,
}

/// A correction's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Units more, or (negative) fewer.
    Delta(Units),
    /// What was counted, allocated units included.
    Count(Units),
}

/// An item's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemSettings {
    /// The SKU.
    pub sku: Sku,
    /// The product page that it belongs to.
    pub listing: Sku,
    /// For people.
    pub title: String,
    /// Units never sold.
    pub safety_stock: Units,
    /// When no more than this is available, that is said once.
    pub low_stock: Units,
}

impl Command {
    /// The SKUs that the command itself names; those of its reservation come from the store.
    #[must_use]
    pub fn skus(&self) -> Vec<&Sku> {
        match self {
            Self::Reserve { order, .. } | Self::Backorder { order, .. } => {
                order.lines.iter().map(|line| &line.sku).collect()
            }
            Self::Receive(receipt) => receipt.lines.iter().map(|line| &line.sku).collect(),
            Self::Adjust { adjustments, .. } => adjustments.iter().map(|a| &a.sku).collect(),
            Self::PutItems(items) => items.iter().map(|item| &item.sku).collect(),
            Self::OpenBackorders { terms, .. } | Self::UpdatePlan { terms, .. } => {
                vec![&terms.sku]
            }
            Self::CloseBackorders { sku }
            | Self::AnnounceInbound { sku, .. }
            | Self::UpdateInbound { sku, .. }
            | Self::Tend { sku } => vec![sku],
            _ => Vec::new(),
        }
    }

    /// The reservation that the command works on, made before.
    #[must_use]
    pub fn addressed(&self) -> Option<&ReservationId> {
        match self {
            Self::Extend { reservation, .. }
            | Self::Confirm { reservation, .. }
            | Self::Release { reservation, .. }
            | Self::AnswerDelay { reservation, .. }
            | Self::TendOrder { reservation }
            | Self::Ship { reservation, .. } => Some(reservation),
            _ => None,
        }
    }

    /// The reservation that the command makes.
    #[must_use]
    pub fn made(&self) -> Option<&ReservationId> {
        match self {
            Self::Reserve { order, .. } | Self::Backorder { order, .. } => Some(&order.reservation),
            _ => None,
        }
    }

    /// Whether the command needs a batch of its own, because what it must be shown depends on what
    /// its mates do: losses look for the newest allocations, settings change what the others read.
    #[must_use]
    pub fn is_solitary(&self) -> bool {
        match self {
            Self::Adjust { .. }
            | Self::PutProgram(_)
            | Self::PutLocations(_)
            | Self::PutItems(_)
            | Self::OpenBackorders { .. }
            | Self::UpdatePlan { .. }
            | Self::CloseBackorders { .. } => true,
            Self::Receive(receipt) => receipt.dry_run,
            _ => false,
        }
    }

    /// Whether the command may free or bring units, so that the head of the queue must be at hand.
    #[must_use]
    pub fn may_supply(&self) -> bool {
        !matches!(
            self,
            Self::Reserve { .. }
                | Self::Backorder { .. }
                | Self::Extend { .. }
                | Self::PutProgram(_)
                | Self::PutLocations(_)
                | Self::OpenBackorders { .. }
                | Self::UpdatePlan { .. }
                | Self::CloseBackorders { .. }
                | Self::AnnounceInbound { .. }
                | Self::UpdateInbound { .. }
                | Self::TendOrder { .. }
        )
    }

    /// Whether it may make more listings take backorders, or allow fewer: that is decided under the
    /// programme's lock.
    #[must_use]
    pub fn minds_listings(&self) -> bool {
        matches!(
            self,
            Self::PutProgram(_)
                | Self::PutItems(_)
                | Self::OpenBackorders { .. }
                | Self::UpdatePlan { .. }
        )
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        match self {
            Self::Receive(receipt) => receipt.dry_run,
            Self::OpenBackorders { dry_run, .. } | Self::UpdatePlan { dry_run, .. } => *dry_run,
            _ => false,
        }
    }
}
