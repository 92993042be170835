//! SIGTERM and SIGINT: the first asks for a clean end, the second ends at once.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of a process that a second signal ended, and of a demo that was interrupted: 128
/// and the number of SIGINT, as shells count.
pub const INTERRUPTED: u8 = 130;

/// A token that is cancelled by the first SIGTERM or SIGINT. From then on a second one ends the
/// process without further ado; the database recovers from that at its next start.
///
/// # Errors
/// The handlers could not be installed.
pub fn shutdown_token() -> anyhow::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot handle SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot handle SIGINT")?;
    let token = CancellationToken::new();
    let asked = token.clone();
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        asked.cancel();
        either(&mut terminate, &mut interrupt).await;
        std::process::exit(i32::from(INTERRUPTED));
    });
    Ok(token)
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
