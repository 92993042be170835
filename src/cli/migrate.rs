//! `backstock migrate`: brings the schema up to date, for those who let nobody else do it.

use std::process::ExitCode;

use clap::Args;

use super::args::DatabaseArgs;
use super::terminal;
use crate::app;

const EXAMPLES: &str = "\
Example:
  DATABASE_URL=postgres://owner@db/stock backstock migrate
  DATABASE_URL=postgres://service@db/stock backstock serve --no-migrate";

/// Which database to bring up to date.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct MigrateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Applies the steps that the database lacks and says how many they were.
///
/// # Errors
/// The database cannot be reached, or a step fails.
pub async fn run(args: MigrateArgs) -> anyhow::Result<ExitCode> {
    let steps = app::migrate(&args.database.database()?).await?;
    terminal::say(&match steps {
        0 => "the schema is up to date; nothing to apply".to_owned(),
        1 => "1 step applied; the schema is up to date".to_owned(),
        steps => format!("{steps} steps applied; the schema is up to date"),
    })?;
    Ok(ExitCode::SUCCESS)
}
