//! New dates for a queue: line by line from its front, so many at once, while sales go on.

use chrono::TimeDelta;

use super::book::{Book, Entry};
use super::event::{DelayClass, Moved, delay_class};
use super::promise::Supply;
use super::reservation::{Promised, Question, State};
use super::{Event, Kind, ReservationId, ShipBy, Sku, Units};

/// How far a queue was given new dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redate {
    /// Whether the front of the queue, the bumped lines, is still being dated.
    pub at_bumped: bool,
    /// The place of the last line that was dated.
    pub age: i64,
    /// Units of the bumped, or of the accepted, lines up to and including that one.
    pub units_before: Units,
    /// Whether to begin again once through, because supply or plan moved meanwhile.
    pub again: bool,
    /// The lines that follow, where a command of the batch is to date them.
    pub page: Option<Page>,
}

/// Some lines of a queue, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Whose.
    pub lines: Vec<ReservationId>,
    /// Whether no more of this kind, bumped or accepted, come behind them.
    pub is_last: bool,
}

impl Redate {
    /// From the front.
    #[must_use]
    pub fn from_the_front() -> Self {
        Self { at_bumped: true, age: 0, units_before: 0, again: false, page: None }
    }

    /// Units left a line in front of, or at, the last one that was dated.
    pub(super) fn note_left(&mut self, age: i64, backordered: Units, bumped: Units) {
        let left = if self.at_bumped { bumped } else { backordered };
        if age <= self.age {
            self.units_before -= left;
        }
    }
}

/// Gives the lines of the page at hand their dates, and remembers how far it came.
pub(super) fn redate(book: &mut Book, sku: &Sku) {
    let Some(item) = book.items.get_mut(sku) else { return };
    let Some(redate) = item.redate.as_mut() else { return };
    let Some(page) = redate.page.take() else { return };
    let supply = Supply::of(item);
    let in_front = item.bumped;
    book.changes.redates.insert(sku.clone());
    for id in &page.lines {
        date_line(book, sku, id, &supply, in_front);
    }
    let Some(item) = book.items.get_mut(sku) else { return };
    let next = match (item.redate.take(), page.is_last) {
        (Some(redate), false) => Some(redate),
        (Some(redate), true) if redate.at_bumped => {
            Some(Redate { at_bumped: false, age: 0, units_before: 0, ..redate })
        }
        (Some(redate), true) if redate.again => Some(Redate::from_the_front()),
        _ => None,
    };
    item.redating = next.is_some();
    item.redate = next;
    book.changes.items.insert(sku.clone());
}

fn date_line(book: &mut Book, sku: &Sku, id: &ReservationId, supply: &Supply, bumped: Units) {
    let Some(line) = book.line(id, sku) else { return };
    let (age, waits, accepted) = (line.age, line.bumped, line.backordered);
    let Some(redate) = book.items.get_mut(sku).and_then(|item| item.redate.as_mut()) else {
        return;
    };
    redate.age = age;
    redate.units_before += if redate.at_bumped { waits } else { accepted };
    let (units, through) = match redate.at_bumped {
        // A line that stands in both parts of the queue is dated by its last unit.
        true => (if accepted == 0 { waits } else { 0 }, redate.units_before),
        false => (accepted, bumped + redate.units_before),
    };
    if let (true, Some(ship_by)) = (units > 0, supply.ship_by(through)) {
        move_promise(book, sku, id, ship_by);
    }
}

/// Moves the date of a line, if it is another, and says so.
fn move_promise(book: &mut Book, sku: &Sku, id: &ReservationId, ship_by: ShipBy) {
    let today = book.now.date_naive();
    let plan = book.items.get(sku).and_then(|item| item.plan.clone());
    let Some(reservation) = book.reservations.get(id) else { return };
    let Some(line) = reservation.line(sku) else { return };
    let old = line.promise.unwrap_or_else(|| Promised::at_once(today, plan.as_ref()));
    if old.ship_by == ship_by {
        return;
    }
    let is_later = ship_by > old.ship_by;
    let class = delay_class(old.original_ship_by, ship_by.date(), line.delays);
    // A date that is as good as the first leaves nothing to ask.
    let moot = ship_by <= ShipBy::On(old.original_ship_by);
    let is_order = reservation.state(book.now) == State::Confirmed;
    let asks = plan.as_ref().and_then(|plan| plan.delay_answers);
    let asks = asks.filter(|_| is_later && !moot && is_order);
    let question = asks.map(|asks| Question {
        answer_by: book.now + TimeDelta::seconds(asks.answer_within_seconds),
        silence_keeps: asks.on_silence.keeps(class),
    });
    let question = question.or(line.question.filter(|_| !moot));
    let quantity = line.queued();
    let event = moved_event(old, ship_by, class, is_later, quantity, question);
    book.change_line(id, sku, |line| {
        let plan_version = plan.map_or(old.plan_version, |plan| plan.version);
        line.promise = Some(Promised { ship_by, plan_version, ..old });
        line.delays += i32::from(is_later && !moot);
        line.question = question;
    });
    book.record(sku, Entry { reservation: Some(id), ..Entry::of(Kind::Promise, event) });
}

fn moved_event(
    old: Promised,
    ship_by: ShipBy,
    class: DelayClass,
    is_later: bool,
    quantity: Units,
    question: Option<Question>,
) -> Event {
    let moved = Moved {
        old_ship_by: old.ship_by.date(),
        new_ship_by: ship_by.date(),
        original_ship_by: old.original_ship_by,
        delay_class: is_later.then_some(class),
        quantity,
        answer_by: question.map(|question| question.answer_by),
        silence_keeps: question.map(|question| question.silence_keeps),
    };
    if is_later { Event::Delayed(moved) } else { Event::Improved(moved) }
}
