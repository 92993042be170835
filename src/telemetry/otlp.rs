//! Traces and metrics over OTLP/gRPC.
//!
//! What is sent where is told by [`Endpoints`]; headers, timeouts and the rest
//! (`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_BSP_*`, `OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME`,
//! `OTEL_METRIC_EXPORT_INTERVAL`, ...) are read by the SDK.

use std::time::Duration;

use anyhow::Context;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Runtime;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, LevelFilter};
use tracing_subscriber::registry::LookupSpan;

use super::endpoints::Endpoints;

/// How long one signal may take to be flushed at the end. The SDK's reader of metrics has the same
/// bound built in.
const FLUSH_MAX: Duration = Duration::from_secs(5);

/// The exporters at work.
pub(super) struct Exporters {
    tracer: Option<SdkTracerProvider>,
    meter: Option<SdkMeterProvider>,
    /// Carries the exporters' connections. Not the service's runtime: a flush blocks its thread
    /// until the answer is there, which on the service's own runtime could be the thread that has
    /// to read it.
    _runtime: Background,
}

/// A runtime that may end anywhere. An ordinary one blocks when dropped, which panics inside
/// another.
struct Background(Option<Runtime>);

impl Background {
    fn start() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("telemetry")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs `work` with this runtime as the current one.
    fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        let _inside = self.0.as_ref().map(Runtime::enter);
        work()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Exporters {
    /// Starts what `endpoints` names; `None` when that is nothing. Connections are made at the
    /// first export, so an absent collector is no error here.
    ///
    /// # Errors
    /// When an endpoint is no URL, a setting asks for what we cannot do, or no thread can be
    /// started.
    pub(super) fn start(endpoints: &Endpoints) -> anyhow::Result<Option<Self>> {
        if endpoints.traces.is_none() && endpoints.metrics.is_none() {
            return Ok(None);
        }
        let runtime = Background::start()?;
        let (tracer, meter) = runtime.inside(|| {
            let tracer = endpoints.traces.as_deref().map(tracer_provider).transpose()?;
            let meter = endpoints.metrics.as_deref().map(meter_provider).transpose()?;
            anyhow::Ok((tracer, meter))
        })?;
        Ok(Some(Self { tracer, meter, _runtime: runtime }))
    }

    /// Makes the instruments of the process record for these exporters.
    pub(super) fn publish(&self) {
        if let Some(meter) = &self.meter {
            global::set_meter_provider(meter.clone());
        }
    }

    /// The layer that turns our spans into OpenTelemetry's.
    pub(super) fn trace_layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let tracer = self.tracer.as_ref()?.tracer("backstock");
        let layer = tracing_opentelemetry::layer()
            .with_tracer(tracer)
            // Nobody asks OpenTelemetry for its current context, and keeping it costs at each poll.
            .with_context_activation(false)
            .with_tracked_inactivity(false)
            .with_threads(false)
            .with_location(false);
        let ours = FilterFn::new(is_exported).with_max_level_hint(LevelFilter::DEBUG);
        Some(layer.with_filter(ours))
    }

    /// Flushes both signals at once and stops.
    pub(super) fn shutdown(self) {
        let Self { tracer, meter, _runtime } = self;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                report("metrics", meter.map(|meter| meter.shutdown_with_timeout(FLUSH_MAX)));
            });
            report("traces", tracer.map(|tracer| tracer.shutdown_with_timeout(FLUSH_MAX)));
        });
    }
}

fn report(signal: &str, result: Option<opentelemetry_sdk::error::OTelSdkResult>) {
    if let Some(Err(error)) = result {
        tracing::warn!(%error, "the last {signal} were not sent");
    }
}

/// Our own spans, statements included, and what was logged inside them at info or above. Spans of
/// hyper, h2 and tonic are left out: the exporter speaks through them too, and would trace itself
/// for ever.
fn is_exported(metadata: &Metadata<'_>) -> bool {
    let level = if metadata.is_span() { Level::DEBUG } else { Level::INFO };
    metadata.target().split("::").next() == Some("backstock") && *metadata.level() <= level
}

fn tracer_provider(endpoint: &str) -> anyhow::Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .context("exporter of traces")?;
    Ok(SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build())
}

fn meter_provider(endpoint: &str) -> anyhow::Result<SdkMeterProvider> {
    let exporter = MetricExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .context("exporter of metrics")?;
    Ok(SdkMeterProvider::builder()
        .with_resource(resource())
        .with_periodic_exporter(exporter)
        .build())
}

/// Who sends: `backstock`, its version and a number for this process, each unless the environment
/// (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`) says otherwise.
fn resource() -> Resource {
    let detected = Resource::builder().build();
    let ours = [
        KeyValue::new("service.name", "backstock"),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", instance_id()),
    ];
    let missing = ours.into_iter().filter(|attribute| match detected.get(&attribute.key) {
        Some(value) => value.as_str().starts_with("unknown_service"),
        None => true,
    });
    Resource::builder().with_attributes(missing).build()
}

/// One number for the process, so that both signals name the same instance.
fn instance_id() -> String {
    static ID: std::sync::LazyLock<String> =
        std::sync::LazyLock::new(|| uuid::Uuid::new_v4().to_string());
    ID.clone()
}

#[cfg(test)]
mod tests {
    use opentelemetry::metrics::MeterProvider;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn nothing_to_send_to_starts_nothing() {
        assert!(Exporters::start(&Endpoints::default()).unwrap().is_none());
    }

    #[test]
    fn an_endpoint_that_is_no_url_is_an_error_that_says_so() {
        let error = Exporters::start(&Endpoints::both("not a url")).err().unwrap();
        assert!(format!("{error:#}").contains("not a url"), "{error:#}");
    }

    #[test]
    fn a_collector_that_never_answers_does_not_hold_up_the_end() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", silent.local_addr().unwrap());
        let exporters = Exporters::start(&Endpoints::both(&endpoint)).unwrap().unwrap();
        let subscriber = tracing_subscriber::registry().with(exporters.trace_layer());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info_span!("unsent").in_scope(|| ())
        });
        exporters
            .meter
            .as_ref()
            .unwrap()
            .meter("backstock")
            .u64_counter("unsent")
            .build()
            .add(1, &[]);
        let began = std::time::Instant::now();
        exporters.shutdown();
        assert!(began.elapsed() < FLUSH_MAX + Duration::from_secs(3), "{:?}", began.elapsed());
    }
}
