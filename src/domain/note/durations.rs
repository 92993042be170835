//! Spans of time that are counted from the day on which ordering closes: the customer who orders
//! last reads the note on that day.

use chrono::{Datelike, Days, Months};

use super::super::Date;
use super::calendar::Span;
use super::periods::phrase;
use super::words::{Text, listed};

/// Largest count that is a lead time and not a typing error.
const COUNT_MAX: u32 = 999;
/// How far behind a count its "after it was shipped" may stand, in words.
const BEHIND: usize = 6;

/// What stands in front of a single count that is a time to wait.
const WAITING: &str = "in within allow take takes taking require requires needs";
/// What may stand between these and the count.
const ROUGHLY: &str = "\
    a about another approx approximately around circa further just next only roughly some the us \
    please";
/// What makes a count a time that is over, or that repeats, or that is no time to wait.
const NO_WAIT: &str = "every each for last past lasts over than least minimum after previous";
/// What a sentence is about that is not about shipping.
const OTHER_MATTERS: &str = "\
    return returns returned refund refunds refunded exchange exchanges exchanged warranty \
    guarantee cancel cancelled cancellation reply respond trial";
/// What happens only when the item has shipped: a count from there says nothing of the day.
const SHIPPED: &str = "\
    ship ships shipped shipping shipment dispatch dispatched despatch delivery delivered \
    production";

/// What tells that a count begins when the customer orders, or when ordering ends.
const CLOSE: &str = "close closes closing ends order ordering orders purchase";

#[derive(Clone, Copy)]
enum Unit {
    Days,
    WorkingDays,
    Weeks(u32),
    Months,
}

/// What a count says: the days, or nothing where it is counted from something else; from which
/// word it stands, and the place behind it.
pub(super) struct Wait {
    pub span: Option<Span>,
    pub from: usize,
    pub next: usize,
}

/// The count that begins here.
pub(super) fn wait(text: &Text, at: usize, closes_on: Date) -> Option<Wait> {
    let (first, next) = text.count(at)?;
    let second = range_end(text, next, at);
    let (last, next) = second.unwrap_or((first, next));
    let (unit, next) = unit(text, next)?;
    let is_range = second.is_some();
    let lead = lead(text, at);
    let waits = is_range || lead.is_some() || counted_from_close(text, next);
    let fits = waits && (1..=COUNT_MAX).contains(&first) && (first..=COUNT_MAX).contains(&last);
    let from = lead.as_ref().map_or(at, |lead| lead.from);
    if !fits || lead_says_no(text, at) || other_matter(text, at, next) {
        return Some(Wait { span: None, from, next });
    }
    if let Some(next) = counted_from_elsewhere(text, next) {
        return Some(Wait { span: None, from, next });
    }
    let begin = match lead {
        Some(Lead { at_most: true, .. }) if !is_range => Some(closes_on),
        _ if is_range => unit.after(closes_on, first),
        _ => unit.after(closes_on, first - 1).and_then(|date| date.succ_opt()),
    };
    let span = begin.zip(unit.after(closes_on, last)).map(|(from, to)| Span { from, to });
    Some(Wait { span: span.filter(|span| span.from <= span.to), from, next })
}

/// The second count of "2-3", "2 to 3", "two or three", "between 2 and 3".
fn range_end(text: &Text, at: usize, from: usize) -> Option<(u32, usize)> {
    let or = || text.past(at, &["or"]);
    text.count(super::dates::joined(text, at, from).or_else(or)?)
}

/// "in about", "within", "allow up to": what stands in front of a count.
struct Lead {
    from: usize,
    /// Any day until then.
    at_most: bool,
}

fn lead(text: &Text, at: usize) -> Option<Lead> {
    let mut place = at;
    let mut at_most = false;
    for _ in 0..4 {
        place = match (text.word_before(place), text.word_before(place.saturating_sub(1))) {
            ("to", "up") | ("than", "less") | ("most", "at") => {
                at_most = true;
                place - 2
            }
            ("under", _) => {
                at_most = true;
                place - 1
            }
            (word, _) if listed(ROUGHLY, word) => place - 1,
            ("", "approx") => place - 1,
            _ => break,
        };
    }
    let word = text.word_before(place);
    let found = listed(WAITING, word);
    found.then(|| Lead { from: place - 1, at_most: at_most || word == "within" })
}

