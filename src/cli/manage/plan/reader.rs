//! A table of TOML, field by field. Whatever is wrong with a field is remembered with its line, and
//! reading goes on, so that all of it is told at once.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::faults::{Fault, Lines};
use crate::cli::manage::input::{DATE_RULE, date};

const INSTANT_RULE: &str =
    "must be a date such as 2027-01-20, or an instant with its zone such as 2027-01-20T18:00:00Z";

/// Whether a date alone means the first or the last instant of its day.
#[derive(Clone, Copy)]
pub enum Edge {
    /// The first.
    Start,
    /// The last.
    End,
}

/// What was read of a text so far.
pub struct Reader<'t> {
    text: &'t str,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// Where its fields stand.
    pub lines: Lines,
}

impl<'t> Reader<'t> {
    /// Nothing was read yet.
    pub fn of(text: &'t str) -> Self {
        Self { text, faults: Vec::new(), lines: Lines::default() }
    }

    /// The line, from 1, on which a byte stands.
    pub fn line(&self, offset: usize) -> usize {
        self.text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
    }

    /// Remembers a fault.
    pub fn fault(&mut self, field: &str, description: impl Into<String>) {
        let (line, field) = (self.lines.of(field), field.to_owned());
        self.faults.push(Fault { line, field, description: description.into() });
    }

    /// Remembers where the fields of a table stand, and finds those that it should not have.
    pub fn fields(&mut self, prefix: &str, table: &DeTable<'_>, known: &[&str]) {
        for key in table.keys() {
            let field = format!("{prefix}{}", key.get_ref());
            let line = self.line(key.span().start);
            self.lines.0.insert(field.clone(), line);
            if !known.contains(&key.get_ref().as_ref()) {
                let known = known.join(", ");
                self.fault(&field, format!("is not known here; there are {known}"));
            }
        }
    }

    /// A text; empty where there is none.
    pub fn text(&mut self, prefix: &str, table: &DeTable<'_>, key: &str) -> String {
        match table.get(key).map(Spanned::get_ref) {
            None => String::new(),
            Some(DeValue::String(text)) => text.to_string(),
            Some(_) => {
                self.fault(&format!("{prefix}{key}"), "must be a text in quotes");
                String::new()
            }
        }
    }

    /// A whole number; 0 where there is none.
    pub fn number(&mut self, prefix: &str, table: &DeTable<'_>, key: &str) -> i64 {
        let read = match table.get(key).map(Spanned::get_ref) {
            None => return 0,
            Some(DeValue::Integer(number)) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok()
            }
            Some(_) => None,
        };
        read.unwrap_or_else(|| {
            self.fault(&format!("{prefix}{key}"), "must be a whole number, without quotes");
            0
        })
    }

    /// A truth; false where there is none.
    pub fn flag(&mut self, table: &DeTable<'_>, key: &str) -> bool {
        let read = table.get(key).map(|value| value.get_ref().as_bool());
        read.unwrap_or(Some(false)).unwrap_or_else(|| {
            self.fault(key, "must be true or false");
            false
        })
    }

    /// The text of a date or an instant, be it written as such or in quotes.
    fn moment(table: &DeTable<'_>, key: &str) -> Option<Option<String>> {
        table.get(key).map(|value| match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Datetime(datetime) => Some(datetime.to_string()),
            _ => None,
        })
    }

    /// A date; empty where there is none.
    pub fn date(&mut self, prefix: &str, table: &DeTable<'_>, key: &str) -> String {
        let Some(text) = Self::moment(table, key) else { return String::new() };
        text.and_then(|text| date(&text).ok()).unwrap_or_else(|| {
            self.fault(&format!("{prefix}{key}"), DATE_RULE);
            String::new()
        })
    }

    /// An instant; a date alone is an edge of its day.
    pub fn instant(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        edge: Edge,
    ) -> Option<prost_types::Timestamp> {
        let text = Self::moment(table, key)?;
        let instant = text.and_then(|text| instant(&text, edge));
        if instant.is_none() {
            self.fault(key, INSTANT_RULE);
        }
        instant
    }
}

/// An instant with its zone; or an edge of a date, whose day is that of UTC.
fn instant(text: &str, edge: Edge) -> Option<prost_types::Timestamp> {
    let instant = match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(date) => {
            let start = date.and_time(NaiveTime::MIN).and_utc();
            match edge {
                Edge::Start => start,
                Edge::End => start + TimeDelta::days(1),
            }
        }
        Err(_) => DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc),
    };
    let nanos = i32::try_from(instant.timestamp_subsec_nanos()).ok()?;
    Some(prost_types::Timestamp { seconds: instant.timestamp(), nanos })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_whole_day_and_an_instant_has_a_zone() {
        let seconds = |text, edge| instant(text, edge).map(|instant| instant.seconds);
        let start = seconds("2027-01-20", Edge::Start).expect("a date");
        assert_eq!(seconds("2027-01-20", Edge::End), Some(start + 86_400));
        assert_eq!(seconds("2027-01-20T01:00:00+01:00", Edge::End), Some(start));
        assert_eq!(seconds("2027-01-20T01:00:00", Edge::Start), None);
    }
}
