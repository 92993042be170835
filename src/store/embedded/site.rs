//! Everything that one start needs in its place: the locked folder, the account, the programs,
//! the cluster, the folder of the socket. From here the postmaster can be launched, and again.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::Choices;
use super::account::Account;
use super::binaries::{self, Binaries};
use super::error::{EmbeddedError, cannot};
use super::folder::{Folder, open_own, sweep_socket};
use super::postmaster::Postmaster;
use super::{cluster, leftovers, settings};

/// Recovery after a crash reads the write-ahead log again, gigabytes of it at worst.
const READY_WITHIN: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// A larger log is put aside at the next start; one older log is kept.
const LOG_BYTES_MAX: u64 = 16 << 20;
/// How much of the log an error shows.
const TAIL_LINES: usize = 12;
const TAIL_BYTES: u64 = 4096;

/// A place where the cluster can run. The folder stays locked as long as the value lives.
#[derive(Debug)]
pub(super) struct Site {
    folder: Folder,
    account: Account,
    binaries: Binaries,
    socket: PathBuf,
}

/// What the service wants to know of a running cluster.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub version: String,
    pub binaries: PathBuf,
    pub cluster: PathBuf,
    pub socket: PathBuf,
    pub log: PathBuf,
}

impl Site {
    /// Locks the folder, finds the programs, and makes the cluster where there is none.
    pub fn prepare(data_dir: &std::path::Path, choices: &Choices) -> Result<Self, EmbeddedError> {
        let (folder, account) = Folder::open(data_dir, choices.user.as_deref())?;
        let place = folder.cluster();
        let made_by = cluster::made_by(&place)?;
        let wanted = made_by.map(|major| (major, place.as_path()));
        let binaries = binaries::find(choices.binaries.as_deref(), wanted)?;
        if let Some(blocked) = account.blocked_at(&binaries.folder) {
            let (user, binaries) = (account.name, binaries.folder);
            return Err(EmbeddedError::UnreachableBinaries { user, blocked, binaries });
        }
        if made_by.is_none() {
            tracing::info!(folder = %place.display(), "making a PostgreSQL cluster");
            cluster::make(&folder, &account, &binaries)?;
        }
        let socket = folder.socket_folder(&account)?;
        let log = folder.log();
        if log.metadata().is_ok_and(|file| file.len() > LOG_BYTES_MAX) {
            let older = log.with_added_extension("1");
            std::fs::rename(&log, &older).map_err(cannot("rename to postgres.log.1", &log))?;
        }
        Ok(Self { folder, account, binaries, socket })
    }

    pub fn facts(&self) -> Facts {
        Facts {
            version: self.binaries.version.clone(),
            binaries: self.binaries.folder.clone(),
            cluster: self.folder.cluster(),
            socket: self.socket.clone(),
            log: self.folder.log(),
        }
    }

    /// Starts the postmaster and waits until it admits connections. `None` when the service
    /// wants it stopped meanwhile. On an error no process is left.
    pub fn launch(&self, postmaster: &Postmaster) -> Result<Option<Child>, EmbeddedError> {
        let place = self.folder.cluster();
        leftovers::clear(&place)?;
        sweep_socket(&self.socket);
        settings::write(&place, &self.account)?;
        let (log, written_before) = self.open_log()?;
        let command = self.command(log)?;
        let program = self.binaries.program("postgres");
        let launched = postmaster.launch(command).map_err(cannot("run", &program))?;
        let Some(mut child) = launched else { return Ok(None) };
        match self.wait_ready(postmaster, &mut child) {
            Ok(ready) => Ok(ready.then_some(child)),
            Err(reason) => {
                let (log, tail) = (self.folder.log(), self.tail(written_before));
                Err(EmbeddedError::NotStarted { reason, log, tail })
            }
        }
    }

    fn open_log(&self) -> Result<(File, u64), EmbeddedError> {
        let path = self.folder.log();
        let log = open_own(&path, OpenOptions::new().append(true), &self.account)?;
        let length = log.metadata().map_err(cannot("read", &path))?.len();
        Ok((log, length))
    }

    /// In a process group of its own: Ctrl-C on the terminal is for the service, which drains
    /// its calls before it stops the database.
    fn command(&self, log: File) -> Result<Command, EmbeddedError> {
        let twin = log.try_clone().map_err(cannot("open", &self.folder.log()))?;
        let mut command = self.account.bound_command(&self.binaries.program("postgres"));
        command.args(settings::arguments(&self.folder.cluster(), &self.socket));
        command.stdout(log).stderr(twin).process_group(0);
        Ok(command)
    }

    /// Whether it got ready, or was stopped first; the reason where it did neither.
    fn wait_ready(&self, postmaster: &Postmaster, child: &mut Child) -> Result<bool, String> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if self.says_ready(child.id()) {
                if postmaster.stopping() {
                    // Told to while it was still starting, it may have missed the first signal.
                    postmaster.signal(Signal::INT);
                }
                return Ok(true);
            }
            if postmaster.has_ended(child) {
                let how = postmaster.reap(child);
                return if postmaster.stopping() { Ok(false) } else { Err(how) };
            }
            if Instant::now() >= deadline {
                postmaster.signal(Signal::QUIT);
                postmaster.reap(child);
                return Err(format!("it was not ready after {} seconds", READY_WITHIN.as_secs()));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// PostgreSQL itself notes in the eighth line of `postmaster.pid` when it admits connections;
    /// `pg_ctl --wait` relies on the same line.
    fn says_ready(&self, pid: u32) -> bool {
        let path = self.folder.cluster().join("postmaster.pid");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut lines = text.lines().map(str::trim);
        lines.next() == Some(pid.to_string().as_str()) && lines.nth(6) == Some("ready")
    }

    /// The last lines that this start wrote.
    fn tail(&self, written_before: u64) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(self.folder.log())?;
            let length = file.metadata()?.len();
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(written_before.max(length.saturating_sub(TAIL_BYTES))))?;
            file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let text = String::from_utf8_lossy(&read().unwrap_or_default()).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.folder.leave(&self.socket);
    }
}
