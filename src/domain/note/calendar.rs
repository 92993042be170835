//! What a phrase means on the calendar, with its year or without.
//!
//! A phrase without a year means the occurrence nearest to `ship_by`; but when ordering closes, a
//! customer takes the first that is still to come. So an earlier one that ends after `closes_on`
//! is meant instead.

use std::ops::RangeInclusive;

use chrono::{Datelike, Days, Months};

use super::super::Date;

/// Years around a date in which an occurrence is looked for: 29 February may be eight years away.
const YEARS_AROUND: i32 = 8;

/// In days.
const HALF_A_YEAR: i64 = 183;

/// Days from first to last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub from: Date,
    pub to: Date,
}

/// A period of whole months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// 1 to 12.
    Month(u32),
    /// 1 to 4.
    Quarter(u32),
    /// 1 or 2.
    Half(u32),
    /// By its first month; winter's is the December before.
    Season(u32),
    Year,
}

/// Which part of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Start,
    Early,
    Mid,
    Late,
    End,
    FirstHalf,
    SecondHalf,
}

/// How a week is named by a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Week {
    /// "week of": the calendar week around it, or the one that it begins.
    Of,
    /// "week commencing".
    From,
    /// "week ending".
    To,
}

/// What is named, apart from its year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Month and day.
    Day(u32, u32),
    /// From the beginning of one part to the end of another.
    Parts(Base, Part, Part),
    /// The week of a month and day.
    Week(Week, u32, u32),
    /// From one week of a month to another, counted from the 1st; 6 is the last seven days.
    Weeks(u32, u32, u32),
    /// From the beginning of one to the end of another.
    Range(Box<Phrase>, Box<Phrase>),
    /// What is over before another begins.
    Before(Box<Phrase>),
}

/// A date or a period, with its year where the note says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    pub year: Option<i32>,
    pub kind: Kind,
}

impl Phrase {
    /// A day of a month.
    pub(super) fn day(year: Option<i32>, month: u32, day: u32) -> Self {
        Self { year, kind: Kind::Day(month, day) }
    }

    /// From one to another.
    pub(super) fn range(from: Self, to: Self) -> Self {
        let year = from.year.or(to.year);
        Self { year, kind: Kind::Range(Box::new(from), Box::new(to)) }
    }

    /// What is over before it begins. The end of a period is no beginning: "before the end of
    /// January" is that end.
    pub(super) fn before(self) -> Self {
        match self.kind {
            Kind::Parts(_, Part::End | Part::Late, _) => self,
            _ => Self { year: self.year, kind: Kind::Before(Box::new(self)) },
        }
    }

    /// What it means in a note for `ship_by`, read until `closes_on`. `None`: there is no such day.
    pub(super) fn resolve(&self, ship_by: Date, closes_on: Date) -> Option<Span> {
        if let Some(year) = self.year {
            return self.at(year);
        }
        let around = |date: Date| date.year() - YEARS_AROUND..=date.year() + YEARS_AROUND;
        let in_years = |years: RangeInclusive<i32>| years.filter_map(|year| self.at(year));
        let nearest = in_years(around(ship_by)).min_by_key(|span| span.distance(ship_by))?;
        let coming = in_years(around(closes_on)).find(|span| span.to > closes_on);
        Some(coming.filter(|coming| coming.from < nearest.from).unwrap_or(nearest))
    }

    /// What it means in its own year, or else in this one.
    fn at(&self, year: i32) -> Option<Span> {
        let year = self.year.unwrap_or(year);
        match &self.kind {
            Kind::Day(month, day) => {
                let date = Date::from_ymd_opt(year, *month, *day)?;
                Some(Span { from: date, to: date })
            }
            Kind::Parts(base, first, last) => {
                let (first, last) = (base.part(*first, year)?, base.part(*last, year)?);
                Span { from: first.from, to: last.to }.if_any()
            }
            Kind::Week(week, month, day) => week.around(Date::from_ymd_opt(year, *month, *day)?),
            Kind::Weeks(month, first, last) => {
                let (first, last) =
                    (nth_week(year, *month, *first)?, nth_week(year, *month, *last)?);
                Span { from: first.from, to: last.to }.if_any()
            }
            Kind::Range(from, to) => range(from, to, year),
            Kind::Before(phrase) => {
                let eve = phrase.at(year)?.from.pred_opt()?;
                Some(Span { from: eve, to: eve })
            }
        }
    }
}

impl Span {
    /// Days from a date to the nearest day of it.
    fn distance(&self, date: Date) -> i64 {
        (self.from - date).num_days().max((date - self.to).num_days()).max(0)
    }

    fn if_any(self) -> Option<Self> {
        (self.from <= self.to).then_some(self)
    }
}

