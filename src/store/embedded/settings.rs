//! How the cluster is set: durable first, sized for one service on one machine.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use super::account::Account;
use super::error::{EmbeddedError, cannot};
use super::folder::open_own;

/// The only user of the cluster, and the name of its database.
pub(super) const NAME: &str = "backstock";
/// No TCP port is opened; the number is part of the socket's name.
pub(super) const PORT: u16 = 5432;

/// Our file beside `postgresql.conf`, written anew at each start so that a newer Backstock brings
/// its newer settings.
const FILE: &str = "backstock.conf";

/// The line of `postgresql.conf` that draws [`FILE`] in; an operator's own lines below it win.
const INCLUDE: &str = "
# Backstock's own settings. They are written anew at each start, so change nothing in that file:
# lines of your own go below this one and win over it.
include = 'backstock.conf'
";

/// The settings, each group with its reason.
const SETTINGS: &str = "\
# Written by backstock at each start: changes here are lost. Lines of your own belong at the end
# of postgresql.conf, where they win over these.

# What was acknowledged is on the disk, also after a power cut.
fsync = on
synchronous_commit = on
full_page_writes = on

# Room for a few replicas of the service, its workers and a person with psql.
max_connections = 100
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 128MB

# Checkpoints are rare and spread out, since each one makes the next writes of every page larger.
# Recovery after a crash reads at most this much again.
max_wal_size = 2GB
min_wal_size = 256MB
wal_buffers = 16MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9

# Short statements on few rows: compiling them costs more than running them, and disks are fast.
jit = off
random_page_cost = 1.1

# Rows of hot items are updated all the time, so their dead versions are collected early.
autovacuum = on
autovacuum_naptime = 15s
autovacuum_vacuum_scale_factor = 0.05

# The log shows each error with its SQLSTATE (a deadlock is 40P01) and each lock waited for longer
# than a second.
logging_collector = off
log_destination = 'stderr'
log_min_messages = warning
log_min_error_statement = error
log_lock_waits = on
deadlock_timeout = 1s
log_line_prefix = '%m [%p] %e %a '
log_timezone = 'UTC'
timezone = 'UTC'
";

/// Draws our settings into a cluster that has just been made, durably.
pub(super) fn include(cluster: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let path = cluster.join("postgresql.conf");
    let mut file = open_own(&path, OpenOptions::new().append(true), account)?;
    let written = file.write_all(INCLUDE.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(cannot("write", &path))
}

/// Writes our settings; a crash in between leaves the old file or the new one, whole.
pub(super) fn write(cluster: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let (path, draft) = (cluster.join(FILE), cluster.join("backstock.conf.new"));
    let mut file = open_own(&draft, OpenOptions::new().write(true).truncate(true), account)?;
    let written = file.write_all(SETTINGS.as_bytes()).and_then(|()| file.sync_all());
    written.and_then(|()| std::fs::rename(&draft, &path)).map_err(cannot("write", &path))
}

/// The arguments of `postgres`: what must hold whatever the files say.
pub(super) fn arguments(cluster: &Path, socket_folder: &Path) -> Vec<OsString> {
    let mut sockets = OsString::from("unix_socket_directories=");
    sockets.push(quoted(socket_folder));
    let mut arguments = vec![OsString::from("-D"), cluster.into(), "-c".into(), sockets];
    for setting in ["listen_addresses=", "unix_socket_permissions=0700", &format!("port={PORT}")] {
        arguments.extend(["-c".into(), setting.into()]);
    }
    arguments
}

/// One member of a list setting: quoted, since a folder's name may hold a comma or a blank.
fn quoted(folder: &Path) -> OsString {
    let mut bytes = vec![b'"'];
    for byte in folder.as_os_str().as_bytes() {
        let doubled = if *byte == b'"' { 2 } else { 1 };
        bytes.extend(std::iter::repeat_n(*byte, doubled));
    }
    bytes.push(b'"');
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_folder_name_is_one_member_of_the_list() {
        assert_eq!(quoted(Path::new("/a, b/\"c\"")), "\"/a, b/\"\"c\"\"\"");
    }

    #[test]
    fn what_was_acknowledged_is_kept() {
        for durable in ["fsync = on", "synchronous_commit = on", "full_page_writes = on"] {
            assert_eq!(SETTINGS.matches(durable).count(), 1, "{durable}");
        }
    }
}
