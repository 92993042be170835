//! A server for one demo: in this process, on a free port, with a private PostgreSQL in a folder
//! that is gone afterwards.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::app;
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
        let folder = TemporaryFolder::make(&std::env::temp_dir())?;
        let database = Database::Embedded { data_dir: folder.0.join("data") };
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

/// A folder that is removed when it is dropped, also when a start fails or a task panics.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn make(parent: &Path) -> anyhow::Result<Self> {
        let name = format!("backstock-demo-{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let path = parent.join(name);
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let folder = Self(path);
        // Started as root, PostgreSQL runs as another user, who must get through to its data below.
        fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("cannot open {} to others", folder.0.display()))?;
        Ok(folder)
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            let path = self.0.display();
            crate::cli::terminal::complain(&format!("backstock: {path} stays behind: {error}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_can_be_passed_through_and_goes_with_all_that_is_in_it() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = TemporaryFolder::make(parent.path()).expect("a folder in it");
        let mode = fs::metadata(&folder.0).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        fs::write(folder.0.join("data"), "x").expect("a file");
        drop(folder);
        assert_eq!(fs::read_dir(parent.path()).expect("the parent").count(), 0);
    }
}
