//! Sends events to where they are wanted: webhooks, NATS, and stdout for trying out.
//!
//! A [`Sinks`] looks for sinks that are behind and gives each a task of its own ([`delivery`]). It
//! promises:
//!
//! - each event is delivered at least once, with an id by which repeats are known, and one sink's
//!   events in order;
//! - a sink that hangs, fails or is gone delays no other sink and no caller: nothing of the
//!   database is held while something is sent, and every wait has an end;
//! - one process delivers to a sink at a time, and another takes over soon after it dies;
//! - a webhook that fails too often is parked, and says so in the log and the metrics.

mod cloud_event;
mod delivery;
mod nats;
mod stdout;
mod webhook;

use std::collections::HashSet;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Events;
use crate::store::feed::Published;
use crate::store::sinks::{Duty, Lease, SinkKind};
use crate::store::{Failure, Store};
use crate::telemetry::metrics::metrics;
use delivery::Delivery;

pub use cloud_event::json;
pub use webhook::{Secret, is_url};

/// How often sinks that are behind are looked for, unless something was published here.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long to rest between two looks, however much is published.
const REST: Duration = Duration::from_millis(50);
/// How often the state of the sinks is measured.
const MEASURE_EVERY: Duration = Duration::from_secs(5);
/// Sinks that are delivered to at once.
const DELIVERIES_MAX: usize = 256;

/// Where events are sent.
trait Sink: Send + Sync {
    /// Sends one event and waits until it is taken. An error says why it was not, for people.
    fn send<'s>(&'s self, event: &'s Published) -> BoxFuture<'s, Result<(), String>>;
}

/// The deliveries of a running service.
#[derive(Debug)]
pub struct Sinks {
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Knows where it begins, and waits for leave to write.
    printer: Option<stdout::Printer>,
}

impl Sinks {
    /// Starts to deliver. What happens from now on is for stdout too, where that is wanted: see
    /// [`Sinks::print`].
    ///
    /// # Errors
    ///
    /// The client for webhooks cannot be made, NATS's URL cannot be read, or the database is not
    /// available.
    pub async fn start(store: &Store, events: &Events) -> anyhow::Result<Self> {
        let printer =
            if events.on_stdout { Some(stdout::Printer::new(store.clone()).await?) } else { None };
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let sinks = Self { stop, tasks, printer };
        let nats = match &events.nats {
            Some(nats) => Some(Arc::new(nats::Stream::open(nats).await?)),
            None => None,
        };
        let desk = Desk {
            store: store.clone(),
            http: webhook::client()?,
            nats,
            attempts_max: events.webhook_attempts_max,
            stop: sinks.stop.clone(),
            busy: Arc::default(),
            tasks: sinks.tasks.clone(),
        };
        sinks.tasks.spawn(desk.work());
        Ok(sinks)
    }

    /// Writes every event since the start to `out`, one JSON object a line; only once, and only
    /// where [`Events::on_stdout`] asks for it.
    pub fn print<W: Write + Send + 'static>(&mut self, out: W) {
        if let Some(printer) = self.printer.take() {
            self.tasks.spawn(printer.work(out, self.stop.clone()));
        }
    }

    /// Lets what is being sent come to an end, for a moment, and stops.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Finds sinks that are behind, and has somebody deliver to each.
struct Desk {
    store: Store,
    http: reqwest::Client,
    nats: Option<Arc<nats::Stream>>,
    attempts_max: i32,
    stop: CancellationToken,
    busy: Arc<Mutex<HashSet<Duty>>>,
    tasks: TaskTracker,
}

impl Desk {
    async fn work(self) {
        let mut published = self.store.heads().published();
        let mut measured: Option<Instant> = None;
        while !self.stop.is_cancelled() {
            published.mark_unchanged();
            if let Err(failure) = self.look().await {
                tracing::debug!(%failure, "sinks cannot be looked for");
            }
            if measured.is_none_or(|at| at.elapsed() > MEASURE_EVERY) {
                measured = Some(Instant::now());
                self.measure().await;
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(REST) => {}
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = timeout(LOOK_EVERY, published.changed()) => {}
            }
        }
    }

    async fn look(&self) -> Result<(), Failure> {
        let prefix = self.nats.as_ref().map(|nats| nats.prefix());
        if let Some(prefix) = prefix {
            self.store.add_nats(prefix).await?;
        }
        let free = DELIVERIES_MAX.saturating_sub(self.lock().len());
        let due = self.store.due_sinks(prefix, i64::try_from(free).unwrap_or_default()).await?;
        for duty in due {
            if self.lock().insert(duty.clone()) {
                self.tasks.spawn(self.deliver(duty));
            }
        }
        Ok(())
    }

    /// Delivers to one sink, on a task of its own.
    fn deliver(&self, duty: Duty) -> impl Future<Output = ()> + use<> {
        let (store, http, nats) = (self.store.clone(), self.http.clone(), self.nats.clone());
        let (stop, busy, attempts_max) = (self.stop.clone(), self.busy.clone(), self.attempts_max);
        async move {
            let sink = |lease: &Lease| -> Option<Box<dyn Sink>> {
                match lease.duty.kind {
                    SinkKind::Webhook => {
                        Some(Box::new(webhook::Webhook::new(http, &lease.url, &lease.secret)))
                    }
                    SinkKind::Nats => nats.map(|nats| Box::new(nats) as Box<dyn Sink>),
                }
            };
            // Only webhooks are parked: there is nobody to tell that NATS should be tried again.
            let attempts_max = (duty.kind == SinkKind::Webhook).then_some(attempts_max);
            let delivery = Delivery { store, stop, attempts_max };
            if let Err(failure) = delivery.run(&duty, sink).await {
                tracing::debug!(?duty, %failure, "a delivery met a database that is not there");
            }
            busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&duty);
        }
    }

    async fn measure(&self) {
        match self.store.sink_states().await {
            Ok(states) => {
                for state in states {
                    metrics().sinks(state.kind, state.parked, state.lag);
                }
            }
            Err(failure) => tracing::debug!(%failure, "sinks cannot be measured"),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<Duty>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
