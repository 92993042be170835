//! `serve --sink stdout`: the real binary writes each event as one line.

use std::io::Write;
use std::process::Stdio;

use backstock::config::{Database, Events, ServeConfig};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::ground::{PATIENCE, end, stand_with, until};
use crate::process::backstock;
use crate::write::{self, committed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_from_now_on_is_a_line() {
    let ground = write::ground().await;
    let words = ["serve", "--listen", "127.0.0.1:0", "--sink", "stdout", "--database-url"];
    let url = ground.cluster.url();
    let words = [&words[..], &[&url]].concat();
    // What was published before is not told again.
    committed(&ground, "TEE", 1, 2).await;
    let first = crate::process::Serve::on(&ground.cluster.url()).await;
    until("places are given", async || {
        ground.count("SELECT coalesce(max(position), 0) FROM feed_head").await == 2
    })
    .await;
    let mut child = backstock(&words).stdout(Stdio::piped()).spawn().expect("a process");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut line = async || {
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("in time");
        line.expect("readable").expect("a line")
    };
    assert!(line().await.contains(" serving on "), "the first line says that it serves");
    // Also what another replica publishes.
    for version in 2..=4 {
        committed(&ground, "TEE", version, 2).await;
    }
    for position in 3..=8_i64 {
        let event: Value = serde_json::from_str(&line().await).expect("JSON");
        assert_eq!(event["data"]["position"], position);
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["source"], "/backstock/programs/default");
    }
    let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("it runs");
    kill_process(id, Signal::TERM).expect("a signal");
    assert!(child.wait().await.expect("it ends").success());
    first.kill().await;
    ground.end().await;
}

/// An end of stdout that a test reads.
struct Out(UnboundedSender<u8>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for byte in bytes {
            self.0.send(*byte).map_err(std::io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_out_between_the_start_and_the_first_line() {
    let ground = write::ground().await;
    let published = |position: i64| {
        let query = "SELECT coalesce(max(position), 0) FROM feed_head";
        let ground = &ground;
        until("places are given", async move || ground.count(query).await == position)
    };
    let url = ground.cluster.url();
    let listen = "127.0.0.1:0".parse().expect("an address");
    let local = ServeConfig::local(listen, Database::Url(url.clone()));
    // What was published before the start is not told again.
    committed(&ground, "TEE", 1, 2).await;
    let other = crate::ground::stand_on(&url, crate::ground::combining()).await;
    published(2).await;
    let events = Events { on_stdout: true, ..Events::default() };
    let mut stand = stand_with(&ServeConfig { events, ..local }).await;
    // What is published after the start is, although nothing is written yet.
    committed(&ground, "TEE", 2, 2).await;
    published(4).await;
    let (sender, mut bytes) = unbounded_channel();
    stand.server.print_events(Out(sender));
    for position in 3..=4_i64 {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            let byte = tokio::time::timeout(PATIENCE, bytes.recv()).await.expect("in time");
            line.push(byte.expect("a line"));
        }
        let event: Value = serde_json::from_slice(&line).expect("JSON");
        assert_eq!(event["data"]["position"], position);
    }
    end([stand, other]).await;
    ground.end().await;
}
