//! `backstock item`: what is sold, and what there is of it.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::list::{self, ListArgs, Row};
use super::output::{Column, answer};
use super::session::{Session, SessionArgs, WriteArgs, ask, write};
use crate::proto;

/// Most SKUs of one GetAvailability.
const SKUS_MAX: usize = 1000;

const EXAMPLES: &str = "\
Examples:
  backstock item put TEE-M --listing TEE --title 'Tour shirt, M' --safety-stock 5
  backstock item list --limit 20
  backstock item show TEE-M MUG";

/// What is sold, and what there is of it.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ItemArgs {
    #[command(flatten)]
    session: SessionArgs,

    #[command(subcommand)]
    verb: ItemVerb,
}

#[derive(Subcommand, Debug)]
enum ItemVerb {
    /// Add an item, or change its settings: all of them, so that one that is left out gets its
    /// default.
    Put(PutArgs),
    /// List the programme's items and their settings, by SKU.
    List(ListItemsArgs),
    /// Show what there is of some SKUs.
    Show(ShowArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock item put TEE-M --listing TEE --title 'Tour shirt, M' --safety-stock 5 --low-stock 20")]
struct PutArgs {
    /// Its SKU.
    #[arg(value_name = "SKU")]
    sku: String,

    /// The product page that it belongs to [default: its own SKU].
    #[arg(long, value_name = "ID", default_value = "")]
    listing: String,

    /// Its name, for people.
    #[arg(long, value_name = "TEXT", default_value = "")]
    title: String,

    /// Units never sold; only a replacement may take them.
    #[arg(long, value_name = "UNITS", default_value_t = 0, allow_negative_numbers = true)]
    safety_stock: i64,

    /// `stock.low` is raised when the available units fall to this number.
    #[arg(long, value_name = "UNITS", default_value_t = 0, allow_negative_numbers = true)]
    low_stock: i64,

    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock item list --output json | jq -r .sku")]
struct ListItemsArgs {
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock item show TEE-M MUG")]
struct ShowArgs {
    /// The SKUs.
    #[arg(value_name = "SKU", required = true)]
    skus: Vec<String>,
}

impl Row for proto::Item {
    const COLUMNS: &'static [Column] = &[
        Column::Text("SKU"),
        Column::Text("listing"),
        Column::Text("title"),
        Column::Number("safety stock"),
        Column::Number("low stock"),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.sku.clone(),
            self.listing.clone(),
            self.title.clone(),
            self.safety_stock.to_string(),
            self.low_stock.to_string(),
        ]
    }
}

impl Row for proto::ItemStock {
    const COLUMNS: &'static [Column] = &[
        Column::Text("SKU"),
        Column::Number("on hand"),
        Column::Number("allocated"),
        Column::Number("safety stock"),
        Column::Number("available"),
        Column::Number("backordered"),
        Column::Number("headroom"),
        Column::Number("inbound"),
        Column::Text("ship by"),
        Column::Text("on hand at"),
    ];

    fn cells(&self) -> Vec<String> {
        let at = |place: &proto::LocationQuantity| format!("{} {}", place.location, place.quantity);
        vec![
            self.sku.clone(),
            self.on_hand.to_string(),
            self.allocated.to_string(),
            self.safety_stock.to_string(),
            self.available.to_string(),
            self.backordered.to_string(),
            self.backorder_headroom.to_string(),
            self.inbound.to_string(),
            self.promise.as_ref().map(|promise| promise.ship_by.clone()).unwrap_or_default(),
            self.on_hand_at.iter().map(at).collect::<Vec<_>>().join(", "),
        ]
    }
}

/// Puts, lists or shows.
///
/// # Errors
/// The server does not answer, or refuses.
pub async fn run(args: ItemArgs) -> anyhow::Result<ExitCode> {
    let session = args.session.connect().await?;
    match args.verb {
        ItemVerb::Put(args) => put(&session, args).await?,
        ItemVerb::List(args) => list_items(&session, &args.list).await?,
        ItemVerb::Show(args) => show(&session, &args.skus).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn put(session: &Session, args: PutArgs) -> anyhow::Result<()> {
    let request_id = args.write.id();
    let item = proto::Item {
        sku: args.sku,
        listing: args.listing,
        title: args.title,
        safety_stock: args.safety_stock,
        low_stock: args.low_stock,
    };
    let request = proto::PutItemsRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        items: vec![item],
    };
    let call = async |request| session.plans().put_items(request).await;
    let done = write(&request_id, request, call).await?;
    answer(session.output, &done, |done| list::rows(&done.items))
}

async fn list_items(session: &Session, list: &ListArgs) -> anyhow::Result<()> {
    list::print(session, list, "the programme has no items", async |page_size, page_token| {
        let program = session.program.clone();
        let request = proto::ListItemsRequest { program, page_size, page_token };
        let call = async |request| session.plans().list_items(request).await;
        let page = ask(request, call).await?;
        Ok((page.items, page.next_page_token))
    })
    .await
}

async fn show(session: &Session, skus: &[String]) -> anyhow::Result<()> {
    let mut found = Vec::with_capacity(skus.len());
    for skus in skus.chunks(SKUS_MAX) {
        let (program, skus) = (session.program.clone(), skus.to_vec());
        let call = async |request| session.insight().get_availability(request).await;
        found.extend(ask(proto::GetAvailabilityRequest { program, skus }, call).await?.items);
    }
    list::show_all(session.output, &found, "no SKU was named")
}
