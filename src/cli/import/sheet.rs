//! A CSV file, cell by cell. Whatever is wrong with a cell is remembered with its line and column,
//! and reading goes on, so that all of it is told at once.

use std::collections::HashMap;
use std::fmt;

use csv::{ByteRecord, Position, ReaderBuilder, StringRecord, Trim};
use serde::Serialize;

use super::row::Row;

/// The mark that some programs put in front of a file of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Something in a file that is not right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The line of the file, from 1.
    pub line: u64,
    /// The column; empty = the line as a whole.
    pub column: String,
    /// What would be right.
    pub description: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.column.is_empty() { "" } else { " " };
        write!(out, "{}: {}{space}{}", self.line, self.column, self.description)
    }
}

/// What a file must and may have.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// These, or the file is refused.
    pub required: &'static [&'static str],
    /// These beside them.
    pub optional: &'static [&'static str],
}

/// A file whose lines have as many cells as it has columns.
#[derive(Debug)]
pub struct Sheet {
    columns: HashMap<String, usize>,
    rows: Vec<(u64, StringRecord)>,
    /// What is wrong with it so far.
    pub faults: Vec<Fault>,
}

impl Sheet {
    /// Reads a file.
    pub fn read(bytes: &[u8], known: Columns) -> Self {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .from_reader(bytes);
        let mut sheet = Self { columns: HashMap::new(), rows: Vec::new(), faults: Vec::new() };
        let mut width = None;
        for record in reader.byte_records() {
            // A reader of bytes in memory that may be of any width has nothing to complain of.
            let Ok(record) = record else { continue };
            let line = record.position().map_or(0, |position| line_of(bytes, position));
            match width {
                None => width = sheet.header(line, record, known),
                Some(width) => sheet.row(line, record, width),
            }
        }
        match width {
            None => sheet.fault(1, "", "the file is empty; its first line names the columns"),
            Some(_) if sheet.rows.is_empty() && sheet.faults.is_empty() => {
                sheet.fault(1, "", "there are no rows below the names of the columns");
            }
            Some(_) => {}
        }
        sheet
    }

    /// Remembers a fault.
    pub fn fault(&mut self, line: u64, column: &str, description: impl Into<String>) {
        let (column, description) = (column.to_owned(), description.into());
        self.faults.push(Fault { line, column, description });
    }

    /// Whether the file has a column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// Reads each row. A file whose columns are wrong has none that could be read.
    pub fn each<T>(&mut self, mut read: impl FnMut(&mut Row<'_>) -> T) -> Vec<T> {
        let (columns, faults) = (&self.columns, &mut self.faults);
        let rows = self.rows.iter().map(|(line, record)| {
            read(&mut Row { columns, record, faults: &mut *faults, line: *line })
        });
        rows.collect()
    }

    fn header(&mut self, line: u64, record: ByteRecord, known: Columns) -> Option<usize> {
        let Some(record) = self.text(line, record) else { return Some(0) };
        for (index, name) in record.iter().enumerate() {
            let name = name.to_lowercase();
            if !known.required.iter().chain(known.optional).any(|known| *known == name) {
                let all = [known.required, known.optional].concat().join(", ");
                self.fault(line, &name, format!("is no column here; there are {all}"));
            }
            if self.columns.insert(name.clone(), index).is_some() {
                self.fault(line, &name, "stands twice");
            }
        }
        for name in known.required {
            if !self.has(name) {
                self.fault(line, name, "is missing: the file needs that column");
            }
        }
        Some(record.len())
    }

    fn row(&mut self, line: u64, record: ByteRecord, width: usize) {
        if record.iter().all(<[u8]>::is_empty) {
            return;
        }
        let Some(record) = self.text(line, record) else { return };
        if record.len() == width {
            self.rows.push((line, record));
        } else {
            let found = record.len();
            self.fault(line, "", format!("must have {width} cells, not {found}"));
        }
    }

    fn text(&mut self, line: u64, record: ByteRecord) -> Option<StringRecord> {
        let text = StringRecord::from_byte_record(record).ok();
        if text.is_none() {
            self.fault(line, "", "must be UTF-8");
        }
        text
    }
}

/// The line on which a record begins. The reader takes the empty lines in front of a record for its
/// beginning.
fn line_of(bytes: &[u8], position: &Position) -> u64 {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = bytes.get(start..).unwrap_or_default().iter();
    let blank = rest.take_while(|byte| b"\r\n".contains(byte));
    position.line() + blank.filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::import::row::Seen;

    const COLUMNS: Columns = Columns { required: &["sku", "units"], optional: &["title", "day"] };

    /// Lines and columns of all faults.
    fn faults(text: &[u8]) -> Vec<(u64, String)> {
        let mut sheet = Sheet::read(text, COLUMNS);
        let mut seen = Seen::default();
        sheet.each(|row| {
            let sku = row.id("sku");
            row.text("title");
            row.units("units", 1);
            row.optional_date("day");
            seen.check(row, "sku", sku);
        });
        sheet.faults.into_iter().map(|fault| (fault.line, fault.column)).collect()
    }

    fn named(faults: &[(u64, &str)]) -> Vec<(u64, String)> {
        faults.iter().map(|(line, column)| (*line, (*column).to_owned())).collect()
    }

    #[test]
    fn every_fault_is_told_with_its_line_and_column() {
        let text = b"sku,units,day\n\
            A,1,2027-01-31\n\
            b c,1,\n\
            D,x,2027-13-01\n\
            \n\
            E,0,\n\
            F,1\n\
            A,2,\n\
            \xff,1,\n";
        let found =
            [(7, ""), (9, ""), (3, "sku"), (4, "units"), (4, "day"), (6, "units"), (8, "sku")];
        assert_eq!(faults(text), named(&found));
    }

    #[test]
    fn lines_are_counted_through_quoted_cells() {
        let text = b"sku,units,title\nA,1,\"two\nlines\"\nB,none,\n";
        assert_eq!(faults(text), named(&[(2, "title"), (4, "units")]));
    }

    #[test]
    fn columns_are_checked_and_may_stand_in_any_order() {
        assert_eq!(faults(b"units, SKU \r\n1,A\r\n"), []);
        assert_eq!(faults(b"\xef\xbb\xbfsku,units\nA,1\n"), []);
        let wrong = [(1, "colour"), (1, "sku"), (1, "units"), (2, "sku"), (2, "units")];
        assert_eq!(faults(b"sku,colour,sku\n,red,\n"), named(&wrong));
        assert_eq!(faults(b""), named(&[(1, "")]));
        assert_eq!(faults(b"sku,units\n"), named(&[(1, "")]));
    }
}
