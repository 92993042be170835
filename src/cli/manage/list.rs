//! Lists: page after page, up to a limit.

use clap::Args;

use super::messages::Named;
use super::output::{Column, Output, json_line, table};
use super::session::Session;
use crate::cli::terminal;

/// Most rows of a page.
const PAGE_MAX: i32 = 1000;

/// How much of a list is wanted.
#[derive(Args, Clone, Debug, Default)]
pub struct ListArgs {
    /// At most this many rows [default: all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

/// A message that is a row of a table.
pub trait Row: Named {
    /// The headings.
    const COLUMNS: &'static [Column];
    /// A cell for each heading.
    fn cells(&self) -> Vec<String>;
}

/// Prints a list. `page` asks for at most so many rows, from a token on, and answers with them and
/// the token of the next page. JSON is printed page by page, a table once all of it is there.
///
/// # Errors
/// A page could not be had, or nobody reads stdout any more.
pub async fn print<R: Row>(
    session: &Session,
    list: &ListArgs,
    nothing: &str,
    page: impl AsyncFn(i32, String) -> anyhow::Result<(Vec<R>, String)>,
) -> anyhow::Result<()> {
    let mut left = list.limit.unwrap_or(u64::MAX);
    let mut token = String::new();
    let mut count = 0_u64;
    let mut rows = Vec::new();
    loop {
        let size = i32::try_from(left).map_or(PAGE_MAX, |left| left.min(PAGE_MAX));
        let (found, next) = page(size, token).await?;
        let wanted = usize::try_from(left).unwrap_or(usize::MAX);
        for row in found.into_iter().take(wanted) {
            (left, count) = (left - 1, count + 1);
            match session.output {
                Output::Json => terminal::say(&json_line(&row)?)?,
                Output::Table | Output::Toml => rows.push(row.cells()),
            }
        }
        if left == 0 || next.is_empty() {
            break;
        }
        token = next;
    }
    if count == 0 {
        terminal::complain(nothing);
    } else if session.output == Output::Table {
        terminal::say(&table(R::COLUMNS, rows).to_string())?;
    }
    Ok(())
}

/// Prints rows that came in one answer.
///
/// # Errors
/// Nobody reads stdout any more.
pub fn show_all<R: Row>(output: Output, found: &[R], nothing: &str) -> anyhow::Result<()> {
    match output {
        _ if found.is_empty() => terminal::complain(nothing),
        Output::Json => {
            for row in found {
                terminal::say(&json_line(row)?)?;
            }
        }
        Output::Table | Output::Toml => terminal::say(&rows(found).to_string())?,
    }
    Ok(())
}

/// A table of rows.
pub fn rows<R: Row>(found: &[R]) -> comfy_table::Table {
    table(R::COLUMNS, found.iter().map(Row::cells))
}
