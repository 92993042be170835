//! What the caller is told, read from the book right after a command was applied.

mod views;

use std::collections::BTreeMap;

use super::book::Book;
use super::command::{Command, ItemSettings};
use super::judge::Effect;
use super::judge::gate::next_date;
use super::plan::{self, PlanState};
use super::program::{Place, ShipPolicy};
use super::refusal::Shortage;
use super::{Inbound, InboundId, Kind, Program, ProgramId, ReceiptId, ReservationId, Sku, Units};

pub use views::{Arrived, ItemView, LineView, PlanView, ReservationView};

/// Most filled lines that the answer to a Receive names, for each SKU.
pub const FILLED_LINES_MAX: usize = 100;

/// The answer to a command that went through.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Reserve, with what it could not have, Backorder, Extend, Confirm, Ship.
    Reservation { view: ReservationView, program: ProgramId, shortages: Vec<Shortage> },
    /// Release.
    Released {
        /// The reservation, and its programme.
        view: ReservationView,
        program: ProgramId,
        /// Units given back, by SKU.
        released: Vec<(Sku, Units)>,
        /// Nothing was open any more.
        already: bool,
        /// Units that went on to the next in the queue.
        filled: Units,
    },
    /// Receive.
    Received { receipt: ReceiptId, results: Vec<Arrived> },
    /// Adjust and PutItems.
    Items(Vec<ItemView>),
    /// PutProgram.
    Program(Program),
    /// PutLocations.
    Places(Vec<Place>),
    /// OpenBackorders, UpdatePlan (both with remarks on the plan) and CloseBackorders.
    Plan { view: PlanView, warnings: Vec<String> },
    /// AnnounceInbound and UpdateInbound.
    Inbound { sku: Sku, inbound: Inbound },
    /// The workers' commands.
    Tended {
        /// Whether there is more to sweep or to fill.
        more: bool,
    },
}

/// Reads the answer to a command from the book; `mark` is where its movements start.
#[must_use]
pub fn answer(book: &Book, command: &Command, effect: &Effect, mark: usize) -> Answer {
    match command {
        Command::Reserve { order, .. } | Command::Backorder { order, .. } => {
            let mut view = view(book, &order.reservation);
            show_queue_ahead(book, &mut view);
            Answer::Reservation { view, program: program(book), shortages: shortages(effect) }
        }
        Command::Extend { reservation, .. }
        | Command::Confirm { reservation, .. }
        | Command::AnswerDelay { reservation, .. }
        | Command::Ship { reservation, .. } => {
            let view = view(book, reservation);
            Answer::Reservation { view, program: program(book), shortages: Vec::new() }
        }
        Command::Release { reservation, .. } => released(book, reservation, effect, mark),
        Command::Receive(receipt) => {
            Answer::Received { receipt: receipt.id.clone(), results: arrived(book, effect, mark) }
        }
        Command::Adjust { adjustments, .. } => {
            Answer::Items(adjustments.iter().filter_map(|a| item_view(book, &a.sku)).collect())
        }
        Command::PutItems(items) => {
            let views = items.iter().filter_map(|ItemSettings { sku, .. }| item_view(book, sku));
            Answer::Items(views.collect())
        }
        Command::PutProgram(program) => Answer::Program(program.clone()),
        Command::PutLocations(_) => Answer::Places(book.places.clone()),
        Command::OpenBackorders { terms, .. } | Command::UpdatePlan { terms, .. } => {
            plan_answer(book, &terms.sku, true)
        }
        Command::CloseBackorders { sku } => plan_answer(book, sku, false),
        Command::AnnounceInbound { sku, notice } | Command::UpdateInbound { sku, notice } => {
            inbound_answer(book, sku, &notice.id)
        }
        Command::Tend { sku } => {
            let item = book.items.get(sku);
            let is_left = item.is_some_and(|i| i.due_left || i.owed().units() > 0);
            // Where nothing moved, asking again at once would move nothing either.
            let goes_on = item.is_some_and(|i| i.redating) && book.changes.redates.contains(sku);
            Answer::Tended { more: goes_on || (is_left && !book.changes.movements.is_empty()) }
        }
        Command::TendOrder { .. } => Answer::Tended { more: false },
    }
}

/// The programme of a command that went through.
fn program(book: &Book) -> ProgramId {
    match &book.program {
        Some(program) => program.id.clone(),
        None => unreachable!("only PutProgram goes through without a programme"),
    }
}

fn shortages(effect: &Effect) -> Vec<Shortage> {
    match effect {
        Effect::Take { shortages, .. } => shortages.clone(),
        _ => Vec::new(),
    }
}

