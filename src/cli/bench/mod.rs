//! `backstock bench`: how fast a server is on this machine, against a call that does nothing in the
//! same run.
//!
//! It promises: a server of its own, as another process, with a private PostgreSQL in a folder that
//! is gone afterwards; rounds in which every workload has its turn, so that ratios stand although
//! the machine is noisy; every answer checked; and an exit code that is 0 only when all answers were
//! right and Verify finds nothing.
//!
//! Reading order: `workload` (what is measured), `caller` (how a call is made and checked), `slice`
//! (some seconds of one workload), `rounds` (their order), `table`. `ground`, `process` and `serve`
//! are the servers; `baseline` and `database` what they are compared with.

mod baseline;
mod caller;
mod cpu;
mod database;
mod ground;
mod process;
mod rounds;
mod serve;
mod shop;
mod slice;
mod table;
mod workload;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand, value_parser};
use tonic::transport::Channel;

use self::cpu::Cpu;
use self::ground::Ground;
use self::rounds::{Course, Slices};
use self::shop::Shop;
use self::workload::Workload;
use super::connect::connect;
use super::{signals, terminal};

const EXAMPLES: &str = "\
Examples:
  backstock bench --quick
  backstock bench --only empty,hot --rounds 5 --seconds 2
  backstock bench --only empty,hot -- --lanes 2 --batch-max 512
  backstock bench --server 127.0.0.1:50051

It needs PostgreSQL's server binaries and nothing else: server and database are its own, and gone
afterwards. Flags behind `--` are those of `serve`. Ratios compare slices of the same round; figures
for each second depend on the machine. The exit code is 1 when any answer was wrong.";

/// How long a call may take, in seconds.
const CALL_SECONDS_MAX: u64 = 60;

/// What to measure, and on which server.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct BenchArgs {
    #[command(subcommand)]
    verb: Option<BenchVerb>,

    /// The workloads [default: all of them].
    #[arg(long, value_name = "WORK", value_delimiter = ',')]
    only: Vec<Workload>,

    /// Rounds that count; one more warms up.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = value_parser!(u16).range(1..))]
    rounds: u16,

    /// How long each workload works in a round.
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0)]
    seconds: f64,

    /// Calls under way at once.
    #[arg(long, value_name = "N", default_value_t = 256,
          value_parser = value_parser!(u16).range(1..=10_000))]
    in_flight: u16,

    /// Connections that the calls share.
    #[arg(long, value_name = "N", default_value_t = 4,
          value_parser = value_parser!(u16).range(1..=1_000))]
    connections: u16,

    /// Fewer workloads and rounds: ends within a minute.
    #[arg(long)]
    quick: bool,

    /// A running server, which keeps what the bench did; it has no baselines to compare with.
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["database_url", "serve_flags"])]
    server: Option<String>,

    /// A PostgreSQL for the bench's server, which keeps what the bench did: a database for this
    /// alone.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,

    /// Flags of `serve` for the bench's server.
    #[arg(last = true, value_name = "FLAGS OF SERVE")]
    serve_flags: Vec<OsString>,
}

#[derive(Debug, Subcommand)]
enum BenchVerb {
    /// Serve as the bench's own server does: with the baselines beside the services.
    #[command(hide = true)]
    Serve(serve::BenchServeArgs),
}

/// Measures, and prints what came of it.
///
/// # Errors
/// The server cannot be started or reached. Wrong answers are no error but exit code 1, after the
/// tables.
pub async fn run(args: BenchArgs) -> anyhow::Result<ExitCode> {
    if let Some(BenchVerb::Serve(args)) = args.verb {
        return serve::run(args).await;
    }
    let stop = signals::shutdown_token()?;
    let mut ground = match args.server {
        Some(_) => None,
        None => Some(prepare(&args).await?),
    };
    let measured = tokio::select! {
        measured = measure(&args, ground.as_mut()) => measured,
        () = stop.cancelled() => {
            terminal::complain("interrupted; cleaning up");
            Ok(ExitCode::from(signals::INTERRUPTED))
        }
    };
    match ground {
        Some(ground) => {
            let ended = ground.end().await;
            measured.and_then(|code| ended.map(|()| code))
        }
        None => measured,
    }
}

async fn prepare(args: &BenchArgs) -> anyhow::Result<Ground> {
    if args.database_url.is_none() {
        terminal::complain("starting a server of its own, with a private PostgreSQL ...");
    }
    Ground::prepare(args.database_url.as_deref(), &args.serve_flags).await
}

async fn measure(args: &BenchArgs, ground: Option<&mut Ground>) -> anyhow::Result<ExitCode> {
    let (address, servers, postgres) = match (&args.server, &ground) {
        (Some(address), _) => (address.clone(), Vec::new(), None),
        (None, Some(ground)) => {
            let address = ground.addresses().swap_remove(0);
            (address, ground.server_pids(), ground.postgres_pid())
        }
        (None, None) => anyhow::bail!("there is no server to measure"),
    };
    let course = course(args);
    let channels = channels(&address, args.connections).await?;
    let shop = Arc::new(Shop::open(&channels[0], &course.workloads).await?);
    let slices = course.run(&shop, &channels, || Cpu::read(&servers, postgres)).await;
    table::print(&slices)?;
    if let Some(peak) = servers.first().and_then(|pid| cpu::status_bytes(*pid, "VmHWM")) {
        terminal::say(&format!("The server's memory at its peak: {} MiB.", peak >> 20))?;
    }
    let proof = shop.verify(&channels[0]).await?;
    let mut wrong = complaints(&slices);
    wrong.extend(proof.discrepancies.iter().map(|found| format!("Verify: {found:?}")));
    for complaint in &wrong {
        terminal::say(&terminal::red(&format!("WRONG: {complaint}")))?;
    }
    if wrong.is_empty() {
        terminal::say(&terminal::green(&format!(
            "Every answer was right; Verify: {} items, {} movements, {} lines: the ledger equals \
             the counters.",
            proof.items, proof.movements, proof.lines
        )))?;
    }
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn course(args: &BenchArgs) -> Course {
    let mut workloads = if args.only.is_empty() {
        vec![
            Workload::Empty,
            Workload::Plain,
            Workload::Hot,
            Workload::Spread,
            Workload::Three,
            Workload::Alone,
        ]
    } else {
        args.only.clone()
    };
    if args.server.is_some() {
        workloads.retain(|workload| !workload.is_baseline());
        terminal::complain("a server that runs already has no baselines: ratios are left out");
    }
    let (rounds, seconds) = if args.quick { (3, 1.0) } else { (args.rounds, args.seconds) };
    Course {
        workloads,
        rounds: rounds.into(),
        time: Duration::from_secs_f64(seconds.max(0.01)),
        in_flight: args.in_flight.into(),
    }
}

async fn channels(address: &str, connections: u16) -> anyhow::Result<Vec<Channel>> {
    let mut channels = Vec::new();
    for _ in 0..connections {
        channels.push(connect(address, CALL_SECONDS_MAX).await?);
    }
    Ok(channels)
}

fn complaints(slices: &Slices) -> Vec<String> {
    let mut complaints = Vec::new();
    for (workload, rounds) in slices {
        let wrong: u64 = rounds.iter().map(|slice| slice.wrong).sum();
        let examples: Vec<&str> =
            rounds.iter().flat_map(|slice| &slice.examples).take(3).map(String::as_str).collect();
        if wrong > 0 {
            let (name, examples) = (workload.name(), examples.join("; "));
            complaints.push(format!("{name}: {wrong} answers, for example {examples}"));
        }
    }
    complaints
}
