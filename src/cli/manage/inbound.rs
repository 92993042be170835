//! `backstock inbound`: supply that is on its way.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::input::date;
use super::list::{self, ListArgs, Row};
use super::output::{Column, answer};
use super::session::{Session, SessionArgs, WriteArgs, ask, write};
use crate::proto;

const EXAMPLES: &str = "\
Examples:
  backstock inbound announce PO-7 TEE-M --expected 120 --arrives-on 2027-01-10
  backstock inbound update PO-7 TEE-M --expected 120 --arrives-on 2027-01-24
  backstock inbound list --open";

/// Supply that is on its way.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct InboundArgs {
    #[command(flatten)]
    session: SessionArgs,

    #[command(subcommand)]
    verb: InboundVerb,
}

#[derive(Subcommand, Debug)]
enum InboundVerb {
    /// Announce supply, with its dates. Promises move with it.
    Announce(AnnounceArgs),
    /// Change announced supply: all of it, as it is to be. Promises move with it.
    Update(UpdateArgs),
    /// Say that what has not come of it will not come.
    Cancel(CancelArgs),
    /// List announced supply, by SKU and then by number.
    List(ListInboundArgs),
}

#[derive(Args, Debug)]
struct TermsArgs {
    /// The buyer's number.
    #[arg(value_name = "ID")]
    inbound_id: String,

    /// The SKU.
    #[arg(value_name = "SKU")]
    sku: String,

    /// Units announced.
    #[arg(long, value_name = "UNITS", allow_negative_numbers = true)]
    expected: i64,

    /// When it is at the warehouse.
    #[arg(long, value_name = "DATE", value_parser = date)]
    arrives_on: String,

    /// When its units leave again for customers [default: the day it arrives].
    #[arg(long, value_name = "DATE", value_parser = date)]
    ships_on: Option<String>,

    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock inbound announce PO-7 TEE-M --expected 120 --arrives-on 2027-01-10 \\
    --ships-on 2027-01-12")]
struct AnnounceArgs {
    #[command(flatten)]
    terms: TermsArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock inbound update PO-7 TEE-M --expected 120 --arrives-on 2027-01-24")]
struct UpdateArgs {
    #[command(flatten)]
    terms: TermsArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock inbound cancel PO-7 TEE-M")]
struct CancelArgs {
    /// The buyer's number.
    #[arg(value_name = "ID")]
    inbound_id: String,

    /// The SKU.
    #[arg(value_name = "SKU")]
    sku: String,

    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock inbound list --sku TEE-M --open")]
struct ListInboundArgs {
    /// Only of this SKU.
    #[arg(long, value_name = "SKU", default_value = "")]
    sku: String,

    /// Only what is still to come.
    #[arg(long)]
    open: bool,

    #[command(flatten)]
    list: ListArgs,
}

impl Row for proto::Inbound {
    const COLUMNS: &'static [Column] = &[
        Column::Text("inbound"),
        Column::Text("SKU"),
        Column::Number("expected"),
        Column::Number("received"),
        Column::Number("damaged"),
        Column::Number("left"),
        Column::Text("arrives on"),
        Column::Text("ships on"),
        Column::Text("state"),
    ];

    fn cells(&self) -> Vec<String> {
        let state = match (self.cancelled, self.closed, self.overdue, self.left) {
            (true, ..) => "cancelled",
            (_, true, ..) => "closed short",
            (_, _, true, _) => "overdue",
            (_, _, _, 0) => "arrived",
            _ => "open",
        };
        vec![
            self.inbound_id.clone(),
            self.sku.clone(),
            self.expected.to_string(),
            self.received.to_string(),
            self.damaged.to_string(),
            self.left.to_string(),
            self.arrives_on.clone(),
            self.ships_on.clone(),
            state.to_owned(),
        ]
    }
}

/// Announces, changes, cancels or lists.
///
/// # Errors
/// The server does not answer, or refuses.
pub async fn run(args: InboundArgs) -> anyhow::Result<ExitCode> {
    let session = args.session.connect().await?;
    match args.verb {
        InboundVerb::Announce(args) => announce(&session, &args.terms).await?,
        InboundVerb::Update(args) => {
            update(&session, args.terms.write.id(), args.terms.inbound()).await?;
        }
        InboundVerb::Cancel(args) => cancel(&session, &args).await?,
        InboundVerb::List(args) => list_inbound(&session, &args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

impl TermsArgs {
    fn inbound(&self) -> proto::Inbound {
        proto::Inbound {
            inbound_id: self.inbound_id.clone(),
            sku: self.sku.clone(),
            expected: self.expected,
            arrives_on: self.arrives_on.clone(),
            ships_on: self.ships_on.clone().unwrap_or_default(),
            ..Default::default()
        }
    }
}

async fn announce(session: &Session, terms: &TermsArgs) -> anyhow::Result<()> {
    let request_id = terms.write.id();
    let request = proto::AnnounceInboundRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        inbound: Some(terms.inbound()),
    };
    let call = async |request| session.plans().announce_inbound(request).await;
    let done = write(&request_id, request, call).await?;
    answer(session.output, &done, |done| list::rows(done.inbound.as_slice()))
}

async fn update(
    session: &Session,
    request_id: String,
    inbound: proto::Inbound,
) -> anyhow::Result<()> {
    let request = proto::UpdateInboundRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        inbound: Some(inbound),
    };
    let call = async |request| session.plans().update_inbound(request).await;
    let done = write(&request_id, request, call).await?;
    answer(session.output, &done, |done| list::rows(done.inbound.as_slice()))
}

/// Cancels, with the rest of the announcement as it is: an update replaces all of it.
async fn cancel(session: &Session, args: &CancelArgs) -> anyhow::Result<()> {
    let found = find(session, &args.sku, &args.inbound_id).await?;
    let inbound = found.ok_or_else(|| {
        anyhow::anyhow!(
            "UNKNOWN_INBOUND: no inbound {} is announced for {}",
            args.inbound_id,
            args.sku
        )
    })?;
    update(session, args.write.id(), proto::Inbound { cancelled: true, ..inbound }).await
}

async fn find(
    session: &Session,
    sku: &str,
    inbound_id: &str,
) -> anyhow::Result<Option<proto::Inbound>> {
    let mut page_token = String::new();
    loop {
        let page = inbound_page(session, sku, false, 1000, page_token).await?;
        let found = page.inbound.into_iter().find(|inbound| inbound.inbound_id == inbound_id);
        if found.is_some() || page.next_page_token.is_empty() {
            return Ok(found);
        }
        page_token = page.next_page_token;
    }
}

async fn list_inbound(session: &Session, args: &ListInboundArgs) -> anyhow::Result<()> {
    let nothing = "no supply is announced that fits";
    list::print(session, &args.list, nothing, async |page_size, page_token| {
        let page = inbound_page(session, &args.sku, args.open, page_size, page_token).await?;
        Ok((page.inbound, page.next_page_token))
    })
    .await
}

async fn inbound_page(
    session: &Session,
    sku: &str,
    open_only: bool,
    page_size: i32,
    page_token: String,
) -> anyhow::Result<proto::ListInboundResponse> {
    let (program, sku) = (session.program.clone(), sku.to_owned());
    let request = proto::ListInboundRequest { program, sku, open_only, page_size, page_token };
    let call = async |request| session.plans().list_inbound(request).await;
    Ok(ask(request, call).await?)
}
