//! All rows of a programme as JSON, from the database and from the in-memory world. Instants are
//! left out.

use std::collections::BTreeMap;

use backstock::domain::plan::OnSilence;
use backstock::domain::program::ShipPolicy;
use backstock::domain::reservation::Purpose;
use backstock::domain::{Inbound, Line, Location, Plan, Reservation, Sku, Units};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::types::Json;

use crate::support::dates::shifted;
use crate::support::world::World;

/// Tables, their keys in order, and their columns with instants, of which only whether they are set
/// is compared.
const TABLES: [(&str, &str, &str); 12] = [
    ("item", "sku", "changed_at,due_at"),
    ("item_settings", "sku", ""),
    ("item_stock", "sku,location", ""),
    ("line", "reservation,position", "created_at,expires_at,answer_by,ready_at"),
    ("movement", "sku,version,part", "at"),
    ("plan", "sku,version", "opens_at,closes_at,closed_at"),
    ("receipt", "receipt", "received_at"),
    ("inbound", "sku,inbound", ""),
    ("redate", "sku", ""),
    ("ready_check", "reservation", ""),
    ("refused_demand", "sku,day", ""),
    ("long_fill", "sku", ""),
];
/// Columns that are no text, and so have no collation.
const UNCOLLATED: [&str; 4] = ["position", "version", "part", "day"];
/// Instants in the details of events.
const EVENT_INSTANTS: [&str; 4] = ["answer_by", "expire_time", "opens_at", "closes_at"];

/// Rows by table.
pub type Rows = BTreeMap<&'static str, Vec<Value>>;

/// The rows of a database whose dates lie `days` before those of the model.
pub async fn stored(sql: &PgPool, program: &str, days: i64) -> Rows {
    let mut rows = Rows::new();
    for (table, keys, instants) in TABLES {
        let collated = |key: &str| match UNCOLLATED.contains(&key) {
            true => key.to_owned(),
            false => format!("{key} COLLATE \"C\""),
        };
        let order = keys.split(',').map(collated).collect::<Vec<_>>().join(", ");
        let statement = format!(
            "SELECT to_jsonb(t) - 'program' FROM {table} t WHERE program = $1 ORDER BY {order}"
        );
        let found: Vec<Json<Value>> = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .bind(program)
            .fetch_all(sql)
            .await
            .expect("rows");
        let row = |mut row: Value| {
            match table {
                "item" => drop(row.as_object_mut().expect("a row").remove("location")),
                "line" => gather_allocations(&mut row),
                _ => {}
            }
            for instant in instants.split(',').filter(|instant| !instant.is_empty()) {
                row[instant] = json!(!row[instant].is_null());
            }
            forget_instants(&mut row["event"]);
            let bytes = shifted(row.to_string().as_bytes(), days);
            let mut row: Value = serde_json::from_slice(&bytes).expect("a row");
            if row["event"].is_null() && table != "movement" {
                row.as_object_mut().expect("a row").remove("event");
            }
            row
        };
        rows.insert(table, found.into_iter().map(|found| row(found.0)).collect());
    }
    rows
}

/// Where a line's units stand is written in one of two ways; the list says both.
fn gather_allocations(row: &mut Value) {
    let location = row.as_object_mut().expect("a row").remove("location").expect("a column");
    if !location.is_null() {
        row["allocations"] = json!([[location, row["allocated"]]]);
    } else if row["allocations"].is_null() {
        row["allocations"] = json!([]);
    }
}

/// Leaves of the instants of an event only whether they are set.
fn forget_instants(event: &mut Value) {
    let details = event.as_object_mut().into_iter().flat_map(|event| event.values_mut());
    for detail in details.filter_map(Value::as_object_mut) {
        for instant in EVENT_INSTANTS {
            if let Some(value) = detail.get_mut(instant) {
                *value = json!(!value.is_null());
            }
        }
    }
}

