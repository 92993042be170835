//! The events of an item, as text.

use backstock::domain::Sku;
use serde_json::Value;
use sqlx::PgPool;
use sqlx::types::Json;

use crate::support::dates::shifted;
use crate::support::world::World;

/// An event: whose units, and what the line of the ledger says of it.
pub type Told = (Option<String>, Value);

/// The events of the in-memory world.
pub fn of_world(world: &World, sku: &str) -> Vec<Told> {
    let sku = Sku::stored(sku);
    let of_item = world.ledger.iter().filter(|movement| movement.sku == sku);
    let told = of_item.filter_map(|movement| {
        let event = serde_json::to_value(movement.event.as_ref()?).expect("an event");
        Some((movement.reservation.as_ref().map(ToString::to_string), event))
    });
    told.collect()
}

/// The events of a database, whose dates lie `days` before those of the scenario.
pub async fn of_database(sql: &PgPool, program: &str, sku: &str, days: i64) -> Vec<Told> {
    let statement = "SELECT reservation, event FROM movement
                     WHERE program = $1 AND sku = $2 AND event IS NOT NULL ORDER BY version, part";
    let query = sqlx::query_as(statement).bind(program).bind(sku);
    let rows: Vec<(Option<String>, Json<Value>)> = query.fetch_all(sql).await.expect("events");
    let moved = |event: Value| {
        let bytes = shifted(event.to_string().as_bytes(), days);
        serde_json::from_slice(&bytes).expect("an event")
    };
    rows.into_iter().map(|(reservation, event)| (reservation, moved(event.0))).collect()
}

/// Those whose types begin with `kind`, parted by commas; `none` = there is none.
pub fn text(told: &[Told], kind: &str) -> String {
    let shown: Vec<String> = told.iter().map(one).filter(|text| text.starts_with(kind)).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

fn one((reservation, event): &Told) -> String {
    let (name, detail) = match event {
        Value::Object(tagged) => tagged.iter().next().expect("its type"),
        plain => (&plain.as_str().expect("its type").to_owned(), &Value::Null),
    };
    let mut words = vec![name.clone()];
    words.extend(reservation.clone());
    match name.split(['.']).next() {
        Some("promise") if name == "promise.answered" => answered(detail, &mut words),
        Some("promise") => moved(detail, &mut words),
        Some("plan") => plan(name, detail, &mut words),
        Some("inbound" | "stock") if detail.get("inbound_id").is_some() => {
            inbound(detail, &mut words);
        }
        Some("stock") if name == "stock.low" => {
            named(detail, &[("available", "available")], &mut words)
        }
        Some("backorder") if name == "backorder.accepted" => {
            named(detail, &[("for", "ship_by")], &mut words);
        }
        _ => {}
    }
    words.join(" ")
}

/// The values of some fields, each behind a word of its own; what is null is `unknown`.
fn named(detail: &Value, fields: &[(&str, &str)], words: &mut Vec<String>) {
    for (word, field) in fields {
        let value = match &detail[field] {
            Value::String(text) => text.clone(),
            Value::Null => "unknown".to_owned(),
            other => other.to_string(),
        };
        words.push(format!("{word} {value}"));
    }
}

fn moved(detail: &Value, words: &mut Vec<String>) {
    named(
        detail,
        &[("from", "old_ship_by"), ("to", "new_ship_by"), ("of", "original_ship_by")],
        words,
    );
    words.extend(detail["delay_class"].as_str().map(ToOwned::to_owned));
    named(detail, &[("units", "quantity")], words);
    let silence = |keeps: bool| if keeps { "silence keeps" } else { "silence releases" };
    words.extend(detail["silence_keeps"].as_bool().map(silence).map(ToOwned::to_owned));
}

fn answered(detail: &Value, words: &mut Vec<String>) {
    let keeps = detail["keeps"].as_bool().expect("keeps");
    words.push(if keeps { "keep" } else { "cancel" }.to_owned());
    let by_silence = detail["by_silence"].as_bool().expect("by_silence");
    words.extend(by_silence.then(|| "by_silence".to_owned()));
}

fn plan(name: &str, detail: &Value, words: &mut Vec<String>) {
    let fields: &[(&str, &str)] = match name {
        "plan.over_supply" => &[
            ("effective", "effective_cap"),
            ("backordered", "backordered"),
            ("over", "over_supply"),
        ],
        "plan.full" => &[("effective", "effective_cap"), ("backordered", "backordered")],
        _ => &[("version", "plan_version"), ("cap", "cap"), ("ships", "ship_by")],
    };
    named(detail, fields, words);
}

fn inbound(detail: &Value, words: &mut Vec<String>) {
    words.extend(detail["inbound_id"].as_str().map(ToOwned::to_owned));
    named(detail, &[("left", "left"), ("ships", "ships_on")], words);
    for flag in ["cancelled", "overdue"] {
        words.extend((detail[flag] == Value::Bool(true)).then(|| flag.to_owned()));
    }
}
