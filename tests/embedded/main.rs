//! The embedded PostgreSQL, with the machine's own programs: what a start gives, what crashes it
//! recovers from, and what it refuses.
#![allow(clippy::unwrap_used)]

mod crashes;
mod refusals;

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use backstock::store::embedded::Embedded;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// A folder of our own that other accounts may pass, as `/var/lib` would be.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    std::fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    place
}

async fn start(data: &Path) -> Embedded {
    Embedded::start(data).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn connect(embedded: &Embedded) -> PgConnection {
    embedded.connect_options().connect().await.unwrap()
}

async fn note(embedded: &Embedded, word: &'static str) {
    let mut connection = connect(embedded).await;
    let table = "CREATE TABLE IF NOT EXISTS note (word text PRIMARY KEY)";
    sqlx::query(table).execute(&mut connection).await.unwrap();
    sqlx::query("INSERT INTO note VALUES ($1)").bind(word).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn notes(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar("SELECT word FROM note ORDER BY word").fetch_all(connection).await.unwrap()
}

async fn setting(connection: &mut PgConnection, name: &'static str) -> String {
    sqlx::query_scalar("SELECT current_setting($1)").bind(name).fetch_one(connection).await.unwrap()
}

/// Looks again until the fact holds, and fails when it does not in good time.
fn await_fact(what: &str, fact: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !fact() {
        assert!(Instant::now() < deadline, "never came true: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process of that number runs; a zombie does not.
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[tokio::test]
async fn starts_answers_stops_and_keeps_what_it_was_given() {
    let place = place();
    let data = place.path().join("new/data");
    let embedded = start(&data).await;
    note(&embedded, "first").await;
    let mut connection = connect(&embedded).await;
    for (name, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("shared_buffers", "256MB"),
    ] {
        assert_eq!(setting(&mut connection, name).await, value, "{name}");
    }
    let collation = "SELECT datcollate FROM pg_database WHERE datname = current_database()";
    let collation: String = sqlx::query_scalar(collation).fetch_one(&mut connection).await.unwrap();
    assert_eq!(collation, "C");
    let pid = embedded.pid();
    assert!(runs(pid));
    // The session that is still open does not hold the shutdown up.
    embedded.stop().await.unwrap();
    assert!(!runs(pid));

    let embedded = start(&data).await;
    assert_eq!(notes(&mut connect(&embedded).await).await, ["first"]);
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn only_its_owner_may_look_inside() {
    let place = place();
    let data = place.path().join("data");
    let embedded = start(&data).await;
    for folder in ["", "postgres", "run"] {
        let path = data.join(folder);
        let found = path.metadata().unwrap();
        assert_eq!(found.mode() & 0o777, 0o700, "{}", path.display());
        if rustix::process::geteuid().is_root() {
            assert_ne!(found.uid(), 0, "{}", path.display());
        }
    }
    assert_eq!(embedded.log_file().metadata().unwrap().mode() & 0o777, 0o600);
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn psql_and_sqlx_understand_the_url() {
    let place = place();
    let data = place.path().join("a folder with \"marks\" & more");
    let embedded = start(&data).await;
    let mut connection = PgConnection::connect(&embedded.url()).await.unwrap();
    assert_eq!(setting(&mut connection, "server_version_num").await.len(), 6);
    let psql = embedded.binaries().join("psql");
    let output = Command::new(psql).args([&embedded.url(), "-Atc", "SELECT 42"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "42\n", "{output:?}");
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_deadlock_shows_in_the_log() {
    async fn lock(connection: &mut PgConnection, word: &str) -> Result<(), sqlx::Error> {
        let statement = "SELECT 1 FROM note WHERE word = $1 FOR UPDATE";
        sqlx::query(statement).bind(word.to_owned()).execute(connection).await.map(|_| ())
    }
    async fn lock_and_leave(mut connection: PgConnection, word: &str) -> Result<(), sqlx::Error> {
        let locked = lock(&mut connection, word).await;
        connection.close().await.unwrap();
        locked
    }
    let place = place();
    let embedded = start(&place.path().join("data")).await;
    note(&embedded, "a").await;
    note(&embedded, "b").await;
    let (mut one, mut two) = (connect(&embedded).await, connect(&embedded).await);
    for (connection, word) in [(&mut one, "a"), (&mut two, "b")] {
        sqlx::query("BEGIN").execute(&mut *connection).await.unwrap();
        lock(connection, word).await.unwrap();
    }
    // Whichever PostgreSQL refuses leaves, and the other then holds both rows.
    let (one, two) = tokio::join!(lock_and_leave(one, "b"), lock_and_leave(two, "a"));
    assert!(one.is_err() != two.is_err(), "{one:?} {two:?}");
    let log = std::fs::read_to_string(embedded.log_file()).unwrap();
    assert!(log.contains(" 40P01 ") && log.contains("deadlock detected"), "{log}");
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_path_that_does_not_fit_moves_the_socket_to_the_temporary_folder() {
    for name in [&"d".repeat(120), "this, psql would split"] {
        let place = place();
        let data = place.path().join(name);
        let embedded = start(&data).await;
        let socket = embedded.connect_options().get_socket().unwrap().clone();
        assert!(socket.starts_with(std::env::temp_dir()) && !socket.starts_with(&data));
        assert_eq!(socket.metadata().unwrap().mode() & 0o777, 0o700);
        note(&embedded, "reached").await;
        embedded.stop().await.unwrap();
        assert!(!socket.exists());
    }
}
