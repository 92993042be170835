//! Where traces and metrics are sent, by OpenTelemetry's own variables.

/// Where each signal goes; `None` sends it nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// Collector for traces, for example `http://127.0.0.1:4317`.
    pub traces: Option<String>,
    /// Collector for metrics.
    pub metrics: Option<String>,
    /// What in the settings had to be passed over, in sentences for the log.
    pub warnings: Vec<String>,
}

impl Endpoints {
    /// Both signals to one collector.
    #[must_use]
    pub fn both(endpoint: &str) -> Self {
        let endpoint = Some(endpoint.to_owned());
        Self { traces: endpoint.clone(), metrics: endpoint, warnings: Vec::new() }
    }

    /// What the environment asks for: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and
    /// `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`, each or else `OTEL_EXPORTER_OTLP_ENDPOINT`. A signal
    /// is off when `OTEL_TRACES_EXPORTER` or `OTEL_METRICS_EXPORTER` is `none`, both when
    /// `OTEL_SDK_DISABLED` is `true`. A signal for which another protocol than `grpc` is asked is
    /// off, with a warning.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let lookup = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let mut found = Self::default();
        if lookup("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return found;
        }
        found.traces = found.endpoint("TRACES", &lookup);
        found.metrics = found.endpoint("METRICS", &lookup);
        found
    }

    fn endpoint(
        &mut self,
        signal: &str,
        lookup: &impl Fn(&str) -> Option<String>,
    ) -> Option<String> {
        let setting = |name: &str| {
            lookup(&format!("OTEL_EXPORTER_OTLP_{signal}_{name}"))
                .or_else(|| lookup(&format!("OTEL_EXPORTER_OTLP_{name}")))
        };
        let endpoint = setting("ENDPOINT")?;
        if lookup(&format!("OTEL_{signal}_EXPORTER")).is_some_and(|value| value == "none") {
            return None;
        }
        if let Some(protocol) = setting("PROTOCOL").filter(|protocol| protocol != "grpc") {
            let signal = signal.to_ascii_lowercase();
            self.warnings
                .push(format!("no {signal} are sent: OTLP protocol {protocol:?}, not grpc"));
            return None;
        }
        Some(endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(variables: &[(&str, &str)]) -> Endpoints {
        Endpoints::from_lookup(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
        })
    }

    const ALL: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4317");

    #[test]
    fn nothing_set_sends_nothing() {
        assert_eq!(endpoints(&[]), Endpoints::default());
        assert_eq!(endpoints(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]), Endpoints::default());
    }

    #[test]
    fn a_signal_of_its_own_wins() {
        assert_eq!(endpoints(&[ALL]), Endpoints::both("http://a:4317"));
        let found = endpoints(&[ALL, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://b:4317")]);
        assert_eq!(found.traces.as_deref(), Some("http://b:4317"));
        assert_eq!(found.metrics.as_deref(), Some("http://a:4317"));
        let alone = endpoints(&[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://c:4317")]);
        assert_eq!((alone.traces, alone.metrics.as_deref()), (None, Some("http://c:4317")));
    }

    #[test]
    fn signals_can_be_turned_off() {
        assert_eq!(endpoints(&[ALL, ("OTEL_SDK_DISABLED", "true")]), Endpoints::default());
        let found = endpoints(&[ALL, ("OTEL_TRACES_EXPORTER", "none")]);
        assert_eq!((found.traces, found.metrics.as_deref()), (None, Some("http://a:4317")));
    }

    #[test]
    fn a_protocol_we_do_not_speak_is_off_with_a_warning() {
        let found = endpoints(&[ALL, ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf")]);
        assert_eq!(found.traces.as_deref(), Some("http://a:4317"));
        assert_eq!(found.metrics, None);
        assert_eq!(
            found.warnings,
            ["no metrics are sent: OTLP protocol \"http/protobuf\", not grpc"]
        );
    }
}
