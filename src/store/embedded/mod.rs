//! A private PostgreSQL for a service that was given none: the machine's own server programs, a
//! cluster in the data folder, a socket that only its owner can reach.
//!
//! It promises that
//! - what was acknowledged is on the disk (`fsync`, `synchronous_commit` and full pages are on,
//!   pages have checksums), also when either process is killed;
//! - one service uses a data folder at a time, and a folder that is not ours is left alone;
//! - a start succeeds after any crash: leftovers are ended first, a cluster that was never finished
//!   is made anew, a finished one is never removed;
//! - a postmaster that ends by itself is started again while the service runs, so callers see
//!   broken connections for a moment and no more;
//! - no PostgreSQL outlives the service, however the service ends (on Linux with `setpriv`).
//!
//! In the data folder: `postgres/` the cluster, `run/` the socket, `postgres.log`,
//! `backstock.lock`. PostgreSQL refuses to run as root; as root it runs as the owner of an existing
//! cluster, else as BACKSTOCK_POSTGRES_USER, else as `postgres` or `nobody`.
//!
//! Under systemd set `KillMode=mixed`: otherwise the stop signal reaches the database's processes
//! too, before the service has drained its calls.

mod account;
mod binaries;
mod cluster;
mod error;
mod folder;
mod leftovers;
mod postmaster;
mod settings;
mod site;
mod supervisor;

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions, Connection};

pub use error::EmbeddedError;
pub use folder::default_data_dir;

use settings::{NAME, PORT};
use site::Facts;
use supervisor::Supervisor;

/// How long the first connection may take once PostgreSQL says that it is ready.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// What an operator may choose about the embedded PostgreSQL.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// The folder of `postgres` and `initdb`. Absent: the usual folders, then PATH.
    pub binaries: Option<PathBuf>,
    /// The user that runs PostgreSQL when the service is root; without effect otherwise.
    pub user: Option<String>,
}

impl Choices {
    /// Reads BACKSTOCK_POSTGRES_BIN and BACKSTOCK_POSTGRES_USER; an empty value counts as none.
    pub fn from_environment() -> Self {
        let named = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            binaries: named("BACKSTOCK_POSTGRES_BIN").map(PathBuf::from),
            user: named("BACKSTOCK_POSTGRES_USER").and_then(|user| user.into_string().ok()),
        }
    }
}

/// A running private cluster. Dropping it begins a shutdown; [`Self::stop`] also waits for it.
#[derive(Debug)]
pub struct Embedded {
    supervisor: Supervisor,
    facts: Facts,
}

impl Embedded {
    /// Starts the private cluster under `data_dir`, and makes it first where there is none, with
    /// the choices of the environment. The first start takes a few seconds, a later one less than
    /// one, recovery after a crash as long as the log of changes is long.
    ///
    /// # Errors
    /// Each [`EmbeddedError`] says what to do about it. Nothing is left running or locked.
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        Self::start_with(data_dir, Choices::from_environment()).await
    }

    /// As [`Self::start`], with the choices of the caller.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(data_dir: &Path, choices: Choices) -> Result<Self, EmbeddedError> {
        let (supervisor, facts) = Supervisor::start(data_dir.to_path_buf(), choices).await?;
        let embedded = Self { supervisor, facts };
        match embedded.answers().await {
            Ok(()) => Ok(embedded),
            Err(error) => {
                embedded.stop().await?;
                Err(error)
            }
        }
    }

    /// How to connect: the local socket, the cluster's one user, the database `backstock`.
    pub fn connect_options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.facts.socket)
            .port(PORT)
            .username(NAME)
            .database(NAME)
            .ssl_mode(PgSslMode::Disable)
    }

    /// The same as a `postgres://` URL for psql and other programs. The folder of the socket is a
    /// parameter, since many libraries refuse it in the place of a host's name.
    pub fn url(&self) -> String {
        let folder = percent_encoded(self.facts.socket.as_os_str().as_bytes());
        format!("postgres:///{NAME}?host={folder}&port={PORT}&user={NAME}")
    }

    /// The process number of the postmaster; it changes when the postmaster is started again.
    pub fn pid(&self) -> u32 {
        self.supervisor.pid()
    }

    /// The version of PostgreSQL, for example `15.18`.
    pub fn version(&self) -> &str {
        &self.facts.version
    }

    /// The folder of the programs in use.
    pub fn binaries(&self) -> &Path {
        &self.facts.binaries
    }

    /// What PostgreSQL logs; each line has the SQLSTATE of its error, so `40P01` is a deadlock.
    pub fn log_file(&self) -> &Path {
        &self.facts.log
    }

    /// Stops the cluster and waits: a fast shutdown that ends open sessions and writes a
    /// checkpoint; after 10 seconds an immediate one, from which the next start recovers.
    ///
    /// # Errors
    /// [`EmbeddedError::Leftover`] when not even SIGKILL ends it.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        self.supervisor.stop(self.facts.cluster).await
    }

    /// One connection, to prove that the socket is within reach of this process.
    async fn answers(&self) -> Result<(), EmbeddedError> {
        let connect = async {
            let mut connection: PgConnection = self.connect_options().connect().await?;
            connection.ping().await?;
            connection.close().await
        };
        let reason = match tokio::time::timeout(ANSWER_WITHIN, connect).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => format!("it runs but admits no connection: {error}"),
            Err(_) => format!("it runs but did not answer in {} s", ANSWER_WITHIN.as_secs()),
        };
        let (log, tail) = (self.facts.log.clone(), String::new());
        Err(EmbeddedError::NotStarted { reason, log, tail })
    }
}

/// Encodes all but letters, digits and the marks that a URL's query takes as they are.
fn percent_encoded(bytes: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let encode = |byte: &u8| match *byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(encode).collect()
}
