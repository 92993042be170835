//! What the demo says at its end: what became of the orders, how fast calls were, and whether every
//! limit held.

use std::time::Duration;

use comfy_table::{Cell, CellAlignment, Table, presets};

use super::inspector::Findings;
use super::meter::{Measured, percentile};
use super::orders::OrderFile;
use super::scenario::Scenario;
use super::tally::Counts;
use super::visits::Step;
use crate::cli::terminal::{green, red, say};

const PROBLEMS_SHOWN: usize = 20;

/// Everything that the report is made of.
pub struct Report<'a> {
    /// What was read.
    pub file: &'a OrderFile,
    /// What was meant to happen.
    pub scenario: &'a Scenario,
    /// What happened.
    pub counts: Counts,
    /// How long it took.
    pub measured: Measured,
    /// From the first order to the last parcel.
    pub elapsed: Duration,
    /// Changes in the demo's own books.
    pub changes: usize,
    /// Whether all is right.
    pub findings: Findings,
}

impl Report<'_> {
    /// Prints it. Returns whether all is right.
    ///
    /// # Errors
    /// Nobody reads stdout any more.
    pub fn print(&self) -> std::io::Result<bool> {
        say(&self.outcomes().to_string())?;
        say(&self.calls().to_string())?;
        let faults = self.faults();
        for fault in faults.iter().take(PROBLEMS_SHOWN) {
            say(&red(&format!("WRONG: {fault}")))?;
        }
        if faults.len() > PROBLEMS_SHOWN {
            say(&red(&format!("... and {} more", faults.len() - PROBLEMS_SHOWN)))?;
        }
        if faults.is_empty() {
            say(&green(&self.all_is_right()))?;
        }
        Ok(faults.is_empty())
    }

    fn outcomes(&self) -> Table {
        let counts = &self.counts;
        let mut table = table(&["what became of the orders", "orders", "units"]);
        let mut row = |what: &str, orders: Option<u64>, units: Option<i64>| {
            let orders = orders.map(|number| grouped(number.into())).unwrap_or_default();
            let units = units.map(|number| grouped(number.into())).unwrap_or_default();
            table.add_row([Cell::new(what), right(&orders), right(&units)]);
        };
        row("sent", Some(self.scenario.orders), Some(self.ordered_units()));
        row("reserved from the shelf", Some(counts.reserved), Some(counts.reserved_units));
        row("backordered", Some(counts.backordered), Some(counts.backordered_units));
        for (reason, orders) in &counts.refused {
            row(&format!("refused: {reason}"), Some(*orders), None);
        }
        row("cart left before paying", Some(counts.given_up), None);
        row("cancelled", Some(counts.cancelled), None);
        row("cancelled, but had been refused", Some(counts.cancelled_refused), None);
        row("given back", None, Some(counts.released_units));
        row("received", None, Some(counts.received_units));
        row("filled from receipts", None, Some(counts.filled_units));
        row("shipped (parcels)", Some(counts.shipments), Some(counts.shipped_units));
        row("still waiting in the queue", None, Some(self.findings.queued));
        row("allocated, waiting for the rest", None, Some(self.findings.allocated));
        row("on hand at the end", None, Some(self.findings.on_hand));
        self.oddities(&mut table);
        table
    }

    /// What in the file was odd, in the same table.
    fn oddities(&self, table: &mut Table) {
        let left_out = &self.file.left_out;
        for (what, lines) in [
            ("cancelled lines with no matching order", self.scenario.unmatched_lines),
            ("lines left out: no goods (POST, D, ...)", left_out.not_goods),
            ("lines left out: quantity cannot be", left_out.quantity),
            ("lines left out: code cannot be an id", left_out.not_an_id),
            ("lines repeated in one invoice, added up", self.file.repeated_lines),
        ] {
            if lines > 0 {
                let lines = format!("{} lines", grouped(lines.into()));
                table.add_row([Cell::new(what), right(&lines), Cell::new("")]);
            }
        }
    }

    fn calls(&self) -> Table {
        let mut table = table(&["calls", "number", "p50 ms", "p99 ms"]);
        let mut all: Vec<u64> = Vec::new();
        for (rpc, micros) in &self.measured.micros {
            all.extend(micros);
            add_times(&mut table, rpc, micros.clone());
        }
        let calls = all.len();
        add_times(&mut table, "all", all);
        let seconds = self.elapsed.as_secs_f64().max(f64::EPSILON);
        let rate = (calls as f64 / seconds).round();
        for (what, number) in [
            ("calls per second", format!("{rate}")),
            ("seconds", format!("{seconds:.1}")),
            ("repeated on purpose", grouped(self.measured.repeated.into())),
            ("of those answered alike", grouped(self.measured.alike.into())),
            ("asked again (BUSY)", grouped(self.measured.asked_again.into())),
        ] {
            table.add_row([Cell::new(what), right(&number), Cell::new(""), Cell::new("")]);
        }
        table
    }

    /// Everything that must not be.
    fn faults(&self) -> Vec<String> {
        let problems = &self.findings.problems;
        let mut faults: Vec<String> =
            problems.iter().map(|found| format!("{}: {}", found.sku, found.what)).collect();
        faults.extend(self.findings.proof.discrepancies.iter().map(|found| {
            let at = if found.location.is_empty() { "" } else { " at " };
            let (sku, location, what) = (&found.sku, &found.location, &found.what);
            format!("{sku}{at}{location}: {what}: {} against {}", found.counter, found.sum)
        }));
        let unlike = self.measured.unlike.iter();
        faults.extend(unlike.map(|request| format!("two answers to one request: {request}")));
        let (looked_at, there_are) = (self.findings.proof.items, self.scenario.items.len());
        if usize::try_from(looked_at).ok() != Some(there_are) {
            faults.push(format!("Verify looked at {looked_at} items, of {there_are}"));
        }
        faults
    }

    fn all_is_right(&self) -> String {
        let proof = &self.findings.proof;
        format!(
            "Verify: {} items, {} movements, {} lines: the ledger equals the counters.\n\
             Checked by the demo itself: {} changes in the order of their versions, {} looks at \
             stock while orders ran: no limit was passed.",
            grouped(proof.items.into()),
            grouped(proof.movements.into()),
            grouped(proof.lines.into()),
            grouped(i128::try_from(self.changes).unwrap_or_default()),
            grouped(self.counts.looks.into()),
        )
    }

    fn ordered_units(&self) -> i64 {
        let steps = self.scenario.visits.iter().flat_map(|visit| &visit.steps);
        let lines = steps.flat_map(|step| match step {
            Step::Order(order) => order.lines.as_slice(),
            Step::Cancel { .. } => &[],
        });
        lines.map(|line| line.quantity).sum()
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    let cells = header.iter().enumerate().map(|(place, text)| match place {
        0 => Cell::new(text),
        _ => right(text),
    });
    table.set_header(cells.collect::<Vec<_>>());
    table
}

