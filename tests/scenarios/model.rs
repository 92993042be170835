//! Every call of the contract, answered by the in-memory world.

use backstock::domain::promise::Supply;
use backstock::domain::{Kind, Sku};
use backstock::proto;
use backstock::store::Body;
use prost::Message;

use crate::support::call::Call;
use crate::support::decode;
use crate::support::world::World;

/// The stored form of the answer to a call.
pub fn answer(world: &mut World, call: &Call) -> Body {
    match call {
        Call::Availability(request) => world.availability(&request.skus),
        Call::Reservation(request) => world.reservation(&request.reservation_id),
        Call::Plan(request) => world.plan(&request.sku),
        Call::Backlog(request) => backlog(world, &request.sku),
        Call::Movements(request) => movements(world, &request.sku),
        Call::Plans(request) => world.list_plans(request),
        Call::Inbounds(request) => world.list_inbounds(request),
        Call::Reservations(request) => world.list_reservations(request),
        Call::Suggestions(request) => world.suggestions(request),
        Call::Batch(request) => batch(world, request),
        write => {
            let request = decode::request(write).expect("a write");
            world.run(&[request]).remove(0)
        }
    }
}

/// A batch is one batch, and each member's result stands by itself.
fn batch(world: &mut World, batch: &proto::BatchReserveRequest) -> Body {
    use proto::batch_reserve_result::Result as Of;
    let calls: Vec<Call> = batch.requests.iter().cloned().map(Call::Reserve).collect();
    let requests: Vec<_> = calls.iter().filter_map(decode::request).collect();
    let bodies = world.run(&requests);
    let result = |body: Body| match body.is_refusal {
        false => {
            let response = proto::ReserveResponse::decode(&body.bytes[..]).expect("a response");
            let result = response.reservation.map(Of::Reservation);
            proto::BatchReserveResult { result, shortages: response.shortages }
        }
        true => {
            let status = tonic_types::pb::Status::decode(&body.bytes[..]).expect("a status");
            let detail = status.details.iter().find(|any| any.type_url.ends_with("v1.Refusal"));
            let refusal = detail.and_then(|any| proto::Refusal::decode(&any.value[..]).ok());
            let result = refusal.map(Of::Refusal);
            proto::BatchReserveResult { result, shortages: Vec::new() }
        }
    };
    let results = bodies.into_iter().map(result).collect();
    let bytes = proto::BatchReserveResponse { results }.encode_to_vec();
    Body { is_refusal: false, bytes }
}

fn backlog(world: &World, sku: &str) -> Body {
    let refused = world.availability(&[sku.to_owned()]);
    if refused.is_refusal {
        return refused;
    }
    let supply = world.item_now(&Sku::stored(sku)).map(|item| Supply::of(&item));
    let supply = supply.expect("an item that is known");
    let mut entries = Vec::new();
    let mut ahead = 0;
    for (reservation, units, lost) in world.queue(&Sku::stored(sku)) {
        let shown = world.reservation(reservation.id.as_str());
        let shown = proto::ConfirmResponse::decode(&shown.bytes[..]).expect("a response");
        let lines = shown.reservation.map(|shown| shown.lines).unwrap_or_default();
        let line = lines.into_iter().find(|line| line.sku == sku);
        entries.push(proto::BacklogEntry {
            reservation_id: reservation.id.to_string(),
            customer_id: reservation.customer.as_ref().map(ToString::to_string).unwrap_or_default(),
            quantity: units,
            bumped: lost,
            position: i64::try_from(entries.len()).unwrap_or(0) + 1,
            queue_ahead: ahead,
            promise: line.and_then(|line| line.promise),
            create_time: None,
            inbound_id: supply
                .filled_by(ahead + units)
                .map(ToString::to_string)
                .unwrap_or_default(),
        });
        ahead += units;
    }
    let response = proto::ListBacklogResponse { entries, next_page_token: String::new() };
    Body { is_refusal: false, bytes: response.encode_to_vec() }
}

fn movements(world: &World, sku: &str) -> Body {
    let refused = world.availability(&[sku.to_owned()]);
    if refused.is_refusal {
        return refused;
    }
    let kind = |kind: Kind| {
        let name = format!("MOVEMENT_KIND_{kind:?}").to_uppercase();
        proto::MovementKind::from_str_name(&name).expect("a kind of the contract")
    };
    let movement = |movement: &backstock::domain::Movement| proto::Movement {
        sku: sku.to_owned(),
        item_version: movement.version,
        part: movement.part,
        kind: kind(movement.kind).into(),
        location: movement.delta.location.as_ref().map(ToString::to_string).unwrap_or_default(),
        on_hand: movement.delta.on_hand,
        allocated: movement.delta.allocated,
        backordered: movement.delta.backordered,
        bumped: movement.delta.bumped,
        damaged: movement.delta.damaged,
        inbound: movement.delta.inbound,
        reservation_id: movement.reservation.as_ref().map(ToString::to_string).unwrap_or_default(),
        reference: movement.reference.clone(),
        time: None,
    };
    let of_item = world.ledger.iter().filter(|movement| movement.sku.as_str() == sku);
    let movements = of_item.map(movement).collect();
    let response = proto::ListMovementsResponse { movements, next_page_token: String::new() };
    Body { is_refusal: false, bytes: response.encode_to_vec() }
}
