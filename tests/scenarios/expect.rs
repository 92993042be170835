//! Whether an outcome is what a scenario expects.
//!
//! An expectation is a list of facts, parted by commas. Quantities of a line that it does not name
//! must be nought; what else it does not name is not looked at. Short lines, fields and filled
//! lines, where one is named, must be named all, in order.

use std::collections::BTreeMap;

use backstock::domain::Time;

use super::facts::{self, Fact};
use crate::support::dates::dated;
use crate::support::outcome::Outcome;

/// Kinds of facts that are named by their first word.
const KINDS: [&str; 6] = ["short", "field", "to", "result", "returned", "place"];
/// Kinds of which all must be named where one is.
const WHOLE: [&str; 5] = ["short", "field", "to", "returned", "place"];

/// An expected fact.
struct Wanted {
    kind: &'static str,
    name: Option<String>,
    values: Vec<(String, String)>,
}

/// Checks an outcome; without an expectation it must not be a refusal.
///
/// # Errors
///
/// What was expected, and what there is.
pub fn check(outcome: &Outcome, expected: Option<&str>, start: Time) -> Result<(), String> {
    let refused = match (&outcome.result, expected) {
        (Err(refused), None) => return Err(format!("is refused: {refused:?}")),
        (Ok(_), None) => return Ok(()),
        (Ok(shown), Some(expected)) => match facts::text(shown) {
            Some(text) if text == squeezed(expected, start) => return Ok(()),
            Some(text) => return Err(format!("shows {text}")),
            None => None,
        },
        (Err(refused), Some(_)) => Some(refused),
    };
    let expected = expected.unwrap_or_default();
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut wants_refusal = None;
    for segment in segments(expected) {
        let words: Vec<&str> = segment.iter().map(String::as_str).collect();
        match &words[..] {
            [] => {}
            ["refused", reason, numbers @ ..] => {
                wants_refusal = Some((reason.to_string(), pairs(numbers, start)?));
            }
            words => wanted.push(read(words, start)?),
        }
    }
    match (refused, wants_refusal) {
        (None, None) => {}
        (Some(refused), Some((reason, numbers))) if refused.reason == reason => {
            for (name, number) in numbers {
                if refused.metadata.get(&name) != Some(&number) {
                    return Err(format!("has {:?}, not {name} {number}", refused.metadata));
                }
            }
        }
        (Some(refused), _) => return Err(format!("is refused: {refused:?}")),
        (None, Some(_)) => return Err(format!("is not refused: {:?}", outcome.result)),
    }
    let facts = match &outcome.result {
        Ok(shown) => facts::of(shown),
        Err(refused) => facts::of_refusal(refused),
    };
    compare(&facts, &wanted)
}

/// The facts of an expectation, each with its words. What stands in quotes is one word, commas and
/// all.
fn segments(expected: &str) -> Vec<Vec<String>> {
    let (mut segments, mut quoted) = (vec![Vec::new()], false);
    let (mut word, mut is_word) = (String::new(), false);
    for letter in expected.chars().chain([',']) {
        match letter {
            '"' => (quoted, is_word) = (!quoted, true),
            letter if !quoted && (letter == ',' || letter.is_whitespace()) => {
                if is_word {
                    segments.last_mut().expect("a segment").push(std::mem::take(&mut word));
                }
                is_word = false;
                segments.extend((letter == ',').then(Vec::new));
            }
            letter => {
                word.push(letter);
                is_word = true;
            }
        }
    }
    segments
}

