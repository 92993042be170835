//! The contract's messages as the domain knows them, for the in-memory world. Nothing is checked:
//! the text of a scenario is of the right form, or it is meant for the server alone.

use std::collections::BTreeMap;

use backstock::domain::command::{
    Adjustment, Ask, Change, ItemSettings, Mode, Order, Receipt, ReceiptLine, Term,
};
use backstock::domain::inbound::Notice;
use backstock::domain::plan::{AskedAnswers, OnSilence, Terms, parse_date};
use backstock::domain::program::{Place, ShipPolicy};
use backstock::domain::reservation::Purpose;
use backstock::domain::{
    Command, Customer, Date, InboundId, Location, Program, ProgramId, ReceiptId, Request,
    RequestId, ReservationId, Sku,
};
use backstock::proto;

use super::call::Call;
use super::dates::instant;

/// The request that a write stands for; `None` = it is a read or a batch.
pub fn request(call: &Call) -> Option<Request> {
    let command = command(call)?;
    let id = call.id().and_then(RequestId::parse);
    let id = if command.is_dry_run() { None } else { id };
    Some(Request { id, hash: call.hash(), command })
}

fn command(call: &Call) -> Option<Command> {
    Some(match call {
        Call::PutProgram(request) => Command::PutProgram(program(request.program.as_ref()?)),
        Call::PutLocations(request) => {
            Command::PutLocations(request.locations.iter().map(place).collect())
        }
        Call::PutItems(request) => Command::PutItems(request.items.iter().map(item).collect()),
        Call::OpenBackorders(request) => {
            let terms = terms(request.plan.as_ref()?);
            Command::OpenBackorders { terms, dry_run: request.validate_only }
        }
        Call::UpdatePlan(request) => {
            let terms = terms(request.plan.as_ref()?);
            Command::UpdatePlan { terms, dry_run: request.validate_only }
        }
        Call::AnnounceInbound(request) => {
            let inbound = request.inbound.as_ref()?;
            Command::AnnounceInbound { sku: sku(&inbound.sku), notice: notice(inbound) }
        }
        Call::UpdateInbound(request) => {
            let inbound = request.inbound.as_ref()?;
            Command::UpdateInbound { sku: sku(&inbound.sku), notice: notice(inbound) }
        }
        Call::AnswerDelay(request) => Command::AnswerDelay {
            reservation: reservation(&request.reservation_id),
            sku: sku(&request.sku),
            keeps: request.answer == i32::from(proto::DelayAnswer::Keep),
        },
        Call::CloseBackorders(request) => Command::CloseBackorders { sku: sku(&request.sku) },
        Call::Reserve(request) => reserve(request),
        Call::Backorder(request) => backorder(request),
        Call::Extend(request) => Command::Extend {
            reservation: reservation(&request.reservation_id),
            hold_seconds: request.hold.as_ref().map(|hold| hold.seconds),
        },
        Call::Confirm(request) => Command::Confirm {
            reservation: reservation(&request.reservation_id),
            accepted: accepted(&request.accepted),
        },
        Call::Release(request) => Command::Release {
            reservation: reservation(&request.reservation_id),
            lines: asks(&request.lines),
            reason: request.reason.clone(),
        },
        Call::Ship(request) => Command::Ship {
            reservation: reservation(&request.reservation_id),
            lines: asks(&request.lines),
            tracking: request.tracking.clone(),
        },
        Call::Receive(request) => Command::Receive(receipt(request)),
        Call::Adjust(request) => Command::Adjust {
            location: Location::parse(&request.location),
            adjustments: request.adjustments.iter().map(adjustment).collect(),
        },
        _ => return None,
    })
}

fn sku(text: &str) -> Sku {
    Sku::stored(text)
}

fn reservation(text: &str) -> ReservationId {
    ReservationId::stored(text)
}

fn asks(lines: &[proto::Line]) -> Vec<Ask> {
    let mut asks: Vec<Ask> = Vec::new();
    for line in lines {
        match asks.iter_mut().find(|ask| ask.sku.as_str() == line.sku) {
            Some(ask) => ask.units += line.quantity,
            None => asks.push(Ask { sku: sku(&line.sku), units: line.quantity }),
        }
    }
    asks
}

fn policy(value: i32) -> Option<ShipPolicy> {
    match proto::ShipPolicy::try_from(value) {
        Ok(proto::ShipPolicy::Together) => Some(ShipPolicy::Together),
        Ok(proto::ShipPolicy::AsAvailable) => Some(ShipPolicy::AsAvailable),
        _ => None,
    }
}

fn program(settings: &proto::Program) -> Program {
    let location = Location::parse(&settings.default_location);
    Program {
        id: ProgramId::stored(&settings.program),
        display_name: settings.display_name.clone(),
        default_hold_seconds: settings.default_hold.as_ref().map_or(900, |hold| hold.seconds),
        max_backorder_listings: match settings.max_backorder_listings {
            0 => 10,
            listings => listings,
        },
        default_ship_policy: policy(settings.default_ship_policy).unwrap_or(ShipPolicy::Together),
        default_location: location.unwrap_or_else(|| Location::stored("main")),
    }
}

