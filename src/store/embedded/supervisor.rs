//! The thread that starts the postmaster, waits for its end, and starts it again when that end
//! was not wanted.
//!
//! It is a thread of its own and lives exactly as long as the postmaster may run: the kernel's
//! "signal me when my parent dies" means the parent *thread*, and the threads of an async runtime
//! come and go.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Choices;
use super::error::{EmbeddedError, cannot};
use super::leftovers::SHUTDOWN;
use super::postmaster::Postmaster;
use super::site::{Facts, Site};
use rustix::process::Signal;

/// The pause before a restart: short at first, since callers are waiting, then twice as long
/// each time, up to the longest.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A postmaster that ran as long as this gets the shortest pause again.
const CALM: Duration = Duration::from_secs(60);

/// The service's handle of the thread. Dropping it begins the shutdown without waiting for it.
#[derive(Debug)]
pub(super) struct Supervisor {
    postmaster: Arc<Postmaster>,
    /// Closed by the thread at its end.
    ended: oneshot::Receiver<()>,
}

impl Supervisor {
    /// Starts the thread, and waits until the cluster admits connections.
    ///
    /// # Errors
    /// Whatever hinders the first start; then nothing is left running or locked.
    pub async fn start(
        data_dir: PathBuf,
        choices: Choices,
    ) -> Result<(Self, Facts), EmbeddedError> {
        let postmaster = Arc::new(Postmaster::default());
        let (report, reported) = oneshot::channel();
        let (open, ended) = oneshot::channel();
        let shared = Arc::clone(&postmaster);
        let path = data_dir.clone();
        thread::Builder::new()
            .name("postgres".into())
            .spawn(move || {
                supervise(&data_dir, &choices, &shared, report);
                drop::<oneshot::Sender<()>>(open);
            })
            .map_err(cannot("start a thread for", &path))?;
        let supervisor = Self { postmaster, ended };
        let facts = reported.await.map_err(|_| EmbeddedError::Supervisor)??;
        Ok((supervisor, facts))
    }

    pub fn pid(&self) -> u32 {
        self.postmaster.pid()
    }

    /// Stops the postmaster, more and more firmly, and waits until the folder is free.
    pub async fn stop(mut self, cluster: PathBuf) -> Result<(), EmbeddedError> {
        for (signal, patience) in SHUTDOWN {
            self.postmaster.stop(signal);
            if tokio::time::timeout(patience, &mut self.ended).await.is_ok() {
                return Ok(());
            }
            tracing::warn!(?signal, seconds = patience.as_secs(), "PostgreSQL has not stopped yet");
        }
        let pid = self.pid().cast_signed();
        Err(EmbeddedError::Leftover { pid, data: cluster })
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.postmaster.stop(Signal::INT);
    }
}

/// The life of the thread.
fn supervise(
    data_dir: &std::path::Path,
    choices: &Choices,
    postmaster: &Postmaster,
    report: oneshot::Sender<Result<Facts, EmbeddedError>>,
) {
    let begun = Site::prepare(data_dir, choices)
        .and_then(|site| site.launch(postmaster).map(|child| child.map(|child| (site, child))));
    let (site, mut child) = match begun {
        Ok(Some(begun)) => begun,
        // Nobody waits for the report any more: the service gave up its start.
        Ok(None) => return,
        Err(error) => {
            let _ = report.send(Err(error));
            return;
        }
    };
    let _ = report.send(Ok(site.facts()));
    let mut pause = PAUSE_MIN;
    loop {
        let since = Instant::now();
        let how = postmaster.reap(&mut child);
        if postmaster.stopping() {
            return;
        }
        tracing::error!(pid = child.id(), %how, "PostgreSQL is gone; starting it again");
        if since.elapsed() >= CALM {
            pause = PAUSE_MIN;
        }
        match relaunch(&site, postmaster, &mut pause) {
            Some(next) => child = next,
            None => return,
        }
    }
}

/// Tries until it runs or the service wants it stopped: then `None`. A full disk, say, may last
/// for hours, and the service is of use again the moment it ends.
fn relaunch(
    site: &Site,
    postmaster: &Postmaster,
    pause: &mut Duration,
) -> Option<std::process::Child> {
    while !postmaster.stopping() {
        postmaster.rest(*pause);
        *pause = (*pause * 2).min(PAUSE_MAX);
        match site.launch(postmaster) {
            Ok(Some(child)) => {
                tracing::info!(pid = child.id(), "PostgreSQL is back");
                return Some(child);
            }
            Ok(None) => return None,
            Err(error) => tracing::error!(%error, "PostgreSQL could not be started again"),
        }
    }
    None
}
