//! The only SQL of the house, one file for each statement under `sql/`.
//!
//! [`Store::transact`] runs one batch as one transaction: lock the items in byte order, read the
//! rest in new statements, read the database's clock, [`decide`](crate::domain::decide), write back
//! with a handful of set-based statements, commit. Where nobody else writes the same items it first
//! tries to read without a lock, or to know from the batch before ([`Store::foresee`]), and to
//! write in one statement that commits by itself. It promises that a batch is done whole or not at
//! all, that the answers are stored in the transaction of the change, and that a lost commit is
//! looked up before anything is done again.
//!
//! No future of this room may be owned by the future of a request, because a cancelled one would
//! leave its connection in the middle of something: writes are run by the lanes' own tasks, reads
//! by [`Store::detached`] or by a reader of enquiries.

mod attempt;
pub mod connect;
pub mod duty;
pub mod embedded;
mod failure;
pub mod feed;
mod foresee;
pub mod forget;
mod load;
mod memory;
mod optimistic;
pub mod read;
mod rows;
mod save;
mod sessions;
pub mod sinks;
mod transact;

use std::future::Future;
use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::Semaphore;
use tracing::Instrument;

use crate::domain::{Answer, Command, Refusal};

pub use failure::Failure;
pub use foresee::Foreseen;
pub use transact::Reply;

/// The span of a statement, by the name of its file.
fn statement(name: &'static str) -> tracing::Span {
    tracing::debug_span!(
        target: "backstock::store",
        "statement",
        otel.name = name,
        otel.kind = "client",
        db.system.name = "postgresql",
        db.query.summary = name,
    )
}

/// The database's clock, for a read.
async fn read_clock(on: impl sqlx::PgExecutor<'_>) -> Result<crate::domain::Time, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/read_clock.sql"))
        .fetch_one(on)
        .instrument(statement("read_clock"))
        .await
}

/// An answer as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Whether it is a refusal.
    pub is_refusal: bool,
    /// The bytes that a repeated request gets.
    pub bytes: Vec<u8>,
}

/// Makes the stored form of an answer. Given by the service, so that this room knows no protobuf.
pub type Encode = fn(&Command, &Result<Answer, Refusal>) -> Body;

/// Reads of events at once: listeners, however many, leave the other connections to callers.
const READERS_MAX: usize = 2;

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    /// For reads and the background.
    pool: PgPool,
    /// For batches: as many connections as there are lanes, so that a batch meets a session that
    /// has just run one, and no read takes its place.
    lanes: sessions::Sessions,
    encode: Encode,
    heads: feed::Heads,
    readers: Arc<Semaphore>,
    calm: optimistic::Calm,
    memory: memory::Memory,
    enquiries: read::Enquiries,
}

impl Store {
    /// A store on a pool.
    #[must_use]
    pub fn new(pool: PgPool, encode: Encode) -> Self {
        Self::on(pool.clone(), sessions::Sessions::shared(pool), encode)
    }

    /// A store that runs its batches on a pool of their own.
    #[must_use]
    pub fn with_lanes(pool: PgPool, lanes: PgPool, encode: Encode) -> Self {
        Self::on(pool, sessions::Sessions::alone(lanes), encode)
    }

    fn on(pool: PgPool, lanes: sessions::Sessions, encode: Encode) -> Self {
        let readers = Arc::new(Semaphore::new(READERS_MAX));
        let (heads, calm) = (feed::Heads::default(), optimistic::Calm::default());
        let (memory, enquiries) = (memory::Memory::default(), read::Enquiries::default());
        Self { pool, lanes, encode, heads, readers, calm, memory, enquiries }
    }

    /// How far the streams of events have come.
    #[must_use]
    pub fn heads(&self) -> &feed::Heads {
        &self.heads
    }

    /// Waits until every connection was given back, and closes them.
    pub async fn close(&self) {
        self.lanes.close().await;
        self.pool.close().await;
    }

    /// Runs a read on a task of its own, so that a caller who goes away never cuts it short.
    ///
    /// # Errors
    ///
    /// The database is not available, or the read fails.
    async fn detached<T: Send + 'static>(
        &self,
        read: impl Future<Output = Result<T, sqlx::Error>> + Send + 'static,
    ) -> Result<T, Failure> {
        match tokio::spawn(read.in_current_span()).await {
            Ok(read) => read.map_err(|error| Failure::of_read(&error)),
            Err(error) => Err(Failure::incident(&error)),
        }
    }
}
