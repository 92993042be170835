//! What the measured calls are about: a programme of the bench's own, and items with more stock
//! than any run can sell.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use tonic::transport::Channel;

use super::workload::{SPREAD_SKUS, THREE_SKUS, Workload};
use super::zipf::Zipf;
use crate::cli::connect::connect;
use crate::proto::insight_service_client::InsightServiceClient;
use crate::proto::inventory_service_client::InventoryServiceClient;
use crate::proto::plan_service_client::PlanServiceClient;
use crate::proto::{
    BackorderRequest, Item, Line, OpenBackordersRequest, Plan, Program, PutItemsRequest,
    PutProgramRequest, ReceiptLine, ReceiveRequest, VerifyRequest, VerifyResponse,
};

/// The one SKU that everybody wants.
pub const HOT: &str = "HOT";
/// A SKU without stock, and with a queue that may grow.
pub const LATER: &str = "LATER";
/// A SKU without stock, and with a queue that is full.
pub const FULL: &str = "FULL";
/// More than any run sells or queues of one SKU.
pub const PLENTY: i64 = 1_000_000_000;
/// Items in one call.
const CHUNK: usize = 1_000;
/// How long a call of the shop's own may take: Verify of ten million items takes minutes.
const OWN_CALL_SECONDS_MAX: u64 = 60 * 60;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A SKU of `spread` and `zipf`.
#[must_use]
pub fn spread_sku(number: usize) -> String {
    format!("S-{number:05}")
}

/// A SKU of `three`.
#[must_use]
pub fn three_sku(number: usize) -> String {
    format!("T-{number:04}")
}

/// A SKU of those that a study adds; the database names them alike.
#[must_use]
pub fn grown_sku(number: u64) -> String {
    format!("G-{number:08}")
}

/// Numbers that no two calls of a run share: ids are made of them. They count up, as order numbers
/// do.
#[derive(Debug, Default)]
pub struct Numbers(AtomicU64);

impl Numbers {
    /// The next one.
    pub fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// The bench's programme.
pub struct Shop {
    /// Its name, which nobody else has.
    pub program: Arc<str>,
    /// What ids are made of.
    pub numbers: Numbers,
    /// How many SKUs a study added.
    pub grown: AtomicU64,
    /// How wanted the SKUs of `zipf` are.
    pub wanted: Zipf,
    /// For what is prepared and proven.
    channel: Channel,
}

impl Shop {
    /// A new programme on a server, with nothing in it but `HOT`.
    ///
    /// # Errors
    /// The server refuses it, or is gone.
    pub async fn found(address: &str) -> anyhow::Result<Self> {
        let channel = connect(address, OWN_CALL_SECONDS_MAX).await?;
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let name = format!("bench-{}", &unique[..8]);
        let program = Program {
            program: name.clone(),
            display_name: "backstock bench".to_owned(),
            ..Program::default()
        };
        let request =
            PutProgramRequest { request_id: "program".to_owned(), program: Some(program) };
        let made = PlanServiceClient::new(channel.clone()).put_program(request).await;
        made.context("cannot make the bench's programme")?;
        let shop = Self {
            program: name.into(),
            numbers: Numbers::default(),
            grown: AtomicU64::new(0),
            wanted: Zipf::new(SPREAD_SKUS),
            channel,
        };
        shop.stock(&[HOT.to_owned()], PLENTY).await?;
        Ok(shop)
    }

    /// Adds all that the workloads need.
    ///
    /// # Errors
    /// The server refuses it, or is gone.
    pub async fn furnish(&self, workloads: &[Workload]) -> anyhow::Result<()> {
        use Workload::{Availability, Availability100, Backorder, Refused, Spread, Three, Zipf};
        let has = |any: &[Workload]| workloads.iter().any(|workload| any.contains(workload));
        if has(&[Spread, Zipf, Availability, Availability100]) {
            self.stock(&(0..SPREAD_SKUS).map(spread_sku).collect::<Vec<_>>(), PLENTY).await?;
        }
        if has(&[Three]) {
            self.stock(&(0..THREE_SKUS).map(three_sku).collect::<Vec<_>>(), PLENTY).await?;
        }
        if has(&[Backorder]) {
            self.open_backorders(LATER, PLENTY).await?;
        }
        if has(&[Refused]) {
            self.open_backorders(FULL, 1).await?;
            self.fill_queue().await?;
        }
        Ok(())
    }

