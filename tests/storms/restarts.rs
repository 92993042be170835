//! Restarts that are asked for: nobody loses an answer that was given, and the end is clean.

use std::collections::BTreeSet;

use rustix::process::Signal;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::deeds::Storm;
use crate::ground::{Ground, PATIENCE};
use crate::process::Serve;

/// Sends SIGTERM and sees it through: a watcher is told, the exit code is 0.
async fn restart(serve: Serve) {
    let mut health = HealthClient::new(serve.shop().channel());
    let asked = HealthCheckRequest { service: String::new() };
    let mut watch = health.watch(asked).await.expect("a watch").into_inner();
    let first = watch.message().await.expect("a message").expect("a status");
    assert_eq!(first.status(), ServingStatus::Serving);
    serve.signal(Signal::TERM);
    let told = tokio::time::timeout(PATIENCE, watch.message()).await.expect("told in time");
    let told = told.expect("a message").expect("a status");
    assert_eq!(told.status(), ServingStatus::NotServing);
    // A watcher that stays is cut off at the end of the drain; this one goes.
    drop((watch, health));
    assert!(serve.ended().await.success(), "a clean end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_under_load_loses_no_answer_and_ends_cleanly() {
    let ground = Ground::new().await;
    let mut serve = Serve::on(&ground.cluster.url()).await;
    let storm = Storm::begin(serve.shop(), 48, 4).await;
    for _ in 0..3 {
        storm.more(150).await;
        let next = Serve::on(&ground.cluster.url()).await;
        let ended = tokio::spawn(restart(serve));
        storm.more(1).await;
        storm.turn_to(next.shop());
        ended.await.expect("ended");
        storm.told_is_kept(&ground).await;
        serve = next;
    }
    storm.more(200).await;
    // Who came while it ended was told so, or found the door shut. (Cancelled and GoAway are what
    // the client itself makes of a call that it had not sent yet when its connection closed.)
    let known = ["BUSY", "Unavailable", "Cancelled", "GoAway"];
    let known = BTreeSet::from(known.map(str::to_owned));
    let words: BTreeSet<String> = storm.unanswered().into_keys().collect();
    let odd: Vec<_> = words.difference(&known).collect();
    assert_eq!(odd, Vec::<&String>::new(), "unanswered: {words:?}");
    storm.settle().await;
    serve.signal(Signal::TERM);
    assert!(serve.ended().await.success(), "a clean end");
    ground.end().await;
}
