//! Programmes, locations, items' settings and plans.

use super::reservation::ship_policy;
use super::timestamp;
use crate::domain::answer::PlanView;
use crate::domain::command::ItemSettings;
use crate::domain::plan::{DelayAnswers, OnSilence, PlanState};
use crate::domain::program::Place;
use crate::domain::{Answer, Inbound, Program, Sku};
use crate::proto;
use crate::service::stored::Response;

/// A programme's settings.
pub(in crate::service) fn program(program: &Program) -> proto::Program {
    proto::Program {
        program: program.id.to_string(),
        display_name: program.display_name.clone(),
        default_hold: Some(prost_types::Duration {
            seconds: program.default_hold_seconds,
            nanos: 0,
        }),
        max_backorder_listings: program.max_backorder_listings,
        default_ship_policy: ship_policy(program.default_ship_policy).into(),
        default_location: program.default_location.to_string(),
    }
}

/// A location.
pub(in crate::service) fn place(place: &Place) -> proto::Location {
    proto::Location {
        location: place.location.to_string(),
        display_name: place.display_name.clone(),
        priority: place.priority,
    }
}

/// An item's settings.
pub(in crate::service) fn item_settings(settings: &ItemSettings) -> proto::Item {
    proto::Item {
        sku: settings.sku.to_string(),
        listing: settings.listing.to_string(),
        title: settings.title.clone(),
        safety_stock: settings.safety_stock,
        low_stock: settings.low_stock,
    }
}

/// A plan.
pub(in crate::service) fn plan(view: &PlanView) -> proto::Plan {
    let stage = |stage: &crate::domain::plan::Stage| proto::Stage {
        name: stage.name.clone(),
        date: stage.date.to_string(),
    };
    let plan = &view.plan;
    proto::Plan {
        sku: view.sku.to_string(),
        cap: plan.cap,
        opens_at: Some(timestamp(plan.opens_at)),
        closes_at: Some(timestamp(plan.closes_at)),
        ship_by: plan.ship_by.to_string(),
        note: plan.note.clone(),
        allowance: plan.allowance,
        cap_by_inbound: plan.cap_by_inbound,
        customer_limit: plan.customer_limit,
        timeline: plan.timeline.iter().map(stage).collect(),
        version: plan.version,
        state: plan_state(view.state).into(),
        effective_cap: view.effective_cap,
        backordered: view.backordered,
        delay_answers: plan.delay_answers.map(delay_answers),
    }
}

fn delay_answers(answers: DelayAnswers) -> proto::DelayAnswers {
    let on_silence = match answers.on_silence {
        OnSilence::Keep => proto::OnSilence::Keep,
        OnSilence::Release => proto::OnSilence::Release,
        OnSilence::ByClass => proto::OnSilence::ByClass,
    };
    proto::DelayAnswers {
        answer_within: Some(prost_types::Duration {
            seconds: answers.answer_within_seconds,
            nanos: 0,
        }),
        on_silence: on_silence.into(),
    }
}

/// Announced supply of an item.
pub(in crate::service) fn inbound(sku: &Sku, inbound: &Inbound) -> proto::Inbound {
    proto::Inbound {
        inbound_id: inbound.id.to_string(),
        sku: sku.to_string(),
        expected: inbound.expected,
        received: inbound.received,
        damaged: inbound.damaged,
        arrives_on: inbound.arrives_on.to_string(),
        ships_on: inbound.ships_on.to_string(),
        cancelled: inbound.cancelled,
        closed: inbound.closed,
        overdue: inbound.overdue,
        left: inbound.left(),
    }
}

fn plan_state(state: PlanState) -> proto::PlanState {
    match state {
        PlanState::Scheduled => proto::PlanState::Scheduled,
        PlanState::Open => proto::PlanState::Open,
        PlanState::Full => proto::PlanState::Full,
        PlanState::Closed => proto::PlanState::Closed,
    }
}

impl Response for proto::PutProgramResponse {
    fn of(answer: &Answer) -> Option<Self> {
        let Answer::Program(settings) = answer else { return None };
        Some(Self { program: Some(program(settings)) })
    }
}

impl Response for proto::PutLocationsResponse {
    fn of(answer: &Answer) -> Option<Self> {
        let Answer::Places(places) = answer else { return None };
        Some(Self { locations: places.iter().map(place).collect() })
    }
}

impl Response for proto::OpenBackordersResponse {
    fn of(answer: &Answer) -> Option<Self> {
        let Answer::Plan { view, warnings } = answer else { return None };
        Some(Self { plan: Some(plan(view)), warnings: warnings.clone() })
    }
}

impl Response for proto::UpdatePlanResponse {
    fn of(answer: &Answer) -> Option<Self> {
        let Answer::Plan { view, warnings } = answer else { return None };
        Some(Self { plan: Some(plan(view)), warnings: warnings.clone() })
    }
}

impl Response for proto::AnnounceInboundResponse {
    fn of(answer: &Answer) -> Option<Self> {
        let Answer::Inbound { sku, inbound: of } = answer else { return None };
        Some(Self { inbound: Some(inbound(sku, of)) })
    }
}

impl Response for proto::UpdateInboundResponse {
    fn of(answer: &Answer) -> Option<Self> {
        let Answer::Inbound { sku, inbound: of } = answer else { return None };
        Some(Self { inbound: Some(inbound(sku, of)) })
    }
}

impl Response for proto::CloseBackordersResponse {
    fn of(answer: &Answer) -> Option<Self> {
        let Answer::Plan { view, .. } = answer else { return None };
        Some(Self { plan: Some(plan(view)) })
    }
}
