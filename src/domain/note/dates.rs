//! Days: in digits, or with the name of their month.

use super::super::Date;
use super::calendar::{Base, Kind, Part, Phrase};
use super::words::Text;

/// What a phrase can mean, and the place behind it. More than one meaning: a reader may take it
/// either way.
pub(super) type Found = (Vec<Phrase>, usize);

/// A day, or a range of days of one month, with its weekday or without.
pub(super) fn date(text: &Text, at: usize) -> Option<Found> {
    let at = text.skip_weekday(at);
    numeric(text, at)
        .or_else(|| single(day_first(text, at)))
        .or_else(|| single(month_first(text, at)))
        .or_else(|| single(year_first(text, at)))
}

/// One meaning.
pub(super) fn single(found: Option<(Phrase, usize)>) -> Option<Found> {
    found.map(|(phrase, next)| (vec![phrase], next))
}

/// The place behind what joins the two ends of a range, here.
pub(super) fn joined(text: &Text, at: usize, from: usize) -> Option<usize> {
    let joins = text.dash(at)
        || text.is(at, &["to", "through", "thru", "until", "till"])
        || (text.word(at) == "and" && is_between(text, from));
    joins.then(|| text.skip(at + 1, &["the"]))
}

/// Whether "between" stands in front of a place.
pub(super) fn is_between(text: &Text, at: usize) -> bool {
    let before = if text.word_before(at) == "the" { at - 1 } else { at };
    text.word_before(before) == "between"
}

/// "31 January", "31st of January 2027", "3-10 March", "31-Jan-2027".
fn day_first(text: &Text, at: usize) -> Option<(Phrase, usize)> {
    if let Some((day, next)) = text.day_in_words(at) {
        let (month, next) = text.month(text.past(next, &["of"])?)?;
        return Some(with_year(text, (month, day, None), next));
    }
    let (first, next) = text.day(at)?;
    let slash =
        (text.mark(next, '/') && text.glued(next) && text.glued(next + 1)).then_some(next + 1);
    let or = text.past(next, &["or"]).or(slash);
    let second = joined(text, next, at).or(or).and_then(|next| text.day(next));
    if let Some((last, behind)) = second
        && let Some((month, end)) = month_behind(text, behind)
    {
        return Some(with_year(text, (month, first, Some(last)), end));
    }
    let (month, next) = month_behind(text, next)?;
    Some(with_year(text, (month, first, None), next))
}

/// The month behind a day: "of", a hyphen or a full stop may stand between.
fn month_behind(text: &Text, at: usize) -> Option<(u32, usize)> {
    let mark = text.dash(at) || text.mark(at, '.');
    let at = if mark && text.glued(at) && text.glued(at + 1) { at + 1 } else { at };
    text.month(text.skip(at, &["of"]))
}

/// "January 31st, 2027", "Jan. 31", "March 3 to 10".
fn month_first(text: &Text, at: usize) -> Option<(Phrase, usize)> {
    let (month, next) = text.month(at)?;
    let next = text.skip(text.skip_stop(next), &["the"]);
    let plain = !text.is(at, &["may", "march", "mar"]);
    let in_words = || text.day_in_words(next).filter(|_| plain);
    let (first, next) = text.day(next).or_else(in_words)?;
    if text.counts(next) {
        return None;
    }
    let or = text.past(next, &["or"]);
    let second = joined(text, next, at).or(or).and_then(|next| text.day(next));
    let second =
        second.filter(|&(_, next)| !text.counts(next) && month_behind(text, next).is_none());
    match second {
        Some((last, next)) => Some(with_year(text, (month, first, Some(last)), next)),
        None => Some(with_year(text, (month, first, None), next)),
    }
}

/// "2027 January 31".
fn year_first(text: &Text, at: usize) -> Option<(Phrase, usize)> {
    let (year, next) = text.year(at).filter(|_| text.number(at).is_some())?;
    let (phrase, next) = month_first(text, next).filter(|(phrase, _)| phrase.year.is_none())?;
    Some((Phrase { year: Some(year), ..phrase }, next))
}

