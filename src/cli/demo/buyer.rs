//! A buyer: one visit after the other, each from the first order to the last change of mind.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::bail;

use super::caller::{Caller, Refused, must};
use super::history::Change;
use super::orders::Units;
use super::shop::Shop;
use super::visits::{Order, Step, Visit};
use crate::cli::progress::Progress;
use crate::proto::{
    AcceptedPromise, BackorderRequest, ConfirmRequest, Line, ReleaseRequest, Reservation,
    ReserveRequest, ShipPolicy,
};

/// Refusals of a Backorder that the scenario provokes. Any other would be a fault.
const EXPECTED: [&str; 4] =
    ["BACKORDERS_CLOSED", "WINDOW_CLOSED", "CAP_EXCEEDED", "CUSTOMER_LIMIT_EXCEEDED"];

/// Makes visits until there are none left.
///
/// # Errors
/// The server failed, or refused what cannot be refused.
pub async fn buy(shop: Arc<Shop>, caller: Caller, progress: Arc<Progress>) -> anyhow::Result<()> {
    while let Some(visit) = shop.next_visit() {
        make(&shop, &caller, visit).await?;
        shop.visit_done();
        progress.step();
    }
    Ok(())
}

async fn make(shop: &Shop, caller: &Caller, visit: &Visit) -> anyhow::Result<()> {
    // The orders that came about, and whether they may ship at once.
    let mut placed: BTreeMap<&str, bool> = BTreeMap::new();
    for (place, step) in visit.steps.iter().enumerate() {
        match step {
            Step::Order(order) => {
                if let Some(reservation) = placed_order(shop, caller, order).await? {
                    placed.insert(&order.reservation, reservation.ready_to_ship);
                }
            }
            Step::Cancel { reservation, .. } if !placed.contains_key(reservation.as_str()) => {
                shop.tally.count(|counts| counts.cancelled_refused += 1);
            }
            Step::Cancel { reservation, lines } => {
                let id = format!("cancel-{reservation}-{place}");
                let left = cancelled(shop, caller, id, reservation, lines).await?;
                placed.insert(reservation, left.ready_to_ship);
            }
        }
    }
    for (reservation, ready) in placed {
        shop.packing.ordered(reservation, ready);
    }
    Ok(())
}

/// Orders and pays. None where the order was refused or given up.
async fn placed_order(
    shop: &Shop,
    caller: &Caller,
    order: &Order,
) -> anyhow::Result<Option<Reservation>> {
    let Some(reservation) = reserved(shop, caller, order).await? else { return Ok(None) };
    shop.history.taken(&reservation);
    shop.tally.count(|counts| {
        counts.reserved_units += sum(&reservation, |line| line.allocated);
        counts.backordered_units += sum(&reservation, |line| line.backordered);
    });
    if order.given_up {
        give_up(shop, caller, order).await?;
        return Ok(None);
    }
    let request = ConfirmRequest {
        program: caller.program.to_string(),
        request_id: format!("confirm-{}", order.reservation),
        reservation_id: order.reservation.clone(),
        accepted: Vec::new(),
    };
    let answer = must("Confirm", caller.confirm(request).await?)?;
    Ok(Some(answer.reservation.unwrap_or_default()))
}

/// Takes what is on the shelf; where that is too little, what will be.
async fn reserved(
    shop: &Shop,
    caller: &Caller,
    order: &Order,
) -> anyhow::Result<Option<Reservation>> {
    let request = ReserveRequest {
        program: caller.program.to_string(),
        request_id: format!("reserve-{}", order.reservation),
        reservation_id: order.reservation.clone(),
        lines: lines(&order.lines),
        customer_id: order.customer.clone(),
        ship_policy: policy(order).into(),
        ..Default::default()
    };
    match caller.reserve(request).await? {
        Ok(answer) => {
            shop.tally.count(|counts| counts.reserved += 1);
            Ok(Some(answer.reservation.unwrap_or_default()))
        }
        Err(refused) if refused.reason == "STOCK_INSUFFICIENT" => {
            backordered(shop, caller, order, &refused).await
        }
        Err(refused) => bail!(
            "Reserve {} was refused as {}: {}",
            order.reservation,
            refused.reason,
            refused.message
        ),
    }
}

