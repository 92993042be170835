//! A long queue: its front released, its dates moved, all of it filled by one receipt, while others
//! go on.

use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use super::Aim;
use super::crowd::{Crowd, Met};
use super::stage::Stage;
use crate::cli::bench::database::Copies;
use crate::cli::bench::shop::LATER;
use crate::cli::bench::slice::percentile;
use crate::cli::bench::workload::Workload;
use crate::proto::inventory_service_client::InventoryServiceClient;
use crate::proto::plan_service_client::PlanServiceClient;
use crate::proto::{
    AnnounceInboundRequest, BackorderRequest, Inbound, Line, ReleaseRequest, ReserveRequest,
    UpdateInboundRequest,
};

/// Orders that have units, and lines at the front of the queue, that are released.
const RELEASES: i64 = 100;
/// The first reservation of the queue, which the others are copies of.
const FIRST: &str = "queue";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Studies a queue of so many lines of one unit.
///
/// # Errors
/// The server or the database fails, or refuses what it must not.
pub async fn study(stage: &mut Stage<'_>, lines: i64) -> anyhow::Result<()> {
    let channel = stage.channels[0].clone();
    lengthen(stage, &channel, lines).await?;
    let before = Crowd::alone(stage, Workload::Backorder, Workload::Hot, stage.time).await;
    stage.found("before: p99 on same SKU", f64::from(before.same.p99_us) / 1_000.0, "ms", None);
    stage.found("before: p99 on other SKU", f64::from(before.other.p99_us) / 1_000.0, "ms", None);
    release(stage, &channel, "orders with units", |number| format!("early-{number}")).await?;
    let front = |number| format!("{FIRST}-{number:09}");
    release(stage, &channel, "front of the queue", front).await?;
    redate(stage, &channel, lines, &before).await?;
    fill(stage, lines, &before).await
}

/// Orders that have their units, and behind them a queue.
async fn lengthen(stage: &mut Stage<'_>, channel: &Channel, lines: i64) -> anyhow::Result<()> {
    let shop = stage.shop.clone();
    shop.furnish(&[Workload::Backorder]).await?;
    shop.receive("early", &[LATER.to_owned()], RELEASES).await?;
    let mut client = InventoryServiceClient::new(channel.clone());
    let line = || vec![Line { sku: LATER.to_owned(), quantity: 1 }];
    for number in 1..=RELEASES {
        let request = ReserveRequest {
            program: shop.program.to_string(),
            request_id: format!("early-{number}"),
            reservation_id: format!("early-{number}"),
            lines: line(),
            confirm: true,
            ..ReserveRequest::default()
        };
        client.reserve(request).await?;
    }
    let request = BackorderRequest {
        program: shop.program.to_string(),
        request_id: FIRST.to_owned(),
        reservation_id: FIRST.to_owned(),
        lines: line(),
        confirm: true,
        ..BackorderRequest::default()
    };
    client.backorder(request).await?;
    let began = Instant::now();
    let copies = Copies {
        program: &shop.program,
        sku: LATER,
        original: FIRST,
        // As many more as will have been released or filled when the receipt comes.
        count: lines + 2 * RELEASES,
        queued: true,
        run_out_in: None,
    };
    let observer = &mut stage.ground.observer;
    observer.copy_reservation(copies).await.context("cannot make a long queue")?;
    observer.settle().await?;
    stage.found("queue made", began.elapsed().as_secs_f64(), "s", None);
    Ok(())
}

async fn release(
    stage: &mut Stage<'_>,
    channel: &Channel,
    what: &str,
    name: impl Fn(i64) -> String,
) -> anyhow::Result<()> {
    let mut client = InventoryServiceClient::new(channel.clone());
    let mut micros = Vec::new();
    for number in 1..=RELEASES {
        let request = ReleaseRequest {
            program: stage.shop.program.to_string(),
            request_id: format!("release-{}", name(number)),
            reservation_id: name(number),
            ..ReleaseRequest::default()
        };
        let began = Instant::now();
        client.release(request).await?;
        micros.push(u32::try_from(began.elapsed().as_micros())?);
    }
    micros.sort_unstable();
    let milliseconds = |share| f64::from(percentile(&micros, share)) / 1_000.0;
    stage.found(&format!("Release, {what}: p50"), milliseconds(0.5), "ms", None);
    stage.found(&format!("Release, {what}: slowest of 100"), milliseconds(1.0), "ms", None);
    Ok(())
}

