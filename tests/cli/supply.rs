//! Plans that change, announced supply, and who waits for it.

use crate::ground::{Server, until};

const EXAMPLE: &str = include_str!("../../examples/plan.toml");

/// A server with an open plan and two orders that wait: one of 3 units, one of 4.
fn shop() -> Server {
    let server = Server::start();
    server.done(&["item", "put", "TEE-M"]);
    server.file("plan.toml", EXAMPLE.replace("opens_at = ", "# opens_at = "));
    server.done(&["plan", "open", "plan.toml"]);
    server.backorder("order-1", "ann", "TEE-M", 3);
    server.backorder("order-2", "ben", "TEE-M", 4);
    server
}

#[test]
fn a_plan_is_changed_from_what_is_shown_of_it() {
    let server = shop();
    let toml = server.done(&["plan", "show", "TEE-M", "--output", "toml"]);
    assert!(toml.contains("answer_within = \"14 days\""), "{toml}");
    server.file("more.toml", toml.replace("cap = 80", "cap = 90"));
    assert_eq!(server.done(&["plan", "check", "--update", "more.toml"]), "more.toml: no fault\n");
    server.done(&["plan", "update", "more.toml"]);
    assert_eq!(server.json(&["plan", "show", "TEE-M"])[0]["cap"], 90);
    server.file("less.toml", toml.replace("cap = 80", "cap = 5"));
    for words in [&["plan", "update", "less.toml"][..], &["plan", "check", "--update", "less.toml"]]
    {
        let told = server.refused(words);
        assert!(told.starts_with("less.toml:3: cap CAP_BELOW_BACKLOG: "), "{told}");
    }
}

#[test]
fn plans_are_listed_by_state() {
    let server = shop();
    let open = server.json(&["plan", "list", "--state", "open"]);
    assert_eq!((open.len(), &open[0]["sku"]), (1, &"TEE-M".into()));
    let full = server.run(&["plan", "list", "--state", "full"]);
    assert_eq!((full.code, full.out.as_str(), full.err.as_str()), (0, "", "no plan fits\n"));
    assert!(server.done(&["plan", "list"]).contains("TEE-M"));
}

#[test]
fn supply_is_announced_moved_cancelled_and_listed() {
    let server = shop();
    let terms = |date| ["PO-1", "TEE-M", "--expected", "12", "--arrives-on", date];
    server.done(&[&["inbound", "announce"], &terms("2099-01-10")[..]].concat());
    let twice = server.refused(&[&["inbound", "announce"], &terms("2099-01-10")[..]].concat());
    assert!(twice.starts_with("backstock: INBOUND_EXISTS: "), "{twice}");
    // 8 of the 12 are the plan's allowance: what is left covers the first order alone.
    let queue = server.json(&["backlog", "TEE-M"]);
    assert_eq!((&queue[0]["inbound_id"], &queue[1]["inbound_id"]), (&"PO-1".into(), &"".into()));

    server.done(&[&["inbound", "update"], &terms("2099-01-15")[..]].concat());
    let listed = server.json(&["inbound", "list", "--sku", "TEE-M", "--open"]);
    assert_eq!((&listed[0]["arrives_on"], &listed[0]["left"]), (&"2099-01-15".into(), &12.into()));
    let past = server.refused(&[&["inbound", "update"], &terms("2001-01-15")[..]].concat());
    assert!(past.contains("MALFORMED") && past.contains("on "), "{past}");

    server.done(&["inbound", "cancel", "PO-1", "TEE-M"]);
    let none = server.run(&["inbound", "list", "--open"]);
    assert_eq!((none.code, none.err.as_str()), (0, "no supply is announced that fits\n"));
    assert_eq!(server.json(&["inbound", "list"])[0]["cancelled"], true);
    let unknown = server.refused(&["inbound", "cancel", "PO-9", "TEE-M"]);
    assert!(unknown.starts_with("backstock: UNKNOWN_INBOUND: "), "{unknown}");
}

