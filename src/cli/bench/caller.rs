//! One caller: makes the calls of a workload, one after the other, and checks each answer.
//!
//! A call must cost the client little, since client and server share the machine: requests are made
//! of a few short strings, and answers are looked at where they would go wrong.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tonic::Status;
use tonic::transport::Channel;

use super::baseline::BaselineClient;
use super::check;
use super::shop::{FULL, HOT, LATER, Shop, grown_sku, spread_sku, three_sku};
use super::workload::{BATCH, MANY, SPREAD_SKUS, THREE_SKUS, Workload};
use crate::proto::insight_service_client::InsightServiceClient;
use crate::proto::inventory_service_client::InventoryServiceClient;
use crate::proto::{
    BackorderRequest, BatchReserveRequest, ConfirmRequest, GetAvailabilityRequest, Line,
    ReserveRequest,
};

/// A caller on a connection that others share.
#[derive(Clone)]
pub struct Caller {
    workload: Workload,
    shop: Arc<Shop>,
    dice: fastrand::Rng,
    inventory: InventoryServiceClient<Channel>,
    insight: InsightServiceClient<Channel>,
    baseline: BaselineClient,
}

impl Caller {
    /// A caller for one workload.
    #[must_use]
    pub fn new(workload: Workload, shop: Arc<Shop>, channel: Channel, seed: u64) -> Self {
        Self {
            workload,
            shop,
            dice: fastrand::Rng::with_seed(seed),
            inventory: InventoryServiceClient::new(channel.clone()),
            insight: InsightServiceClient::new(channel.clone()),
            baseline: BaselineClient::new(channel),
        }
    }

    /// Makes one call. Says what is wrong with its answer, if anything is.
    ///
    /// # Errors
    /// The call failed though it must not, or was answered wrongly.
    pub async fn call(&mut self) -> Result<(), String> {
        match self.workload {
            Workload::Empty => {
                let request = self.reserve_request(vec![line(HOT)]);
                self.baseline.empty(request).await.map(drop).map_err(|status| told(&status))
            }
            Workload::Plain => {
                let request = self.reserve_request(vec![line(HOT)]);
                self.baseline.plain(request).await.map(drop).map_err(|status| told(&status))
            }
            Workload::Hot
            | Workload::Alone
            | Workload::Replicas
            | Workload::OpenLoop
            | Workload::Memory => self.reserve(vec![line(HOT)]).await,
            Workload::Spread => {
                let sku = self.any_sku();
                self.reserve(vec![line(sku)]).await
            }
            Workload::Grown => {
                let grown = self.shop.grown.load(Ordering::Relaxed).max(1);
                let sku = grown_sku(self.dice.u64(..grown));
                self.reserve(vec![line(sku)]).await
            }
            Workload::Zipf => {
                let sku = spread_sku(self.shop.wanted.draw(self.dice.f64()));
                self.reserve(vec![line(sku)]).await
            }
            Workload::Three => {
                let lines = self.three_lines();
                self.reserve(lines).await
            }
            Workload::Backorder => self.backorder().await,
            Workload::Refused => self.backorder_too_much().await,
            Workload::Batch => self.batch().await,
            Workload::Checkout => self.checkout().await,
            Workload::Availability => self.availability(1).await,
            Workload::Availability100 => self.availability(MANY).await,
            Workload::Commit => Err("pgbench makes these commits, not a caller".to_owned()),
        }
    }

    async fn reserve(&mut self, lines: Vec<Line>) -> Result<(), String> {
        self.reserve_order(lines).await.map(drop)
    }

    /// Says which reservation was made.
    async fn reserve_order(&mut self, lines: Vec<Line>) -> Result<String, String> {
        let request = self.reserve_request(lines);
        let (asked, count) = (request.reservation_id.clone(), request.lines.len());
        let answer = self.inventory.reserve(request).await.map_err(|status| told(&status))?;
        check::reserved(answer.into_inner().reservation.as_ref(), &asked, count)?;
        Ok(asked)
    }

    async fn checkout(&mut self) -> Result<(), String> {
        let reserved = self.reserve_order(vec![line(HOT)]).await?;
        let request = ConfirmRequest {
            program: self.shop.program.to_string(),
            request_id: format!("confirm-{reserved}"),
            reservation_id: reserved.clone(),
            ..ConfirmRequest::default()
        };
        let answer = self.inventory.confirm(request).await.map_err(|status| told(&status))?;
        check::confirmed(answer.into_inner().reservation.as_ref(), &reserved)
    }

    async fn batch(&mut self) -> Result<(), String> {
        let requests: Vec<ReserveRequest> =
            (0..BATCH).map(|_| self.reserve_request(vec![line(HOT)])).collect();
        let asked: Vec<String> =
            requests.iter().map(|request| request.reservation_id.clone()).collect();
        let request = BatchReserveRequest { program: self.shop.program.to_string(), requests };
        match self.inventory.batch_reserve(request).await {
            Ok(answer) => check::batch(&answer.into_inner(), &asked),
            Err(status) => Err(told(&status)),
        }
    }

    async fn backorder(&mut self) -> Result<(), String> {
        let request = self.backorder_request(LATER);
        let asked = request.reservation_id.clone();
        match self.inventory.backorder(request).await {
            Ok(answer) => check::queued(answer.into_inner().reservation.as_ref(), &asked),
            Err(status) => Err(told(&status)),
        }
    }

    async fn backorder_too_much(&mut self) -> Result<(), String> {
        match self.inventory.backorder(self.backorder_request(FULL)).await {
            Ok(answer) => Err(format!("a full queue took {:?}", answer.into_inner())),
            Err(status) if check::is_refused_at_cap(&status) => Ok(()),
            Err(status) => Err(told(&status)),
        }
    }

    async fn availability(&mut self, skus: usize) -> Result<(), String> {
        let program = self.shop.program.to_string();
        let skus: Vec<String> = (0..skus).map(|_| self.any_sku()).collect();
        let count = skus.len();
        match self.insight.get_availability(GetAvailabilityRequest { program, skus }).await {
            Ok(answer) => check::available(&answer.into_inner(), count),
            Err(status) => Err(told(&status)),
        }
    }

    fn reserve_request(&self, lines: Vec<Line>) -> ReserveRequest {
        let number = self.shop.numbers.next();
        ReserveRequest {
            program: self.shop.program.to_string(),
            request_id: format!("request-{number:010}"),
            reservation_id: format!("order-{number:010}"),
            lines,
            ..ReserveRequest::default()
        }
    }

    fn backorder_request(&self, sku: &str) -> BackorderRequest {
        let number = self.shop.numbers.next();
        BackorderRequest {
            program: self.shop.program.to_string(),
            request_id: format!("request-{number:010}"),
            reservation_id: format!("order-{number:010}"),
            lines: vec![line(sku)],
            ..BackorderRequest::default()
        }
    }

    fn any_sku(&mut self) -> String {
        spread_sku(self.dice.usize(..SPREAD_SKUS))
    }

    /// Three lines of different SKUs.
    fn three_lines(&mut self) -> Vec<Line> {
        let first = self.dice.usize(..THREE_SKUS);
        let (one, more) = (self.dice.usize(1..400), self.dice.usize(1..400));
        let skus = [first, first + one, first + one + more];
        skus.map(|sku| line(three_sku(sku % THREE_SKUS))).into()
    }
}

fn line(sku: impl Into<String>) -> Line {
    Line { sku: sku.into(), quantity: 1 }
}

fn told(status: &Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}
