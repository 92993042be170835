//! Scenarios as text that reads like a ledger.
//!
//! A paragraph is a scenario; its first line is a comment that says which rule it shows. A line is
//! a call, and behind `->` what must come of it; a line that begins with a space goes on with the
//! line before. A call without `->` must succeed. `tests/scenarios/README.md` describes all of it.

use super::call::Call;

/// One scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its file and first line.
    pub place: String,
    /// What it shows.
    pub title: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line of a scenario, not yet understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file.
    pub number: usize,
    /// Only the server can be asked.
    pub server_only: bool,
    /// What is done depends on how far the background has come: only what is written is compared.
    pub is_loose: bool,
    /// The programme, if it is another one.
    pub other: Option<String>,
    /// The request id, if one is given.
    pub id: Option<String>,
    /// What to do.
    pub call: String,
    /// What must come of it.
    pub expected: Option<String>,
}

/// What a line does.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a test's few values")]
pub enum Deed {
    /// Calls the service.
    Call(Call),
    /// Repeats an earlier call: the one with that request id, or the last write.
    Again(Option<String>),
    /// Lets so many seconds pass.
    Wait(i64),
    /// Waits until the background has nothing left to do with an item.
    Settle(String),
    /// Shows the events of an item whose types begin so.
    Events(String, String),
    /// Sets an item's units at the default location, which calls could only do in weeks.
    Stand(String, i64),
}

/// Splits a file into its scenarios.
pub fn scenarios(file: &str, text: &str) -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut is_open = false;
    for (index, raw) in text.lines().enumerate() {
        let number = index + 1;
        let line = raw.trim_end();
        if line.is_empty() {
            is_open = false;
        } else if let Some(comment) = line.strip_prefix('#') {
            if !is_open {
                let title = comment.trim().to_owned();
                let place = format!("{file}:{number}");
                scenarios.push(Scenario { place, title, lines: Vec::new() });
                is_open = true;
            }
        } else {
            let last = scenarios.last_mut().filter(|_| is_open);
            let last = last.unwrap_or_else(|| panic!("{file}:{number}: no comment before it"));
            add(&mut last.lines, number, line);
        }
    }
    scenarios.retain(|scenario| !scenario.lines.is_empty());
    scenarios
}

fn add(lines: &mut Vec<Line>, number: usize, text: &str) {
    if let (true, Some(last)) = (text.starts_with(' '), lines.last_mut()) {
        match (&mut last.expected, text.trim().strip_prefix("->")) {
            (None, None) => last.call.push_str(text),
            (None, Some(expected)) => last.expected = Some(expected.trim().to_owned()),
            (Some(expected), _) => expected.push_str(text),
        }
        return;
    }
    let times = text.strip_prefix("times ").and_then(|rest| rest.split_once(' '));
    match times {
        Some((count, text)) => {
            let count: usize = count.parse().expect("a number of times");
            for n in 1..=count {
                lines.push(line(number, &text.replace("{n}", &n.to_string())));
            }
        }
        None => lines.push(line(number, text)),
    }
}

/// Reads one line.
pub fn line(number: usize, text: &str) -> Line {
    let (call, expected) = match text.split_once("->") {
        Some((call, expected)) => (call.trim(), Some(expected.trim().to_owned())),
        None => (text.trim(), None),
    };
    let mut line = Line {
        number,
        server_only: false,
        is_loose: false,
        other: None,
        id: None,
        call: String::new(),
        expected,
    };
    let mut rest = call;
    loop {
        let (first, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        if first == "server" {
            line.server_only = true;
        } else if first == "~" {
            line.is_loose = true;
        } else if let Some(other) = first.strip_prefix('@') {
            line.other = Some(other.to_owned());
        } else if let Some(id) = first.strip_prefix('(').and_then(|id| id.strip_suffix(')')) {
            line.id = Some(id.to_owned());
        } else {
            break;
        }
        rest = behind.trim_start();
    }
    line.call = rest.to_owned();
    line
}
