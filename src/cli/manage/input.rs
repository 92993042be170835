//! What people write on the command line, read into the contract's values.

use clap::CommandFactory;
use clap::ValueEnum;
use clap::error::ErrorKind;

use crate::cli::Cli;
use crate::domain::plan::parse_date;
use crate::proto;

/// What a date must look like, for a message.
pub const DATE_RULE: &str = "must be an ISO 8601 date such as 2027-01-31";
/// What a duration must look like, for a message.
pub const DURATION_RULE: &str = "must be a duration such as \"14 days\" or \"36 hours\"";
/// Longest duration that is read, in seconds: a hundred years.
const DURATION_SECONDS_MAX: u64 = 100 * 366 * 86_400;

/// The error of a command line that cannot be meant; the process ends with exit code 2.
pub fn misused(why: &str) -> anyhow::Error {
    Cli::command().error(ErrorKind::InvalidValue, why).into()
}

/// An ISO 8601 date.
pub fn date(text: &str) -> Result<String, String> {
    parse_date(text).map(|date| date.to_string()).ok_or_else(|| DATE_RULE.to_owned())
}

/// So many units of a SKU, such as `TEE-M=2`.
pub fn units_of(text: &str) -> Result<(String, i64), String> {
    let rule = || "must be SKU=UNITS, such as TEE-M=2".to_owned();
    let (sku, units) = text.rsplit_once('=').ok_or_else(rule)?;
    let units = units.parse().map_err(|_| rule())?;
    if sku.is_empty() { Err(rule()) } else { Ok((sku.to_owned(), units)) }
}

/// A duration in whole seconds, such as `15 minutes`.
pub fn duration(text: &str) -> Result<prost_types::Duration, String> {
    let rule = || DURATION_RULE.to_owned();
    let duration = humantime::parse_duration(text.trim()).map_err(|_| rule())?;
    if duration.subsec_nanos() != 0 || duration.as_secs() > DURATION_SECONDS_MAX {
        return Err(rule());
    }
    let seconds = i64::try_from(duration.as_secs()).map_err(|_| rule())?;
    Ok(prost_types::Duration { seconds, nanos: 0 })
}

/// A duration as people read it: in the largest units that fit.
pub fn duration_text(duration: &prost_types::Duration) -> String {
    let seconds = u64::try_from(duration.seconds).unwrap_or_default();
    let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds")];
    let fits = units.into_iter().find(|(length, _)| seconds.is_multiple_of(*length));
    let (length, unit) = fits.unwrap_or((1, "seconds"));
    match seconds / length {
        1 => format!("1 {}", unit.trim_end_matches('s')),
        count => format!("{count} {unit}"),
    }
}

/// An instant as people read it: RFC 3339, to the second; empty = none.
pub fn instant_text(instant: Option<&prost_types::Timestamp>) -> String {
    let whole = |instant: &prost_types::Timestamp| prost_types::Timestamp { nanos: 0, ..*instant };
    instant.map(|instant| whole(instant).to_string()).unwrap_or_default()
}

/// A note is as wide as this on a terminal, in characters.
pub const NOTE_WIDTH: usize = 72;

/// A text for people in lines of at most so many characters, broken between words.
pub fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let length = lines.last().map_or(0, |line| line.chars().count());
        match lines.last_mut() {
            Some(line) if length == 0 => line.push_str(word),
            Some(line) if length + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// Whether a parcel waits for every line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ShipPolicy {
    /// The parcel waits for every line.
    Together,
    /// Each line ships as soon as it can.
    AsAvailable,
}

impl From<ShipPolicy> for proto::ShipPolicy {
    fn from(policy: ShipPolicy) -> Self {
        match policy {
            ShipPolicy::Together => Self::Together,
            ShipPolicy::AsAvailable => Self::AsAvailable,
        }
    }
}

/// The short name of an enum's value, for people: `SHIP_POLICY_TOGETHER` is `together`.
pub fn short(name: &str, prefix: &str) -> String {
    match name.trim_start_matches(prefix) {
        "UNSPECIFIED" => String::new(),
        short => short.to_lowercase().replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown() {
        for (text, seconds, shown) in [
            ("14 days", 1_209_600, "14 days"),
            ("15min", 900, "15 minutes"),
            ("1 hour", 3_600, "1 hour"),
            ("1 day 12 hours", 129_600, "36 hours"),
            ("90 seconds", 90, "90 seconds"),
        ] {
            let read = duration(text).expect(text);
            assert_eq!((read.seconds, duration_text(&read).as_str()), (seconds, shown));
        }
        for text in ["", "14", "days", "1500 ms", "-1 day", "99999 years"] {
            assert_eq!(duration(text).expect_err(text), DURATION_RULE);
        }
    }

    #[test]
    fn texts_are_broken_between_words() {
        assert_eq!(wrapped("it ships end of January", 10), "it ships\nend of\nJanuary");
        assert_eq!(wrapped("unbreakable", 4), "unbreakable");
        assert_eq!(wrapped("", 4), "");
    }

    #[test]
    fn instants_are_shown_to_the_second() {
        let instant = prost_types::Timestamp { seconds: 1_800_000_000, nanos: 955_205_000 };
        assert_eq!(instant_text(Some(&instant)), "2027-01-15T08:00:00Z");
    }

    #[test]
    fn dates_are_real_ones() {
        assert_eq!(date("2028-02-29").as_deref(), Ok("2028-02-29"));
        for text in ["2027-02-29", "2027-1-3", "31.01.2027", ""] {
            assert!(date(text).is_err(), "{text}");
        }
    }
}
