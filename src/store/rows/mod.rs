//! Rows as PostgreSQL has them, and the domain's values as they come from them.

mod line;
mod words;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::types::Json;

use crate::domain::command::ItemSettings;
use crate::domain::item::Stock;
use crate::domain::note::PlanNote;
use crate::domain::plan::{DelayAnswers, Stage};
use crate::domain::program::Place;
use crate::domain::{Inbound, InboundId, Item, Location, Plan, Program, ProgramId, Sku};

pub(super) use line::{LineRow, allocations, promised, reservations};
use words::on_silence;
pub(super) use words::{
    kind, kind_text, on_silence_text, purpose_text, ship_policy, ship_policy_text,
};

/// `item`.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct ItemRow {
    pub sku: String,
    pub on_hand: i64,
    pub allocated: i64,
    pub backordered: i64,
    pub bumped: i64,
    pub safety_stock: i64,
    pub owed: i64,
    pub inbound: i64,
    pub low_stock: i64,
    pub redating: bool,
    pub cap: i64,
    pub plan_version: i64,
    pub version: i64,
    /// The only location where the item stands. NULL: rows of `stock` say where.
    pub location: Option<String>,
    pub due_at: Option<DateTime<Utc>>,
}

impl ItemRow {
    pub(in crate::store) fn item(&self) -> Item {
        let mut item = Item::new(Sku::stored(&self.sku), self.safety_stock);
        item.on_hand = self.on_hand;
        item.allocated = self.allocated;
        item.backordered = self.backordered;
        item.bumped = self.bumped;
        item.owed = self.owed;
        item.inbound = self.inbound;
        item.low_stock = self.low_stock;
        item.redating = self.redating;
        item.cap = self.cap;
        item.plan_version = self.plan_version;
        item.version = self.version;
        item.due_at = self.due_at;
        if let Some(location) = &self.location {
            let stock = Stock { on_hand: self.on_hand, allocated: self.allocated };
            item.stocks.insert(Location::stored(location), stock);
        }
        item
    }
}

/// An item's settings: SKU, listing, title, safety stock, low stock.
pub(in crate::store) fn item_settings(row: (String, String, String, i64, i64)) -> ItemSettings {
    let (sku, listing, title, safety_stock, low_stock) = row;
    let (sku, listing) = (Sku::stored(&sku), Sku::stored(&listing));
    ItemSettings { sku, listing, title, safety_stock, low_stock }
}

/// `program`, with the database's clock and the backend that read it.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct ProgramRow {
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
    pub(in crate::store) fn program(&self) -> Option<Program> {
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
pub(in crate::store) struct PlaceRow {
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
pub(in crate::store) struct PlanRow {
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
    cap_by_inbound: bool,
    answer_within_seconds: Option<i64>,
    on_silence: Option<String>,
    told_closed: bool,
    overdue: bool,
}

impl From<PlanRow> for Plan {
    fn from(row: PlanRow) -> Self {
        let stage = |(name, date): (String, String)| {
            Some(Stage { name, date: crate::domain::plan::parse_date(&date)? })
        };
        let on_silence = row.on_silence.as_deref().map(on_silence);
        let delay_answers = row.answer_within_seconds.zip(on_silence);
        Self {
            cap_by_inbound: row.cap_by_inbound,
            delay_answers: delay_answers.map(|(answer_within_seconds, on_silence)| DelayAnswers {
                answer_within_seconds,
                on_silence,
            }),
            told_closed: row.told_closed,
            overdue: row.overdue,
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

/// The note of a plan, with the days by which it is read; of no plan, nothing.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct NoteRow {
    note: Option<String>,
    note_ship_by: Option<NaiveDate>,
    note_closes_at: Option<DateTime<Utc>>,
}

impl NoteRow {
    pub(in crate::store) fn noted(self) -> Option<PlanNote> {
        let closes_on = self.note_closes_at?.date_naive();
        Some(PlanNote { text: self.note?, ship_by: self.note_ship_by?, closes_on })
    }
}

/// `inbound`.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct InboundRow {
    pub sku: String,
    inbound: String,
    expected: i64,
    received: i64,
    damaged: i64,
    arrives_on: NaiveDate,
    ships_on: NaiveDate,
    cancelled: bool,
    closed: bool,
    overdue: bool,
}

impl From<InboundRow> for Inbound {
    fn from(row: InboundRow) -> Self {
        Self {
            id: InboundId::stored(&row.inbound),
            expected: row.expected,
            received: row.received,
            damaged: row.damaged,
            arrives_on: row.arrives_on,
            ships_on: row.ships_on,
            cancelled: row.cancelled,
            closed: row.closed,
            overdue: row.overdue,
        }
    }
}
