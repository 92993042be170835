//! Builds, spawns and drains: the one place that wires the rooms together.

mod database;
mod readiness;

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic_health::server::HealthReporter;

use crate::combine::{Combiner, Limits};
use crate::config::{Combining, ServeConfig};
use crate::edge;
use crate::proto;
use crate::service::{self, Desk, Watching};
use crate::sink::Sinks;
use crate::store::embedded::Embedded;
use crate::store::{Store, connect};
use crate::worker::Workers;
use database::{Opened, close, open, prepare};
use readiness::{end_watches, set_serving, watch_readiness};

pub use database::{migrate, verify};

/// How long calls in flight are waited for at shutdown.
const DRAIN_MAX: Duration = Duration::from_secs(20);
/// Calls at once on one connection.
const STREAMS_MAX: u32 = 1024;
/// Calls of one connection that may be given up before they were looked at. As many as may be there
/// at once: with h2's own 20, a burst of callers with short deadlines costs all others on the
/// connection their calls.
const RESETS_MAX: usize = 1024;
/// How often a silent connection is asked whether it is still there, and how long it may take to
/// say so.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// A running service.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    database: String,
    serving: JoinHandle<()>,
    ended: watch::Receiver<Option<String>>,
    readiness: JoinHandle<()>,
    stop: CancellationToken,
    health: HealthReporter,
    workers: Workers,
    sinks: Sinks,
    combiner: Combiner,
    store: Store,
    embedded: Option<Embedded>,
}

/// Services beside those of the contract, behind the same layers: what measures the house compares
/// it with them. `serve` never has any.
pub struct Neighbours {
    /// Their encoded `FileDescriptorSet`, so that spans and metrics name their methods. Reflection
    /// does not know of it.
    pub descriptors: Vec<u8>,
    /// Adds them to the routes. They may use the database as they like.
    pub join: Join,
}

/// Adds services to the routes of a server that stands on a database.
pub type Join = Box<dyn FnOnce(PgConnectOptions, Routes) -> Routes + Send>;

/// Starts the service. It answers calls when this returns.
///
/// # Errors
///
/// The configuration cannot be right, the database cannot be started, reached or migrated, or the
/// address is taken.
pub async fn start(config: &ServeConfig) -> anyhow::Result<Server> {
    start_beside(config, None).await
}

/// As [`start`], with neighbours.
///
/// # Errors
///
/// As [`start`].
pub async fn start_beside(
    config: &ServeConfig,
    neighbours: Option<Neighbours>,
) -> anyhow::Result<Server> {
    config.check()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let Opened { options, description, embedded } = open(&config.database).await?;
    let built = build(config, options, listener, neighbours).await;
    match built {
        Ok(built) => Ok(built.server(description, embedded)),
        Err(error) => {
            close(embedded).await?;
            Err(error)
        }
    }
}

/// Everything but the database.
struct Built {
    address: SocketAddr,
    serving: JoinHandle<()>,
    ended: watch::Receiver<Option<String>>,
    readiness: JoinHandle<()>,
    stop: CancellationToken,
    health: HealthReporter,
    workers: Workers,
    sinks: Sinks,
    combiner: Combiner,
    store: Store,
}

impl Built {
    fn server(self, database: String, embedded: Option<Embedded>) -> Server {
        let Self {
            address,
            serving,
            ended,
            readiness,
            stop,
            health,
            workers,
            sinks,
            combiner,
            store,
        } = self;
        Server {
            address,
            database,
            serving,
            ended,
            readiness,
            stop,
            health,
            workers,
            sinks,
            combiner,
            store,
            embedded,
        }
    }
}

