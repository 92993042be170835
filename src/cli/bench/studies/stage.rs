//! What the studies have in common: a shop, connections, and a list of findings.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tonic::transport::Channel;

use super::{Aim, Finding, Studied};
use crate::cli::bench::caller::Caller;
use crate::cli::bench::cpu::Cpu;
use crate::cli::bench::database::Left;
use crate::cli::bench::ground::Ground;
use crate::cli::bench::machine::Machine;
use crate::cli::bench::report::Verified;
use crate::cli::bench::rounds::Scene;
use crate::cli::bench::run::connect_all;
use crate::cli::bench::shop::Shop;
use crate::cli::bench::slice::Slice;
use crate::cli::bench::workload::Workload;
use crate::cli::terminal;

/// How long the background may take with what a study gives it to do.
const PATIENCE: Duration = Duration::from_secs(3_600);
/// How often it is asked whether it is done.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The stage of the studies.
pub struct Stage<'a> {
    /// The servers and the database.
    pub ground: &'a mut Ground,
    /// What calls are about.
    pub shop: Arc<Shop>,
    /// The connections that they share.
    pub channels: Vec<Channel>,
    /// Calls under way at once, at full load.
    pub in_flight: usize,
    /// How long one measurement is.
    pub time: Duration,
    findings: Vec<Finding>,
    wrong: Vec<String>,
}

impl<'a> Stage<'a> {
    /// Founds a shop.
    ///
    /// # Errors
    /// The server is gone, or refuses it.
    pub async fn set(
        ground: &'a mut Ground,
        in_flight: usize,
        connections: usize,
        time: Duration,
    ) -> anyhow::Result<Self> {
        let address = ground.addresses().swap_remove(0);
        let channels = connect_all(&[&address], connections).await?;
        let shop = Arc::new(Shop::found(&address).await?);
        let (findings, wrong) = (Vec::new(), Vec::new());
        Ok(Self { ground, shop, channels, in_flight, time, findings, wrong })
    }

    /// So many callers of a workload.
    #[must_use]
    pub fn callers(&self, workload: Workload, count: usize) -> Vec<Caller> {
        let (shop, channels) = (&self.shop, self.channels.as_slice());
        let scene = Scene { shop, channels, servers: &[], postgres: None, pgbench: None };
        scene.callers(workload, count, self.findings.len() as u64)
    }

    /// One slice of a workload at full load, with what it used of the processors.
    pub async fn slice(&mut self, workload: Workload) -> Slice {
        let callers = self.callers(workload, self.in_flight);
        let before = self.cpu();
        let mut slice = Slice::measure(callers, self.time, workload.counts()).await;
        slice.used(self.cpu().since(&before));
        self.blame(&slice);
        slice
    }

    /// What was used of the processors so far.
    #[must_use]
    pub fn cpu(&self) -> Cpu {
        Cpu::read(&self.ground.server_pids(), self.ground.postgres_pid())
    }

    /// Keeps the wrong answers of a slice.
    pub fn blame(&mut self, slice: &Slice) {
        if slice.wrong > 0 {
            let examples = slice.examples.join("; ");
            self.wrong.push(format!("{} answers, for example {examples}", slice.wrong));
        }
    }

    /// Notes a finding, and says it at once, since the next may take long.
    pub fn found(&mut self, what: &str, found: f64, unit: &'static str, aim: Option<Aim>) {
        terminal::complain(&format!("{what}: {found:.2} {unit}"));
        self.findings.push(Finding::new(what, found, unit, aim));
    }

    /// Waits until the background has done something for an item; returns how long that took.
    ///
    /// # Errors
    /// The database does not answer, or it takes an hour.
    pub async fn until(
        &mut self,
        sku: &str,
        is_done: impl Fn(Left) -> bool,
    ) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let program = self.shop.program.clone();
        while !is_done(self.ground.observer.left(&program, sku).await?) {
            anyhow::ensure!(began.elapsed() < PATIENCE, "the background does not come to an end");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(began.elapsed())
    }

    /// Proves the ledger, and ends.
    ///
    /// # Errors
    /// The server or the database does not answer.
    pub async fn end(mut self) -> anyhow::Result<Studied> {
        let proof = self.shop.verify().await?;
        self.wrong.extend(proof.discrepancies.iter().map(|found| format!("Verify: {found:?}")));
        let settings = self.ground.observer.settings().await.context("no settings")?;
        let (items, movements, lines) = (proof.items, proof.movements, proof.lines);
        Ok(Studied {
            machine: Machine::look(settings),
            findings: self.findings,
            verified: Verified { items, movements, lines },
            wrong: self.wrong,
        })
    }
}
