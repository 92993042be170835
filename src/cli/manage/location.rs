//! `backstock location`: where goods stand.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::list::{self, Row};
use super::output::{Column, answer};
use super::session::{Session, SessionArgs, WriteArgs, ask, write};
use crate::proto;

const EXAMPLES: &str = "\
Examples:
  backstock location put east --display-name 'East warehouse' --priority 10
  backstock location list";

/// The places where goods stand.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct LocationArgs {
    #[command(flatten)]
    session: SessionArgs,

    #[command(subcommand)]
    verb: LocationVerb,
}

#[derive(Subcommand, Debug)]
enum LocationVerb {
    /// Add a location, or change its name and priority.
    Put(PutArgs),
    /// List the programme's locations, in the order they are drawn.
    List(ListArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock location put east --display-name 'East warehouse' --priority 10")]
struct PutArgs {
    /// Its id.
    #[arg(value_name = "ID")]
    id: String,

    /// Its name, for people.
    #[arg(long, value_name = "TEXT", default_value = "")]
    display_name: String,

    /// Lower is drawn first, then by name.
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    priority: i32,

    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock location list --program spring")]
struct ListArgs {}

impl Row for proto::Location {
    const COLUMNS: &'static [Column] =
        &[Column::Text("location"), Column::Text("name"), Column::Number("priority")];

    fn cells(&self) -> Vec<String> {
        vec![self.location.clone(), self.display_name.clone(), self.priority.to_string()]
    }
}

/// Puts or lists.
///
/// # Errors
/// The server does not answer, or refuses.
pub async fn run(args: LocationArgs) -> anyhow::Result<ExitCode> {
    let session = args.session.connect().await?;
    match args.verb {
        LocationVerb::Put(args) => put(&session, args).await?,
        LocationVerb::List(ListArgs {}) => list_all(&session).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn put(session: &Session, args: PutArgs) -> anyhow::Result<()> {
    let request_id = args.write.id();
    let location = proto::Location {
        location: args.id,
        display_name: args.display_name,
        priority: args.priority,
    };
    let request = proto::PutLocationsRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        locations: vec![location],
    };
    let call = async |request| session.plans().put_locations(request).await;
    let done = write(&request_id, request, call).await?;
    answer(session.output, &done, |done| list::rows(&done.locations))
}

async fn list_all(session: &Session) -> anyhow::Result<()> {
    let request = proto::GetProgramRequest { program: session.program.clone() };
    let call = async |request| session.plans().get_program(request).await;
    let found = ask(request, call).await?.locations;
    list::show_all(session.output, &found, "the programme has no locations")
}
