//! Servers as processes of the real binary, to be killed.

use std::path::Path;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::ground::{PATIENCE, VARIABLES};
use crate::shop::Shop;

/// A serving process. It is killed when this is dropped.
pub struct Serve {
    child: Child,
    pub address: String,
    /// Kept open, so that the process never writes into a closed pipe.
    _said: Lines<BufReader<ChildStdout>>,
}

/// A command of the real binary, of which nothing is told by the environment.
pub fn backstock(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backstock"));
    command.args(words).stdin(Stdio::null()).kill_on_drop(true);
    let inherited = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in inherited.filter(|name| name.starts_with("BACKSTOCK_") && !is_site(name)) {
        command.env_remove(name);
    }
    command.env_remove("DATABASE_URL").env("RUST_LOG", "warn");
    command
}

/// Where PostgreSQL is on this machine remains as it is told.
fn is_site(name: &str) -> bool {
    name.starts_with("BACKSTOCK_POSTGRES_")
}

impl Serve {
    /// Serves a database that runs already.
    pub async fn on(url: &str) -> Self {
        Self::start(&["--database-url", url]).await
    }

    /// Serves a folder with a PostgreSQL of its own.
    pub async fn in_folder(folder: &Path) -> Self {
        Self::start(&["--data-dir", folder.to_str().expect("a path")]).await
    }

    async fn start(words: &[&str]) -> Self {
        let words = [&["serve", "--listen", "127.0.0.1:0"], words].concat();
        let mut serve = backstock(&words);
        serve.envs(VARIABLES.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        let mut child = serve.stdout(Stdio::piped()).spawn().expect("a process");
        let mut said = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = tokio::time::timeout(PATIENCE, said.next_line()).await.expect("ready in time");
        let line = first.expect("readable").expect("it says that it serves");
        let address = line.split_once("serving on ").and_then(|(_, rest)| rest.split(',').next());
        let address = address.expect("an address").to_owned();
        Self { child, address, _said: said }
    }

    pub fn shop(&self) -> Shop {
        Shop::at(&self.address)
    }

    pub fn signal(&self, signal: Signal) {
        let number = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process(number.expect("it runs"), signal).expect("a signal");
    }

    /// Kills it, as the kernel would, and waits until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    /// Waits until it has ended by itself.
    pub async fn ended(mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("it ends in time").expect("its exit code")
    }
}
