//! What happens, told: to those who watch, and to webhooks.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::ground::{Server, run};

#[test]
fn what_happened_is_told_in_order_and_by_type() {
    let server = Server::start();
    for sku in ["A", "B"] {
        server.done(&["item", "put", sku]);
        server.file("truck.csv", format!("sku,good\n{sku},5\n"));
        server.done(&["import", "stock", "truck.csv"]);
    }
    let received = ["--types", "stock.*", "--skus", "A,B", "--after", "0", "--limit", "2"];
    let events = server.json(&[&["watch"], &received[..]].concat());
    let told: Vec<_> = events.iter().map(|event| (&event["type"], &event["sku"])).collect();
    let kind = Value::from("stock.received");
    assert_eq!(told, [(&kind, &"A".into()), (&kind, &"B".into())]);
    assert_eq!(events[0]["changes"]["on_hand"], 5);
    let behind = events[0]["position"].to_string();
    let words = ["watch", "--types", "stock.received", "--after", &behind, "--limit", "1"];
    let line = server.done(&words);
    assert!(line.contains("stock.received  B") && line.contains("on hand +5"), "{line}");
}

#[test]
fn a_watch_goes_on_where_it_was_when_the_server_is_back() {
    let mut server = Server::start();
    server.done(&["item", "put", "A"]);
    let arrives = |server: &Server, units: i64| {
        server.file("truck.csv", format!("sku,good\nA,{units}\n"));
        server.done(&["import", "stock", "truck.csv"]);
    };
    arrives(&server, 1);
    let words = ["watch", "--after", "0", "--types", "stock.received", "--limit", "2"];
    let mut watch = server.command(&[&words[..], &["--output", "json"]].concat());
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut told = BufReader::new(watch.stdout.take().expect("its output")).lines();
    let mut next = || -> Value {
        serde_json::from_str(&told.next().expect("an event").expect("text")).expect("JSON")
    };
    let first = next();
    server.restart();
    arrives(&server, 2);
    let second = next();
    let units = |event: &Value| event["changes"]["on_hand"].as_i64();
    assert_eq!((units(&first), units(&second)), (Some(1), Some(2)), "none is told twice");
    let ended = watch.wait_with_output().expect("it ends at its limit");
    let complaints = String::from_utf8(ended.stderr).expect("text");
    assert!(ended.status.success() && complaints.contains("the watch was cut"), "{complaints}");
}

#[test]
fn a_watch_of_no_programme_ends() {
    let server = Server::start();
    let told = server.refused(&["watch", "--program", "nowhere"]);
    assert!(told.starts_with("backstock: UNKNOWN_PROGRAM: "), "{told}");
}

#[test]
fn webhooks_are_added_listed_retried_and_removed() {
    let server = Server::start();
    let url = "http://127.0.0.1:9/events";
    let added = server.json(&["webhook", "add", url, "--types", "promise.*,stock.low"]);
    let id = added[0]["webhook"]["webhook_id"].as_str().expect("an id").to_owned();
    let secret = added[0]["secret"].as_str().expect("a secret");
    assert!(secret.starts_with("whsec_"), "{secret}");
    let listed = server.json(&["webhook", "list"]);
    assert_eq!((&listed[0]["url"], listed.len()), (&url.into(), 1));
    assert_eq!(listed[0]["types"], serde_json::json!(["promise.*", "stock.low"]));
    server.done(&["webhook", "add", url]);
    assert_eq!(server.json(&["webhook", "list"]).len(), 1, "the same URL is the same webhook");

    let mut own = server.command(&["webhook", "add", url, "--id", "shop"]);
    own.env("BACKSTOCK_WEBHOOK_SECRET", format!("whsec_{}", "QUJDREVG".repeat(5)));
    let said = run(&mut own);
    assert!(said.code == 0 && said.out.contains("shop"), "{said:?}");
    assert!(server.done(&["webhook", "retry", "shop"]).contains("shop"));
    assert_eq!(server.done(&["webhook", "remove", "shop"]), "shop is removed\n");
    let gone = server.refused(&["webhook", "retry", "shop"]);
    assert!(gone.starts_with("backstock: UNKNOWN_WEBHOOK: "), "{gone}");
    server.done(&["webhook", "remove", &id]);
    let none = server.run(&["webhook", "list"]);
    assert_eq!((none.code, none.err.as_str()), (0, "the programme has no webhooks\n"));
}
