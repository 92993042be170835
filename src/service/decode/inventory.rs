//! Requests of InventoryService.

use std::collections::BTreeMap;

use tonic::Status;

use super::{Form, LINES_MAX, ROWS_MAX};
use crate::domain::command::{Mode, Order, Term};
use crate::domain::reservation::Purpose;
use crate::domain::{Command, Customer, Date, ProgramId, Request, ReservationId, Sku};
use crate::proto;
use crate::service::hash;

/// A programme and a request to it.
type Decoded = Result<(ProgramId, Request), Status>;

/// Reserve.
pub(in crate::service) fn reserve(request: proto::ReserveRequest) -> Decoded {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    let request = reserve_in(&mut form, &program, request);
    form.done((program, request))
}

/// BatchReserve: many Reserves of one programme.
pub(in crate::service) fn reserve_many(
    request: proto::BatchReserveRequest,
) -> Result<(ProgramId, Vec<Request>), Status> {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    form.count("requests", request.requests.len(), 1, ROWS_MAX);
    let requests = form.each("requests", request.requests, |form, member| {
        if !member.program.is_empty() && member.program != program.as_str() {
            form.fault("program", "must be empty or the batch's own");
        }
        reserve_in(form, &program, member)
    });
    form.done((program, requests))
}

fn reserve_in(form: &mut Form, program: &ProgramId, mut request: proto::ReserveRequest) -> Request {
    // The same request is the same whether its programme is written out or not.
    request.program = program.to_string();
    let id = form.request_id("request_id", &request.request_id);
    let mode = match proto::Mode::try_from(request.mode) {
        Ok(proto::Mode::Unspecified | proto::Mode::AllOrNothing) => Mode::AllOrNothing,
        Ok(proto::Mode::Partial) => Mode::Partial,
        Err(_) => {
            form.fault("mode", "must be one of Mode");
            Mode::AllOrNothing
        }
    };
    let purpose = match proto::Purpose::try_from(request.purpose) {
        Ok(proto::Purpose::Unspecified | proto::Purpose::Sale) => Purpose::Sale,
        Ok(proto::Purpose::Replacement) => Purpose::Replacement,
        Err(_) => {
            form.fault("purpose", "must be one of Purpose");
            Purpose::Sale
        }
    };
    let hold = form.hold("hold", request.hold.as_ref());
    let order = Order {
        reservation: reservation_id(form, "reservation_id", &request.reservation_id),
        lines: form.lines("lines", &request.lines, 1),
        term: term(form, "confirm", hold, request.confirm),
        customer: form.optional("customer_id", &request.customer_id, Customer::parse),
        ship_policy: form.ship_policy("ship_policy", request.ship_policy),
        together_until: together_until(
            form,
            "together_until",
            &request.together_until,
            request.ship_policy,
        ),
    };
    let hash = hash::of("Reserve", &request);
    Request { id: Some(id), hash, command: Command::Reserve { order, mode, purpose } }
}

fn reservation_id(form: &mut Form, field: &str, text: &str) -> ReservationId {
    form.id(field, text, ReservationId::parse, ReservationId::stored)
}

fn term(form: &mut Form, field: &str, hold: Option<i64>, confirm: bool) -> Term {
    match (hold, confirm) {
        (Some(_), true) => {
            form.fault(field, "must not be set together with hold");
            Term::Order
        }
        (None, true) => Term::Order,
        (Some(seconds), false) => Term::HoldSeconds(seconds),
        (None, false) => Term::DefaultHold,
    }
}

/// The last day that a parcel waits for every line; only parcels that wait have one.
fn together_until(form: &mut Form, field: &str, text: &str, ship_policy: i32) -> Option<Date> {
    let date = form.optional_date(field, text);
    if date.is_some() && ship_policy == i32::from(proto::ShipPolicy::AsAvailable) {
        form.fault(field, "must be empty for an order whose lines ship as available");
    }
    date
}

