//! All refusals. A judge borrows the book immutably and says what a command would do, or why not;
//! so the compiler proves that a check changes nothing.
//!
//! Each judge is a ladder of refusals in order of precedence: what is unknown, what exists already,
//! what is short, what has ended. After its last rung nothing can fail.

mod catalogue;
pub(super) mod gate;
mod inbound;
mod settle;
mod supply;
mod take;

use super::book::Book;
use super::command::{Command, ItemSettings};
use super::pick::Picks;
use super::program::Place;
use super::refusal::Shortage;
use super::reservation::Promised;
use super::{
    Inbound, Location, Plan, Program, Refusal, Reservation, ReservationId, Sku, Time, Units,
};

/// What a command would do, with everything that it needs decided.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Nothing moves; the answer is read from the book.
    Nothing,
    /// A new reservation (without its lines) takes units; with what it could not have.
    Take { reservation: Reservation, takes: Vec<Take>, shortages: Vec<Shortage> },
    /// A hold runs until then.
    Extend { reservation: ReservationId, until: Time },
    /// A hold becomes an order.
    Confirm { reservation: ReservationId },
    /// A hold that ran out takes the same units again and becomes an order.
    Retake { reservation: ReservationId, takes: Vec<Take> },
    /// Units are given back.
    Release { reservation: ReservationId, units: Vec<(Sku, Units)>, reason: String },
    /// Goods arrive.
    Receive { receipt: super::ReceiptId, location: Location, arrivals: Vec<Arrival> },
    /// Allocated units leave.
    Ship { reservation: ReservationId, units: Vec<(Sku, Units)>, tracking: String },
    /// Stock at a location changes by so much, for that reason.
    Adjust { location: Location, deltas: Vec<(Sku, Units, &'static str)> },
    /// The programme gets these settings.
    PutProgram(Program),
    /// The programme gets these locations.
    PutLocations(Vec<Place>),
    /// Items get these settings.
    PutItems(Vec<ItemSettings>),
    /// An item gets this plan.
    Open { sku: Sku, plan: Plan },
    /// Intake stops.
    Close { sku: Sku },
    /// An item's plan becomes this.
    UpdatePlan { sku: Sku, plan: Plan },
    /// Supply is on its way.
    Announce { sku: Sku, inbound: Inbound },
    /// Announced supply becomes this.
    UpdateInbound { sku: Sku, inbound: Inbound },
    /// A customer keeps a line that was delayed, or does not.
    AnswerDelay { reservation: ReservationId, sku: Sku, keeps: bool },
    /// What the background does for an item.
    Tend { sku: Sku },
    /// An order is said to be ready, if it is.
    TendOrder { reservation: ReservationId },
}

/// Units that one line takes.
#[derive(Clone, Debug)]
pub struct Take {
    /// The SKU.
    pub sku: Sku,
    /// Units on hand, by location.
    pub picks: Picks,
    /// Units for the queue.
    pub queued: Units,
    /// What is promised for the queued ones.
    pub promise: Option<Promised>,
}

/// Units of one SKU that arrive, and what they owe.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The SKU.
    pub sku: Sku,
    /// Sellable units.
    pub good: Units,
    /// Units that are not.
    pub damaged: Units,
    /// Units that this arrival owes to the queue.
    pub owed: Units,
    /// Units in the queue once all that is owed is filled.
    pub queue_left: Units,
    /// The announced supply that it answers, as it is afterwards.
    pub inbound: Option<Inbound>,
}

/// Why a command does not go through now.
#[derive(Clone, Debug)]
pub enum Stop {
    /// It is refused.
    Refused(Refusal),
    /// It falls short of an item that has more expired holds than the batch was given: sweep those
    /// first.
    MoreDue(Sku),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Says what a command would do.
///
/// # Errors
///
/// The first refusal that applies, or that expired holds must be swept first.
pub fn judge(book: &Book, command: &Command, program: &super::ProgramId) -> Result<Effect, Stop> {
    let unknown = || Refusal::UnknownProgram { program: program.clone() };
    let settings = match (command, &book.program) {
        (Command::PutProgram(settings), _) | (_, Some(settings)) => settings,
        (_, None) => return Err(unknown().into()),
    };
    match command {
        Command::PutProgram(_) => catalogue::put_program(book, settings),
        Command::Reserve { order, mode, purpose } => {
            take::reserve(book, settings, order, *mode, *purpose)
        }
        Command::Backorder { order, accepted } => take::backorder(book, settings, order, accepted),
        Command::Extend { reservation, hold_seconds } => {
            let seconds = hold_seconds.unwrap_or(settings.default_hold_seconds);
            settle::extend(book, reservation, seconds)
        }
        Command::Confirm { reservation, accepted } => settle::confirm(book, reservation, accepted),
        Command::Release { reservation, lines, reason } => {
            settle::release(book, reservation, lines, reason)
        }
        Command::Ship { reservation, lines, tracking } => {
            settle::ship(book, reservation, lines, tracking)
        }
        Command::Receive(receipt) => supply::receive(book, settings, receipt),
        Command::Adjust { location, adjustments } => {
            supply::adjust(book, settings, location.as_ref(), adjustments)
        }
        Command::PutLocations(places) => Ok(Effect::PutLocations(places.clone())),
        Command::PutItems(items) => catalogue::put_items(book, settings, items),
        Command::OpenBackorders { terms, .. } => catalogue::open(book, settings, terms),
        Command::UpdatePlan { terms, .. } => catalogue::update_plan(book, settings, terms),
        Command::CloseBackorders { sku } => catalogue::close(book, sku),
        Command::AnnounceInbound { sku, notice } => inbound::announce(book, sku, notice),
        Command::UpdateInbound { sku, notice } => inbound::update(book, sku, notice),
        Command::AnswerDelay { reservation, sku, keeps } => {
            settle::answer_delay(book, reservation, sku, *keeps)
        }
        Command::Tend { sku } => {
            known_item(book, sku)?;
            Ok(Effect::Tend { sku: sku.clone() })
        }
        Command::TendOrder { reservation } => {
            known_reservation(book, reservation)?;
            Ok(Effect::TendOrder { reservation: reservation.clone() })
        }
    }
}

fn known_item<'b>(book: &'b Book, sku: &Sku) -> Result<&'b super::Item, Refusal> {
    book.items.get(sku).ok_or_else(|| Refusal::UnknownItem { sku: sku.clone() })
}

fn known_reservation<'b>(book: &'b Book, id: &ReservationId) -> Result<&'b Reservation, Refusal> {
    let unknown = || Refusal::UnknownReservation { reservation: id.clone() };
    book.reservations.get(id).ok_or_else(unknown)
}

fn known_location(book: &Book, location: &Location) -> Result<(), Refusal> {
    let known = book.places.iter().any(|place| place.location == *location);
    known.then_some(()).ok_or_else(|| Refusal::UnknownLocation { location: location.clone() })
}
