//! `backstock suggest`: how many units to order.

use std::process::ExitCode;

use clap::Args;

use super::list::{self, ListArgs, Row};
use super::output::Column;
use super::session::{SessionArgs, ask};
use crate::proto;

const EXAMPLES: &str = "\
Examples:
  backstock suggest
  backstock suggest TEE-M TEE-L --days 14

To order = queued + allowance + refused - inbound, and never less than 0.";

/// How many units to order of each SKU that has, or had, a plan.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct SuggestArgs {
    /// Only these SKUs.
    #[arg(value_name = "SKU")]
    skus: Vec<String>,

    /// Demand that the cap refused in so many days counts, today included.
    #[arg(long, value_name = "N", default_value_t = 30, allow_negative_numbers = true)]
    days: i32,

    #[command(flatten)]
    list: ListArgs,

    #[command(flatten)]
    session: SessionArgs,
}

impl Row for proto::PurchaseSuggestion {
    const COLUMNS: &'static [Column] = &[
        Column::Text("SKU"),
        Column::Number("to order"),
        Column::Number("queued"),
        Column::Number("allowance"),
        Column::Number("refused"),
        Column::Number("refused calls"),
        Column::Number("inbound"),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.sku.clone(),
            self.quantity.to_string(),
            self.backordered.to_string(),
            self.allowance.to_string(),
            self.refused.to_string(),
            self.refused_calls.to_string(),
            self.inbound.to_string(),
        ]
    }
}

/// Lists suggestions.
///
/// # Errors
/// The server does not answer, or refuses.
pub async fn run(args: SuggestArgs) -> anyhow::Result<ExitCode> {
    let session = args.session.connect().await?;
    let nothing = "no SKU has, or had, a plan";
    list::print(&session, &args.list, nothing, async |page_size, page_token| {
        let request = proto::SuggestPurchaseRequest {
            program: session.program.clone(),
            skus: args.skus.clone(),
            days: args.days,
            page_size,
            page_token,
        };
        let call = async |request| session.insight().suggest_purchase(request).await;
        let page = ask(request, call).await?;
        Ok((page.suggestions, page.next_page_token))
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}
