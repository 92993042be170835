//! `rpc.server.call.duration` of each call.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use http::{HeaderMap, Request, Response};
use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute as name;
use tonic::Code;
use tower::Service;

use super::class;
use super::method::Methods;
use super::observe::{Observed, ObservedBody, Observer};
use crate::telemetry::metrics::metrics;

/// Makes [`Measured`].
#[derive(Clone)]
pub struct Layer {
    methods: Methods,
}

impl Layer {
    pub(super) fn new(methods: Methods) -> Self {
        Self { methods }
    }
}

impl<S> tower::Layer<S> for Layer {
    type Service = Measured<S>;

    fn layer(&self, inner: S) -> Measured<S> {
        Measured { inner, methods: self.methods.clone() }
    }
}

/// A service whose calls are measured.
#[derive(Clone)]
pub struct Measured<S> {
    inner: S,
    methods: Methods,
}

impl<S, A, B> Service<Request<A>> for Measured<S>
where
    S: Service<Request<A>, Response = Response<B>, Error = Infallible>,
{
    type Response = Response<ObservedBody<B, Measure>>;
    type Error = Infallible;
    type Future = Observed<S::Future, Measure>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let method = self.methods.name(request.uri().path());
        let measure = Measure { method, began: Instant::now() };
        Observed::new(self.inner.call(request), measure)
    }
}

/// The time of one call.
pub struct Measure {
    method: Arc<str>,
    began: Instant,
}

impl Observer for Measure {
    fn ended(self, code: Code, _status: Option<&HeaderMap>) {
        let seconds = self.began.elapsed().as_secs_f64();
        let code_name = class::name(code);
        let attributes = [
            KeyValue::new(name::RPC_SYSTEM_NAME, "grpc"),
            KeyValue::new(name::RPC_METHOD, self.method),
            KeyValue::new(name::RPC_RESPONSE_STATUS_CODE, code_name),
            KeyValue::new(name::ERROR_TYPE, code_name),
        ];
        // The error is named only where the server is at fault.
        let named = if class::is_server_fault(code) { 4 } else { 3 };
        metrics().rpc_duration.record(seconds, &attributes[..named]);
    }
}
