//! How a run is told: tables for a terminal, Markdown for a page, JSON for programs; and whether
//! all was well.

use clap::ValueEnum;
use serde::Serialize;

use super::guard::Guard;
use super::report::{Report, Verified};
use super::studies::Studied;
use super::table::{Grid, grids};
use crate::cli::terminal::{complain, say};

/// How figures are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Tables for people.
    Table,
    /// Tables for a page.
    Markdown,
    /// One JSON object with every figure.
    Json,
}

/// What is told of a run.
pub struct Told {
    /// Every figure, as one JSON object.
    pub json: String,
    machine: String,
    grids: Vec<Grid>,
    /// What was compared with committed ratios, and whether that is well.
    guarded: Option<(Grid, bool)>,
    verified: Verified,
    wrong: Vec<String>,
    /// Aims that were missed, where that is a failure.
    missed: Vec<String>,
}

impl Told {
    /// Of rounds.
    ///
    /// # Errors
    /// A figure is none that JSON has.
    pub fn of_rounds(report: Report, guard: Option<&Guard>) -> anyhow::Result<Self> {
        Ok(Self {
            json: json(&report)?,
            machine: report.machine.sentence(),
            grids: grids(&report),
            guarded: guard.map(|guard| guard.check(&report)),
            verified: report.verified,
            wrong: report.wrong,
            missed: Vec::new(),
        })
    }

    /// Of studies; `strict`: an aim that is missed is a failure.
    ///
    /// # Errors
    /// A figure is none that JSON has.
    pub fn of_studies(studied: Studied, strict: bool) -> anyhow::Result<Self> {
        Ok(Self {
            json: json(&studied)?,
            machine: studied.machine.sentence(),
            grids: vec![studied.grid()],
            guarded: None,
            verified: studied.verified,
            missed: if strict { studied.missed() } else { Vec::new() },
            wrong: studied.wrong,
        })
    }

    /// Tells it. Returns whether all was well.
    ///
    /// # Errors
    /// Nobody reads stdout any more.
    pub fn print(&self, output: Output) -> std::io::Result<bool> {
        match output {
            Output::Json => say(&self.json)?,
            Output::Markdown => {
                say(&format!("{}.\n", self.machine))?;
                self.grids.iter().try_for_each(|grid| say(&grid.markdown()))?;
            }
            Output::Table => {
                say(&format!("{}.", self.machine))?;
                self.grids.iter().try_for_each(|grid| say(&grid.drawn()))?;
            }
        }
        if let Some((grid, _)) = &self.guarded {
            complain(&grid.drawn());
        }
        for missed in &self.missed {
            complain(&format!("MISSED: {missed}"));
        }
        for wrong in &self.wrong {
            complain(&format!("WRONG: {wrong}"));
        }
        if self.wrong.is_empty() {
            let Verified { items, movements, lines } = self.verified;
            complain(&format!(
                "Every answer was right. Verify: {items} items, {movements} movements, {lines} \
                 lines: the ledger equals the counters."
            ));
        }
        let well = self.wrong.is_empty() && self.missed.is_empty();
        Ok(well && self.guarded.as_ref().is_none_or(|(_, well)| *well))
    }
}

fn json(figures: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string(figures)?)
}
