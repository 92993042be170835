//! `backstock plan`: what opens backorders, written in a file.
//!
//! `file` reads a plan from TOML and knows on which line each field stands; `check` asks the server
//! and tells every fault with its line; `write` makes such a file of a plan that is in force.

mod check;
mod faults;
mod file;
mod reader;
mod show;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::list::ListArgs;
use super::session::{SessionArgs, WriteArgs};
use crate::proto;

const EXAMPLES: &str = "\
Examples:
  backstock plan check plan.toml
  backstock plan open plan.toml
  backstock plan show TEE-M --output toml > plan.toml
  backstock plan update plan.toml
  backstock plan list --state open
  backstock plan close TEE-M

A plan is a file: examples/plan.toml has one with every field explained.";

/// What opens backorders, item by item.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct PlanArgs {
    #[command(flatten)]
    session: SessionArgs,

    #[command(subcommand)]
    verb: PlanVerb,
}

#[derive(Subcommand, Debug)]
enum PlanVerb {
    /// Open backorders with a plan, or take its place if there is one.
    Open(OpenArgs),
    /// Check a plan and change nothing; every fault is told, and the exit code is 1 if there are
    /// any.
    Check(CheckArgs),
    /// Change a plan that there is. Promises move with it.
    Update(UpdateArgs),
    /// Show an item's plan.
    Show(ShowArgs),
    /// List the plans of the programme, by SKU.
    List(ListPlansArgs),
    /// Stop intake at once; promises stay.
    Close(CloseArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock plan open examples/plan.toml")]
struct OpenArgs {
    /// The plan.
    #[arg(value_name = "FILE.toml")]
    file: PathBuf,

    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  backstock plan check examples/plan.toml
  backstock plan check --update examples/plan.toml && backstock plan update examples/plan.toml")]
struct CheckArgs {
    /// The plan.
    #[arg(value_name = "FILE.toml")]
    file: PathBuf,

    /// Check it as a change of the plan that there is.
    #[arg(long)]
    update: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock plan update examples/plan.toml")]
struct UpdateArgs {
    /// The plan, as it is to be.
    #[arg(value_name = "FILE.toml")]
    file: PathBuf,

    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  backstock plan show TEE-M
  backstock plan show TEE-M --output toml > plan.toml    to be edited, for plan update")]
struct ShowArgs {
    /// The SKU.
    #[arg(value_name = "SKU")]
    sku: String,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock plan list --state open")]
struct ListPlansArgs {
    /// Only plans in this state.
    #[arg(long, value_name = "STATE")]
    state: Option<State>,

    #[command(flatten)]
    list: ListArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock plan close TEE-M")]
struct CloseArgs {
    /// The SKU.
    #[arg(value_name = "SKU")]
    sku: String,

    #[command(flatten)]
    write: WriteArgs,
}

/// Where a plan stands.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    /// The window has not opened yet.
    Scheduled,
    /// Backorders are taken.
    Open,
    /// The window is open, the cap is reached.
    Full,
    /// The window is over, or the plan was closed.
    Closed,
}

impl From<State> for proto::PlanState {
    fn from(state: State) -> Self {
        match state {
            State::Scheduled => Self::Scheduled,
            State::Open => Self::Open,
            State::Full => Self::Full,
            State::Closed => Self::Closed,
        }
    }
}

/// Opens, checks, changes, shows, lists or closes.
///
/// # Errors
/// A file cannot be read, the server does not answer, or refuses.
pub async fn run(args: PlanArgs) -> anyhow::Result<ExitCode> {
    let connection = &args.session;
    match args.verb {
        PlanVerb::Open(args) => check::open(connection, &args.file, args.write.id()).await,
        PlanVerb::Check(args) => check::check(connection, &args.file, args.update).await,
        PlanVerb::Update(args) => check::update(connection, &args.file, args.write.id()).await,
        PlanVerb::Show(args) => show::show(connection, args.sku).await,
        PlanVerb::List(args) => {
            let state = args.state.map_or(proto::PlanState::Unspecified, Into::into);
            show::list_plans(connection, state, &args.list).await
        }
        PlanVerb::Close(args) => show::close(connection, args.sku, args.write.id()).await,
    }
}
