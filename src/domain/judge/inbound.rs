//! Supply on its way: announced, changed, cancelled.

use super::take::no_queue_due;
use super::{Effect, Stop, known_item};
use crate::domain::book::Book;
use crate::domain::inbound::Notice;
use crate::domain::{COUNTER_MAX, Inbound, InboundId, Item, Refusal, Sku};

/// Supply that was not known before.
pub(super) fn announce(book: &Book, sku: &Sku, notice: &Notice) -> Result<Effect, Stop> {
    let item = known_item(book, sku)?;
    if find(item, &notice.id).is_some() {
        let (sku, inbound) = (sku.clone(), notice.id.clone());
        return Err(Refusal::InboundExists { sku, inbound }.into());
    }
    let inbound = Inbound::announced(notice);
    in_future(book, notice)?;
    countable(item, 0, &inbound)?;
    no_queue_due(item)?;
    Ok(Effect::Announce { sku: sku.clone(), inbound })
}

/// Supply that was announced, with all of its terms as they are to be.
pub(super) fn update(book: &Book, sku: &Sku, notice: &Notice) -> Result<Effect, Stop> {
    let item = known_item(book, sku)?;
    let known = find(item, &notice.id).ok_or_else(|| unknown(sku, &notice.id))?;
    let arrived = known.arrived();
    if notice.expected < arrived {
        let (sku, inbound, expected) = (sku.clone(), notice.id.clone(), notice.expected);
        return Err(Refusal::ExpectedBelowArrived { sku, inbound, expected, arrived }.into());
    }
    let inbound = known.updated(notice);
    if inbound == *known {
        return Ok(Effect::Nothing);
    }
    if inbound.left() > 0 {
        in_future(book, notice)?;
    }
    countable(item, known.left(), &inbound)?;
    no_queue_due(item)?;
    Ok(Effect::UpdateInbound { sku: sku.clone(), inbound })
}

/// The supply of that number.
pub(super) fn find<'b>(item: &'b Item, id: &InboundId) -> Option<&'b Inbound> {
    item.inbounds.iter().find(|inbound| inbound.id == *id)
}

pub(super) fn unknown(sku: &Sku, id: &InboundId) -> Refusal {
    Refusal::UnknownInbound { sku: sku.clone(), inbound: id.clone() }
}

/// A date that has passed promises nothing.
fn in_future(book: &Book, notice: &Notice) -> Result<(), Refusal> {
    let today = book.now.date_naive();
    if notice.ships_on < today { Err(Refusal::InboundInPast { today }) } else { Ok(()) }
}

fn countable(item: &Item, left_before: i64, inbound: &Inbound) -> Result<(), Refusal> {
    let all = item.inbound - left_before + inbound.left();
    if all > COUNTER_MAX {
        return Err(Refusal::QuantityOverflow { sku: item.sku.clone() });
    }
    Ok(())
}
