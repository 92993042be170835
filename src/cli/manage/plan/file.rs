//! A plan as TOML: every fault of the file is found, and each with its line.

use std::path::Path;

use anyhow::Context;
use toml::de::DeTable;

use super::faults::{Fault, Lines};
use super::reader::{Edge, Reader};
use crate::cli::manage::input::{DURATION_RULE, duration};
use crate::proto;

const PLAN_FIELDS: [&str; 11] = [
    "sku",
    "cap",
    "opens_at",
    "closes_at",
    "ship_by",
    "note",
    "allowance",
    "cap_by_inbound",
    "customer_limit",
    "timeline",
    "delay_answers",
];
/// A plan's file, read.
#[derive(Debug)]
pub struct PlanFile {
    /// What of it could be read.
    pub plan: proto::Plan,
    /// What could not.
    pub faults: Vec<Fault>,
    /// It is TOML; otherwise nothing of the plan could be read.
    pub is_toml: bool,
    /// Where its fields stand.
    pub lines: Lines,
}

/// Reads a plan's file.
///
/// # Errors
/// There is no such file, or it is no text.
pub fn read(path: &Path) -> anyhow::Result<PlanFile> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(parse(&text))
}

/// Reads a plan.
pub fn parse(text: &str) -> PlanFile {
    let mut reader = Reader::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let line = error.span().map(|span| reader.line(span.start));
        let description = format!("this is no TOML: {}", error.message());
        reader.faults.push(Fault { line, field: String::new(), description });
    }
    let is_toml = errors.is_empty();
    let plan = if is_toml { reader.plan(table.get_ref()) } else { proto::Plan::default() };
    PlanFile { plan, faults: reader.faults, is_toml, lines: reader.lines }
}

impl Reader<'_> {
    fn plan(&mut self, table: &DeTable<'_>) -> proto::Plan {
        self.fields("", table, &PLAN_FIELDS);
        proto::Plan {
            sku: self.text("", table, "sku"),
            cap: self.number("", table, "cap"),
            opens_at: self.instant(table, "opens_at", Edge::Start),
            closes_at: self.instant(table, "closes_at", Edge::End),
            ship_by: self.date("", table, "ship_by"),
            note: self.text("", table, "note").trim().to_owned(),
            allowance: self.number("", table, "allowance"),
            cap_by_inbound: self.flag(table, "cap_by_inbound"),
            customer_limit: self.number("", table, "customer_limit"),
            timeline: self.timeline(table),
            delay_answers: self.delay_answers(table),
            ..Default::default()
        }
    }

    fn timeline(&mut self, table: &DeTable<'_>) -> Vec<proto::Stage> {
        let Some(value) = table.get("timeline") else { return Vec::new() };
        let Some(stages) = value.get_ref().as_array() else {
            self.fault("timeline", "must be [[timeline]] tables, each with a name and a date");
            return Vec::new();
        };
        let mut read = Vec::new();
        for (index, value) in stages.iter().enumerate() {
            let field = format!("timeline[{index}]");
            let line = self.line(value.span().start);
            self.lines.0.insert(field.clone(), line);
            let Some(stage) = value.get_ref().as_table() else {
                self.fault(&field, "must be a table with a name and a date");
                continue;
            };
            let prefix = format!("{field}.");
            self.fields(&prefix, stage, &["name", "date"]);
            let name = self.text(&prefix, stage, "name");
            read.push(proto::Stage { name, date: self.date(&prefix, stage, "date") });
        }
        read
    }

    fn delay_answers(&mut self, table: &DeTable<'_>) -> Option<proto::DelayAnswers> {
        let value = table.get("delay_answers")?;
        let Some(answers) = value.get_ref().as_table() else {
            let rule = "must be a table with answer_within and on_silence";
            self.fault("delay_answers", rule);
            return None;
        };
        let prefix = "delay_answers.";
        self.fields(prefix, answers, &["answer_within", "on_silence"]);
        let within = self.text(prefix, answers, "answer_within");
        let answer_within = if within.is_empty() { None } else { duration(&within).ok() };
        if !within.is_empty() && answer_within.is_none() {
            self.fault("delay_answers.answer_within", DURATION_RULE);
        }
        let on_silence = match self.text(prefix, answers, "on_silence").as_str() {
            "keep" => proto::OnSilence::Keep,
            "release" => proto::OnSilence::Release,
            "by_class" => proto::OnSilence::ByClass,
            "" => proto::OnSilence::Unspecified,
            _ => {
                self.fault("delay_answers.on_silence", "must be keep, release or by_class");
                proto::OnSilence::Unspecified
            }
        };
        Some(proto::DelayAnswers { answer_within, on_silence: on_silence.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = include_str!("../../../../examples/plan.toml");

    #[test]
    fn the_example_has_every_field_and_no_fault() {
        let file = parse(WHOLE);
        assert_eq!(file.faults, []);
        let plan = file.plan;
        assert!(plan.cap > 0 && plan.allowance > 0 && plan.customer_limit > 0);
        assert!(plan.opens_at.is_some() && plan.closes_at.is_some() && plan.timeline.len() > 3);
        assert!(plan.delay_answers.is_some_and(|answers| answers.answer_within.is_some()));
        for field in PLAN_FIELDS {
            assert!(WHOLE.contains(field), "{field} is not explained");
        }
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_line() {
        let file = parse(
            "sku = 7\n\
             capp = 80\n\
             cap = \"80\"\n\
             closes_at = 2027-01-20T18:00:00\n\
             ship_by = \"end of January\"\n\
             cap_by_inbound = 1\n\
             \n\
             [delay_answers]\n\
             answer_within = \"soon\"\n\
             on_silence = \"maybe\"\n\
             \n\
             [[timeline]]\n\
             name = \"ordered\"\n\
             day = 2027-01-05\n",
        );
        let found: Vec<_> = file.faults.iter().map(|f| (f.line, f.field.as_str())).collect();
        assert_eq!(
            found,
            [
                (Some(2), "capp"),
                (Some(1), "sku"),
                (Some(3), "cap"),
                (Some(4), "closes_at"),
                (Some(5), "ship_by"),
                (Some(6), "cap_by_inbound"),
                (Some(14), "timeline[0].day"),
                (Some(9), "delay_answers.answer_within"),
                (Some(10), "delay_answers.on_silence"),
            ]
        );
    }

    #[test]
    fn several_errors_of_syntax_are_told_together() {
        let file = parse("sku = \"A\ncap = 3\ndate = 2027-02-30x\n");
        let lines: Vec<_> = file.faults.iter().filter_map(|fault| fault.line).collect();
        assert!(!file.is_toml && lines.starts_with(&[1]) && lines.ends_with(&[3]), "{lines:?}");
    }
}
