//! A server process for one test, and the commands that are run against it.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use backstock::proto;
use backstock::proto::inventory_service_client::InventoryServiceClient;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tonic::transport::Channel;

/// So long is waited for a fact; one that has not come by then is a failure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A serving process with data of its own. It ends when this is dropped.
pub struct Server {
    process: Child,
    pub address: String,
    folder: TempDir,
    /// Kept open, so that the process never writes into a closed pipe.
    _said: BufReader<ChildStdout>,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A command of the real binary, of which nothing is told by the environment.
pub fn backstock(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backstock"));
    command.args(words).stdin(Stdio::null());
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

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().expect("it runs");
    Said {
        code: status.code().expect("an exit code"),
        out: String::from_utf8(stdout).expect("text"),
        err: String::from_utf8(stderr).expect("text"),
    }
}

/// Starts a server on a folder, and waits until it serves.
fn serve(folder: &TempDir, listen: &str) -> (Child, String, BufReader<ChildStdout>) {
    let data = folder.path().join("data");
    let words = ["serve", "--listen", listen, "--data-dir", data.to_str().expect("a path")];
    let mut process = backstock(&words).stdout(Stdio::piped()).spawn().expect("a process");
    let mut said = BufReader::new(process.stdout.take().expect("its output"));
    let mut line = String::new();
    said.read_line(&mut line).expect("it says that it serves");
    let address = line.split_once("serving on ").and_then(|(_, rest)| rest.split(',').next());
    let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
    (process, address, said)
}

impl Server {
    pub fn start() -> Self {
        // Started as root, PostgreSQL runs as another user, who must get through to its data below.
        let open = std::fs::Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().permissions(open).tempdir().expect("a folder");
        let (process, address, _said) = serve(&folder, "127.0.0.1:0");
        Self { process, address, folder, _said }
    }

    /// Ends the process and starts another on the same data and the same port.
    pub fn restart(&mut self) {
        self.end();
        (self.process, self.address, self._said) = serve(&self.folder, &self.address);
    }

    fn end(&mut self) {
        let pid = Pid::from_raw(self.process.id().cast_signed()).expect("a process");
        let _ = kill_process(pid, Signal::TERM);
        let _ = self.process.wait();
    }

    /// A command that asks this server.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = backstock(words);
        command.env("BACKSTOCK_SERVER", &self.address).current_dir(self.folder.path());
        command
    }

    /// Runs a command, however it ends.
    pub fn run(&self, words: &[&str]) -> Said {
        run(&mut self.command(words))
    }

    /// Runs a command that must succeed, and gives what it printed.
    pub fn done(&self, words: &[&str]) -> String {
        let said = self.run(words);
        assert_eq!(said.code, 0, "{words:?}: {said:?}");
        said.out
    }

    /// Runs a command that must succeed, and gives the JSON objects that it printed.
    pub fn json(&self, words: &[&str]) -> Vec<Value> {
        let out = self.done(&[words, &["--output", "json"]].concat());
        out.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// Runs a command that must fail with exit code 1, and gives what it complained of.
    pub fn refused(&self, words: &[&str]) -> String {
        let said = self.run(words);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{words:?}: {said:?}");
        said.err
    }

    /// Writes a file where commands run.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(name), text).expect("a file");
    }

    /// Makes an order of backordered units. It is what checkouts do, so there is no verb for it.
    pub fn backorder(&self, reservation: &str, customer: &str, sku: &str, quantity: i64) {
        let request = proto::BackorderRequest {
            request_id: format!("make-{reservation}"),
            reservation_id: reservation.to_owned(),
            lines: vec![proto::Line { sku: sku.to_owned(), quantity }],
            confirm: true,
            customer_id: customer.to_owned(),
            ..Default::default()
        };
        let address = format!("http://{}", self.address);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let channel = Channel::from_shared(address).expect("an address").connect().await;
            let mut client = InventoryServiceClient::new(channel.expect("a connection"));
            client.backorder(request).await.expect("backordered");
        });
    }

    /// On-hand units of a SKU, and its version.
    pub fn on_hand(&self, sku: &str) -> (i64, i64) {
        let found = self.json(&["item", "show", sku]);
        let number = |key: &str| found[0][key].as_i64().expect("a number");
        (number("on_hand"), number("item_version"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Waits for a fact.
pub fn until(what: &str, mut fact: impl FnMut() -> bool) {
    let started = Instant::now();
    while !fact() {
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
