//! What an earlier start left behind: processes that still run on the cluster, and a
//! `postmaster.pid` that names one which does not.
//!
//! Only called with the folder's lock held, so nothing found here belongs to a live service.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::error::{EmbeddedError, cannot};

/// The signals in turn, and how long each is given: a fast shutdown with its checkpoint, an
/// immediate one, and the kernel's.
pub(super) const SHUTDOWN: [(Signal, Duration); 3] = [
    (Signal::INT, Duration::from_secs(10)),
    (Signal::QUIT, Duration::from_secs(6)),
    (Signal::KILL, Duration::from_secs(4)),
];

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Ends whatever still runs on the cluster and removes a misleading `postmaster.pid`.
///
/// # Errors
/// [`EmbeddedError::Leftover`] when a process survives SIGKILL.
pub(super) fn clear(cluster: &Path) -> Result<(), EmbeddedError> {
    if !Path::new("/proc/self/exe").exists() {
        // Without /proc nothing can be told apart. PostgreSQL itself then refuses to start beside
        // a live process, and says so in its log.
        return Ok(());
    }
    end_processes(cluster)?;
    drop_stale_pid(cluster)
}

fn end_processes(cluster: &Path) -> Result<(), EmbeddedError> {
    for (signal, patience) in SHUTDOWN {
        let living = running_on(cluster);
        let first = named_in_pid_file(cluster).filter(|pid| living.contains(pid));
        let addressed = match first {
            // The postmaster ends its own children, in order.
            Some(postmaster) if signal != Signal::KILL => vec![postmaster],
            // Without a postmaster its children have nobody to tell them of a fast shutdown.
            None if signal == Signal::INT => continue,
            _ => living,
        };
        for pid in &addressed {
            tracing::warn!(pid = pid.as_raw_pid(), ?signal, "ending a leftover of PostgreSQL");
            let _ = kill_process(*pid, signal);
        }
        if gone_within(cluster, patience) {
            return Ok(());
        }
    }
    running_on(cluster).first().map_or(Ok(()), |pid| {
        let pid = pid.as_raw_pid();
        Err(EmbeddedError::Leftover { pid, data: cluster.to_path_buf() })
    })
}

fn gone_within(cluster: &Path, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        if running_on(cluster).is_empty() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// PostgreSQL takes any live process of that number for a server: also a zombie that nobody has
/// reaped, or a program that got the number after a reboot. Those are told apart here. A number
/// that is free is left to PostgreSQL, which then looks at shared memory as well.
fn drop_stale_pid(cluster: &Path) -> Result<(), EmbeddedError> {
    let path = cluster.join("postmaster.pid");
    let misleading = named_in_pid_file(cluster).is_some_and(|pid| test_kill_process(pid).is_ok());
    if !misleading {
        return Ok(());
    }
    tracing::warn!(file = %path.display(), "removing the process number of a dead PostgreSQL");
    std::fs::remove_file(&path).map_err(cannot("remove", &path))
}

/// The first line of `postmaster.pid`; a single-user server writes its number negated.
fn named_in_pid_file(cluster: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let number: i32 = text.lines().next()?.trim().parse().ok()?;
    Pid::from_raw(number.checked_abs()?)
}

/// Every process of PostgreSQL on this cluster. A zombie is none: it has neither folder nor
/// program.
fn running_on(cluster: &Path) -> Vec<Pid> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter(|entry| is_on(&entry.path(), cluster))
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
        .collect()
}

/// Postmaster and children all work in the cluster's folder. In a container root may not see
/// where another account's process works; the postmaster's command line is open to everyone.
fn is_on(process: &Path, cluster: &Path) -> bool {
    if let Ok(folder) = process.join("cwd").read_link() {
        let program = process.join("exe").read_link().unwrap_or_default();
        let name = program.file_name().unwrap_or_default().as_encoded_bytes();
        return folder == cluster && name.starts_with(b"postgres");
    }
    let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
    let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
    let data = cluster.as_os_str().as_encoded_bytes();
    words.first().is_some_and(|program| program.ends_with(b"/postgres"))
        && words.windows(2).any(|pair| pair[0] == b"-D" && pair[1] == data)
}
