//! The span of each call, joined to the caller's trace, and the line of log for one that failed.
//!
//! The span is at debug. The log shows info by default, so it exists only where traces are sent or
//! somebody asked to see it, and costs one comparison elsewhere.

use std::convert::Infallible;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Instant;

use http::{HeaderMap, Request, Response};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_semantic_conventions::attribute as name;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use tower::Service;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::budget::Budget;
use super::class;
use super::method::Methods;
use super::observe::{Observed, ObservedBody, Observer};

/// Characters of an unknown path that are kept.
const PATH_MAX: usize = 200;

/// One budget for each code, so that a flood of one does not hide another; for the whole process,
/// which has one log.
static LINES: LazyLock<[Budget; CODES]> = LazyLock::new(|| std::array::from_fn(|_| Budget::new()));

/// The codes of gRPC are numbered from 0 to 16.
const CODES: usize = 17;

/// Makes [`Traced`].
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
    type Service = Traced<S>;

    fn layer(&self, inner: S) -> Traced<S> {
        Traced { inner, methods: self.methods.clone() }
    }
}

/// A service whose calls have spans.
#[derive(Clone)]
pub struct Traced<S> {
    inner: S,
    methods: Methods,
}

impl<S, A, B> Service<Request<A>> for Traced<S>
where
    S: Service<Request<A>, Response = Response<B>, Error = Infallible>,
{
    type Response = Response<ObservedBody<B, Trace>>;
    type Error = Infallible;
    type Future = Observed<S::Future, Trace>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let method = self.methods.name(request.uri().path());
        let span = call_span(&method, request.headers());
        if self.methods.is_other(&method) {
            let path: String = request.uri().path().chars().take(PATH_MAX).collect();
            span.record(name::RPC_METHOD_ORIGINAL, format_args!("{path:?}").to_string());
        }
        let inner = span.in_scope(|| self.inner.call(request));
        Observed::new(inner, Trace { span, method, began: Instant::now() })
    }
}

/// A span below the caller's. A `traceparent` that cannot be read counts as none, as W3C asks.
fn call_span(method: &Arc<str>, headers: &HeaderMap) -> Span {
    let method = &**method;
    let span = tracing::debug_span!(
        target: "backstock::edge",
        parent: None,
        "call",
        otel.name = method,
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
        { name::RPC_SYSTEM_NAME } = "grpc",
        { name::RPC_METHOD } = method,
        { name::RPC_METHOD_ORIGINAL } = tracing::field::Empty,
        { name::RPC_RESPONSE_STATUS_CODE } = tracing::field::Empty,
        { name::ERROR_TYPE } = tracing::field::Empty,
    );
    if !span.is_disabled() && headers.contains_key("traceparent") {
        let parent = TraceContextPropagator::new().extract(&Headers(headers));
        if parent.span().span_context().is_valid() {
            // Refused only where no traces are sent; then there is nothing to join.
            let _ = span.set_parent(parent);
        }
    }
    span
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// The span of one call.
pub struct Trace {
    span: Span,
    method: Arc<str>,
    began: Instant,
}

impl Observer for Trace {
    fn during<T>(&self, poll: impl FnOnce() -> T) -> T {
        self.span.in_scope(poll)
    }

    fn ended(self, code: Code, status: Option<&HeaderMap>) {
        let code_name = class::name(code);
        self.span.record(name::RPC_RESPONSE_STATUS_CODE, code_name);
        if class::is_server_fault(code) {
            self.span.record("otel.status_code", "ERROR");
            self.span.record(name::ERROR_TYPE, code_name);
        }
        self.span.in_scope(|| self.log(code, status));
    }
}

impl Trace {
    fn log(&self, code: Code, status: Option<&HeaderMap>) {
        let (method, code_name) = (&*self.method, class::name(code));
        let seconds = self.began.elapsed().as_secs_f64();
        if !class::is_server_fault(code) {
            tracing::debug!(method, code = code_name, seconds, "call ended");
            return;
        }
        let status = status.and_then(Status::from_header_map);
        let message = status.as_ref().map_or("", Status::message);
        // Whoever gave a failure its incident has logged it, with its cause; once is enough.
        let is_logged = status.as_ref().is_some_and(has_incident);
        match if is_logged { None } else { LINES[code as usize].take() } {
            Some(left_out) => {
                tracing::error!(
                    method,
                    code = code_name,
                    seconds,
                    answer = ?message,
                    left_out,
                    "call failed"
                );
            }
            None => {
                tracing::debug!(method, code = code_name, seconds, answer = ?message, "call failed")
            }
        }
    }
}

fn has_incident(status: &Status) -> bool {
    let info = status.get_details_error_info();
    info.is_some_and(|info| info.metadata.contains_key(super::refuse::INCIDENT))
}