/// Reads the year behind a month with one day or two.
fn with_year(
    text: &Text,
    (month, first, last): (u32, u32, Option<u32>),
    at: usize,
) -> (Phrase, usize) {
    let stop = text.skip_stop(at);
    let hyphen = (text.dash(at) && text.glued(at) && text.glued(at + 1)).then_some(at + 1);
    let hyphened = hyphen.and_then(|at| text.year(at).or_else(|| short_year(text, at)));
    let (year, next) = match hyphened.map_or_else(|| text.year_after(stop), |(y, n)| (Some(y), n)) {
        (None, _) => (None, at),
        found => found,
    };
    let phrase = match last {
        None => Phrase::day(year, month, first),
        Some(last) => {
            Phrase::range(Phrase::day(year, month, first), Phrase::day(year, month, last))
        }
    };
    (phrase, next)
}

/// A year in two digits, as in "31-Jan-27" and "1/31/27".
fn short_year(text: &Text, at: usize) -> Option<(i32, usize)> {
    let number = text.number(at).filter(|number| number.digits == 2)?;
    Some((2000 + i32::try_from(number.value).ok()?, at + 1))
}

/// Dates all in digits: "2027-01-31", "2027/01/31", "31.01.2027", "1/31/2027", "01/2027".
fn numeric(text: &Text, at: usize) -> Option<Found> {
    let first = text.number(at)?;
    let (second, next) = after_mark(text, at)?;
    if let Some((third, end)) = after_mark(text, second).filter(|_| same_marks(text, at)) {
        let numbers = [first.value, text.number(second)?.value, text.number(third)?.value];
        let readings = readings(text, numbers, at);
        return (!readings.is_empty()).then_some((readings, time_behind(text, end)));
    }
    let (year, _) = text.year(second).filter(|_| text.mark(at + 1, '/'))?;
    let whole = Kind::Parts(Base::Month(first.value), Part::Whole, Part::Whole);
    let is_month = first.digits <= 2 && (1..=12).contains(&first.value);
    is_month.then(|| (vec![Phrase { year: Some(year), kind: whole }], next))
}

/// The number behind a glued hyphen, slash or full stop behind a number, and the place behind it.
fn after_mark(text: &Text, at: usize) -> Option<(usize, usize)> {
    let mark = text.dash(at + 1) || text.mark(at + 1, '/') || text.mark(at + 1, '.');
    let glued = text.glued(at + 1) && text.glued(at + 2);
    (mark && glued && text.number(at + 2).is_some()).then_some((at + 2, at + 3))
}

fn same_marks(text: &Text, at: usize) -> bool {
    ['/', '.'].iter().all(|&mark| text.mark(at + 1, mark) == text.mark(at + 3, mark))
}

/// Past the time of "2027-01-31T08:00:00Z".
fn time_behind(text: &Text, at: usize) -> usize {
    if !(text.glued(at) && text.word(at) == "t" && text.number(at + 1).is_some()) {
        return at;
    }
    let mut at = at + 2;
    while text.mark(at, ':') && text.number(at + 1).is_some() {
        at += 2;
    }
    text.skip(at, &["z"])
}

/// The days that three numbers can mean. Year first is ISO 8601; year last is read month first, as
/// in the United States, and day first, as elsewhere.
fn readings(text: &Text, [first, second, third]: [u32; 3], at: usize) -> Vec<Phrase> {
    let digits = |place: usize| text.number(place).map_or(0, |number| number.digits);
    let shape = (digits(at), digits(at + 2), digits(at + 4));
    let year = |value: u32| i32::try_from(value).ok();
    let orders = match shape {
        (4, 1..=2, 1..=2) => vec![(year(first), second, third)],
        (1..=2, 1..=2, 4) => {
            vec![(year(third), first, second), (year(third), second, first)]
        }
        (1..=2, 1..=2, 2) if text.mark(at + 1, '/') => {
            vec![(year(2000 + third), first, second), (year(2000 + third), second, first)]
        }
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for (year, month, day) in orders {
        let exists = year.and_then(|year| Date::from_ymd_opt(year, month, day)).is_some();
        let phrase = Phrase::day(year, month, day);
        if exists && !found.contains(&phrase) {
            found.push(phrase);
        }
    }
    found
}
