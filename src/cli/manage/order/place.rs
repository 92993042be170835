//! `backstock order place`: Reserve or Backorder.

use clap::Args;

use super::{Done, lines};
use crate::cli::manage::input::{ShipPolicy, date, duration, units_of};
use crate::cli::manage::session::{Session, WriteArgs, write};
use crate::proto;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  backstock order place order-1001 TEE-M=2 MUG=1 --customer ada --shown 2027-01-31
  backstock order place order-1002 TEE-M=2 --on-hand-only --confirm")]
pub(super) struct PlaceArgs {
    /// The order's number.
    #[arg(value_name = "ID")]
    id: String,

    /// What is ordered.
    #[arg(value_name = "SKU=UNITS", required = true, value_parser = units_of)]
    lines: Vec<(String, i64)>,

    /// Who it is for.
    #[arg(long, value_name = "ID", default_value = "")]
    customer: String,

    /// The date that the customer was shown, for every line; a later one is refused.
    #[arg(long, value_name = "DATE", value_parser = date, conflicts_with = "on_hand_only")]
    shown: Option<String>,

    /// Nothing is queued: what is not on hand is refused.
    #[arg(long)]
    pub(super) on_hand_only: bool,

    /// Sent for a damaged or lost one: may draw on safety stock.
    #[arg(long, requires = "on_hand_only")]
    replacement: bool,

    /// An order at once, no hold.
    #[arg(long, conflicts_with = "hold")]
    confirm: bool,

    /// How long the hold lives [default: the programme's].
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    hold: Option<prost_types::Duration>,

    /// Whether the parcel waits for every line [default: the programme's].
    #[arg(long, value_name = "POLICY")]
    ship_policy: Option<ShipPolicy>,

    /// The last day that the parcel waits for every line.
    #[arg(long, value_name = "DATE", value_parser = date)]
    together_until: Option<String>,

    #[command(flatten)]
    write: WriteArgs,
}

fn ship_policy(policy: Option<ShipPolicy>) -> i32 {
    policy.map_or(proto::ShipPolicy::Unspecified, Into::into).into()
}

/// Takes what is on hand, and only that.
pub(super) async fn reserve(session: &Session, args: PlaceArgs) -> Done {
    let request_id = args.write.id();
    let purpose = match args.replacement {
        true => proto::Purpose::Replacement,
        false => proto::Purpose::Sale,
    };
    let request = proto::ReserveRequest {
        purpose: purpose.into(),
        program: session.program.clone(),
        request_id: request_id.clone(),
        reservation_id: args.id,
        lines: lines(&args.lines),
        hold: args.hold,
        confirm: args.confirm,
        customer_id: args.customer,
        ship_policy: ship_policy(args.ship_policy),
        together_until: args.together_until.unwrap_or_default(),
        ..Default::default()
    };
    let call = async |request| session.inventory().reserve(request).await;
    Ok(write(&request_id, request, call).await?.reservation)
}

/// Takes what is on hand, and queues the rest.
pub(super) async fn backorder(session: &Session, args: PlaceArgs) -> Done {
    let request_id = args.write.id();
    let shown = args.shown.as_ref();
    let accepted = |ship_by: &String| {
        let promise = |(sku, _): &(String, i64)| proto::AcceptedPromise {
            sku: sku.clone(),
            ship_by: ship_by.clone(),
        };
        args.lines.iter().map(promise).collect()
    };
    let request = proto::BackorderRequest {
        program: session.program.clone(),
        request_id: request_id.clone(),
        accepted: shown.map(accepted).unwrap_or_default(),
        reservation_id: args.id,
        lines: lines(&args.lines),
        hold: args.hold,
        confirm: args.confirm,
        customer_id: args.customer,
        ship_policy: ship_policy(args.ship_policy),
        together_until: args.together_until.unwrap_or_default(),
    };
    let call = async |request| session.inventory().backorder(request).await;
    Ok(write(&request_id, request, call).await?.reservation)
}
