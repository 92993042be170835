//! The data folder: where each thing lies in it, whose it is, and that only one process uses it.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::account::Account;
use super::error::{EmbeddedError, cannot};
use super::settings::PORT;

/// The lock file, which also marks a folder as ours.
const LOCK: &str = "backstock.lock";
/// The kernel's limit for the path of a socket, the closing zero not counted.
const SOCKET_BYTES_MAX: usize = 107;

/// The platform's folder for the data of a program: `/var/lib/backstock` for root, else
/// `backstock` below `XDG_DATA_HOME` or `~/.local/share` (macOS: `~/Library/Application Support`).
pub fn default_data_dir() -> PathBuf {
    let system = PathBuf::from("/var/lib/backstock");
    if rustix::process::geteuid().is_root() {
        return system;
    }
    let named = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    let usual =
        if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" };
    let base = named.or_else(|| std::env::home_dir().map(|home| home.join(usual)));
    base.map_or(system, |base| base.join("backstock"))
}

/// A data folder that this process alone uses, until the value is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    /// Absolute, with no symbolic link in it.
    root: PathBuf,
    lock: File,
}

impl Folder {
    /// Makes the folder where it is missing, and locks it.
    ///
    /// # Errors
    /// [`EmbeddedError::NotOurs`], [`EmbeddedError::InUse`], [`EmbeddedError::Unreachable`], those
    /// of [`Account::choose`], and whatever the system refuses.
    pub fn open(wanted: &Path, user: Option<&str>) -> Result<(Self, Account), EmbeddedError> {
        let root = std::path::absolute(wanted).map_err(cannot("find", wanted))?;
        let account = Account::choose(user, &cluster_in(&root))?;
        let above = root.ancestors().skip(1).find(|step| step.exists()).unwrap_or(&root);
        require_way(&account, above, &root)?;
        require_ours(&root)?;
        make_root(&root, &account)?;
        let root = root.canonicalize().map_err(cannot("find", &root))?;
        require_way(&account, &root, &root)?;
        let lock = take_lock(&root, &account)?;
        Ok((Self { root, lock }, account))
    }

    /// The cluster, once it is complete.
    pub fn cluster(&self) -> PathBuf {
        cluster_in(&self.root)
    }

    /// Where a cluster is made before it gets its place by a rename: what is found here at a
    /// start was never finished.
    pub fn unfinished(&self) -> PathBuf {
        self.root.join("postgres.new")
    }

    /// What PostgreSQL writes about itself.
    pub fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    /// Makes a rename inside the folder durable.
    pub fn sync(&self) -> Result<(), EmbeddedError> {
        let folder = File::open(&self.root).and_then(|folder| folder.sync_all());
        folder.map_err(cannot("sync", &self.root))
    }

    /// Makes the folder of the socket: in the data folder, or where that path does not fit, one
    /// below the temporary folder that always gets the same name.
    pub fn socket_folder(&self, account: &Account) -> Result<PathBuf, EmbeddedError> {
        let inside = self.root.join("run");
        if fits(&inside) {
            return make_private(inside, account);
        }
        let digest = Sha256::digest(self.root.as_os_str().as_encoded_bytes());
        let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let temp = std::env::temp_dir();
        let outside = temp.join(format!("backstock-{name}"));
        if !fits(&outside) {
            return Err(EmbeddedError::SocketPath { socket: socket_in(&inside) });
        }
        require_way(account, &temp, &outside)?;
        make_private(outside, account)
    }

