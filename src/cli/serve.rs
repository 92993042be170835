//! `backstock serve`: a server from its flags to its last call.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum, value_parser};

use super::args::{DatabaseArgs, NatsArgs};
use super::{signals, terminal};
use crate::app::Neighbours;
use crate::config::{
    CALLS_MAX_DEFAULT, CONNECTIONS_MAX_DEFAULT, Combining, Events, KEEP_EVENTS_DAYS_DEFAULT,
    Keeping, ServeConfig,
};
use crate::{app, telemetry};

const EXAMPLES: &str = "\
Examples:
  backstock serve
  backstock serve --listen 127.0.0.1:7000 --data-dir ./stock
  BACKSTOCK_LISTEN=[::1]:50051 DATABASE_URL=postgres://me@db/stock backstock serve

It prints one line on stdout when it serves. SIGTERM and SIGINT let running calls end first; a
second signal ends at once. With OTEL_EXPORTER_OTLP_ENDPOINT set, traces and metrics go there.";

/// A hundred years, for numbers of days.
const DAYS_MAX: i64 = 36_525;

/// How to serve.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// Where to listen for gRPC; port 0 = any free one.
    #[arg(
        long,
        env = "BACKSTOCK_LISTEN",
        value_name = "IP:PORT",
        default_value = "127.0.0.1:50051"
    )]
    listen: SocketAddr,

    #[command(flatten)]
    database: DatabaseArgs,

    /// Leave the schema as it is; `backstock migrate` brings it up to date.
    #[arg(
        long,
        env = "BACKSTOCK_NO_MIGRATE",
        value_parser = BoolishValueParser::new()
    )]
    no_migrate: bool,

    /// Listen on an address that other machines can reach, although nobody vouches for the callers
    /// yet.
    #[arg(
        long,
        env = "BACKSTOCK_ACCEPT_UNAUTHENTICATED_CALLERS",
        value_parser = BoolishValueParser::new()
    )]
    accept_unauthenticated_callers: bool,

    /// Writes in one transaction at most; 1 = each has its own.
    #[arg(long, env = "BACKSTOCK_BATCH_MAX", value_name = "N",
          default_value_t = Combining::default().batch_max, value_parser = from_one)]
    batch_max: usize,

    /// Write transactions at once.
    #[arg(long, env = "BACKSTOCK_LANES", value_name = "N",
          default_value_t = Combining::default().lanes_max, value_parser = from_one)]
    lanes: usize,

    /// Writes waiting at once; more are refused as BUSY.
    #[arg(long, env = "BACKSTOCK_WAITING_MAX", value_name = "N",
          default_value_t = Combining::default().waiting_max, value_parser = from_one)]
    waiting_max: usize,

    /// Calls in the server at once; more are refused as BUSY.
    #[arg(long, env = "BACKSTOCK_CALLS_MAX", value_name = "N",
          default_value_t = CALLS_MAX_DEFAULT, value_parser = from_one)]
    calls_max: usize,

    /// Calls of Watch at once; more are refused as BUSY.
    #[arg(long, env = "BACKSTOCK_WATCHERS_MAX", value_name = "N",
          default_value_t = Events::default().watchers_max, value_parser = from_one)]
    watchers_max: usize,

    /// Connections to PostgreSQL, more than there are lanes.
    #[arg(long, env = "BACKSTOCK_CONNECTIONS", value_name = "N",
          default_value_t = CONNECTIONS_MAX_DEFAULT,
          value_parser = value_parser!(u32).range(2..=1000))]
    connections: u32,

    /// How often an event may fail at a webhook before nothing more is sent to that.
    #[arg(long, env = "BACKSTOCK_WEBHOOK_ATTEMPTS", value_name = "N",
          default_value_t = Events::default().webhook_attempts_max,
          value_parser = value_parser!(i32).range(1..=1000))]
    webhook_attempts: i32,

    /// For how many days events can be read again; 0 = for ever. One that a sink has yet to pass is
    /// kept on.
    #[arg(long, env = "BACKSTOCK_KEEP_EVENTS_DAYS", value_name = "N",
          default_value_t = KEEP_EVENTS_DAYS_DEFAULT,
          value_parser = value_parser!(u32).range(..=DAYS_MAX))]
    keep_events_days: u32,

    /// For how many days the ledger has single lines; older ones become one for each item, with
    /// their sums. 0 = for ever.
    #[arg(long, env = "BACKSTOCK_KEEP_LEDGER_DAYS", value_name = "N", default_value_t = 0,
          value_parser = value_parser!(u32).range(..=DAYS_MAX))]
    keep_ledger_days: u32,

    #[command(flatten)]
    nats: NatsArgs,

    /// Write every event from now on to stdout too, one JSON object a line, for trying out.
    #[arg(long, env = "BACKSTOCK_SINK", value_name = "SINK")]
    sink: Option<Sink>,

    /// How logs are written [default: human on a terminal, json otherwise].
    #[arg(long, env = "BACKSTOCK_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sink {
    /// One JSON object on each line.
    Stdout,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// Lines for people.
    Human,
    /// One JSON object on each line.
    Json,
}

/// Reads a number that cannot be 0: a limit of nothing would serve nobody.
fn from_one(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(number) if (1..=1_000_000).contains(&number) => Ok(number),
        _ => Err("give a whole number from 1 to 1000000".to_owned()),
    }
}

