//! Reservations, and the answers that show one.

use super::{promise, shortage, timestamp};
use crate::domain::answer::{LineView, ReservationView};
use crate::domain::program::ShipPolicy;
use crate::domain::reservation::{Question, State};
use crate::domain::{Answer, Line, ProgramId};
use crate::proto;
use crate::service::stored::Response;

/// A reservation of a programme.
pub(in crate::service) fn reservation(
    view: &ReservationView,
    program: &ProgramId,
) -> proto::Reservation {
    let reservation = &view.reservation;
    proto::Reservation {
        program: program.to_string(),
        reservation_id: reservation.id.to_string(),
        state: state(view.state).into(),
        lines: reservation.lines.iter().zip(&view.lines).map(|(l, shown)| line(l, shown)).collect(),
        ship_policy: ship_policy(reservation.ship_policy).into(),
        ready_to_ship: view.is_ready,
        create_time: Some(timestamp(reservation.created_at)),
        expire_time: reservation.expires_at.map(timestamp),
        customer_id: reservation.customer.as_ref().map(ToString::to_string).unwrap_or_default(),
        together_until: reservation.together_until.map(|d| d.to_string()).unwrap_or_default(),
    }
}

fn line(line: &Line, shown: &LineView) -> proto::ReservationLine {
    let at = |(location, units): &(crate::domain::Location, i64)| proto::LocationQuantity {
        location: location.to_string(),
        quantity: *units,
    };
    proto::ReservationLine {
        sku: line.sku.to_string(),
        ordered: line.ordered,
        allocated: line.allocated(),
        backordered: line.queued(),
        shipped: line.shipped,
        released: line.released,
        allocations: line.allocations.iter().map(at).collect(),
        promise: line.promise.map(|promised| promise(&promised, &shown.note)),
        queue_ahead: shown.queue_ahead,
        item_version: shown.version,
        delay_question: line.question.map(question),
    }
}

fn question(question: Question) -> proto::DelayQuestion {
    let on_silence = match question.silence_keeps {
        true => proto::DelayAnswer::Keep,
        false => proto::DelayAnswer::Cancel,
    };
    proto::DelayQuestion {
        answer_by: Some(timestamp(question.answer_by)),
        on_silence: on_silence.into(),
    }
}

fn state(state: State) -> proto::ReservationState {
    match state {
        State::Held => proto::ReservationState::Held,
        State::Confirmed => proto::ReservationState::Confirmed,
        State::Shipped => proto::ReservationState::Shipped,
        State::Released => proto::ReservationState::Released,
        State::Expired => proto::ReservationState::Expired,
    }
}

/// Whether a parcel waits.
pub(in crate::service) fn ship_policy(policy: ShipPolicy) -> proto::ShipPolicy {
    match policy {
        ShipPolicy::Together => proto::ShipPolicy::Together,
        ShipPolicy::AsAvailable => proto::ShipPolicy::AsAvailable,
    }
}

impl Response for proto::ReserveResponse {
    fn of(answer: &Answer) -> Option<Self> {
        let Answer::Reservation { view, program, shortages } = answer else { return None };
        let shortages = shortages.iter().map(shortage).collect();
        Some(Self { reservation: Some(reservation(view, program)), shortages })
    }
}

macro_rules! shows_a_reservation {
    ($($response:ident),+) => {$(
        impl Response for proto::$response {
            fn of(answer: &Answer) -> Option<Self> {
                let Answer::Reservation { view, program, .. } = answer else { return None };
                Some(Self { reservation: Some(reservation(view, program)) })
            }
        }
    )+};
}

shows_a_reservation!(
    BackorderResponse,
    ExtendResponse,
    ConfirmResponse,
    ShipResponse,
    AnswerDelayResponse
);

impl Response for proto::ReleaseResponse {
    fn of(answer: &Answer) -> Option<Self> {
        let Answer::Released { view, program, released, already, filled } = answer else {
            return None;
        };
        let line = |(sku, units): &(crate::domain::Sku, i64)| proto::Line {
            sku: sku.to_string(),
            quantity: *units,
        };
        Some(Self {
            reservation: Some(reservation(view, program)),
            released: released.iter().map(line).collect(),
            already_released: *already,
            filled_units: *filled,
        })
    }
}
