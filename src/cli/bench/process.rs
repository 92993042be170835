//! A server process of the bench.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// How long the process may take to drain and end.
const END_MAX: Duration = Duration::from_secs(40);
/// How much of its log an error shows, in lines.
const TAIL_LINES: usize = 12;

/// A running process.
pub struct Process {
    child: Child,
    address: String,
    log: PathBuf,
    /// Kept open, so that the process never writes into a closed pipe.
    _said: BufReader<ChildStdout>,
}

impl Process {
    /// Starts this very program as a server on the database, with `flags` of `serve`, and waits
    /// until it serves. Its log goes to a file in `folder`.
    ///
    /// # Errors
    /// It does not start; the end of its log says why.
    pub async fn start(
        database_url: &str,
        flags: &[OsString],
        folder: &Path,
        number: usize,
    ) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program itself")?;
        let log = folder.join(format!("server-{number}.log"));
        let written =
            File::create(&log).with_context(|| format!("cannot make {}", log.display()))?;
        let mut child = Command::new(program)
            .args(["bench", "serve", "--listen", "127.0.0.1:0"])
            .args(flags)
            // By the environment, where other users cannot read the password.
            .env("DATABASE_URL", database_url)
            .env_remove("BACKSTOCK_DATA_DIR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(written)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the server's process")?;
        let stdout = child.stdout.take().context("the server's process has no stdout")?;
        let mut said = BufReader::new(stdout);
        let mut line = String::new();
        said.read_line(&mut line).await?;
        let address = line.split_once("serving on ").and_then(|(_, rest)| rest.split(',').next());
        let Some(address) = address.map(str::to_owned) else {
            anyhow::bail!("the bench's server did not start:\n{}", tail(&log));
        };
        Ok(Self { child, address, log, _said: said })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its number, as long as it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Lets it drain and waits for its end.
    ///
    /// # Errors
    /// It ends badly or not at all.
    pub async fn end(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::TERM);
        }
        let ended = tokio::time::timeout(END_MAX, self.child.wait()).await;
        let status = ended.context("the bench's server does not end")??;
        anyhow::ensure!(
            status.success(),
            "the bench's server ended badly ({status}):\n{}",
            tail(&self.log)
        );
        Ok(())
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
