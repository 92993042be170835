//! The course of a demo: set up, let everybody do their work at the same time, then look at
//! everything.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::caller::Caller;
use super::meter::Meter;
use super::orders::OrderFile;
use super::report::Report;
use super::scenario::{DELIVERIES, Scenario};
use super::shop::Shop;
use super::{DemoArgs, buyer, inspector, warehouse};
use crate::cli::connect::connect;
use crate::cli::progress::Progress;

const PACKERS: usize = 16;
const CALL_SECONDS_MAX: u64 = 60;

/// A demo that is ready to start.
pub struct Play {
    shop: Arc<Shop>,
    meter: Arc<Meter>,
    callers: Vec<Caller>,
    inboxes: Vec<mpsc::UnboundedReceiver<String>>,
    buyers: usize,
}

impl Play {
    /// Connects to the server and names a programme that nobody has.
    ///
    /// # Errors
    /// Nobody answers at the address.
    pub async fn open(args: &DemoArgs, address: &str, scenario: Scenario) -> anyhow::Result<Self> {
        let meter = Arc::new(Meter::default());
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let program: Arc<str> = format!("demo-{}", &unique[..8]).into();
        let mut callers = Vec::new();
        for _ in 0..args.connections {
            let channel = connect(address, CALL_SECONDS_MAX).await?;
            callers.push(Caller::new(channel, program.clone(), meter.clone(), args.seed));
        }
        let (senders, inboxes) = (0..PACKERS).map(|_| mpsc::unbounded_channel()).unzip();
        let shop = Arc::new(Shop::new(scenario, senders));
        Ok(Self { shop, meter, callers, inboxes, buyers: usize::from(args.buyers) })
    }

    /// How many orders there will be.
    #[must_use]
    pub fn orders(&self) -> u64 {
        self.shop.scenario.orders
    }

    /// How many items they are of.
    #[must_use]
    pub fn skus(&self) -> usize {
        self.shop.scenario.items.len()
    }

    /// The programme that this demo has for itself.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.callers[0].program
    }

    /// Plays it and prints the report. Returns whether every limit held.
    ///
    /// # Errors
    /// The server failed, or refused what cannot be refused.
    pub async fn through(mut self, file: &OrderFile) -> anyhow::Result<bool> {
        let progress = Progress::start("setting up", warehouse::set_up_steps(&self.shop));
        warehouse::set_up(&self.shop, &self.callers[0], &progress).await?;
        progress.finish();
        self.meter.restart();
        let started = Instant::now();
        self.open_hours().await?;
        let elapsed = started.elapsed();
        let measured = self.meter.measured();
        let findings = inspector::inspect(&self.shop, &self.callers[0]).await?;
        let report = Report {
            file,
            scenario: &self.shop.scenario,
            counts: self.shop.tally.counts(),
            measured,
            elapsed,
            changes: self.shop.history.len(),
            findings,
        };
        Ok(report.print()?)
    }

    /// Buyers, trucks, packers and the inspector at the same time; then the last truck and the last
    /// parcels.
    async fn open_hours(&mut self) -> anyhow::Result<()> {
        let mut packers = JoinSet::new();
        for (number, inbox) in std::mem::take(&mut self.inboxes).into_iter().enumerate() {
            packers.spawn(warehouse::pack(self.shop.clone(), self.caller(number), inbox));
        }
        let stop = CancellationToken::new();
        let mut watching = JoinSet::new();
        watching.spawn(inspector::watch(self.shop.clone(), self.caller(1), stop.clone()));
        // Whoever fails first ends the demo: the sets are dropped, and with them everybody else.
        tokio::select! {
            done = self.sell() => done?,
            error = first_error(&mut packers) => return Err(error),
            error = first_error(&mut watching) => return Err(error),
        }
        warehouse::unload(&self.shop, &self.callers[0], DELIVERIES - 1).await?;
        inspector::settle(&self.shop, &self.callers[0]).await?;
        self.shop.packing.last_round();
        all(&mut packers).await?;
        stop.cancel();
        all(&mut watching).await
    }

    async fn sell(&self) -> anyhow::Result<()> {
        let progress = Arc::new(Progress::start("customers", self.shop.scenario.visits.len()));
        let mut people = JoinSet::new();
        people.spawn(warehouse::bring_trucks(self.shop.clone(), self.caller(0)));
        for number in 0..self.buyers {
            let (shop, progress) = (self.shop.clone(), progress.clone());
            people.spawn(buyer::buy(shop, self.caller(number), progress));
        }
        all(&mut people).await?;
        if let Some(progress) = Arc::into_inner(progress) {
            progress.finish();
        }
        Ok(())
    }

    fn caller(&self, number: usize) -> Caller {
        self.callers[number % self.callers.len()].clone()
    }
}

/// Waits for all of them, or for the first that fails.
async fn all(tasks: &mut JoinSet<anyhow::Result<()>>) -> anyhow::Result<()> {
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

/// The first error among them; never, where all of them end well.
async fn first_error(tasks: &mut JoinSet<anyhow::Result<()>>) -> anyhow::Error {
    match all(tasks).await {
        Err(error) => error,
        Ok(()) => std::future::pending().await,
    }
}
