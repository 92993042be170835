//! What the process tells about itself: logs on stderr, traces and metrics over OTLP.
//!
//! The rest of the house speaks plain `tracing` and the instruments of [`metrics`]; only this room
//! knows where either of them goes. It promises:
//!
//! - One line of log is one event, in one format, a panic's too.
//! - With no OTLP endpoint set, no connection is made, no thread is started, and spans below the
//!   log's filter cost next to nothing.
//! - Trouble with a collector never keeps the service from starting or from answering; it is
//!   logged.
//! - Only our own spans are exported, so the exporter's own traffic is never traced.
//!
//! How spans are made, so that traces join up:
//!
//! - A call's span is made by the edge. A handler reads it with `tracing::Span::current()`.
//! - A batch is a span of its own (`parent: None`, target `backstock::combine`) that
//!   [`follows_from`](tracing::Span::follows_from) the span of each call in it; each becomes a
//!   link. The waiting entry must keep the call's `Span` itself, not its id: a link to a span whose
//!   last handle is gone is dropped without a word. A handle that outlives its call does not make
//!   the call look longer, since a span ends when it was last left.
//! - A statement is a span below the batch's, target `backstock::store`, at debug.

mod endpoints;
mod log;
pub mod metrics;
mod otlp;
pub mod panic;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use endpoints::Endpoints;
pub use log::LogFormat;
use otlp::Exporters;

/// Keeps the telemetry of the process going. Dropped without [`Telemetry::shutdown`], what was not
/// sent yet is lost.
#[must_use = "what was not sent yet is lost with it"]
pub struct Telemetry {
    exporters: Option<Exporters>,
}

/// Installs the logs of the process and, where the environment asks for them, traces and metrics.
///
/// Logs go to stderr. Their format is `format`, or else human when stderr is a terminal and JSON
/// otherwise; their filter is `BACKSTOCK_LOG`, or else `RUST_LOG`, or else `info` with only the
/// warnings of sqlx and OpenTelemetry. Traces and metrics are sent over OTLP/gRPC to the endpoints
/// of [`Endpoints::from_env`], and nowhere when there are none. Call it once, before the first use
/// of [`metrics::metrics`].
///
/// # Errors
/// When the filter cannot be read, or a subscriber is installed already.
pub fn install(format: Option<LogFormat>) -> anyhow::Result<Telemetry> {
    install_with(format, Endpoints::from_env())
}

/// [`install`], with the endpoints given rather than read from the environment.
///
/// # Errors
/// As [`install`].
pub fn install_with(format: Option<LogFormat>, endpoints: Endpoints) -> anyhow::Result<Telemetry> {
    let started = Exporters::start(&endpoints);
    let mut warnings = endpoints.warnings;
    let exporters = started.unwrap_or_else(|error| {
        warnings.push(format!("no traces and metrics are sent: {error:#}"));
        None
    });
    let filter = log::filter(|name| std::env::var(name).ok())?;
    tracing_subscriber::registry()
        .with(exporters.as_ref().and_then(Exporters::trace_layer))
        .with(log::layer(format, filter))
        .try_init()?;
    // Not before the subscriber is in its place: a second install must leave the first one's
    // exporters.
    if let Some(exporters) = &exporters {
        exporters.publish();
    }
    panic::install_hook();
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(Telemetry { exporters })
}

impl Telemetry {
    /// Sends what was not sent yet, for at most about five seconds, and stops. May be called inside
    /// a tokio runtime: the exporters have a runtime of their own.
    pub fn shutdown(self) {
        if let Some(exporters) = self.exporters {
            exporters.shutdown();
        }
    }
}
