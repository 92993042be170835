//! Either process is killed, or a start is cut short: the next start, or the supervisor, recovers.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use backstock::store::embedded::{Embedded, EmbeddedError};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{ConnectOptions, PgConnection};

use super::{PATIENCE, await_fact, connect, note, notes, place, runs, start};

/// Names the data folder to the copy of this program that plays the service.
const SERVE: &str = "BACKSTOCK_TEST_EMBEDDED_SERVE";

fn kill(pid: u32) {
    let pid = Pid::from_raw(pid.cast_signed()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

/// Connects as soon as PostgreSQL is back.
async fn reconnect(embedded: &Embedded) -> PgConnection {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match embedded.connect_options().connect().await {
            Ok(connection) => return connection,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    }
}

/// A program run as the owner of the cluster, without a supervisor: this test is its parent.
fn as_owner(program: &Path, cluster: &Path) -> Command {
    let owner = cluster.metadata().unwrap();
    let mut command = Command::new(program);
    if rustix::process::geteuid().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Makes a cluster, stops it, and starts a bare postmaster on it that nobody looks after.
async fn orphan(data: &Path) -> Child {
    let embedded = start(data).await;
    note(&embedded, "before the orphan").await;
    let postgres = embedded.binaries().join("postgres");
    embedded.stop().await.unwrap();
    let cluster = data.canonicalize().unwrap().join("postgres");
    let mut command = as_owner(&postgres, &cluster);
    let sockets = format!("unix_socket_directories={}", data.join("run").display());
    command.arg("-D").arg(&cluster).args(["-c", &sockets, "-c", "listen_addresses="]);
    let child = command.spawn().unwrap();
    let pid_file = cluster.join("postmaster.pid");
    await_fact("the orphan is ready", || {
        std::fs::read_to_string(&pid_file).is_ok_and(|text| text.contains("ready"))
    });
    child
}

/// Runs the named test of this program again as a service on the folder, kills it, and returns
/// the number of the postmaster that it had.
fn killed_service(test: &str, data: &Path) -> u32 {
    let mut service = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(SERVE, data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(service.stdout.take().unwrap()).lines().map_while(Result::ok);
    let named = |line: String| line.strip_prefix("postmaster ").and_then(|pid| pid.parse().ok());
    let postmaster: u32 = lines.filter_map(named).next().expect("the service announces it");
    assert!(runs(postmaster));
    service.kill().unwrap();
    service.wait().unwrap();
    postmaster
}

/// The service's side: announces its postmaster, and waits to be killed.
#[allow(clippy::print_stdout)]
async fn serve(data: &Path) {
    let embedded = start(data).await;
    note(&embedded, "acknowledged").await;
    println!("\npostmaster {}", embedded.pid());
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_postmaster_is_started_again_and_keeps_everything() {
    let place = place();
    let embedded = start(&place.path().join("data")).await;
    note(&embedded, "kept").await;
    for _ in 0..3 {
        let killed = embedded.pid();
        kill(killed);
        await_fact("another postmaster runs", || embedded.pid() != killed);
        assert_eq!(notes(&mut reconnect(&embedded).await).await, ["kept"]);
    }
    let last = embedded.pid();
    embedded.stop().await.unwrap();
    assert!(!runs(last));
}

/// A session deep in a computation does not look whether its postmaster lives, and the next
/// postmaster will not start beside it.
#[tokio::test]
async fn a_busy_session_does_not_hold_the_restart_up() {
    let place = place();
    let embedded = start(&place.path().join("data")).await;
    let mut busy = connect(&embedded).await;
    let long = "SELECT count(*) FROM pg_class a, pg_class b, pg_class c, pg_class d";
    let computation = tokio::spawn(async move { sqlx::query(long).execute(&mut busy).await });
    let mut watcher = connect(&embedded).await;
    let deadline = Instant::now() + PATIENCE;
    let active = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = $1";
    while sqlx::query_scalar::<_, i64>(active).bind(long).fetch_one(&mut watcher).await.unwrap() < 1
    {
        assert!(Instant::now() < deadline, "the computation never began");
    }
    let killed = embedded.pid();
    kill(killed);
    await_fact("another postmaster runs", || embedded.pid() != killed);
    reconnect(&embedded).await;
    assert!(computation.await.unwrap().is_err());
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_outlives_a_killed_service() {
    if let Some(data) = std::env::var_os(SERVE) {
        return serve(Path::new(&data)).await;
    }
    let place = place();
    let data = place.path().join("data");
    let postmaster = killed_service("crashes::nothing_outlives_a_killed_service", &data);
    await_fact("the postmaster has ended by itself", || !runs(postmaster));
}

#[tokio::test]
async fn the_next_service_starts_at_once_and_has_everything() {
    if let Some(data) = std::env::var_os(SERVE) {
        return serve(Path::new(&data)).await;
    }
    let place = place();
    let data = place.path().join("data");
    let test = "crashes::the_next_service_starts_at_once_and_has_everything";
    let postmaster = killed_service(test, &data);
    // The old postmaster may still be shutting down.
    let embedded = start(&data).await;
    assert!(!runs(postmaster));
    assert_eq!(notes(&mut connect(&embedded).await).await, ["acknowledged"]);
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn an_orphan_on_the_folder_is_ended_first() {
    let place = place();
    let data = place.path().join("data");
    let mut orphan = orphan(&data).await;
    let embedded = start(&data).await;
    assert!(orphan.wait().unwrap().success(), "a fast shutdown, in order");
    assert_eq!(notes(&mut connect(&embedded).await).await, ["before the orphan"]);
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn neither_a_zombie_nor_a_stranger_passes_for_a_server() {
    let place = place();
    let data = place.path().join("data");
    let mut orphan = orphan(&data).await;
    // Killed and not reaped: its number stays taken, and postmaster.pid names it.
    orphan.kill().unwrap();
    await_fact("the orphan is a zombie", || !runs(orphan.id()));
    let embedded = start(&data).await;
    assert_eq!(notes(&mut connect(&embedded).await).await, ["before the orphan"]);
    embedded.stop().await.unwrap();
    orphan.wait().unwrap();

    let cluster = data.join("postgres");
    let mut stranger = as_owner(Path::new("sleep"), &cluster).arg("600").spawn().unwrap();
    std::fs::write(cluster.join("postmaster.pid"), format!("{}\n", stranger.id())).unwrap();
    start(&data).await.stop().await.unwrap();
    assert!(runs(stranger.id()), "a process that is not PostgreSQL's is left alone");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_cluster_that_was_never_finished_is_made_anew() {
    let place = place();
    let data = place.path().join("data");
    std::fs::create_dir_all(data.join("postgres.new/base")).unwrap();
    std::fs::write(data.join("postgres.new/PG_VERSION"), "15\n").unwrap();
    std::fs::write(data.join("backstock.lock"), "").unwrap();
    let embedded = start(&data).await;
    note(&embedded, "works").await;
    embedded.stop().await.unwrap();
    assert!(!data.join("postgres.new").exists());
}

#[tokio::test]
async fn a_start_that_was_given_up_ends_by_itself() {
    let place = place();
    let data = place.path().join("data");
    let given_up = tokio::time::timeout(Duration::from_millis(1), Embedded::start(&data)).await;
    assert!(given_up.is_err());
    let deadline = Instant::now() + PATIENCE;
    let embedded = loop {
        match Embedded::start(&data).await {
            Err(EmbeddedError::InUse { .. }) => assert!(Instant::now() < deadline),
            started => break started.unwrap(),
        }
    };
    embedded.stop().await.unwrap();
}
