//! Who runs PostgreSQL, which refuses to run as root: an account of its own then, else the caller.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::{EmbeddedError, cannot};

/// The accounts tried when started as root and none is named; packages of PostgreSQL bring the
/// first, every system has the second.
const USUAL_ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// The account that owns the cluster's files and runs its programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    /// The name, or the number where the owner of an existing cluster has no name here.
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// Whether programs must change to it, since the caller is root.
    foreign: bool,
}

impl Account {
    /// The caller itself, or as root: the owner of an existing `cluster`, else the account named
    /// by `wanted`, else a usual one.
    ///
    /// # Errors
    /// [`EmbeddedError::NoAccount`] and [`EmbeddedError::OwnedByRoot`], only as root.
    pub fn choose(wanted: Option<&str>, cluster: &Path) -> Result<Self, EmbeddedError> {
        let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
        if !uid.is_root() {
            let (uid, gid) = (uid.as_raw(), gid.as_raw());
            return Ok(Self { name: uid.to_string(), uid, gid, foreign: false });
        }
        let named = wanted.map_or(USUAL_ACCOUNTS.to_vec(), |name| vec![name]);
        let account = named.iter().find_map(|name| Self::look_up(name));
        let account = account.ok_or(EmbeddedError::NoAccount { tried: named.join(", ") })?;
        match cluster.metadata() {
            Ok(owner) if owner.uid() == 0 => {
                Err(EmbeddedError::OwnedByRoot { data: cluster.into(), user: account.name })
            }
            Ok(owner) if owner.uid() != account.uid => Ok(Self {
                name: owner.uid().to_string(),
                uid: owner.uid(),
                gid: owner.gid(),
                foreign: true,
            }),
            _ => Ok(account),
        }
    }

    /// Asks `id`, which knows directory services too; `/etc/passwd` alone would not.
    fn look_up(name: &str) -> Option<Self> {
        let number = |flag: &str| -> Option<u32> {
            let output = Command::new("id").args([flag, "--", name]).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        let (uid, gid) = (number("-u")?, number("-g")?);
        (uid != 0).then(|| Self { name: name.to_owned(), uid, gid, foreign: true })
    }

    /// A program to be run by the account, with none of the caller's `PG*` variables, which
    /// would change what the programs do, and in a folder that every account may enter.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        self.lead(&mut command);
        command
    }

    /// The same, and the kernel sends the program SIGINT when the thread that starts it ends,
    /// however it ends; where the system's `setpriv` cannot ask for that, without it.
    pub fn bound_command(&self, program: &Path) -> Command {
        let binding = ["--pdeathsig", "INT"];
        let mut probe = Command::new("setpriv");
        probe.args(binding).arg("true").stdin(Stdio::null());
        let able = probe.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !able.is_ok_and(|status| status.success()) {
            return self.command(program);
        }
        let mut command = Command::new("setpriv");
        command.args(binding).arg(program);
        // The standard library changes the account before it starts setpriv: the other way round
        // the kernel would forget the binding together with the old account.
        self.lead(&mut command);
        command
    }

    fn lead(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        command.env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        if self.foreign {
            // This clears the supplementary groups of root, too.
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Gives a file or folder to the account; nothing to do where the caller is the account.
    pub fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        if !self.foreign {
            return Ok(());
        }
        std::os::unix::fs::lchown(path, Some(self.uid), Some(self.gid))
            .map_err(cannot("give to PostgreSQL's user", path))
    }

    /// The first folder on the way to `folder`, itself included, that the account may not enter.
    /// The kernel is asked, through a shell run as the account, so that every rule counts.
    pub fn blocked_at(&self, folder: &Path) -> Option<PathBuf> {
        if !self.foreign || self.may_enter(folder) {
            return None;
        }
        let mut way: Vec<&Path> = folder.ancestors().collect();
        way.reverse();
        way.into_iter().find(|step| !self.may_enter(step)).map(Path::to_path_buf)
    }

    fn may_enter(&self, folder: &Path) -> bool {
        let mut shell = self.command(Path::new("/bin/sh"));
        shell.args(["-c", "cd -- \"$0\""]).arg(folder);
        let ended = shell.stdout(Stdio::null()).stderr(Stdio::null()).status();
        ended.is_ok_and(|status| status.success())
    }
}
