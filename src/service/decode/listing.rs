//! Requests for long lists: plans, reservations, suggestions.

use tonic::Status;

use super::{Form, ROWS_MAX, TOKEN_RULE, page};
use crate::domain::plan::PlanState;
use crate::domain::reservation::State;
use crate::domain::{ProgramId, ReservationId, Sku};
use crate::proto;
use crate::store::read::{ReservationFilter, ReservationPlace};

/// Days of refused demand when the call does not say.
const DAYS: i32 = 30;
/// Most days of refused demand.
const DAYS_MAX: i32 = 3650;

/// ListPlans: the programme, the state asked for, the SKU behind which the page starts, its size.
pub(in crate::service) fn plans_page(
    request: &proto::ListPlansRequest,
) -> Result<(ProgramId, Option<PlanState>, String, i64), Status> {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    let state = match proto::PlanState::try_from(request.state) {
        Ok(proto::PlanState::Unspecified) => None,
        Ok(proto::PlanState::Scheduled) => Some(PlanState::Scheduled),
        Ok(proto::PlanState::Open) => Some(PlanState::Open),
        Ok(proto::PlanState::Full) => Some(PlanState::Full),
        Ok(proto::PlanState::Closed) => Some(PlanState::Closed),
        Err(_) => {
            form.fault("state", "must be one of PlanState");
            None
        }
    };
    let behind = form.optional("page_token", &request.page_token, Sku::parse);
    let size = page(&mut form, request.page_size);
    form.done((program, state, behind.map(|sku| sku.to_string()).unwrap_or_default(), size))
}

/// ListReservations: the programme, the filters, the state asked for, where the page starts, and
/// its size.
pub(in crate::service) fn reservations_page(
    request: &proto::ListReservationsRequest,
) -> Result<(ProgramId, ReservationFilter, Option<State>, ReservationPlace, i64), Status> {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    let state = match proto::ReservationState::try_from(request.state) {
        Ok(proto::ReservationState::Unspecified) => None,
        Ok(proto::ReservationState::Held) => Some(State::Held),
        Ok(proto::ReservationState::Confirmed) => Some(State::Confirmed),
        Ok(proto::ReservationState::Shipped) => Some(State::Shipped),
        Ok(proto::ReservationState::Released) => Some(State::Released),
        Ok(proto::ReservationState::Expired) => Some(State::Expired),
        Err(_) => {
            form.fault("state", "must be one of ReservationState");
            None
        }
    };
    let filter = ReservationFilter {
        sku: form.optional("sku", &request.sku, Sku::parse),
        ship_by_from: form.optional_date("ship_by_from", &request.ship_by_from),
        ship_by_to: form.optional_date("ship_by_to", &request.ship_by_to),
        overdue: request.overdue,
    };
    if filter.ship_by_from.zip(filter.ship_by_to).is_some_and(|(from, to)| from > to) {
        form.fault("ship_by_to", "must not be before ship_by_from");
    }
    let place = match read_place(&filter, &request.page_token) {
        Some(place) => place,
        None => {
            form.fault("page_token", TOKEN_RULE);
            ReservationPlace::start(&filter)
        }
    };
    let size = page(&mut form, request.page_size);
    form.done((program, filter, state, place, size))
}

/// The token of a page of reservations. No id has a space in it.
pub(in crate::service) fn reservation_token(place: &ReservationPlace) -> String {
    match place {
        ReservationPlace::Dated { ship_by, reservation, position } => {
            format!("{ship_by} {reservation} {position}")
        }
        ReservationPlace::Undated { reservation, position } => {
            format!("- {reservation} {position}")
        }
        ReservationPlace::InLedger { version } => version.to_string(),
        ReservationPlace::ById { reservation } => reservation.clone(),
    }
}

fn read_place(filter: &ReservationFilter, token: &str) -> Option<ReservationPlace> {
    let start = ReservationPlace::start(filter);
    if token.is_empty() {
        return Some(start);
    }
    let words: Vec<&str> = token.split(' ').collect();
    let id = |text: &str| ReservationId::parse(text).map(|id| id.to_string());
    match (start, &words[..]) {
        (ReservationPlace::Dated { .. }, ["-", reservation, position]) => {
            let (reservation, position) = (id(reservation)?, position.parse().ok()?);
            Some(ReservationPlace::Undated { reservation, position })
        }
        (ReservationPlace::Dated { .. }, [date, reservation, position]) => {
            let ship_by = crate::domain::plan::parse_date(date)?;
            let (reservation, position) = (id(reservation)?, position.parse().ok()?);
            Some(ReservationPlace::Dated { ship_by, reservation, position })
        }
        (ReservationPlace::InLedger { .. }, [version]) => {
            Some(ReservationPlace::InLedger { version: version.parse().ok()? })
        }
        (ReservationPlace::ById { .. }, [reservation]) => {
            Some(ReservationPlace::ById { reservation: id(reservation)? })
        }
        _ => None,
    }
}

/// SuggestPurchase: the programme, the SKUs (none = all with a plan), the days, the SKU behind
/// which the page starts, and its size.
pub(in crate::service) fn suggestion_page(
    request: &proto::SuggestPurchaseRequest,
) -> Result<(ProgramId, Vec<Sku>, i32, String, i64), Status> {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    form.count("skus", request.skus.len(), 0, ROWS_MAX);
    form.unique("skus", request.skus.iter().map(String::as_str));
    let skus = form.each("skus", &request.skus, |form, sku| form.sku("", sku));
    let days = if request.days == 0 { DAYS } else { request.days };
    if !(1..=DAYS_MAX).contains(&days) {
        form.fault("days", format!("must be 1 to {DAYS_MAX} (0 = {DAYS}), not {days}"));
    }
    let behind = form.optional("page_token", &request.page_token, Sku::parse);
    let size = page(&mut form, request.page_size);
    let behind = behind.map(|sku| sku.to_string()).unwrap_or_default();
    form.done((program, skus, days, behind, size))
}