fn place(location: &proto::Location) -> Place {
    Place {
        location: Location::stored(&location.location),
        display_name: location.display_name.clone(),
        priority: location.priority,
    }
}

fn item(item: &proto::Item) -> ItemSettings {
    ItemSettings {
        sku: sku(&item.sku),
        listing: Sku::parse(&item.listing).unwrap_or_else(|| sku(&item.sku)),
        title: item.title.clone(),
        safety_stock: item.safety_stock,
        low_stock: item.low_stock,
    }
}

fn notice(inbound: &proto::Inbound) -> Notice {
    let arrives_on = parse_date(&inbound.arrives_on).unwrap_or(Date::MIN);
    Notice {
        id: InboundId::stored(&inbound.inbound_id),
        expected: inbound.expected,
        arrives_on,
        ships_on: parse_date(&inbound.ships_on).unwrap_or(arrives_on),
        cancelled: inbound.cancelled,
    }
}

fn terms(plan: &proto::Plan) -> Terms {
    Terms {
        sku: sku(&plan.sku),
        cap: plan.cap,
        opens_at: plan.opens_at.as_ref().map(instant),
        closes_at: plan.closes_at.as_ref().map(instant),
        ship_by: plan.ship_by.clone(),
        note: plan.note.clone(),
        allowance: plan.allowance,
        cap_by_inbound: plan.cap_by_inbound,
        customer_limit: plan.customer_limit,
        timeline: plan.timeline.iter().map(|s| (s.name.clone(), s.date.clone())).collect(),
        delay_answers: plan.delay_answers.as_ref().map(asked_answers),
    }
}

fn asked_answers(asked: &proto::DelayAnswers) -> AskedAnswers {
    let on_silence = match asked.on_silence() {
        proto::OnSilence::Keep => Some(OnSilence::Keep),
        proto::OnSilence::Release => Some(OnSilence::Release),
        proto::OnSilence::ByClass => Some(OnSilence::ByClass),
        proto::OnSilence::Unspecified => None,
    };
    let within = asked.answer_within.unwrap_or_default();
    AskedAnswers { answer_within_seconds: Some(within.seconds), on_silence }
}

fn term(hold: Option<&prost_types::Duration>, confirm: bool) -> Term {
    match (hold, confirm) {
        (_, true) => Term::Order,
        (Some(hold), _) => Term::HoldSeconds(hold.seconds),
        (None, _) => Term::DefaultHold,
    }
}

fn reserve(request: &proto::ReserveRequest) -> Command {
    let order = Order {
        reservation: reservation(&request.reservation_id),
        lines: asks(&request.lines),
        term: term(request.hold.as_ref(), request.confirm),
        customer: Customer::parse(&request.customer_id),
        ship_policy: policy(request.ship_policy),
        together_until: parse_date(&request.together_until),
    };
    let partial = request.mode == i32::from(proto::Mode::Partial);
    let replacement = request.purpose == i32::from(proto::Purpose::Replacement);
    Command::Reserve {
        order,
        mode: if partial { Mode::Partial } else { Mode::AllOrNothing },
        purpose: if replacement { Purpose::Replacement } else { Purpose::Sale },
    }
}

fn backorder(request: &proto::BackorderRequest) -> Command {
    let order = Order {
        reservation: reservation(&request.reservation_id),
        lines: asks(&request.lines),
        term: term(request.hold.as_ref(), request.confirm),
        customer: Customer::parse(&request.customer_id),
        ship_policy: policy(request.ship_policy),
        together_until: parse_date(&request.together_until),
    };
    Command::Backorder { order, accepted: accepted(&request.accepted) }
}

fn accepted(shown: &[proto::AcceptedPromise]) -> BTreeMap<Sku, Date> {
    let date =
        |shown: &proto::AcceptedPromise| Some((sku(&shown.sku), parse_date(&shown.ship_by)?));
    shown.iter().filter_map(date).collect()
}

fn receipt(request: &proto::ReceiveRequest) -> Receipt {
    let line = |line: &proto::ReceiptLine| ReceiptLine {
        sku: sku(&line.sku),
        good: line.good,
        damaged: line.damaged,
        inbound: InboundId::parse(&line.inbound_id),
        closes_inbound: line.closes_inbound,
    };
    Receipt {
        id: ReceiptId::stored(&request.receipt_id),
        location: Location::parse(&request.location),
        lines: request.lines.iter().map(line).collect(),
        dry_run: request.validate_only,
    }
}

fn adjustment(adjustment: &proto::Adjustment) -> Adjustment {
    use proto::adjustment::Change as Asked;
    let change = match adjustment.change {
        Some(Asked::Delta(delta)) => Change::Delta(delta),
        Some(Asked::Count(count)) => Change::Count(count),
        None => Change::Delta(0),
    };
    let reason = match proto::AdjustReason::try_from(adjustment.reason) {
        Ok(proto::AdjustReason::Count) => "count",
        Ok(proto::AdjustReason::Damaged) => "damaged",
        Ok(proto::AdjustReason::Lost) => "lost",
        Ok(proto::AdjustReason::Found) => "found",
        Ok(proto::AdjustReason::Returned) => "returned",
        Ok(proto::AdjustReason::Unspecified) | Err(_) => "",
    };
    Adjustment { sku: sku(&adjustment.sku), change, reason }
}
