//! Plans from files, and the queue that they open.

use crate::ground::Server;

const EXAMPLE: &str = include_str!("../../examples/plan.toml");

/// A server with the item of the example.
fn shop() -> Server {
    let server = Server::start();
    server.done(&["item", "put", "TEE-M", "--title", "Tour shirt, M"]);
    server.file("plan.toml", EXAMPLE);
    server
}

/// The line of the example on which a text stands.
fn line_of(text: &str) -> usize {
    EXAMPLE.lines().position(|line| line.starts_with(text)).expect("it is there") + 1
}

/// The example, with something else in it.
fn with(changes: &[(&str, &str)]) -> String {
    let mut text = EXAMPLE.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in the example");
        text = text.replace(from, to);
    }
    text
}

#[test]
fn a_plan_is_checked_opened_shown_and_closed() {
    let server = shop();
    assert_eq!(server.done(&["plan", "check", "plan.toml"]), "plan.toml: no fault\n");
    let none = server.refused(&["plan", "show", "TEE-M"]);
    assert!(none.starts_with("backstock: UNKNOWN_PLAN: "), "a check changes nothing: {none}");

    let opened = server.json(&["plan", "open", "plan.toml", "--request-id", "open-1"]);
    assert_eq!(server.json(&["plan", "open", "plan.toml", "--request-id", "open-1"]), opened);
    let plan = &opened[0]["plan"];
    assert_eq!((&plan["cap"], &plan["version"]), (&80.into(), &1.into()));
    assert_eq!(
        (&plan["opens_at"], &plan["closes_at"]),
        (&"2099-01-05T09:00:00Z".into(), &"2099-01-21T00:00:00Z".into())
    );
    assert_eq!(plan["state"], "PLAN_STATE_SCHEDULED");
    let shown = server.done(&["plan", "show", "TEE-M"]);
    for part in ["scheduled", "2099-01-31", "in production", "ordered at the printer"] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }

    let closed = server.json(&["plan", "close", "TEE-M"]);
    assert_eq!(closed[0]["plan"]["state"], "PLAN_STATE_CLOSED");
}

#[test]
fn a_plan_that_is_shown_as_toml_opens_again_as_it_was() {
    let server = shop();
    server.done(&["plan", "open", "plan.toml"]);
    let toml = server.done(&["plan", "show", "TEE-M", "--output", "toml"]);
    assert!(toml.starts_with("# Version 1, scheduled: 0 of at most 80 units"), "{toml}");
    let before = server.json(&["plan", "show", "TEE-M"]);
    server.file("again.toml", &toml);
    server.done(&["plan", "open", "again.toml"]);
    let mut after = server.json(&["plan", "show", "TEE-M"]);
    assert_eq!(after[0]["version"], 2);
    after[0]["version"] = 1.into();
    assert_eq!(after, before);
}

#[test]
fn no_fault_hides_another() {
    let server = shop();
    let short = &[
        ("cap = 80", "cap = 0"),
        ("answer_within = \"14 days\"", "answer_within = \"30 minutes\""),
        ("sku = \"TEE-M\"", "sku = \"NONE\""),
    ];
    server.file("short.toml", with(short));
    let told = server.refused(&["plan", "check", "short.toml"]);
    let (sku, cap, within) = (line_of("sku"), line_of("cap ="), line_of("answer_within"));
    for start in [
        format!("short.toml:{sku}: sku is not known"),
        format!("short.toml:{cap}: cap is required"),
        format!("short.toml:{within}: delay_answers.answer_within must be"),
    ] {
        assert!(told.lines().any(|line| line.starts_with(&start)), "{start}: {told}");
    }
    // What the file alone shows hides nothing of what the server finds.
    server.file("maybe.toml", with(&[("cap = 80", "cap = 0"), ("\"by_class\"", "\"maybe\"")]));
    let told = server.refused(&["plan", "check", "maybe.toml"]);
    let count = told.lines().count();
    assert!(count == 2 && told.contains("on_silence") && told.contains("cap is"), "{told}");
    // An answer has room for twenty; the rest is counted.
    let stages = "[[timeline]]\nname = \"\"\ndate = 2099-03-01\n".repeat(20);
    let plan = "sku = \"TEE-M\"\ncap = 5\ncloses_at = 2099-01-20\nship_by = 2099-01-31\n\
                note = \"Ships by 31 January 2099.\"\n";
    server.file("long.toml", format!("{plan}{stages}"));
    let told = server.refused(&["plan", "check", "long.toml"]);
    assert_eq!(told.lines().count(), 21, "{told}");
    assert!(told.ends_with("long.toml: and 20 more\n"), "{told}");
}

