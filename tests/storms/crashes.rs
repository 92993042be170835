//! Processes that are killed under load: what was acknowledged is there afterwards, and nothing is
//! there twice.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;

use crate::deeds::Storm;
use crate::ground::{Ground, combining, end, folder, until};
use crate::process::{Serve, backstock};

fn kill(number: u32) {
    let number = Pid::from_raw(number.cast_signed()).expect("a process");
    kill_process(number, Signal::KILL).expect("killed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_loses_and_doubles_nothing() {
    let ground = Ground::new().await;
    let mut serve = Serve::on(&ground.cluster.url()).await;
    let storm = Storm::begin(serve.shop(), 48, 4).await;
    for _ in 0..4 {
        storm.more(150).await;
        serve.kill().await;
        storm.told_is_kept(&ground).await;
        serve = Serve::on(&ground.cluster.url()).await;
        storm.turn_to(serve.shop());
    }
    storm.more(150).await;
    assert!(!storm.unanswered().is_empty(), "calls were cut off");
    storm.settle().await;
    serve.kill().await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_is_killed_loses_and_doubles_nothing() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    let storm = Storm::begin(stands[0].shop.clone(), 48, 4).await;
    for round in 0..3 {
        storm.more(150).await;
        let old = ground.cluster.pid();
        kill(old);
        until("PostgreSQL is back", async || ground.cluster.pid() != old).await;
        until("it answers", async || sqlx::query("SELECT 1").execute(&ground.eyes).await.is_ok())
            .await;
        storm.told_is_kept(&ground).await;
        storm.turn_to(stands[(round + 1) % 2].shop.clone());
    }
    for _ in 0..2 {
        storm.more(100).await;
        // A backend that dies takes all others with it: PostgreSQL starts anew by itself.
        let backends: Vec<i32> = sqlx::query_scalar(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'backstock'",
        )
        .fetch_all(&ground.eyes)
        .await
        .expect("backends");
        kill(backends.first().expect("a backend").cast_unsigned());
        until("it answers", async || sqlx::query("SELECT 1").execute(&ground.eyes).await.is_ok())
            .await;
    }
    storm.more(150).await;
    storm.settle().await;
    end(stands).await;
    ground.end().await;
}

/// The processes of PostgreSQL that work on a cluster.
fn living_on(cluster: &Path) -> usize {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().join("cwd").read_link().is_ok_and(|at| at == cluster))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_its_own_postgresql_leaves_no_orphan_and_recovers() {
    let folder = folder();
    let data = folder.path().canonicalize().expect("a path").join("data");
    let cluster = data.join("postgres");
    let mut serve = Serve::in_folder(&data).await;
    let storm = Storm::begin(serve.shop(), 32, 4).await;
    for round in 0..3 {
        storm.more(150).await;
        assert!(living_on(&cluster) > 0, "PostgreSQL runs");
        serve.kill().await;
        if round == 1 {
            until("no orphan", async || living_on(&cluster) == 0).await;
        }
        // Otherwise the next start comes while the last PostgreSQL may still be ending.
        serve = Serve::in_folder(&data).await;
        storm.turn_to(serve.shop());
    }
    storm.more(150).await;
    storm.settle().await;
    serve.signal(Signal::TERM);
    assert!(serve.ended().await.success(), "a clean end");
    assert_eq!(living_on(&cluster), 0, "nothing stays behind");
    verified(&data).await;
}

/// The command that operators run says the same.
async fn verified(data: &Path) {
    let mut verify: Command = backstock(&["verify", "--data-dir", data.to_str().expect("a path")]);
    let said = verify.output().await.expect("verify runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
}
