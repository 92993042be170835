//! From which location units are taken: one that can serve the whole reservation, first by
//! priority, then by name; where none can, each line likewise by itself; a line that no single
//! location can serve is split in that order.

use super::program::Place;
use super::{Item, Location, Units};

/// Units taken from locations.
pub type Picks = Vec<(Location, Units)>;

fn free_at(item: &Item, place: &Place) -> Units {
    item.stocks.get(&place.location).map_or(0, |stock| stock.free())
}

/// Picks for all lines of a reservation, in the order of `asks`.
///
/// Each ask must be at most the item's free units, which the judges have made sure of.
#[must_use]
pub fn together(asks: &[(&Item, Units)], places: &[Place]) -> Vec<Picks> {
    let whole =
        places.iter().find(|place| asks.iter().all(|(item, units)| free_at(item, place) >= *units));
    asks.iter()
        .map(|(item, units)| match (whole, units) {
            (_, 0) => Picks::new(),
            (Some(place), _) => vec![(place.location.clone(), *units)],
            (None, _) => single(item, *units, places),
        })
        .collect()
}

/// Picks for one line.
#[must_use]
pub fn single(item: &Item, units: Units, places: &[Place]) -> Picks {
    if let Some(place) = places.iter().find(|place| free_at(item, place) >= units) {
        return vec![(place.location.clone(), units)];
    }
    let mut left = units;
    let mut picks = Picks::new();
    for place in places {
        let take = free_at(item, place).min(left);
        if take > 0 {
            picks.push((place.location.clone(), take));
            left -= take;
        }
    }
    picks
}

/// Whether the units come from where they would come from if everything that is allocated stood
/// free: then they do whatever of it expired holds still have that are left to be swept.
#[must_use]
pub fn is_certain(asks: &[(&Item, Units)], picks: &[Picks], places: &[Place]) -> bool {
    if !asks.iter().any(|(item, _)| item.due_left && item.stocks.len() > 1) {
        return true;
    }
    let freed = |item: &Item| {
        let mut item = item.clone();
        if item.due_left {
            item.stocks.values_mut().for_each(|stock| stock.allocated = 0);
        }
        item
    };
    let freed: Vec<Item> = asks.iter().map(|(item, _)| freed(item)).collect();
    let asks: Vec<(&Item, Units)> = freed.iter().zip(asks).map(|(i, (_, n))| (i, *n)).collect();
    together(&asks, places) == picks
}
