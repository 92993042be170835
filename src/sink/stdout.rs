//! Events on stdout, one JSON object a line: for trying out. Nothing is remembered; what happens
//! while nobody serves is not written.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::json;
use crate::domain::ProgramId;
use crate::store::feed::Unread;
use crate::store::{Failure, Store};

/// Most events that are read at once.
const PAGE_EVENTS: i64 = 256;
/// How often events are looked for that another replica published.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Writes events, each programme's in order.
#[derive(Debug)]
pub(super) struct Printer {
    store: Store,
    written: HashMap<ProgramId, i64>,
}

impl Printer {
    /// One that begins with what happens from now on, whenever it is told to write.
    pub(super) async fn new(store: Store) -> Result<Self, Failure> {
        let written = store.all_heads().await?.into_iter().collect();
        Ok(Self { store, written })
    }

    /// Writes until `stop`, or until nobody reads any more.
    pub(super) async fn work<W>(mut self, out: W, stop: CancellationToken)
    where
        W: Write + Send + 'static,
    {
        let out = Arc::new(Mutex::new(out));
        let mut published = self.store.heads().published();
        loop {
            published.mark_unchanged();
            match self.write_all(&out, &stop).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, "events cannot be written any more");
                    return;
                }
                Err(failure) => tracing::debug!(%failure, "events cannot be read"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                _ = timeout(LOOK_EVERY, published.changed()) => {}
            }
        }
    }

    async fn write_all<W>(
        &mut self,
        out: &Arc<Mutex<W>>,
        stop: &CancellationToken,
    ) -> Result<std::io::Result<()>, Failure>
    where
        W: Write + Send + 'static,
    {
        for (program, head) in self.store.all_heads().await? {
            let written = self.written.entry(program.clone()).or_default();
            while *written < head && !stop.is_cancelled() {
                let events = match self.store.events(&program, *written, PAGE_EVENTS).await {
                    Ok(events) => events,
                    Err(Unread::Failed(failure)) => return Err(failure),
                    Err(Unread::TooOld { oldest }) => {
                        let after = *written;
                        tracing::warn!(%program, after, oldest, "events are kept no more");
                        *written = oldest;
                        continue;
                    }
                };
                let Some(last) = events.last().map(|event| event.position) else { break };
                let lines: Vec<String> = events.iter().map(json).collect();
                // Who reads slowly holds up a thread of its own. A stop does not wait for it.
                let out = out.clone();
                let writing = tokio::task::spawn_blocking(move || write(&out, &lines));
                let done = tokio::select! {
                    () = stop.cancelled() => return Ok(Ok(())),
                    done = writing => done,
                };
                if let Ok(Err(error)) = done {
                    return Ok(Err(error));
                }
                *written = last;
            }
        }
        Ok(Ok(()))
    }
}

fn write<W: Write>(out: &Mutex<W>, lines: &[String]) -> std::io::Result<()> {
    let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()
}
