//! The lists that the in-memory world shows.

use std::collections::BTreeSet;

use backstock::domain::inbound::Notice;
use backstock::domain::plan::parse_date;
use backstock::domain::{Answer, Command, Date, Inbound, Refusal, Reservation, ReservationId, Sku};
use backstock::proto;
use backstock::service::encode_stored;
use backstock::store::Body;
use chrono::TimeDelta;
use prost::Message;

use super::world::World;

/// Days of refused demand when the call does not say.
const DAYS: i32 = 30;

fn done(message: &impl Message) -> Body {
    Body { is_refusal: false, bytes: message.encode_to_vec() }
}

impl World {
    /// Why a list cannot be shown: the programme, or the item that it is of, is not known.
    fn unlisted(&self, sku: &str) -> Option<Body> {
        let refusal = match (&self.program, sku) {
            (None, _) => Refusal::UnknownProgram { program: self.id.clone() },
            (_, "") => return None,
            (_, sku) => self.item_now(&Sku::stored(sku)).err()?,
        };
        let any = Command::Adjust { location: None, adjustments: Vec::new() };
        Some(encode_stored(&any, &Err(refusal)))
    }

    /// ListPlans.
    pub fn list_plans(&self, request: &proto::ListPlansRequest) -> Body {
        if let Some(refused) = self.unlisted("") {
            return refused;
        }
        let planned = self.items.values().filter(|item| item.plan.is_some());
        let shown = planned.filter_map(|item| {
            let shown = self.plan(item.sku.as_str());
            proto::GetPlanResponse::decode(&shown.bytes[..]).expect("a plan").plan
        });
        let asked = |plan: &proto::Plan| request.state == 0 || plan.state == request.state;
        let plans = shown.filter(asked).collect();
        done(&proto::ListPlansResponse { plans, ..Default::default() })
    }

    /// ListInbound.
    pub fn list_inbounds(&self, request: &proto::ListInboundRequest) -> Body {
        if let Some(refused) = self.unlisted(&request.sku) {
            return refused;
        }
        let of_items = self.items.values().flat_map(|item| {
            let mut inbounds: Vec<&Inbound> = item.inbounds.iter().collect();
            inbounds.sort_by(|one, other| one.id.cmp(&other.id));
            inbounds.into_iter().map(|inbound| (&item.sku, inbound))
        });
        let asked = of_items.filter(|(sku, inbound)| {
            (request.sku.is_empty() || sku.as_str() == request.sku)
                && (!request.open_only || inbound.left() > 0)
        });
        let inbound = asked.map(|(sku, inbound)| shown_inbound(sku, inbound)).collect();
        done(&proto::ListInboundResponse { inbound, ..Default::default() })
    }

    /// ListReservations.
    pub fn list_reservations(&self, request: &proto::ListReservationsRequest) -> Body {
        if let Some(refused) = self.unlisted(&request.sku) {
            return refused;
        }
        let shown = self.places(request).into_iter().filter_map(|id| {
            let shown = self.reservation(id.as_str());
            proto::ConfirmResponse::decode(&shown.bytes[..]).expect("a reservation").reservation
        });
        // A page of a list shows no places in queues: each would be a look of its own.
        let shown = shown.map(|mut reservation| {
            reservation.lines.iter_mut().for_each(|line| line.queue_ahead = None);
            reservation
        });
        let asked = |one: &proto::Reservation| request.state == 0 || one.state == request.state;
        let reservations = shown.filter(asked).collect();
        done(&proto::ListReservationsResponse { reservations, ..Default::default() })
    }

