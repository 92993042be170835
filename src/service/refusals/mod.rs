//! The one page that turns what went wrong into a gRPC status: a code, exactly one
//! `google.rpc.ErrorInfo` with every number of the message in its metadata, `BadRequest` where
//! fields are at fault, `RetryInfo` where asking again helps, and a `Refusal`.

mod sentence;

use std::collections::BTreeMap;
use std::time::Duration;

use prost::Message;
use tonic::{Code, Status};
use tonic_types::pb;

use super::encode;
use crate::combine::Unanswered;
use crate::domain::Refusal;
use crate::domain::id::ID_RULE;
use crate::domain::refusal::Reason;
use crate::proto;
use crate::store::Failure;
use crate::store::feed::Unread;
use crate::telemetry::metrics::metrics;
use sentence::{faulty, sentence};

/// The domain of every `ErrorInfo`.
pub const DOMAIN: &str = "backstock.v1";
/// When a caller who was told BUSY may come back.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// Largest `Refusal` in the details of a status. Clients take 8 KiB of headers, in base64, with the
/// message thrice and the other details beside it.
const REFUSAL_BYTES_MAX: usize = 4600;
/// Most short lines, or fields at fault, that a message names.
const NAMED_MAX: usize = 3;
/// Most fields at fault in a `BadRequest`.
const FIELDS_MAX: usize = 20;

/// `google.rpc.ErrorInfo` with its metadata in order, so that the same refusal is the same bytes.
#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(btree_map = "string, string", tag = "3")]
    metadata: BTreeMap<String, String>,
}

/// Numbers and names of a message.
type Metadata = BTreeMap<String, String>;

fn metadata<const N: usize>(entries: [(&str, String); N]) -> Metadata {
    entries.map(|(key, value)| (key.to_owned(), value)).into()
}

fn any(type_url: &str, message: &impl Message) -> prost_types::Any {
    prost_types::Any { type_url: type_url.to_owned(), value: message.encode_to_vec() }
}

/// A status under construction.
struct Parts {
    code: Code,
    message: String,
    details: Vec<prost_types::Any>,
}

impl Parts {
    fn new(code: Code, reason: &str, message: String, metadata: Metadata) -> Self {
        let (reason, domain) = (reason.to_owned(), DOMAIN.to_owned());
        let info = ErrorInfo { reason, domain, metadata };
        let details = vec![any("type.googleapis.com/google.rpc.ErrorInfo", &info)];
        Self { code, message, details }
    }

    fn with_fields(mut self, fields: &[(String, String)]) -> Self {
        let violation = |(field, description): &(String, String)| pb::bad_request::FieldViolation {
            field: field.clone(),
            description: description.clone(),
            ..Default::default()
        };
        let violations = fields.iter().take(FIELDS_MAX).map(violation).collect();
        let bad = pb::BadRequest { field_violations: violations };
        self.details.push(any("type.googleapis.com/google.rpc.BadRequest", &bad));
        self
    }

    fn with_retry(mut self) -> Self {
        let delay = prost_types::Duration::try_from(RETRY_AFTER).ok();
        let retry = pb::RetryInfo { retry_delay: delay };
        self.details.push(any("type.googleapis.com/google.rpc.RetryInfo", &retry));
        self
    }

    fn with_refusal(mut self, refusal: &proto::Refusal) -> Self {
        self.details.push(any(encode::REFUSAL_URL, refusal));
        self
    }

    fn status(self) -> Status {
        let status = pb::Status {
            code: i32::from(self.code),
            message: self.message.clone(),
            details: self.details,
        };
        Status::with_details(self.code, self.message, status.encode_to_vec().into())
    }
}

/// A call whose fields are not of the right form: each with what would be right.
pub(super) fn malformed(fields: &[(String, String)]) -> Status {
    metrics().refused("MALFORMED");
    let (message, metadata) = faulty(fields.iter().map(|(field, rule)| (&**field, &**rule)));
    Parts::new(Code::InvalidArgument, "MALFORMED", message, metadata).with_fields(fields).status()
}

/// A call that the combiner or the store could not answer.
pub(super) fn unanswered(unanswered: &Unanswered) -> Status {
    match unanswered {
        Unanswered::Failed(failure) => failed(failure),
        Unanswered::TooLate => Status::deadline_exceeded(unanswered.to_string()),
        Unanswered::Busy | Unanswered::Closing => busy(&unanswered.to_string()),
    }
}

/// Too many, or too late: nothing was done.
pub(super) fn busy(why: &str) -> Status {
    metrics().refused("BUSY");
    let message = format!("{why}; nothing was done, ask again");
    Parts::new(Code::Unavailable, "BUSY", message, Metadata::new()).with_retry().status()
}

/// A store that could not answer.
pub(super) fn failed(failure: &Failure) -> Status {
    match failure {
        Failure::Unavailable => busy(&failure.to_string()),
        Failure::OutcomeUnknown => {
            metrics().refused("OUTCOME_UNKNOWN");
            let message = format!("{failure}; ask again with the same request_id");
            let parts = Parts::new(Code::Unavailable, "OUTCOME_UNKNOWN", message, Metadata::new());
            parts.with_retry().status()
        }
        Failure::Incident(incident) => internal(&incident.to_string()),
    }
}