async fn build(
    config: &ServeConfig,
    options: PgConnectOptions,
    listener: TcpListener,
    neighbours: Option<Neighbours>,
) -> anyhow::Result<Built> {
    prepare(&options, config.migrate).await?;
    let store = store(config, &options);
    let combiner = Combiner::new(store.clone(), limits(config.combining));
    // Before anything is published or a call is answered: events on stdout begin here.
    let sinks = Sinks::start(&store, &config.events).await?;
    let workers = Workers::start(&store, &combiner, config.keeping);
    let (health, health_service) = tonic_health::server::health_reporter();
    let stop = CancellationToken::new();
    let watching = Watching::new(config.events.watchers_max, stop.clone());
    let desk = Desk::new(combiner.clone(), store.clone(), watching);
    let mut routes = service::routes(desk, health_service)?;
    let mut descriptors = Vec::new();
    if let Some(neighbours) = neighbours {
        descriptors = neighbours.descriptors;
        routes = (neighbours.join)(options, routes);
    }
    let readiness = tokio::spawn(watch_readiness(store.clone(), health.clone(), stop.clone()));
    let address = listener.local_addr()?;
    let methods = edge::Methods::from_descriptors(&[
        proto::DESCRIPTORS,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        &descriptors,
    ])?;
    let router = tonic::transport::Server::builder()
        .max_concurrent_streams(STREAMS_MAX)
        .http2_max_pending_accept_reset_streams(Some(RESETS_MAX))
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .layer(edge::column(&methods, config.calls_max))
        .add_routes(routes);
    let stopped = stop.clone().cancelled_owned();
    // The router's own tcp_nodelay says nothing of connections that it is handed.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let (end, ended) = watch::channel(None);
    let serving = tokio::spawn(async move {
        let end_of_serving = match router.serve_with_incoming_shutdown(incoming, stopped).await {
            Ok(()) => "the server stopped listening".to_owned(),
            Err(error) => format!("the server failed: {error}"),
        };
        end.send_replace(Some(end_of_serving));
    });
    set_serving(&health, true).await;
    Ok(Built { address, serving, ended, readiness, stop, health, workers, sinks, combiner, store })
}

/// The store, its connections shared out between lanes and everything else.
fn store(config: &ServeConfig, options: &PgConnectOptions) -> Store {
    let lanes = u32::try_from(config.combining.lanes_max).unwrap_or(u32::MAX);
    let others = config.connections_max.saturating_sub(lanes).max(1);
    let pool = |connections| connect::pool(options.clone(), connections);
    Store::with_lanes(pool(others), pool(lanes), service::encode_stored)
}

fn limits(combining: Combining) -> Limits {
    Limits {
        batch_max: combining.batch_max,
        runners_max: combining.lanes_max,
        waiting_max: combining.waiting_max,
    }
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Which database it stands on, for people.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Waits until it fails by itself.
    pub async fn stopped(&self) -> anyhow::Error {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(end) => anyhow::anyhow!("{}", end.as_deref().unwrap_or_default()),
            Err(_) => anyhow::anyhow!("the server's task ended badly"),
        }
    }

    /// Writes every event since the start to `out`, where the configuration asks for it: also what
    /// was published before this was called.
    pub fn print_events<W: Write + Send + 'static>(&mut self, out: W) {
        self.sinks.print(out);
    }

    /// Says NOT_SERVING, takes no more calls, waits for those in flight, and stops what it started.
    ///
    /// # Errors
    ///
    /// The embedded PostgreSQL does not stop.
    pub async fn shutdown(mut self) -> anyhow::Result<()> {
        set_serving(&self.health, false).await;
        self.stop.cancel();
        end_watches(&self.health).await;
        if !self.serving.is_finished()
            && tokio::time::timeout(DRAIN_MAX, &mut self.serving).await.is_err()
        {
            tracing::warn!("calls were still in flight at the end of the drain");
            self.serving.abort();
        }
        // A closed combiner ends the rounds of the workers too.
        self.combiner.drain().await;
        self.workers.stop().await;
        self.sinks.stop().await;
        let _ = self.readiness.await;
        self.store.close().await;
        close(self.embedded).await
    }
}
