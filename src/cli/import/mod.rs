//! `backstock import`: items, stock and announced supply from CSV files.
//!
//! It promises: what is wrong with a file is told all at once, each fault with its line and column,
//! and nothing is sent as long as there is any; what the server would refuse is looked for first,
//! too. Calls are batched, and several are under way at once. The ids of requests and receipts
//! follow from the file's content and its lines: the same file again changes nothing, and an import
//! that was cut short is repeated by running it again.

mod batch;
mod inbound;
mod items;
mod preview;
mod row;
mod send;
mod sheet;
mod stock;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::manage::{Output, Session, SessionArgs};
use super::terminal;
use batch::{Ids, Plan};
use sheet::Fault;

const EXAMPLES: &str = "\
Examples:
  backstock import items items.csv
  backstock import stock count.csv --dry-run
  backstock import inbound purchase-orders.csv --update

The first line of a file names its columns; `import items --help` says which there are.";

/// Files that become items, stock or announced supply.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ImportArgs {
    #[command(flatten)]
    session: SessionArgs,

    #[command(subcommand)]
    verb: ImportVerb,
}

#[derive(Subcommand, Debug)]
enum ImportVerb {
    /// Add or change items.
    Items(ItemsArgs),
    /// Receive goods, or set stock to what was counted.
    Stock(StockArgs),
    /// Announce supply that is on its way.
    Inbound(InboundArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Columns: sku; and, if you like, listing, title, safety_stock, low_stock. What is left out gets its
default.

Example:
  backstock import items items.csv")]
struct ItemsArgs {
    #[command(flatten)]
    file: FileArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Columns: sku, and either count (what was counted on the shelf) or good (units that arrived); and, if
you like, location, and, beside good, damaged, inbound_id and closes_inbound (true or false).

A file of arrivals counts once. With another content it is another file, and counts anew.

Example:
  backstock import stock count.csv --dry-run && backstock import stock count.csv")]
struct StockArgs {
    #[command(flatten)]
    file: FileArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Columns: inbound_id, sku, expected, arrives_on; and, if you like, ships_on.

Example:
  backstock import inbound purchase-orders.csv --update")]
struct InboundArgs {
    #[command(flatten)]
    file: FileArgs,

    /// Change what was announced before; without it, that is refused.
    #[arg(long)]
    update: bool,
}

#[derive(Args, Debug)]
struct FileArgs {
    /// The file: UTF-8, with commas between its columns.
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,

    /// Only check, and change nothing.
    #[arg(long)]
    dry_run: bool,

    /// What the ids of the requests begin with. A request that was refused is refused again under
    /// its id; to have it decided anew, give another [default: one that follows from the content].
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

/// Reads, checks and sends a file.
///
/// # Errors
/// The file cannot be read, the server does not answer, or stays away in the middle of it.
pub async fn run(args: ImportArgs) -> anyhow::Result<ExitCode> {
    let connection = &args.session;
    match args.verb {
        ImportVerb::Items(args) => import(connection, &args.file, "items", items::read).await,
        ImportVerb::Stock(args) => import(connection, &args.file, "stock", stock::read).await,
        ImportVerb::Inbound(args) => {
            let read = |bytes: &[u8], ids: &Ids| inbound::read(bytes, ids, args.update);
            import(connection, &args.file, "inbound", read).await
        }
    }
}

async fn import(
    connection: &SessionArgs,
    args: &FileArgs,
    what: &'static str,
    read: impl Fn(&[u8], &Ids) -> Result<Plan, Vec<Fault>>,
) -> anyhow::Result<ExitCode> {
    let file = &args.file;
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let ids = Ids::of(connection.program(), what, &bytes, args.request_id.as_deref());
    let plan = match read(&bytes, &ids) {
        Ok(plan) => plan,
        Err(faults) => return tell(connection.output(), file, &faults),
    };
    let session = connection.connect().await?;
    let foreseen = preview::look(&session, &plan).await?;
    if !foreseen.is_empty() {
        return tell(session.output, file, &foreseen);
    }
    if args.dry_run {
        let rows = plan.rows;
        summary(
            session.output,
            file,
            rows,
            0,
            &format!("{rows} rows, no fault; nothing was sent"),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    send(&session, file, plan).await
}

async fn send(session: &Session, file: &Path, plan: Plan) -> anyhow::Result<ExitCode> {
    let (rows, batches) = (plan.rows, plan.batches);
    let refused = send::all(session, rows, batches).await?;
    let done = rows - refused.rows;
    let sentence = match done {
        _ if done == rows => format!("{rows} rows are done"),
        _ => format!("{done} of {rows} rows are done, {} are refused", refused.rows),
    };
    summary(session.output, file, rows, done, &sentence)?;
    match refused.faults.is_empty() {
        true => Ok(ExitCode::SUCCESS),
        false => tell(session.output, file, &refused.faults),
    }
}

/// Prints what became of a file.
fn summary(
    output: Output,
    file: &Path,
    rows: usize,
    done: usize,
    sentence: &str,
) -> anyhow::Result<()> {
    let line = match output {
        Output::Json => {
            let file = file.display().to_string();
            serde_json::json!({ "file": file, "rows": rows, "done": done }).to_string()
        }
        Output::Table | Output::Toml => format!("{}: {sentence}", file.display()),
    };
    Ok(terminal::say(&line)?)
}

/// Prints faults in the order of their lines: for people on stderr, as JSON on stdout.
fn tell(output: Output, file: &Path, faults: &[Fault]) -> anyhow::Result<ExitCode> {
    let mut faults: Vec<&Fault> = faults.iter().collect();
    faults.sort_by_key(|fault| fault.line);
    for fault in faults {
        match output {
            Output::Json => terminal::say(&serde_json::to_string(fault)?)?,
            Output::Table | Output::Toml => {
                terminal::complain(&format!("{}:{fault}", file.display()));
            }
        }
    }
    Ok(ExitCode::FAILURE)
}
