//! What a run came to, in rows: as tables for a terminal, and as Markdown for a page.

use comfy_table::{Cell, CellAlignment, Table, presets};

use super::database::Rows;
use super::report::{Comparison, Report};
use super::rounds::{Series, Spread};
use super::slice::Slice;
use crate::cli::terminal::{green, red};

/// A table before it is drawn.
pub struct Grid {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// Whether a row reached its goal; none where it has none.
    reached: Vec<Option<bool>>,
}

/// All tables of a report, in order.
#[must_use]
pub fn grids(report: &Report) -> Vec<Grid> {
    let mut grids = vec![rates(&report.series), costs(&report.series)];
    if !report.replicas.is_empty() {
        grids.push(rates(&report.replicas));
    }
    let compared = report.comparisons.iter().chain(&report.replica_comparisons);
    grids.push(ratios(compared));
    grids.push(others(report));
    grids.retain(|grid| !grid.rows.is_empty());
    grids
}

fn rates(all: &[Series]) -> Grid {
    let mut grid = Grid::new(&["work", "a second", "min", "max", "p50 ms", "p99 ms", "p99.9 ms"]);
    for series in all {
        let Some(rate) = series.spread(|slice| Some(slice.rate())) else { continue };
        let mut row = vec![series.workload.title().to_owned()];
        row.extend([rate.median, rate.min, rate.max].map(grouped));
        let times: [fn(&Slice) -> u32; 3] = [|of| of.p50_us, |of| of.p99_us, |of| of.p999_us];
        row.extend(times.map(|time| median(series, |of| Some(f64::from(time(of)) / 1_000.0), 2)));
        grid.add(row, None);
    }
    grid
}

/// What a call costs: processor time in microseconds, and what is written.
fn costs(all: &[Series]) -> Grid {
    let mut grid = Grid::new(&[
        "cost of each",
        "server us",
        "postgres us",
        "client us",
        "WAL bytes",
        "inserted",
        "updated",
        "heap-only",
        "index",
        "commits",
    ]);
    for series in all {
        let mut row = vec![series.workload.title().to_owned()];
        row.push(median(series, |of| of.server_us, 1));
        row.push(median(series, |of| of.postgres_us, 1));
        row.push(median(series, |of| of.client_us, 1));
        row.push(median(series, |of| of.wal_bytes, 0));
        // One round alone counts rows.
        let rows = series.rounds.iter().find_map(|slice| slice.rows);
        let counts: [fn(&Rows) -> f64; 5] = [
            |of| of.inserted,
            |of| of.updated,
            |of| of.heap_only,
            |of| of.index_entries,
            |of| of.commits,
        ];
        row.extend(counts.map(|count| rows.map_or(String::new(), |rows| short(count(&rows)))));
        grid.add(row, None);
    }
    grid
}

fn ratios<'a>(all: impl Iterator<Item = &'a Comparison>) -> Grid {
    let mut grid = Grid::new(&["work", "against", "ratio", "min", "max", "by CPU", "goal"]);
    for found in all {
        let (workload, against) = (found.workload.title(), found.against.title());
        let mut row = vec![workload.to_owned(), against.to_owned()];
        let Spread { median, min, max } = found.ratio;
        row.extend([median, min, max].map(|ratio| format!("{ratio:.3}")));
        row.push(found.by_cpu.map_or(String::new(), |ratio| format!("{ratio:.3}")));
        row.push(found.bound.text());
        grid.add(row, found.reached);
    }
    grid
}

fn others(report: &Report) -> Grid {
    const MEBIBYTE: u64 = 1 << 20;
    let mut grid = Grid::new(&["also", "found"]);
    let mut say = |what: String, found: String| grid.add(vec![what, found], None);
    if let Some(open) = &report.open_loop {
        let milliseconds = |micros: u32| format!("{:.2}", f64::from(micros) / 1_000.0);
        let slice = &open.slice;
        let times = [slice.p50_us, slice.p99_us, slice.p999_us, slice.max_us].map(milliseconds);
        say(
            format!("open loop, {} a second: p50, p99, p99.9, max ms", grouped(open.offered)),
            times.join(", "),
        );
        let parts = [slice.server_us, slice.postgres_us, slice.client_us];
        if let [Some(server), Some(postgres), Some(client)] = parts {
            say(
                "open loop, each call: server, postgres, client us".to_owned(),
                format!("{server:.1}, {postgres:.1}, {client:.1}"),
            );
        }
    }
    if let Some(memory) = &report.memory {
        let shown = |bytes: Option<u64>| {
            bytes.map_or("unknown".to_owned(), |bytes| format!("{} MiB", bytes / MEBIBYTE))
        };
        let (connections, rate) = (memory.connections, grouped(memory.slice.rate()));
        say(
            format!("server's memory, {connections} connections, {rate} calls a second"),
            shown(memory.resident),
        );
        say("server's memory at its peak".to_owned(), shown(memory.peak));
    }
    grid
}

/// The median of what the rounds know; nothing where one does not.
fn median(series: &Series, number: impl Fn(&Slice) -> Option<f64>, digits: usize) -> String {
    let spread = series.spread(number);
    spread.map(|spread| format!("{:.digits$}", spread.median)).unwrap_or_default()
}

/// With as many digits as tell something.
fn short(number: f64) -> String {
    if number < 0.1 { format!("{number:.3}") } else { format!("{number:.1}") }
}

/// The whole number, with a comma between thousands.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl Grid {
    /// One without rows.
    #[must_use]
    pub fn new(header: &[&'static str]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new(), reached: Vec::new() }
    }

    /// Adds a row, and whether it reached its goal.
    pub fn add(&mut self, row: Vec<String>, reached: Option<bool>) {
        self.rows.push(row);
        self.reached.push(reached);
    }

    /// For a terminal.
    #[must_use]
    pub fn drawn(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(self.header.iter().enumerate().map(|(place, text)| cell(place, text)));
        for (row, reached) in self.rows.iter().zip(&self.reached) {
            let last = row.len().saturating_sub(1);
            table.add_row(row.iter().enumerate().map(|(place, text)| match reached {
                Some(true) if place == last => cell(place, &green(text)),
                Some(false) if place == last => cell(place, &red(text)),
                _ => cell(place, text),
            }));
        }
        table.to_string()
    }

    /// For a page.
    #[must_use]
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let header: Vec<String> = self.header.iter().map(|text| (*text).to_owned()).collect();
        let rule = |place: usize| if place == 0 { "---" } else { "---:" }.to_owned();
        let rules: Vec<String> = (0..self.header.len()).map(rule).collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        line(&header) + &line(&rules) + &rows
    }
}

fn cell(place: usize, text: &str) -> Cell {
    let alignment = if place == 0 { CellAlignment::Left } else { CellAlignment::Right };
    Cell::new(text).set_alignment(alignment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_as_markdown() {
        let mut grid = Grid::new(&["work", "ratio"]);
        grid.add(vec!["hot".to_owned(), "0.7".to_owned()], Some(true));
        assert_eq!(grid.markdown(), "| work | ratio |\n| --- | ---: |\n| hot | 0.7 |\n");
        assert!(grid.drawn().contains("hot"));
    }

    #[test]
    fn thousands_are_parted() {
        assert_eq!(
            [0.4, 999.0, 1_000.2, 1_234_567.0].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