impl ServeArgs {
    fn config(self) -> anyhow::Result<ServeConfig> {
        let config = ServeConfig {
            listen: self.listen,
            database: self.database.database()?,
            migrate: !self.no_migrate,
            combining: Combining {
                batch_max: self.batch_max,
                lanes_max: self.lanes,
                waiting_max: self.waiting_max,
            },
            calls_max: self.calls_max,
            accept_unauthenticated: self.accept_unauthenticated_callers,
            connections_max: self.connections,
            events: Events {
                watchers_max: self.watchers_max,
                webhook_attempts_max: self.webhook_attempts,
                nats: self.nats.nats(),
                on_stdout: self.sink.is_some(),
            },
            keeping: Keeping::days(self.keep_events_days, self.keep_ledger_days),
        };
        config.check()?;
        Ok(config)
    }
}

/// Serves until a signal, or until the server fails by itself.
///
/// # Errors
/// The settings cannot be served, the server cannot start, or it failed while it served.
pub async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    run_beside(args, None).await
}

/// As [`run`], with neighbours. Only the bench has any.
///
/// # Errors
/// As [`run`].
pub async fn run_beside(
    args: ServeArgs,
    neighbours: Option<Neighbours>,
) -> anyhow::Result<ExitCode> {
    let format = args.log_format.map(|format| match format {
        LogFormat::Human => telemetry::LogFormat::Human,
        LogFormat::Json => telemetry::LogFormat::Json,
    });
    let config = args.config()?;
    let telemetry = telemetry::install(format)?;
    let ended = serve(&config, neighbours).await;
    telemetry.shutdown();
    ended.map(|()| ExitCode::SUCCESS)
}

async fn serve(config: &ServeConfig, neighbours: Option<Neighbours>) -> anyhow::Result<()> {
    let asked_to_end = signals::shutdown_token()?;
    // A signal during the start is obeyed after it: a database that is half started would have to
    // be repaired by the next start.
    let mut server = app::start_beside(config, neighbours).await?;
    if !asked_to_end.is_cancelled() {
        terminal::say(&format!(
            "backstock {} serving on {}, {}",
            env!("CARGO_PKG_VERSION"),
            server.address(),
            server.database()
        ))?;
    }
    server.print_events(std::io::stdout());
    let failed = tokio::select! {
        () = asked_to_end.cancelled() => None,
        error = server.stopped() => Some(error),
    };
    let drained = server.shutdown().await;
    match failed {
        // Why it failed matters more than what its end ran into.
        Some(error) => Err(error.context("the server stopped by itself")),
        None => drained,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Verb};
    use crate::config::Database;

    fn parsed(flags: &[&str]) -> Result<ServeArgs, clap::Error> {
        let words = ["backstock", "serve"].iter().chain(flags);
        match Cli::try_parse_from(words)?.verb {
            Verb::Serve(args) => Ok(args),
            other => panic!("{other:?} is not serve"),
        }
    }

    #[test]
    fn flags_reach_the_config() {
        let flags = ["--listen", "[::1]:7", "--data-dir", "/d", "--no-migrate", "--lanes", "2"];
        let more = ["--batch-max", "1", "--waiting-max", "9", "--calls-max", "8"];
        let args = parsed(&[&flags[..], &more[..], &["--connections", "3"]].concat());
        let config = args.expect("good flags").config().expect("a config");
        assert_eq!(config.listen.to_string(), "[::1]:7");
        assert_eq!(config.database, Database::Embedded { data_dir: "/d".into() });
        assert!(!config.migrate && !config.accept_unauthenticated);
        let combining = Combining { batch_max: 1, lanes_max: 2, waiting_max: 9 };
        assert_eq!(config.combining, combining);
        assert_eq!((config.calls_max, config.connections_max), (8, 3));
    }

    #[test]
    fn days_reach_the_config_and_a_short_ledger_is_refused_by_its_flag() {
        let kept = |flags: &[&str]| parsed(&[&["--data-dir", "/d"], flags].concat());
        let config = kept(&[]).expect("parsed").config().expect("a config");
        assert_eq!(config.keeping, Keeping::days(90, 0));
        let flags = ["--keep-events-days", "7", "--keep-ledger-days", "365"];
        let config = kept(&flags).expect("parsed").config().expect("a config");
        assert_eq!(config.keeping, Keeping::days(7, 365));
        let short = kept(&["--keep-ledger-days", "30"]).expect("parsed").config();
        let error = short.expect_err("shorter than events").to_string();
        assert!(error.contains("--keep-ledger-days 30"), "{error}");
    }

    #[test]
    fn another_machine_needs_leave() {
        let open = ["--listen", "0.0.0.0:1", "--data-dir", "/d"];
        let refused = parsed(&open).expect("parsed").config().expect_err("refused").to_string();
        assert!(refused.contains("no authentication yet"), "{refused}");
        let leave = [&open[..], &["--accept-unauthenticated-callers"]].concat();
        let config = parsed(&leave).expect("parsed").config().expect("leave was given");
        assert!(config.accept_unauthenticated);
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for (flag, value) in [("--batch-max", "0"), ("--lanes", "x"), ("--listen", "localhost")] {
            let error = parsed(&[flag, value]).expect_err(flag).to_string();
            assert!(error.contains(flag), "{error}");
        }
    }
}