fn add_times(table: &mut Table, rpc: &str, mut micros: Vec<u64>) {
    micros.sort_unstable();
    let milliseconds = |percent| {
        let found = percentile(&micros, percent).unwrap_or_default();
        format!("{:.1}", found as f64 / 1_000.0)
    };
    let number = grouped(i128::try_from(micros.len()).unwrap_or_default());
    let (p50, p99) = (milliseconds(50), milliseconds(99));
    table.add_row([Cell::new(rpc), right(&number), right(&p50), right(&p99)]);
}

fn right(text: &str) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// The number with a comma between thousands.
fn grouped(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::history::Problem;
    use crate::cli::demo::{orders, scenario};
    use crate::proto::{Discrepancy, VerifyResponse};

    fn faults(problems: Vec<Problem>, proof: VerifyResponse, unlike: Vec<String>) -> Vec<String> {
        let file = orders::read(b"InvoiceNo,StockCode,Quantity\n1,A1,2\n").expect("a file");
        let scenario = scenario::build(&file, 1, 60, 1);
        let findings = Findings { problems, proof, queued: 0, allocated: 0, on_hand: 0 };
        let measured = Measured { unlike, ..Measured::default() };
        let (counts, elapsed) = (Counts::default(), Duration::from_secs(1));
        let report = Report {
            file: &file,
            scenario: &scenario,
            counts,
            measured,
            elapsed,
            changes: 0,
            findings,
        };
        report.faults()
    }

    fn proof(discrepancies: Vec<Discrepancy>) -> VerifyResponse {
        VerifyResponse { items: 1, discrepancies, ..Default::default() }
    }

    #[test]
    fn nothing_wrong_is_no_fault() {
        assert_eq!(faults(vec![], proof(vec![]), vec![]), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_fault_is_told_with_its_sku() {
        let problem = Problem { sku: "A1".into(), what: "3 of 2".into() };
        assert_eq!(faults(vec![problem], proof(vec![]), vec![]), ["A1: 3 of 2"]);
        let differs = Discrepancy { sku: "A1".into(), counter: 3, sum: 2, ..Default::default() };
        let told = faults(vec![], proof(vec![differs]), vec![]);
        assert!(told[0].contains("A1") && told[0].contains("3 against 2"), "{told:?}");
        let unlike = faults(vec![], proof(vec![]), vec!["Reserve r1: a, then b".into()]);
        assert!(unlike[0].contains("Reserve r1"), "{unlike:?}");
        assert_eq!(faults(vec![], VerifyResponse::default(), vec![]).len(), 1, "an empty proof");
    }

    #[test]
    fn thousands_are_parted() {
        let texts = [0, 999, 1_000, -12_345, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "-12,345", "1,234,567"]);
    }
}
