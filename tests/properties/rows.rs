//! All rows of a programme as JSON, from the database and from the in-memory world. Instants are
//! left out.

use std::collections::BTreeMap;

use backstock::domain::program::ShipPolicy;
use backstock::domain::reservation::Purpose;
use backstock::domain::{Kind, Line, Location, Reservation, Units};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::types::Json;

use crate::support::world::World;

/// Tables, their keys in order, and the columns that are not compared.
const TABLES: [(&str, &str, &str); 7] = [
    ("item", "sku", "changed_at"),
    ("item_settings", "sku", ""),
    ("stock", "sku,location", ""),
    ("line", "reservation,position", "created_at,expires_at"),
    ("movement", "sku,version,part", "at"),
    ("plan", "sku,version", "opens_at,closes_at,closed_at,timeline"),
    ("receipt", "receipt", "received_at"),
];

/// Rows by table.
pub type Rows = BTreeMap<&'static str, Vec<Value>>;

/// The rows of the database.
pub async fn stored(sql: &PgPool, program: &str) -> Rows {
    let mut rows = Rows::new();
    for (table, keys, left_out) in TABLES {
        let order = keys.replace(',', " COLLATE \"C\",");
        let order = match keys.rsplit(',').next() {
            Some("position" | "part") => order.replace("version COLLATE \"C\"", "version"),
            Some("version") => order,
            _ => format!("{order} COLLATE \"C\""),
        };
        let statement = format!(
            "SELECT to_jsonb(t) - 'program' - string_to_array($2, ',') FROM {table} t
             WHERE program = $1 ORDER BY {order}"
        );
        let found: Vec<Json<Value>> = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .bind(program)
            .bind(left_out)
            .fetch_all(sql)
            .await
            .expect("rows");
        rows.insert(table, found.into_iter().map(|row| row.0).collect());
    }
    rows
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
    rows.insert("stock", stocks.collect());
    let mut reservations: Vec<&Reservation> = world.reservations.values().collect();
    reservations.sort_by(|one, other| one.id.cmp(&other.id));
    let lines = reservations.iter().flat_map(|reservation| {
        reservation.lines.iter().enumerate().map(|(at, one)| line(reservation, at, one))
    });
    rows.insert("line", lines.collect());
    let mut ledger: Vec<_> = world.ledger.iter().collect();
    ledger.sort_by_key(|m| (m.sku.clone(), m.version, m.part));
    rows.insert("movement", ledger.into_iter().map(movement).collect());
    let plans = world.plans.iter().map(|((sku, _), plan)| {
        json!({
            "sku": sku.as_str(), "version": plan.version, "cap": plan.cap,
            "ship_by": plan.ship_by.to_string(), "note": plan.note,
            "allowance": plan.allowance, "customer_limit": plan.customer_limit,
        })
    });
    rows.insert("plan", plans.collect());
    let mut receipts: Vec<&str> = world.receipts.iter().map(|receipt| receipt.as_str()).collect();
    receipts.sort_unstable();
    rows.insert("receipt", receipts.iter().map(|id| json!({ "receipt": id })).collect());
    rows
}

fn item(item: &backstock::domain::Item) -> Value {
    json!({
        "sku": item.sku.as_str(), "on_hand": item.on_hand, "allocated": item.allocated,
        "backordered": item.backordered, "bumped": item.bumped,
        "safety_stock": item.safety_stock, "cap": item.cap,
        "plan_version": item.plan_version, "version": item.version,
    })
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
        "ship_by": promise.map(|p| p.ship_by.to_string()),
        "original_ship_by": promise.map(|p| p.original_ship_by.to_string()),
        "plan_version": promise.map(|p| p.plan_version),
        "customer": reservation.customer.as_ref().map(|c| c.as_str()),
        "ship_policy": policy, "purpose": purpose,
    })
}

fn movement(movement: &backstock::domain::Movement) -> Value {
    let kind = match movement.kind {
        Kind::Item => "item",
        Kind::Plan => "plan",
        Kind::Reserve => "reserve",
        Kind::Release => "release",
        Kind::Expire => "expire",
        Kind::Receive => "receive",
        Kind::Fill => "fill",
        Kind::Ship => "ship",
        Kind::Adjust => "adjust",
        Kind::Bump => "bump",
    };
    let delta = &movement.delta;
    json!({
        "sku": movement.sku.as_str(), "version": movement.version, "part": movement.part,
        "kind": kind, "location": delta.location.as_ref().map(|at| at.as_str()),
        "on_hand": delta.on_hand, "allocated": delta.allocated,
        "backordered": delta.backordered, "bumped": delta.bumped, "damaged": delta.damaged,
        "reservation": movement.reservation.as_ref().map(|id| id.as_str()),
        "reference": movement.reference,
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
