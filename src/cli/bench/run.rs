//! A run from its first call to its report.

use std::sync::Arc;

use anyhow::Context;
use tonic::transport::Channel;

use super::ground::Ground;
use super::machine::Machine;
use super::memory::{self, Memory};
use super::open_loop::{self, OpenLoop};
use super::report::{Report, Verified, comparisons, complaints};
use super::rounds::{Course, Scene, Series};
use super::shop::Shop;
use super::workload::Workload;
use crate::cli::connect::connect;
use crate::cli::terminal;

/// How long a call may take, in seconds.
const CALL_SECONDS_MAX: u64 = 60;
/// Connections of `memory`.
const CONNECTIONS_MANY: usize = 1_000;
/// Rounds of `replicas` at most.
const REPLICA_ROUNDS_MAX: usize = 3;

/// What to measure, and on what.
pub struct Run {
    /// All workloads.
    pub workloads: Vec<Workload>,
    /// Those that take turns, and how.
    pub course: Course,
    /// Connections that the calls share.
    pub connections: usize,
    /// Where the server listens that is measured.
    pub address: String,
    /// All of them, where they are the bench's own.
    pub ground: Option<Ground>,
}

impl Run {
    /// Measures everything.
    ///
    /// # Errors
    /// The server or the database fails. Wrong answers are no error; the report has them.
    pub async fn measure(&mut self) -> anyhow::Result<Report> {
        let channels = connect_all(&[&self.address], self.connections).await?;
        let shop = Arc::new(Shop::found(&self.address).await?);
        shop.furnish(&self.workloads).await?;
        let series = self.take_turns(&shop, &channels).await?;
        let open_loop = self.open_loop(&shop, &channels, &series).await;
        let replicas = self.replicas(&shop).await?;
        let memory = self.memory(&shop).await?;
        let proof = shop.verify().await?;
        let mut wrong = complaints(series.iter().chain(&replicas));
        let slices = open_loop.iter().map(|open| &open.slice);
        let slices = slices.chain(memory.iter().map(|memory| &memory.slice));
        wrong.extend(slices.flat_map(|slice| slice.examples.iter().cloned()));
        wrong.extend(proof.discrepancies.iter().map(|found| format!("Verify: {found:?}")));
        let settings = match &mut self.ground {
            Some(ground) => ground.observer.settings().await?,
            None => std::collections::BTreeMap::default(),
        };
        let (items, movements, lines) = (proof.items, proof.movements, proof.lines);
        Ok(Report {
            machine: Machine::look(settings),
            in_flight: self.course.in_flight,
            connections: self.connections,
            comparisons: comparisons(&series),
            replica_comparisons: comparisons(&replicas),
            series,
            replicas,
            open_loop,
            memory,
            verified: Verified { items, movements, lines },
            wrong,
        })
    }

    fn wants(&self, workload: Workload) -> bool {
        self.workloads.contains(&workload)
    }

    async fn take_turns(
        &mut self,
        shop: &Arc<Shop>,
        channels: &[Channel],
    ) -> anyhow::Result<Vec<Series>> {
        let Some(ground) = &mut self.ground else {
            let scene = Scene { shop, channels, servers: &[], postgres: None, pgbench: None };
            return self.course.run(&scene, None).await;
        };
        let (servers, postgres, pgbench) =
            (ground.server_pids(), ground.postgres_pid(), ground.pgbench());
        if pgbench.is_none() && self.course.workloads.contains(&Workload::Commit) {
            terminal::complain("there is no pgbench on this database: `commit` is left out");
            self.course.workloads.retain(|workload| *workload != Workload::Commit);
        }
        let pgbench = pgbench.as_ref();
        let scene = Scene { shop, channels, servers: &servers, postgres, pgbench };
        self.course.run(&scene, Some(&mut ground.observer)).await
    }

    /// Half of the rate that the closed loop reached, so that there is room to answer each at once.
    async fn open_loop(
        &self,
        shop: &Arc<Shop>,
        channels: &[Channel],
        series: &[Series],
    ) -> Option<OpenLoop> {
        let hot = series.iter().find(|series| series.workload == Workload::Hot)?;
        let rate = hot.spread(|slice| Some(slice.rate()))?.median / 2.0;
        if !self.wants(Workload::OpenLoop) {
            return None;
        }
        let ground = self.ground.as_ref();
        let servers = ground.map(Ground::server_pids).unwrap_or_default();
        let postgres = ground.and_then(Ground::postgres_pid);
        let scene = Scene { shop, channels, servers: &servers, postgres, pgbench: None };
        let callers = scene.callers(Workload::OpenLoop, open_loop::CALLERS, 0);
        let before = scene.cpu();
        let mut open = open_loop::run(callers, rate, self.course.time * 3).await;
        open.slice.used(scene.cpu().since(&before));
        Some(open)
    }

    async fn replicas(&mut self, shop: &Arc<Shop>) -> anyhow::Result<Vec<Series>> {
        let wanted = self.wants(Workload::Replicas);
        let Some(ground) = self.ground.as_mut().filter(|_| wanted) else { return Ok(Vec::new()) };
        ground.add_server().await?;
        let addresses = ground.addresses();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let channels = connect_all(&addresses, self.connections.max(addresses.len())).await?;
        let servers = ground.server_pids();
        let postgres = ground.postgres_pid();
        let course = Course {
            workloads: vec![Workload::Empty, Workload::Replicas],
            rounds: self.course.rounds.min(REPLICA_ROUNDS_MAX),
            ..self.course
        };
        let channels = &channels;
        let scene = Scene { shop, channels, servers: &servers, postgres, pgbench: None };
        let series = course.run(&scene, Some(&mut ground.observer)).await?;
        ground.drop_server().await?;
        Ok(series)
    }

    async fn memory(&mut self, shop: &Arc<Shop>) -> anyhow::Result<Option<Memory>> {
        if !self.wants(Workload::Memory) {
            return Ok(None);
        }
        let channels = &connect_all(&[&self.address], CONNECTIONS_MANY).await?;
        let servers = self.ground.as_ref().map(Ground::server_pids).unwrap_or_default();
        let servers = &servers;
        let scene = Scene { shop, channels, servers, postgres: None, pgbench: None };
        Ok(Some(memory::measure(&scene, self.course.time * 2).await))
    }
}

/// So many connections, to the addresses in turn.
pub async fn connect_all(addresses: &[&str], count: usize) -> anyhow::Result<Vec<Channel>> {
    let mut channels = Vec::new();
    for address in addresses.iter().cycle().take(count) {
        let connected = connect(address, CALL_SECONDS_MAX).await;
        channels.push(connected.context("cannot connect to the server that is measured")?);
    }
    Ok(channels)
}