/// Backorder.
pub(in crate::service) fn backorder(mut request: proto::BackorderRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    let hold = form.hold("hold", request.hold.as_ref());
    let order = Order {
        reservation: reservation_id(&mut form, "reservation_id", &request.reservation_id),
        lines: form.lines("lines", &request.lines, 1),
        term: term(&mut form, "confirm", hold, request.confirm),
        customer: form.optional("customer_id", &request.customer_id, Customer::parse),
        ship_policy: form.ship_policy("ship_policy", request.ship_policy),
        together_until: together_until(
            &mut form,
            "together_until",
            &request.together_until,
            request.ship_policy,
        ),
    };
    let accepted = accepted(&mut form, Some(&order), &request.accepted);
    let hash = hash::of("Backorder", &request);
    let command = Command::Backorder { order, accepted };
    form.done((program, Request { id: Some(id), hash, command }))
}

/// What a customer was shown. The lines of a hold are not known here.
fn accepted(
    form: &mut Form,
    order: Option<&Order>,
    accepted: &[proto::AcceptedPromise],
) -> BTreeMap<Sku, Date> {
    form.count("accepted", accepted.len(), 0, LINES_MAX);
    form.unique("accepted", accepted.iter().map(|shown| shown.sku.as_str()));
    let mut dates = BTreeMap::new();
    form.each("accepted", accepted, |form, shown| {
        let sku = form.sku("sku", &shown.sku);
        if order.is_some_and(|order| !order.lines.iter().any(|line| line.sku == sku)) {
            form.fault("sku", "must be one of the lines' SKUs");
        }
        if let Some(date) = form.date("ship_by", &shown.ship_by) {
            dates.insert(sku, date);
        }
    });
    dates
}

/// Extend.
pub(in crate::service) fn extend(mut request: proto::ExtendRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    let reservation = reservation_id(&mut form, "reservation_id", &request.reservation_id);
    let hold_seconds = form.hold("hold", request.hold.as_ref());
    let hash = hash::of("Extend", &request);
    let command = Command::Extend { reservation, hold_seconds };
    form.done((program, Request { id: Some(id), hash, command }))
}

/// Confirm.
pub(in crate::service) fn confirm(mut request: proto::ConfirmRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    let reservation = reservation_id(&mut form, "reservation_id", &request.reservation_id);
    let accepted = accepted(&mut form, None, &request.accepted);
    let hash = hash::of("Confirm", &request);
    let command = Command::Confirm { reservation, accepted };
    form.done((program, Request { id: Some(id), hash, command }))
}

/// Release.
pub(in crate::service) fn release(mut request: proto::ReleaseRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    let reservation = reservation_id(&mut form, "reservation_id", &request.reservation_id);
    let lines = form.lines("lines", &request.lines, 0);
    let reason = form.text("reason", &request.reason);
    let hash = hash::of("Release", &request);
    let command = Command::Release { reservation, lines, reason };
    form.done((program, Request { id: Some(id), hash, command }))
}

/// Ship.
pub(in crate::service) fn ship(mut request: proto::ShipRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    let reservation = reservation_id(&mut form, "reservation_id", &request.reservation_id);
    let lines = form.lines("lines", &request.lines, 0);
    let tracking = form.text("tracking", &request.tracking);
    let hash = hash::of("Ship", &request);
    let command = Command::Ship { reservation, lines, tracking };
    form.done((program, Request { id: Some(id), hash, command }))
}

/// AnswerDelay.
pub(in crate::service) fn answer_delay(mut request: proto::AnswerDelayRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    let reservation = reservation_id(&mut form, "reservation_id", &request.reservation_id);
    let sku = form.sku("sku", &request.sku);
    let keeps = match proto::DelayAnswer::try_from(request.answer) {
        Ok(proto::DelayAnswer::Keep) => true,
        Ok(proto::DelayAnswer::Cancel) => false,
        Ok(proto::DelayAnswer::Unspecified) | Err(_) => {
            form.fault("answer", "must be DELAY_ANSWER_KEEP or DELAY_ANSWER_CANCEL");
            true
        }
    };
    let hash = hash::of("AnswerDelay", &request);
    let command = Command::AnswerDelay { reservation, sku, keeps };
    form.done((program, Request { id: Some(id), hash, command }))
}
