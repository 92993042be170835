//! Many holds of one SKU that run out at the same instant, while others go on reserving it.

use std::time::{Duration, Instant};

use anyhow::Context;

use super::crowd::Crowd;
use super::stage::Stage;
use crate::cli::bench::database::Copies;
use crate::cli::bench::shop::HOT;
use crate::cli::bench::workload::Workload;
use crate::proto::inventory_service_client::InventoryServiceClient;
use crate::proto::{Line, ReserveRequest};

/// The hold that the others are copies of.
const FIRST: &str = "hold";
/// Holds that can be made in a second, by a slow machine: until all are made, none may run out.
const MADE_IN_A_SECOND: i64 = 15_000;

/// Studies so many holds.
///
/// # Errors
/// The server or the database fails, or refuses what it must not.
pub async fn study(stage: &mut Stage<'_>, holds: i64) -> anyhow::Result<()> {
    let shop = stage.shop.clone();
    shop.furnish(&[Workload::Spread]).await?;
    let before = Crowd::alone(stage, Workload::Hot, Workload::Spread, stage.time).await;
    let request = ReserveRequest {
        program: shop.program.to_string(),
        request_id: FIRST.to_owned(),
        reservation_id: FIRST.to_owned(),
        lines: vec![Line { sku: HOT.to_owned(), quantity: 1 }],
        ..ReserveRequest::default()
    };
    InventoryServiceClient::new(stage.channels[0].clone()).reserve(request).await?;
    let wait = 5 + holds / MADE_IN_A_SECOND;
    let due = Instant::now() + Duration::from_secs(wait.unsigned_abs());
    let copies = Copies {
        program: &shop.program,
        sku: HOT,
        original: FIRST,
        count: holds,
        queued: false,
        run_out_in: Some(wait),
    };
    let made = stage.ground.observer.copy_reservation(copies).await;
    made.context("cannot make so many holds")?;
    tokio::time::sleep_until(due.into()).await;
    let crowd = Crowd::gathers(stage, Workload::Hot, Workload::Spread);
    let took = stage.until(HOT, |left| !left.sweeps).await?;
    let met = crowd.goes().await;
    let rate = holds as f64 / took.as_secs_f64().max(f64::EPSILON);
    stage.found("holds that ran out", rate, "swept a second", None);
    met.tell(stage, &before, "expiry", 2.0);
    Ok(())
}
