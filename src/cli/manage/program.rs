//! `backstock program`: whose stock it is, and the settings that hold for all of it.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use comfy_table::Table;

use super::input::{ShipPolicy, duration, duration_text, short};
use super::list;
use super::output::{answer, facts};
use super::session::{Session, SessionArgs, WriteArgs, ask, write};
use crate::proto;

const EXAMPLES: &str = "\
Examples:
  backstock program put spring --display-name 'Spring merch' --max-backorder-listings 3
  backstock program show spring";

/// A programme and its settings.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ProgramArgs {
    #[command(flatten)]
    session: SessionArgs,

    #[command(subcommand)]
    verb: ProgramVerb,
}

#[derive(Subcommand, Debug)]
enum ProgramVerb {
    /// Make a programme, or change its settings: all of them, so that one that is left out gets its
    /// default.
    Put(PutArgs),
    /// Show a programme's settings and its locations.
    Show(ShowArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock program put spring --display-name 'Spring merch' --max-backorder-listings 3 \\
    --default-hold '20 minutes'")]
struct PutArgs {
    /// Its id.
    #[arg(value_name = "ID")]
    id: String,

    /// Its name, for people.
    #[arg(long, value_name = "TEXT", default_value = "")]
    display_name: String,

    /// How long a hold lives when the call does not say [default: 15 minutes].
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    default_hold: Option<prost_types::Duration>,

    /// Listings that may take backorders at once [default: 10].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    max_backorder_listings: Option<i32>,

    /// Whether parcels wait for every line when the call does not say [default: together].
    #[arg(long, value_name = "POLICY")]
    default_ship_policy: Option<ShipPolicy>,

    /// Where goods are received and counted when the call does not say [default: main].
    #[arg(long, value_name = "LOCATION", default_value = "")]
    default_location: String,

    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock program show spring --output json | jq .program.default_hold")]
struct ShowArgs {
    /// Its id [default: that of --program].
    #[arg(value_name = "ID")]
    id: Option<String>,
}

/// Puts or shows.
///
/// # Errors
/// The server does not answer, or refuses.
pub async fn run(args: ProgramArgs) -> anyhow::Result<ExitCode> {
    let session = args.session.connect().await?;
    match args.verb {
        ProgramVerb::Put(args) => put(&session, args).await?,
        ProgramVerb::Show(args) => show(&session, args.id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn put(session: &Session, args: PutArgs) -> anyhow::Result<()> {
    let policy = args.default_ship_policy.map_or(proto::ShipPolicy::Unspecified, Into::into);
    let request_id = args.write.id();
    let request = proto::PutProgramRequest {
        request_id: request_id.clone(),
        program: Some(proto::Program {
            program: args.id,
            display_name: args.display_name,
            default_hold: args.default_hold,
            max_backorder_listings: args.max_backorder_listings.unwrap_or_default(),
            default_ship_policy: policy.into(),
            default_location: args.default_location,
        }),
    };
    let call = async |request| session.plans().put_program(request).await;
    let done = write(&request_id, request, call).await?;
    answer(session.output, &done, |done| settings(done.program.as_ref()))
}

async fn show(session: &Session, id: Option<String>) -> anyhow::Result<()> {
    let program = id.unwrap_or_else(|| session.program.clone());
    let call = async |request| session.plans().get_program(request).await;
    let found = ask(proto::GetProgramRequest { program }, call).await?;
    answer(session.output, &found, |found| {
        let mut shown = settings(found.program.as_ref());
        let places = list::rows(&found.locations).to_string();
        shown.add_row(["locations", &places]);
        shown
    })
}

fn settings(program: Option<&proto::Program>) -> Table {
    let program = program.cloned().unwrap_or_default();
    let policy = program.default_ship_policy().as_str_name();
    facts([
        ("programme", program.program.clone()),
        ("name", program.display_name.clone()),
        ("default hold", program.default_hold.as_ref().map(duration_text).unwrap_or_default()),
        ("listings backordered at once", program.max_backorder_listings.to_string()),
        ("default ship policy", short(policy, "SHIP_POLICY_")),
        ("default location", program.default_location),
    ])
}
