//! The bench's server: a process of its own, so that its CPU time and memory are told apart from
//! the client's. It is `backstock serve` with the baselines beside the services.

use std::process::ExitCode;

use clap::Args;
use tokio::sync::oneshot;

use super::baseline;
use crate::cli::serve::{self, ServeArgs};

const EXAMPLES: &str = "\
Example:
  backstock bench serve --listen 127.0.0.1:0 --database-url postgres:///stock

It ends when its stdin is closed, so that no server outlives its bench.";

/// How to serve.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct BenchServeArgs {
    #[command(flatten)]
    serve: ServeArgs,
}

/// Serves until a signal, or until whoever started it is gone.
///
/// # Errors
/// As those of `serve`.
pub async fn run(args: BenchServeArgs) -> anyhow::Result<ExitCode> {
    tokio::select! {
        ended = serve::run_beside(args.serve, Some(baseline::neighbours())) => ended,
        () = abandoned() => Ok(ExitCode::SUCCESS),
    }
}

/// Waits until stdin is closed. A thread of its own reads it: nobody can end such a read early.
async fn abandoned() {
    let (end, ended) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        drop(end);
    });
    let _ = ended.await;
}
