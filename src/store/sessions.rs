//! Connections for batches. One that has just run a batch is kept at hand for a while, since its
//! backend is known then: without that the answer to a lost commit could not be looked up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};

/// How long a connection is kept, before the pool has it again and may replace it.
const KEPT: Duration = Duration::from_secs(10);

/// The connections for batches. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    pool: PgPool,
    /// Connections at hand; none, where others use the same pool and would wait for them.
    kept: Option<Arc<Mutex<Vec<Known>>>>,
}

/// A connection whose backend is known.
#[derive(Debug)]
struct Known {
    connection: PoolConnection<Postgres>,
    backend: i32,
    since: Instant,
}

/// A connection that is kept, or goes back to the pool, unless its last transaction came to no
/// clean end.
pub(super) struct Session {
    connection: Option<PoolConnection<Postgres>>,
    /// The backend that it runs on, once it is known.
    pub backend: Option<i32>,
    since: Instant,
    is_clean: bool,
    home: Sessions,
}

impl Sessions {
    /// Sessions of a pool that others use too.
    pub(super) fn shared(pool: PgPool) -> Self {
        Self { pool, kept: None }
    }

    /// Sessions of a pool that is for them alone.
    pub(super) fn alone(pool: PgPool) -> Self {
        Self { pool, kept: Some(Arc::default()) }
    }

    fn kept(&self) -> Option<MutexGuard<'_, Vec<Known>>> {
        Some(self.kept.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One that is at hand, or one of the pool.
    pub(super) async fn acquire(&self) -> Result<Session, sqlx::Error> {
        let known = self.kept().and_then(|mut kept| kept.pop());
        if let Some(Known { connection, backend, since }) = known {
            return Ok(Session {
                connection: Some(connection),
                backend: Some(backend),
                since,
                is_clean: true,
                home: self.clone(),
            });
        }
        Ok(Session {
            connection: Some(self.pool.acquire().await?),
            backend: None,
            since: Instant::now(),
            is_clean: true,
            home: self.clone(),
        })
    }

    /// Waits until every connection was given back, and closes them.
    pub(super) async fn close(&self) {
        drop(self.kept().map(|mut kept| std::mem::take(&mut *kept)));
        self.pool.close().await;
    }
}

impl Session {
    /// The connection. It is clean again when its work has come to a clean end.
    pub(super) fn connection(&mut self) -> Result<&mut PoolConnection<Postgres>, sqlx::Error> {
        self.is_clean = false;
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Notes that its work has come to an end, and whether that was a clean one.
    pub(super) fn end(&mut self, is_clean: bool) {
        self.is_clean = is_clean;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if !self.is_clean {
            connection.close_on_drop();
            return;
        }
        let is_young = self.since.elapsed() < KEPT && !self.home.pool.is_closed();
        if let (Some(backend), true, Some(mut kept)) = (self.backend, is_young, self.home.kept()) {
            kept.push(Known { connection, backend, since: self.since });
        }
    }
}
