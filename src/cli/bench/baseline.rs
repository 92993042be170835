//! What the service is compared with, behind the same layers and the same router: a call that does
//! nothing, and the plain way to reserve. No `.proto` file knows of it, and `serve` has no such
//! routes: it joins the bench's own servers alone.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::uri::PathAndQuery;
use prost::Message;
use prost_types::{
    FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto,
};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::service_fn;

use super::database::plain;
use crate::app::Neighbours;
use crate::proto::{self, ReserveRequest, ReserveResponse};

const PACKAGE: &str = "backstock.bench";
const EMPTY: &str = "/backstock.bench.Baseline/Empty";
const PLAIN: &str = "/backstock.bench.Baseline/Plain";

/// The service, as a neighbour of those of the contract.
#[must_use]
pub fn neighbours() -> Neighbours {
    let method = |name: &str| MethodDescriptorProto {
        name: Some(name.to_owned()),
        ..MethodDescriptorProto::default()
    };
    let service = ServiceDescriptorProto {
        name: Some("Baseline".to_owned()),
        method: vec![method("Empty"), method("Plain")],
        ..ServiceDescriptorProto::default()
    };
    let file = FileDescriptorProto {
        package: Some(PACKAGE.to_owned()),
        service: vec![service],
        ..FileDescriptorProto::default()
    };
    Neighbours {
        descriptors: FileDescriptorSet { file: vec![file] }.encode_to_vec(),
        join: Box::new(|options, routes| {
            routes.add_service(Baseline::new(plain::pool(options))).prepare()
        }),
    }
}

/// Answers the calls of the baselines.
#[derive(Clone)]
struct Baseline {
    pool: plain::Pool,
    answer: Arc<ReserveResponse>,
}

impl Baseline {
    fn new(pool: plain::Pool) -> Self {
        Self { pool, answer: Arc::new(answer()) }
    }
}

impl NamedService for Baseline {
    const NAME: &'static str = "backstock.bench.Baseline";
}

impl tower::Service<http::Request<Body>> for Baseline {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let this = self.clone();
        let codec = ProstCodec::<ReserveResponse, ReserveRequest>::default();
        let mut grpc = tonic::server::Grpc::new(codec);
        match request.uri().path() {
            EMPTY => Box::pin(async move {
                let service = service_fn(move |asked| empty(this.clone(), asked));
                Ok(grpc.unary(service, request).await)
            }),
            PLAIN => Box::pin(async move {
                let service = service_fn(move |asked| reserve(this.clone(), asked));
                Ok(grpc.unary(service, request).await)
            }),
            _ => Box::pin(async { Ok(Status::unimplemented("").into_http()) }),
        }
    }
}

async fn empty(
    baseline: Baseline,
    _: Request<ReserveRequest>,
) -> Result<Response<ReserveResponse>, Status> {
    Ok(Response::new((*baseline.answer).clone()))
}

async fn reserve(
    baseline: Baseline,
    asked: Request<ReserveRequest>,
) -> Result<Response<ReserveResponse>, Status> {
    let asked = asked.into_inner();
    let quantity = asked.lines.first().map_or(1, |line| line.quantity);
    match plain::reserve(&baseline.pool, &asked.reservation_id, quantity).await {
        Ok(true) => Ok(Response::new((*baseline.answer).clone())),
        Ok(false) => Err(Status::failed_precondition("not as many")),
        Err(error) => Err(Status::internal(format!("the plain baseline failed: {error}"))),
    }
}

/// An answer of the size that a one-line Reserve gets.
fn answer() -> ReserveResponse {
    let now = prost_types::Timestamp { seconds: 1_800_000_000, nanos: 123_456_000 };
    let main = proto::LocationQuantity { location: "main".to_owned(), quantity: 1 };
    let line = proto::ReservationLine {
        sku: "HOT".to_owned(),
        ordered: 1,
        allocated: 1,
        allocations: vec![main],
        item_version: 1_000_000,
        ..proto::ReservationLine::default()
    };
    let reservation = proto::Reservation {
        program: "bench-01234567".to_owned(),
        reservation_id: "order-0000000001".to_owned(),
        state: proto::ReservationState::Held.into(),
        lines: vec![line],
        ship_policy: proto::ShipPolicy::Together.into(),
        create_time: Some(now),
        expire_time: Some(now),
        ..proto::Reservation::default()
    };
    ReserveResponse { reservation: Some(reservation), shortages: Vec::new() }
}

/// A client of it.
#[derive(Clone)]
pub struct BaselineClient(tonic::client::Grpc<Channel>);

impl BaselineClient {
    /// A client on a connection.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self(tonic::client::Grpc::new(channel))
    }

    /// The call that does nothing.
    ///
    /// # Errors
    /// The server has no such route, or is gone.
    pub async fn empty(
        &mut self,
        request: ReserveRequest,
    ) -> Result<Response<ReserveResponse>, Status> {
        self.unary(EMPTY, request).await
    }

    /// The plain way to reserve.
    ///
    /// # Errors
    /// The server has no such route, or the units are gone.
    pub async fn plain(
        &mut self,
        request: ReserveRequest,
    ) -> Result<Response<ReserveResponse>, Status> {
        self.unary(PLAIN, request).await
    }

    async fn unary(
        &mut self,
        path: &'static str,
        request: ReserveRequest,
    ) -> Result<Response<ReserveResponse>, Status> {
        let ready = self.0.ready().await;
        ready.map_err(|error| Status::unavailable(format!("no connection: {error}")))?;
        let codec = ProstCodec::<ReserveRequest, ReserveResponse>::default();
        self.0.unary(Request::new(request), PathAndQuery::from_static(path), codec).await
    }
}
