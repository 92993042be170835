//! The least that a durable write costs on this machine: a commit of one row after the other, by
//! PostgreSQL's own pgbench. A caller alone is compared with it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use tokio::process::Command;

use super::database::COMMIT_ONE_ROW;
use super::slice::Slice;
use crate::store::embedded::Embedded;

/// pgbench and how it reaches the bench's own database.
pub struct Pgbench {
    program: PathBuf,
    url: String,
    folder: PathBuf,
}

impl Pgbench {
    /// The one that belongs to the private database; none where it was not installed.
    #[must_use]
    pub fn find(embedded: &Embedded, folder: &Path) -> Option<Self> {
        let program = embedded.binaries().join("pgbench");
        let folder = folder.join("pgbench");
        let found = program.exists() && std::fs::create_dir_all(&folder).is_ok();
        found.then(|| Self { program, url: embedded.url(), folder })
    }

    /// Commits for whole seconds, at least one.
    ///
    /// # Errors
    /// It fails, or says nothing that can be read.
    pub async fn slice(&self, time: Duration) -> anyhow::Result<Slice> {
        let script = self.folder.join("commit.sql");
        std::fs::write(&script, COMMIT_ONE_ROW)?;
        let seconds = time.as_secs().max(1);
        let output = Command::new(&self.program)
            .args(["--no-vacuum", "--client=1", "--protocol=prepared", "--log", "--log-prefix=log"])
            .arg(format!("--time={seconds}"))
            .arg("--file")
            .arg(&script)
            .arg(&self.url)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("cannot run pgbench")?;
        let said = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "pgbench failed: {said}");
        let micros = self.take_logs()?;
        anyhow::ensure!(!micros.is_empty(), "pgbench logged nothing");
        Ok(Slice::of_times(micros, seconds as f64))
    }

    /// The times in its logs, which are removed.
    fn take_logs(&self) -> anyhow::Result<Vec<u32>> {
        let mut micros = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with("log.") {
                micros.extend(std::fs::read_to_string(&path)?.lines().filter_map(time));
                std::fs::remove_file(&path)?;
            }
        }
        Ok(micros)
    }
}

/// The third field of a line of the log, in microseconds.
fn time(line: &str) -> Option<u32> {
    line.split(' ').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_says_how_long_it_took() {
        assert_eq!(time("0 199 2241 0 1175850568 995598"), Some(2_241));
        assert_eq!(time("0 199 skipped 0 1175850568 995598"), None);
    }
}
