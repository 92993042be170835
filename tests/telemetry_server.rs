//! The real binary, told by the usual variables where to send telemetry: its spans and metrics
//! arrive.

// A panic is how a test fails.
#![allow(clippy::unwrap_used)]

mod otlp;

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use backstock::proto::inventory_service_client::InventoryServiceClient;
use backstock::proto::plan_service_client::PlanServiceClient;
use backstock::proto::{Item, Line, PutItemsRequest, ReceiptLine, ReceiveRequest, ReserveRequest};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use otlp::{Receiver, text};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tonic::Request;
use tonic::transport::Channel;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
const RESERVE: &str = "backstock.v1.InventoryService/Reserve";

/// Starts the binary with an embedded database and the collector's address, and waits for its line.
async fn serve(data: &std::path::Path, receiver: &Receiver) -> (Child, Channel) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_backstock"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .env_remove("DATABASE_URL")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.endpoint)
        .env("OTEL_BSP_SCHEDULE_DELAY", "200")
        .env("OTEL_METRIC_EXPORT_INTERVAL", "200")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = lines.next_line().await.unwrap().expect("the ready line");
    let address =
        ready.split("serving on ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    (child, channel.connect().await.unwrap())
}

async fn stock(channel: &Channel) {
    let item = Item { sku: "A".into(), ..Item::default() };
    let put = PutItemsRequest { request_id: "put".into(), items: vec![item], ..Default::default() };
    PlanServiceClient::new(channel.clone()).put_items(put).await.unwrap();
    let line = ReceiptLine { sku: "A".into(), good: 5, ..ReceiptLine::default() };
    let receive = ReceiveRequest {
        request_id: "receive".into(),
        receipt_id: "receipt".into(),
        lines: vec![line],
        ..Default::default()
    };
    InventoryServiceClient::new(channel.clone()).receive(receive).await.unwrap();
}

fn reserve(id: &str, quantity: i64) -> ReserveRequest {
    ReserveRequest {
        request_id: id.into(),
        reservation_id: id.into(),
        lines: vec![Line { sku: "A".into(), quantity }],
        ..Default::default()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_servers_spans_and_metrics_arrive() {
    let receiver = otlp::receiver().await;
    let folder = tempfile::Builder::new().prefix("backstock-otlp-").tempdir().unwrap();
    // Started as root, PostgreSQL runs as another user, who must get through to its data.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let (mut child, channel) = serve(&folder.path().join("data"), &receiver).await;
    stock(&channel).await;
    let mut client = InventoryServiceClient::new(channel);
    let mut traced = Request::new(reserve("r1", 3));
    let parent = format!("00-{TRACE}-{PARENT}-01");
    traced.metadata_mut().insert("traceparent", parent.parse().unwrap());
    client.reserve(traced).await.unwrap();
    client.reserve(reserve("r2", 3)).await.unwrap_err();

    let call = receiver.span(|span| span.name == RESERVE && hex(&span.trace_id) == TRACE).await;
    assert_eq!(hex(&call.parent_span_id), PARENT);
    assert_eq!(text(&call.attributes, "rpc.response.status_code"), "OK");
    let refused =
        |span: &Span| text(&span.attributes, "rpc.response.status_code") == "FAILED_PRECONDITION";
    receiver.span(|span| span.name == RESERVE && refused(span)).await;
    let links_to_call = |span: &Span| span.links.iter().any(|link| link.span_id == call.span_id);
    let batch = receiver.span(|span| span.name == "batch" && links_to_call(span)).await;
    for statement in ["load_batch", "save_batch"] {
        let in_batch = |span: &Span| span.trace_id == batch.trace_id && span.name == statement;
        let span = receiver.span(in_batch).await;
        assert_eq!(text(&span.attributes, "db.system.name"), "postgresql");
    }
    // Nobody else writes the item, so the Reserve locks nothing. The goods were locked for before.
    for statement in ["lock_items", "commit"] {
        receiver.span(|span| span.name == statement).await;
        let in_batch = |span: &Span| span.trace_id == batch.trace_id && span.name == statement;
        assert!(!receiver.spans().iter().any(in_batch), "{statement}: two rounds are enough");
    }
    the_metrics_arrive(&receiver).await;

    let pid = child.id().and_then(|pid| Pid::from_raw(pid.try_into().unwrap())).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert!(child.wait().await.unwrap().success());
}

async fn the_metrics_arrive(receiver: &Receiver) {
    let timed = ["rpc.server.call.duration", "backstock.lane.wait", "backstock.lock.wait"];
    for name in timed.iter().chain(&["backstock.commit.duration", "backstock.batch.size"]) {
        let metric = receiver.metric(|metric| metric.name == *name).await;
        let Some(Data::Histogram(histogram)) = metric.data else { panic!("{name}: no histogram") };
        assert!(histogram.data_points.iter().any(|point| point.count > 0), "{name} is empty");
    }
    receiver
        .metric(|metric| {
            let Some(Data::Sum(sum)) = &metric.data else { return false };
            metric.name == "backstock.refusals"
                && sum
                    .data_points
                    .iter()
                    .any(|point| text(&point.attributes, "reason") == "STOCK_INSUFFICIENT")
        })
        .await;
}
