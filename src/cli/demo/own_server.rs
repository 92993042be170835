//! A server for one demo: in this process, on a free port, with a private PostgreSQL in a folder
//! that is gone afterwards.

use crate::app;
use crate::cli::folder::TemporaryFolder;
use crate::config::{Database, ServeConfig};

/// A running server and its folder.
pub struct OwnServer {
    server: app::Server,
    folder: TemporaryFolder,
}

impl OwnServer {
    /// Starts it.
    ///
    /// # Errors
    /// No folder could be made, there is no PostgreSQL on this machine, or it does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let folder = TemporaryFolder::make(&std::env::temp_dir(), "demo")?;
        let database = Database::Embedded { data_dir: folder.path().join("data") };
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let server = app::start(&ServeConfig::local(listen, database)).await?;
        Ok(Self { server, folder })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> String {
        self.server.address().to_string()
    }

    /// Which PostgreSQL it runs on.
    #[must_use]
    pub fn database(&self) -> &str {
        self.server.database()
    }

    /// Why it stopped by itself; never, as long as it runs.
    pub async fn stopped(&self) -> anyhow::Error {
        self.server.stopped().await
    }

    /// Stops it and removes its folder.
    ///
    /// # Errors
    /// It does not stop cleanly; the folder is removed all the same.
    pub async fn end(self) -> anyhow::Result<()> {
        let stopped = self.server.shutdown().await;
        drop(self.folder);
        stopped
    }
}
