//! The warehouses: what is set up before the first order, trucks that bring what was missing, and
//! packers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;

use super::caller::{Caller, must};
use super::history::{Change, Event};
use super::scenario::{DELIVERIES, ItemScenario, LOCATIONS, PlanScenario};
use super::shop::Shop;
use super::visits::LINES_MAX;
use crate::cli::progress::Progress;
use crate::proto;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const OPENING_AT_ONCE: usize = 16;

/// Steps of the set-up, for its progress.
#[must_use]
pub fn set_up_steps(shop: &Shop) -> usize {
    shop.scenario.items.len()
}

/// Makes the programme, its warehouses and items, puts the first goods on the shelves and opens
/// plans.
///
/// # Errors
/// The server failed, or refused any of it.
pub async fn set_up(shop: &Shop, caller: &Caller, progress: &Progress) -> anyhow::Result<()> {
    make_programme(caller).await?;
    for (number, chunk) in shop.scenario.items.chunks(LINES_MAX).enumerate() {
        put_items(caller, number, chunk).await?;
    }
    for (place, location) in LOCATIONS.into_iter().enumerate() {
        receive(shop, caller, &format!("stock-{location}"), location, |item| item.stock[place])
            .await?;
    }
    stream::iter(&shop.scenario.items)
        .map(|item| async move {
            open_backorders(caller, item).await?;
            progress.step();
            anyhow::Ok(())
        })
        .buffer_unordered(OPENING_AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(())
}

async fn make_programme(caller: &Caller) -> anyhow::Result<()> {
    let program = proto::Program {
        program: caller.program.to_string(),
        display_name: "backstock demo".to_owned(),
        max_backorder_listings: 10_000,
        default_location: LOCATIONS[0].to_owned(),
        ..Default::default()
    };
    let request =
        proto::PutProgramRequest { request_id: "programme".to_owned(), program: Some(program) };
    must("PutProgram", caller.put_program(request).await?)?;
    let location = |(name, priority): (&str, i32)| proto::Location {
        location: name.to_owned(),
        display_name: format!("warehouse {name}"),
        priority,
    };
    let request = proto::PutLocationsRequest {
        program: caller.program.to_string(),
        request_id: "locations".to_owned(),
        locations: LOCATIONS.into_iter().zip(1..).map(location).collect(),
    };
    must("PutLocations", caller.put_locations(request).await?)?;
    Ok(())
}

async fn put_items(caller: &Caller, number: usize, items: &[ItemScenario]) -> anyhow::Result<()> {
    let item = |item: &ItemScenario| proto::Item {
        sku: item.sku.clone(),
        title: item.title.clone(),
        ..Default::default()
    };
    let request = proto::PutItemsRequest {
        program: caller.program.to_string(),
        request_id: format!("items-{number}"),
        items: items.iter().map(item).collect(),
    };
    must("PutItems", caller.put_items(request).await?)?;
    Ok(())
}

async fn open_backorders(caller: &Caller, item: &ItemScenario) -> anyhow::Result<()> {
    let (opens_in_days, cap, customer_limit) = match item.plan {
        PlanScenario::None => return Ok(()),
        PlanScenario::NotYet { cap } => (Some(7), cap, 0),
        PlanScenario::Open { cap, customer_limit } => (None, cap, customer_limit),
    };
    let ship_by = chrono::DateTime::<chrono::Utc>::from(days_from_now(60)).date_naive().to_string();
    let plan = proto::Plan {
        sku: item.sku.clone(),
        cap,
        opens_at: opens_in_days.map(|days| days_from_now(days).into()),
        closes_at: Some(days_from_now(30).into()),
        note: format!("On backorder. Ships by {ship_by}; change or cancel any time before."),
        ship_by,
        customer_limit,
        ..Default::default()
    };
    let request = proto::OpenBackordersRequest {
        program: caller.program.to_string(),
        request_id: format!("plan-{}", item.sku),
        plan: Some(plan),
        validate_only: false,
    };
    must("OpenBackorders", caller.open_backorders(request).await?)?;
    Ok(())
}

fn days_from_now(days: u32) -> SystemTime {
    SystemTime::now() + DAY * days
}

/// Brings the trucks whose time comes while orders run; the last one is for afterwards.
///
/// # Errors
/// The server failed, or refused a receipt.
pub async fn bring_trucks(shop: Arc<Shop>, caller: Caller) -> anyhow::Result<()> {
    for truck in 0..DELIVERIES - 1 {
        // The shelves run empty at about the share of the orders that there was stock for.
        shop.visits_reach(65 + 15 * truck).await;
        unload(&shop, &caller, truck).await?;
    }
    Ok(())
}

/// Receives all that stands on one truck.
///
/// # Errors
/// The server failed, or refused a receipt.
pub async fn unload(shop: &Shop, caller: &Caller, truck: usize) -> anyhow::Result<()> {
    let location = LOCATIONS[truck % LOCATIONS.len()];
    receive(shop, caller, &format!("truck-{truck}"), location, |item| item.deliveries[truck]).await
}

/// Receives units of every item that has some, as many receipts as calls need.
async fn receive(
    shop: &Shop,
    caller: &Caller,
    receipt: &str,
    location: &str,
    units: impl Fn(&ItemScenario) -> i64,
) -> anyhow::Result<()> {
    let some: Vec<_> = shop.scenario.items.iter().filter(|item| units(item) > 0).collect();
    for (number, chunk) in some.chunks(LINES_MAX).enumerate() {
        let line = |item: &&ItemScenario| proto::ReceiptLine {
            sku: item.sku.clone(),
            good: units(item),
            ..Default::default()
        };
        let request = proto::ReceiveRequest {
            program: caller.program.to_string(),
            request_id: format!("receive-{receipt}-{number}"),
            receipt_id: format!("{receipt}-{number}"),
            location: location.to_owned(),
            lines: chunk.iter().map(line).collect(),
            validate_only: false,
        };
        let answer = must("Receive", caller.receive(request).await?)?;
        for result in &answer.results {
            arrived(shop, result);
        }
    }
    Ok(())
}

fn arrived(shop: &Shop, result: &proto::ReceiptResult) {
    let change = Change::Received { good: result.received, filled: result.filled_units };
    shop.history.add(&result.sku, Event { version: result.item_version, change });
    shop.tally.count(|counts| {
        counts.received_units += result.received;
        counts.filled_units += result.filled_units;
    });
    shop.packing.filled(&result.filled);
}

/// Packs every order that word comes of and that is ready, until nobody sends word any more.
///
/// # Errors
/// The server failed, or refused a shipment of a ready order.
pub async fn pack(
    shop: Arc<Shop>,
    caller: Caller,
    mut inbox: mpsc::UnboundedReceiver<String>,
) -> anyhow::Result<()> {
    let mut parcels: HashMap<String, u32> = HashMap::new();
    while let Some(reservation) = inbox.recv().await {
        // Word may be old: the order itself says what there is to pack.
        let order = reservation_now(&caller, &reservation).await?;
        if order.ready_to_ship {
            let parcel = parcels.entry(reservation).or_default();
            *parcel += 1;
            ship(&shop, &caller, &order, *parcel).await?;
        }
    }
    Ok(())
}

/// Reads one reservation.
///
/// # Errors
/// The server failed, or does not know it.
pub async fn reservation_now(caller: &Caller, id: &str) -> anyhow::Result<proto::Reservation> {
    let request = proto::GetReservationRequest {
        program: caller.program.to_string(),
        reservation_id: id.to_owned(),
    };
    let answer = must("GetReservation", caller.get_reservation(request).await?)?;
    Ok(answer.reservation.unwrap_or_default())
}

async fn ship(
    shop: &Shop,
    caller: &Caller,
    before: &proto::Reservation,
    parcel: u32,
) -> anyhow::Result<()> {
    let request = proto::ShipRequest {
        program: caller.program.to_string(),
        request_id: format!("ship-{}-{parcel}", before.reservation_id),
        reservation_id: before.reservation_id.clone(),
        lines: Vec::new(),
        tracking: format!("parcel {parcel} of {}", before.reservation_id),
    };
    let after = must("Ship", caller.ship(request).await?)?.reservation.unwrap_or_default();
    let mut shipped_units = 0;
    for line in &after.lines {
        let shipped = line.shipped - shipped_of(before, &line.sku);
        if shipped > 0 {
            shop.history.note(line, Change::Shipped(shipped));
            shipped_units += shipped;
        }
    }
    shop.tally.count(|counts| {
        counts.shipments += 1;
        counts.shipped_units += shipped_units;
    });
    if after.lines.iter().all(|line| line.allocated + line.backordered == 0) {
        shop.packing.ended(&after.reservation_id);
    }
    Ok(())
}

fn shipped_of(reservation: &proto::Reservation, sku: &str) -> i64 {
    reservation.lines.iter().find(|line| line.sku == sku).map_or(0, |line| line.shipped)
}