/// A text with single spaces and its dates in full.
pub fn squeezed(text: &str, start: Time) -> String {
    dated(start, &text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn read(words: &[&str], start: Time) -> Result<Wanted, String> {
    let known = KINDS.into_iter().find(|kind| *kind == words[0]);
    match (known, words) {
        (Some(kind), [_, name, rest @ ..]) => {
            let number = rest.first().filter(|word| is_number(word));
            let mut values = Vec::new();
            values.extend(number.map(|units| ("units".to_owned(), (*units).to_owned())));
            values.extend(pairs(&rest[values.len()..], start)?);
            Ok(Wanted { kind, name: Some((*name).to_owned()), values })
        }
        (None, [word]) => Ok(Wanted { kind: "is", name: Some((*word).to_owned()), values: vec![] }),
        (None, [sku, rest @ ..]) if sku.starts_with(|c: char| !c.is_ascii_lowercase()) => {
            let values = pairs(rest, start)?;
            Ok(Wanted { kind: "line", name: Some((*sku).to_owned()), values })
        }
        (None, rest) => Ok(Wanted { kind: "", name: None, values: pairs(rest, start)? }),
        (Some(kind), _) => Err(format!("{kind} of which?")),
    }
}

fn is_number(word: &str) -> bool {
    word.parse::<i64>().is_ok()
}

/// `allocated 4 at main 3 east 1`: only `at` has several words.
fn pairs(words: &[&str], start: Time) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let key = words[at].to_owned();
        let value = words.get(at + 1).ok_or_else(|| format!("{key} what?"))?;
        at += 2;
        let mut value = dated(start, value);
        if key == "at" {
            value.push_str(&format!(" {}", words.get(at).unwrap_or(&"")));
            at += 1;
            while at + 1 < words.len() && is_number(words[at + 1]) && !is_key(words[at]) {
                value.push_str(&format!(" {} {}", words[at], words[at + 1]));
                at += 2;
            }
        }
        pairs.push((key, value));
    }
    Ok(pairs)
}

fn is_key(word: &str) -> bool {
    ["version", "headroom", "ahead", "safety", "backordered", "shipped", "released"].contains(&word)
}

fn compare(facts: &[Fact], wanted: &[Wanted]) -> Result<(), String> {
    let shows = || format!("shows {facts:#?}");
    for kind in WHOLE {
        let there: Vec<&str> = facts.iter().filter(|f| f.kind == kind).map(|f| &*f.name).collect();
        let asked = wanted.iter().filter(|wanted| wanted.kind == kind);
        let asked: Vec<&str> = asked.filter_map(|wanted| wanted.name.as_deref()).collect();
        if !asked.is_empty() && there != asked {
            return Err(format!("{kind}: not {asked:?}; {}", shows()));
        }
    }
    // Numbers that are named, by the fact they are of.
    let mut named: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for wanted in wanted {
        if wanted.kind == "is" {
            if !facts.iter().any(|f| f.kind == "is" && Some(&f.name) == wanted.name.as_ref()) {
                return Err(format!(
                    "is not {}; {}",
                    wanted.name.as_deref().unwrap_or(""),
                    shows()
                ));
            }
            continue;
        }
        for (key, value) in &wanted.values {
            let is_it = |fact: &&(usize, &Fact)| {
                let (_, fact) = fact;
                let is_named = wanted.name.as_ref().is_none_or(|name| fact.name == *name);
                let is_kind = wanted.kind.is_empty() || fact.kind == wanted.kind;
                is_named && is_kind && fact.values.contains_key(key.as_str())
            };
            let all: Vec<(usize, &Fact)> = facts.iter().enumerate().collect();
            let found: Vec<_> = all.iter().filter(is_it).collect();
            let [(at, fact)] = found[..] else {
                return Err(format!("{key} is of {} facts; {}", found.len(), shows()));
            };
            if value != "?" && fact.values[key.as_str()] != *value {
                return Err(format!("{key} is not {value}; {}", shows()));
            }
            named.entry(*at).or_default().push(key);
        }
        if wanted.values.is_empty()
            && !facts.iter().any(|f| f.kind == wanted.kind && Some(&f.name) == wanted.name.as_ref())
        {
            return Err(format!("has no {:?}; {}", wanted.name, shows()));
        }
    }
    for (at, keys) in named {
        for strict in facts[at].strict.iter().filter(|strict| !keys.contains(strict)) {
            if facts[at].values[*strict] != "0" {
                return Err(format!("{strict} is not 0; {}", shows()));
            }
        }
    }
    Ok(())
}
