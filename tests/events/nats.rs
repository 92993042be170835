//! NATS JetStream, with a real server that is killed and started again.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use async_nats::jetstream;
use backstock::config::{Database, Events, Nats, ServeConfig};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::ground::{Ground, Stand, end, stand_with, until};
use crate::receiver::{Mood, Receiver};
use crate::webhooks;
use crate::write::{self, committed, ledger};

/// A NATS server with JetStream at a port of its own. It is killed when this is dropped.
struct NatsServer {
    port: u16,
    store: TempDir,
    child: Child,
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn start(port: u16, store: &Path) -> Child {
    let server = Command::new("nats-server")
        .args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--jetstream", "--store_dir"])
        .arg(store)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    server.expect(
        "nats-server, which this test needs: `scripts/nats-server` or, on Debian and Ubuntu, \
         `sudo apt-get install nats-server` installs it",
    )
}

impl NatsServer {
    fn start() -> Self {
        let (port, store) = (free_port(), TempDir::new().expect("a folder"));
        let child = start(port, store.path());
        Self { port, store, child }
    }

    fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    async fn kill(&mut self) {
        self.child.kill().await.expect("killed");
    }

    fn start_again(&mut self) {
        self.child = start(self.port, self.store.path());
    }

    /// What the stream holds: for each message its subject, its id, and the event.
    async fn messages(&self, name: &str) -> Vec<(String, String, Value)> {
        let Ok(client) = async_nats::connect(self.url()).await else { return Vec::new() };
        let context = jetstream::new(client);
        let Ok(mut stream) = context.get_stream(name).await else { return Vec::new() };
        let Ok(info) = stream.info().await else { return Vec::new() };
        let last = info.state.last_sequence;
        let mut messages = Vec::new();
        for sequence in 1..=last {
            let message = stream.get_raw_message(sequence).await.expect("a message");
            let id = message.headers.get("Nats-Msg-Id").expect("an id").to_string();
            let event = serde_json::from_slice(&message.payload).expect("JSON");
            messages.push((message.subject.to_string(), id, event));
        }
        messages
    }
}

async fn stand(ground: &Ground, url: String) -> Stand {
    let database = Database::Url(ground.cluster.url());
    let local = ServeConfig::local("127.0.0.1:0".parse().expect("an address"), database);
    let nats = Some(Nats { url, prefix: "shop.events".into() });
    let events = Events { nats, ..Events::default() };
    stand_with(&ServeConfig { events, ..local }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_in_the_stream_once_though_nats_is_killed() {
    let ground = write::ground().await;
    let mut nats = NatsServer::start();
    // It is not there when the servers start.
    nats.kill().await;
    let stands = [stand(&ground, nats.url()).await, stand(&ground, nats.url()).await];
    committed(&ground, "TEE", 1, 2).await;
    stands[0].shop.stock_up(&["MUG".to_owned()], 5).await;
    nats.start_again();
    let name = "SHOP_EVENTS";
    until("the first arrive", async || nats.messages(name).await.len() >= 2).await;
    for round in 0..3_i64 {
        for version in 2..=60 {
            committed(&ground, "TEE", round * 59 + version, 1).await;
            if version == 30 {
                nats.kill().await;
            }
        }
        nats.start_again();
        let all = ledger(&ground).await.len();
        until("all arrive", async || nats.messages(name).await.len() >= all).await;
    }
    let messages = nats.messages(name).await;
    let positions: Vec<i64> = messages
        .iter()
        .map(|(subject, id, event)| {
            let kind = event["type"].as_str().and_then(|kind| kind.strip_prefix("dev.backstock."));
            assert_eq!(*subject, format!("shop.events.default.{}", kind.expect("a type")));
            assert_eq!(*id, format!("default@{}", event["id"].as_str().expect("an id")));
            event["data"]["position"].as_i64().expect("a position")
        })
        .collect();
    let all = i64::try_from(ledger(&ground).await.len()).expect("few");
    assert_eq!(positions, (1..=all).collect::<Vec<_>>(), "each once, in order");
    end(stands).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_gets_every_event_while_nats_is_down() {
    let ground = write::ground().await;
    let mut nats = NatsServer::start();
    nats.kill().await;
    let stands = [stand(&ground, nats.url()).await];
    let receiver = Receiver::new(Mood::Takes).await;
    webhooks::put(&stands[0].shop, "shop", &receiver).await;
    for version in 1..=40 {
        committed(&ground, "TEE", version, 2).await;
    }
    until("the webhook has all", async || receiver.once().len() == 80).await;
    webhooks::complete(&ground, &receiver.once()).await;
    let name = "SHOP_EVENTS";
    assert_eq!(nats.messages(name).await, [], "NATS has none of them");
    nats.start_again();
    until("NATS has all", async || nats.messages(name).await.len() == 80).await;
    assert_eq!(receiver.taken().len(), 80, "the webhook is not asked again");
    end(stands).await;
    ground.end().await;
}
