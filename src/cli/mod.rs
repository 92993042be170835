//! The command line: one file for each verb, and nothing that another program could not do too.
//!
//! It promises: one clear line on stderr when something fails, with its causes; an exit code that
//! says how it ended (0 well, 1 not, 2 wrongly called, 130 stopped by the user); and on stdout
//! nothing but what the verb is for. `demo`, `health` and the verbs of `manage` and `import` are
//! clients: they speak gRPC, and know nothing of the house but how an id, a date and a quantity are
//! written, so that a fault in a file is seen before anything is sent.

mod args;
mod bench;
mod connect;
mod demo;
mod folder;
mod health;
mod import;
mod manage;
mod migrate;
mod progress;
mod serve;
mod signals;
mod terminal;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use manage::{
    backlog, inbound, item, location, order, plan, program, receipt, reservation, suggest, watch,
    webhook,
};

const EXAMPLES: &str = "\
Examples:
  backstock demo                               see it work: real orders, a private database
  backstock bench --quick                      see how fast it is on this machine
  backstock serve                              serve on 127.0.0.1:50051, with a private database
  DATABASE_URL=postgres://me@db/stock \\
  backstock serve                              the same on a PostgreSQL of your own
  backstock verify                             prove that the ledger equals the counters
  backstock health --server 127.0.0.1:50051    ask a running server whether it serves
  backstock plan open examples/plan.toml       take backorders, on the terms of a plan";

/// The exit code of a command line that cannot be meant.
const MISUSED: u8 = 2;

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
    /// Measure how fast a server is, against an empty call in the same run.
    Bench(bench::BenchArgs),
    /// Ask a running server whether it serves.
    Health(health::HealthArgs),
    /// Put or show a programme: whose stock it is.
    Program(program::ProgramArgs),
    /// Put or list locations: where goods stand.
    Location(location::LocationArgs),
    /// Put, list or show items: what is sold, and what there is of it.
    Item(item::ItemArgs),
    /// Check, open, change, show, list or close plans: what opens backorders.
    Plan(plan::PlanArgs),
    /// Announce, change, cancel or list supply that is on its way.
    Inbound(inbound::InboundArgs),
    /// Count goods that arrived, by hand.
    Receipt(receipt::ReceiptArgs),
    /// Place, confirm, release, ship or answer for an order, by hand.
    Order(order::OrderArgs),
    /// List or show holds and orders.
    Reservation(reservation::ReservationArgs),
    /// List an item's queue, in the order it will be filled.
    Backlog(backlog::BacklogArgs),
    /// Say how many units to order.
    Suggest(suggest::SuggestArgs),
    /// Print what happens, as it happens.
    Watch(watch::WatchArgs),
    /// Add, list, retry or remove webhooks: where events are sent to.
    Webhook(webhook::WebhookArgs),
    /// Bring items, stock or announced supply from a CSV file.
    Import(import::ImportArgs),
}

/// Parses the arguments, runs the verb and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.verb) {
        Ok(code) => code,
        Err(error) => complain(&error),
    }
}

/// Says what went wrong, and how the process ends.
fn complain(error: &anyhow::Error) -> ExitCode {
    if let Some(misuse) = error.downcast_ref::<clap::Error>() {
        let _ = misuse.print();
        return ExitCode::from(MISUSED);
    }
    let broken = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    // Whoever closes a pipe, as `head` does, has read enough and wants no complaint.
    if broken != Some(std::io::ErrorKind::BrokenPipe) {
        terminal::complain(&format!("backstock: {error:#}"));
    }
    ExitCode::FAILURE
}

fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        match verb {
            Verb::Serve(args) => serve::run(args).await,
            Verb::Migrate(args) => migrate::run(args).await,
            Verb::Verify(args) => verify::run(args).await,
            Verb::Demo(args) => demo::run(args).await,
            Verb::Bench(args) => bench::run(args).await,
            Verb::Health(args) => health::run(args).await,
            Verb::Program(args) => program::run(args).await,
            Verb::Location(args) => location::run(args).await,
            Verb::Item(args) => item::run(args).await,
            Verb::Plan(args) => plan::run(args).await,
            Verb::Inbound(args) => inbound::run(args).await,
            Verb::Receipt(args) => receipt::run(args).await,
            Verb::Order(args) => order::run(args).await,
            Verb::Reservation(args) => reservation::run(args).await,
            Verb::Backlog(args) => backlog::run(args).await,
            Verb::Suggest(args) => suggest::run(args).await,
            Verb::Watch(args) => watch::run(args).await,
            Verb::Webhook(args) => webhook::run(args).await,
            Verb::Import(args) => import::run(args).await,
        }
    });
    // What is still on a blocking thread (a name that does not resolve) must not hold up the end.
    runtime.shutdown_background();
    ended
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    use super::*;

    /// Verbs that a deployment configures, so that each of their flags is an environment variable
    /// too. The others are called by people; what they say differs from call to call.
    const CONFIGURED: [&str; 4] = ["serve", "migrate", "verify", "health"];

    /// Each command that does something, with the words that call it.
    fn commands(of: &Command, words: &str) -> Vec<(String, Command)> {
        let mut found = Vec::new();
        for verb in of.get_subcommands() {
            let words = format!("{words} {}", verb.get_name());
            found.extend(commands(verb, &words));
            found.push((words, verb.clone()));
        }
        found
    }

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_a_deployment_configures_has_environment_variables() {
        for (words, verb) in commands(&Cli::command(), "backstock") {
            let name = words.split(' ').nth(1).unwrap_or_default();
            for flag in verb.get_arguments().filter(|flag| flag.get_long() != Some("help")) {
                let is_connection = flag.is_global_set() && name != "demo";
                if CONFIGURED.contains(&name) || is_connection {
                    assert!(flag.get_env().is_some(), "{words} {}", flag.get_id());
                }
            }
        }
    }

    #[test]
    fn every_verb_of_managers_can_be_told_which_server_and_programme() {
        let cli = Cli::command();
        let managers = |verb: &&Command| {
            ![&CONFIGURED[..], &["demo", "bench"]].concat().contains(&verb.get_name())
        };
        for verb in cli.get_subcommands().filter(managers) {
            for flag in ["server", "program", "output"] {
                let found = verb.get_arguments().any(|known| known.get_long() == Some(flag));
                assert!(found, "{} has no --{flag}", verb.get_name());
            }
        }
    }

    #[test]
    fn the_help_of_every_verb_has_an_example_that_can_be_parsed() {
        for (words, mut verb) in commands(&Cli::command(), "backstock") {
            let help = verb.render_long_help().to_string();
            let (_, examples) = help.split_once("Example").unwrap_or_default();
            assert!(examples.contains(&words), "{words} has no example of its own:\n{help}");
        }
    }
}
