//! Rows as PostgreSQL has them, and the domain's values as they come from them.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::types::Json;

use crate::domain::plan::Stage;
use crate::domain::program::{Place, ShipPolicy};
use crate::domain::reservation::{Promised, Purpose};
use crate::domain::{
    Customer, Item, Kind, Line, Location, Plan, Program, ProgramId, Reservation, ReservationId,
    Sku, Units,
};

/// `item`.
#[derive(sqlx::FromRow)]
pub(super) struct ItemRow {
    pub sku: String,
    pub on_hand: i64,
    pub allocated: i64,
    pub backordered: i64,
    pub bumped: i64,
    pub safety_stock: i64,
    pub cap: i64,
    pub plan_version: i64,
    pub version: i64,
    pub changed_at: DateTime<Utc>,
}

impl ItemRow {
    pub(super) fn item(self) -> Item {
        let mut item = Item::new(Sku::stored(&self.sku), self.safety_stock);
        item.on_hand = self.on_hand;
        item.allocated = self.allocated;
        item.backordered = self.backordered;
        item.bumped = self.bumped;
        item.cap = self.cap;
        item.plan_version = self.plan_version;
        item.version = self.version;
        item
    }
}

/// `program`, with the database's clock and the backend that read it.
#[derive(sqlx::FromRow)]
pub(super) struct ProgramRow {
    pub now: DateTime<Utc>,
    pub backend: i32,
    program: Option<String>,
    display_name: Option<String>,
    default_hold_seconds: Option<i64>,
    max_backorder_listings: Option<i32>,
    default_ship_policy: Option<String>,
    default_location: Option<String>,
}

impl ProgramRow {
    pub(super) fn program(&self) -> Option<Program> {
        Some(Program {
            id: ProgramId::stored(self.program.as_deref()?),
            display_name: self.display_name.clone()?,
            default_hold_seconds: self.default_hold_seconds?,
            max_backorder_listings: self.max_backorder_listings?,
            default_ship_policy: ship_policy(self.default_ship_policy.as_deref()?),
            default_location: Location::stored(self.default_location.as_deref()?),
        })
    }
}

/// `location`.
#[derive(sqlx::FromRow)]
pub(super) struct PlaceRow {
    location: String,
    display_name: String,
    priority: i32,
}

impl From<PlaceRow> for Place {
    fn from(row: PlaceRow) -> Self {
        let location = Location::stored(&row.location);
        Self { location, display_name: row.display_name, priority: row.priority }
    }
}

/// `plan`.
#[derive(sqlx::FromRow)]
pub(super) struct PlanRow {
    pub sku: String,
    pub version: i64,
    cap: i64,
    opens_at: DateTime<Utc>,
    closes_at: DateTime<Utc>,
    ship_by: NaiveDate,
    note: String,
    allowance: i64,
    customer_limit: i64,
    timeline: Json<Vec<(String, String)>>,
    closed_at: Option<DateTime<Utc>>,
}

impl From<PlanRow> for Plan {
    fn from(row: PlanRow) -> Self {
        let stage = |(name, date): (String, String)| {
            Some(Stage { name, date: crate::domain::plan::parse_date(&date)? })
        };
        Self {
            version: row.version,
            cap: row.cap,
            opens_at: row.opens_at,
            closes_at: row.closes_at,
            ship_by: row.ship_by,
            note: row.note,
            allowance: row.allowance,
            customer_limit: row.customer_limit,
            timeline: row.timeline.0.into_iter().filter_map(stage).collect(),
            closed_at: row.closed_at,
        }
    }
}

/// `line`.
#[derive(sqlx::FromRow)]
pub(super) struct LineRow {
    pub reservation: String,
    sku: String,
    ordered: i64,
    backordered: i64,
    bumped: i64,
    shipped: i64,
    released: i64,
    lapsed_allocated: i64,
    lapsed_backordered: i64,
    allocations: Json<Vec<(String, i64)>>,
    age: i64,
    ship_by: Option<NaiveDate>,
    original_ship_by: Option<NaiveDate>,
    plan_version: Option<i64>,
    customer: Option<String>,
    ship_policy: String,
    purpose: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
}

impl LineRow {
    /// The reservation that the line belongs to, without lines.
    pub(super) fn header(&self) -> Reservation {
        Reservation {
            id: ReservationId::stored(&self.reservation),
            customer: self.customer.as_deref().map(Customer::stored),
            ship_policy: ship_policy(&self.ship_policy),
            purpose: purpose(&self.purpose),
            created_at: self.created_at,
            expires_at: self.expires_at,
            lines: Vec::new(),
        }
    }

    pub(super) fn line(self) -> Line {
        let at = |(location, units): (String, Units)| (Location::stored(&location), units);
        Line {
            sku: Sku::stored(&self.sku),
            ordered: self.ordered,
            backordered: self.backordered,
            bumped: self.bumped,
            shipped: self.shipped,
            released: self.released,
            lapsed_allocated: self.lapsed_allocated,
            lapsed_backordered: self.lapsed_backordered,
            allocations: self.allocations.0.into_iter().map(at).collect(),
            age: self.age,
            promise: promised(self.ship_by, self.original_ship_by, self.plan_version),
        }
    }
}

/// Reservations from rows that stand in the order of reservation and position.
pub(super) fn reservations(rows: Vec<LineRow>) -> Vec<Reservation> {
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

/// The promise of a line, which has all three columns or none.
pub(super) fn promised(
    ship_by: Option<NaiveDate>,
    original_ship_by: Option<NaiveDate>,
    plan_version: Option<i64>,
) -> Option<Promised> {
    Some(Promised {
        ship_by: ship_by?,
        original_ship_by: original_ship_by?,
        plan_version: plan_version?,
    })
}

/// Allocations as JSON: `[["main", 2]]`.
pub(super) fn allocations(line: &Line) -> Value {
    let entry = |(location, units): &(Location, Units)| {
        Value::from(vec![Value::from(location.as_str()), Value::from(*units)])
    };
    Value::Array(line.allocations.iter().map(entry).collect())
}

fn ship_policy(text: &str) -> ShipPolicy {
    if text == "as_available" { ShipPolicy::AsAvailable } else { ShipPolicy::Together }
}

pub(super) fn ship_policy_text(policy: ShipPolicy) -> &'static str {
    match policy {
        ShipPolicy::Together => "together",
        ShipPolicy::AsAvailable => "as_available",
    }
}

fn purpose(text: &str) -> Purpose {
    if text == "replacement" { Purpose::Replacement } else { Purpose::Sale }
}

pub(super) fn purpose_text(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Sale => "sale",
        Purpose::Replacement => "replacement",
    }
}

const KINDS: [(Kind, &str); 10] = [
    (Kind::Item, "item"),
    (Kind::Plan, "plan"),
    (Kind::Reserve, "reserve"),
    (Kind::Release, "release"),
    (Kind::Expire, "expire"),
    (Kind::Receive, "receive"),
    (Kind::Fill, "fill"),
    (Kind::Ship, "ship"),
    (Kind::Adjust, "adjust"),
    (Kind::Bump, "bump"),
];

pub(super) fn kind_text(kind: Kind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, text)| text)
}

pub(super) fn kind(text: &str) -> Option<Kind> {
    KINDS.iter().find(|(_, known)| *known == text).map(|(kind, _)| *kind)
}
