//! Files of items, stock and announced supply.

use crate::ground::{Server, until};

#[test]
fn items_are_imported_once_and_every_fault_is_told_first() {
    let server = Server::start();
    let good =
        "sku,listing,title,safety_stock,low_stock\nTEE-M,TEE,\"Shirt, M\",5,20\nMUG,,Mug,,\n";
    server.file("bad.csv", format!("{good}a b,TEE,,,\nHAT,,Hat,-1,\nMUG,,again,,x\nCAP,\n"));
    let told = server.refused(&["import", "items", "bad.csv"]);
    let starts: Vec<String> =
        told.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    let expected = [
        "bad.csv:4: sku",
        "bad.csv:5: safety_stock",
        "bad.csv:6: low_stock",
        "bad.csv:6: sku",
        "bad.csv:7: must",
    ];
    assert_eq!(starts, expected, "{told}");
    assert_eq!(server.done(&["item", "list"]), "", "nothing was sent");

    server.file("good.csv", good);
    let dry = server.done(&["import", "items", "good.csv", "--dry-run"]);
    assert_eq!(dry, "good.csv: 2 rows, no fault; nothing was sent\n");
    assert_eq!(server.done(&["item", "list"]), "");
    assert_eq!(server.done(&["import", "items", "good.csv"]), "good.csv: 2 rows are done\n");
    let items = server.json(&["item", "list"]);
    assert_eq!((&items[1]["title"], &items[1]["listing"]), (&"Shirt, M".into(), &"TEE".into()));
    let before = server.on_hand("TEE-M");
    let again = server.json(&["import", "items", "good.csv"]);
    assert_eq!((&again[0]["rows"], &again[0]["done"]), (&2.into(), &2.into()));
    assert_eq!(server.on_hand("TEE-M"), before, "no version is new");
}

#[test]
fn stock_is_counted_at_its_places() {
    let server = Server::start();
    for sku in ["A", "B"] {
        server.done(&["item", "put", sku]);
    }
    server.done(&["location", "put", "east"]);
    server.file("far.csv", "sku,location,count\nA,moon,3\nNONE,east,4\nB,east,1\n");
    let told = server.refused(&["import", "stock", "far.csv"]);
    let expected = "far.csv:2: location moon is not there; put it first\n\
                    far.csv:3: sku NONE is not there; put it first\n";
    assert_eq!(told, expected);
    assert_eq!(server.on_hand("B").0, 0, "nothing was sent");
    server.file("count.csv", "sku,location,count\nA,,3\nA,east,4\nB,east,7\n");
    server.done(&["import", "stock", "count.csv"]);
    assert_eq!((server.on_hand("A").0, server.on_hand("B").0), (7, 7));
    let shown = server.json(&["item", "show", "A"]);
    assert_eq!(shown[0]["on_hand_at"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_arrived_counts_once_even_under_other_request_ids() {
    let server = Server::start();
    server.done(&["item", "put", "A"]);
    server.file("truck.csv", "sku,good,damaged\nA,10,2\n");
    server.done(&["import", "stock", "truck.csv", "--dry-run"]);
    assert_eq!(server.on_hand("A").0, 0);
    for more in [&[][..], &[], &["--request-id", "second"], &["--dry-run"]] {
        server.done(&[&["import", "stock", "truck.csv"], more].concat());
        assert_eq!(server.on_hand("A").0, 10, "{more:?}");
    }
}

#[test]
fn every_row_with_supply_that_nobody_announced_is_told() {
    let server = Server::start();
    for sku in ["A", "B", "C", "D"] {
        server.done(&["item", "put", sku]);
    }
    for (inbound, sku) in [("PO-1", "A"), ("PO-2", "B")] {
        let dates = ["--arrives-on", "2099-01-10", "--ships-on", "2099-01-12"];
        let announce = ["inbound", "announce", inbound, sku, "--expected", "9"];
        server.done(&[&announce[..], &dates].concat());
    }
    server.file(
        "truck.csv",
        "sku,good,inbound_id\nA,1,PO-1\nB,1,PO-1\nC,1,\nD,1,PO-9\nB,2,PO-2\nA,2,PO-8\n",
    );
    let told = server.refused(&["import", "stock", "truck.csv"]);
    let expected = "truck.csv:3: inbound_id PO-1 is not announced for B; announce it first\n\
                    truck.csv:5: inbound_id PO-9 is not announced for D; announce it first\n\
                    truck.csv:7: inbound_id PO-8 is not announced for A; announce it first\n";
    assert_eq!(told, expected);
    assert_eq!(server.on_hand("A").0, 0, "nothing was sent");
}

#[test]
fn an_import_that_was_cut_short_is_repeated() {
    const ROWS: usize = 4_000;
    let mut server = Server::start();
    let rows: String = (0..ROWS).map(|n| format!("SKU-{n:05}\n")).collect();
    server.file("items.csv", format!("sku\n{rows}"));
    server.done(&["import", "items", "items.csv"]);
    let rows: String = (0..ROWS).map(|n| format!("SKU-{n:05},3\n")).collect();
    server.file("truck.csv", format!("sku,good\n{rows}"));
    let mut cut = server.command(&["import", "stock", "truck.csv"]).spawn().expect("it runs");
    until("a row has arrived, or all of them", || {
        server.on_hand("SKU-00000").0 > 0 || cut.try_wait().expect("a process").is_some()
    });
    let _ = cut.kill();
    cut.wait().expect("it ended");
    server.restart();
    server.done(&["import", "stock", "truck.csv"]);
    let skus: Vec<String> = (0..ROWS).map(|n| format!("SKU-{n:05}")).collect();
    let show: Vec<&str> = ["item", "show"].into_iter().chain(skus.iter().map(|s| &**s)).collect();
    assert!(server.json(&show).iter().all(|item| item["on_hand"] == 3), "each row counts once");
}
