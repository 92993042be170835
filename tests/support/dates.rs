//! Instants and dates of a scenario, which are told from the day on which it starts.

use backstock::domain::plan::parse_date;
use backstock::domain::{Date, Time};
use chrono::{DateTime, TimeDelta};

/// Characters of an ISO 8601 date.
const DATE_LENGTH: usize = 10;

/// The clock of this machine: only the start of a scenario is read from it.
pub fn machine_time() -> Time {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a clock after 1970");
    let micros = i64::try_from(since.as_micros()).expect("a clock before 294,000");
    DateTime::from_timestamp_micros(micros).expect("an instant")
}

/// `+40d` or `-1d` as an ISO 8601 date, counted from the day of `start`; anything else as it is.
pub fn date(start: Time, text: &str) -> String {
    let days = text.strip_suffix('d').filter(|days| days.starts_with(['+', '-']));
    match days.and_then(|days| days.parse().ok()) {
        Some(days) => (start.date_naive() + TimeDelta::days(days)).to_string(),
        None => text.to_owned(),
    }
}

/// A text with its dates in full, also where a comma or a full stop stands behind one. `*+40d` is
/// one in words.
pub fn dated(start: Time, text: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_end_matches([',', '.']);
        let day = bare.strip_prefix('*').and_then(|day| parse_date(&date(start, day)));
        let day = day.map_or_else(|| date(start, bare), in_words);
        format!("{day}{}", &word[bare.len()..])
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A date as notes have it: 31 January 2027.
fn in_words(date: Date) -> String {
    date.format("%-d %B %Y").to_string()
}

/// A note that the house wrote for a date, with that date so many days later; any other as it is.
pub fn moved_note(note: &str, days: i64) -> String {
    const SAYS: &str = "This item is now scheduled to ship by ";
    let said = note.strip_prefix(SAYS).and_then(|said| said.split_once('.'));
    let said =
        said.and_then(|(day, rest)| Some((Date::parse_from_str(day, "%d %B %Y").ok()?, rest)));
    match said {
        Some((day, rest)) => format!("{SAYS}{}.{rest}", in_words(day + TimeDelta::days(days))),
        None => note.to_owned(),
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

/// A text, or the bytes of a message, with each ISO 8601 date in it moved by so many days: to a
/// server on which `days` have been made to pass, all dates of the scenario lie so much earlier.
pub fn shifted(bytes: &[u8], days: i64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while at + DATE_LENGTH <= bytes.len() {
        let text = std::str::from_utf8(&bytes[at..at + DATE_LENGTH]).ok();
        match text.and_then(parse_date).filter(|_| days != 0) {
            Some(day) => {
                let moved = (day + TimeDelta::days(days)).to_string();
                bytes[at..at + DATE_LENGTH].copy_from_slice(moved.as_bytes());
                at += DATE_LENGTH;
            }
            None => at += 1,
        }
    }
    bytes
}

/// The days that begin while so many seconds pass from `start` on.
pub fn days_passed(start: Time, seconds: i64) -> i64 {
    let end = start + TimeDelta::seconds(seconds);
    (end.date_naive() - start.date_naive()).num_days()
}
