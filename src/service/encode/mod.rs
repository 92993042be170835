//! The domain's answers, as the contract shows them.

mod catalogue;
mod event;
mod item;
mod reservation;

use chrono::{DateTime, Utc};
use prost::Message;
use tonic::Status;
use tonic_types::pb;

use crate::domain::Kind;
use crate::domain::refusal::{Reason, Shortage};
use crate::domain::reservation::Promised;
use crate::proto;

pub(super) use catalogue::{inbound, item_settings, place, plan, program};
pub(super) use event::event;
pub(super) use item::item;
pub(super) use reservation::reservation;

/// The type of a `Refusal` in the details of a status.
pub(super) const REFUSAL_URL: &str = "type.googleapis.com/backstock.v1.Refusal";

/// An instant.
pub(super) fn timestamp(time: DateTime<Utc>) -> prost_types::Timestamp {
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).unwrap_or_default();
    prost_types::Timestamp { seconds: time.timestamp(), nanos }
}

/// A promise with its note.
pub(super) fn promise(promised: &Promised, note: &str) -> proto::Promise {
    proto::Promise {
        ship_by: promised.ship_by.to_string(),
        original_ship_by: promised.original_ship_by.to_string(),
        note: note.to_owned(),
        plan_version: promised.plan_version,
    }
}

/// A line that fell short.
pub(super) fn shortage(short: &Shortage) -> proto::Shortage {
    proto::Shortage {
        sku: short.sku.to_string(),
        requested: short.requested,
        available: short.available,
        short: short.requested - short.available,
        backorder_headroom: short.headroom,
        promise: short.promise.as_ref().map(|(promised, note)| promise(promised, note)),
        reason: short.reason.map_or(proto::Reason::Unspecified, reason).into(),
        item_version: short.version,
    }
}

/// The contract's name of a reason.
pub(super) fn reason(reason: Reason) -> proto::Reason {
    match reason {
        Reason::Malformed => proto::Reason::Malformed,
        Reason::PlanIncomplete => proto::Reason::PlanIncomplete,
        Reason::NoteUnclear => proto::Reason::NoteUnclear,
        Reason::UnknownProgram => proto::Reason::UnknownProgram,
        Reason::UnknownItem => proto::Reason::UnknownItem,
        Reason::UnknownLocation => proto::Reason::UnknownLocation,
        Reason::UnknownReservation => proto::Reason::UnknownReservation,
        Reason::UnknownInbound => proto::Reason::UnknownInbound,
        Reason::UnknownPlan => proto::Reason::UnknownPlan,
        Reason::UnknownWebhook => proto::Reason::UnknownWebhook,
        Reason::ReservationExists => proto::Reason::ReservationExists,
        Reason::ReceiptExists => proto::Reason::ReceiptExists,
        Reason::RequestIdReused => proto::Reason::RequestIdReused,
        Reason::InboundExists => proto::Reason::InboundExists,
        Reason::StockInsufficient => proto::Reason::StockInsufficient,
        Reason::BackordersClosed => proto::Reason::BackordersClosed,
        Reason::WindowClosed => proto::Reason::WindowClosed,
        Reason::CapExceeded => proto::Reason::CapExceeded,
        Reason::CustomerLimitExceeded => proto::Reason::CustomerLimitExceeded,
        Reason::PromiseChanged => proto::Reason::PromiseChanged,
        Reason::ListingQuotaExceeded => proto::Reason::ListingQuotaExceeded,
        Reason::CapBelowBacklog => proto::Reason::CapBelowBacklog,
        Reason::ReservationExpired => proto::Reason::ReservationExpired,
        Reason::ReservationEnded => proto::Reason::ReservationEnded,
        Reason::QuantityExceedsLine => proto::Reason::QuantityExceedsLine,
        Reason::ReservationNotConfirmed => proto::Reason::ReservationNotConfirmed,
        Reason::AdjustmentExceedsStock => proto::Reason::AdjustmentExceedsStock,
        Reason::QuantityOverflow => proto::Reason::QuantityOverflow,
        Reason::ExpectedBelowArrived => proto::Reason::ExpectedBelowArrived,
        Reason::NoDelayToAnswer => proto::Reason::NoDelayToAnswer,
    }
}

/// The `Refusal` in the details of a status.
pub(super) fn refusal_of(status: &Status) -> Option<proto::Refusal> {
    let status = pb::Status::decode(status.details()).ok()?;
    let detail = status.details.into_iter().find(|detail| detail.type_url == REFUSAL_URL)?;
    proto::Refusal::decode(&detail.value[..]).ok()
}

/// The contract's name of a kind of movement.
pub(super) fn kind(kind: Kind) -> proto::MovementKind {
    match kind {
        Kind::Item => proto::MovementKind::Item,
        Kind::Plan => proto::MovementKind::Plan,
        Kind::Reserve => proto::MovementKind::Reserve,
        Kind::Release => proto::MovementKind::Release,
        Kind::Expire => proto::MovementKind::Expire,
        Kind::Receive => proto::MovementKind::Receive,
        Kind::Fill => proto::MovementKind::Fill,
        Kind::Ship => proto::MovementKind::Ship,
        Kind::Adjust => proto::MovementKind::Adjust,
        Kind::Bump => proto::MovementKind::Bump,
        Kind::Confirm => proto::MovementKind::Confirm,
        Kind::Ready => proto::MovementKind::Ready,
        Kind::Promise => proto::MovementKind::Promise,
        Kind::Inbound => proto::MovementKind::Inbound,
        Kind::Carried => proto::MovementKind::Carried,
    }
}
