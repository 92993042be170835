//! An event as CloudEvents 1.0 JSON (<https://github.com/cloudevents/spec>), as docs/events.md
//! describes it.

use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::Value;

use crate::store::feed::Published;

/// The attributes of CloudEvents. `sequence` is the extension of that name: text that sorts as the
/// places do.
#[derive(Serialize)]
struct CloudEvent<'e> {
    specversion: &'static str,
    id: String,
    source: String,
    r#type: String,
    subject: &'e str,
    time: String,
    datacontenttype: &'static str,
    sequence: String,
    data: Data<'e>,
}

/// What happened. Every key is always there; null = does not apply.
#[derive(Serialize)]
struct Data<'e> {
    program: &'e str,
    position: i64,
    sku: &'e str,
    item_version: i64,
    part: i32,
    reservation_id: Option<&'e str>,
    customer_id: Option<&'e str>,
    location: Option<&'e str>,
    reference: Option<&'e str>,
    changes: Changes,
    detail: Value,
}

#[derive(Serialize)]
struct Changes {
    on_hand: i64,
    allocated: i64,
    backordered: i64,
    bumped: i64,
    inbound: i64,
    damaged: i64,
}

/// The event as a JSON object on one line.
#[must_use]
pub fn json(event: &Published) -> String {
    let changes = event.changes;
    let shown = CloudEvent {
        specversion: "1.0",
        id: event.id(),
        source: format!("/backstock/programs/{}", event.program),
        r#type: format!("dev.backstock.{}", event.what.name()),
        subject: event.sku.as_str(),
        time: event.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        datacontenttype: "application/json",
        sequence: format!("{:019}", event.position),
        data: Data {
            program: event.program.as_str(),
            position: event.position,
            sku: event.sku.as_str(),
            item_version: event.version,
            part: event.part,
            reservation_id: event.reservation.as_ref().map(|id| id.as_str()),
            customer_id: event.customer.as_ref().map(|id| id.as_str()),
            location: event.location.as_ref().map(|location| location.as_str()),
            reference: Some(event.reference.as_str()).filter(|text| !text.is_empty()),
            changes: Changes {
                on_hand: changes.on_hand,
                allocated: changes.allocated,
                backordered: changes.backordered,
                bumped: changes.bumped,
                inbound: changes.inbound,
                damaged: changes.damaged,
            },
            detail: event.what.detail(),
        },
    };
    // Texts and numbers under fixed keys: there is nothing that JSON could not hold.
    serde_json::to_string(&shown).unwrap_or_default()
}
