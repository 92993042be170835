//! What the bench stands on: a database, and the servers on it that it started.

use std::ffi::OsString;

use anyhow::Context;

use super::database::Observer;
use super::pgbench::Pgbench;
use super::process::Process;
use crate::cli::folder::TemporaryFolder;
use crate::store::embedded::Embedded;

/// The database and the servers of one run.
pub struct Ground {
    folder: TemporaryFolder,
    embedded: Option<Embedded>,
    database_url: String,
    flags: Vec<OsString>,
    servers: Vec<Process>,
    /// Asks the database about itself.
    pub observer: Observer,
}

impl Ground {
    /// Starts a server, on the database of the URL or on a private one.
    ///
    /// # Errors
    /// One of them cannot be started or reached.
    pub async fn prepare(database_url: Option<&str>, flags: &[OsString]) -> anyhow::Result<Self> {
        let folder = TemporaryFolder::make(&std::env::temp_dir(), "bench")?;
        let (embedded, database_url) = match database_url {
            Some(url) => (None, url.to_owned()),
            None => {
                let embedded = Embedded::start(&folder.path().join("data")).await?;
                let url = embedded.url();
                (Some(embedded), url)
            }
        };
        let observer = Observer::connect(&database_url, embedded.is_some()).await?;
        let (flags, servers) = (flags.to_vec(), Vec::new());
        let mut ground = Self { folder, embedded, database_url, flags, servers, observer };
        match ground.furnish().await {
            Ok(()) => Ok(ground),
            Err(error) => {
                let _ = ground.end().await;
                Err(error)
            }
        }
    }

    async fn furnish(&mut self) -> anyhow::Result<()> {
        self.observer.make_baselines().await?;
        self.add_server().await
    }

    /// Starts one more server on the same database.
    ///
    /// # Errors
    /// It does not start.
    pub async fn add_server(&mut self) -> anyhow::Result<()> {
        let number = self.servers.len();
        let folder = self.folder.path();
        let server = Process::start(&self.database_url, &self.flags, folder, number).await?;
        self.servers.push(server);
        Ok(())
    }

    /// Ends the server that was started last.
    ///
    /// # Errors
    /// It does not end well.
    pub async fn drop_server(&mut self) -> anyhow::Result<()> {
        match self.servers.pop() {
            Some(server) => server.end().await,
            None => Ok(()),
        }
    }

    /// One more connection to the database.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn another_observer(&self) -> anyhow::Result<Observer> {
        Observer::connect(&self.database_url, self.embedded.is_some()).await
    }

    /// Where each server listens.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.servers.iter().map(|server| server.address().to_owned()).collect()
    }

    /// The numbers of the servers' processes.
    #[must_use]
    pub fn server_pids(&self) -> Vec<u32> {
        self.servers.iter().filter_map(Process::pid).collect()
    }

    /// The number of PostgreSQL's first process, where it is ours.
    #[must_use]
    pub fn postgres_pid(&self) -> Option<u32> {
        self.embedded.as_ref().map(Embedded::pid)
    }

    /// Commits of one row on the private database; none on another, or without pgbench.
    #[must_use]
    pub fn pgbench(&self) -> Option<Pgbench> {
        Pgbench::find(self.embedded.as_ref()?, self.folder.path())
    }

    /// Stops everything and removes it.
    ///
    /// # Errors
    /// Something does not stop; the rest is stopped all the same.
    pub async fn end(mut self) -> anyhow::Result<()> {
        let mut ended = Ok(());
        for server in self.servers {
            ended = ended.and(server.end().await);
        }
        ended = ended.and(self.observer.drop_baselines().await.context("tables stay behind"));
        self.observer.close().await;
        if let Some(embedded) = self.embedded {
            ended = ended.and(embedded.stop().await.map_err(Into::into));
        }
        ended
    }
}