#[test]
fn every_fault_is_told_with_field_and_line_wherever_it_is_found() {
    let server = shop();
    let faulty = with(&[
        ("cap = 80", "cap = 0"),
        ("closes_at = 2099-01-20", "closes_at = 2099-02-20"),
        ("allowance = 8", "allowence = 8"),
        ("customer_limit = 4", "customer_limit = \"4\""),
        ("date = 2099-01-24", "date = 2099-01-04"),
        ("note = ", "# note = "),
    ]);
    server.file("faulty.toml", faulty);
    let told = server.refused(&["plan", "check", "faulty.toml"]);
    let starts: Vec<&str> =
        told.lines().map(|line| line.split(' ').take(2).last().unwrap()).collect();
    assert_eq!(
        starts,
        ["cap", "closes_at", "allowence", "customer_limit", "timeline[2].date", "note"],
        "{told}"
    );
    for (text, field) in [
        ("cap = 80", "cap"),
        ("closes_at", "closes_at"),
        ("allowance", "allowence"),
        ("customer_limit", "customer_limit"),
        ("date = 2099-01-24", "timeline[2].date"),
    ] {
        let start = format!("faulty.toml:{}: {field} ", line_of(text));
        assert!(told.contains(&start), "{start} is missing in\n{told}");
    }
    assert!(told.contains("faulty.toml: note is required"), "{told}");

    let as_json = server.run(&["plan", "check", "faulty.toml", "--output", "json"]);
    let faults: Vec<serde_json::Value> =
        as_json.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((as_json.code, faults.len()), (1, 6));
    assert_eq!((&faults[0]["field"], &faults[0]["line"]), (&"cap".into(), &line_of("cap").into()));
    let opened = server.refused(&["plan", "open", "faulty.toml"]);
    assert_eq!(opened, told, "opening tells the same");
}

#[test]
fn a_file_that_is_no_toml_and_one_that_is_not_there() {
    let server = shop();
    server.file("broken.toml", "sku = \"TEE-M\ncap = 3\n");
    let told = server.refused(&["plan", "check", "broken.toml"]);
    assert!(told.starts_with("broken.toml:1: this is no TOML: "), "{told}");
    let missing = server.refused(&["plan", "check", "nowhere.toml"]);
    assert!(missing.starts_with("backstock: nowhere.toml: "), "{missing}");
    server.file("other.toml", with(&[("TEE-M", "MUG")]));
    let unknown = server.refused(&["plan", "check", "other.toml"]);
    let start = format!("other.toml:{}: sku UNKNOWN_ITEM: ", line_of("sku"));
    assert!(unknown.starts_with(&start), "{unknown}");
}

#[test]
fn a_queue_is_listed_and_its_cap_cannot_fall_below_it() {
    let server = shop();
    let now = with(&[("opens_at = ", "# opens_at = ")]);
    server.file("now.toml", &now);
    server.done(&["plan", "open", "now.toml"]);
    let empty = server.run(&["backlog", "TEE-M"]);
    assert_eq!((empty.code, empty.err.as_str()), (0, "nobody waits for TEE-M\n"));
    for (order, customer, units) in [("order-1", "ann", 3), ("order-2", "ben", 4)] {
        server.backorder(order, customer, "TEE-M", units);
    }
    let queue = server.json(&["backlog", "TEE-M"]);
    assert_eq!((queue.len(), &queue[1]["reservation_id"]), (2, &"order-2".into()));
    assert_eq!((&queue[1]["queue_ahead"], &queue[1]["customer_id"]), (&3.into(), &"ben".into()));
    assert_eq!(server.json(&["backlog", "TEE-M", "--limit", "1"]).len(), 1);
    let table = server.done(&["backlog", "TEE-M"]);
    assert!(table.contains("order-1") && table.contains("2099-01-31"), "{table}");
    let order = server.done(&["reservation", "show", "order-2"]);
    assert!(order.contains("confirmed") && order.contains("2099-01-31"), "{order}");
    assert_eq!(server.json(&["reservation", "show", "order-2"])[0]["lines"][0]["backordered"], 4);

    server.file("low.toml", now.replace("cap = 80", "cap = 6"));
    let told = server.refused(&["plan", "open", "low.toml"]);
    let start = format!("low.toml:{}: cap CAP_BELOW_BACKLOG: ", line_of("cap"));
    assert!(told.starts_with(&start), "{told}");
}