/// The rows that the in-memory world would store.
pub fn modelled(world: &World) -> Rows {
    let mut rows = Rows::new();
    rows.insert("item", world.items.values().map(item).collect());
    let settings = world.settings.values().map(|settings| {
        let (sku, listing) = (settings.sku.as_str(), settings.listing.as_str());
        json!({ "sku": sku, "listing": listing, "title": settings.title })
    });
    rows.insert("item_settings", settings.collect());
    let stocks = world.items.values().flat_map(|item| {
        item.stocks.iter().map(|(location, stock)| {
            json!({
                "sku": item.sku.as_str(), "location": location.as_str(),
                "on_hand": stock.on_hand, "allocated": stock.allocated,
            })
        })
    });
    rows.insert("item_stock", stocks.collect());
    let mut reservations: Vec<&Reservation> = world.reservations.values().collect();
    reservations.sort_by(|one, other| one.id.cmp(&other.id));
    let lines = reservations.iter().flat_map(|reservation| {
        reservation.lines.iter().enumerate().map(|(at, one)| line(reservation, at, one))
    });
    rows.insert("line", lines.collect());
    let mut ledger: Vec<_> = world.ledger.iter().collect();
    ledger.sort_by_key(|m| (m.sku.clone(), m.version, m.part));
    rows.insert("movement", ledger.into_iter().map(movement).collect());
    rows.insert("plan", world.plans.iter().map(|((sku, _), of)| plan(sku, of)).collect());
    let mut receipts: Vec<&str> = world.receipts.iter().map(|receipt| receipt.as_str()).collect();
    receipts.sort_unstable();
    let receipt = |id: &&str| json!({ "receipt": id, "received_at": true });
    rows.insert("receipt", receipts.iter().map(receipt).collect());
    let inbounds = world.items.values().flat_map(|item| {
        let mut inbounds: Vec<&Inbound> = item.inbounds.iter().collect();
        inbounds.sort_by(|one, other| one.id.cmp(&other.id));
        inbounds.into_iter().map(|of| inbound(&item.sku, of))
    });
    rows.insert("inbound", inbounds.collect());
    rows.insert("redate", world.items.values().filter_map(redate).collect());
    let checks = world.ready_checks.iter().map(|id| json!({ "reservation": id.as_str() }));
    rows.insert("ready_check", checks.collect());
    let refused = world.refused.iter().map(|((sku, day), (units, calls))| {
        json!({ "sku": sku.as_str(), "day": day.to_string(), "units": units, "calls": calls })
    });
    rows.insert("refused_demand", refused.collect());
    let fills = world.long_fills.iter().map(|sku| json!({ "sku": sku.as_str() }));
    rows.insert("long_fill", fills.collect());
    rows
}

fn item(item: &backstock::domain::Item) -> Value {
    json!({
        "sku": item.sku.as_str(), "on_hand": item.on_hand, "allocated": item.allocated,
        "backordered": item.backordered, "bumped": item.bumped, "owed": item.owed,
        "inbound": item.inbound, "safety_stock": item.safety_stock, "low_stock": item.low_stock,
        "redating": item.redating, "cap": item.cap, "plan_version": item.plan_version,
        "version": item.version, "changed_at": true, "due_at": item.due_at.is_some(),
    })
}

fn plan(sku: &Sku, plan: &Plan) -> Value {
    let on_silence = plan.delay_answers.map(|answers| match answers.on_silence {
        OnSilence::Keep => "keep",
        OnSilence::Release => "release",
        OnSilence::ByClass => "by_class",
    });
    let stages = plan.timeline.iter().map(|stage| json!([stage.name, stage.date.to_string()]));
    json!({
        "sku": sku.as_str(), "version": plan.version, "cap": plan.cap,
        "ship_by": plan.ship_by.to_string(), "note": plan.note,
        "allowance": plan.allowance, "customer_limit": plan.customer_limit,
        "timeline": stages.collect::<Vec<_>>(), "cap_by_inbound": plan.cap_by_inbound,
        "answer_within_seconds": plan.delay_answers.map(|answers| answers.answer_within_seconds),
        "on_silence": on_silence, "told_closed": plan.told_closed, "overdue": plan.overdue,
        "opens_at": true, "closes_at": true, "closed_at": plan.closed_at.is_some(),
    })
}

