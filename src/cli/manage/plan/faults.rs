//! Faults of a plan's file, from both sides: what the file itself shows, and what the server says.

use std::collections::HashMap;
use std::path::Path;

use serde::Serialize;

use crate::cli::manage::output::Output;
use crate::cli::manage::refused::Refused;
use crate::cli::terminal;

/// Something in a plan's file that is not right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where: a line of the file, from 1; none where the field is missing.
    pub line: Option<usize>,
    /// The field, for example `timeline[1].date`; empty = the plan as a whole.
    pub field: String,
    /// What would be right.
    pub description: String,
}

/// On which line each field of a file stands.
#[derive(Clone, Debug, Default)]
pub struct Lines(pub HashMap<String, usize>);

impl Lines {
    /// The line of a field, or of the nearest part of it that the file has.
    pub fn of(&self, field: &str) -> Option<usize> {
        let mut path = field;
        loop {
            if let Some(line) = self.0.get(path) {
                return Some(*line);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }
}

/// What a refusal says of a plan, with the lines of its file.
pub fn of_refusal(refused: &Refused, lines: &Lines) -> Vec<Fault> {
    let fields = refused.fields();
    if fields.is_empty() {
        let field = match refused.reason().as_deref() {
            Some("CAP_BELOW_BACKLOG") => "cap",
            Some("NOTE_UNCLEAR") => "note",
            Some("UNKNOWN_ITEM" | "UNKNOWN_PLAN") => "sku",
            _ => "",
        };
        let (line, field) = (lines.of(field), field.to_owned());
        return vec![Fault { line, field, description: refused.sentence() }];
    }
    let fault = |fault: crate::cli::manage::refused::FieldFault| {
        let field = fault.field.strip_prefix("plan.").unwrap_or(&fault.field).to_owned();
        Fault { line: lines.of(&field), field, description: fault.description }
    };
    let mut faults: Vec<Fault> = fields.into_iter().map(fault).collect();
    let more = refused.fields_left_out();
    if more > 0 {
        let description = format!("and {more} more");
        faults.push(Fault { line: None, field: String::new(), description });
    }
    faults
}

/// Prints faults in the order of their lines: for people on stderr, as JSON on stdout.
///
/// # Errors
/// Nobody reads stdout any more.
pub fn tell(output: Output, file: &Path, faults: &mut [Fault]) -> anyhow::Result<()> {
    faults.sort_by_key(|fault| fault.line.unwrap_or(usize::MAX));
    for fault in faults {
        if output == Output::Json {
            terminal::say(&serde_json::to_string(&fault)?)?;
            continue;
        }
        let line = fault.line.map(|line| format!(":{line}")).unwrap_or_default();
        let field = if fault.field.is_empty() { "" } else { " " };
        terminal::complain(&format!(
            "{}{line}: {}{field}{}",
            file.display(),
            fault.field,
            fault.description
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tonic::{Code, Status};
    use tonic_types::{ErrorDetails, StatusExt};

    use super::*;

    fn lines() -> Lines {
        let fields = [("cap", 3), ("timeline", 7), ("timeline[0]", 7), ("timeline[0].date", 9)];
        Lines(fields.map(|(field, line)| (field.to_owned(), line)).into())
    }

    #[test]
    fn a_field_that_is_missing_stands_where_its_table_does() {
        let lines = lines();
        assert_eq!(lines.of("timeline[0].date"), Some(9));
        assert_eq!(lines.of("timeline[0].name"), Some(7));
        assert_eq!(lines.of("timeline[3].name"), Some(7));
        assert_eq!(lines.of("note"), None);
    }

    #[test]
    fn the_servers_fields_are_those_of_the_file() {
        let mut details = ErrorDetails::with_error_info("PLAN_INCOMPLETE", "backstock.v1", []);
        details.add_bad_request_violation("plan.timeline[0].date", "must be a date");
        details.add_bad_request_violation("plan.note", "is required");
        let status = Status::with_error_details(Code::InvalidArgument, "much", details);
        let faults = of_refusal(&status.into(), &lines());
        let found: Vec<_> = faults.iter().map(|f| (f.line, f.field.as_str())).collect();
        assert_eq!(found, [(Some(9), "timeline[0].date"), (None, "note")]);
    }

    #[test]
    fn a_rule_without_fields_names_the_field_that_it_is_about() {
        let details = ErrorDetails::with_error_info("CAP_BELOW_BACKLOG", "backstock.v1", []);
        let status = Status::with_error_details(Code::FailedPrecondition, "cap 3 below 4", details);
        let faults = of_refusal(&status.into(), &lines());
        assert_eq!((faults[0].line, faults[0].field.as_str()), (Some(3), "cap"));
        assert_eq!(faults[0].description, "CAP_BELOW_BACKLOG: cap 3 below 4");
    }
}