/// A member of a batch that the store could not answer, though it answered its mates.
pub(super) fn member_failed(failure: &Failure) -> proto::Refusal {
    let reason = match failure {
        Failure::Unavailable => proto::Reason::Busy,
        Failure::OutcomeUnknown => proto::Reason::OutcomeUnknown,
        Failure::Incident(_) => proto::Reason::Internal,
    };
    let message = failed(failure).message().to_owned();
    proto::Refusal { reason: reason.into(), message, ..Default::default() }
}

/// Something that should not happen; the number stands in the log.
pub(super) fn internal(incident: &str) -> Status {
    metrics().refused("INTERNAL");
    let metadata = metadata([("incident", incident.to_owned())]);
    let message = format!("internal error, incident {incident}");
    Parts::new(Code::Internal, "INTERNAL", message, metadata).status()
}

/// A refusal of the domain.
pub(super) fn refused(refusal: &Refusal) -> Status {
    let reason = name(refusal.reason());
    let (message, metadata) = sentence(refusal);
    let shown = shown(refusal, &message);
    let parts = Parts::new(code(refusal.reason()), &reason, message, metadata);
    let fields: Vec<(String, String)> = match refusal {
        Refusal::PlanIncomplete { faults } => {
            faults.iter().map(|fault| (fault.field.clone(), fault.rule.clone())).collect()
        }
        Refusal::CustomerRequired { sku } => vec![(
            "customer_id".to_owned(),
            format!("is required, {ID_RULE}: the plan of {sku} limits units for each customer"),
        )],
        Refusal::NoSuchLine { reservation, sku } => {
            vec![("accepted".to_owned(), format!("must name lines of {reservation}, not {sku}"))]
        }
        Refusal::InboundInPast { today } => {
            vec![("inbound.ships_on".to_owned(), format!("must be today ({today}) or later"))]
        }
        _ => return parts.with_refusal(&shown).status(),
    };
    parts.with_fields(&fields).with_refusal(&shown).status()
}

/// A webhook that there is not in the programme. The domain knows nothing of webhooks.
pub(super) fn unknown_webhook(id: &str) -> Status {
    metrics().refused("UNKNOWN_WEBHOOK");
    let message = format!("there is no webhook {id}");
    let reason = proto::Reason::UnknownWebhook.into();
    let shown = proto::Refusal { reason, message: message.clone(), ..Default::default() };
    let metadata = metadata([("webhook", id.to_owned())]);
    Parts::new(Code::NotFound, "UNKNOWN_WEBHOOK", message, metadata).with_refusal(&shown).status()
}

/// A cursor behind which events are kept no more.
pub(super) fn cursor_too_old(after: i64, oldest: i64) -> Status {
    metrics().refused("CURSOR_TOO_OLD");
    let message = format!(
        "events behind position {after} are kept no more; the oldest cursor to be had is {oldest}"
    );
    let metadata = metadata([("after", after.to_string()), ("oldest", oldest.to_string())]);
    Parts::new(Code::OutOfRange, "CURSOR_TOO_OLD", message, metadata).status()
}

/// Events that were not read from a cursor on.
pub(super) fn unread(unread: &Unread, after: i64) -> Status {
    match unread {
        Unread::TooOld { oldest } => cursor_too_old(after, *oldest),
        Unread::Failed(failure) => failed(failure),
    }
}

/// The `Refusal` of the contract, small enough for the headers that it travels in.
fn shown(refusal: &Refusal, message: &str) -> proto::Refusal {
    let mut shown = proto::Refusal {
        reason: encode::reason(refusal.reason()).into(),
        message: message.to_owned(),
        shortages: match refusal {
            Refusal::Short { shortages, .. } => shortages.iter().map(encode::shortage).collect(),
            _ => Vec::new(),
        },
        shortages_left_out: 0,
    };
    if shown.encoded_len() > REFUSAL_BYTES_MAX {
        shown.shortages.iter_mut().flat_map(|s| &mut s.promise).for_each(|p| p.note.clear());
    }
    while shown.encoded_len() > REFUSAL_BYTES_MAX && shown.shortages.pop().is_some() {
        shown.shortages_left_out += 1;
    }
    shown
}

/// The name of a reason in `ErrorInfo`: that of the contract without its prefix.
pub(super) fn name(reason: Reason) -> String {
    encode::reason(reason).as_str_name().trim_start_matches("REASON_").to_owned()
}

fn code(reason: Reason) -> Code {
    match reason {
        Reason::Malformed | Reason::PlanIncomplete | Reason::NoteUnclear => Code::InvalidArgument,
        Reason::UnknownProgram
        | Reason::UnknownItem
        | Reason::UnknownLocation
        | Reason::UnknownReservation
        | Reason::UnknownInbound
        | Reason::UnknownPlan
        | Reason::UnknownWebhook => Code::NotFound,
        Reason::ReservationExists
        | Reason::ReceiptExists
        | Reason::RequestIdReused
        | Reason::InboundExists => Code::AlreadyExists,
        Reason::StockInsufficient
        | Reason::BackordersClosed
        | Reason::WindowClosed
        | Reason::CapExceeded
        | Reason::CustomerLimitExceeded
        | Reason::PromiseChanged
        | Reason::ListingQuotaExceeded
        | Reason::CapBelowBacklog
        | Reason::ReservationExpired
        | Reason::ReservationEnded
        | Reason::QuantityExceedsLine
        | Reason::ReservationNotConfirmed
        | Reason::AdjustmentExceedsStock
        | Reason::QuantityOverflow
        | Reason::ExpectedBelowArrived
        | Reason::NoDelayToAnswer => Code::FailedPrecondition,
    }
}