fn inbound(sku: &Sku, of: &Inbound) -> Value {
    json!({
        "sku": sku.as_str(), "inbound": of.id.as_str(), "expected": of.expected,
        "received": of.received, "damaged": of.damaged,
        "arrives_on": of.arrives_on.to_string(), "ships_on": of.ships_on.to_string(),
        "cancelled": of.cancelled, "closed": of.closed, "overdue": of.overdue,
    })
}

fn redate(item: &backstock::domain::Item) -> Option<Value> {
    let redate = item.redate.as_ref()?;
    Some(json!({
        "sku": item.sku.as_str(), "at_bumped": redate.at_bumped, "age": redate.age,
        "units_before": redate.units_before, "again": redate.again,
    }))
}

fn line(reservation: &Reservation, position: usize, line: &Line) -> Value {
    let at = |(location, units): &(Location, Units)| json!([location.as_str(), units]);
    let policy = match reservation.ship_policy {
        ShipPolicy::Together => "together",
        ShipPolicy::AsAvailable => "as_available",
    };
    let purpose = match reservation.purpose {
        Purpose::Sale => "sale",
        Purpose::Replacement => "replacement",
    };
    let promise = line.promise;
    json!({
        "reservation": reservation.id.as_str(), "position": position, "sku": line.sku.as_str(),
        "ordered": line.ordered, "allocated": line.allocated(), "backordered": line.backordered,
        "bumped": line.bumped, "shipped": line.shipped, "released": line.released,
        "lapsed_allocated": line.lapsed_allocated, "lapsed_backordered": line.lapsed_backordered,
        "allocations": line.allocations.iter().map(at).collect::<Vec<_>>(), "age": line.age,
        "ship_by": promise.and_then(|p| p.ship_by.date()).map(|date| date.to_string()),
        "original_ship_by": promise.map(|p| p.original_ship_by.to_string()),
        "plan_version": promise.map(|p| p.plan_version),
        "customer": reservation.customer.as_ref().map(|c| c.as_str()),
        "ship_policy": policy, "purpose": purpose, "delays": line.delays,
        "answer_by": line.question.is_some(),
        "silence_keeps": line.question.map(|question| question.silence_keeps),
        "together_until": reservation.together_until.map(|date| date.to_string()),
        "ready_at": reservation.ready_at.is_some(), "created_at": true,
        "expires_at": reservation.expires_at.is_some(),
    })
}

fn movement(movement: &backstock::domain::Movement) -> Value {
    let kind = format!("{:?}", movement.kind).to_lowercase();
    let mut event = serde_json::to_value(&movement.event).expect("an event");
    forget_instants(&mut event);
    let delta = &movement.delta;
    json!({
        "sku": movement.sku.as_str(), "version": movement.version, "part": movement.part,
        "kind": kind, "location": delta.location.as_ref().map(|at| at.as_str()),
        "on_hand": delta.on_hand, "allocated": delta.allocated,
        "backordered": delta.backordered, "bumped": delta.bumped, "damaged": delta.damaged,
        "reservation": movement.reservation.as_ref().map(|id| id.as_str()),
        "reference": movement.reference, "inbound": delta.inbound, "event": event, "at": true,
    })
}

/// Says how two sets of rows differ.
///
/// # Errors
///
/// The first row that differs.
pub fn same(model: &Rows, store: &Rows) -> Result<(), String> {
    for (table, _, _) in TABLES {
        let (model, store) = (&model[table], &store[table]);
        for (one, other) in model.iter().zip(store) {
            if one != other {
                return Err(format!("{table}:\n  model {one}\n  store {other}"));
            }
        }
        if model.len() != store.len() {
            return Err(format!("{table}: {} rows in the model, {}", model.len(), store.len()));
        }
    }
    Ok(())
}
