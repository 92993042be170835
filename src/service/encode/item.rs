//! Items, and what arrived of them.

use super::promise;
use crate::domain::Answer;
use crate::domain::answer::{Arrived, ItemView};
use crate::proto;
use crate::service::stored::Response;

/// What there is of an item.
pub(in crate::service) fn item(view: &ItemView) -> proto::ItemStock {
    let at = |(location, units): &(crate::domain::Location, i64)| proto::LocationQuantity {
        location: location.to_string(),
        quantity: *units,
    };
    proto::ItemStock {
        sku: view.sku.to_string(),
        on_hand: view.on_hand,
        allocated: view.allocated,
        safety_stock: view.safety_stock,
        available: view.available,
        backordered: view.queued,
        backorder_headroom: view.headroom,
        inbound: view.inbound,
        promise: view.promise.as_ref().map(|(promised, note)| promise(promised, note)),
        item_version: view.version,
        on_hand_at: view.on_hand_at.iter().map(at).collect(),
        bumped: view.bumped,
    }
}

impl Response for proto::AdjustResponse {
    fn of(answer: &Answer) -> Option<Self> {
        let Answer::Items(views) = answer else { return None };
        Some(Self { items: views.iter().map(item).collect() })
    }
}

impl Response for proto::PutItemsResponse {
    fn of(answer: &Answer) -> Option<Self> {
        let Answer::Items(views) = answer else { return None };
        Some(Self { items: views.iter().map(item).collect() })
    }
}

impl Response for proto::ReceiveResponse {
    fn of(answer: &Answer) -> Option<Self> {
        let Answer::Received { receipt, results } = answer else { return None };
        Some(Self {
            receipt_id: receipt.to_string(),
            results: results.iter().map(arrived).collect(),
        })
    }
}

fn arrived(arrived: &Arrived) -> proto::ReceiptResult {
    let filled =
        |(id, quantity, ready): &(crate::domain::ReservationId, i64, bool)| proto::FilledLine {
            reservation_id: id.to_string(),
            quantity: *quantity,
            ready_to_ship: *ready,
        };
    proto::ReceiptResult {
        sku: arrived.sku.to_string(),
        received: arrived.good,
        damaged: arrived.damaged,
        filled_units: arrived.filled,
        queue_left: arrived.queue_left,
        available: arrived.available,
        item_version: arrived.version,
        filled: arrived.lines.iter().map(filled).collect(),
    }
}
