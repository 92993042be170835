//! Requests of PlanService about supply on its way.

use tonic::Status;

use super::{Form, page};
use crate::domain::inbound::{InboundId, Notice};
use crate::domain::{Command, Date, ProgramId, Request, Sku};
use crate::proto;
use crate::service::hash;
use crate::store::read::InboundPlace;

type Decoded = Result<(ProgramId, Request), Status>;

/// AnnounceInbound.
pub(in crate::service) fn announce_inbound(mut request: proto::AnnounceInboundRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    let asked = request.inbound.clone().unwrap_or_default();
    if asked.cancelled {
        form.fault("inbound.cancelled", "must be false: what is announced is to come");
    }
    let (sku, notice) = notice(&mut form, &asked);
    let hash = hash::of("AnnounceInbound", &request);
    let command = Command::AnnounceInbound { sku, notice };
    form.done((program, Request { id: Some(id), hash, command }))
}

/// UpdateInbound.
pub(in crate::service) fn update_inbound(mut request: proto::UpdateInboundRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    let (sku, notice) = notice(&mut form, &request.inbound.clone().unwrap_or_default());
    let hash = hash::of("UpdateInbound", &request);
    let command = Command::UpdateInbound { sku, notice };
    form.done((program, Request { id: Some(id), hash, command }))
}

fn notice(form: &mut Form, asked: &proto::Inbound) -> (Sku, Notice) {
    let sku = form.sku("inbound.sku", &asked.sku);
    let id = form.id("inbound.inbound_id", &asked.inbound_id, InboundId::parse, InboundId::stored);
    let expected = form.units("inbound.expected", asked.expected, 1);
    let arrives_on = form.date("inbound.arrives_on", &asked.arrives_on);
    let ships_on = match asked.ships_on.as_str() {
        "" => arrives_on,
        text => form.date("inbound.ships_on", text),
    };
    if arrives_on.zip(ships_on).is_some_and(|(arrives_on, ships_on)| ships_on < arrives_on) {
        form.fault("inbound.ships_on", "must not be before arrives_on");
    }
    let (arrives_on, ships_on) = (arrives_on.unwrap_or(Date::MIN), ships_on.unwrap_or(Date::MIN));
    (sku, Notice { id, expected, arrives_on, ships_on, cancelled: asked.cancelled })
}

/// ListInbound: the programme, the SKU if one is asked for, whether only what is to come, where the
/// page starts, and its size.
pub(in crate::service) fn inbound_page(
    request: &proto::ListInboundRequest,
) -> Result<(ProgramId, Option<Sku>, bool, InboundPlace, i64), Status> {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    let sku = form.optional("sku", &request.sku, Sku::parse);
    // No id has a space in it.
    let place = match request.page_token.split_once(' ') {
        Some((sku, inbound)) if Sku::parse(sku).is_some() && Sku::parse(inbound).is_some() => {
            InboundPlace { sku: sku.to_owned(), inbound: inbound.to_owned() }
        }
        _ => {
            if !request.page_token.is_empty() {
                form.fault("page_token", super::TOKEN_RULE);
            }
            InboundPlace::default()
        }
    };
    let size = page(&mut form, request.page_size);
    form.done((program, sku, request.open_only, place, size))
}
