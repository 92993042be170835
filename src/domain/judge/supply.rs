//! Receive and Adjust: what a warehouse reports.

use super::inbound::{find, unknown};
use super::take::{no_more_due, no_queue_due};
use super::{Arrival, Effect, Stop, known_item, known_location};
use crate::domain::book::Book;
use crate::domain::command::{Adjustment, Change, Receipt, ReceiptLine};
use crate::domain::movement::Delta;
use crate::domain::{COUNTER_MAX, Inbound, Item, Kind, Location, Program, Refusal};

/// Goods arrive; what they owe to the queue is known from the counters alone.
pub(super) fn receive(book: &Book, program: &Program, receipt: &Receipt) -> Result<Effect, Stop> {
    let location = receipt.location.as_ref().unwrap_or(&program.default_location);
    known_location(book, location)?;
    let items: Result<Vec<&Item>, Refusal> =
        receipt.lines.iter().map(|line| known_item(book, &line.sku)).collect();
    let items = items?;
    // An expired hold is owed nothing. Goods for no queue do not wait: what such holds had is given
    // back later.
    for item in &items {
        no_queue_due(item)?;
    }
    for (item, line) in items.iter().zip(&receipt.lines) {
        if let Some(id) = line.inbound.as_ref().filter(|id| find(item, id).is_none()) {
            return Err(unknown(&line.sku, id).into());
        }
    }
    if book.receipts.contains(&receipt.id) {
        return Err(Refusal::ReceiptExists { receipt: receipt.id.clone() }.into());
    }
    let arrivals: Result<Vec<Arrival>, Refusal> =
        items.iter().zip(&receipt.lines).map(|(item, line)| arrival(item, line)).collect();
    let location = location.clone();
    Ok(Effect::Receive { receipt: receipt.id.clone(), location, arrivals: arrivals? })
}

fn arrival(item: &Item, line: &ReceiptLine) -> Result<Arrival, Refusal> {
    let on_hand = item.on_hand + line.good;
    if on_hand > COUNTER_MAX {
        return Err(Refusal::QuantityOverflow { sku: item.sku.clone() });
    }
    let mut after = item.clone();
    after.move_counters(Kind::Receive, &Delta { on_hand: line.good, ..Delta::default() });
    let known = line.inbound.as_ref().and_then(|id| find(item, id));
    let inbound = known.map(|known| known.arrive(line.good, line.damaged, line.closes_inbound));
    let uncountable = |inbound: &Inbound| inbound.arrived() > COUNTER_MAX;
    if inbound.as_ref().is_some_and(uncountable) {
        return Err(Refusal::QuantityOverflow { sku: item.sku.clone() });
    }
    Ok(Arrival {
        sku: item.sku.clone(),
        good: line.good,
        damaged: line.damaged,
        owed: after.owed().units() - item.owed().units(),
        queue_left: after.queued() - after.owed().units(),
        inbound,
    })
}

/// Stock at one location is corrected.
pub(super) fn adjust(
    book: &Book,
    program: &Program,
    location: Option<&Location>,
    adjustments: &[Adjustment],
) -> Result<Effect, Stop> {
    let location = location.unwrap_or(&program.default_location);
    known_location(book, location)?;
    let mut deltas = Vec::new();
    for adjustment in adjustments {
        let item = known_item(book, &adjustment.sku)?;
        no_more_due(item)?;
        let on_hand = item.stocks.get(location).map_or(0, |stock| stock.on_hand);
        let delta = match adjustment.change {
            Change::Delta(delta) => delta,
            Change::Count(count) => count - on_hand,
        };
        let sku = adjustment.sku.clone();
        if on_hand + delta < 0 {
            let location = location.clone();
            return Err(Refusal::AdjustmentExceedsStock { sku, location, delta, on_hand }.into());
        }
        if item.on_hand + delta > COUNTER_MAX {
            return Err(Refusal::QuantityOverflow { sku }.into());
        }
        deltas.push((sku, delta, adjustment.reason));
    }
    Ok(Effect::Adjust { location: location.clone(), deltas })
}
