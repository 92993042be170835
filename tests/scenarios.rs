//! The rules as scenarios: the tables in `tests/scenarios/*.txt`, played against `decide` in memory
//! and against a real server on a real database, where both must also agree with each other word by
//! word.

#[path = "scenarios/events.rs"]
mod events;
#[path = "scenarios/expect.rs"]
mod expect;
#[path = "scenarios/facts.rs"]
mod facts;
#[path = "scenarios/model.rs"]
mod model;
#[path = "scenarios/play.rs"]
mod play;
#[allow(dead_code, reason = "each test uses its part of it")]
mod support;

use std::sync::Arc;

use backstock::proto::Reason;
use support::language::{Scenario, scenarios};
use support::server::{Service, with_cluster};

/// Reasons that no rule gives, so that no scenario can show them: webhooks and how long events are
/// kept are no part of the rules, and the others say that the house itself had trouble.
const WITHOUT_SCENARIO: [Reason; 6] = [
    Reason::Unspecified,
    Reason::UnknownWebhook,
    Reason::CursorTooOld,
    Reason::Busy,
    Reason::OutcomeUnknown,
    Reason::Internal,
];
/// Rules of the design that a scenario must show.
const RULES: [u32; 20] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];

/// Every scenario of every table.
fn all() -> Vec<Scenario> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of the tables")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "txt"))
        .collect();
    files.sort();
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        scenarios(&name, &std::fs::read_to_string(&path).expect("a table"))
    };
    files.into_iter().flat_map(read).collect()
}

fn fail_with(failures: &[String], of: usize) {
    assert!(failures.is_empty(), "{} of {of} failed:\n\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn scenarios_hold_in_memory() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let all = all();
    let play = |scenario: &Scenario| runtime.block_on(play::play(scenario, "memory", None)).err();
    let failures: Vec<String> = all.iter().filter_map(play).collect();
    fail_with(&failures, all.len());
}

/// An expectation with its last number raised by one.
fn raised(expected: &str) -> Option<String> {
    let words: Vec<&str> = expected.split(' ').collect();
    let at = words.iter().rposition(|word| word.trim_end_matches(',').parse::<i64>().is_ok())?;
    let number: i64 = words[at].trim_end_matches(',').parse().ok()?;
    let comma = if words[at].ends_with(',') { "," } else { "" };
    let raised = format!("{}{comma}", number + 1);
    let words = words.iter().enumerate();
    let words: Vec<&str> = words.map(|(n, w)| if n == at { &*raised } else { *w }).collect();
    Some(words.join(" "))
}

#[test]
fn no_expectation_holds_with_another_number() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let short = all().into_iter().filter(|scenario| scenario.lines.len() < 100);
    for scenario in short {
        let lines = scenario.lines.iter().enumerate();
        let lines = lines.filter(|(_, line)| !line.server_only);
        for (at, line) in lines {
            let Some(raised) = line.expected.as_deref().and_then(raised) else { continue };
            let mut wrong = scenario.clone();
            wrong.lines.truncate(at + 1);
            wrong.lines[at].expected = Some(raised.clone());
            let verdict = runtime.block_on(play::play(&wrong, "wrong", None));
            assert!(
                verdict.is_err(),
                "{} `{}` also holds with {raised}",
                scenario.place,
                line.call
            );
        }
    }
}

#[test]
fn scenarios_hold_on_a_real_server() {
    with_cluster(async |cluster| {
        let service = Arc::new(Service::start(&cluster).await);
        let plays: Vec<_> = all()
            .into_iter()
            .enumerate()
            .map(|(at, scenario)| {
                let service = service.clone();
                tokio::spawn(async move {
                    play::play(&scenario, &format!("s{at}"), Some(&service)).await.err()
                })
            })
            .collect();
        let of = plays.len();
        let mut failures = Vec::new();
        for play in plays {
            failures.extend(play.await.unwrap_or_else(|panic| Some(panic.to_string())));
        }
        let service = Arc::into_inner(service).expect("every scenario has ended");
        service.end().await;
        fail_with(&failures, of);
    });
}

#[test]
fn every_rule_has_a_scenario() {
    let shown = |rule: &&u32| {
        all().iter().any(|scenario| {
            let rules = scenario.title.strip_prefix("rule").and_then(|rest| rest.split_once(':'));
            rules.is_some_and(|(numbers, _)| {
                numbers.trim_start_matches('s').split(',').any(|n| n.trim().parse() == Ok(**rule))
            })
        })
    };
    let missing: Vec<&u32> = RULES.iter().filter(|rule| !shown(rule)).collect();
    assert!(missing.is_empty(), "no scenario shows the rules {missing:?}");
}

#[test]
fn every_refusal_has_a_scenario() {
    let all = all();
    let is_shown = |name: &str| {
        let expected = all.iter().flat_map(|scenario| &scenario.lines);
        let mut expected = expected.filter_map(|line| line.expected.as_deref());
        expected.any(|text| text.split([' ', ',']).any(|word| word == name))
    };
    let reasons = (0..1000).filter_map(|number| Reason::try_from(number).ok());
    let wanted = reasons.filter(|reason| !WITHOUT_SCENARIO.contains(reason));
    let names = wanted.map(|reason| reason.as_str_name().trim_start_matches("REASON_"));
    let missing: Vec<&str> = names.filter(|name| !is_shown(name)).collect();
    assert!(missing.is_empty(), "no scenario is refused for {missing:?}");
}
