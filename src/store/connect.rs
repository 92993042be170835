//! Connections, and what is set on each.

use std::time::Duration;

use futures::FutureExt;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

/// How long a call waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// PostgreSQL has none of these timeouts by default. A row lock that a stopped replica holds is
/// given up after four seconds at the latest, and nobody waits for one longer than two before
/// asking again.
///
/// Plans are made once for each statement and connection, perhaps while its tables are empty, and
/// stay while they grow. So only what is right at any size is allowed: rows are looked up by an
/// index, one after the other, and no table is read from end to end to be joined or sorted. What
/// has to look at a whole programme says so ([`whole_tables`]).
const SESSION: &str = "SET default_transaction_isolation = 'read committed';
SET statement_timeout = '6s';
SET lock_timeout = '2s';
SET idle_in_transaction_session_timeout = '4s';
SET plan_cache_mode = 'force_generic_plan';
SET enable_seqscan = 'off';
SET enable_hashjoin = 'off';
SET enable_mergejoin = 'off';
SET enable_material = 'off';
SET enable_memoize = 'off';
SET timezone = 'UTC';";

/// For a transaction that looks at a whole programme: its plans are made for what is there now.
const WHOLE_TABLES: &str = "SET LOCAL plan_cache_mode = 'force_custom_plan';
SET LOCAL enable_seqscan = 'on';
SET LOCAL enable_hashjoin = 'on';
SET LOCAL enable_mergejoin = 'on';
SET LOCAL enable_material = 'on';
SET LOCAL enable_memoize = 'on';";

/// Lets the transaction that is open read whole tables.
pub(super) async fn whole_tables(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(WHOLE_TABLES).await.map(drop)
}

/// The migrations, compiled in.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Opens a pool of at most `connections_max` connections. Connects when first used.
#[must_use]
pub fn pool(options: PgConnectOptions, connections_max: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections_max)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .after_connect(|connection, _| prepare_session(connection).boxed())
        .connect_lazy_with(quiet(options))
}

/// sqlx's own statement log is off: the house has a span for each statement.
fn quiet(options: PgConnectOptions) -> PgConnectOptions {
    options.application_name("backstock").disable_statement_logging()
}

/// Sets timeouts and isolation, and refuses a server that only reads: a reconnect may land on a
/// standby.
async fn prepare_session(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(SESSION).await?;
    let only_reads: bool = sqlx::query_scalar(
        "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean",
    )
    .fetch_one(connection)
    .await?;
    if only_reads {
        return Err(sqlx::Error::Protocol("this PostgreSQL is a standby or read-only".into()));
    }
    Ok(())
}

/// The schema's state on a server that was found fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Migrations that were run.
    pub applied: usize,
    /// Migrations that this release has.
    pub known: usize,
}

/// Connects once and says how far the schema is.
///
/// # Errors
///
/// The server cannot be reached, is older than PostgreSQL 15, or only reads.
pub async fn probe(options: &PgConnectOptions) -> anyhow::Result<Schema> {
    let mut connection = quiet(options.clone()).connect().await?;
    let number: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::integer")
        .fetch_one(&mut connection)
        .await?;
    anyhow::ensure!(number >= 150_000, "PostgreSQL 15 or later is needed, this one is {number}");
    prepare_session(&mut connection).await?;
    let applied = applied(&mut connection).await?;
    connection.close().await?;
    Ok(Schema { applied, known: MIGRATIONS.iter().count() })
}

/// Runs the migrations that are missing, on a connection of its own and without timeouts, and says
/// how many. Several servers that start at once wait for each other.
///
/// # Errors
///
/// The server cannot be reached, or a step fails.
pub async fn migrate(options: &PgConnectOptions) -> anyhow::Result<usize> {
    let mut connection = quiet(options.clone()).connect().await?;
    let before = applied(&mut connection).await?;
    MIGRATIONS.run(&mut connection).await?;
    let after = applied(&mut connection).await?;
    connection.close().await?;
    Ok(after - before)
}

async fn applied(connection: &mut PgConnection) -> anyhow::Result<usize> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(0);
    }
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations").fetch_one(connection).await?;
    Ok(usize::try_from(count)?)
}
