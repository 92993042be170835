//! Events, as the contract shows them.

use super::timestamp;
use crate::domain::event::{
    Answered, DelayClass, Event, Given, InboundFacts, Low, Moved, PlanFacts,
};
use crate::proto;
use crate::proto::event::Detail;
use crate::store::feed::{Changes, Published, What};

/// An event with its place.
pub(in crate::service) fn event(event: &Published) -> proto::Event {
    let text = |id: Option<String>| id.unwrap_or_default();
    proto::Event {
        id: event.id(),
        r#type: event.what.name().to_owned(),
        program: event.program.to_string(),
        sku: event.sku.to_string(),
        item_version: event.version,
        part: event.part,
        time: Some(timestamp(event.at)),
        position: event.position,
        reservation_id: text(event.reservation.as_ref().map(ToString::to_string)),
        customer_id: text(event.customer.as_ref().map(ToString::to_string)),
        location: text(event.location.as_ref().map(ToString::to_string)),
        reference: event.reference.clone(),
        changes: Some(changes(event.changes)),
        detail: match &event.what {
            What::Known(event) => detail(event),
            // The contract of this release has no form for it.
            What::Other { .. } => None,
        },
    }
}

fn changes(changes: Changes) -> proto::CounterChanges {
    let Changes { on_hand, allocated, backordered, bumped, inbound, damaged } = changes;
    proto::CounterChanges { on_hand, allocated, backordered, bumped, inbound, damaged }
}

fn detail(event: &Event) -> Option<Detail> {
    Some(match event {
        Event::Accepted(facts) => Detail::PromiseGiven(given(facts)),
        Event::Delayed(facts) | Event::Improved(facts) => Detail::PromiseMoved(moved(facts)),
        Event::Answered(facts) => Detail::DelayAnswered(answered(facts)),
        Event::PlanOpened(facts)
        | Event::PlanUpdated(facts)
        | Event::PlanFull(facts)
        | Event::PlanClosed(facts)
        | Event::OverSupply(facts) => Detail::PlanChanged(plan(facts)),
        Event::InboundAnnounced(facts)
        | Event::InboundUpdated(facts)
        | Event::Received(Some(facts)) => Detail::InboundChanged(inbound(facts)),
        Event::Low(facts) => Detail::StockLow(low(facts)),
        Event::Held
        | Event::Confirmed
        | Event::Released
        | Event::Expired
        | Event::Shipped
        | Event::Filled
        | Event::Ready
        | Event::Received(None)
        | Event::Oversold
        | Event::Adjusted => return None,
    })
}

fn given(facts: &Given) -> proto::PromiseGiven {
    proto::PromiseGiven {
        ship_by: facts.ship_by.map(|date| date.to_string()).unwrap_or_default(),
        expire_time: facts.expires_at.map(timestamp),
    }
}

fn moved(facts: &Moved) -> proto::PromiseMoved {
    let class = match facts.delay_class {
        None => proto::DelayClass::Unspecified,
        Some(DelayClass::Within30Days) => proto::DelayClass::Within30Days,
        Some(DelayClass::Over30Days) => proto::DelayClass::Over30Days,
        Some(DelayClass::SecondDelay) => proto::DelayClass::SecondDelay,
        Some(DelayClass::Unknown) => proto::DelayClass::Unknown,
    };
    proto::PromiseMoved {
        old_ship_by: facts.old_ship_by.map(|date| date.to_string()).unwrap_or_default(),
        new_ship_by: facts.new_ship_by.map(|date| date.to_string()).unwrap_or_default(),
        original_ship_by: facts.original_ship_by.to_string(),
        delay_class: class.into(),
        quantity: facts.quantity,
        answer_by: facts.answer_by.map(timestamp),
        silence_keeps: facts.silence_keeps.unwrap_or_default(),
    }
}

fn answered(facts: &Answered) -> proto::DelayAnswered {
    proto::DelayAnswered { keeps: facts.keeps, by_silence: facts.by_silence }
}

fn plan(facts: &PlanFacts) -> proto::PlanChanged {
    proto::PlanChanged {
        plan_version: facts.plan_version,
        cap: facts.cap,
        effective_cap: facts.effective_cap,
        backordered: facts.backordered,
        over_supply: facts.over_supply,
        ship_by: facts.ship_by.to_string(),
        opens_at: Some(timestamp(facts.opens_at)),
        closes_at: Some(timestamp(facts.closes_at)),
    }
}

fn inbound(facts: &InboundFacts) -> proto::InboundChanged {
    proto::InboundChanged {
        inbound_id: facts.inbound_id.clone(),
        expected: facts.expected,
        left: facts.left,
        arrives_on: facts.arrives_on.to_string(),
        ships_on: facts.ships_on.to_string(),
        cancelled: facts.cancelled,
        overdue: facts.overdue,
    }
}

fn low(facts: &Low) -> proto::StockLow {
    proto::StockLow { available: facts.available, low_stock: facts.low_stock }
}
