//! Instants and dates of a scenario, which are told from the day on which it starts.

use backstock::domain::Time;
use chrono::{DateTime, TimeDelta};

/// The clock of this machine: only the start of a scenario is read from it.
pub fn machine_time() -> Time {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a clock after 1970");
    let micros = i64::try_from(since.as_micros()).expect("a clock before 294,000");
    DateTime::from_timestamp_micros(micros).expect("an instant")
}

/// `+40d` as an ISO 8601 date, counted from the day of `start`; anything else as it is.
pub fn date(start: Time, text: &str) -> String {
    let days = text.strip_prefix('+').and_then(|rest| rest.strip_suffix('d'));
    match days.and_then(|days| days.parse().ok()) {
        Some(days) => (start.date_naive() + TimeDelta::days(days)).to_string(),
        None => text.to_owned(),
    }
}

/// A timestamp of the contract.
pub fn timestamp(time: Time) -> prost_types::Timestamp {
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).expect("under a second");
    prost_types::Timestamp { seconds: time.timestamp(), nanos }
}

/// An instant from a timestamp of the contract.
pub fn instant(stamp: &prost_types::Timestamp) -> Time {
    let micros = stamp.seconds * 1_000_000 + i64::from(stamp.nanos) / 1000;
    DateTime::from_timestamp_micros(micros).expect("an instant")
}

/// So many `minutes`, in seconds.
pub fn seconds(count: i64, unit: &str) -> Result<i64, String> {
    let each = match unit.trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        _ => return Err(format!("{unit} is no unit of time")),
    };
    Ok(count * each)
}
