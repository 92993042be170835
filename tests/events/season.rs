//! A season in the shop, by public calls alone: every type of event there is reaches a webhook.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use backstock::domain::Event;
use backstock::proto::inventory_service_client::InventoryServiceClient;
use backstock::proto::plan_service_client::PlanServiceClient;
use backstock::proto::{
    AdjustReason, AdjustRequest, Adjustment, AnnounceInboundRequest, AnswerDelayRequest,
    BackorderRequest, CloseBackordersRequest, ConfirmRequest, DelayAnswer, DelayAnswers, Inbound,
    Item, Line, OnSilence, OpenBackordersRequest, Plan, PutItemsRequest, ReceiptLine,
    ReceiveRequest, ReleaseRequest, ReserveRequest, ShipRequest, UpdateInboundRequest,
    UpdatePlanRequest, adjustment,
};
use serde_json::Value;
use tonic::transport::Channel;

use crate::ground::{Ground, combining, end, until};
use crate::receiver::{Mood, Receiver};
use crate::shop::Shop;
use crate::webhooks::{complete, put};

const SKU: &str = "TEE";
const DAY: Duration = Duration::from_secs(86_400);

fn date(days: u32) -> String {
    chrono::DateTime::<chrono::Utc>::from(SystemTime::now() + DAY * days).date_naive().to_string()
}

/// Makes calls, each with a request id of its own.
struct Season {
    inventory: InventoryServiceClient<Channel>,
    plans: PlanServiceClient<Channel>,
    calls: u32,
}

/// Makes a call of a client, which must go well.
macro_rules! call {
    ($season:ident.$client:ident.$rpc:ident($request:ident { $($fields:tt)* })) => {{
        let request = $request { request_id: $season.id(), $($fields)*, ..$request::default() };
        $season.$client.$rpc(request).await.expect(stringify!($rpc))
    }};
}

impl Season {
    fn new(shop: &Shop) -> Self {
        let inventory = InventoryServiceClient::new(shop.channel());
        Self { inventory, plans: PlanServiceClient::new(shop.channel()), calls: 0 }
    }

    fn id(&mut self) -> String {
        self.calls += 1;
        format!("call-{}", self.calls)
    }

    async fn reserve(&mut self, id: &str, quantity: i64, hold: i64) {
        let (reservation_id, lines) = (id.to_owned(), lines(quantity));
        let hold = Some(prost_types::Duration { seconds: hold, nanos: 0 });
        call!(self.inventory.reserve(ReserveRequest { reservation_id, lines, hold }));
    }

    async fn backorder(&mut self, id: &str, customer: &str, quantity: i64) {
        let (reservation_id, lines) = (id.to_owned(), lines(quantity));
        let (customer_id, confirm) = (customer.to_owned(), true);
        call!(self.inventory.backorder(BackorderRequest {
            reservation_id,
            lines,
            customer_id,
            confirm
        }));
    }

    async fn receive(&mut self, id: &str, good: i64, damaged: i64, inbound: &str) {
        let (sku, inbound_id) = (SKU.to_owned(), inbound.to_owned());
        let line = ReceiptLine { sku, good, damaged, inbound_id, ..ReceiptLine::default() };
        let (receipt_id, lines) = (id.to_owned(), vec![line]);
        call!(self.inventory.receive(ReceiveRequest { receipt_id, lines }));
    }

    async fn update_inbound(&mut self, expected: i64, arrives: u32) {
        let inbound = Some(supply(expected, arrives));
        call!(self.plans.update_inbound(UpdateInboundRequest { inbound }));
    }

    /// What is on the shelf is sold, given back, expired and shipped.
    async fn sell(&mut self) {
        let item = Item { sku: SKU.into(), low_stock: 2, ..Item::default() };
        let items = vec![item];
        call!(self.plans.put_items(PutItemsRequest { items }));
        self.receive("truck-1", 10, 1, "").await;
        self.reserve("cart-1", 3, 1).await;
        self.reserve("cart-2", 2, 600).await;
        let reservation_id = "cart-2".to_owned();
        call!(self.inventory.confirm(ConfirmRequest { reservation_id }));
        self.reserve("cart-3", 1, 600).await;
        let (reservation_id, reason) = ("cart-3".to_owned(), "changed her mind".to_owned());
        call!(self.inventory.release(ReleaseRequest { reservation_id, reason }));
        let (reservation_id, tracking) = ("cart-2".to_owned(), "1Z999AA10123456784".to_owned());
        call!(self.inventory.ship(ShipRequest { reservation_id, tracking }));
    }

