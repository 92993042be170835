//! `backstock demo`: a merchant's real invoices against a real server, over gRPC and nothing else.
//!
//! It promises: a programme of its own, so that it can be run against a server that has other work,
//! and run again; books of its own, kept from answers, in which every limit is checked; and an exit
//! code that is 0 only when every limit held and every repeated request got the same answer. Its
//! own server, unless it is given one, leaves nothing behind.
//!
//! Reading order: `orders` (the file), `scenario` and `visits` (what will happen), `buyer` and
//! `warehouse` (the people who do it), `history` and `inspector` (the checks), `report`.

mod buyer;
mod caller;
mod history;
mod inspector;
mod meter;
mod orders;
mod own_server;
mod play;
mod report;
mod scenario;
mod shop;
mod tally;
mod visits;
mod warehouse;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, value_parser};
use tokio_util::sync::CancellationToken;

use self::orders::OrderFile;
use self::own_server::OwnServer;
use self::play::Play;
use super::{signals, terminal};
use crate::telemetry;

/// Orders that are worth a measurement.
const ORDERS_WANTED: usize = 1_500;

const EXAMPLES: &str = "\
Examples:
  backstock demo
  backstock demo --rounds 100 --buyers 200
  backstock demo --server 127.0.0.1:50051 --orders online-retail.csv

Every invoice is a Reserve; where stock is short, a Backorder; cancellations are Releases. Trucks
fill the queue, packers ship what is ready, and every answer is checked against the limits. The exit
code is 1 when any limit was passed.";

/// What to play, and against which server.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct DemoArgs {
    /// Invoices as CSV: InvoiceNo, StockCode, Description, Quantity, CustomerID [default: a real
    /// merchant's 66 invoices, UCI Online Retail].
    #[arg(long, value_name = "FILE")]
    orders: Option<PathBuf>,

    /// A running server [default: one of its own, with a private database that is removed at the
    /// end].
    #[arg(long, value_name = "HOST:PORT")]
    server: Option<String>,

    /// Customers who order at the same time.
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = value_parser!(u16).range(1..=10_000))]
    buyers: u16,

    /// Connections to the server, shared by everybody.
    #[arg(long, value_name = "N", default_value_t = 4,
          value_parser = value_parser!(u16).range(1..=256))]
    connections: u16,

    /// How often every invoice comes; stock and caps grow with it [default: as often as makes about
    /// 1500 orders].
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=100_000))]
    rounds: Option<u32>,

    /// For how much of the demand there is stock before the first order, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 60,
          value_parser = value_parser!(u32).range(0..=100))]
    stock: u32,

    /// Chooses who gives up, what is short and what is sent twice; the same seed makes the same
    /// day.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Plays the demo and prints what came of it.
///
/// # Errors
/// The file cannot be read, or the server fails. Limits that were passed are no error but exit code
/// 1, after the report.
pub async fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let stop = signals::shutdown_token()?;
    let telemetry = telemetry_wanted().then(|| telemetry::install(None)).transpose()?;
    let ended = run_until(&args, stop).await;
    if let Some(telemetry) = telemetry {
        telemetry.shutdown();
    }
    ended
}

/// Its own server's log would get in the way of the progress, so that it is shown only to those who
/// ask.
fn telemetry_wanted() -> bool {
    let asked = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    ["BACKSTOCK_LOG", "RUST_LOG", "OTEL_EXPORTER_OTLP_ENDPOINT"].into_iter().any(asked)
}

async fn run_until(args: &DemoArgs, stop: CancellationToken) -> anyhow::Result<ExitCode> {
    let file = read(args)?;
    let own = match args.server {
        Some(_) => None,
        None => Some(start_own().await?),
    };
    let address = match (&args.server, &own) {
        (Some(address), _) => address.clone(),
        (None, Some(server)) => server.address(),
        (None, None) => anyhow::bail!("there is no server to play against"),
    };
    let played = tokio::select! {
        played = play(args, &file, &address) => played,
        error = failed(own.as_ref()) => Err(error.context("the demo's own server stopped")),
        () = stop.cancelled() => {
            terminal::complain("interrupted; cleaning up");
            Ok(ExitCode::from(signals::INTERRUPTED))
        }
    };
    if let Some(own) = own {
        let ended = own.end().await.context("the demo's own server did not stop cleanly");
        // What the play ran into matters more.
        return played.and_then(|code| ended.map(|()| code));
    }
    played
}

async fn start_own() -> anyhow::Result<OwnServer> {
    terminal::complain("starting a server of its own, with a private PostgreSQL ...");
    let server = OwnServer::start().await?;
    terminal::complain(&format!("serving on {}, {}", server.address(), server.database()));
    Ok(server)
}

fn read(args: &DemoArgs) -> anyhow::Result<OrderFile> {
    let Some(path) = &args.orders else { return orders::read(orders::SAMPLE) };
    let csv = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    orders::read(&csv).with_context(|| format!("cannot use {}", path.display()))
}

/// Why the demo's own server stopped; never, where there is none.
async fn failed(own: Option<&OwnServer>) -> anyhow::Error {
    match own {
        Some(server) => server.stopped().await,
        None => std::future::pending().await,
    }
}

async fn play(args: &DemoArgs, file: &OrderFile, address: &str) -> anyhow::Result<ExitCode> {
    let invoices = file.invoices.iter().filter(|invoice| !invoice.cancels).count();
    let rounds = args.rounds.unwrap_or_else(|| rounds_for(invoices));
    let scenario = scenario::build(file, rounds, args.stock, args.seed);
    let play = Play::open(args, address, scenario).await?;
    terminal::complain(&format!(
        "{} orders of {} SKUs ({invoices} invoices, {rounds} times), {} buyers on {} connections, \
         programme {}",
        play.orders(),
        play.skus(),
        args.buyers,
        args.connections,
        play.program(),
    ));
    let right = play.through(file).await?;
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn rounds_for(invoices: usize) -> u32 {
    u32::try_from(ORDERS_WANTED.div_ceil(invoices.max(1))).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_files_come_often_and_large_ones_once() {
        assert_eq!([62, 1_500, 25_000, 1].map(rounds_for), [25, 1, 1, 1_500]);
    }
}
