//! A collector: an OTLP/gRPC receiver on a free port of the loopback that keeps what it is sent.

// Each test program uses the part of it that it needs; a panic is how a test fails.
#![allow(dead_code, clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// How long a test waits for what it was promised.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running collector; it stops when dropped.
pub struct Receiver {
    /// For `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub endpoint: String,
    inbox: Inbox,
    server: JoinHandle<()>,
}

#[derive(Clone, Default)]
struct Inbox(Arc<Contents>);

#[derive(Default)]
struct Contents {
    spans: Mutex<Vec<Span>>,
    metrics: Mutex<Vec<Metric>>,
    resources: Mutex<Vec<Resource>>,
    arrived: Notify,
}

/// Starts a collector.
pub async fn receiver() -> Receiver {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let inbox = Inbox::default();
    let router = tonic::transport::Server::builder()
        .add_service(TraceServiceServer::new(inbox.clone()))
        .add_service(MetricsServiceServer::new(inbox.clone()));
    let incoming = TcpListenerStream::new(listener);
    let server = tokio::spawn(async move { router.serve_with_incoming(incoming).await.unwrap() });
    Receiver { endpoint, inbox, server }
}

impl Receiver {
    /// Every span so far, in the order of arrival.
    pub fn spans(&self) -> Vec<Span> {
        self.inbox.0.spans.lock().unwrap().clone()
    }

    /// Every report of a metric so far, in the order of arrival; a later one of a name supersedes.
    pub fn metrics(&self) -> Vec<Metric> {
        self.inbox.0.metrics.lock().unwrap().clone()
    }

    /// Who sent, once for each message that arrived.
    pub fn resources(&self) -> Vec<Resource> {
        self.inbox.0.resources.lock().unwrap().clone()
    }

    /// The first span that `is_wanted`, as soon as it is there.
    ///
    /// # Panics
    /// When it has not come in time.
    pub async fn span(&self, is_wanted: impl Fn(&Span) -> bool) -> Span {
        self.first(|receiver| receiver.spans().into_iter().find(&is_wanted)).await
    }

    /// The first report of a metric that `is_wanted`, as soon as it is there.
    ///
    /// # Panics
    /// When it has not come in time.
    pub async fn metric(&self, is_wanted: impl Fn(&Metric) -> bool) -> Metric {
        self.first(|receiver| receiver.metrics().into_iter().find(&is_wanted)).await
    }

    async fn first<T>(&self, find: impl Fn(&Self) -> Option<T>) -> T {
        let search = async {
            loop {
                let arrived = self.inbox.0.arrived.notified();
                if let Some(found) = find(self) {
                    return found;
                }
                arrived.await;
            }
        };
        let names = || self.spans().into_iter().map(|span| span.name).collect::<Vec<_>>();
        let found = tokio::time::timeout(PATIENCE, search).await;
        found.unwrap_or_else(|_| panic!("it never came; spans were {:?}", names()))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The text of the attribute `key`; empty where there is none.
pub fn text(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.clone()?.value) {
        Some(Value::StringValue(text)) => text,
        Some(other) => panic!("{key} is {other:?}"),
        None => String::new(),
    }
}

#[tonic::async_trait]
impl TraceService for Inbox {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for of_resource in request.into_inner().resource_spans {
            self.0.resources.lock().unwrap().extend(of_resource.resource);
            let spans = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.0.spans.lock().unwrap().extend(spans);
        }
        self.0.arrived.notify_waiters();
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Inbox {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        for of_resource in request.into_inner().resource_metrics {
            self.0.resources.lock().unwrap().extend(of_resource.resource);
            let metrics = of_resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics);
            self.0.metrics.lock().unwrap().extend(metrics);
        }
        self.0.arrived.notify_waiters();
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}
