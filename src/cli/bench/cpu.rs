//! CPU time and memory of processes, as the kernel counts them (Linux, `/proc`).

use std::fs;

/// CPU time of the three that take part, in microseconds since each began.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu {
    /// The bench's servers; none where they are not its own.
    pub server: Option<u64>,
    /// All processes of PostgreSQL; none where it is not the bench's own.
    pub postgres: Option<u64>,
    /// This process.
    pub client: Option<u64>,
}

impl Cpu {
    /// Reads all of them.
    #[must_use]
    pub fn read(servers: &[u32], postgres: Option<u32>) -> Self {
        let server = servers.iter().map(|pid| own_ticks(*pid)).sum::<Option<u64>>();
        Self {
            server: server.filter(|_| !servers.is_empty()).map(micros),
            postgres: postgres.and_then(family_ticks).map(micros),
            client: own_ticks(std::process::id()).map(micros),
        }
    }

    /// What was used since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let less = |later: Option<u64>, earlier: Option<u64>| {
            later.zip(earlier).map(|(later, earlier)| later.saturating_sub(earlier))
        };
        Self {
            server: less(self.server, earlier.server),
            postgres: less(self.postgres, earlier.postgres),
            client: less(self.client, earlier.client),
        }
    }

    /// All three together, where all are known.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        Some(self.server? + self.postgres? + self.client?)
    }
}

fn micros(ticks: u64) -> u64 {
    ticks * 1_000_000 / rustix::param::clock_ticks_per_second().max(1)
}

/// The fields of `/proc/PID/stat` behind the name: the first is the state, the third of proc(5).
fn stat(pid: u32) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold anything, also blanks and parentheses.
    let (_, behind) = text.rsplit_once(')')?;
    Some(behind.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect())
}

/// Time in user and kernel mode: fields 14 and 15 of proc(5).
fn own_ticks(pid: u32) -> Option<u64> {
    Some(stat(pid)?.get(11..13)?.iter().sum())
}

/// The same of a process, of its children that live, and of those that ended (16 and 17).
fn family_ticks(pid: u32) -> Option<u64> {
    let parent = stat(pid)?.get(11..15)?.iter().sum::<u64>();
    let children = fs::read_dir("/proc").ok()?.filter_map(|entry| {
        let child: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let fields = stat(child)?;
        (fields.get(1) == Some(&u64::from(pid))).then(|| fields.get(11..13))?.map(sum)
    });
    Some(parent + children.sum::<u64>())
}

fn sum(fields: &[u64]) -> u64 {
    fields.iter().sum()
}

/// A line of `/proc/PID/status` that counts kibibytes, for example `VmHWM`, in bytes.
#[must_use]
pub fn status_bytes(pid: u32, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_time_and_memory() {
        let pid = std::process::id();
        let before = Cpu::read(&[pid], Some(pid));
        let later = Cpu { client: before.client.map(|used| used + 5), ..before };
        assert_eq!(later.since(&before).client, Some(5));
        assert_eq!(later.since(&before).server, Some(0));
        assert!(status_bytes(pid, "VmHWM").expect("a peak") > 1 << 20);
    }

    #[test]
    fn a_process_that_is_gone_is_none() {
        let cpu = Cpu::read(&[u32::MAX], Some(u32::MAX));
        assert_eq!((cpu.server, cpu.postgres), (None, None));
        assert_eq!(Cpu::read(&[], None).server, None, "no server of our own");
    }
}
