//! What went wrong with a call, for people: the reason, each field at fault, each short line.

use std::fmt;

use prost::Message;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::output::{Column, table};
use crate::proto;

const REFUSAL: &str = "/backstock.v1.Refusal";

/// A call that was not answered as hoped.
#[derive(Clone, Debug)]
pub struct Refused {
    /// What the server, or the connection, said.
    pub status: Box<Status>,
    /// The id under which it may be asked again.
    request_id: Option<String>,
}

/// A field at fault, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Its path, for example `plan.timeline[1].date`.
    pub field: String,
    /// What would be right.
    pub description: String,
}

impl From<Status> for Refused {
    fn from(status: Status) -> Self {
        Self { status: Box::new(status), request_id: None }
    }
}

impl Refused {
    /// The same, for a write of that id.
    pub fn of_request(self, request_id: &str) -> Self {
        Self { request_id: Some(request_id.to_owned()), ..self }
    }

    /// The reason's name, for example `CAP_EXCEEDED`; none where gRPC itself answered.
    pub fn reason(&self) -> Option<String> {
        self.status.get_details_error_info().map(|info| info.reason)
    }

    /// A name or number of the message, for example of `sku`.
    pub fn metadata(&self, key: &str) -> Option<String> {
        self.status.get_details_error_info().and_then(|mut info| info.metadata.remove(key))
    }

    /// The fields at fault.
    pub fn fields(&self) -> Vec<FieldFault> {
        let bad = self.status.get_details_bad_request();
        let violations = bad.map(|bad| bad.field_violations).unwrap_or_default();
        let fault = |violation: tonic_types::FieldViolation| FieldFault {
            field: violation.field,
            description: violation.description,
        };
        violations.into_iter().map(fault).collect()
    }

    /// Fields at fault that the answer had no room for.
    pub fn fields_left_out(&self) -> u64 {
        self.metadata("fields_left_out").and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    /// Reason and sentence, in one line.
    pub fn sentence(&self) -> String {
        let message = match (self.status.code(), self.status.message()) {
            (Code::Unimplemented, _) => "this server may be older than this command",
            (_, "") => "the server gave no reason",
            (_, message) => message,
        };
        match self.reason() {
            Some(reason) => format!("{reason}: {message}"),
            None => format!("{}: {message}", self.status.code()),
        }
    }

    /// Whether the server decided: about the request, and not because of its own state or ours.
    pub fn is_answer(&self) -> bool {
        let unknown = self.reason().is_none_or(|reason| reason == "UNKNOWN_PROGRAM");
        !unknown && !self.is_open() && self.status.code() != Code::Internal
    }

    /// Whether nobody knows what became of the call.
    fn is_open(&self) -> bool {
        matches!(self.status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled)
    }

    fn refusal(&self) -> proto::Refusal {
        let details = tonic_types::pb::Status::decode(self.status.details()).unwrap_or_default();
        let found = details.details.iter().find(|any| any.type_url.ends_with(REFUSAL));
        found.and_then(|any| proto::Refusal::decode(any.value.as_slice()).ok()).unwrap_or_default()
    }
}

/// The short name of a reason of the contract; empty for none.
pub fn reason(reason: i32) -> String {
    match proto::Reason::try_from(reason) {
        Ok(proto::Reason::Unspecified) | Err(_) => String::new(),
        Ok(reason) => reason.as_str_name().trim_start_matches("REASON_").to_owned(),
    }
}

impl std::error::Error for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.fields();
        match (fields.len(), self.reason()) {
            (0, _) | (_, None) => write!(out, "{}", self.sentence())?,
            (1, Some(reason)) => write!(out, "{reason}: a field is at fault")?,
            (count, Some(reason)) => write!(out, "{reason}: {count} fields are at fault")?,
        }
        for fault in &fields {
            write!(out, "\n  {} {}", fault.field, fault.description)?;
        }
        match self.fields_left_out() {
            0 => {}
            more => write!(out, "\n  and {more} more")?,
        }
        let refusal = self.refusal();
        if !refusal.shortages.is_empty() {
            write!(out, "\n{}", shortages(&refusal.shortages))?;
        }
        if refusal.shortages_left_out > 0 {
            write!(out, "\nand {} short lines more", refusal.shortages_left_out)?;
        }
        match &self.request_id {
            Some(id) if self.is_open() => {
                write!(out, "\nit is safe to ask again, with --request-id {id}")
            }
            _ => Ok(()),
        }
    }
}

fn shortages(shortages: &[proto::Shortage]) -> comfy_table::Table {
    let columns = [
        Column::Text("SKU"),
        Column::Number("asked"),
        Column::Number("available"),
        Column::Number("missing"),
        Column::Number("headroom"),
        Column::Text("ship by"),
        Column::Text("reason"),
    ];
    let row = |short: &proto::Shortage| {
        vec![
            short.sku.clone(),
            short.requested.to_string(),
            short.available.to_string(),
            short.short.to_string(),
            short.backorder_headroom.to_string(),
            short.promise.as_ref().map(|promise| promise.ship_by.clone()).unwrap_or_default(),
            reason(short.reason),
        ]
    };
    table(&columns, shortages.iter().map(row))
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn each_field_stands_on_a_line_of_its_own() {
        let mut details = ErrorDetails::with_error_info("MALFORMED", "backstock.v1", []);
        details.add_bad_request_violation("items[0].sku", "must be an id");
        details.add_bad_request_violation("items[1].title", "must be short");
        let status = Status::with_error_details(Code::InvalidArgument, "long", details);
        let text = Refused::from(status).of_request("r").to_string();
        let lines = "MALFORMED: 2 fields are at fault\n  items[0].sku must be an id\n  items[1].";
        assert!(text.starts_with(lines), "{text}");
        assert!(!text.contains("--request-id"), "{text}");
    }

    #[test]
    fn a_write_in_doubt_names_its_request_id() {
        let text = Refused::from(Status::unavailable("gone")).of_request("r-7").to_string();
        assert!(text.ends_with("--request-id r-7"), "{text}");
    }

    #[test]
    fn short_lines_are_a_table() {
        let promise = proto::Promise { ship_by: "2027-01-31".into(), ..Default::default() };
        let short = proto::Shortage {
            sku: "TEE".into(),
            requested: 7,
            available: 2,
            short: 5,
            promise: Some(promise),
            reason: proto::Reason::CapExceeded.into(),
            ..Default::default()
        };
        let refusal =
            proto::Refusal { shortages: vec![short], shortages_left_out: 3, ..Default::default() };
        let any = prost_types::Any {
            type_url: "type.googleapis.com/backstock.v1.Refusal".into(),
            value: refusal.encode_to_vec(),
        };
        let whole = tonic_types::pb::Status { details: vec![any], ..Default::default() };
        let status =
            Status::with_details(Code::FailedPrecondition, "short", whole.encode_to_vec().into());
        let text = Refused::from(status).to_string();
        for part in ["TEE", "2027-01-31", "CAP_EXCEEDED", "and 3 short lines more"] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }
}
