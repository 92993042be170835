//! A line between a server and PostgreSQL that breaks at the worst moments: when a COMMIT goes
//! through it, or a statement that may commit by itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

use crate::ground::Dice;

/// The message of a plain COMMIT: its letter, its length, and its text.
const COMMIT: &[u8] = b"Q\x00\x00\x00\x0bCOMMIT\x00";

/// How the statement begins that writes a batch, inside of a transaction or as one of its own.
const SAVE: &[u8] = b"-- Writes what nearly every batch";
/// How sqlx's names of prepared statements begin.
const NAME: &[u8] = b"sqlx_s_";
/// The message that ends each request of sqlx.
const SYNC: &[u8] = b"S\x00\x00\x00\x04";

/// How lines break.
pub const CUTS: [&str; 4] = ["before", "after", "late", "silent"];

/// What the lines did so far.
#[derive(Default)]
struct Story {
    rolls: AtomicU64,
    /// Of so many COMMITs one is cut; 0 = none.
    one_in: AtomicU64,
    cuts: [AtomicUsize; CUTS.len()],
}

/// A proxy on a port of its own.
pub struct Proxy {
    port: u16,
    story: Arc<Story>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Listens, and passes everything on to a socket of PostgreSQL.
    pub async fn to(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let story = Arc::new(Story::default());
        let telling = Arc::clone(&story);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // A PostgreSQL that is not there is a line that breaks at once.
                if let Ok(server) = UnixStream::connect(&socket).await {
                    tokio::spawn(line(client, server, Arc::clone(&telling)));
                }
            }
        });
        Self { port, story, accepting }
    }

    pub fn url(&self) -> String {
        format!("postgres://backstock@127.0.0.1:{}/backstock?sslmode=disable", self.port)
    }

    /// From now on one of so many COMMITs is cut; 0 = none.
    pub fn cut_one_in(&self, commits: u64) {
        self.story.one_in.store(commits, Ordering::Relaxed);
    }

    /// How many lines broke, by [`CUTS`].
    pub fn cuts(&self) -> [usize; CUTS.len()] {
        [0, 1, 2, 3].map(|kind: usize| self.story.cuts[kind].load(Ordering::Relaxed))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One connection, both ways, until one of its ends closes or it is cut.
async fn line(client: TcpStream, server: UnixStream, story: Arc<Story>) {
    client.set_nodelay(true).expect("no delay");
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move {
        let _ = copy(&mut from_server, &mut to_client).await;
        from_server
    });
    let (mut bytes, mut save) = (vec![0; 64 << 10], None);
    loop {
        let length = match from_client.read(&mut bytes).await {
            Ok(0) | Err(_) => break,
            Ok(length) => length,
        };
        let chunk = &bytes[..length];
        save = save.or_else(|| name_of_save(chunk));
        // sqlx sends COMMIT by itself and waits, so it is the end of what was read.
        let commits = chunk.ends_with(COMMIT) || save.as_ref().is_some_and(|s| runs(chunk, s));
        if let Some(kind) = commits.then(|| story.roll()).flatten() {
            // The way back goes first: whatever PostgreSQL says now is lost.
            back.abort();
            let from_server = back.await;
            drop(from_client);
            cut(CUTS[kind], chunk, to_server).await;
            drop(from_server);
            return;
        }
        if to_server.write_all(chunk).await.is_err() {
            break;
        }
    }
    back.abort();
}

/// The name under which the statement is prepared: it stands before the text.
fn name_of_save(chunk: &[u8]) -> Option<Vec<u8>> {
    let text = chunk.windows(SAVE.len()).position(|window| window == SAVE)?;
    let name = chunk[..text].windows(NAME.len()).rposition(|window| window == NAME)?;
    chunk[name..text].strip_suffix(b"\0").map(<[u8]>::to_vec)
}

/// Whether a request runs the statement of that name: the unnamed portal, then the statement.
fn runs(chunk: &[u8], name: &[u8]) -> bool {
    let bind = [b"\0", name, b"\0"].concat();
    chunk.first() == Some(&b'B') && chunk[5..].starts_with(&bind) && chunk.ends_with(SYNC)
}

impl Story {
    /// The fate of one COMMIT.
    fn roll(&self) -> Option<usize> {
        let one_in = self.one_in.load(Ordering::Relaxed);
        let mut dice = Dice(self.rolls.fetch_add(1, Ordering::Relaxed));
        if one_in == 0 || dice.below(one_in) > 0 {
            return None;
        }
        // A silent line costs seconds, so there are few of them.
        let kind = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3][dice.index(12)];
        self.cuts[kind].fetch_add(1, Ordering::Relaxed);
        Some(kind)
    }
}

async fn cut(kind: &str, commit: &[u8], mut to_server: OwnedWriteHalf) {
    match kind {
        // PostgreSQL never sees the COMMIT, and sees the client go.
        "before" => {}
        // It sees the COMMIT; nobody hears of it.
        "after" => drop(to_server.write_all(commit).await),
        // It sees the COMMIT only when the client has long been told that the line is broken.
        "late" => {
            tokio::time::sleep(Duration::from_millis(300)).await;
            drop(to_server.write_all(commit).await);
        }
        // It sees nothing at all, and has to end the session by itself.
        _ => tokio::time::sleep(Duration::from_secs(30)).await,
    }
}
