//! The log on stderr: its format and its filter.

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use tracing::Subscriber;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// What is logged when nobody says otherwise. At info sqlx tells each notice of the server, of
/// which a migration has many, and OpenTelemetry how it was set up; at warn both tell what went
/// wrong.
const FILTER_DEFAULT: &str = "info,sqlx=warn,opentelemetry=warn";

/// The variables that may hold the filter, in order of precedence. Ours wins, so that a `RUST_LOG`
/// meant for a whole machine can be overridden.
const FILTER_VARIABLES: [&str; 2] = ["BACKSTOCK_LOG", "RUST_LOG"];

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person at a terminal.
    Human,
    /// One JSON object a line, fields at its top level, for a log collector.
    Json,
}

impl LogFormat {
    /// Human when stderr is a terminal, JSON otherwise.
    fn detected() -> Self {
        if stderr().is_terminal() { Self::Human } else { Self::Json }
    }
}

/// The filter that the variables read by `lookup` ask for; an empty variable counts as unset.
///
/// # Errors
/// When it cannot be read; the error names the variable.
pub(super) fn filter(lookup: impl Fn(&str) -> Option<String>) -> anyhow::Result<EnvFilter> {
    let found = FILTER_VARIABLES.into_iter().find_map(|name| {
        lookup(name).filter(|value| !value.trim().is_empty()).map(|value| (name, value))
    });
    let Some((name, value)) = found else {
        return Ok(EnvFilter::new(FILTER_DEFAULT));
    };
    EnvFilter::builder().parse(&value).with_context(|| format!("{name}={value:?} is no log filter"))
}

/// The layer that writes the log.
pub(super) fn layer<S>(
    format: Option<LogFormat>,
    filter: EnvFilter,
) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let lines = fmt::layer().with_writer(stderr);
    match format.unwrap_or_else(LogFormat::detected) {
        LogFormat::Human => lines.with_ansi(stderr().is_terminal()).with_filter(filter).boxed(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_span_list(false).with_filter(filter).boxed()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter_of(variables: &[(&str, &str)]) -> anyhow::Result<String> {
        let lookup = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
        };
        filter(lookup).map(|filter| filter.to_string())
    }

    #[test]
    fn our_variable_wins_and_an_empty_one_counts_as_unset() {
        let both = [("RUST_LOG", "trace"), ("BACKSTOCK_LOG", "error")];
        assert_eq!(filter_of(&both).unwrap(), "error");
        assert_eq!(filter_of(&[("RUST_LOG", "trace"), ("BACKSTOCK_LOG", " ")]).unwrap(), "trace");
        assert_eq!(filter_of(&[]).unwrap(), EnvFilter::new(FILTER_DEFAULT).to_string());
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused_by_name() {
        let error = filter_of(&[("RUST_LOG", "backstock=loud")]).unwrap_err();
        assert_eq!(error.to_string(), "RUST_LOG=\"backstock=loud\" is no log filter");
    }
}
