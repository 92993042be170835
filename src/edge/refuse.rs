//! The refusals of the edge, as the contract's `Reason` describes them.

use std::collections::HashMap;
use std::time::Duration;

use http::HeaderMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use uuid::Uuid;

use crate::telemetry::metrics::metrics;

/// The domain of every ErrorInfo.
const DOMAIN: &str = "backstock.v1";

/// The key of an incident's number in the metadata of its ErrorInfo.
pub(super) const INCIDENT: &str = "incident";

/// Milliseconds after which a caller that was turned away may come back: at least, and the width of
/// the band in which each is told another time, so that they do not all come back at once.
const RETRY_MIN_MILLIS: u64 = 100;
const RETRY_BAND_MILLIS: u64 = 900;

/// INVALID_ARGUMENT: the deadline cannot be read.
pub(super) fn malformed_timeout() -> Status {
    metrics().refused("MALFORMED");
    let field = "grpc-timeout";
    let wanted = "one to eight digits and a unit: H, M, S, m, u or n";
    let metadata = HashMap::from([("fields".to_owned(), field.to_owned())]);
    let mut details = ErrorDetails::with_error_info("MALFORMED", DOMAIN, metadata);
    details.add_bad_request_violation(field, wanted);
    Status::with_error_details(Code::InvalidArgument, format!("{field}: {wanted}"), details)
}

/// DEADLINE_EXCEEDED. The contract has no reason for it: the code says all.
pub(super) fn deadline_exceeded() -> Status {
    Status::deadline_exceeded("the deadline of the call has passed")
}

/// UNAVAILABLE: too many calls are in flight.
pub(super) fn busy() -> Status {
    metrics().refused("BUSY");
    let mut details = ErrorDetails::with_error_info("BUSY", DOMAIN, HashMap::new());
    details.set_retry_info(Some(retry_after()));
    let message = "more calls are in flight than can be served; ask again";
    Status::with_error_details(Code::Unavailable, message, details)
}

/// INTERNAL: something that should not happen, logged under `incident`.
pub(super) fn internal(incident: Uuid) -> Status {
    metrics().refused("INTERNAL");
    let metadata = HashMap::from([(INCIDENT.to_owned(), incident.to_string())]);
    let details = ErrorDetails::with_error_info("INTERNAL", DOMAIN, metadata);
    let message = format!("internal error, incident {incident}");
    Status::with_error_details(Code::Internal, message, details)
}

/// `status` as trailers, for an answer whose headers are gone already.
pub(super) fn trailers(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    if status.add_header(&mut trailers).is_err() {
        // Only a message that is no header text could fail, and ours are fixed.
        trailers.insert(Status::GRPC_STATUS, (status.code() as i32).into());
    }
    trailers
}

fn retry_after() -> Duration {
    let (random, _) = Uuid::new_v4().as_u64_pair();
    Duration::from_millis(RETRY_MIN_MILLIS + random % (RETRY_BAND_MILLIS + 1))
}