/// Queues for what is missing, on the terms that the refusal named.
async fn backordered(
    shop: &Shop,
    caller: &Caller,
    order: &Order,
    terms: &Refused,
) -> anyhow::Result<Option<Reservation>> {
    let request = BackorderRequest {
        program: caller.program.to_string(),
        request_id: format!("backorder-{}", order.reservation),
        reservation_id: order.reservation.clone(),
        lines: lines(&order.lines),
        accepted: accepted(terms),
        customer_id: order.customer.clone(),
        ship_policy: policy(order).into(),
        ..Default::default()
    };
    match caller.backorder(request).await? {
        Ok(answer) => {
            let reservation = answer.reservation.unwrap_or_default();
            check_queue(shop, &reservation);
            shop.tally.count(|counts| counts.backordered += 1);
            Ok(Some(reservation))
        }
        Err(refused) if EXPECTED.contains(&refused.reason.as_str()) => {
            shop.tally.count(|counts| *counts.refused.entry(refused.reason).or_default() += 1);
            Ok(None)
        }
        Err(refused) => bail!(
            "Backorder {} was refused as {}: {}",
            order.reservation,
            refused.reason,
            refused.message
        ),
    }
}

/// The dates that the refusal showed: whoever accepts them is told if they are no longer true.
fn accepted(terms: &Refused) -> Vec<AcceptedPromise> {
    let dated = |shortage: &crate::proto::Shortage| {
        let ship_by = shortage.promise.as_ref()?.ship_by.clone();
        Some(AcceptedPromise { sku: shortage.sku.clone(), ship_by })
    };
    terms.shortages.iter().filter_map(dated).collect()
}

/// A line that was just queued is the last: it and the units in front of it are the whole queue.
fn check_queue(shop: &Shop, reservation: &Reservation) {
    for line in reservation.lines.iter().filter(|line| line.backordered > 0) {
        let queue = line.queue_ahead.unwrap_or(0) + line.backordered;
        let cap = shop.caps.get(&line.sku).copied().unwrap_or(0);
        if queue > cap {
            let id = &reservation.reservation_id;
            let what = format!("{queue} units in the queue at {id}, over the cap of {cap}");
            shop.problem(&line.sku, what);
        }
    }
}

async fn give_up(shop: &Shop, caller: &Caller, order: &Order) -> anyhow::Result<()> {
    let request = ReleaseRequest {
        program: caller.program.to_string(),
        request_id: format!("leave-{}", order.reservation),
        reservation_id: order.reservation.clone(),
        lines: Vec::new(),
        reason: "cart left before paying".to_owned(),
    };
    let left = must("Release", caller.release(request).await?)?.reservation.unwrap_or_default();
    for line in &left.lines {
        shop.history.note(line, Change::Released(line.released));
    }
    shop.tally.count(|counts| {
        counts.given_up += 1;
        counts.released_units += sum(&left, |line| line.released);
    });
    Ok(())
}

async fn cancelled(
    shop: &Shop,
    caller: &Caller,
    request_id: String,
    reservation: &str,
    units: &[Units],
) -> anyhow::Result<Reservation> {
    let request = ReleaseRequest {
        program: caller.program.to_string(),
        request_id,
        reservation_id: reservation.to_owned(),
        lines: lines(units),
        reason: "cancelled by the customer".to_owned(),
    };
    let left = must("Release", caller.release(request).await?)?.reservation.unwrap_or_default();
    for line in &left.lines {
        if let Some(back) = units.iter().find(|back| back.sku == line.sku) {
            shop.history.note(line, Change::Released(back.quantity));
        }
    }
    shop.tally.count(|counts| {
        counts.cancelled += 1;
        counts.released_units += units.iter().map(|back| back.quantity).sum::<i64>();
    });
    Ok(left)
}

fn lines(units: &[Units]) -> Vec<Line> {
    units.iter().map(|line| Line { sku: line.sku.clone(), quantity: line.quantity }).collect()
}

fn policy(order: &Order) -> ShipPolicy {
    if order.as_available { ShipPolicy::AsAvailable } else { ShipPolicy::Together }
}

fn sum(of: &Reservation, units: impl Fn(&crate::proto::ReservationLine) -> i64) -> i64 {
    of.lines.iter().map(units).sum()
}
