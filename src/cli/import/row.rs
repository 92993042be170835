//! A row of a sheet, cell by cell.

use std::collections::HashMap;

use csv::StringRecord;

use super::sheet::Fault;
use crate::domain::id::ID_RULE;
use crate::domain::plan::parse_date;
use crate::domain::{QUANTITY_MAX, Sku};

/// Most characters of a text for people.
const TEXT_LENGTH_MAX: usize = 256;

/// A row that is being read.
pub struct Row<'s> {
    pub(super) columns: &'s HashMap<String, usize>,
    pub(super) record: &'s StringRecord,
    pub(super) faults: &'s mut Vec<Fault>,
    /// Its line in the file.
    pub line: u64,
}

impl Row<'_> {
    /// Remembers a fault of this row.
    pub fn fault(&mut self, column: &str, description: impl Into<String>) {
        let (column, description) = (column.to_owned(), description.into());
        self.faults.push(Fault { line: self.line, column, description });
    }

    /// A cell; empty where the file does not have the column.
    fn cell(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|index| self.record.get(*index)).unwrap_or_default()
    }

    /// An id that must be there.
    pub fn id(&mut self, column: &'static str) -> String {
        let id = self.cell(column).to_owned();
        if Sku::parse(&id).is_none() {
            self.fault(column, format!("must be {ID_RULE}"));
        }
        id
    }

    /// An id that may be left empty.
    pub fn optional_id(&mut self, column: &'static str) -> String {
        if self.cell(column).is_empty() { String::new() } else { self.id(column) }
    }

    /// A text for people.
    pub fn text(&mut self, column: &'static str) -> String {
        let text = self.cell(column).to_owned();
        let length = text.chars().count();
        if length > TEXT_LENGTH_MAX {
            let rule = format!("must be at most {TEXT_LENGTH_MAX} characters, not {length}");
            self.fault(column, rule);
        }
        if text.chars().any(char::is_control) {
            self.fault(column, "must have no control characters");
        }
        text
    }

    /// Units from `least` on; an empty cell is 0, and a fault where that is too little.
    pub fn units(&mut self, column: &'static str, least: i64) -> i64 {
        let cell = self.cell(column);
        let read = if cell.is_empty() { Ok(0) } else { cell.parse::<i64>() };
        match read {
            Ok(units) if (least..=QUANTITY_MAX).contains(&units) => units,
            _ => {
                let rule = format!("must be a whole number, {least} to 1,000,000,000");
                self.fault(column, rule);
                0
            }
        }
    }

    /// Units that must be written out.
    pub fn counted(&mut self, column: &'static str) -> i64 {
        if self.cell(column).is_empty() {
            self.fault(column, "must be a whole number, 0 to 1,000,000,000");
            return 0;
        }
        self.units(column, 0)
    }

    /// `true` or `false`; an empty cell is `false`.
    pub fn flag(&mut self, column: &'static str) -> bool {
        match self.cell(column).to_lowercase().as_str() {
            "true" => true,
            "" | "false" => false,
            _ => {
                self.fault(column, "must be true or false");
                false
            }
        }
    }

    /// A date that must be there.
    pub fn date(&mut self, column: &'static str) -> String {
        let date = self.cell(column).to_owned();
        if parse_date(&date).is_none() {
            self.fault(column, "must be an ISO 8601 date such as 2027-01-31");
        }
        date
    }

    /// A date that may be left empty.
    pub fn optional_date(&mut self, column: &'static str) -> String {
        if self.cell(column).is_empty() { String::new() } else { self.date(column) }
    }
}

/// Finds rows that tell of the same thing twice.
#[derive(Debug, Default)]
pub struct Seen<K> {
    first: HashMap<K, u64>,
}

impl<K: std::hash::Hash + Eq> Seen<K> {
    /// Refuses a row whose key an earlier one had.
    pub fn check(&mut self, row: &mut Row<'_>, column: &str, key: K) {
        let first = *self.first.entry(key).or_insert(row.line);
        if first != row.line {
            row.fault(column, format!("is that of line {first} again"));
        }
    }
}
