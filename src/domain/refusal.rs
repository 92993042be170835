//! Why a command was refused, with the numbers. A refusal is data, never an error path.

use super::plan::Fault;
use super::reservation::Promised;
use super::{Date, InboundId, Location, ProgramId, ReceiptId, ReservationId, Sku, Units};

/// The public name of a refusal. Kept in step with `Reason` of the contract by a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is documented in reason.proto")]
pub enum Reason {
    Malformed,
    PlanIncomplete,
    NoteUnclear,
    UnknownProgram,
    UnknownItem,
    UnknownLocation,
    UnknownReservation,
    UnknownInbound,
    UnknownPlan,
    UnknownWebhook,
    ReservationExists,
    ReceiptExists,
    RequestIdReused,
    InboundExists,
    StockInsufficient,
    BackordersClosed,
    WindowClosed,
    CapExceeded,
    CustomerLimitExceeded,
    PromiseChanged,
    ListingQuotaExceeded,
    CapBelowBacklog,
    ReservationExpired,
    ReservationEnded,
    QuantityExceedsLine,
    ReservationNotConfirmed,
    AdjustmentExceedsStock,
    QuantityOverflow,
    ExpectedBelowArrived,
    NoDelayToAnswer,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// No such programme.
    UnknownProgram { program: ProgramId },
    /// No such SKU.
    UnknownItem { sku: Sku },
    /// No such location.
    UnknownLocation { location: Location },
    /// No such reservation.
    UnknownReservation { reservation: ReservationId },
    /// No such announced supply.
    UnknownInbound { sku: Sku, inbound: InboundId },
    /// The item has such an inbound already.
    InboundExists { sku: Sku, inbound: InboundId },
    /// The supply would leave before today.
    InboundInPast { today: Date },
    /// More has arrived than the supply is to be.
    ExpectedBelowArrived { sku: Sku, inbound: InboundId, expected: Units, arrived: Units },
    /// The item has no plan.
    UnknownPlan { sku: Sku },
    /// The number was used.
    ReservationExists { reservation: ReservationId },
    /// The number was used.
    ReceiptExists { receipt: ReceiptId },
    /// The request id came before with other content.
    RequestIdReused,
    /// Lines fell short: the first reason by precedence, and every short line.
    Short { reason: Reason, shortages: Vec<Shortage> },
    /// The plan of the SKU limits units for each customer, and the call names none.
    CustomerRequired { sku: Sku },
    /// The plan lacks something, or only its note is unclear.
    PlanIncomplete { faults: Vec<Fault> },
    /// No such webhook.
    UnknownWebhook { webhook: String },
    /// The reservation has no line of the SKU that its customer was shown a date for.
    NoSuchLine { reservation: ReservationId, sku: Sku },
    /// Nobody asked about a delay of the line, or the time to answer is over.
    NoDelayToAnswer { reservation: ReservationId, sku: Sku },
    /// As many listings take backorders as the programme allows at once.
    ListingQuotaExceeded { open: i64, most: i64 },
    /// The cap is lower than the backlog.
    CapBelowBacklog { sku: Sku, cap: Units, backordered: Units },
    /// The hold ran out.
    ReservationExpired { reservation: ReservationId },
    /// Nothing of it is open any more.
    ReservationEnded { reservation: ReservationId },
    /// More units than the line still has; `asked` 0 = there is nothing to ship at all.
    QuantityExceedsLine { sku: Sku, asked: Units, open: Units },
    /// Still a hold.
    ReservationNotConfirmed { reservation: ReservationId },
    /// More units than stand there.
    AdjustmentExceedsStock { sku: Sku, location: Location, delta: Units, on_hand: Units },
    /// A counter would pass what can be counted.
    QuantityOverflow { sku: Sku },
}

/// One line that could not be had in full, and the terms on which the rest could be.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortage {
    /// The SKU.
    pub sku: Sku,
    /// Units asked for.
    pub requested: Units,
    /// Units that could be reserved.
    pub available: Units,
    /// Units that could be backordered.
    pub headroom: Units,
    /// On these terms, with this note.
    pub promise: Option<(Promised, String)>,
    /// Why not.
    pub reason: Option<Reason>,
    /// The item's version.
    pub version: i64,
}

impl Refusal {
    /// Its public name.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::UnknownProgram { .. } => Reason::UnknownProgram,
            Self::UnknownItem { .. } => Reason::UnknownItem,
            Self::UnknownLocation { .. } => Reason::UnknownLocation,
            Self::UnknownReservation { .. } => Reason::UnknownReservation,
            Self::UnknownInbound { .. } => Reason::UnknownInbound,
            Self::UnknownPlan { .. } => Reason::UnknownPlan,
            Self::ReservationExists { .. } => Reason::ReservationExists,
            Self::ReceiptExists { .. } => Reason::ReceiptExists,
            Self::RequestIdReused => Reason::RequestIdReused,
            Self::Short { reason, .. } => *reason,
            Self::CustomerRequired { .. }
            | Self::InboundInPast { .. }
            | Self::NoSuchLine { .. } => Reason::Malformed,
            Self::PlanIncomplete { faults } => match faults.iter().all(|fault| fault.is_note) {
                true => Reason::NoteUnclear,
                false => Reason::PlanIncomplete,
            },
            Self::UnknownWebhook { .. } => Reason::UnknownWebhook,
            Self::InboundExists { .. } => Reason::InboundExists,
            Self::ExpectedBelowArrived { .. } => Reason::ExpectedBelowArrived,
            Self::NoDelayToAnswer { .. } => Reason::NoDelayToAnswer,
            Self::ListingQuotaExceeded { .. } => Reason::ListingQuotaExceeded,
            Self::CapBelowBacklog { .. } => Reason::CapBelowBacklog,
            Self::ReservationExpired { .. } => Reason::ReservationExpired,
            Self::ReservationEnded { .. } => Reason::ReservationEnded,
            Self::QuantityExceedsLine { .. } => Reason::QuantityExceedsLine,
            Self::ReservationNotConfirmed { .. } => Reason::ReservationNotConfirmed,
            Self::AdjustmentExceedsStock { .. } => Reason::AdjustmentExceedsStock,
            Self::QuantityOverflow { .. } => Reason::QuantityOverflow,
        }
    }

    /// Whether the refusal is stored and given again. Malformed input and a reused id are not; nor
    /// is anything of a programme that there is not, which would let anybody fill the store.
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        let reason = self.reason();
        !matches!(reason, Reason::Malformed | Reason::RequestIdReused | Reason::UnknownProgram)
    }
}
