//! Periods by their names: months, quarters, halves, seasons, years.

use super::calendar::{Base, Kind, Part, Phrase};
use super::dates::Found;
use super::names::season_of;
use super::words::Text;

/// A period as a note names it.
pub(super) struct Named {
    pub base: Base,
    /// The years that it can mean; `[None]` where the note says none.
    pub years: Vec<Option<i32>>,
    /// The place behind it.
    pub next: usize,
}

impl Named {
    /// Its days from the beginning of one part to the end of another.
    pub(super) fn parts(self, first: Part, last: Part) -> Found {
        let kind = |_| Kind::Parts(self.base, first, last);
        let readings = self.years.into_iter().map(|year| Phrase { year, kind: kind(year) });
        (readings.collect(), self.next)
    }
}

/// The period named here. Whether the words are about time at all is for the caller to see.
pub(super) fn named(text: &Text, at: usize) -> Option<Named> {
    year_first(text, at).or_else(|| {
        let (base, next) = quarter(text, at)
            .or_else(|| Some((Base::Season(season_of(text.word(at))?), at + 1)))
            .or_else(|| text.month(at).map(|(month, next)| (Base::Month(month), next)))
            .or_else(|| text.past(at, &["year"]).map(|next| (Base::Year, next)))?;
        let (year, end) = year_behind(text, base, next);
        let free = !text.names_something(end);
        let (years, next) = match (base, year) {
            (Base::Season(12), Some(year)) => winter(text, year, end),
            _ => (vec![year], end),
        };
        free.then_some(Named { base, years, next })
    })
}

/// "2027", "2027 Q1", "2027 January".
fn year_first(text: &Text, at: usize) -> Option<Named> {
    let (year, next) = text.year(at).filter(|_| text.number(at).is_some())?;
    let behind = if text.dash(next) && text.glued(next) { next + 1 } else { next };
    let quarter = quarter(text, behind).filter(|_| text.word(behind).len() == 1);
    let month = || text.month(next).map(|(month, next)| (Base::Month(month), next));
    let (base, next) = quarter.or_else(month).unwrap_or((Base::Year, next));
    Some(Named { base, years: vec![Some(year)], next })
}

/// "Q1", "H2", "first quarter", "4th quarter".
fn quarter(text: &Text, at: usize) -> Option<(Base, usize)> {
    if text.is(at, &["q", "h"]) && text.glued(at + 1) {
        let number = text.number(at + 1).filter(|number| number.digits == 1)?.value;
        let base = match (text.word(at), number) {
            ("q", 1..=4) => Base::Quarter(number),
            ("h", 1..=2) => Base::Half(number),
            _ => return None,
        };
        return Some((base, at + 2));
    }
    let (nth, next) = match text.word(at) {
        "last" | "final" => (4, at + 1),
        _ => text.ordinal(at).filter(|(nth, _)| *nth <= 4)?,
    };
    Some((Base::Quarter(nth), text.past(next, &["quarter"])?))
}

/// The year behind a period: "January, 2027", "Q1/2027", "Q1-2027", "Jan. '27".
fn year_behind(text: &Text, base: Base, at: usize) -> (Option<i32>, usize) {
    let stop = if matches!(base, Base::Month(_)) { text.skip_stop(at) } else { at };
    let mark = text.dash(at) || (text.mark(at, '/') && matches!(base, Base::Quarter(_)));
    let joined = (mark && text.glued(at) && text.glued(at + 1)).then_some(at + 1);
    match joined.and_then(|at| text.year(at)) {
        Some((year, next)) => (Some(year), next),
        None => match text.year_after(stop) {
            (None, _) => (None, at),
            found => found,
        },
    }
}

/// "Winter 2026/27" is clear. "Winter 2027" began in 2026 for some, and begins in 2027 for others.
fn winter(text: &Text, year: i32, at: usize) -> (Vec<Option<i32>>, usize) {
    let mark = text.mark(at, '/') || text.dash(at);
    let second = text.number(at + 1).filter(|_| mark && text.glued(at) && text.glued(at + 1));
    let follows = second.is_some_and(|second| {
        let next = u32::try_from(year + 1).unwrap_or_default();
        second.value == next || second.digits == 2 && second.value == next % 100
    });
    if follows { (vec![Some(year)], at + 2) } else { (vec![Some(year - 1), Some(year)], at) }
}
