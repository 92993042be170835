//! The only SQL outside of the store: what the baselines do, what the bench asks PostgreSQL about
//! itself, and long histories that would take too long by calls.

mod history;
pub mod plain;
mod wal;

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::Context;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor};

pub use history::{Copies, Left};
pub use wal::Rows;

/// The script that pgbench runs, for comparison with a caller alone.
pub const COMMIT_ONE_ROW: &str = include_str!("sql/commit_one_row.sql");

/// The bench's own connection to the database that it measures.
pub struct Observer {
    connection: PgConnection,
    /// Whether PostgreSQL can say what its log of changes holds.
    counts_rows: bool,
    /// Whether the database is the bench's own.
    is_own: bool,
}

impl Observer {
    /// Connects to it.
    ///
    /// # Errors
    /// The URL cannot be read, or nobody answers there.
    pub async fn connect(url: &str, is_own: bool) -> anyhow::Result<Self> {
        // The URL may hold a password, so that the error does not show it.
        let options = PgConnectOptions::from_str(url).ok().context("no PostgreSQL URL")?;
        let options = options.application_name("backstock bench").disable_statement_logging();
        let connection = options.connect().await.context("cannot use the database")?;
        Ok(Self { connection, counts_rows: false, is_own })
    }

    /// Makes what the baselines work on, anew.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn make_baselines(&mut self) -> anyhow::Result<()> {
        self.drop_baselines().await?;
        sqlx::query(include_str!("sql/create_plain.sql")).execute(&mut self.connection).await?;
        let stock = sqlx::query(include_str!("sql/stock_plain.sql")).bind(plain::SKU);
        stock.execute(&mut self.connection).await?;
        // It takes rights that a database of somebody else's need not give.
        let made = sqlx::query(include_str!("sql/make_walinspect.sql"));
        self.counts_rows = made.execute(&mut self.connection).await.is_ok();
        Ok(())
    }

    /// Takes it away.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn drop_baselines(&mut self) -> anyhow::Result<()> {
        sqlx::query(include_str!("sql/drop_plain.sql")).execute(&mut self.connection).await?;
        Ok(())
    }

    /// The settings that figures depend on.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn settings(&mut self) -> anyhow::Result<BTreeMap<String, String>> {
        let rows: Vec<(String, String)> = sqlx::query_as(include_str!("sql/read_settings.sql"))
            .fetch_all(&mut self.connection)
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// Ends what was written so far with a checkpoint, where the database is the bench's own: what
    /// follows writes into files of the log that are there already. A new database makes each file
    /// when it needs it, and nobody commits meanwhile.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn checkpoint(&mut self) -> anyhow::Result<()> {
        if self.is_own {
            self.connection.execute(include_str!("sql/checkpoint.sql")).await?;
        }
        Ok(())
    }

    /// Ends the connection.
    pub async fn close(self) {
        let _ = self.connection.close().await;
    }
}
