//! The database that the service stands on: one that somebody else runs, or a private one.

use std::str::FromStr;

use anyhow::Context;
use sqlx::postgres::PgConnectOptions;

use crate::config::Database;
use crate::proto::VerifyResponse;
use crate::service;
use crate::store::embedded::Embedded;
use crate::store::{Store, connect};

/// A database that can be connected to, and the cluster that is ours, if it is.
pub(super) struct Opened {
    pub options: PgConnectOptions,
    pub description: String,
    pub embedded: Option<Embedded>,
}

pub(super) async fn open(database: &Database) -> anyhow::Result<Opened> {
    match database {
        Database::Url(url) => {
            // The URL may hold a password, so that the error names the setting alone.
            let options = PgConnectOptions::from_str(url).ok().context(
                "DATABASE_URL is not a PostgreSQL URL such as postgres://user@host:5432/database",
            )?;
            let name = options.get_database().unwrap_or("the user's own database");
            let host = match options.get_socket() {
                Some(socket) => socket.display().to_string(),
                None => options.get_host().to_owned(),
            };
            let description = format!("PostgreSQL at {host}, {name}");
            Ok(Opened { options, description, embedded: None })
        }
        Database::Embedded { data_dir } => {
            let embedded = Embedded::start(data_dir).await?;
            let (version, binaries) = (embedded.version(), embedded.binaries().display());
            let data = data_dir.display();
            let description = format!("PostgreSQL {version} ({binaries}), data in {data}");
            Ok(Opened {
                options: embedded.connect_options(),
                description,
                embedded: Some(embedded),
            })
        }
    }
}

/// Runs the migrations that are missing, and says how many.
///
/// # Errors
///
/// The database cannot be started or reached, or a step fails.
pub async fn migrate(database: &Database) -> anyhow::Result<u64> {
    let opened = open(database).await?;
    let applied = prepare(&opened.options, true).await;
    close(opened.embedded).await?;
    Ok(applied?.try_into()?)
}

/// Sees to it that the database has this release's schema, and says how many steps were run.
pub(super) async fn prepare(options: &PgConnectOptions, migrate: bool) -> anyhow::Result<usize> {
    let schema = connect::probe(options).await.context("cannot use the database")?;
    if migrate {
        return connect::migrate(options).await.context("cannot migrate the database");
    }
    anyhow::ensure!(
        schema.applied >= schema.known,
        "the database has {} of {} migrations: run `backstock migrate` first",
        schema.applied,
        schema.known
    );
    Ok(0)
}

/// Proves for every programme that ledger and lines add up to the counters.
///
/// # Errors
///
/// The database cannot be started or reached.
pub async fn verify(database: &Database) -> anyhow::Result<Vec<(String, VerifyResponse)>> {
    let opened = open(database).await?;
    prepare(&opened.options, false).await?;
    let store = Store::new(connect::pool(opened.options, 2), service::encode_stored);
    let mut proofs = Vec::new();
    for program in store.programs().await? {
        let proof = store.verify(&program).await?;
        proofs.push((program.to_string(), service::verify_response(proof)));
    }
    store.close().await;
    close(opened.embedded).await?;
    Ok(proofs)
}

pub(super) async fn close(embedded: Option<Embedded>) -> anyhow::Result<()> {
    if let Some(embedded) = embedded {
        embedded.stop().await?;
    }
    Ok(())
}