/// Announces supply for the whole queue, and then moves its date.
async fn redate(
    stage: &mut Stage<'_>,
    channel: &Channel,
    lines: i64,
    before: &Met,
) -> anyhow::Result<()> {
    let mut client = PlanServiceClient::new(channel.clone());
    let program = stage.shop.program.to_string();
    let inbound = |days| Inbound {
        inbound_id: "supply".to_owned(),
        sku: LATER.to_owned(),
        expected: lines * 2,
        arrives_on: in_days(days),
        ..Inbound::default()
    };
    let request_id = "announce".to_owned();
    let announced = Some(inbound(20));
    let request =
        AnnounceInboundRequest { program: program.clone(), request_id, inbound: announced };
    client.announce_inbound(request).await?;
    stage.until(LATER, |left| !left.dates).await?;
    let probe = Probe::begin(stage).await?;
    let crowd = Crowd::gathers(stage, Workload::Backorder, Workload::Hot);
    let request_id = "later".to_owned();
    let request = UpdateInboundRequest { program, request_id, inbound: Some(inbound(40)) };
    let began = Instant::now();
    client.update_inbound(request).await?;
    stage.found("UpdateInbound itself", began.elapsed().as_secs_f64() * 1e3, "ms", None);
    stage.until(LATER, |left| !left.dates).await?;
    let seconds = began.elapsed().as_secs_f64();
    let met = crowd.goes().await;
    stage.found("new dates", lines as f64 / seconds, "lines a second", None);
    met.tell(stage, before, "new dates", 3.0);
    probe.end(stage, "new dates").await
}

/// Receives as many units as the queue was long.
async fn fill(stage: &mut Stage<'_>, lines: i64, before: &Met) -> anyhow::Result<()> {
    let probe = Probe::begin(stage).await?;
    let crowd = Crowd::gathers(stage, Workload::Backorder, Workload::Hot);
    let shop = stage.shop.clone();
    let began = Instant::now();
    shop.receive("all-of-it", &[LATER.to_owned()], lines).await?;
    let received = began.elapsed().as_secs_f64() * 1e3;
    stage.found("Receive itself", received, "ms", Some(Aim::AtMost(50.0)));
    stage.until(LATER, |left| !left.fills).await?;
    let seconds = began.elapsed().as_secs_f64();
    let met = crowd.goes().await;
    let aim = Some(Aim::AtLeast(100_000.0));
    stage.found("fill", lines as f64 / seconds, "lines a second", aim);
    met.tell(stage, before, "fill", 3.0);
    probe.end(stage, "fill").await?;
    stage.until(LATER, |left| !left.dates).await?;
    Ok(())
}

/// Somebody who takes the item's lock over and over.
struct Probe {
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<Vec<u32>>>,
}

impl Probe {
    async fn begin(stage: &Stage<'_>) -> anyhow::Result<Self> {
        let observer = stage.ground.another_observer().await?;
        let stop = CancellationToken::new();
        let program = stage.shop.program.to_string();
        let task = tokio::spawn(observer.probe(program, LATER.to_owned(), stop.clone()));
        Ok(Self { stop, task })
    }

    async fn end(self, stage: &mut Stage<'_>, what: &str) -> anyhow::Result<()> {
        self.stop.cancel();
        let micros = self.task.await??;
        let milliseconds = |share| f64::from(percentile(&micros, share)) / 1_000.0;
        stage.found(&format!("{what}: p99 wait for the lock"), milliseconds(0.99), "ms", None);
        let what = format!("{what}: longest wait for the item's lock");
        stage.found(&what, milliseconds(1.0), "ms", Some(Aim::AtMost(50.0)));
        Ok(())
    }
}

fn in_days(days: u32) -> String {
    let then = chrono::DateTime::<chrono::Utc>::from(SystemTime::now() + days * DAY);
    then.date_naive().to_string()
}
