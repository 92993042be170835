//! Rows of `line`, and the reservations that they make up.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::types::Json;

use super::words::{purpose, ship_policy};
use crate::domain::reservation::{Promised, Question};
use crate::domain::{Customer, Line, Location, Reservation, ReservationId, ShipBy, Sku, Units};

/// `line`.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct LineRow {
    pub reservation: String,
    sku: String,
    ordered: i64,
    allocated: i64,
    backordered: i64,
    bumped: i64,
    shipped: i64,
    released: i64,
    lapsed_allocated: i64,
    lapsed_backordered: i64,
    /// The only location where the allocated units stand.
    location: Option<String>,
    /// Where they stand, if in several.
    allocations: Option<Json<Vec<(String, i64)>>>,
    age: i64,
    ship_by: Option<NaiveDate>,
    original_ship_by: Option<NaiveDate>,
    plan_version: Option<i64>,
    customer: Option<String>,
    ship_policy: String,
    purpose: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    delays: i32,
    answer_by: Option<DateTime<Utc>>,
    silence_keeps: Option<bool>,
    together_until: Option<NaiveDate>,
    ready_at: Option<DateTime<Utc>>,
}

impl LineRow {
    /// The reservation that the line belongs to, without lines.
    pub(in crate::store) fn header(&self) -> Reservation {
        Reservation {
            id: ReservationId::stored(&self.reservation),
            customer: self.customer.as_deref().map(Customer::stored),
            ship_policy: ship_policy(&self.ship_policy),
            purpose: purpose(&self.purpose),
            created_at: self.created_at,
            expires_at: self.expires_at,
            together_until: self.together_until,
            ready_at: self.ready_at,
            lines: Vec::new(),
        }
    }

    fn allocations(&self) -> Vec<(Location, Units)> {
        match (&self.location, &self.allocations) {
            (Some(location), _) => vec![(Location::stored(location), self.allocated)],
            (None, Some(Json(spread))) => {
                let at = |(location, units): &(String, Units)| (Location::stored(location), *units);
                spread.iter().map(at).collect()
            }
            (None, None) => Vec::new(),
        }
    }

    pub(in crate::store) fn line(self) -> Line {
        let allocations = self.allocations();
        Line {
            sku: Sku::stored(&self.sku),
            ordered: self.ordered,
            backordered: self.backordered,
            bumped: self.bumped,
            shipped: self.shipped,
            released: self.released,
            lapsed_allocated: self.lapsed_allocated,
            lapsed_backordered: self.lapsed_backordered,
            allocations,
            age: self.age,
            promise: promised(self.ship_by, self.original_ship_by, self.plan_version),
            delays: self.delays,
            question: self
                .answer_by
                .zip(self.silence_keeps)
                .map(|(answer_by, silence_keeps)| Question { answer_by, silence_keeps }),
        }
    }
}

/// Reservations from rows that stand in the order of reservation and position.
pub(in crate::store) fn reservations(rows: Vec<LineRow>) -> Vec<Reservation> {
    let mut all: Vec<Reservation> = Vec::new();
    for row in rows {
        if all.last().is_none_or(|last| last.id.as_str() != row.reservation) {
            all.push(row.header());
        }
        if let Some(last) = all.last_mut() {
            last.lines.push(row.line());
        }
    }
    all
}

/// The promise of a line. One whose date is not known has no `ship_by`.
pub(in crate::store) fn promised(
    ship_by: Option<NaiveDate>,
    original_ship_by: Option<NaiveDate>,
    plan_version: Option<i64>,
) -> Option<Promised> {
    Some(Promised {
        ship_by: ship_by.map_or(ShipBy::Unknown, ShipBy::On),
        original_ship_by: original_ship_by?,
        plan_version: plan_version?,
    })
}

/// Allocations as JSON: `[["main", 2]]`.
pub(in crate::store) fn allocations(line: &Line) -> Value {
    let entry = |(location, units): &(Location, Units)| {
        Value::from(vec![Value::from(location.as_str()), Value::from(*units)])
    };
    Value::Array(line.allocations.iter().map(entry).collect())
}
