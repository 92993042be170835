//! The note of a backorder plan: does it name the day?
//!
//! Customers read the note, and hold us to what it says. So [`windows`] reads it as they would, and
//! [`check`] asks that one of the dates or windows that it names contains or ends at `ship_by`.
//! What is understood, and what is not, is in `docs/notes.md`. Nothing here panics, whatever the
//! note says, and the time is linear in its length.
//!
//! A promise may be later than the plan's date; [`PlanNote`] says what its customer reads then.
//!
//! Reading order: `words` cuts the note, `names` knows its words, `dates`, `named` and `periods`
//! read days and periods, `durations` counts from the close, `calendar` says what days they are,
//! and `context` what is said of them.

mod calendar;
mod context;
mod dates;
mod durations;
mod named;
mod names;
mod periods;
mod promised;
mod remarks;
mod words;

use chrono::Datelike;

use super::Date;
use calendar::{Kind, Phrase, Span};
use context::{Sense, is_awaited, sense};
pub use promised::PlanNote;
use words::Text;

/// A window of more days after its first tells a customer nothing: a quarter or a season passes,
/// half a year does not.
pub const WINDOW_DAYS_MAX: i64 = 92;
/// Windows that a refusal names; more would drown the example.
const WINDOWS_NAMED_MAX: usize = 5;

/// A span of days that a note names, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The note's own words.
    pub words: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// A note that does not name the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclear {
    /// Everything that it names, in its order.
    pub understood: Vec<Window>,
    /// A good note for the same day.
    pub example: String,
}

/// Everything a note names, in its order. Words that can be read two ways ("3/4/2027") are there
/// twice, once for each. `ship_by` and `closes_on` (the day on which ordering closes) tell the year
/// of dates without one; "in 6 weeks" counts from `closes_on`.
#[must_use]
pub fn windows(note: &str, ship_by: Date, closes_on: Date) -> Vec<Window> {
    named_windows(note, ship_by, closes_on).into_iter().flatten().collect()
}

/// Whether one of a note's windows contains or ends at `ship_by`, however it is read.
///
/// # Errors
///
/// What was understood instead, and a good note for that day.
pub fn check(note: &str, ship_by: Date, closes_on: Date) -> Result<(), Unclear> {
    let named = named_windows(note, ship_by, closes_on);
    if named.iter().any(|readings| readings.iter().all(|window| window.tells(ship_by))) {
        return Ok(());
    }
    Err(Unclear { understood: named.into_iter().flatten().collect(), example: example(ship_by) })
}

/// Remarks on a note, which refuse nothing: what it leaves out of the programme's policy, or says
/// against it. `ships_together`: an order's parcel waits for all of its items.
#[must_use]
pub fn warnings(note: &str, ships_together: bool) -> Vec<String> {
    remarks::warnings(note, ships_together)
}

impl Window {
    /// Whether it is narrow enough to tell something, and the day is in it.
    fn tells(&self, date: Date) -> bool {
        !self.is_too_wide() && (self.from..=self.to).contains(&date)
    }

    fn is_too_wide(&self) -> bool {
        (self.to - self.from).num_days() > WINDOW_DAYS_MAX
    }

    /// The words on one line and the days that they mean.
    fn shown(&self) -> String {
        let words = self.words.split_whitespace().collect::<Vec<_>>().join(" ");
        let wide = if self.is_too_wide() { ", too wide to tell" } else { "" };
        if self.from == self.to {
            format!("\"{words}\" ({})", self.from)
        } else {
            format!("\"{words}\" ({} to {}{wide})", self.from, self.to)
        }
    }
}

impl Unclear {
    /// One sentence for the error: what would be right, what was understood, a good note.
    #[must_use]
    pub fn rule(&self) -> String {
        let named = self.understood.iter().take(WINDOWS_NAMED_MAX).map(Window::shown);
        let named = named.collect::<Vec<_>>().join(", ");
        let more = match self.understood.len().saturating_sub(WINDOWS_NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let understood =
            if named.is_empty() { "names none".to_owned() } else { format!("names {named}{more}") };
        format!(
            "must name a date or a window that contains or ends at ship_by; it {understood}; \
             a good note: \"{}\"",
            self.example
        )
    }
}

/// What a note names: for each place, one window for each way to read it.
fn named_windows(note: &str, ship_by: Date, closes_on: Date) -> Vec<Vec<Window>> {
    let text = Text::new(note);
    let mut named: Vec<Vec<Window>> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (from, next, spans) = found(&text, at, ship_by, closes_on);
        let window = |span: Span| Window {
            words: text.words(from, next).to_owned(),
            from: span.from,
            to: span.to,
        };
        if !spans.is_empty() {
            named.push(spans.into_iter().map(window).collect());
        }
        at = next;
    }
    named.extend(far_away(note, ship_by).map(|window| vec![window]));
    named
}

/// What begins at a place: its first word, the place behind it, and the spans that it may mean.
/// What is read is passed over also where it means nothing, so that no half of it is read again.
fn found(text: &Text, at: usize, ship_by: Date, closes_on: Date) -> (usize, usize, Vec<Span>) {
    if let Some(wait) = durations::wait(text, at, closes_on) {
        let says = text.stands_alone(at, wait.next) && is_awaited(text, wait.from);
        return (wait.from, wait.next, wait.span.into_iter().filter(|_| says).collect());
    }
    let Some((readings, next)) = periods::phrase(text, at) else { return (at, at + 1, Vec::new()) };
    let is_range = readings.iter().any(|phrase| matches!(phrase.kind, Kind::Range(..)));
    let readings = match sense(text, at, next, is_range) {
        _ if !text.stands_alone(at, next) => Vec::new(),
        Sense::Nothing => Vec::new(),
        Sense::Then => readings,
        Sense::Before => readings.into_iter().map(Phrase::before).collect(),
    };
    let spans = readings.iter().filter_map(|phrase| phrase.resolve(ship_by, closes_on));
    (at, next, spans.collect())
}

/// `ship_by` itself in a year that notes do not name in words: only ISO 8601 is read then, with the
/// sign that such years have.
fn far_away(note: &str, ship_by: Date) -> Option<Window> {
    let iso = ship_by.to_string();
    let is_far = !is_usual(ship_by) && note.contains(&iso);
    is_far.then_some(Window { words: iso, from: ship_by, to: ship_by })
}

/// Whether its year is one that is read in words.
fn is_usual(date: Date) -> bool {
    (1900..3000).contains(&date.year())
}

/// A day as notes are best written: "31 January 2027".
fn day(date: Date) -> String {
    if is_usual(date) { date.format("%-d %B %Y").to_string() } else { date.to_string() }
}

/// A good note for a day: it says when, what becomes of other items, and what comes next.
fn example(ship_by: Date) -> String {
    let day = day(ship_by);
    format!(
        "This item is in production and is scheduled to ship by {day}. If you order other items, \
         they will ship together when all items are in stock. You'll receive tracking once shipped."
    )
}