    /// Puts items and receives `quantity` of each; of none, where it is 0.
    ///
    /// # Errors
    /// The server refuses it, or is gone.
    pub async fn stock(&self, skus: &[String], quantity: i64) -> anyhow::Result<()> {
        for skus in skus.chunks(CHUNK) {
            self.put_items(skus).await.context("cannot put the items")?;
            if quantity > 0 {
                let receipt = format!("stock-{}", skus[0]);
                self.receive(&receipt, skus, quantity).await.context("cannot stock the items")?;
            }
        }
        Ok(())
    }

    async fn put_items(&self, skus: &[String]) -> anyhow::Result<()> {
        let request = PutItemsRequest {
            program: self.program.to_string(),
            request_id: format!("items-{}", skus[0]),
            items: skus.iter().map(|sku| Item { sku: sku.clone(), ..Item::default() }).collect(),
        };
        PlanServiceClient::new(self.channel.clone()).put_items(request).await?;
        Ok(())
    }

    /// Receives `good` units of each.
    ///
    /// # Errors
    /// The server refuses it, or is gone.
    pub async fn receive(&self, receipt: &str, skus: &[String], good: i64) -> anyhow::Result<()> {
        let line = |sku: &String| ReceiptLine { sku: sku.clone(), good, ..Default::default() };
        let request = ReceiveRequest {
            program: self.program.to_string(),
            request_id: receipt.to_owned(),
            receipt_id: receipt.to_owned(),
            lines: skus.iter().map(line).collect(),
            ..ReceiveRequest::default()
        };
        InventoryServiceClient::new(self.channel.clone()).receive(request).await?;
        Ok(())
    }

    /// Puts an item without stock, and opens a plan for it.
    ///
    /// # Errors
    /// The server refuses it, or is gone.
    pub async fn open_backorders(&self, sku: &str, cap: i64) -> anyhow::Result<()> {
        self.stock(&[sku.to_owned()], 0).await?;
        let ship_by = chrono::DateTime::<chrono::Utc>::from(SystemTime::now() + 60 * DAY);
        let ship_by = ship_by.date_naive().to_string();
        let plan = Plan {
            sku: sku.to_owned(),
            cap,
            closes_at: Some((SystemTime::now() + 30 * DAY).into()),
            note: format!("On backorder. Ships by {ship_by}."),
            ship_by,
            ..Plan::default()
        };
        let request = OpenBackordersRequest {
            program: self.program.to_string(),
            request_id: format!("plan-{sku}"),
            plan: Some(plan),
            validate_only: false,
        };
        let opened = PlanServiceClient::new(self.channel.clone()).open_backorders(request).await;
        opened.context("cannot open backorders")?;
        Ok(())
    }

    /// Takes the one place in the queue of `FULL`, as an order, which does not expire.
    async fn fill_queue(&self) -> anyhow::Result<()> {
        let request = BackorderRequest {
            program: self.program.to_string(),
            request_id: "full".to_owned(),
            reservation_id: "full".to_owned(),
            lines: vec![Line { sku: FULL.to_owned(), quantity: 1 }],
            confirm: true,
            ..BackorderRequest::default()
        };
        InventoryServiceClient::new(self.channel.clone()).backorder(request).await?;
        Ok(())
    }

    /// Lets the server prove that ledger and counters agree.
    ///
    /// # Errors
    /// The server cannot tell.
    pub async fn verify(&self) -> anyhow::Result<VerifyResponse> {
        let request = VerifyRequest { program: self.program.to_string() };
        let answer = InsightServiceClient::new(self.channel.clone()).verify(request).await;
        Ok(answer.context("Verify failed")?.into_inner())
    }
}
