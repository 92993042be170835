//! `backstock health`: a client of the standard gRPC health service, for containers and scripts.

use std::process::ExitCode;

use clap::Args;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::connect::connect;
use super::terminal;

const ANSWER_SECONDS_MAX: u64 = 3;

const EXAMPLES: &str = "\
Example:
  backstock health --server 127.0.0.1:50051 && echo it serves";

/// What to ask, and whom.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct HealthArgs {
    /// The server to ask.
    #[arg(
        long,
        env = "BACKSTOCK_SERVER",
        value_name = "HOST:PORT",
        default_value = "127.0.0.1:50051"
    )]
    server: String,

    /// The service to ask about, for example backstock.v1.InventoryService; empty = the whole
    /// server.
    #[arg(long, env = "BACKSTOCK_HEALTH_SERVICE", value_name = "NAME", default_value = "")]
    service: String,
}

/// Prints the server's own word, `SERVING` for example; the exit code is 0 for that word alone.
///
/// # Errors
/// There is no answer.
pub async fn run(args: HealthArgs) -> anyhow::Result<ExitCode> {
    let channel = connect(&args.server, ANSWER_SECONDS_MAX).await?;
    let request = HealthCheckRequest { service: args.service };
    let answer = HealthClient::new(channel).check(request).await;
    let answer = answer.map_err(|status| {
        anyhow::anyhow!("{} answers {:?}: {}", args.server, status.code(), status.message())
    })?;
    let status = answer.into_inner().status();
    terminal::say(status.as_str_name())?;
    let serving = status == ServingStatus::Serving;
    Ok(if serving { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
