//! Makes a cluster: elsewhere first, moved to its place by one rename when it is complete, so a
//! start that is interrupted leaves either no cluster or a whole one.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::account::Account;
use super::binaries::Binaries;
use super::error::{EmbeddedError, cannot};
use super::folder::{Folder, make_private};
use super::leftovers;
use super::settings::{self, NAME};

/// The major version that made the cluster, `None` where there is no cluster yet.
pub(super) fn made_by(cluster: &Path) -> Result<Option<u32>, EmbeddedError> {
    if !cluster.exists() {
        return Ok(None);
    }
    let path = cluster.join("PG_VERSION");
    let text = std::fs::read_to_string(&path).map_err(cannot("read", &path))?;
    let number = text.trim().parse().map_err(|_| std::io::Error::from(ErrorKind::InvalidData));
    number.map(Some).map_err(cannot("understand", &path))
}

/// Makes the cluster with its database, and removes what an interrupted attempt left.
///
/// # Errors
/// [`EmbeddedError::NotMade`] with what the program said.
pub(super) fn make(
    folder: &Folder,
    account: &Account,
    binaries: &Binaries,
) -> Result<(), EmbeddedError> {
    let draft = folder.unfinished();
    if draft.exists() {
        tracing::warn!(folder = %draft.display(), "removing a cluster that was never finished");
        leftovers::clear(&draft)?;
        std::fs::remove_dir_all(&draft).map_err(cannot("remove", &draft))?;
    }
    let draft = make_private(draft, account)?;
    run(init(account, binaries, &draft), &draft, "")?;
    run(single(account, binaries, &draft), &draft, &format!("CREATE DATABASE {NAME}\n"))?;
    settings::include(&draft, account)?;
    let place = folder.cluster();
    std::fs::rename(&draft, &place).map_err(cannot("move the new cluster to", &place))?;
    folder.sync()
}

/// Only the local socket admits anyone, and only who may enter its private folder reaches it.
fn init(account: &Account, binaries: &Binaries, draft: &Path) -> Command {
    let mut initdb = account.bound_command(&binaries.program("initdb"));
    initdb.args(["--data-checksums", "--encoding=UTF8", "--no-locale", "--no-instructions"]);
    initdb.args(["--auth-local=trust", "--auth-host=reject", &format!("--username={NAME}")]);
    initdb.arg("--pgdata").arg(draft);
    initdb
}

/// A server without a socket, for the one statement that makes the database: so the database is
/// part of the cluster before the cluster has its place.
fn single(account: &Account, binaries: &Binaries, draft: &Path) -> Command {
    let mut postgres = account.bound_command(&binaries.program("postgres"));
    postgres.args(["--single", "-c", "exit_on_error=true", "-D"]).arg(draft).arg("postgres");
    postgres
}

fn run(mut command: Command, draft: &Path, input: &str) -> Result<(), EmbeddedError> {
    let program = command.get_program().to_owned();
    let program = Path::new(&program);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(cannot("run", program))?;
    feed(&mut child, input);
    let output = child.wait_with_output().map_err(cannot("run", program))?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let said = format!("{} ({})", stderr.trim(), output.status);
    Err(EmbeddedError::NotMade { folder: draft.to_path_buf(), said })
}

/// Hands the input over and closes it. A program that has ended early says why by itself.
fn feed(child: &mut Child, input: &str) {
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(input.as_bytes());
    }
}
