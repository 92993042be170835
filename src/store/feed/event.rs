//! An event with its place, as it is told to others.

use serde_json::Value;

use crate::domain::{Customer, Event, Location, ProgramId, ReservationId, Sku, Time, Units};

/// An event with its place in the stream of its programme.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The programme.
    pub program: ProgramId,
    /// The place, from 1.
    pub position: i64,
    /// The item.
    pub sku: Sku,
    /// The version of the item that the change made.
    pub version: i64,
    /// Which of the lines of that change, from 0.
    pub part: i32,
    /// When, by the database's clock.
    pub at: Time,
    /// Whose units, where a reservation's are concerned.
    pub reservation: Option<ReservationId>,
    /// Whose order, if the request said.
    pub customer: Option<Customer>,
    /// Where, when units at a location moved.
    pub location: Option<Location>,
    /// The receipt, the carrier's number, or the reason that the call gave; may be empty.
    pub reference: String,
    /// By how much the item's counters changed.
    pub changes: Changes,
    /// What happened.
    pub what: What,
}

/// By how much an event changed an item's counters, in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Units on hand.
    pub on_hand: Units,
    /// Allocated units.
    pub allocated: Units,
    /// Backordered units.
    pub backordered: Units,
    /// Bumped units.
    pub bumped: Units,
    /// Units still to come of announced supply.
    pub inbound: Units,
    /// Units that arrived damaged; they never were on hand.
    pub damaged: Units,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// One of the types of this release.
    Known(Event),
    /// A type of a later release, whose servers work on the same database. It is told as it was
    /// stored, since whoever was not told now would never be.
    Other {
        /// Its public type.
        name: String,
        /// Its details; null = none.
        detail: Value,
    },
}

impl What {
    /// Reads an event as it was stored.
    pub(super) fn stored(stored: Value) -> Self {
        if let Ok(event) = serde_json::from_value::<Event>(stored.clone()) {
            return Self::Known(event);
        }
        let (name, detail) = taken_apart(stored);
        Self::Other { name, detail }
    }

    /// The public type.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Known(event) => event.name(),
            Self::Other { name, .. } => name,
        }
    }

    /// The details, as they are stored; null = there are none.
    #[must_use]
    pub fn detail(&self) -> Value {
        match self {
            Self::Known(event) => taken_apart(serde_json::to_value(event).unwrap_or(Value::Null)).1,
            Self::Other { detail, .. } => detail.clone(),
        }
    }
}

/// The type and the details of a stored event: a text, or an object with one key.
fn taken_apart(stored: Value) -> (String, Value) {
    match stored {
        Value::String(name) => (name, Value::Null),
        Value::Object(object) => object.into_iter().next().unwrap_or_default(),
        other => (String::new(), other),
    }
}

impl Published {
    /// Unique in the programme. The sign between its parts is in no SKU.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}@{}-{}", self.sku, self.version, self.part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_a_later_release_keeps_its_type_and_details() {
        let detail = serde_json::json!({"how": "so"});
        let later = What::stored(serde_json::json!({"stock.vanished": {"how": "so"}}));
        assert_eq!((later.name(), later.detail()), ("stock.vanished", detail));
        let bare = What::stored(serde_json::json!("stock.back"));
        assert_eq!((bare.name(), bare.detail()), ("stock.back", Value::Null));
        assert_eq!(What::stored(serde_json::json!(7)).name(), "");
    }

    #[test]
    fn an_event_of_this_release_is_known() {
        let low = serde_json::json!({"stock.low": {"available": 2, "low_stock": 5}});
        let low = What::stored(low);
        assert!(matches!(low, What::Known(Event::Low(_))), "{low:?}");
        assert_eq!(low.detail()["available"], 2);
        assert_eq!(What::stored(serde_json::json!("stock.oversold")), What::Known(Event::Oversold));
    }
}
