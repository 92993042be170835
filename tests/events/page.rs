//! docs/events.md has an example of each type of event, and it is what the code makes.

use std::collections::BTreeMap;
use std::path::Path;

use backstock::domain::{Customer, Event, Location, ProgramId, ReservationId, Sku};
use backstock::sink::json;
use backstock::store::feed::{Changes, Published, What};
use serde_json::{Value, json};

/// The examples of the page, by type.
fn examples() -> BTreeMap<String, Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/events.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut examples = BTreeMap::new();
    for block in blocks {
        let example: Value = serde_json::from_str(block).unwrap_or_else(|e| panic!("{e}: {block}"));
        let name = example["type"].as_str().and_then(|name| name.strip_prefix("dev.backstock."));
        let name = name.unwrap_or_else(|| panic!("no type: {block}")).to_owned();
        assert!(examples.insert(name.clone(), example).is_none(), "{name} has two examples");
    }
    examples
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The event that an example shows.
fn event(name: &str, example: &Value) -> Published {
    let (data, changes) = (&example["data"], &example["data"]["changes"]);
    let mut stored = json!(name);
    if !data["detail"].is_null() {
        stored = json!({ name: data["detail"] });
    }
    let known: Event = match serde_json::from_value(stored) {
        Ok(known) => known,
        // stock.received has details only where the goods had been announced.
        Err(_) => serde_json::from_value(json!({ name: null })).expect(name),
    };
    let time = text(&example["time"]).expect("a time").parse().expect("a time");
    Published {
        program: ProgramId::stored(text(&data["program"]).expect("a programme")),
        position: number(&data["position"]),
        sku: Sku::stored(text(&data["sku"]).expect("a SKU")),
        version: number(&data["item_version"]),
        part: number(&data["part"]).try_into().expect("a part"),
        at: time,
        reservation: text(&data["reservation_id"]).map(ReservationId::stored),
        customer: text(&data["customer_id"]).map(Customer::stored),
        location: text(&data["location"]).map(Location::stored),
        reference: text(&data["reference"]).unwrap_or_default().to_owned(),
        changes: Changes {
            on_hand: number(&changes["on_hand"]),
            allocated: number(&changes["allocated"]),
            backordered: number(&changes["backordered"]),
            bumped: number(&changes["bumped"]),
            inbound: number(&changes["inbound"]),
            damaged: number(&changes["damaged"]),
        },
        what: What::Known(known),
    }
}

#[test]
fn each_type_has_an_example_and_the_code_makes_the_very_same() {
    let examples = examples();
    let mut names: Vec<&str> = Event::NAMES.to_vec();
    names.sort_unstable();
    assert_eq!(examples.keys().collect::<Vec<_>>(), names, "one example for each type");
    for (name, example) in &examples {
        let made: Value = serde_json::from_str(&json(&event(name, example))).expect("JSON");
        assert_eq!(made, *example, "{name}");
    }
}

#[test]
fn an_event_that_was_stored_under_an_older_name_is_read_and_told_under_the_new_one() {
    let detail = |name: &str| {
        let instant = "2026-11-23T09:19:57.567634Z";
        json!({"backorder.accepted": {"ship_by": "2026-12-14", name: instant}})
    };
    let event: Event = serde_json::from_value(detail("expires_at")).expect("an event");
    assert_eq!(serde_json::to_value(event).expect("JSON"), detail("expire_time"));
}
