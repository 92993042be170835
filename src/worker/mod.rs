//! Background duties. Each is a loop that asks the store what is due and sends commands through the
//! combiner, or has the store forget what is old: no rules of their own.
//!
//! A duty promises nothing that answers depend on: expired holds count for nothing before they are
//! swept, and units owed to a queue are fenced before they are filled. It only tidies up, on every
//! replica alike; two that tend the same item at once find the second time that nothing is left to
//! do.

mod forget;
mod relay;
mod tend;
mod turns;

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::combine::Combiner;
use crate::config::Keeping;
use crate::store::Store;
use forget::{answers, events, ledger};
use turns::{Fruitless, Progress};

/// How long a duty rests after a failure of the database.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How long a duty rests when it knows of more to do.
const REST_WITH_MORE: Duration = Duration::from_millis(20);

/// The duties of a running service.
#[derive(Debug)]
pub struct Workers {
    stop: CancellationToken,
    duties: TaskTracker,
}

impl Workers {
    /// Starts every duty.
    #[must_use]
    pub fn start(store: &Store, combiner: &Combiner, keeping: Keeping) -> Self {
        let workers = Self { stop: CancellationToken::new(), duties: TaskTracker::new() };
        let tools = tend::Tools { store: store.clone(), combiner: combiner.clone() };
        workers.spawn("sweep", tend::SWEEP_EVERY, tools.duty(tend::sweep));
        workers.spawn("fill", tend::FILL_EVERY, tools.duty(tend::fill));
        workers.spawn("redate", tend::FILL_EVERY, tools.duty(tend::redate));
        workers.spawn("ready", tend::FILL_EVERY, tools.duty(tend::say_ready));
        workers.spawn("dates", tend::DATES_EVERY, tools.duty(tend::notice_dates));
        workers.spawn("waits", tend::DATES_EVERY, tools.duty(tend::end_waits));
        workers.forget(store, keeping);
        let (of, stop) = (store.clone(), workers.stop.clone());
        workers.spawn("relay", relay::RELAY_EVERY, move || relay::relay(of.clone(), stop.clone()));
        workers.duties.close();
        workers
    }

    /// Starts the duties that forget what was kept long enough.
    fn forget(&self, store: &Store, keeping: Keeping) {
        let every = forget::FORGET_EVERY;
        let (of, place, stop) = (store.clone(), answers::Place::default(), self.stop.clone());
        let forget = move || answers::forget(of.clone(), place.clone(), stop.clone());
        self.spawn("forget", every, forget);
        if let Some(kept) = keeping.events {
            let (of, stop) = (store.clone(), self.stop.clone());
            let forget = move || events::forget(of.clone(), kept, stop.clone());
            self.spawn("forget_events", every, forget);
        }
        if let Some(kept) = keeping.ledger {
            let (of, stop) = (store.clone(), self.stop.clone());
            self.spawn("carry", every, move || ledger::carry(of.clone(), kept, stop.clone()));
        }
    }

    /// Runs a duty again and again, resting between the rounds, until the workers stop.
    fn spawn<F>(&self, name: &'static str, every: Duration, duty: impl Fn() -> F + Send + 'static)
    where
        F: Future<Output = Result<Progress, Fruitless>> + Send + 'static,
    {
        let stop = self.stop.clone();
        self.duties.spawn(async move {
            while !stop.is_cancelled() {
                // A round runs on a task of its own, so that stopping never cuts a statement short.
                let rest = match tokio::spawn(duty()).await {
                    Ok(Ok(Progress { has_more: true, .. })) => every.min(REST_WITH_MORE),
                    Ok(Ok(_)) => every,
                    Ok(Err(Fruitless::Told)) => every.max(REST_AFTER_FAILURE),
                    Ok(Err(error)) => {
                        tracing::warn!(duty = name, %error, "a background duty failed");
                        every.max(REST_AFTER_FAILURE)
                    }
                    Err(error) => {
                        tracing::error!(duty = name, %error, "a background duty ended badly");
                        every.max(REST_AFTER_FAILURE)
                    }
                };
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(rest) => {}
                }
            }
        });
    }

    /// Ends every duty after its round.
    pub async fn stop(self) {
        self.stop.cancel();
        self.duties.wait().await;
    }
}
