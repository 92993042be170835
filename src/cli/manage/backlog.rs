//! `backstock backlog`: an item's queue.

use std::process::ExitCode;

use clap::Args;

use super::input::instant_text;
use super::list::{self, ListArgs, Row};
use super::output::Column;
use super::session::{SessionArgs, ask};
use crate::proto;

const EXAMPLES: &str = "\
Example:
  backstock backlog TEE-M --limit 50";

/// An item's queue, in the order it will be filled.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct BacklogArgs {
    /// The SKU.
    #[arg(value_name = "SKU")]
    sku: String,

    #[command(flatten)]
    list: ListArgs,

    #[command(flatten)]
    session: SessionArgs,
}

impl Row for proto::BacklogEntry {
    const COLUMNS: &'static [Column] = &[
        Column::Number("place"),
        Column::Text("reservation"),
        Column::Text("customer"),
        Column::Number("units"),
        Column::Number("ahead"),
        Column::Text("ship by"),
        Column::Text("first promised"),
        Column::Text("filled by"),
        Column::Text("bumped"),
        Column::Text("made"),
    ];

    fn cells(&self) -> Vec<String> {
        let promise = self.promise.clone().unwrap_or_default();
        vec![
            self.position.to_string(),
            self.reservation_id.clone(),
            self.customer_id.clone(),
            self.quantity.to_string(),
            self.queue_ahead.to_string(),
            promise.ship_by,
            promise.original_ship_by,
            self.inbound_id.clone(),
            if self.bumped { "yes".to_owned() } else { String::new() },
            instant_text(self.create_time.as_ref()),
        ]
    }
}

/// Lists the queue.
///
/// # Errors
/// The server does not answer, or refuses.
pub async fn run(args: BacklogArgs) -> anyhow::Result<ExitCode> {
    let session = args.session.connect().await?;
    let nothing = format!("nobody waits for {}", args.sku);
    list::print(&session, &args.list, &nothing, async |page_size, page_token| {
        let (program, sku) = (session.program.clone(), args.sku.clone());
        let request = proto::ListBacklogRequest { program, sku, page_size, page_token };
        let call = async |request| session.insight().list_backlog(request).await;
        let page = ask(request, call).await?;
        Ok((page.entries, page.next_page_token))
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}
