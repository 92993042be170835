//! What the measured calls are about: a programme of the bench's own, and items with more stock than
//! any run can sell.

use std::sync::Arc;

use anyhow::Context;
use tonic::transport::Channel;

use super::caller::Numbers;
use super::workload::{SPREAD_SKUS, THREE_SKUS, Workload};
use crate::proto::insight_service_client::InsightServiceClient;
use crate::proto::inventory_service_client::InventoryServiceClient;
use crate::proto::plan_service_client::PlanServiceClient;
use crate::proto::{
    Item, Program, PutItemsRequest, PutItemsResponse, PutProgramRequest, ReceiptLine,
    ReceiveRequest, VerifyRequest, VerifyResponse,
};

/// The one SKU that everybody wants.
pub const HOT: &str = "HOT";
/// More than any run sells of one SKU.
const STOCK: i64 = 1_000_000_000;
/// Items in one call.
const CHUNK: usize = 1_000;

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

/// The bench's programme.
pub struct Shop {
    /// Its name, which nobody else has.
    pub program: Arc<str>,
    /// What ids are made of.
    pub numbers: Numbers,
}

impl Shop {
    /// A programme with all that the workloads need.
    ///
    /// # Errors
    /// The server refuses it, or is gone.
    pub async fn open(channel: &Channel, workloads: &[Workload]) -> anyhow::Result<Self> {
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let program: Arc<str> = format!("bench-{}", &unique[..8]).into();
        let shop = Self { program, numbers: Numbers::default() };
        shop.found(channel).await.context("cannot make the bench's programme")?;
        let has = |any: &[Workload]| workloads.iter().any(|workload| any.contains(workload));
        let mut skus = vec![HOT.to_owned()];
        if has(&[Workload::Spread]) {
            skus.extend((0..SPREAD_SKUS).map(spread_sku));
        }
        if has(&[Workload::Three]) {
            skus.extend((0..THREE_SKUS).map(three_sku));
        }
        for (number, skus) in skus.chunks(CHUNK).enumerate() {
            shop.stock(channel, number, skus).await.context("cannot stock the items")?;
        }
        Ok(shop)
    }

    async fn found(&self, channel: &Channel) -> anyhow::Result<()> {
        let mut client = PlanServiceClient::new(channel.clone());
        let program = Program {
            program: self.program.to_string(),
            display_name: "backstock bench".to_owned(),
            ..Program::default()
        };
        let program = Some(program);
        let request = PutProgramRequest { request_id: "program".to_owned(), program };
        client.put_program(request).await?;
        Ok(())
    }

    async fn stock(&self, channel: &Channel, number: usize, skus: &[String]) -> anyhow::Result<()> {
        self.put_items(channel, number, skus).await?;
        let good =
            |sku: &String| ReceiptLine { sku: sku.clone(), good: STOCK, ..Default::default() };
        let request = ReceiveRequest {
            program: self.program.to_string(),
            request_id: format!("stock-{number}"),
            receipt_id: format!("stock-{number}"),
            lines: skus.iter().map(good).collect(),
            ..ReceiveRequest::default()
        };
        InventoryServiceClient::new(channel.clone()).receive(request).await?;
        Ok(())
    }

    async fn put_items(
        &self,
        channel: &Channel,
        number: usize,
        skus: &[String],
    ) -> anyhow::Result<PutItemsResponse> {
        let request = PutItemsRequest {
            program: self.program.to_string(),
            request_id: format!("items-{number}"),
            items: skus.iter().map(|sku| Item { sku: sku.clone(), ..Item::default() }).collect(),
        };
        Ok(PlanServiceClient::new(channel.clone()).put_items(request).await?.into_inner())
    }

    /// Lets the server prove that ledger and counters agree.
    ///
    /// # Errors
    /// The server cannot tell.
    pub async fn verify(&self, channel: &Channel) -> anyhow::Result<VerifyResponse> {
        let request = VerifyRequest { program: self.program.to_string() };
        let answer = InsightServiceClient::new(channel.clone()).verify(request).await;
        Ok(answer.context("Verify failed")?.into_inner())
    }
}