fn view(book: &Book, id: &ReservationId) -> ReservationView {
    let versions = |sku: &Sku| book.items.get(sku).map_or(0, |item| item.version);
    match book.reservations.get(id) {
        Some(reservation) => {
            ReservationView::new(reservation.clone(), book.now, versions, |sku, version| {
                book.note(sku, version)
            })
        }
        None => unreachable!("a command that went through leaves its reservation in the book"),
    }
}

/// A line that was queued just now stands last: in front of it is all else that is queued.
fn show_queue_ahead(book: &Book, view: &mut ReservationView) {
    for (line, shown) in view.reservation.lines.iter().zip(&mut view.lines) {
        if let (true, Some(item)) = (line.queued() > 0, book.items.get(&line.sku)) {
            shown.queue_ahead = Some(item.queued() - line.queued());
        }
    }
}

fn released(book: &Book, id: &ReservationId, effect: &Effect, mark: usize) -> Answer {
    let released = match effect {
        Effect::Release { units, .. } => units.clone(),
        _ => Vec::new(),
    };
    let fills = book.changes.movements[mark..].iter().filter(|m| m.kind == Kind::Fill);
    let filled = fills.map(|m| m.delta.allocated).sum();
    let (view, already) = (view(book, id), released.is_empty());
    Answer::Released { view, program: program(book), released, already, filled }
}

fn arrived(book: &Book, effect: &Effect, mark: usize) -> Vec<Arrived> {
    let Effect::Receive { arrivals, .. } = effect else { return Vec::new() };
    let mut filled: BTreeMap<&Sku, Vec<(ReservationId, Units, bool)>> = BTreeMap::new();
    for movement in book.changes.movements[mark..].iter().filter(|m| m.kind == Kind::Fill) {
        let Some(id) = &movement.reservation else { continue };
        let lines = filled.entry(&movement.sku).or_default();
        match lines.last_mut().filter(|(last, ..)| last == id) {
            Some((_, units, _)) => *units += movement.delta.allocated,
            None => {
                let ready = book.reservations.get(id).is_some_and(|r| r.is_ready(book.now));
                lines.push((id.clone(), movement.delta.allocated, ready));
            }
        }
    }
    let result = |arrival: &super::judge::Arrival| {
        let item = book.items.get(&arrival.sku)?;
        let mut lines = filled.remove(&arrival.sku).unwrap_or_default();
        lines.truncate(FILLED_LINES_MAX);
        Some(Arrived {
            sku: arrival.sku.clone(),
            good: arrival.good,
            damaged: arrival.damaged,
            filled: arrival.owed,
            queue_left: arrival.queue_left,
            available: item.available(),
            version: item.version,
            lines,
        })
    };
    arrivals.iter().filter_map(result).collect()
}

fn item_view(book: &Book, sku: &Sku) -> Option<ItemView> {
    let parcel = book.program.as_ref().map(|program| program.default_ship_policy);
    book.items.get(sku).map(|item| ItemView::new(item, book.now, parcel))
}

fn inbound_answer(book: &Book, sku: &Sku, id: &InboundId) -> Answer {
    let known = book.items.get(sku).map_or(&[][..], |item| &item.inbounds);
    match known.iter().find(|inbound| inbound.id == *id) {
        Some(inbound) => Answer::Inbound { sku: sku.clone(), inbound: inbound.clone() },
        None => unreachable!("a command that went through leaves its supply in the book"),
    }
}

fn plan_answer(book: &Book, sku: &Sku, is_checked: bool) -> Answer {
    match book.items.get(sku).and_then(|item| PlanView::new(item, book.now)) {
        Some(view) => {
            let together = book.program.as_ref().map(|program| program.default_ship_policy);
            let mut warnings = match (is_checked, together) {
                (true, Some(policy)) => plan::warnings(&view.plan, policy == ShipPolicy::Together),
                _ => Vec::new(),
            };
            warnings.extend(later_date(book, &view).filter(|_| is_checked));
            Answer::Plan { view, warnings }
        }
        None => unreachable!("a command that went through leaves its plan in the book"),
    }
}

/// That new backorders get a later date than the plan's, from supply that ships behind it.
fn later_date(book: &Book, view: &PlanView) -> Option<String> {
    let ship_by = next_date(book.items.get(&view.sku)?, 1).date()?;
    let is_later = view.state != PlanState::Closed && ship_by > view.plan.ship_by;
    is_later.then(|| {
        format!(
            "New backorders are promised {ship_by}, later than ship_by, since announced supply \
             ships then. Where the note does not name that day too, customers read another note \
             that does."
        )
    })
}
