//! `backstock verify`: the ledger against the counters, for every programme, as a table and an exit
//! code. For a night job: it reads everything, and needs no running server.

use std::process::ExitCode;

use clap::Args;
use comfy_table::{Cell, CellAlignment, Table, presets};

use super::args::DatabaseArgs;
use super::terminal;
use crate::app;
use crate::proto::VerifyResponse;

const EXAMPLES: &str = "\
Examples:
  backstock verify --data-dir /var/lib/backstock
  DATABASE_URL=postgres://me@db/stock backstock verify || echo something differs";

/// Which database to look at.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Prints what was looked at and what differs; the exit code is 1 when anything does.
///
/// # Errors
/// The database cannot be read.
pub async fn run(args: VerifyArgs) -> anyhow::Result<ExitCode> {
    let proofs = app::verify(&args.database.database()?).await?;
    terminal::say(&looked_at(&proofs).to_string())?;
    let differing: usize = proofs.iter().map(|(_, proof)| proof.discrepancies.len()).sum();
    if differing == 0 {
        terminal::say(&terminal::green("the ledger equals the counters"))?;
        return Ok(ExitCode::SUCCESS);
    }
    terminal::say(&differences(&proofs).to_string())?;
    terminal::say(&terminal::red(&format!("{differing} counters differ from the ledger")))?;
    Ok(ExitCode::FAILURE)
}

fn looked_at(proofs: &[(String, VerifyResponse)]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["programme", "items", "movements", "lines", "differ"]);
    for (program, proof) in proofs {
        let differ = proof.discrepancies.len().to_string();
        table.add_row([
            Cell::new(program),
            number(&proof.items.to_string()),
            number(&proof.movements.to_string()),
            number(&proof.lines.to_string()),
            number(&differ),
        ]);
    }
    table
}

fn differences(proofs: &[(String, VerifyResponse)]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["programme", "SKU", "location", "what", "counter", "sum"]);
    for (program, proof) in proofs {
        for found in &proof.discrepancies {
            table.add_row([
                Cell::new(program),
                Cell::new(&found.sku),
                Cell::new(&found.location),
                Cell::new(&found.what),
                number(&found.counter.to_string()),
                number(&found.sum.to_string()),
            ]);
        }
    }
    table
}

fn number(text: &str) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Discrepancy;

    #[test]
    fn the_tables_name_the_programme_the_sku_and_both_numbers() {
        let found = Discrepancy {
            sku: "A".into(),
            location: "main".into(),
            what: "allocated: item against ledger".into(),
            counter: 17,
            sum: 16,
        };
        let proof = VerifyResponse { items: 3, movements: 9, lines: 2, discrepancies: vec![found] };
        let proofs = [("default".to_owned(), proof)];
        let text = format!("{}\n{}", looked_at(&proofs), differences(&proofs));
        for part in ["default", "A", "main", "allocated: item against ledger", "17", "16", "9"] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
}
