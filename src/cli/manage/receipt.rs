//! `backstock receipt`: what a warehouse does when goods arrive, by hand.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use comfy_table::Table;

use super::input::units_of;
use super::output::{Column, answer, table};
use super::session::{SessionArgs, WriteArgs, write};
use crate::proto;

const EXAMPLES: &str = "\
Examples:
  backstock receipt add R-17 TEE-M=96 --damaged TEE-M=4 --inbound PO-7 --closes
  backstock receipt add R-17 TEE-M=96 --dry-run";

/// Goods that arrived.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ReceiptArgs {
    #[command(flatten)]
    session: SessionArgs,

    #[command(subcommand)]
    verb: ReceiptVerb,
}

#[derive(Subcommand, Debug)]
enum ReceiptVerb {
    /// Count an arrival: the queue is filled, oldest first. A receipt counts once, for ever.
    Add(AddArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock receipt add R-17 TEE-M=96 --damaged TEE-M=4 --inbound PO-7 --closes")]
struct AddArgs {
    /// The warehouse's own number.
    #[arg(value_name = "ID")]
    id: String,

    /// Good units that arrived.
    #[arg(value_name = "SKU=UNITS", required = true, value_parser = units_of)]
    lines: Vec<(String, i64)>,

    /// Units of these SKUs that arrived damaged.
    #[arg(long, value_name = "SKU=UNITS", value_parser = units_of)]
    damaged: Vec<(String, i64)>,

    /// The announced supply that it answers, for every line.
    #[arg(long, value_name = "ID", default_value = "")]
    inbound: String,

    /// The rest of that supply will not come.
    #[arg(long, requires = "inbound")]
    closes: bool,

    /// Where the goods stand [default: the programme's own].
    #[arg(long, value_name = "ID", default_value = "")]
    location: String,

    /// Only say who would be filled; change nothing.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    write: WriteArgs,
}

/// Counts an arrival.
///
/// # Errors
/// The server does not answer, or refuses; or damaged units are named of a SKU that is no line.
pub async fn run(args: ReceiptArgs) -> anyhow::Result<ExitCode> {
    let session = args.session.connect().await?;
    let ReceiptVerb::Add(args) = args.verb;
    let request_id = args.write.id();
    let request = proto::ReceiveRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        lines: args.lines()?,
        receipt_id: args.id,
        location: args.location,
        validate_only: args.dry_run,
    };
    let call = async |request| session.inventory().receive(request).await;
    let done = write(&request_id, request, call).await?;
    answer(session.output, &done, results)?;
    Ok(ExitCode::SUCCESS)
}

impl AddArgs {
    fn lines(&self) -> anyhow::Result<Vec<proto::ReceiptLine>> {
        let is_line = |sku: &String| self.lines.iter().any(|(line, _)| line == sku);
        if let Some((sku, _)) = self.damaged.iter().find(|(sku, _)| !is_line(sku)) {
            anyhow::bail!("--damaged {sku}: name the SKU among the lines too, 0 units if none");
        }
        let damaged = |sku: &str| self.damaged.iter().find(|(of, _)| of == sku).map(|(_, n)| *n);
        let line = |(sku, good): &(String, i64)| proto::ReceiptLine {
            sku: sku.clone(),
            good: *good,
            damaged: damaged(sku).unwrap_or_default(),
            inbound_id: self.inbound.clone(),
            closes_inbound: self.closes,
        };
        Ok(self.lines.iter().map(line).collect())
    }
}

fn results(done: &proto::ReceiveResponse) -> Table {
    let columns = [
        Column::Text("SKU"),
        Column::Number("received"),
        Column::Number("damaged"),
        Column::Number("filled"),
        Column::Number("still queued"),
        Column::Number("available"),
        Column::Text("filled orders"),
    ];
    let filled = |line: &proto::FilledLine| {
        let ready = if line.ready_to_ship { ", ready" } else { "" };
        format!("{} ({}{ready})", line.reservation_id, line.quantity)
    };
    let row = |result: &proto::ReceiptResult| {
        vec![
            result.sku.clone(),
            result.received.to_string(),
            result.damaged.to_string(),
            result.filled_units.to_string(),
            result.queue_left.to_string(),
            result.available.to_string(),
            result.filled.iter().map(filled).collect::<Vec<_>>().join("\n"),
        ]
    };
    table(&columns, done.results.iter().map(row))
}
