//! The form in which answers are kept: the bytes of the response message, or of the
//! `google.rpc.Status` of a refusal. A repeated request gets these bytes again.

use prost::Message;
use tonic::{Code, Status};
use tonic_types::pb;

use super::{encode, refusals};
use crate::domain::{Answer, Command, Refusal};
use crate::proto;
use crate::store::{Body, Reply};
use crate::telemetry::metrics::metrics;

/// A response message that can be made from an answer.
pub(super) trait Response: Message + Default {
    /// The response that shows an answer. `None` = it is the answer to another rpc.
    fn of(answer: &Answer) -> Option<Self>;
}

/// Makes the stored form of an answer.
#[must_use]
pub fn encode(command: &Command, outcome: &Result<Answer, Refusal>) -> Body {
    match outcome {
        Ok(answer) => Body { is_refusal: false, bytes: message(command, answer) },
        Err(refusal) => {
            let status = refusals::refused(refusal);
            Body { is_refusal: true, bytes: status.details().to_vec() }
        }
    }
}

fn message(command: &Command, answer: &Answer) -> Vec<u8> {
    fn bytes<T: Response>(answer: &Answer) -> Vec<u8> {
        T::of(answer).map(|response| response.encode_to_vec()).unwrap_or_default()
    }
    match command {
        Command::Reserve { .. } => bytes::<proto::ReserveResponse>(answer),
        Command::Backorder { .. } => bytes::<proto::BackorderResponse>(answer),
        Command::Extend { .. } => bytes::<proto::ExtendResponse>(answer),
        Command::Confirm { .. } => bytes::<proto::ConfirmResponse>(answer),
        Command::Release { .. } => bytes::<proto::ReleaseResponse>(answer),
        Command::Receive(_) => bytes::<proto::ReceiveResponse>(answer),
        Command::Ship { .. } => bytes::<proto::ShipResponse>(answer),
        Command::Adjust { .. } => bytes::<proto::AdjustResponse>(answer),
        Command::PutProgram(_) => bytes::<proto::PutProgramResponse>(answer),
        Command::PutLocations(_) => bytes::<proto::PutLocationsResponse>(answer),
        Command::PutItems(_) => bytes::<proto::PutItemsResponse>(answer),
        Command::OpenBackorders { .. } => bytes::<proto::OpenBackordersResponse>(answer),
        Command::CloseBackorders { .. } => bytes::<proto::CloseBackordersResponse>(answer),
        Command::UpdatePlan { .. } => bytes::<proto::UpdatePlanResponse>(answer),
        Command::AnnounceInbound { .. } => bytes::<proto::AnnounceInboundResponse>(answer),
        Command::UpdateInbound { .. } => bytes::<proto::UpdateInboundResponse>(answer),
        Command::AnswerDelay { .. } => bytes::<proto::AnswerDelayResponse>(answer),
        Command::Tend { .. } | Command::TendOrder { .. } => Vec::new(),
    }
}

/// The response to a request, or the status that refuses it.
pub(super) fn response<T: Response>(reply: Reply) -> Result<T, Status> {
    match reply {
        Reply::Fresh(outcome) => match *outcome {
            Ok(answer) => T::of(&answer).ok_or_else(|| mismatch("an answer of another rpc")),
            Err(refusal) => {
                metrics().refused(refusals::name(refusal.reason()));
                Err(refusals::refused(&refusal))
            }
        },
        Reply::Stored(Body { is_refusal: false, bytes }) => {
            T::decode(&bytes[..]).map_err(|_| mismatch("a stored answer cannot be read"))
        }
        Reply::Stored(Body { is_refusal: true, bytes }) => Err(stored_status(&bytes)),
        Reply::Failed(failure) => Err(refusals::failed(&failure)),
    }
}

fn stored_status(bytes: &[u8]) -> Status {
    match pb::Status::decode(bytes) {
        Ok(status) => {
            let details = bytes.to_vec().into();
            Status::with_details(Code::from(status.code), status.message, details)
        }
        Err(_) => mismatch("a stored refusal cannot be read"),
    }
}

fn mismatch(what: &str) -> Status {
    let incident = uuid::Uuid::new_v4().to_string();
    tracing::error!(incident, what, "an answer cannot be shown");
    refusals::internal(&incident)
}

/// What became of one member of a batch.
pub(super) fn result(reply: Reply) -> Result<proto::BatchReserveResult, Status> {
    use proto::batch_reserve_result::Result as Shown;
    if let Reply::Failed(failure) = &reply {
        let result = Some(Shown::Refusal(refusals::member_failed(failure)));
        return Ok(proto::BatchReserveResult { result, shortages: Vec::new() });
    }
    match response::<proto::ReserveResponse>(reply) {
        Ok(proto::ReserveResponse { reservation, shortages }) => {
            Ok(proto::BatchReserveResult { result: reservation.map(Shown::Reservation), shortages })
        }
        Err(status) => {
            let refusal = encode::refusal_of(&status).ok_or(status)?;
            let result = Some(Shown::Refusal(refusal));
            Ok(proto::BatchReserveResult { result, shortages: Vec::new() })
        }
    }
}
