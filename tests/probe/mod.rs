//! A server whose handlers the test writes, under the column of the edge and beside gRPC health.

// Each test program uses the part of it that it needs; a panic is how a test fails.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use backstock::edge::{self, Methods};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::Service;

use crate::raw::EMPTY_MESSAGE;

/// What a handler is: from the name of the method and the request to the answer.
pub type Handler =
    dyn Fn(String, Request<Body>) -> BoxFuture<'static, Response<Body>> + Send + Sync;

/// `/probe.v1.Probe/*`.
#[derive(Clone)]
struct Probe(Arc<Handler>);

impl NamedService for Probe {
    const NAME: &'static str = "probe.v1.Probe";
}

impl Service<Request<Body>> for Probe {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = request.uri().path().rsplit('/').next().unwrap().to_owned();
        let answer = (self.0)(method, request);
        Box::pin(async move { Ok(answer.await) })
    }
}

/// A running server; it stops when dropped.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    server: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Starts a server with the whole column. `known` are the probe's methods that may be named.
pub async fn serve(
    known: &[&str],
    in_flight_max: usize,
    handler: impl Fn(String, Request<Body>) -> BoxFuture<'static, Response<Body>>
    + Send
    + Sync
    + 'static,
) -> Running {
    let health = ["Check", "Watch"].map(|method| format!("/grpc.health.v1.Health/{method}"));
    let probes = known.iter().map(|method| format!("/probe.v1.Probe/{method}"));
    let methods: Methods = health.into_iter().chain(probes).collect();
    let (_reporter, health) = tonic_health::server::health_reporter();
    let router = tonic::transport::Server::builder()
        .layer(edge::column(&methods, in_flight_max))
        .add_service(health)
        .add_service(Probe(Arc::new(handler)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = TcpListenerStream::new(listener);
    let server = tokio::spawn(async move { router.serve_with_incoming(incoming).await.unwrap() });
    Running { address, server }
}

/// One step of an answer's body.
pub enum Step {
    Message,
    Ok,
    Panic(&'static str),
    Never,
}

/// An answer that goes through `steps`.
pub fn answer(steps: impl IntoIterator<Item = Step>) -> Response<Body> {
    let body = Body::new(Script(steps.into_iter().collect()));
    Response::builder().header("content-type", "application/grpc").body(body).unwrap()
}

/// The answer of a unary call that went well.
pub fn ok() -> Response<Body> {
    answer([Step::Message, Step::Ok])
}

struct Script(VecDeque<Step>);

impl http_body::Body for Script {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        match self.0.pop_front() {
            Some(Step::Message) => {
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(EMPTY_MESSAGE)))))
            }
            Some(Step::Ok) => {
                let trailers = HeaderMap::from_iter([(
                    http::HeaderName::from_static("grpc-status"),
                    http::HeaderValue::from_static("0"),
                )]);
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            Some(Step::Panic(text)) => panic!("{text}"),
            Some(Step::Never) => {
                self.0.push_front(Step::Never);
                Poll::Pending
            }
            None => Poll::Ready(None),
        }
    }
}