    /// What is to come is sold, up to the cap.
    async fn sell_ahead(&mut self) {
        let inbound = Some(supply(20, 20));
        call!(self.plans.announce_inbound(AnnounceInboundRequest { inbound }));
        let plan = Some(plan(10));
        call!(self.plans.open_backorders(OpenBackordersRequest { plan }));
        let plan = Some(self::plan(12));
        call!(self.plans.update_plan(UpdatePlanRequest { plan }));
        self.backorder("order-1", "ada", 14).await;
        self.backorder("order-2", "bob", 6).await;
    }

    /// Dates move, customers answer, goods are lost and arrive.
    async fn supply_moves(&mut self, told: &Receiver) {
        self.update_inbound(20, 40).await;
        told_of(told, "promise.delayed").await;
        let (reservation_id, sku) = ("order-2".to_owned(), SKU.to_owned());
        let answer = DelayAnswer::Keep.into();
        call!(self.inventory.answer_delay(AnswerDelayRequest { reservation_id, sku, answer }));
        self.update_inbound(20, 15).await;
        told_of(told, "promise.improved").await;
        self.update_inbound(8, 15).await;
        told_of(told, "plan.over_supply").await;
        let (change, reason) = (Some(adjustment::Change::Delta(-3)), AdjustReason::Lost.into());
        let adjustments = vec![Adjustment { sku: SKU.to_owned(), change, reason }];
        call!(self.inventory.adjust(AdjustRequest { adjustments }));
        self.receive("truck-2", 8, 0, "po-1").await;
        self.receive("truck-3", 20, 0, "").await;
        let sku = SKU.to_owned();
        call!(self.plans.close_backorders(CloseBackordersRequest { sku }));
    }
}

fn lines(quantity: i64) -> Vec<Line> {
    vec![Line { sku: SKU.into(), quantity }]
}

fn supply(expected: i64, arrives: u32) -> Inbound {
    Inbound {
        inbound_id: "po-1".into(),
        sku: SKU.into(),
        expected,
        arrives_on: date(arrives),
        ships_on: date(arrives + 1),
        ..Inbound::default()
    }
}

fn plan(cap: i64) -> Plan {
    let ship_by = date(60);
    let answer_within = Some(prost_types::Duration { seconds: 7 * 86_400, nanos: 0 });
    Plan {
        sku: SKU.into(),
        cap,
        cap_by_inbound: true,
        closes_at: Some((SystemTime::now() + DAY * 10).into()),
        note: format!("Ships by {ship_by}."),
        ship_by,
        delay_answers: Some(DelayAnswers { answer_within, on_silence: OnSilence::Keep.into() }),
        ..Plan::default()
    }
}

/// The newest event of each type.
fn types(told: &Receiver) -> BTreeMap<String, Value> {
    let name = |event: &Value| {
        let name = event["type"].as_str().and_then(|name| name.strip_prefix("dev.backstock."));
        name.expect("a type").to_owned()
    };
    told.once().into_iter().map(|taken| (name(&taken.event), taken.event)).collect()
}

async fn told_of(told: &Receiver, name: &str) {
    until(name, async || types(told).contains_key(name)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_type_of_event_reaches_a_webhook() {
    let ground = Ground::new().await;
    let stand = ground.stand(combining()).await;
    let told = Receiver::new(Mood::Takes).await;
    put(&stand.shop, "shop", &told).await;
    let mut season = Season::new(&stand.shop);
    season.sell().await;
    told_of(&told, "reservation.expired").await;
    season.sell_ahead().await;
    season.supply_moves(&told).await;
    for name in Event::NAMES {
        told_of(&told, name).await;
    }
    until("all is published", async || ground.count("SELECT count(*) FROM change").await == 0)
        .await;
    let all = crate::write::ledger(&ground).await.len();
    until("all arrive", async || told.once().len() == all).await;
    complete(&ground, &told.once()).await;
    drop((season, told));
    end([stand]).await;
    ground.end().await;
}
