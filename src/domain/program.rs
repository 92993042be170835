//! A programme's settings and its locations.

use super::{Date, Location, ProgramId};

/// Whether an order's parcel waits for every line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShipPolicy {
    /// The parcel waits until every line is allocated.
    Together,
    /// Each line ships as soon as it can.
    AsAvailable,
}

impl ShipPolicy {
    /// The policy as far as a note says it: of a parcel that waits only until a day nothing is
    /// said.
    #[must_use]
    pub fn noted(self, together_until: Option<Date>) -> Option<Self> {
        together_until.is_none().then_some(self)
    }
}

/// Settings of a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its id.
    pub id: ProgramId,
    /// For people.
    pub display_name: String,
    /// How long a hold lives when the call does not say.
    pub default_hold_seconds: i64,
    /// Listings that may take backorders at once.
    pub max_backorder_listings: i32,
    /// Whether parcels wait when the call does not say.
    pub default_ship_policy: ShipPolicy,
    /// Where goods are received and counted when the call does not say.
    pub default_location: Location,
}

/// A place where goods stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its id.
    pub location: Location,
    /// For people.
    pub display_name: String,
    /// Lower is drawn first, then by name.
    pub priority: i32,
}

/// Puts places in the order in which they are drawn.
pub fn sort_by_draw(places: &mut [Place]) {
    places.sort_by(|a, b| (a.priority, &a.location).cmp(&(b.priority, &b.location)));
}
