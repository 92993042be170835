//! Traces and metrics, from calls over a real connection to a collector that keeps what it is sent.
//!
//! Installing telemetry is for a whole process, so this program is one test.

// A panic is how a test fails.
#![allow(clippy::unwrap_used)]

mod otlp;
mod probe;
mod raw;

use backstock::telemetry::metrics::metrics;
use backstock::telemetry::{Endpoints, LogFormat, install_with};
use futures::FutureExt;
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use otlp::{Receiver, text};
use probe::{Running, ok, serve};
use raw::{Client, read};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tonic::Status;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
const KNOWN: [&str; 5] = ["Hold", "Ok", "NotFound", "Panic", "Never"];

/// A call's span as its handler saw it, and what lets the handler answer.
type Held = (tracing::Span, tokio::sync::oneshot::Sender<()>);

fn path(method: &str) -> String {
    format!("/probe.v1.Probe/{method}")
}

async fn server() -> (Running, UnboundedReceiver<Held>) {
    let (hand, held) = unbounded_channel();
    let handler = move |method: String, _| match &*method {
        "Ok" => async { ok() }.boxed(),
        "NotFound" => async { Status::not_found("no such thing").into_http() }.boxed(),
        "Panic" => async { panic!("the secret is out") }.boxed(),
        _ => {
            let hand = hand.clone();
            async move {
                let (release, released) = tokio::sync::oneshot::channel();
                hand.send((tracing::Span::current(), release)).unwrap();
                released.await.unwrap();
                ok()
            }
            .boxed()
        }
    };
    (serve(&KNOWN, 100, handler).await, held)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_and_metrics_arrive() {
    let receiver = otlp::receiver().await;
    let endpoints = Endpoints::both(&receiver.endpoint);
    let telemetry = install_with(Some(LogFormat::Json), endpoints.clone()).unwrap();
    let (server, mut held) = server().await;
    let client = Client::connect(server.address).await;

    // First: what a dropped call leaves behind is written while the others go on.
    hang_up(&client, &mut held).await;
    link_a_batch_before_and_after_the_end(&client, &mut held).await;
    let trace_parents = [
        ("traceparent", format!("00-{TRACE}-{PARENT}-01")),
        ("traceparent", format!("00-{TRACE}-{PARENT}-01-what")),
    ];
    for (name, value) in &trace_parents {
        client.call(&path("Ok"), &[(name, value)]).await;
    }
    client.call(&path("NotFound"), &[]).await;
    client.call(&path("Panic"), &[]).await;
    client.call("/made.up.Service/Name", &[]).await;
    client.call(&path("Ok"), &[("grpc-timeout", "soon")]).await;
    record_the_rest();

    // Inside a runtime, which a flush must not hold up.
    telemetry.shutdown();
    assert!(install_with(None, endpoints).is_err(), "installed twice");
    calls_join_the_trace_of_their_caller(&receiver);
    batches_are_linked_to_their_calls(&receiver);
    statuses_tell_whose_fault_it_was(&receiver);
    only_our_own_spans_are_sent(&receiver);
    every_metric_arrives(&receiver);
    calls_are_measured(&receiver);
    for resource in receiver.resources() {
        assert_eq!(text(&resource.attributes, "service.name"), "backstock");
        assert_eq!(text(&resource.attributes, "service.version"), env!("CARGO_PKG_VERSION"));
    }
}

/// What a lane does: one batch takes the call while it is open, another, later, after it was
/// answered.
async fn link_a_batch_before_and_after_the_end(
    client: &Client,
    held: &mut UnboundedReceiver<Held>,
) {
    let call = client.begin(&path("Hold"), &[]).await;
    let (call_span, release) = held.recv().await.unwrap();
    let early = tracing::info_span!(target: "backstock::combine", parent: None, "early");
    early.follows_from(&call_span);
    early.in_scope(|| {
        tracing::debug_span!(target: "backstock::store", "statement").in_scope(|| ());
    });
    release.send(()).unwrap();
    read(call).await;
    let late = tracing::info_span!(target: "backstock::combine", parent: None, "late");
    late.follows_from(&call_span);
    late.in_scope(|| ());

    // A link needs a living handle: after the last one it is dropped, and nothing else happens.
    let id = call_span.id();
    drop(call_span);
    drop(early);
    let too_late = tracing::info_span!(target: "backstock::combine", parent: None, "too late");
    too_late.follows_from(id);
    too_late.in_scope(|| ());
}

async fn hang_up(client: &Client, held: &mut UnboundedReceiver<Held>) {
    let call = client.begin(&path("Never"), &[]).await;
    let (call_span, mut release) = held.recv().await.unwrap();
    drop(call_span);
    drop(call);
    // The handler is dropped, and with it the call's span.
    release.closed().await;
}

fn record_the_rest() {
    metrics().batch_size.record(16, &[]);
    metrics().lane_wait.record(0.002, &[]);
    metrics().lock_wait.record(0.003, &[]);
    metrics().commit_time.record(0.004, &[]);
    metrics().refused("CAP_EXCEEDED");
    metrics().retried("deadlock");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn spans(receiver: &Receiver, name: &str) -> Vec<Span> {
    receiver.spans().into_iter().filter(|span| span.name == name).collect()
}

fn only_span(receiver: &Receiver, name: &str) -> Span {
    let mut found = spans(receiver, name);
    assert_eq!(found.len(), 1, "spans named {name}");
    found.remove(0)
}

fn calls_join_the_trace_of_their_caller(receiver: &Receiver) {
    let calls = spans(receiver, "probe.v1.Probe/Ok");
    let joined: Vec<_> = calls.iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
    assert_eq!(joined.len(), 1, "the malformed traceparent counts as none");
    assert_eq!(hex(&joined[0].parent_span_id), PARENT);
    assert_eq!(joined[0].kind(), SpanKind::Server);
    let roots = calls.iter().filter(|span| span.parent_span_id.is_empty());
    assert_eq!(roots.count(), calls.len() - 1);
}

fn batches_are_linked_to_their_calls(receiver: &Receiver) {
    let call = only_span(receiver, "probe.v1.Probe/Hold");
    let (early, late) = (only_span(receiver, "early"), only_span(receiver, "late"));
    for batch in [&early, &late] {
        assert_eq!(batch.links.len(), 1, "{}", batch.name);
        assert_eq!(batch.links[0].span_id, call.span_id);
        assert_eq!(batch.links[0].trace_id, call.trace_id);
        assert_ne!(batch.trace_id, call.trace_id);
        assert!(batch.parent_span_id.is_empty());
    }
    assert!(only_span(receiver, "too late").links.is_empty());
    // The batches held on to the call's span, which did not make it any longer.
    assert!(call.end_time_unix_nano <= late.start_time_unix_nano);
    let statement = only_span(receiver, "statement");
    assert_eq!(statement.parent_span_id, early.span_id);
    assert_eq!(statement.trace_id, early.trace_id);
}

fn statuses_tell_whose_fault_it_was(receiver: &Receiver) {
    let expected = [
        ("probe.v1.Probe/Hold", "OK", StatusCode::Unset),
        ("probe.v1.Probe/NotFound", "NOT_FOUND", StatusCode::Unset),
        ("probe.v1.Probe/Never", "CANCELLED", StatusCode::Unset),
        ("probe.v1.Probe/Panic", "INTERNAL", StatusCode::Error),
        ("_OTHER", "UNIMPLEMENTED", StatusCode::Error),
    ];
    for (name, code, status) in expected {
        let span = only_span(receiver, name);
        assert_eq!(text(&span.attributes, "rpc.system.name"), "grpc");
        assert_eq!(text(&span.attributes, "rpc.method"), name);
        assert_eq!(text(&span.attributes, "rpc.response.status_code"), code, "{name}");
        let error = if status == StatusCode::Error { code } else { "" };
        assert_eq!(text(&span.attributes, "error.type"), error, "{name}");
        let found = span.status.as_ref().map_or(StatusCode::Unset, |status| status.code());
        assert_eq!(found, status, "{name}");
    }
    let unknown = only_span(receiver, "_OTHER");
    assert_eq!(text(&unknown.attributes, "rpc.method_original"), "\"/made.up.Service/Name\"");
}

/// Neither the server's connections nor the exporter's own are traced.
fn only_our_own_spans_are_sent(receiver: &Receiver) {
    let ours = ["early", "late", "too late", "statement", "_OTHER"];
    for span in receiver.spans() {
        let is_ours = ours.contains(&&*span.name) || span.name.starts_with("probe.v1.Probe/");
        assert!(is_ours, "{}", span.name);
    }
}

fn metric(receiver: &Receiver, name: &str) -> Metric {
    let found = receiver.metrics().into_iter().rfind(|metric| metric.name == name);
    found.unwrap_or_else(|| panic!("{name} never came"))
}

fn every_metric_arrives(receiver: &Receiver) {
    let histograms = [
        ("rpc.server.call.duration", "s"),
        ("backstock.batch.size", "{request}"),
        ("backstock.lane.wait", "s"),
        ("backstock.lock.wait", "s"),
        ("backstock.commit.duration", "s"),
    ];
    for (name, unit) in histograms {
        let metric = metric(receiver, name);
        assert_eq!(metric.unit, unit);
        let Some(Data::Histogram(histogram)) = metric.data else { panic!("{name}") };
        let bounds = &histogram.data_points[0].explicit_bounds;
        let (first, last) = if unit == "s" { (0.0001, 10.0) } else { (1.0, 1024.0) };
        assert_eq!((bounds.first(), bounds.last()), (Some(&first), Some(&last)), "{name}");
    }
    assert_eq!(count(receiver, "backstock.refusals", "reason", "CAP_EXCEEDED"), 1);
    assert_eq!(count(receiver, "backstock.refusals", "reason", "MALFORMED"), 1);
    assert_eq!(count(receiver, "backstock.refusals", "reason", "INTERNAL"), 1);
    assert_eq!(count(receiver, "backstock.batch.retries", "cause", "deadlock"), 1);
}

/// The counter's value at `key` = `value`.
fn count(receiver: &Receiver, name: &str, key: &str, value: &str) -> i64 {
    use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
    let Some(Data::Sum(sum)) = metric(receiver, name).data else { panic!("{name} is no counter") };
    let point = sum.data_points.iter().find(|point| text(&point.attributes, key) == value);
    match point.and_then(|point| point.value) {
        Some(Value::AsInt(count)) => count,
        other => panic!("{name} at {value} is {other:?}"),
    }
}

fn calls_are_measured(receiver: &Receiver) {
    let Some(Data::Histogram(histogram)) = metric(receiver, "rpc.server.call.duration").data else {
        panic!("not a histogram")
    };
    let mut counts: Vec<(String, String, String, u64)> = histogram
        .data_points
        .iter()
        .map(|point| {
            assert_eq!(text(&point.attributes, "rpc.system.name"), "grpc");
            let of = |key| text(&point.attributes, key);
            let (method, code) = (of("rpc.method"), of("rpc.response.status_code"));
            (method, code, of("error.type"), point.count)
        })
        .collect();
    counts.sort();
    let expected = [
        ("_OTHER", "UNIMPLEMENTED", "UNIMPLEMENTED", 1),
        ("probe.v1.Probe/Hold", "OK", "", 1),
        ("probe.v1.Probe/Never", "CANCELLED", "", 1),
        ("probe.v1.Probe/NotFound", "NOT_FOUND", "", 1),
        ("probe.v1.Probe/Ok", "INVALID_ARGUMENT", "", 1),
        ("probe.v1.Probe/Ok", "OK", "", 2),
        ("probe.v1.Probe/Panic", "INTERNAL", "INTERNAL", 1),
    ];
    let expected = expected.map(|(method, code, error, count)| {
        (method.to_owned(), code.to_owned(), error.to_owned(), count)
    });
    assert_eq!(counts, expected);
}
