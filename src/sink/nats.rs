//! NATS JetStream: each event is published to `<prefix>.<program>.<type>`, and is delivered when
//! JetStream has acknowledged it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Context as _;
use async_nats::ConnectOptions;
use async_nats::connection::State;
use async_nats::jetstream::context::Context;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, stream};
use futures::FutureExt;
use futures::future::BoxFuture;

use super::{Sink, json};
use crate::config::Nats;
use crate::store::feed::Published;

/// How long JetStream may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// The longest pause before the server is tried again.
const RECONNECT_MAX: Duration = Duration::from_secs(2);

/// The stream that gets the events.
pub(super) struct Stream {
    client: async_nats::Client,
    context: Context,
    prefix: String,
    /// Whether the stream was seen to be there.
    is_there: AtomicBool,
}

impl Stream {
    /// Prepares to publish. The server need not be there yet.
    pub(super) async fn open(nats: &Nats) -> anyhow::Result<Self> {
        let servers: Vec<async_nats::ServerAddr> = nats
            .url
            .split(',')
            .map(|url| url.trim().parse())
            .collect::<Result<_, _>>()
            .ok()
            .context("--nats-url is no list of URLs such as nats://host:4222")?;
        let client = ConnectOptions::new()
            .name("backstock")
            .retry_on_initial_connect()
            .connection_timeout(ANSWER_MAX)
            .reconnect_delay_callback(|attempts| {
                let doublings = u32::try_from(attempts).unwrap_or(u32::MAX).min(10);
                (Duration::from_millis(50) * 2_u32.pow(doublings)).min(RECONNECT_MAX)
            })
            .connect(servers)
            .await
            .context("NATS cannot be prepared")?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(ANSWER_MAX);
        let is_there = AtomicBool::new(false);
        Ok(Self { client, context, prefix: nats.prefix.clone(), is_there })
    }

    /// The first part of the subjects.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    async fn publish(&self, event: &Published) -> Result<(), String> {
        // What is published without a connection would wait, and come late, out of its order.
        if self.client.connection_state() != State::Connected {
            return Err("NATS is not connected".to_owned());
        }
        if !self.is_there.load(Relaxed) {
            self.make().await?;
        }
        let acknowledged = self.acknowledged(event).await;
        // It may be that somebody removed the stream.
        self.is_there.store(acknowledged.is_ok(), Relaxed);
        acknowledged
    }

    async fn acknowledged(&self, event: &Published) -> Result<(), String> {
        let message = PublishMessage::build().payload(json(event).into()).message_id(format!(
            "{}@{}",
            event.program,
            event.id()
        ));
        let subject = subject(&self.prefix, event);
        let sent = self.context.send_publish(subject, message).await;
        let answer = sent.map_err(|error| error.to_string())?;
        answer.await.map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Makes the stream where it is missing; one that is there stays as it is.
    async fn make(&self) -> Result<(), String> {
        let config = stream::Config {
            name: stream_name(&self.prefix),
            description: Some("Events of Backstock".to_owned()),
            subjects: vec![format!("{}.>", self.prefix)],
            ..stream::Config::default()
        };
        let made = self.context.get_or_create_stream(config).await;
        made.map(drop).map_err(|error| error.to_string())
    }
}

impl Sink for Arc<Stream> {
    fn send<'s>(&'s self, event: &'s Published) -> BoxFuture<'s, Result<(), String>> {
        self.publish(event).boxed()
    }
}

/// The subject of an event. A full stop in a programme's id would part it in two.
fn subject(prefix: &str, event: &Published) -> String {
    let program = event.program.as_str().replace('.', "%2E");
    format!("{prefix}.{program}.{}", event.what.name())
}

/// The name of the stream: the prefix in capital letters, without full stops.
fn stream_name(prefix: &str) -> String {
    prefix.to_uppercase().replace('.', "_")
}
