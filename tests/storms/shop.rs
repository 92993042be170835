//! A client that keeps answers as the bytes they came in, so that "the same answer" can mean the
//! same bytes.

use std::time::{Duration, SystemTime};

use backstock::proto::insight_service_client::InsightServiceClient;
use backstock::proto::{
    BackorderRequest, CloseBackordersRequest, GetAvailabilityRequest, Item, ItemStock, Line,
    OpenBackordersRequest, Plan, Program, PutItemsRequest, PutProgramRequest, ReceiptLine,
    ReceiveRequest, Reservation, ReserveRequest, ReserveResponse, VerifyRequest,
};
use bytes::{Buf, BufMut};
use prost::Message;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

/// The bytes of a response, or the status that refuses it.
pub type Answer = Result<Vec<u8>, Status>;

/// A call that can be made again, byte for byte.
#[derive(Clone, Debug)]
pub struct Act {
    path: &'static str,
    body: Vec<u8>,
}

pub const RESERVE: &str = "/backstock.v1.InventoryService/Reserve";
pub const BACKORDER: &str = "/backstock.v1.InventoryService/Backorder";
pub const BATCH_RESERVE: &str = "/backstock.v1.InventoryService/BatchReserve";
pub const RELEASE: &str = "/backstock.v1.InventoryService/Release";
pub const ADJUST: &str = "/backstock.v1.InventoryService/Adjust";
pub const RECEIVE: &str = "/backstock.v1.InventoryService/Receive";
const PUT_ITEMS: &str = "/backstock.v1.PlanService/PutItems";
const PUT_PROGRAM: &str = "/backstock.v1.PlanService/PutProgram";
const OPEN: &str = "/backstock.v1.PlanService/OpenBackorders";
const CLOSE: &str = "/backstock.v1.PlanService/CloseBackorders";

impl Act {
    pub fn new(path: &'static str, message: &impl Message) -> Self {
        Self { path, body: message.encode_to_vec() }
    }
}

/// An order of so many units of some SKUs at once, under a number that is its request's too.
pub fn order(id: &str, lines: &[(&str, i64)]) -> ReserveRequest {
    let line = |(sku, quantity): &(&str, i64)| Line { sku: (*sku).into(), quantity: *quantity };
    ReserveRequest {
        request_id: format!("q-{id}"),
        reservation_id: id.into(),
        lines: lines.iter().map(line).collect(),
        confirm: true,
        ..ReserveRequest::default()
    }
}

pub fn reserve(id: &str, sku: &str) -> Act {
    Act::new(RESERVE, &order(id, &[(sku, 1)]))
}

pub fn backorder(id: &str, sku: &str) -> Act {
    let request = BackorderRequest {
        request_id: format!("q-{id}"),
        reservation_id: id.into(),
        lines: vec![Line { sku: sku.into(), quantity: 1 }],
        confirm: true,
        ..BackorderRequest::default()
    };
    Act::new(BACKORDER, &request)
}

pub fn receive(id: &str, sku: &str, good: i64) -> Act {
    let line = ReceiptLine { sku: sku.into(), good, ..ReceiptLine::default() };
    let request = ReceiveRequest {
        request_id: format!("q-{id}"),
        receipt_id: id.into(),
        lines: vec![line],
        ..ReceiveRequest::default()
    };
    Act::new(RECEIVE, &request)
}

pub fn close(id: &str, sku: &str) -> Act {
    let request_id = format!("q-{id}");
    let request = CloseBackordersRequest { request_id, sku: sku.into(), ..Default::default() };
    Act::new(CLOSE, &request)
}

pub fn opening(sku: &str, cap: i64) -> Act {
    let request_id = uuid::Uuid::new_v4().to_string();
    let request = OpenBackordersRequest {
        request_id,
        plan: Some(plan_for(sku, cap, 30)),
        ..OpenBackordersRequest::default()
    };
    Act::new(OPEN, &request)
}

/// A plan that promises a date in so many days.
pub fn plan_for(sku: &str, cap: i64, days: u64) -> Plan {
    let now = SystemTime::now();
    let then = chrono::DateTime::<chrono::Utc>::from(now + Duration::from_secs(days * 86_400));
    let ship_by = then.date_naive().to_string();
    Plan {
        sku: sku.into(),
        cap,
        closes_at: Some((now + Duration::from_secs(86_400)).into()),
        note: format!("Ships by {ship_by}."),
        ship_by,
        ..Plan::default()
    }
}

/// A client of one server. Cheap to clone.
#[derive(Clone)]
pub struct Shop {
    channel: Channel,
}

