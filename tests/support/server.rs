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
use sqlx::PgConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tonic::transport::Channel;
use tonic::{Response, Status};

use super::call::Call;
use super::dates::shifted;
use lanes::combining;

#[path = "../lanes/mod.rs"]
pub mod lanes;

/// All pages of a list as one: messages put behind each other are one with all of their parts.
macro_rules! whole {
    ($client:ident . $list:ident ($request:ident)) => {{
        let (mut request, mut bytes) = ($request, Vec::new());
        loop {
            let mut page = $client.$list(request.clone()).await?.into_inner();
            let token = std::mem::take(&mut page.next_page_token);
            bytes.extend(page.encode_to_vec());
            if token.is_empty() {
                break Ok(bytes);
            }
            request.page_token = token;
        }
    }};
}

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

    /// The same as a `DATABASE_URL`.
    pub fn url(&self) -> String {
        self.embedded.url()
    }

    /// The configuration of a server on it, on a free port.
    pub fn config(&self) -> ServeConfig {
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let local = ServeConfig::local(listen, Database::Url(self.url()));
        ServeConfig { combining: combining(), ..local }
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

    /// Where it listens.
    pub fn address(&self) -> String {
        self.server.address().to_string()
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
            Call::UpdatePlan(request) => bytes(plans.update_plan(request).await),
            Call::AnnounceInbound(request) => bytes(plans.announce_inbound(request).await),
            Call::UpdateInbound(request) => bytes(plans.update_inbound(request).await),
            Call::AnswerDelay(request) => bytes(inventory.answer_delay(request).await),
            Call::Plan(request) => bytes(plans.get_plan(request).await),
            Call::Plans(request) => whole!(plans.list_plans(request)),
            Call::Inbounds(request) => {
                whole!(plans.list_inbound(request))
            }
            Call::Reservations(request) => {
                whole!(insight.list_reservations(request))
            }
            Call::Suggestions(request) => {
                whole!(insight.suggest_purchase(request))
            }
            Call::Reserve(request) => bytes(inventory.reserve(request).await),
            Call::Backorder(request) => bytes(inventory.backorder(request).await),
            Call::Extend(request) => bytes(inventory.extend(request).await),
            Call::Confirm(request) => bytes(inventory.confirm(request).await),
            Call::Release(request) => bytes(inventory.release(request).await),
            Call::Receive(request) => bytes(inventory.receive(request).await),
            Call::Ship(request) => bytes(inventory.ship(request).await),
            Call::Adjust(request) => bytes(inventory.adjust(request).await),
            Call::Batch(request) => bytes(inventory.batch_reserve(request).await),
            Call::Backlog(request) => {
                whole!(insight.list_backlog(request))
            }
            Call::Movements(request) => {
                whole!(insight.list_movements(request))
            }
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

/// Moves everything that a programme remembers back in time: to it, so many seconds have passed,
/// in which so many days began.
///
/// Items are locked first, as every batch does, so that nothing is in the middle of something.
pub async fn let_pass(sql: &PgPool, program: &str, seconds: i64, days: i64) {
    let mut transaction = sql.begin().await.expect("a transaction");
    let lock = "SELECT sku FROM item WHERE program = $1 AND $2 > 0
                ORDER BY sku COLLATE \"C\" FOR NO KEY UPDATE";
    let instants =
        INSTANTS.map(|(table, columns)| back(table, columns, "$2 * interval '1 second'"));
    for statement in std::iter::once(lock.to_owned()).chain(instants) {
        run(&mut transaction, &statement, program, seconds).await;
    }
    if days > 0 {
        for (table, columns) in DATES {
            run(&mut transaction, &back(table, columns, "$2::integer"), program, days).await;
        }
        // Each day is a key: first out of the way of the others.
        for days in [CENTURIES, days - CENTURIES] {
            run(&mut transaction, &back("refused_demand", "day", "$2::integer"), program, days)
                .await;
        }
        shift_events(&mut transaction, program, days).await;
    }
    transaction.commit().await.expect("time is moved");
}

/// Columns with instants.
const INSTANTS: [(&str, &str); 6] = [
    ("line", "created_at, expires_at, answer_by, ready_at"),
    ("plan", "opens_at, closes_at, closed_at"),
    ("item", "changed_at, due_at"),
    ("movement", "at"),
    ("answer", "answered_at"),
    ("receipt", "received_at"),
];
/// Columns with dates.
const DATES: [(&str, &str); 3] = [
    ("line", "ship_by, original_ship_by, together_until"),
    ("plan", "ship_by"),
    ("inbound", "arrives_on, ships_on"),
];
/// More days than any scenario lasts.
const CENTURIES: i64 = 100_000;

fn back(table: &str, columns: &str, span: &str) -> String {
    let columns = columns.split(", ").map(|column| format!("{column} = {column} - {span}"));
    let columns = columns.collect::<Vec<_>>().join(", ");
    format!("UPDATE {table} SET {columns} WHERE program = $1")
}

async fn run(connection: &mut PgConnection, statement: &str, program: &str, by: i64) {
    let query = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(program).bind(by);
    query.execute(connection).await.expect("time is moved");
}

/// Dates in texts: events, and notes of plans.
async fn shift_events(connection: &mut PgConnection, program: &str, days: i64) {
    let texts = [
        ("movement", "event::text", "event = new.text::jsonb", "event IS NOT NULL"),
        ("plan", "note", "note = new.text", "true"),
        ("plan", "timeline::text", "timeline = new.text::jsonb", "true"),
    ];
    for (table, text, set, filter) in texts {
        let select =
            format!("SELECT ctid::text, {text} FROM {table} WHERE program = $1 AND {filter}");
        let rows: Vec<(String, String)> = sqlx::query_as(sqlx::AssertSqlSafe(select))
            .bind(program)
            .fetch_all(&mut *connection)
            .await
            .expect("texts");
        let (places, texts): (Vec<String>, Vec<String>) = rows.into_iter().unzip();
        let texts = texts.iter().map(|text| shifted(text.as_bytes(), -days));
        let texts: Vec<String> =
            texts.map(|text| String::from_utf8(text).expect("a text")).collect();
        let update = format!(
            "UPDATE {table} AS old SET {set}
             FROM unnest($2::text[], $3::text[]) AS new (place, text)
             WHERE old.program = $1 AND old.ctid = new.place::tid"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(update)).bind(program);
        query.bind(places).bind(texts).execute(&mut *connection).await.expect("texts are moved");
    }
}
