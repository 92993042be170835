//! Names of months, days, seasons and numbers, and the words that tell whether "may" is a month.

use super::words::{Text, listed};

/// Weekdays, in full and short. They only accompany a date.
const WEEKDAYS: &str = "\
    monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur \
    thurs fri sat sun";
const SMALL: [&str; 20] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];
const ORDINALS: [&str; 20] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
];
/// What follows "may" where it is a verb: "may be", "may ship late", "10 may vary".
const AFTER_THE_VERB_MAY: &str = "\
    also always apply arrive be become buy cancel cause change charge come contact contain cost \
    delay differ experience fit get go have help include look need never not occur only order \
    purchase receive request require result run sell ship shrink still take then use vary";
/// What follows a month or a season where it is only part of a name: "the January sale".
const NAMED_AFTER: &str = "\
    birthday box catalog catalogue catalogs collection collections color colors colour colours \
    drop edition issue jacket line madness range sale series theme weight";
/// What is counted: a number in front of one of these is no day and no year.
const COUNTED: &str = "\
    boxes business calendar cases colors colours copies customers day days designs fans hats \
    hoodies hour hours items minutes month months mugs orders packs pairs pcs people percent \
    pieces pre preorders prints shirts sizes styles tees times unit units week weeks working x";
/// What is numbered: a number behind one of these is no day.
const NUMBERED: &str = "\
    batch design item level lot model no number nr pack qty quantity size sizes sku style \
    version";

/// A month by its name: 1 to 12.
fn month_of(word: &str) -> Option<u32> {
    Some(match word {
        "january" | "jan" => 1,
        "february" | "feb" => 2,
        "march" | "mar" => 3,
        "april" | "apr" => 4,
        "may" => 5,
        "june" | "jun" => 6,
        "july" | "jul" => 7,
        "august" | "aug" => 8,
        "september" | "sept" | "sep" => 9,
        "october" | "oct" => 10,
        "november" | "nov" => 11,
        "december" | "dec" => 12,
        _ => return None,
    })
}

/// What a season is: its first month, by the northern meteorological seasons.
pub(super) fn season_of(word: &str) -> Option<u32> {
    Some(match word {
        "spring" => 3,
        "summer" => 6,
        "autumn" | "fall" => 9,
        "winter" => 12,
        _ => return None,
    })
}