/// "every 2-3 weeks", "for 2-3 weeks", "more than 2-3 weeks", "the last 2-3 weeks".
fn lead_says_no(text: &Text, at: usize) -> bool {
    let mut place = at;
    while place > 0 && listed(ROUGHLY, text.word_before(place)) {
        place -= 1;
    }
    let less = text.word_before(place.saturating_sub(1)) == "less";
    listed(NO_WAIT, text.word_before(place)) && !less
}

/// Whether the part of the sentence around a count is about returns, refunds and the like.
fn other_matter(text: &Text, from: usize, to: usize) -> bool {
    let before = (0..from).rev().take_while(|&at| !text.pause(at)).take(2 * BEHIND);
    let behind = (to..text.len()).take_while(|&at| !text.pause(at)).take(BEHIND);
    let hyphen = if text.dash(to) { to + 1 } else { to };
    before.chain(behind).chain([hyphen]).any(|at| text.is_listed(at, OTHER_MATTERS))
        || text.is(to, &["ago", "old"])
}

/// The place behind "after shipping", "from dispatch" or "after 31 January", if it stands here.
fn counted_from_elsewhere(text: &Text, at: usize) -> Option<usize> {
    let counted = ["after", "from", "of", "following", "once", "when", "before", "upon"];
    if !text.is(at, &counted) {
        return None;
    }
    let start = text.skip(at + 1, &["the", "about", "around"]);
    if let Some((_, next)) = phrase(text, start) {
        return Some(next);
    }
    let mut behind = (at + 1..text.len()).take_while(|&at| !text.pause(at)).take(BEHIND);
    behind.find(|&at| text.is_listed(at, SHIPPED)).map(|at| at + 1)
}

/// "6 weeks after ordering closes", "6 weeks from your purchase".
fn counted_from_close(text: &Text, at: usize) -> bool {
    let mut behind = (at + 1..text.len()).take_while(|&at| !text.pause(at)).take(BEHIND);
    text.is(at, &["after", "from", "of", "following", "once", "when"])
        && behind.any(|at| text.is_listed(at, CLOSE))
}

/// "weeks", "-week", "business days", "calendar months".
fn unit(text: &Text, at: usize) -> Option<(Unit, usize)> {
    let at = if text.dash(at) && text.glued(at) && text.glued(at + 1) { at + 1 } else { at };
    let working = text.is(at, &["business", "working"]);
    let at = text.skip(at, &["business", "working", "calendar", "full", "more"]);
    let unit = match text.word(at) {
        "day" | "days" if working => Unit::WorkingDays,
        "day" | "days" => Unit::Days,
        "week" | "weeks" | "wk" | "wks" => Unit::Weeks(1),
        "fortnight" | "fortnights" => Unit::Weeks(2),
        "month" | "months" => Unit::Months,
        _ => return None,
    };
    Some((unit, at + 1))
}

impl Unit {
    /// The day so many of it after a date.
    fn after(self, date: Date, count: u32) -> Option<Date> {
        let days = |count: u32| date.checked_add_days(Days::new(count.into()));
        match self {
            Self::Days => days(count),
            Self::Weeks(weeks) => days(7 * weeks * count),
            Self::Months => date.checked_add_months(Months::new(count)),
            Self::WorkingDays => working_days_after(date, count),
        }
    }
}

/// Mondays to Fridays only; holidays are not known here.
fn working_days_after(date: Date, count: u32) -> Option<Date> {
    // A count that begins on a weekend begins with its Friday.
    let weekend = u64::from(date.weekday().num_days_from_monday().saturating_sub(4));
    let date = date.checked_sub_days(Days::new(weekend))?;
    let mut date = date.checked_add_days(Days::new(u64::from(count / 5) * 7))?;
    let mut left = count % 5;
    while left > 0 {
        date = date.succ_opt()?;
        left -= u32::from(date.weekday().num_days_from_monday() < 5);
    }
    Some(date)
}
