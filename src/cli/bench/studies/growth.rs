//! The same Reserves among few items and among many, without a past and with a long one.

use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::Context;

use super::Aim;
use super::stage::Stage;
use crate::cli::bench::rounds::Spread;
use crate::cli::bench::shop::PLENTY;
use crate::cli::bench::workload::Workload;
use crate::proto::inventory_service_client::InventoryServiceClient;
use crate::proto::{Line, ReleaseRequest, ReserveRequest};

/// The item, and the reservation, that the others are copies of.
const ORIGINAL: &str = "GROWTH";
/// Slices of each size, of which the median counts.
const SLICES: usize = 3;
/// Rows made by one statement, about.
const CHUNK: i64 = 1_000_000;
/// What of the small case's rate is to be left.
const LEAST: f64 = 0.85;

/// Studies each number of items in turn, and so many past reservations with the first of them.
///
/// # Errors
/// The server or the database fails, or refuses what it must not.
pub async fn study(stage: &mut Stage<'_>, items: &[i64], past: i64) -> anyhow::Result<()> {
    let shop = stage.shop.clone();
    shop.stock(&[ORIGINAL.to_owned()], PLENTY).await?;
    let Some((first, more)) = items.split_first() else { return Ok(()) };
    add_items(stage, 0, *first).await?;
    let small = measure(stage, &format!("{first} items"), None).await?;
    if past > 0 {
        add_past(stage, past, *first).await?;
        measure(stage, &format!("{first} items, {past} past reservations"), Some(small)).await?;
    }
    let mut there = *first;
    for wanted in more {
        add_items(stage, there, *wanted).await?;
        there = there.max(*wanted);
        let what = format!("{wanted} items, {past} past reservations");
        measure(stage, &what, Some(small)).await?;
    }
    Ok(())
}

async fn add_items(stage: &mut Stage<'_>, there: i64, wanted: i64) -> anyhow::Result<()> {
    let program = stage.shop.program.clone();
    let mut from = there;
    while from < wanted {
        let to = wanted.min(from + CHUNK);
        let added = stage.ground.observer.copy_item(&program, ORIGINAL, from, to - 1).await;
        added.context("cannot add items")?;
        from = to;
    }
    stage.shop.grown.store(wanted.unsigned_abs(), Ordering::Relaxed);
    Ok(())
}

/// Copies of a reservation that was made and released, as old carts are.
async fn add_past(stage: &mut Stage<'_>, past: i64, items: i64) -> anyhow::Result<()> {
    let program = stage.shop.program.to_string();
    let mut client = InventoryServiceClient::new(stage.channels[0].clone());
    let name = "past";
    let request = ReserveRequest {
        program: program.clone(),
        request_id: name.to_owned(),
        reservation_id: name.to_owned(),
        lines: vec![Line { sku: ORIGINAL.to_owned(), quantity: 1 }],
        ..ReserveRequest::default()
    };
    client.reserve(request).await?;
    let request = ReleaseRequest {
        program: program.clone(),
        request_id: format!("{name}-released"),
        reservation_id: name.to_owned(),
        ..ReleaseRequest::default()
    };
    client.release(request).await?;
    let each = (past / items).max(1);
    let began = Instant::now();
    let observer = &mut stage.ground.observer;
    let added = observer.copy_past(&program, ORIGINAL, name, each, items).await;
    added.context("cannot add past reservations")?;
    stage.found("past made", began.elapsed().as_secs_f64(), "s", None);
    Ok(())
}

/// The ratio to an empty call, against that of the small case where it is given.
async fn measure(stage: &mut Stage<'_>, what: &str, small: Option<f64>) -> anyhow::Result<f64> {
    // PostgreSQL plans a statement by what it last knew of a table, so that it must have seen
    // tables that are in use, and the server must have planned anew.
    stage.slice(Workload::Grown).await;
    stage.ground.observer.settle().await?;
    stage.slice(Workload::Grown).await;
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..SLICES {
        let empty = stage.slice(Workload::Empty).await.rate();
        let rate = stage.slice(Workload::Grown).await.rate();
        rates.push(rate);
        ratios.push(rate / empty);
    }
    let median = |numbers| Spread::of(numbers).map(|spread| spread.median).unwrap_or_default();
    let ratio = median(ratios);
    stage.found(&format!("{what}: Reserve"), median(rates), "a second", None);
    stage.found(&format!("{what}: against an empty call"), ratio, "times", None);
    if let Some(small) = small {
        let what = format!("{what}: against the small case");
        stage.found(&what, ratio / small, "times", Some(Aim::AtLeast(LEAST)));
    }
    Ok(ratio)
}
