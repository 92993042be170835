//! `bench`: every workload for a moment, so that what it asks of server and database holds. How
//! fast it was is looked at by nobody here.

use backstock::proto::{ReserveRequest, ReserveResponse};
use serde_json::Value;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

use crate::ground::{Said, Server, backstock, run};

/// A run as short as it can be.
fn bench(words: &[&str]) -> Said {
    let short = ["bench", "--rounds", "1", "--seconds", "0.1", "--in-flight", "8"];
    run(&mut backstock(&[&short[..], words].concat()))
}

fn report(said: &Said) -> Value {
    assert_eq!(said.code, 0, "{said:?}");
    serde_json::from_str(&said.out).expect("one JSON object")
}

#[test]
fn every_workload_is_measured_and_answered_rightly() {
    let said = bench(&["--output", "json"]);
    let report = report(&said);
    let series = report["series"].as_array().expect("the workloads");
    let measured: Vec<&str> = series.iter().filter_map(|one| one["workload"].as_str()).collect();
    for workload in ["empty", "plain", "hot", "spread", "three", "zipf", "backorder", "refused"] {
        assert!(measured.contains(&workload), "{workload} is not in {measured:?}");
    }
    for series in series.iter().chain(report["replicas"].as_array().expect("two servers")) {
        assert!(series["rounds"][0]["calls"].as_u64() > Some(0), "{series}");
        assert_eq!(series["wrong"], 0, "{series}");
    }
    assert!(report["open_loop"]["slice"]["calls"].as_u64() > Some(0), "{report}");
    assert_eq!(report["memory"]["connections"], 1_000);
    assert!(report["memory"]["resident"].as_u64() > Some(1 << 20), "{report}");
    assert_eq!(report["machine"]["postgres"]["fsync"], "on");
    assert_eq!(report["machine"]["postgres"]["synchronous_commit"], "on");
    assert!(report["verified"]["movements"].as_i64() > Some(0), "{report}");
    assert_eq!(report["wrong"], serde_json::json!([]));
}

#[test]
fn studies_find_what_they_look_for_also_when_they_are_small() {
    let long = ["--long", "--queue", "300", "--fairness", "--soak", "0.02", "--output", "json"];
    let growth = ["--growth", "--items", "200,400", "--past", "400"];
    let report = report(&bench(&[&long[..], &growth[..]].concat()));
    let findings = report["findings"].as_array().expect("findings");
    let found = |what: &str| {
        let of = findings.iter().find(|one| one["what"] == what);
        of.and_then(|one| one["found"].as_f64()).unwrap_or_else(|| panic!("{what}: {report}"))
    };
    for what in ["Receive itself", "fill", "new dates", "holds that ran out", "soak: calls"] {
        assert!(found(what) > 0.0, "{what}");
    }
    assert!(found("400 items, 400 past reservations: Reserve") > 0.0);
    assert!(found("others alone: p99") > 0.0);
    assert!(report["verified"]["lines"].as_i64() > Some(1_300), "{report}");
    assert_eq!(report["wrong"], serde_json::json!([]));
}

#[test]
fn a_server_that_runs_has_no_baselines_and_keeps_its_books() {
    let server = Server::start();
    let words = ["--server", &server.address, "--only", "empty,plain,hot,batch"];
    let report = report(&bench(&[&words[..], &["--output", "json"]].concat()));
    let series = report["series"].as_array().expect("the workloads");
    let measured: Vec<&str> = series.iter().filter_map(|one| one["workload"].as_str()).collect();
    assert_eq!(measured, ["hot", "batch"]);
    let shown = server.json(&["program", "show", "default"]);
    assert_eq!(shown.len(), 1, "the server goes on");
}

#[test]
fn a_ratio_under_the_committed_one_fails_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ratios.json");
    let path = file.to_str().expect("a path");
    let words = ["--only", "empty,hot", "--output", "markdown", "--check", path];
    std::fs::write(&file, r#"{"hot": 0.0001}"#).expect("a file");
    let said = bench(&words);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("| Reserve, one hot SKU | empty call |"), "{said:?}");
    std::fs::write(&file, r#"{"hot": 1000, "three": 0.1}"#).expect("a file");
    let said = bench(&words);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("TOO SLOW") && said.err.contains("not measured"), "{said:?}");
    std::fs::write(&file, "fast").expect("a file");
    let said = bench(&words);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("no object of ratios"), "{said:?}");
}

#[test]
fn a_soak_that_takes_too_much_memory_fails_where_that_was_asked_for() {
    let soak = ["--soak", "0.02", "--soak-memory", "1", "--output", "markdown"];
    let said = bench(&soak);
    assert_eq!(said.code, 0, "{said:?}");
    let said = bench(&[&soak[..], &["--strict"]].concat());
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("MISSED: soak: resident at most"), "{said:?}");
    assert!(said.err.contains("Every answer was right."), "{said:?}");
}

#[tokio::test]
async fn serve_has_no_route_to_the_baselines() {
    let server = Server::start();
    let channel = Channel::from_shared(format!("http://{}", server.address)).expect("an address");
    let mut client = Grpc::new(channel.connect().await.expect("a connection"));
    for method in ["Empty", "Plain"] {
        client.ready().await.expect("a connection");
        let path = format!("/backstock.bench.Baseline/{method}").parse().expect("a path");
        let codec = ProstCodec::<ReserveRequest, ReserveResponse>::default();
        let answer = client.unary(Request::new(ReserveRequest::default()), path, codec).await;
        assert_eq!(answer.expect_err(method).code(), Code::Unimplemented);
    }
}