impl Base {
    /// Its first month, counted from January of the year, and how many it has.
    fn months(self) -> (u32, u32) {
        match self {
            Self::Month(month) => (month - 1, 1),
            Self::Quarter(quarter) => (3 * (quarter - 1), 3),
            Self::Half(half) => (6 * (half - 1), 6),
            Self::Season(month) => (month - 1, 3),
            Self::Year => (0, 12),
        }
    }

    /// The days of a part of it.
    fn part(self, part: Part, year: i32) -> Option<Span> {
        let (first, count) = self.months();
        if count == 1 {
            let (from, to) = part.days();
            let days = months(year, first, 1)?;
            let to = to.map_or(Some(days.to), |to| later(days.from, to))?;
            return Some(Span { from: later(days.from, from)?, to });
        }
        let (skipped, kept) = if self == Self::Year { part.of_year() } else { part.of(count) };
        months(year, first + skipped, kept)
    }
}

impl Part {
    /// First and last day of a month, from 0: its thirds are 1-10, 11-20 and 21 to the end.
    fn days(self) -> (u64, Option<u64>) {
        match self {
            Self::Whole => (0, None),
            Self::Start | Self::Early => (0, Some(9)),
            Self::Mid => (10, Some(19)),
            Self::Late | Self::End => (20, None),
            Self::FirstHalf => (0, Some(14)),
            Self::SecondHalf => (15, None),
        }
    }

    /// Months to skip and to keep, of a quarter, a season or half a year: its thirds.
    fn of(self, months: u32) -> (u32, u32) {
        let third = months / 3;
        match self {
            Self::Whole => (0, months),
            Self::Start | Self::Early => (0, third),
            Self::Mid => (third, third),
            Self::Late | Self::End => (2 * third, third),
            Self::FirstHalf => (0, months.div_ceil(2)),
            Self::SecondHalf => (months / 2, months.div_ceil(2)),
        }
    }

    /// Months to skip and to keep, of a year.
    fn of_year(self) -> (u32, u32) {
        match self {
            Self::Whole => (0, 12),
            Self::Start => (0, 1),
            Self::Early => (0, 3),
            Self::Mid => (5, 2),
            Self::Late => (9, 3),
            Self::End => (11, 1),
            Self::FirstHalf => (0, 6),
            Self::SecondHalf => (6, 6),
        }
    }
}

impl Week {
    fn around(self, date: Date) -> Option<Span> {
        let from = match self {
            Self::From => date,
            Self::To => date.checked_sub_days(Days::new(6))?,
            // Weeks begin on Monday, or on Sunday where a Sunday is named.
            Self::Of if date.weekday() == chrono::Weekday::Sun => date,
            Self::Of => {
                let since_monday = date.weekday().num_days_from_monday();
                date.checked_sub_days(Days::new(since_monday.into()))?
            }
        };
        Some(Span { from, to: later(from, 6)? })
    }
}

fn later(date: Date, days: u64) -> Option<Date> {
    date.checked_add_days(Days::new(days))
}

/// So many months, the first counted from January of a year.
fn months(year: i32, first: u32, count: u32) -> Option<Span> {
    let from = Date::from_ymd_opt(year, 1, 1)?.checked_add_months(Months::new(first))?;
    let last = from.checked_add_months(Months::new(count.checked_sub(1)?))?;
    let to = last.with_day(u32::from(last.num_days_in_month()))?;
    Some(Span { from, to })
}

/// A week of a month: 1-7, 8-14, 15-21, 22-28, 29 to the end; the sixth is the last seven days.
fn nth_week(year: i32, month: u32, nth: u32) -> Option<Span> {
    let days = months(year, month.checked_sub(1)?, 1)?;
    if nth == 6 {
        return Some(Span { from: days.to.checked_sub_days(Days::new(6))?, to: days.to });
    }
    let from = later(days.from, 7 * u64::from(nth.checked_sub(1)?))?;
    Span { from, to: later(from, 6)?.min(days.to) }.if_any()
}

/// From one to another; the one without a year takes the year that puts them in order.
fn range(from: &Phrase, to: &Phrase, year: i32) -> Option<Span> {
    let (first, last) = match (from.year, to.year) {
        (None, Some(end)) => {
            let last = to.at(end)?;
            let first = from.at(end).filter(|first| first.from <= last.to);
            let first = first.or_else(|| {
                let first = from.at(end.checked_sub(1)?)?;
                across(first, last).and(Some(first))
            });
            (first?, last)
        }
        _ => {
            let first = from.at(year)?;
            let begin = from.year.unwrap_or(year);
            let last = to.at(begin).filter(|last| first.from <= last.to);
            (first, last.or_else(|| across(first, to.at(begin.checked_add(1)?)?))?)
        }
    };
    Span { from: first.from, to: last.to }.if_any()
}

/// The end of a range across New Year. One of more than half a year is a slip: "10-3 March".
fn across(first: Span, last: Span) -> Option<Span> {
    ((last.to - first.from).num_days() <= HALF_A_YEAR).then_some(last)
}