#[test]
fn orders_are_found_by_what_they_wait_for() {
    let server = shop();
    let ids = |words: &[&str]| -> Vec<String> {
        let found = server.json(&[&["reservation", "list"], words].concat());
        found.iter().map(|one| one["reservation_id"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(ids(&["--sku", "TEE-M", "--state", "confirmed"]), ["order-1", "order-2"]);
    assert_eq!(ids(&["--state", "shipped"]), [""; 0]);
    assert_eq!(ids(&["--ship-by-from", "2099-01-31", "--ship-by-to", "2099-01-31"]).len(), 2);
    assert_eq!(ids(&["--ship-by-to", "2099-01-30"]), [""; 0]);
    assert_eq!(ids(&["--limit", "1"]).len(), 1);
    let overdue = server.run(&["reservation", "list", "--overdue"]);
    assert_eq!((overdue.code, overdue.err.as_str()), (0, "no reservation fits\n"));
    let table = server.done(&["reservation", "list"]);
    assert!(table.contains("4 TEE-M (4 queued)"), "{table}");
}

#[test]
fn a_hold_whose_date_moved_is_confirmed_for_the_date_that_its_customer_accepts() {
    let server = shop();
    server.done(&["order", "place", "order-3", "TEE-M=2", "--customer", "cyd"]);
    let terms = ["PO-1", "TEE-M", "--expected", "100", "--arrives-on", "2099-02-20"];
    server.done(&[&["inbound", "announce"], &terms[..]].concat());
    let promised = || {
        let shown = server.json(&["reservation", "show", "order-3"]);
        shown[0]["lines"][0]["promise"]["ship_by"].clone()
    };
    until("it has another date", || promised() == "2099-02-20");
    let told = server.refused(&["order", "confirm", "order-3", "--shown", "2099-01-31"]);
    assert!(told.starts_with("backstock: PROMISE_CHANGED: "), "{told}");
    assert!(told.contains("2099-02-20"), "{told}");
    assert_eq!(server.json(&["reservation", "list", "--state", "held"]).len(), 1);
    let order = server.done(&["order", "confirm", "order-3", "--shown", "2099-02-20"]);
    assert!(order.contains("confirmed") && order.contains("2099-02-20"), "{order}");
}

#[test]
fn a_purchase_is_suggested() {
    let server = shop();
    let found = server.json(&["suggest", "TEE-M", "--days", "14"]);
    // 7 queued and an allowance of 8; nothing was refused and nothing is on its way.
    assert_eq!((&found[0]["quantity"], &found[0]["backordered"]), (&15.into(), &7.into()));
    assert!(server.done(&["suggest"]).contains("TEE-M"));
}

#[test]
fn supply_is_imported_and_changed_by_importing_it_again() {
    let server = shop();
    let file = |date: &str| format!("inbound_id,sku,expected,arrives_on\nPO-7,TEE-M,9,{date}\n");
    server.file("orders.csv", file("2099-01-10"));
    for _ in 0..2 {
        server.done(&["import", "inbound", "orders.csv"]);
    }
    assert_eq!(server.json(&["inbound", "list"])[0]["expected"], 9);
    server.file("later.csv", file("2099-01-12"));
    let said = server.run(&["import", "inbound", "later.csv"]);
    assert_eq!((said.code, &*said.out), (1, "later.csv: 0 of 1 rows are done, 1 are refused\n"));
    assert!(said.err.starts_with("later.csv:2: INBOUND_EXISTS: "), "{said:?}");
    server.done(&["import", "inbound", "later.csv", "--update"]);
    assert_eq!(server.json(&["inbound", "list"])[0]["arrives_on"], "2099-01-12");
    server.file("truck.csv", "sku,good,inbound_id\nTEE-M,1,PO-8\n");
    let told = server.refused(&["import", "stock", "truck.csv"]);
    assert!(told.starts_with("truck.csv:2: inbound_id PO-8 is not announced"), "{told}");
}
