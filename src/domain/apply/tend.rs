//! What the background does: passed dates are noticed, silence is taken for an answer, queues are
//! filled on and given new dates.

use super::inbound;
use super::lines::give_back;
use crate::domain::book::{Book, Entry};
use crate::domain::consequence::plan_facts;
use crate::domain::event::Answered;
use crate::domain::inbound::Inbound;
use crate::domain::{Event, FILL_LINES_MAX, Kind, ReservationId, Sku, Time, fill, redate::redate};

/// What is due was swept when the batch began. As long as more of it is left, that comes first:
/// everything else that is said of the item would count it.
pub(super) fn tend(book: &mut Book, sku: &Sku) {
    if book.items.get(sku).is_some_and(|item| item.due_left) {
        return;
    }
    notice_passed_dates(book, sku);
    let silent = std::mem::take(&mut book.silent);
    for (of, id) in &silent {
        take_silence(book, of, id);
    }
    fill::fill(book, sku, FILL_LINES_MAX);
    // A line that is about to be filled needs no new date: a queue is dated once it was filled.
    if book.items.get(sku).is_some_and(|item| item.owed().units() == 0) {
        book.changes.long_fills.insert(sku.clone(), false);
        redate(book, sku);
    }
}

/// Supply that did not come in time no longer dates anything; a plan whose date passed neither. The
/// end of a plan's window is said once.
fn notice_passed_dates(book: &mut Book, sku: &Sku) {
    let today = book.now.date_naive();
    let Some(item) = book.items.get(sku) else { return };
    let late = |inbound: &&Inbound| inbound.gives_dates() && inbound.ships_on < today;
    let late: Vec<Inbound> = item.inbounds.iter().filter(late).cloned().collect();
    for inbound in late {
        inbound::update(book, sku, &Inbound { overdue: true, ..inbound });
    }
    let Some(plan) = book.items.get(sku).and_then(|item| item.plan.clone()) else { return };
    let (is_over, is_late) = (has_ended(&plan, book.now), plan.ship_by < today);
    if (is_over && !plan.told_closed) || (is_late && !plan.overdue) {
        book.touch(sku);
        let Some(item) = book.items.get_mut(sku) else { return };
        let Some(known) = item.plan.as_mut() else { return };
        known.told_closed |= is_over;
        known.overdue |= is_late;
        let facts = plan_facts(item, &plan);
        let event = if plan.told_closed { Event::PlanUpdated } else { Event::PlanClosed };
        book.changes.plans.insert(sku.clone());
        book.record(sku, Entry::of(Kind::Plan, event(facts)));
    }
}

fn has_ended(plan: &crate::domain::Plan, now: Time) -> bool {
    now >= plan.closes_at || plan.closed_at.is_some()
}

/// Nobody answered in time: the line is kept, or gives back what has not come, as was said.
fn take_silence(book: &mut Book, sku: &Sku, id: &ReservationId) {
    let now = book.now;
    let question = book.line(id, sku).and_then(|line| line.question);
    if let Some(question) = question.filter(|question| question.answer_by <= now) {
        answer_delay(book, sku, id, Answered { keeps: question.silence_keeps, by_silence: true });
    }
}

/// A question about a delay is answered.
pub(super) fn answer_delay(book: &mut Book, sku: &Sku, id: &ReservationId, answer: Answered) {
    let queued = book.line(id, sku).map_or(0, |line| line.queued());
    let event = Event::Answered(answer.clone());
    book.record(sku, Entry { reservation: Some(id), ..Entry::of(Kind::Promise, event) });
    book.change_line(id, sku, |line| line.question = None);
    if !answer.keeps && queued > 0 {
        let reason =
            if answer.by_silence { "no answer to a delay" } else { "cancelled for a delay" };
        give_back(book, id, sku, queued, Kind::Release, reason);
        book.changes.settled.insert(id.clone());
    }
}