    /// Takes away what [`Self::socket_folder`] made outside of the data folder.
    pub fn leave(&self, socket_folder: &Path) {
        if !socket_folder.starts_with(&self.root) {
            // PostgreSQL has removed the socket; what it left after a crash keeps the folder.
            let _ = std::fs::remove_dir(socket_folder);
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Unlocked by name: merely closing the file would leave the lock to any program that is
        // just being started and still holds a copy of the descriptor.
        let _ = self.lock.set_len(0);
        let _ = self.lock.unlock();
    }
}

fn cluster_in(root: &Path) -> PathBuf {
    root.join("postgres")
}

/// The socket's own path, as PostgreSQL names it.
fn socket_in(folder: &Path) -> PathBuf {
    folder.join(format!(".s.PGSQL.{PORT}"))
}

/// Short enough for the kernel, and without the comma, which psql takes to separate two hosts.
fn fits(folder: &Path) -> bool {
    let bytes = folder.as_os_str().as_encoded_bytes();
    socket_in(folder).as_os_str().len() <= SOCKET_BYTES_MAX && !bytes.contains(&b',')
}

/// Removes the socket and its lock file, which a crash leaves behind. Only for a private folder
/// on which no PostgreSQL runs: PostgreSQL would keep clear of a lock file whose process number
/// has gone to another program.
pub(super) fn sweep_socket(folder: &Path) {
    let socket = socket_in(folder);
    let _ = std::fs::remove_file(&socket);
    let _ = std::fs::remove_file(socket.with_added_extension("lock"));
}

fn require_way(account: &Account, step: &Path, folder: &Path) -> Result<(), EmbeddedError> {
    account.blocked_at(step).map_or(Ok(()), |blocked| {
        let (user, folder) = (account.name.clone(), folder.to_path_buf());
        Err(EmbeddedError::Unreachable { user, blocked, folder })
    })
}

/// A folder is ours when it is missing, empty (the `lost+found` of a fresh disk does not count)
/// or has our lock file: `--data-dir /home/me` by mistake must not take a home folder over.
fn require_ours(root: &Path) -> Result<(), EmbeddedError> {
    let entries = match std::fs::read_dir(root) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(cannot("read the folder", root))?,
    };
    let mut others = entries.flatten().filter(|entry| entry.file_name() != "lost+found").peekable();
    if others.peek().is_none() || root.join(LOCK).exists() {
        return Ok(());
    }
    Err(EmbeddedError::NotOurs { folder: root.to_path_buf() })
}

fn make_root(root: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let make = || -> std::io::Result<()> {
        if let Some(above) = root.parent() {
            DirBuilder::new().recursive(true).mode(0o755).create(above)?;
        }
        DirBuilder::new().recursive(true).mode(0o700).create(root)
    };
    make().map_err(cannot("make the folder", root))?;
    let owner = root.metadata().map_err(cannot("read the folder", root))?.uid();
    let caller = rustix::process::geteuid();
    // A mounted volume may belong to another user and admit us by its group: then it stays as
    // it is, and the folders inside are private by themselves.
    if caller.is_root() || caller.as_raw() == owner {
        let private = std::fs::set_permissions(root, Permissions::from_mode(0o700));
        private.map_err(cannot("make private", root))?;
    }
    account.own(root)
}

fn take_lock(root: &Path, account: &Account) -> Result<File, EmbeddedError> {
    let path = root.join(LOCK);
    let mut lock = open_own(&path, OpenOptions::new().read(true).write(true), account)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut said = String::new();
            let _ = lock.read_to_string(&mut said);
            let holder = said.trim().parse().ok();
            return Err(EmbeddedError::InUse { folder: root.to_path_buf(), holder });
        }
        Err(std::fs::TryLockError::Error(error)) => return Err(cannot("lock", &path)(error)),
    }
    // The number only serves the message of the next one; the lock itself is the kernel's.
    let _ = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
    Ok(lock)
}

/// Opens or makes a file that belongs to the account, never through a symbolic link: as root we
/// write into a folder in which the account could have laid one.
pub(super) fn open_own(
    path: &Path,
    how: &mut OpenOptions,
    account: &Account,
) -> Result<File, EmbeddedError> {
    let no_link = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let file = how.create(true).mode(0o600).custom_flags(no_link).open(path);
    let file = file.map_err(cannot("open", path))?;
    account.own(path)?;
    Ok(file)
}

/// Makes a folder that only the account may enter, or takes one over that is so already.
pub(super) fn make_private(path: PathBuf, account: &Account) -> Result<PathBuf, EmbeddedError> {
    match DirBuilder::new().mode(0o700).create(&path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let found = path.symlink_metadata().map_err(cannot("read the folder", &path))?;
            let caller = rustix::process::geteuid().as_raw();
            if !found.is_dir() || ![account.uid, caller].contains(&found.uid()) {
                let user = account.name.clone();
                return Err(EmbeddedError::SocketFolder { folder: path, user });
            }
            let private = std::fs::set_permissions(&path, Permissions::from_mode(0o700));
            private.map_err(cannot("make private", &path))?;
        }
        made => made.map_err(cannot("make the folder", &path))?,
    }
    account.own(&path)?;
    Ok(path)
}
