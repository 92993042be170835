//! What the figures were measured on.

use std::collections::BTreeMap;
use std::fs;

use serde::Serialize;

/// The machine and the software.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// Processors that this process may use.
    pub cores: usize,
    /// The processor's name.
    pub cpu: String,
    /// The kernel's release.
    pub kernel: String,
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// This program's version.
    pub backstock: &'static str,
    /// PostgreSQL's version and the settings that figures depend on; empty where it is not known.
    pub postgres: BTreeMap<String, String>,
}

impl Machine {
    /// Looks at it.
    #[must_use]
    pub fn look(postgres: BTreeMap<String, String>) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let (cpus, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cpu: field(&cpus, "model name").unwrap_or_default(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            memory: field(&memory, "MemTotal").and_then(|text| kibibytes(&text)),
            backstock: env!("CARGO_PKG_VERSION"),
            postgres,
        }
    }

    /// One sentence about it.
    #[must_use]
    pub fn sentence(&self) -> String {
        let setting = |name: &str| self.postgres.get(name).map_or("unknown", String::as_str);
        format!(
            "{} cores ({}), Linux {}, PostgreSQL {}, fsync {}, synchronous_commit {}, backstock {}",
            self.cores,
            self.cpu,
            self.kernel,
            setting("server_version"),
            setting("fsync"),
            setting("synchronous_commit"),
            self.backstock,
        )
    }
}

/// The first value with that name in a file of `name : value` lines.
fn field(text: &str, name: &str) -> Option<String> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    let found = pairs.find(|(found, _)| found.trim() == name);
    found.map(|(_, value)| value.trim().to_owned())
}

fn kibibytes(text: &str) -> Option<u64> {
    text.strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_by_name() {
        let text = "processor\t: 0\nmodel name\t: A: B\nmodel name\t: C\n";
        assert_eq!(field(text, "model name").as_deref(), Some("A: B"));
        assert_eq!(field(text, "name"), None);
        assert_eq!(kibibytes("2 kB"), Some(2_048));
    }
}
