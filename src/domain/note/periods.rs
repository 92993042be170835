//! Weeks, months, quarters, seasons, years and their parts, and ranges from one to another.

use super::calendar::{Base, Kind, Part, Phrase, Week};
use super::dates::{Found, date, joined, single};
use super::named::{Named, named};
use super::words::{Text, listed};

/// Words in front of a period that say it is a time.
const AT_A_TIME: &str = "\
    after before between by during from in mid of through throughout till until within";
/// Words in front of a month that make a name such as "June" a month.
const EXPECTED: &str = "\
    about approximately around arrive arrives arriving available coming deliver delivered \
    delivers delivery dispatch dispatches due estimated eta expected for late next or ready \
    scheduled ship shipping ships this to and";
/// Words that may follow a season or quarter where it is a time and not part of a name.
const GOES_ON: &str = "\
    after all and are as at because but by for if is it once on or pending should since so that \
    the they this to until we when which while will with you depending unless weather";

/// The phrase that begins here: a date, a period, or a range from one to another.
pub(super) fn phrase(text: &Text, at: usize) -> Option<Found> {
    let (from, next) = simple(text, at, false)?;
    let slash = (text.mark(next, '/') && text.glued(next)).then_some(next + 1);
    let Some(other) = joined(text, next, at).or(slash) else { return Some((from, next)) };
    let Some((to, end)) = simple(text, other, true) else { return Some((from, next)) };
    let ranges = |from: &Phrase, to: &Phrase| Phrase::range(from.clone(), to.clone());
    if from.len() == to.len() {
        // Both ends are read in the same way.
        return Some((from.iter().zip(&to).map(|(from, to)| ranges(from, to)).collect(), end));
    }
    let crossed = from.iter().flat_map(|from| to.iter().map(move |to| ranges(from, to)));
    Some((crossed.collect(), end))
}

/// A phrase without a second end. `is_end`: it is the second end of a range, so that a month needs
/// no word in front to be one.
fn simple(text: &Text, at: usize, is_end: bool) -> Option<Found> {
    date(text, at)
        .or_else(|| week(text, at))
        .or_else(|| single(nth_week(text, at)))
        .or_else(|| single(end_days(text, at)))
        .or_else(|| half(text, at))
        .or_else(|| parts(text, at))
        .or_else(|| whole(text, at, is_end))
}

/// "week of 8 March", "week commencing", "week ending", "w/c 8 March".
fn week(text: &Text, at: usize) -> Option<Found> {
    let (week, next) = if text.word(at) == "w" && text.mark(at + 1, '/') {
        let week = if text.word(at + 2) == "c" { Week::From } else { Week::To };
        (week, text.is(at + 2, &["c", "e"]).then_some(at + 3)?)
    } else {
        let week = match (text.word(at), text.word(at + 1)) {
            ("week", "of") => Week::Of,
            ("week", "commencing" | "beginning" | "starting") => Week::From,
            ("week", "ending") => Week::To,
            _ => return None,
        };
        (week, at + 2)
    };
    let (readings, next) = date(text, text.skip(next, &["the"]))?;
    let weeks = readings.into_iter().map(|phrase| match phrase.kind {
        Kind::Day(month, day) => Phrase { kind: Kind::Week(week, month, day), ..phrase },
        // "week of 8-12 March" names the days themselves.
        _ => phrase,
    });
    Some((weeks.collect(), next))
}

/// "first week of April", "2nd or 3rd week in May 2027", "last week of January".
fn nth_week(text: &Text, at: usize) -> Option<(Phrase, usize)> {
    let nth = |at| match text.word(at) {
        "last" | "final" => Some((6, at + 1)),
        _ => text.ordinal(at),
    };
    let (first, next) = nth(at)?;
    let other = joined(text, next, at).or_else(|| text.past(next, &["or"]));
    let (last, next) = other.and_then(nth).unwrap_or((first, next));
    let next = text.past(next, &["week"])?;
    let next = text.past(next, &["of"]).or_else(|| text.past(next, &["in"]))?;
    let (month, next) = text.month(skip_the_month_of(text, next))?;
    let (year, next) = text.year_after(next);
    Some((Phrase { year, kind: Kind::Weeks(month, first, last) }, next))
}

/// "last day of January", "first days of March".
fn end_days(text: &Text, at: usize) -> Option<(Phrase, usize)> {
    let part = match text.word(at) {
        "first" => Part::Early,
        "last" | "final" => Part::Late,
        _ => return None,
    };
    let one = text.word(at + 1) == "day";
    let next =
        text.past(text.skip(at + 1, &["day", "days"]), &["of"]).filter(|&next| next > at + 2)?;
    let (month, next) = text.month(skip_the_month_of(text, next))?;
    let (year, next) = text.year_after(next);
    let whole = |month| Kind::Parts(Base::Month(month), Part::Whole, Part::Whole);
    let kind = match (one, part, month) {
        (false, ..) => Kind::Parts(Base::Month(month), part, part),
        (true, Part::Early, _) => Kind::Day(month, 1),
        // The eve of the month after; December's is the same day of every year.
        (true, _, 12) => Kind::Day(12, 31),
        (true, ..) => Kind::Before(Box::new(Phrase { year, kind: whole(month + 1) })),
    };
    Some((Phrase { year, kind }, next))
}

