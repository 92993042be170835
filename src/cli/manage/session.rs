//! The way to a server, and the one place where a call is asked again.

use std::time::Duration;

use clap::Args;
use tonic::transport::Channel;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

use super::input::misused;
use super::output::Output;
use super::refused::Refused;
use crate::cli::connect::connect;
use crate::proto::insight_service_client::InsightServiceClient;
use crate::proto::inventory_service_client::InventoryServiceClient;
use crate::proto::plan_service_client::PlanServiceClient;
use crate::proto::webhook_service_client::WebhookServiceClient;

const CALL_SECONDS_MAX: u64 = 60;
/// A call that the server cannot take now is sent so often, first and last time included.
const ATTEMPTS_MAX: u32 = 6;
const FIRST_DELAY: Duration = Duration::from_millis(100);
const DELAY_MAX: Duration = Duration::from_secs(2);
/// Largest answer, in bytes: a page of 1000 reservations of 100 lines, and room.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Which server, which programme, and in which form answers are shown.
#[derive(Args, Clone, Debug)]
pub struct SessionArgs {
    /// The server to ask.
    #[arg(
        long,
        global = true,
        env = "BACKSTOCK_SERVER",
        value_name = "HOST:PORT",
        default_value = "127.0.0.1:50051"
    )]
    server: String,

    /// The programme.
    #[arg(
        long,
        global = true,
        env = "BACKSTOCK_PROGRAM",
        value_name = "ID",
        default_value = "default"
    )]
    program: String,

    /// How answers are shown: as a table, or as JSON, one message of the contract on each line.
    #[arg(
        long,
        global = true,
        env = "BACKSTOCK_OUTPUT",
        value_name = "FORM",
        default_value = "table"
    )]
    output: Output,
}

/// The id of a write.
#[derive(Args, Clone, Debug, Default)]
pub struct WriteArgs {
    /// The request's id: the same id always gets the same answer, and is done once [default: a new
    /// one].
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

impl WriteArgs {
    /// The id that was given, or a new one.
    pub fn id(&self) -> String {
        self.request_id.clone().unwrap_or_else(|| Uuid::now_v7().to_string())
    }
}

/// A connection to a server, for one programme.
#[derive(Clone, Debug)]
pub struct Session {
    channel: Channel,
    /// The programme that requests name.
    pub program: String,
    /// How answers are shown.
    pub output: Output,
}

impl SessionArgs {
    /// Connects.
    ///
    /// # Errors
    /// Nobody answers there, or answers are wanted in the form that only plans have.
    pub async fn connect(&self) -> anyhow::Result<Session> {
        if self.output == Output::Toml {
            return Err(misused("--output toml is a form of `plan show` alone"));
        }
        self.connect_for_plans().await
    }

    /// Connects, for answers that have a form as TOML too.
    ///
    /// # Errors
    /// Nobody answers there.
    pub async fn connect_for_plans(&self) -> anyhow::Result<Session> {
        let channel = connect(&self.server, CALL_SECONDS_MAX).await?;
        Ok(Session { channel, program: self.program.clone(), output: self.output })
    }

    /// The programme.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// How answers are shown.
    pub fn output(&self) -> Output {
        self.output
    }
}

impl Session {
    /// A client of PlanService.
    pub fn plans(&self) -> PlanServiceClient<Channel> {
        PlanServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// A client of InventoryService.
    pub fn inventory(&self) -> InventoryServiceClient<Channel> {
        InventoryServiceClient::new(self.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// A client of InsightService.
    pub fn insight(&self) -> InsightServiceClient<Channel> {
        InsightServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// A client of WebhookService.
    pub fn webhooks(&self) -> WebhookServiceClient<Channel> {
        WebhookServiceClient::new(self.channel.clone())
    }
}

/// Makes a call, again while the server is away or busy. Whoever writes gives the same request id
/// each time, so that the work is done once.
///
/// # Errors
/// It was refused, or the server stayed away.
pub async fn ask<Q: Clone, A>(
    request: Q,
    call: impl AsyncFn(Q) -> Result<Response<A>, Status>,
) -> Result<A, Refused> {
    let mut delay = FIRST_DELAY;
    for _ in 1..ATTEMPTS_MAX {
        match call(request.clone()).await {
            Err(status) if status.code() == Code::Unavailable => {
                let wished = status.get_details_retry_info().and_then(|info| info.retry_delay);
                tokio::time::sleep(wished.unwrap_or_default().max(delay).min(DELAY_MAX)).await;
                delay *= 2;
            }
            answer => return answer.map(Response::into_inner).map_err(Refused::from),
        }
    }
    call(request).await.map(Response::into_inner).map_err(Refused::from)
}

/// Makes a write, as [`ask`] does.
///
/// # Errors
/// It was refused, or it is not known whether it was done; then the error names the request id
/// under which it may be asked again.
pub async fn write<Q: Clone, A>(
    request_id: &str,
    request: Q,
    call: impl AsyncFn(Q) -> Result<Response<A>, Status>,
) -> Result<A, Refused> {
    ask(request, call).await.map_err(|refused| refused.of_request(request_id))
}
