//! What a run came to, as tables for people.

use comfy_table::{Cell, CellAlignment, Table, presets};

use super::rounds::{Slices, Spread, ratio, spread};
use super::slice::Slice;
use super::workload::Workload;
use crate::cli::terminal::{green, red, say};

/// Prints all tables.
///
/// # Errors
/// Nobody reads stdout any more.
pub fn print(slices: &Slices) -> std::io::Result<()> {
    say(&rates(slices).to_string())?;
    if let Some(table) = ratios(slices) {
        say(&table.to_string())?;
    }
    Ok(())
}

fn rates(slices: &Slices) -> Table {
    let mut table = table(&[
        "work",
        "per second",
        "min",
        "max",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "server us",
        "postgres us",
        "client us",
    ]);
    for (workload, rounds) in slices {
        let Some(rate) = spread(rounds, Slice::rate) else { continue };
        let mut row = vec![Cell::new(workload.title())];
        row.extend([rate.median, rate.min, rate.max].map(|rate| right(&whole(rate))));
        let times: [fn(&Slice) -> f64; 3] =
            [|of| of.p50_us.into(), |of| of.p99_us.into(), |of| of.p999_us.into()];
        row.extend(times.map(|time| right(&median(rounds, |of| Some(time(of) / 1_000.0), 2))));
        let used: [fn(&Slice) -> Option<f64>; 3] =
            [|of| of.server_us, |of| of.postgres_us, |of| of.client_us];
        row.extend(used.map(|used| right(&median(rounds, used, 1))));
        table.add_row(row);
    }
    table
}

/// The ratios; none where nothing can be compared.
fn ratios(slices: &Slices) -> Option<Table> {
    let mut table = table(&["work", "against", "ratio", "min", "max", "goal"]);
    let mut any = false;
    for (workload, _) in slices {
        let against_empty = (Workload::Empty, None);
        let mut goals: Vec<(Workload, Option<f64>)> =
            workload.goals().into_iter().map(|goal| (goal.against, Some(goal.at_least))).collect();
        if goals.is_empty() && !matches!(workload, Workload::Empty | Workload::Alone) {
            goals.push(against_empty);
        }
        for (against, goal) in goals {
            let Some(found) = ratio(slices, *workload, against) else { continue };
            any = true;
            table.add_row(ratio_row(*workload, against, found, goal));
        }
    }
    any.then_some(table)
}

fn ratio_row(workload: Workload, against: Workload, found: Spread, goal: Option<f64>) -> Vec<Cell> {
    let goal = goal.map_or_else(String::new, |goal| {
        let text = format!(">= {goal:.2}");
        if found.median >= goal { green(&text) } else { red(&text) }
    });
    let numbers = [found.median, found.min, found.max].map(|ratio| right(&format!("{ratio:.3}")));
    let mut row = vec![Cell::new(workload.title()), Cell::new(against.title())];
    row.extend(numbers);
    row.push(right(&goal));
    row
}

/// The median of what the slices know; nothing where one does not.
fn median(slices: &[Slice], number: impl Fn(&Slice) -> Option<f64>, digits: usize) -> String {
    let numbers: Option<Vec<f64>> = slices.iter().map(number).collect();
    let spread = numbers.and_then(Spread::of);
    spread.map(|spread| format!("{:.digits$}", spread.median)).unwrap_or_default()
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

fn right(text: &str) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn whole(number: f64) -> String {
    format!("{number:.0}")
}