/// "first half of March", "second half of 2027".
fn half(text: &Text, at: usize) -> Option<Found> {
    let part = match text.word(at) {
        "first" => Part::FirstHalf,
        "second" | "latter" => Part::SecondHalf,
        _ => return None,
    };
    let next = text.past(at + 1, &["half", "of"])?;
    let named = named(text, skip_the_month_of(text, next))?;
    matches!(named.base, Base::Month(_) | Base::Year).then(|| named.parts(part, part))
}

/// "end of January", "mid-March", "mid to late spring", "early 2027", "year end".
fn parts(text: &Text, at: usize) -> Option<Found> {
    if text.word(at) == "year" {
        let (year, next) = text.year_after(text.past(hyphen(text, at + 1), &["end"])?);
        let named = Named { base: Base::Year, years: vec![year], next };
        return Some(named.parts(Part::End, Part::End));
    }
    let (first, mut next) = (part(text, at)?, at + 1);
    let mut last = first;
    let slash = (text.mark(next, '/') && text.glued(next)).then_some(next + 1);
    let to = text.past(hyphen(text, next), &["to"]).map(|next| hyphen(text, next));
    let other = to.or_else(|| joined(text, next, at)).or_else(|| text.past(next, &["or"]));
    let other = other.or(slash);
    if let Some((place, part)) = other.and_then(|place| Some((place, part(text, place)?))) {
        (last, next) = (part, place + 1);
    }
    let next = hyphen(text, text.skip(hyphen(text, next), &["of", "in"]));
    let mut named = named(text, skip_the_month_of(text, next))?;
    if let (Base::Season(12), [Some(before), Some(year)]) = (named.base, &named.years[..]) {
        // The month that the part means lies in the year that is named.
        let is_december = |part| matches!(part, Part::Start | Part::Early);
        match (is_december(first), is_december(last)) {
            (true, true) => named.years = vec![Some(*year)],
            (false, false) => named.years = vec![Some(*before)],
            _ => {}
        }
    }
    Some(named.parts(first, last))
}

fn part(text: &Text, at: usize) -> Option<Part> {
    Some(match text.word(at) {
        "beginning" | "start" => Part::Start,
        "early" => Part::Early,
        "mid" | "middle" => Part::Mid,
        "late" => Part::Late,
        "end" => Part::End,
        _ => return None,
    })
}

/// A whole month, quarter, season or year that is named as a time.
fn whole(text: &Text, at: usize, is_end: bool) -> Option<Found> {
    let named = named(text, at)?;
    let before = cue(text, at);
    let timed = is_end || listed(AT_A_TIME, before);
    let dated = named.years != [None];
    let is_time = match named.base {
        Base::Month(_) if beside_a_number(text, at, named.next) => false,
        Base::Month(_) if dated => true,
        // "To march" is no month, and "March" or "may" inside of a sentence need not be one.
        Base::Month(3 | 5) => {
            let ends = text.pause(named.next) && !matches!(before, "to" | "and");
            text.word_before(at) != "the" && (timed || (ends && listed(EXPECTED, before)))
        }
        Base::Month(_) => timed || is_certain(text.word(at)) || listed(EXPECTED, before),
        Base::Quarter(_) => dated || text.word(at) == "q" || goes_on(text, named.next),
        Base::Half(_) => dated,
        // "The end of summer" is read before; "a taste of summer" is no time.
        Base::Season(_) => {
            let timed = (timed && before != "of") || before == "this";
            dated || (timed && goes_on(text, named.next))
        }
        Base::Year => timed && dated && text.word(at) != "year",
    };
    is_time.then(|| named.parts(Part::Whole, Part::Whole))
}

/// The word in front of a period; "the" and a colon do not count.
fn cue<'text>(text: &'text Text, at: usize) -> &'text str {
    let at = if text.word_before(at) == "the" { at - 1 } else { at };
    let colon = at.checked_sub(1).filter(|&at| text.mark(at, ':'));
    text.word_before(colon.unwrap_or(at))
}

/// "32 January", "January 45": whoever wrote it meant a day. "In March 10 units" names a month.
fn beside_a_number(text: &Text, at: usize, next: usize) -> bool {
    let in_front = at.checked_sub(1).filter(|&at| text.number(at).is_some());
    in_front.is_some_and(|at| !text.numbered(at))
        || (text.number(next).is_some() && !text.counts(next + 1))
}

/// Months whose names are nothing else.
fn is_certain(word: &str) -> bool {
    let certain = ["january", "february", "july", "september", "october", "november", "december"];
    certain.contains(&word)
}

/// Whether a sentence may go on here after a time.
fn goes_on(text: &Text, at: usize) -> bool {
    text.pause(at) || text.is_listed(at, GOES_ON)
}

fn hyphen(text: &Text, at: usize) -> usize {
    if text.dash(at) && text.glued(at) && text.glued(at + 1) { at + 1 } else { at }
}

/// Past "the", "the month of", "this".
fn skip_the_month_of(text: &Text, at: usize) -> usize {
    let at = text.skip(at, &["the", "this"]);
    text.past(at, &["month", "of"]).unwrap_or(at)
}
