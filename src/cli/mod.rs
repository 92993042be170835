//! The command line: one file for each verb, and nothing that another program could not do too.
//!
//! It promises: one clear line on stderr when something fails, with its causes; an exit code that
//! says how it ended (0 well, 1 not, 2 wrongly called, 130 stopped by the user); and on stdout
//! nothing but what the verb is for. `demo` and `health` are clients: they speak gRPC, and know
//! nothing of the house.

mod args;
mod connect;
mod demo;
mod health;
mod migrate;
mod serve;
mod signals;
mod terminal;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  backstock demo                               see it work: real orders, a private database
  backstock serve                              serve on 127.0.0.1:50051, with a private database
  DATABASE_URL=postgres://me@db/stock \\
  backstock serve                              the same on a PostgreSQL of your own
  backstock verify                             prove that the ledger equals the counters
  backstock health --server 127.0.0.1:50051    ask a running server whether it serves";

/// Inventory allocation over gRPC on one PostgreSQL: never sells past a limit, and says why it
/// refuses.
#[derive(Debug, Parser)]
#[command(name = "backstock", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve gRPC until SIGTERM or SIGINT.
    Serve(serve::ServeArgs),
    /// Bring the database's schema up to date, and end.
    Migrate(migrate::MigrateArgs),
    /// Prove that the ledger's sums equal the counters, for every programme.
    Verify(verify::VerifyArgs),
    /// Drive a server with real orders and check every answer.
    Demo(demo::DemoArgs),
    /// Ask a running server whether it serves.
    Health(health::HealthArgs),
}

/// Parses the arguments, runs the verb and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.verb) {
        Ok(code) => code,
        Err(error) => {
            terminal::complain(&format!("backstock: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        match verb {
            Verb::Serve(args) => serve::run(args).await,
            Verb::Migrate(args) => migrate::run(args).await,
            Verb::Verify(args) => verify::run(args).await,
            Verb::Demo(args) => demo::run(args).await,
            Verb::Health(args) => health::run(args).await,
        }
    });
    // What is still on a blocking thread (a name that does not resolve) must not hold up the end.
    runtime.shutdown_background();
    ended
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_that_takes_a_value_has_an_environment_variable_or_is_the_demos() {
        for verb in Cli::command().get_subcommands().filter(|verb| verb.get_name() != "demo") {
            for flag in verb.get_arguments().filter(|flag| flag.get_long() != Some("help")) {
                assert!(flag.get_env().is_some(), "{} {}", verb.get_name(), flag.get_id());
            }
        }
    }

    #[test]
    fn the_help_of_every_verb_has_an_example() {
        for mut verb in Cli::command().get_subcommands().cloned() {
            let help = verb.render_long_help().to_string();
            assert!(help.contains("Example"), "{help}");
        }
    }
}
