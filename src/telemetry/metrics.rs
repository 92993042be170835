//! Every metric of the service, listed in one place.
//!
//! Names, units and attributes of the RPC metric are those of OpenTelemetry's conventions
//! (<https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/>); ours begin with `backstock.`.

use std::sync::LazyLock;

use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter};
use opentelemetry::{KeyValue, StringValue, global};
use opentelemetry_semantic_conventions::metric::RPC_SERVER_CALL_DURATION;

/// Upper bounds of the buckets of durations, in seconds: from a commit without a wait to the
/// longest call that anybody waits for.
const SECONDS: [f64; 16] = [
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// Upper bounds of the buckets of batch sizes, in requests.
const REQUESTS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// The instruments of the process. Recording costs next to nothing when no metrics are sent.
pub struct Metrics {
    /// `rpc.server.call.duration`, seconds: each call from its headers to the end of its answer, by
    /// `rpc.system.name`, `rpc.method`, `rpc.response.status_code` and, where the server is at
    /// fault, `error.type`.
    pub rpc_duration: Histogram<f64>,
    /// `backstock.batch.size`, requests: how many one transaction served.
    pub batch_size: Histogram<u64>,
    /// `backstock.lane.wait`, seconds: how long a request waited to be taken into a batch.
    pub lane_wait: Histogram<f64>,
    /// `backstock.lock.wait`, seconds: how long a batch waited for its row locks.
    pub lock_wait: Histogram<f64>,
    /// `backstock.commit.duration`, seconds: from sending COMMIT to its answer.
    pub commit_time: Histogram<f64>,
    /// `backstock.refusals`, refusals by `reason`. Counted through [`Metrics::refused`].
    pub refusals: Counter<u64>,
    /// `backstock.batch.retries`, retries by `cause`. Counted through [`Metrics::retried`].
    pub retries: Counter<u64>,
    /// `backstock.events.published`, events that got their places in the streams.
    pub published: Counter<u64>,
    /// `backstock.events.forgotten`, events that were kept long enough.
    pub forgotten: Counter<u64>,
    /// `backstock.events.held_back`, how often old events of a programme were met that a sink has
    /// yet to pass, about every ten minutes for each.
    pub held_back: Counter<u64>,
    /// `backstock.ledger.carried`, lines of the ledger that became part of a line with their sums.
    pub carried: Counter<u64>,
    /// `backstock.sink.deliveries`, events sent, by `kind` of sink and `outcome`: `ok` or `failed`.
    /// Counted through [`Metrics::delivered`].
    pub deliveries: Counter<u64>,
    /// `backstock.sink.parked`, sinks to which nothing is sent any more, by `kind`, in the whole
    /// database. Set through [`Metrics::sinks`].
    pub sinks_parked: Gauge<i64>,
    /// `backstock.sink.lag`, events that the last sink of a `kind` is behind, parked ones left out.
    /// Set through [`Metrics::sinks`].
    pub sink_lag: Gauge<i64>,
}

/// The instruments. They belong to the meter provider that is global at the first call, so
/// [`install`](super::install) comes first; one that comes later changes nothing.
pub fn metrics() -> &'static Metrics {
    static METRICS: LazyLock<Metrics> = LazyLock::new(|| Metrics::of(&global::meter("backstock")));
    &METRICS
}

impl Metrics {
    /// Counts one refusal. `reason` is a name of the contract's `Reason` without `REASON_`.
    pub fn refused(&self, reason: impl Into<StringValue>) {
        self.refusals.add(1, &[KeyValue::new("reason", reason.into())]);
    }

    /// Counts one more run of a batch. `cause` is one of a few fixed words, such as `deadlock`.
    pub fn retried(&self, cause: &'static str) {
        self.retries.add(1, &[KeyValue::new("cause", cause)]);
    }

    /// Counts one event that was sent to a sink, or could not be.
    pub fn delivered(&self, kind: &'static str, is_ok: bool) {
        let outcome = if is_ok { "ok" } else { "failed" };
        let attributes = [KeyValue::new("kind", kind), KeyValue::new("outcome", outcome)];
        self.deliveries.add(1, &attributes);
    }

    /// Says how the sinks of a kind are.
    pub fn sinks(&self, kind: String, parked: i64, lag: i64) {
        let kind = [KeyValue::new("kind", kind)];
        self.sinks_parked.record(parked, &kind);
        self.sink_lag.record(lag, &kind);
    }

    fn of(meter: &Meter) -> Self {
        Self {
            rpc_duration: seconds(
                meter,
                RPC_SERVER_CALL_DURATION,
                "Calls, from their headers to the end of their answer.",
            ),
            batch_size: batch_size(meter),
            lane_wait: seconds(
                meter,
                "backstock.lane.wait",
                "How long requests waited to be taken into a batch.",
            ),
            lock_wait: seconds(
                meter,
                "backstock.lock.wait",
                "How long batches waited for their row locks.",
            ),
            commit_time: seconds(
                meter,
                "backstock.commit.duration",
                "Commits, from sending COMMIT to its answer.",
            ),
            refusals: meter
                .u64_counter("backstock.refusals")
                .with_unit("{refusal}")
                .with_description("Calls and lines refused, by reason.")
                .build(),
            retries: meter
                .u64_counter("backstock.batch.retries")
                .with_unit("{retry}")
                .with_description("Batches that were run again, by cause.")
                .build(),
            published: meter
                .u64_counter("backstock.events.published")
                .with_unit("{event}")
                .with_description("Events that got their places in the streams.")
                .build(),
            forgotten: meter
                .u64_counter("backstock.events.forgotten")
                .with_unit("{event}")
                .with_description("Events that were kept long enough and forgotten.")
                .build(),
            held_back: meter
                .u64_counter("backstock.events.held_back")
                .with_unit("{look}")
                .with_description("Looks at old events that a sink has yet to pass.")
                .build(),
            carried: meter
                .u64_counter("backstock.ledger.carried")
                .with_unit("{line}")
                .with_description("Old lines of the ledger that were carried forward.")
                .build(),
            deliveries: meter
                .u64_counter("backstock.sink.deliveries")
                .with_unit("{event}")
                .with_description("Events sent to sinks, by kind and outcome.")
                .build(),
            sinks_parked: meter
                .i64_gauge("backstock.sink.parked")
                .with_unit("{sink}")
                .with_description("Sinks to which nothing is sent until they are told to go on.")
                .build(),
            sink_lag: meter
                .i64_gauge("backstock.sink.lag")
                .with_unit("{event}")
                .with_description("Events that the last sink of a kind is behind.")
                .build(),
        }
    }
}

fn batch_size(meter: &Meter) -> Histogram<u64> {
    meter
        .u64_histogram("backstock.batch.size")
        .with_unit("{request}")
        .with_description("Requests served by one transaction.")
        .with_boundaries(REQUESTS.to_vec())
        .build()
}

fn seconds(meter: &Meter, name: &'static str, description: &'static str) -> Histogram<f64> {
    meter
        .f64_histogram(name)
        .with_unit("s")
        .with_description(description)
        .with_boundaries(SECONDS.to_vec())
        .build()
}
