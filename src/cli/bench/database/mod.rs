//! The only SQL outside of the store: what the plain baseline does, and what the bench asks
//! PostgreSQL about itself. It knows nothing of the product's tables.

pub mod plain;

use std::str::FromStr;

use anyhow::Context;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

/// The bench's own connection to the database that it measures.
pub struct Observer {
    connection: PgConnection,
}

impl Observer {
    /// Connects to it.
    ///
    /// # Errors
    /// The URL cannot be read, or nobody answers there.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        // The URL may hold a password, so that the error does not show it.
        let options = PgConnectOptions::from_str(url).ok().context("no PostgreSQL URL")?;
        let options = options.application_name("backstock bench").disable_statement_logging();
        let connection = options.connect().await.context("cannot use the database")?;
        Ok(Self { connection })
    }

    /// Makes what the plain baseline works on, anew.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn make_plain(&mut self) -> anyhow::Result<()> {
        self.drop_plain().await?;
        sqlx::query(include_str!("sql/create_plain.sql")).execute(&mut self.connection).await?;
        let stock = sqlx::query(include_str!("sql/stock_plain.sql")).bind(plain::SKU);
        stock.execute(&mut self.connection).await?;
        Ok(())
    }

    /// Takes it away.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn drop_plain(&mut self) -> anyhow::Result<()> {
        sqlx::query(include_str!("sql/drop_plain.sql")).execute(&mut self.connection).await?;
        Ok(())
    }

    /// Ends the connection.
    pub async fn close(self) {
        let _ = self.connection.close().await;
    }
}
