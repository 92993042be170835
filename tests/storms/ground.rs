//! What a storm stands on: a private PostgreSQL in a folder that is gone afterwards, servers on it,
//! and eyes of our own to look into it.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use backstock::app::{self, Server};
use backstock::config::{Combining, Database, ServeConfig};
use backstock::store::embedded::Embedded;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tempfile::TempDir;

use crate::shop::Shop;

#[path = "../lanes/mod.rs"]
mod lanes;
pub use lanes::{VARIABLES, combining};

/// How long any fact may take to come. Far more than it needs on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A PostgreSQL and the folder that it lives in.
pub struct Ground {
    pub cluster: Embedded,
    /// Looks into the database, without the settings of the service's own sessions.
    pub eyes: PgPool,
    _folder: TempDir,
}

/// A server in this process, and a client of it.
pub struct Stand {
    pub server: Server,
    pub shop: Shop,
}

/// A folder that PostgreSQL's own user can reach too, when the test runs as root.
pub fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("backstock-storm-").tempdir().expect("a folder");
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).expect("open to others");
    folder
}

impl Ground {
    pub async fn new() -> Self {
        let folder = folder();
        let cluster = Embedded::start(&folder.path().join("data")).await.expect("a PostgreSQL");
        let eyes = PgPoolOptions::new()
            .max_connections(4)
            .connect_lazy_with(cluster.connect_options().application_name("eyes"));
        Self { cluster, eyes, _folder: folder }
    }

    /// A server of this process on this database.
    pub async fn stand(&self, combining: Combining) -> Stand {
        stand_on(&self.cluster.url(), combining).await
    }

    /// Two servers that know nothing of each other.
    pub async fn two(&self, combining: Combining) -> [Stand; 2] {
        [self.stand(combining).await, self.stand(combining).await]
    }

    /// How many rows a query counts.
    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.eyes).await.expect(query)
    }

    /// How many of the service's sessions wait for a row lock now.
    pub async fn blocked(&self) -> i64 {
        self.count(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE application_name = 'backstock' AND wait_event_type = 'Lock'",
        )
        .await
    }

    /// Lines of PostgreSQL's log that hold one of the words.
    pub fn log_lines(&self, words: &[&str]) -> Vec<String> {
        let log = std::fs::read_to_string(self.cluster.log_file()).expect("PostgreSQL's log");
        let told = |line: &&str| words.iter().any(|word| line.contains(word));
        log.lines().filter(told).map(ToOwned::to_owned).collect()
    }

    pub async fn end(self) {
        self.eyes.close().await;
        self.cluster.stop().await.expect("PostgreSQL stops");
    }
}

/// A server of this process on the database behind a URL.
pub async fn stand_on(url: &str, combining: Combining) -> Stand {
    let listen = "127.0.0.1:0".parse().expect("an address");
    let local = ServeConfig::local(listen, Database::Url(url.to_owned()));
    stand_with(&ServeConfig { combining, ..local }).await
}

/// A server of this process as it is told.
pub async fn stand_with(config: &ServeConfig) -> Stand {
    let server = app::start(config).await.expect("a server");
    let shop = Shop::at(&server.address().to_string());
    Stand { server, shop }
}

/// Ends servers, which is a check of its own: a lane that hangs would keep it from ending.
pub async fn end(stands: impl IntoIterator<Item = Stand>) {
    for stand in stands {
        drop(stand.shop);
        let ended = tokio::time::timeout(PATIENCE, stand.server.shutdown()).await;
        ended.expect("the server ends").expect("the server ends well");
    }
}

/// Looks again and again until something is so.
///
/// # Panics
/// It does not come to be so.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Numbers that look random and are the same in each run.
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// A number from 0 to `limit` less one (splitmix64).
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// A place in a list of so many.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("a place")
    }
}
