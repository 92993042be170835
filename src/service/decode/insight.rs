//! Requests of InsightService.

use tonic::Status;

use super::{Form, ROWS_MAX, TOKEN_RULE};
use crate::domain::{ProgramId, ReservationId, Sku};
use crate::proto;
use crate::store::read::QueuePlace;

/// Lines of a page when the call does not say.
const PAGE_SIZE: i64 = 100;
/// Most lines of a page.
const PAGE_SIZE_MAX: i64 = 1000;

/// The size of a page.
pub(in crate::service) fn page(form: &mut Form, size: i32) -> i64 {
    match i64::from(size) {
        0 => PAGE_SIZE,
        size if (1..=PAGE_SIZE_MAX).contains(&size) => size,
        size => {
            form.fault("page_size", format!("must be 1 to 1000 (0 = 100), not {size}"));
            PAGE_SIZE
        }
    }
}

/// GetAvailability.
pub(in crate::service) fn availability(
    request: &proto::GetAvailabilityRequest,
) -> Result<(ProgramId, Vec<Sku>), Status> {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    form.count("skus", request.skus.len(), 1, ROWS_MAX);
    let skus = form.each("skus", &request.skus, |form, sku| form.sku("", sku));
    form.done((program, skus))
}

/// GetReservation.
pub(in crate::service) fn reservation(
    request: &proto::GetReservationRequest,
) -> Result<(ProgramId, ReservationId), Status> {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    let id = &request.reservation_id;
    let id = form.id("reservation_id", id, ReservationId::parse, ReservationId::stored);
    form.done((program, id))
}

/// ListBacklog: the item, where the page starts, and its size.
pub(in crate::service) fn backlog(
    request: &proto::ListBacklogRequest,
) -> Result<(ProgramId, Sku, QueuePlace, i64), Status> {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    let sku = form.sku("sku", &request.sku);
    let place = match (request.page_token.as_str(), read_queue_token(&request.page_token)) {
        ("", _) => QueuePlace::FRONT,
        (_, Some(place)) => place,
        (_, None) => {
            form.fault("page_token", TOKEN_RULE);
            QueuePlace::FRONT
        }
    };
    let size = page(&mut form, request.page_size);
    form.done((program, sku, place, size))
}

/// The token of a page of a queue.
pub(in crate::service) fn queue_token(place: QueuePlace) -> String {
    let QueuePlace { in_bumped, age, lines, units } = place;
    format!("{}.{age}.{lines}.{units}", u8::from(in_bumped))
}

fn read_queue_token(token: &str) -> Option<QueuePlace> {
    let mut numbers = token.split('.').map(|part| part.parse::<i64>().ok().filter(|n| *n >= 0));
    let (in_bumped, age) = (numbers.next()??, numbers.next()??);
    let (lines, units) = (numbers.next()??, numbers.next()??);
    let is_whole = numbers.next().is_none() && in_bumped <= 1;
    is_whole.then_some(QueuePlace { in_bumped: in_bumped == 1, age, lines, units })
}

/// ListMovements: the item, the version and part behind which the page starts, and its size.
pub(in crate::service) fn movements(
    request: &proto::ListMovementsRequest,
) -> Result<(ProgramId, Sku, (i64, i32), i64), Status> {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    let sku = form.sku("sku", &request.sku);
    let token = request.page_token.split_once('.');
    let place = token.and_then(|(version, part)| Some((version.parse().ok()?, part.parse().ok()?)));
    if place.is_none() && !request.page_token.is_empty() {
        form.fault("page_token", TOKEN_RULE);
    }
    let size = page(&mut form, request.page_size);
    form.done((program, sku, place.unwrap_or((0, -1)), size))
}
