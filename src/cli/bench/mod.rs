//! `backstock bench`: how fast a server is on this machine, against a call that does nothing in the
//! same run.
//!
//! It promises: a server of its own, as another process, with a private PostgreSQL in a folder that
//! is gone afterwards; rounds in which every workload has its turn, so that ratios stand although
//! the machine is noisy; every answer checked; and an exit code that is 0 only when all answers
//! were right and Verify finds nothing.
//!
//! Reading order: `workload` (what is measured), `caller` and `check` (how a call is made, and what
//! it has to get), `slice` (some seconds of one workload), `rounds` (their order), `run`, `report`,
//! `table`; then `studies`. `ground`, `process` and `serve` are the servers; `baseline` and
//! `database` what they are compared with.

mod baseline;
mod caller;
mod check;
mod cpu;
mod database;
mod ground;
mod guard;
mod machine;
mod memory;
mod open_loop;
mod output;
mod pgbench;
mod process;
mod report;
mod rounds;
mod run;
mod serve;
mod shop;
mod slice;
mod studies;
mod table;
mod workload;
mod zipf;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum, value_parser};

use self::ground::Ground;
use self::guard::Guard;
use self::output::{Output, Told};
use self::rounds::Course;
use self::run::Run;
use self::studies::StudyArgs;
use self::workload::Workload;
use super::{signals, terminal};

const EXAMPLES: &str = "\
Examples:
  backstock bench --quick
  backstock bench --only empty,hot --rounds 5 --seconds 2
  backstock bench --only empty,hot -- --lanes 2 --batch-max 512
  backstock bench --quick --check benches/ratios.json
  backstock bench --long --fairness
  backstock bench --soak 1 --connections 1000 --in-flight 1000 --strict
  backstock bench --server 127.0.0.1:50051

It needs PostgreSQL's server binaries and nothing else: server and database are its own, and gone
afterwards. Flags behind `--` are those of `serve`. Ratios compare slices of the same round; figures
for each second depend on the machine. The exit code is 1 when any answer was wrong, and where
`--check` or `--strict` says so.";

/// Rounds, and seconds of each workload in a round, of a run that ends within a minute.
const QUICK: (u16, f64) = (4, 1.0);

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
    #[arg(long, value_name = "N", default_value_t = 5,
          value_parser = value_parser!(u16).range(1..))]
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

    /// How the report is written.
    #[arg(long, value_name = "FORM", value_enum, default_value = "table")]
    output: Output,

    /// Write every figure to a file too, as one JSON object.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    /// Ratios that were committed, as a JSON file: exit with 1 where one is under 0.8 of it now.
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,

    /// A running server, which keeps what the bench did; it has no baselines to compare with.
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["database_url", "serve_flags"])]
    server: Option<String>,

    /// A PostgreSQL for the bench's server, which keeps what the bench did: a database for this
    /// alone.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,

    #[command(flatten)]
    studies: StudyArgs,

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
/// The server cannot be started or reached. Wrong answers, and ratios below those that were
/// committed, are no error but exit code 1, after the report.
pub async fn run(args: BenchArgs) -> anyhow::Result<ExitCode> {
    if let Some(BenchVerb::Serve(args)) = args.verb {
        return serve::run(args).await;
    }
    let stop = signals::shutdown_token()?;
    let guard = args.check.as_deref().map(Guard::read).transpose()?;
    memory::raise_limit_of_files();
    let mut run = prepare(&args).await?;
    let measured = tokio::select! {
        told = measure(&args, &mut run, guard.as_ref()) => told.map(Some),
        () = stop.cancelled() => Ok(None),
    };
    let ended = match run.ground {
        Some(ground) => ground.end().await,
        None => Ok(()),
    };
    // What the run itself ran into matters more than what its end did.
    let told = measured?;
    ended?;
    let Some(told) = told else { return Ok(ExitCode::from(signals::INTERRUPTED)) };
    if let Some(path) = &args.save {
        let written = std::fs::write(path, &told.json);
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    let well = told.print(args.output)?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure(args: &BenchArgs, run: &mut Run, guard: Option<&Guard>) -> anyhow::Result<Told> {
    if !args.studies.any() {
        return Told::of_rounds(run.measure().await?, guard);
    }
    let ground = run.ground.as_mut().context("studies need a server of the bench's own")?;
    let (in_flight, time) = (run.course.in_flight, run.course.time);
    let studied = studies::run(&args.studies, ground, in_flight, run.connections, time).await?;
    Told::of_studies(studied, args.studies.is_strict())
}

async fn prepare(args: &BenchArgs) -> anyhow::Result<Run> {
    let workloads = workloads(args);
    let (rounds, seconds) = if args.quick { QUICK } else { (args.rounds, args.seconds) };
    let course = Course {
        workloads: workloads.iter().copied().filter(|work| work.takes_turns()).collect(),
        rounds: rounds.into(),
        time: Duration::from_secs_f64(seconds.clamp(0.01, 3_600.0)),
        in_flight: args.in_flight.into(),
    };
    let (address, ground) = match &args.server {
        Some(address) => {
            terminal::complain("a server that runs already has no baselines: no ratios");
            (address.clone(), None)
        }
        None => {
            terminal::complain("starting a server of its own ...");
            let database_url = args.database_url.as_deref();
            let ground = Ground::prepare(database_url, &args.serve_flags).await?;
            (ground.addresses().swap_remove(0), Some(ground))
        }
    };
    Ok(Run { workloads, course, connections: args.connections.into(), address, ground })
}

/// What was asked for, as far as it is to be had.
fn workloads(args: &BenchArgs) -> Vec<Workload> {
    let mut workloads = match (args.only.is_empty(), args.quick) {
        (false, _) => args.only.clone(),
        (true, true) => Workload::QUICK.to_vec(),
        (true, false) => Workload::value_variants().to_vec(),
    };
    if workloads.contains(&Workload::OpenLoop) {
        // Its rate is half of that.
        workloads.push(Workload::Hot);
    }
    if args.server.is_some() {
        workloads.retain(|workload| !workload.needs_own_server());
    }
    workloads.sort_unstable();
    workloads.dedup();
    workloads
}
