//! A real PostgreSQL, and a real service on it, for one test.

use std::fs;
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;

use backstock::app;
use backstock::config::{Database, ServeConfig};
use backstock::proto::insight_service_client::InsightServiceClient;
use backstock::proto::inventory_service_client::InventoryServiceClient;
use backstock::proto::plan_service_client::PlanServiceClient;
use backstock::proto::{AdjustResponse, ConfirmResponse};
use backstock::store::embedded::Embedded;
use futures::FutureExt;
use prost::Message;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tonic::transport::Channel;
use tonic::{Response, Status};

use super::call::Call;

/// A folder that goes with all that is in it, also when a test panics.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Self {
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let path = std::env::temp_dir().join(format!("backstock-test-{}", &unique[..12]));
        fs::create_dir(&path).expect("a folder for the test");
        // Started as root, PostgreSQL runs as another user, who must get through to its data below.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("an open folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A private PostgreSQL of one test.
pub struct Cluster {
    embedded: Embedded,
}

impl Cluster {
    /// How to connect to it.
    pub fn options(&self) -> PgConnectOptions {
        self.embedded.connect_options()
    }

    /// The configuration of a server on it, on a free port.
    pub fn config(&self) -> ServeConfig {
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        ServeConfig::local(listen, Database::Url(self.embedded.url()))
    }
}

/// Runs a test with a PostgreSQL of its own, which is stopped and removed afterwards, also when the
/// test panics.
pub fn with_cluster<F: Future<Output = ()>>(test: impl FnOnce(std::sync::Arc<Cluster>) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = Folder::make();
    let outcome = runtime.block_on(async {
        let embedded = Embedded::start(&folder.0.join("data")).await.expect("a PostgreSQL");
        let cluster = std::sync::Arc::new(Cluster { embedded });
        let outcome = AssertUnwindSafe(test(cluster.clone())).catch_unwind().await;
        if let Some(cluster) = std::sync::Arc::into_inner(cluster) {
            cluster.embedded.stop().await.expect("PostgreSQL stops");
        }
        outcome
    });
    drop(folder);
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// A running service, and a way into its database.
pub struct Service {
    server: app::Server,
    channel: Channel,
    /// The database, past the service.
    pub sql: PgPool,
}

impl Service {
    /// Starts a service on a cluster.
    pub async fn start(cluster: &Cluster) -> Self {
        let server = app::start(&cluster.config()).await.expect("the service starts");
        let address = format!("http://{}", server.address());
        let channel = Channel::from_shared(address).expect("an address").connect().await;
        let channel = channel.expect("a connection");
        let sql = PgPoolOptions::new().max_connections(4).connect_lazy_with(cluster.options());
        Self { server, channel, sql }
    }

    /// Ends it.
    pub async fn end(self) {
        self.sql.close().await;
        self.server.shutdown().await.expect("a clean end");
    }

    /// A client of the service that people look at things with.
    pub fn insight(&self) -> InsightServiceClient<Channel> {
        InsightServiceClient::new(self.channel.clone())
    }

    /// Makes a call, and gives the bytes of its response.
    pub async fn call(&self, call: &Call) -> Result<Vec<u8>, Status> {
        fn bytes<T: Message>(answer: Result<Response<T>, Status>) -> Result<Vec<u8>, Status> {
            answer.map(|response| response.into_inner().encode_to_vec())
        }
        let mut inventory = InventoryServiceClient::new(self.channel.clone());
        let mut plans = PlanServiceClient::new(self.channel.clone());
        let mut insight = self.insight();
        match call.clone() {
            Call::PutProgram(request) => bytes(plans.put_program(request).await),
            Call::PutLocations(request) => bytes(plans.put_locations(request).await),
            Call::PutItems(request) => bytes(plans.put_items(request).await),
            Call::OpenBackorders(request) => bytes(plans.open_backorders(request).await),
            Call::CloseBackorders(request) => bytes(plans.close_backorders(request).await),
            Call::Plan(request) => bytes(plans.get_plan(request).await),
            Call::Reserve(request) => bytes(inventory.reserve(request).await),
            Call::Backorder(request) => bytes(inventory.backorder(request).await),
            Call::Extend(request) => bytes(inventory.extend(request).await),
            Call::Confirm(request) => bytes(inventory.confirm(request).await),
            Call::Release(request) => bytes(inventory.release(request).await),
            Call::Receive(request) => bytes(inventory.receive(request).await),
            Call::Ship(request) => bytes(inventory.ship(request).await),
            Call::Adjust(request) => bytes(inventory.adjust(request).await),
            Call::Batch(request) => bytes(inventory.batch_reserve(request).await),
            Call::Backlog(request) => bytes(insight.list_backlog(request).await),
            Call::Movements(request) => bytes(insight.list_movements(request).await),
            // Shown in the same form as by the in-memory world.
            Call::Availability(request) => {
                let response = insight.get_availability(request).await;
                response.map(|r| AdjustResponse { items: r.into_inner().items }.encode_to_vec())
            }
            Call::Reservation(request) => {
                let response = insight.get_reservation(request).await;
                response.map(|r| {
                    ConfirmResponse { reservation: r.into_inner().reservation }.encode_to_vec()
                })
            }
        }
    }
}

/// Moves everything that a programme remembers back in time: to it, so many seconds have passed.
///
/// Items are locked first, as every batch does, so that nothing is in the middle of something.
pub async fn let_pass(sql: &PgPool, program: &str, seconds: i64) {
    let mut transaction = sql.begin().await.expect("a transaction");
    let lock = "SELECT sku FROM item WHERE program = $1 AND $2 > 0
                ORDER BY sku COLLATE \"C\" FOR NO KEY UPDATE";
    let back = "- $2 * interval '1 second'";
    let shifts = [
        ("line", "created_at, expires_at"),
        ("plan", "opens_at, closes_at, closed_at"),
        ("item", "changed_at"),
        ("movement", "at"),
        ("answer", "answered_at"),
        ("receipt", "received_at"),
    ];
    let shift = |(table, columns): (&str, &str)| {
        let columns = columns.split(", ").map(|column| format!("{column} = {column} {back}"));
        let columns = columns.collect::<Vec<_>>().join(", ");
        format!("UPDATE {table} SET {columns} WHERE program = $1")
    };
    let statements = std::iter::once(lock.to_owned()).chain(shifts.map(shift));
    for statement in statements {
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(program)
            .bind(seconds)
            .execute(&mut *transaction)
            .await
            .expect("time is moved");
    }
    transaction.commit().await.expect("time is moved");
}