impl Shop {
    /// Connects at the first call, and again whenever the connection broke.
    pub fn at(address: &str) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
        Self { channel: endpoint.tcp_nodelay(true).connect_lazy() }
    }

    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    pub async fn send(&self, act: &Act) -> Answer {
        self.send_within(act, None).await
    }

    /// Sends a call whose caller waits so long and no longer.
    pub async fn send_within(&self, act: &Act, wait: Option<Duration>) -> Answer {
        let mut client = tonic::client::Grpc::new(self.channel());
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let mut request = Request::new(act.body.clone());
        if let Some(wait) = wait {
            request.set_timeout(wait);
        }
        let path = http::uri::PathAndQuery::from_static(act.path);
        client.unary(request, path, Raw).await.map(tonic::Response::into_inner)
    }

    async fn done(&self, act: Act) -> Vec<u8> {
        self.send(&act).await.expect(act.path)
    }

    /// Items that may all take backorders at once, each with so many units on hand.
    pub async fn stock_up(&self, skus: &[String], on_hand: i64) {
        let most = Program { max_backorder_listings: 10_000, ..Program::default() };
        let request_id = uuid::Uuid::new_v4().to_string();
        let settings = PutProgramRequest { request_id, program: Some(most) };
        self.done(Act::new(PUT_PROGRAM, &settings)).await;
        let item = |sku: &String| Item { sku: sku.clone(), ..Item::default() };
        let items = skus.iter().map(item).collect();
        let request_id = uuid::Uuid::new_v4().to_string();
        let items = PutItemsRequest { request_id, items, ..PutItemsRequest::default() };
        self.done(Act::new(PUT_ITEMS, &items)).await;
        if on_hand > 0 {
            let line = |sku: &String| ReceiptLine {
                sku: sku.clone(),
                good: on_hand,
                ..ReceiptLine::default()
            };
            let id = uuid::Uuid::new_v4().to_string();
            let receipt = ReceiveRequest {
                request_id: id.clone(),
                receipt_id: id,
                lines: skus.iter().map(line).collect(),
                ..ReceiveRequest::default()
            };
            self.done(Act::new(RECEIVE, &receipt)).await;
        }
    }

    /// Opens backorders for each of them.
    pub async fn open(&self, skus: &[String], cap: i64) {
        for sku in skus {
            self.done(opening(sku, cap)).await;
        }
    }

    pub async fn stock(&self, sku: &str) -> ItemStock {
        self.stocks(&[sku.to_owned()]).await.remove(0)
    }

    pub async fn stocks(&self, skus: &[String]) -> Vec<ItemStock> {
        let request = GetAvailabilityRequest { program: String::new(), skus: skus.to_vec() };
        let mut insight = InsightServiceClient::new(self.channel());
        insight.get_availability(request).await.expect("availability").into_inner().items
    }

    /// Ledger, lines and counters agree.
    pub async fn verify(&self) {
        let mut insight = InsightServiceClient::new(self.channel());
        let proof = insight.verify(VerifyRequest::default()).await.expect("a proof").into_inner();
        assert!(proof.items > 0, "there is something to prove");
        assert_eq!(proof.discrepancies, [], "the ledger equals the counters");
    }
}

/// The reason of a refusal, if the server itself gave it.
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// Whether the client was about to send the call when the server said that it takes no more. tonic
/// calls this INTERNAL; what tells it from any other is the HTTP/2 error that it keeps as a cause.
fn is_turned_away(status: &Status) -> bool {
    let told = format!("{status:?}");
    told.contains("GoAway(") && told.contains("NO_ERROR, Remote")
}

/// The outcome of a call in one word: `OK`, a reason, or what the connection made of it.
pub fn word(answer: &Answer) -> String {
    match answer {
        Ok(_) => "OK".to_owned(),
        Err(status) => match reason(status) {
            reason if reason.is_empty() && is_turned_away(status) => "GoAway".to_owned(),
            reason if reason.is_empty() && status.code() == Code::Internal => format!("{status:?}"),
            reason if reason.is_empty() => format!("{:?}", status.code()),
            reason => reason,
        },
    }
}

/// Whether two answers are the same bytes.
pub fn same(one: &Answer, other: &Answer) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one == other,
        (Err(one), Err(other)) => {
            let parts = |status: &Status| (status.code(), status.message().to_owned());
            parts(one) == parts(other) && one.details() == other.details()
        }
        _ => false,
    }
}

/// The reservation in the answer of a Reserve; that of a Backorder has the same first field.
pub fn reservation(bytes: &[u8]) -> Reservation {
    let response = ReserveResponse::decode(bytes).expect("a response");
    response.reservation.expect("a reservation")
}

/// Bytes as they are.
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, target: &mut EncodeBuf<'_>) -> Result<(), Status> {
        target.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let bytes = source.copy_to_bytes(source.remaining());
        Ok(Some(bytes.to_vec()))
    }
}