impl Text<'_> {
    /// A month, and the place behind it. Not "may" the verb, nor a month that names something.
    pub(super) fn month(&self, at: usize) -> Option<(u32, usize)> {
        let month = month_of(self.word(at))?;
        let verb = month == 5 && self.is_listed(at + 1, AFTER_THE_VERB_MAY);
        (!verb && !self.names_something(at + 1)).then_some((month, at + 1))
    }

    /// Whether the word here makes a name of the month, season or year in front of it.
    pub(super) fn names_something(&self, at: usize) -> bool {
        self.is_listed(at, NAMED_AFTER)
    }

    /// Past the full stop of an abbreviation.
    pub(super) fn skip_stop(&self, at: usize) -> usize {
        if self.mark(at, '.') && self.glued(at) { at + 1 } else { at }
    }

    /// Past a weekday and its comma or stop.
    pub(super) fn skip_weekday(&self, at: usize) -> usize {
        if !self.is_listed(at, WEEKDAYS) {
            return at;
        }
        let next = self.skip_stop(at + 1);
        let next = if self.mark(next, ',') { next + 1 } else { next };
        self.skip(next, &["the"])
    }

    /// A day of a month in digits, with or without its ending ("31", "31st").
    pub(super) fn day(&self, at: usize) -> Option<(u32, usize)> {
        let number = self.number(at)?;
        if number.digits > 2 || !(1..=31).contains(&number.value) || self.numbered(at) {
            return None;
        }
        let ending = self.glued(at + 1) && self.is(at + 1, &["st", "nd", "rd", "th"]);
        let next = if ending { at + 2 } else { at + 1 };
        let broken = self.glued(next) && !self.word(next).is_empty();
        let part = self.glued(next) && self.glued(next + 1) && self.number(next + 1).is_some();
        let figure = part && (self.mark(next, '.') || self.mark(next, ',') || self.mark(next, ':'));
        (!broken && !figure).then_some((number.value, next))
    }

    /// A day of a month as a word: "first", "twenty-first".
    pub(super) fn day_in_words(&self, at: usize) -> Option<(u32, usize)> {
        let tens = match self.word(at) {
            "twenty" => 20,
            "thirty" => 30,
            "thirtieth" => return Some((30, at + 1)),
            word => return Some((place_in(&ORDINALS, word)?, at + 1)),
        };
        let next = if self.dash(at + 1) { at + 2 } else { at + 1 };
        let day = tens + place_in(&ORDINALS[..9], self.word(next))?;
        (day <= 31).then_some((day, next + 1))
    }

    /// A first, second, third, fourth or fifth one, in words or digits.
    pub(super) fn ordinal(&self, at: usize) -> Option<(u32, usize)> {
        if let Some(place) = place_in(&ORDINALS[..5], self.word(at)) {
            return Some((place, at + 1));
        }
        let number = self.number(at).filter(|number| (1..=5).contains(&number.value))?;
        let ending = self.glued(at + 1) && self.is(at + 1, &["st", "nd", "rd", "th"]);
        ending.then_some((number.value, at + 2))
    }

    /// A small count in digits or words; "a" and "an" are one.
    pub(super) fn count(&self, at: usize) -> Option<(u32, usize)> {
        if let Some(number) = self.number(at) {
            return Some((number.value, at + 1));
        }
        let word = self.word(at);
        let one = matches!(word, "a" | "an").then_some(1);
        let count = one.or_else(|| place_in(&SMALL, word))?;
        // "Three (3) weeks" says it twice.
        let again = self.mark(at + 1, '(') && self.mark(at + 3, ')');
        let again = again && self.number(at + 2).is_some_and(|number| number.value == count);
        Some((count, if again { at + 4 } else { at + 1 }))
    }

    /// A year in four digits of this age, or in two behind an apostrophe.
    pub(super) fn year(&self, at: usize) -> Option<(i32, usize)> {
        let short = self.apostrophe(at) && self.glued(at + 1);
        let place = if short { at + 1 } else { at };
        let number = self.number(place)?;
        let year = match number.digits {
            2 if short => 2000 + number.value,
            4 if (1900..3000).contains(&number.value) => number.value,
            _ => return None,
        };
        let counted = self.counts(place + 1) || self.figure(place + 1);
        (!counted).then_some((i32::try_from(year).ok()?, place + 1))
    }

    /// A year behind a date, with its comma or "of".
    pub(super) fn year_after(&self, at: usize) -> (Option<i32>, usize) {
        let mark = self.mark(at, ',') || self.mark(at, '(');
        let at_number = if mark { at + 1 } else { self.skip(at, &["of", "in"]) };
        match self.year(at_number) {
            Some((year, next)) => (Some(year), next),
            None => (None, at),
        }
    }

    /// Whether what stands here makes a count of the number in front of it.
    pub(super) fn counts(&self, at: usize) -> bool {
        let more = self.word(at) == "or" && self.is(at + 1, &["more", "fewer", "less"]);
        let joined = self.glued(at) && !self.word(at).is_empty();
        self.is_listed(at, COUNTED) || more || joined || self.mark(at, '%')
    }

    /// Whether the number in front of this place goes on: "1,000", "10:30", "2.5".
    fn figure(&self, at: usize) -> bool {
        let mark = self.mark(at, ',') || self.mark(at, '.') || self.mark(at, ':');
        mark && self.glued(at) && self.glued(at + 1) && self.number(at + 1).is_some()
    }

    /// Whether a number here belongs to the word in front of it: "size 10".
    pub(super) fn numbered(&self, at: usize) -> bool {
        listed(NUMBERED, self.word_before(at))
    }
}

/// The place of a word in a list, from 1.
fn place_in(list: &[&str], word: &str) -> Option<u32> {
    list.iter().zip(1..).find_map(|(known, place)| (*known == word).then_some(place))
}