    /// The reservations of a list, in its order.
    fn places(&self, request: &proto::ListReservationsRequest) -> Vec<ReservationId> {
        let sku = Some(Sku::stored(&request.sku)).filter(|sku| !sku.as_str().is_empty());
        let (from, to) = (parse_date(&request.ship_by_from), parse_date(&request.ship_by_to));
        let is_dated = from.is_some() || to.is_some() || request.overdue;
        let today = self.now.date_naive();
        let matches = |date: Option<Date>| match date {
            Some(date) => {
                from.is_none_or(|from| from <= date)
                    && to.is_none_or(|to| date <= to)
                    && (!request.overdue || date < today)
            }
            None => request.overdue && from.is_none() && to.is_none(),
        };
        let key = |reservation: &Reservation| {
            let of_item = reservation.lines.iter();
            let mut of_item = of_item.filter(|l| sku.as_ref().is_none_or(|sku| l.sku == *sku));
            if !is_dated {
                let age = of_item.next()?.age;
                return Some((None, if sku.is_some() { age } else { 0 }));
            }
            let live = reservation.clone().as_of(self.now);
            let waits = of_item.filter(|l| live.line(&l.sku).is_some_and(|l| l.queued() > 0));
            let dates = waits.map(|line| line.promise.and_then(|promise| promise.ship_by.date()));
            // What has no date stands last.
            let dates = dates.filter(|date| matches(*date));
            dates.map(|date| (Some(date.unwrap_or(Date::MAX)), 0)).min()
        };
        let mut places: Vec<_> =
            self.reservations.values().filter_map(|r| Some((key(r)?, r.id.clone()))).collect();
        places.sort_unstable();
        places.into_iter().map(|(_, id)| id).collect()
    }

    /// SuggestPurchase.
    pub fn suggestions(&self, request: &proto::SuggestPurchaseRequest) -> Body {
        let unknown = |sku: &String| self.unlisted(sku);
        let mut asked: Vec<&String> = request.skus.iter().collect();
        asked.sort_unstable();
        let refused = self.unlisted("").or_else(|| asked.into_iter().find_map(unknown));
        if let Some(refused) = refused {
            return refused;
        }
        let asked: BTreeSet<Sku> = match request.skus.is_empty() {
            true => self.plans.keys().map(|(sku, _)| sku.clone()).collect(),
            false => request.skus.iter().map(|sku| Sku::stored(sku)).collect(),
        };
        let days = if request.days == 0 { DAYS } else { request.days };
        let since = self.now.date_naive() - TimeDelta::days(i64::from(days) - 1);
        let suggestions = asked.iter().map(|sku| self.suggestion(sku, since)).collect();
        done(&proto::SuggestPurchaseResponse { suggestions, ..Default::default() })
    }

    fn suggestion(&self, sku: &Sku, since: Date) -> proto::PurchaseSuggestion {
        let item = &self.items[sku];
        let refused = self.refused.iter().filter(|((of, day), _)| of == sku && *day >= since);
        let (refused, refused_calls) =
            refused.fold((0, 0), |(units, calls), (_, of)| (units + of.0, calls + of.1));
        let allowance = item.plan.as_ref().map_or(0, |plan| plan.allowance);
        proto::PurchaseSuggestion {
            sku: sku.to_string(),
            quantity: (item.queued() + allowance + refused - item.inbound).max(0),
            backordered: item.queued(),
            allowance,
            refused,
            refused_calls,
            inbound: item.inbound,
        }
    }
}

/// Supply as AnnounceInboundResponse shows it.
fn shown_inbound(sku: &Sku, inbound: &Inbound) -> proto::Inbound {
    let notice = Notice {
        id: inbound.id.clone(),
        expected: inbound.expected,
        arrives_on: inbound.arrives_on,
        ships_on: inbound.ships_on,
        cancelled: inbound.cancelled,
    };
    let command = Command::AnnounceInbound { sku: sku.clone(), notice };
    let answer = Answer::Inbound { sku: sku.clone(), inbound: inbound.clone() };
    let body = encode_stored(&command, &Ok(answer));
    let shown = proto::AnnounceInboundResponse::decode(&body.bytes[..]).expect("a response");
    shown.inbound.expect("supply")
}
