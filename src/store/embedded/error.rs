//! What can stand between a newcomer and a running cluster, each said with what to do about it.

use std::path::{Path, PathBuf};

/// Why the private PostgreSQL could not be started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// No folder holds the server programs.
    #[error(
        "PostgreSQL's server programs (postgres and initdb, version 15 or later) were not found. \
         Looked in: {looked_in}. Install them: `apt-get install postgresql` on Debian and Ubuntu, \
         `dnf install postgresql-server` on Fedora, `brew install postgresql@17` on macOS. Or set \
         BACKSTOCK_POSTGRES_BIN to the folder that holds them, or set DATABASE_URL to use a \
         server that is already running."
    )]
    NotInstalled {
        /// The folders and patterns that were tried, separated by commas.
        looked_in: String,
    },
    /// The programs found are older than the oldest version that Backstock runs on.
    #[error(
        "PostgreSQL {version} in {} is too old: version 15 or later is needed. Install a newer \
         one (`apt-get install postgresql` on Debian and Ubuntu), or set BACKSTOCK_POSTGRES_BIN \
         to the folder of a newer one.",
        .binaries.display()
    )]
    TooOld {
        /// The version as the program prints it.
        version: String,
        /// The folder of the programs.
        binaries: PathBuf,
    },
    /// The cluster in the folder was made by another major version.
    #[error(
        "the data in {} was made by PostgreSQL {made_by}, but only {found} was found. Install \
         PostgreSQL {made_by} (on Debian and Ubuntu `apt-get install postgresql-{made_by}`), or \
         set BACKSTOCK_POSTGRES_BIN to the folder of its programs, or move the data to the newer \
         version with pg_upgrade.",
        .data.display()
    )]
    OtherVersion {
        /// The cluster's own folder.
        data: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// The versions found, with their folders.
        found: String,
    },
    /// Another process holds the lock of the folder.
    #[error(
        "the data folder {} is in use by another backstock{}. Stop that one first, or choose \
         another folder with --data-dir.",
        .folder.display(),
        .holder.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The data folder.
        folder: PathBuf,
        /// The process that holds it, where its lock file says so.
        holder: Option<u32>,
    },
    /// The folder holds files that are not Backstock's.
    #[error(
        "the folder {} is not empty and was not made by backstock, so nothing in it was touched. \
         Choose an empty or a new folder with --data-dir.",
        .folder.display()
    )]
    NotOurs {
        /// The data folder.
        folder: PathBuf,
    },
    /// PostgreSQL's account may not pass one of the folders on the way.
    #[error(
        "PostgreSQL runs as the user {user}, since it refuses to run as root, and {user} may not \
         enter {} on the way to {}. Choose a folder that it can reach with --data-dir, such as \
         /var/lib/backstock, or start backstock as an ordinary user.",
        .blocked.display(),
        .folder.display()
    )]
    Unreachable {
        /// The name or number of the account.
        user: String,
        /// The first folder on the way that may not be entered.
        blocked: PathBuf,
        /// The folder that was wanted.
        folder: PathBuf,
    },
    /// PostgreSQL's account may not pass one of the folders on the way to the programs.
    #[error(
        "PostgreSQL runs as the user {user}, since it refuses to run as root, and {user} may not \
         enter {} on the way to its programs in {}. Move them to a folder open to all, or start \
         backstock as an ordinary user.",
        .blocked.display(),
        .binaries.display()
    )]
    UnreachableBinaries {
        /// The name or number of the account.
        user: String,
        /// The first folder on the way that may not be entered.
        blocked: PathBuf,
        /// The folder of the programs.
        binaries: PathBuf,
    },
    /// Started as root, and there is no other account to run PostgreSQL.
    #[error(
        "PostgreSQL refuses to run as root, and none of these users can run it: {tried}. Make one \
         with `useradd --system postgres`, or set BACKSTOCK_POSTGRES_USER to an existing user \
         other than root, or start backstock as an ordinary user."
    )]
    NoAccount {
        /// The names that were looked up.
        tried: String,
    },
    /// The cluster's files belong to root, as after a restore from a backup.
    #[error(
        "the data in {} belongs to root, and PostgreSQL refuses to run as root. Give it to the \
         user that shall run PostgreSQL: `chown -R {user} {}`.",
        .data.display(),
        .data.display()
    )]
    OwnedByRoot {
        /// The cluster's own folder.
        data: PathBuf,
        /// The account that would be used for a new cluster.
        user: String,
    },
    /// No socket folder with a path that fits could be had.
    #[error(
        "the path of the socket {} has a comma or is longer than the 107 bytes that the system \
         allows. Choose another --data-dir, or set TMPDIR to a shorter path.",
        .socket.display()
    )]
    SocketPath {
        /// The socket's path.
        socket: PathBuf,
    },
    /// Someone else's folder stands where ours would be made below the temporary folder.
    #[error(
        "the folder {} exists but is not a private folder of {user}. Remove it, or choose a \
         shorter --data-dir without a comma, so that the socket fits inside it.",
        .folder.display()
    )]
    SocketFolder {
        /// The folder in question.
        folder: PathBuf,
        /// The account that should own it.
        user: String,
    },
    /// Initdb, or the creation of the database, failed.
    #[error("the cluster could not be made in {}: {said}", .folder.display())]
    NotMade {
        /// The folder that was being filled; the next start removes it.
        folder: PathBuf,
        /// What the program wrote.
        said: String,
    },
    /// PostgreSQL ended, or did not get ready in time.
    #[error("PostgreSQL did not start: {reason}. The end of its log {}:\n{tail}", .log.display())]
    NotStarted {
        /// What happened.
        reason: String,
        /// The whole log.
        log: PathBuf,
        /// The last lines written by this start.
        tail: String,
    },
    /// A process is left on the folder that no signal ends.
    #[error(
        "process {pid} of an earlier start still runs on {} and does not end, not even on \
         SIGKILL. It probably waits for a disk; look at it with `ps -o pid,stat,wchan {pid}`.",
        .data.display()
    )]
    Leftover {
        /// The process.
        pid: i32,
        /// The cluster's own folder.
        data: PathBuf,
    },
    /// The supervising thread ended without an answer.
    #[error("the supervisor of PostgreSQL ended unexpectedly; this is a defect of backstock")]
    Supervisor,
    /// Anything that the operating system refuses.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io {
        /// The attempt, as a verb phrase that the path completes.
        doing: &'static str,
        /// The file, folder or program.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
}

/// Makes an [`EmbeddedError::Io`] of a plain error: `fs::read(path).map_err(cannot("read", path))`.
pub(super) fn cannot<E: Into<std::io::Error>>(
    doing: &'static str,
    path: &Path,
) -> impl FnOnce(E) -> EmbeddedError {
    let path = path.to_path_buf();
    move |source| EmbeddedError::Io { doing, path, source: source.into() }
}
