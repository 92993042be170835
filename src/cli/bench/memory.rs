//! How much memory the server takes with many connections, all of them busy.

use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use serde::Serialize;

use super::cpu::status_bytes;
use super::rounds::Scene;
use super::slice::Slice;
use super::workload::Workload;

/// The least number of files that this measurement needs open, on either side.
const FILES: u64 = 4_096;

/// What was found.
#[derive(Debug, Serialize)]
pub struct Memory {
    /// Connections, each with a call under way.
    pub connections: usize,
    /// Bytes of the server that were resident at the end of the load.
    pub resident: Option<u64>,
    /// The most that ever were.
    pub peak: Option<u64>,
    /// What the load came to.
    pub slice: Slice,
}

/// Lets this process, and the servers that it starts, hold as many connections open as are needed.
pub fn raise_limit_of_files() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < FILES) {
        limit.current = limit.maximum.map_or(Some(FILES), |most| Some(most.min(FILES)));
        // Where it cannot be raised, connecting says so.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

/// Keeps a call of one hot SKU under way on each connection of the scene.
pub async fn measure(scene: &Scene<'_>, time: Duration) -> Memory {
    let connections = scene.channels.len();
    let callers = scene.callers(Workload::Hot, connections, u64::from(u32::MAX));
    let slice = Slice::measure(callers, time, 1).await;
    let read = |name| scene.servers.first().and_then(|pid| status_bytes(*pid, name));
    Memory { connections, resident: read("VmRSS"), peak: read("VmHWM"), slice }
}
