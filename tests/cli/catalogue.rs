//! Programmes, locations and items; and what holds for every verb: output, errors, exit codes.

use crate::ground::{Server, backstock, run};

#[test]
fn a_programme_its_locations_and_items() {
    let server = Server::start();
    let put = ["program", "put", "spring", "--display-name", "Spring", "--default-hold", "1 hour"];
    let table = server.done(&[&put[..], &["--max-backorder-listings", "3"]].concat());
    for part in ["spring", "Spring", "1 hour", "together", "main"] {
        assert!(table.contains(part), "{part} is missing in\n{table}");
    }
    let place = ["location", "put", "east", "--display-name", "East", "--priority", "-7"];
    server.done(&[&place[..], &["--program", "spring"]].concat());
    let shown = server.json(&["program", "show", "spring"]);
    assert_eq!(shown[0]["program"]["max_backorder_listings"], 3);
    assert_eq!(shown[0]["program"]["default_hold"], "3600s");
    assert_eq!(shown[0]["program"]["default_ship_policy"], "SHIP_POLICY_TOGETHER");
    let names: Vec<_> = shown[0]["locations"].as_array().expect("a list").iter().collect();
    assert_eq!((names[0]["location"].as_str(), names.len()), (Some("east"), 2));
    assert_eq!(server.json(&["location", "list", "--program", "spring"])[0]["priority"], -7);

    let empty = server.run(&["item", "list", "--program", "spring"]);
    assert_eq!((empty.code, empty.out.as_str()), (0, ""));
    assert_eq!(empty.err, "the programme has no items\n");
    let item = ["item", "put", "TEE-M", "--listing", "TEE", "--title", "Shirt, M"];
    let item = [&item[..], &["--safety-stock", "5", "--program", "spring"]].concat();
    server.done(&item);
    let listed = server.done(&["item", "list", "--program", "spring"]);
    assert!(listed.contains("│ TEE-M ┆ TEE     ┆ Shirt, M ┆            5 ┆"), "{listed}");
    let stock = server.json(&["item", "show", "TEE-M", "--program", "spring"]);
    assert_eq!((&stock[0]["sku"], &stock[0]["safety_stock"]), (&"TEE-M".into(), &5.into()));
    assert_eq!(stock[0]["bumped"], 0, "fields that are 0 are there too");

    let mut told = server.command(&["item", "list"]);
    told.env("BACKSTOCK_PROGRAM", "spring").env("BACKSTOCK_OUTPUT", "json");
    let told = run(&mut told).out;
    assert!(told.starts_with(r#"{"sku":"TEE-M","listing":"TEE","title":"Shirt, M","#), "{told}");
}

#[test]
fn errors_say_the_reason_and_each_field() {
    let server = Server::start();
    let unknown = server.refused(&["item", "show", "NONE"]);
    assert_eq!(unknown, "backstock: UNKNOWN_ITEM: there is no sku NONE\n");
    let many = server.refused(&["item", "put", "a b", "--safety-stock", "-1"]);
    let lines: Vec<&str> = many.lines().collect();
    assert_eq!(lines[0], "backstock: MALFORMED: 2 fields are at fault");
    assert!(lines[1].starts_with("  items[0].sku must be 1 to 64 characters"), "{many}");
    assert!(lines[2].starts_with("  items[0].safety_stock must be 0 to"), "{many}");
    let program = server.refused(&["item", "list", "--program", "nowhere"]);
    assert!(program.starts_with("backstock: UNKNOWN_PROGRAM: "), "{program}");
}

#[test]
fn a_request_id_is_done_once() {
    let server = Server::start();
    let put = |title| ["item", "put", "A", "--request-id", "r-1", "--title", title];
    let first = server.json(&put("one"));
    assert_eq!(server.json(&put("one")), first);
    let reused = server.refused(&put("two"));
    assert!(reused.starts_with("backstock: REQUEST_ID_REUSED: "), "{reused}");
    assert_eq!(server.json(&["item", "list"])[0]["title"], "one");
}

#[test]
fn lists_have_all_pages_up_to_the_limit() {
    let server = Server::start();
    let rows: String = (0..1_203).map(|n| format!("SKU-{n:04}\n")).collect();
    server.file("items.csv", format!("sku\n{rows}"));
    server.done(&["import", "items", "items.csv"]);
    let all = server.json(&["item", "list"]);
    assert_eq!((all.len(), &all[1_202]["sku"]), (1_203, &"SKU-1202".into()));
    assert_eq!(server.json(&["item", "list", "--limit", "1001"]).len(), 1_001);
    let table = server.done(&["item", "list", "--limit", "2"]);
    assert!(table.contains("SKU-0001") && !table.contains("SKU-0002"), "{table}");
}

#[test]
fn a_command_line_that_cannot_be_meant_ends_with_two() {
    for words in [
        &["item"][..],
        &["item", "put"],
        &["plan", "list", "--state", "ajar"],
        &["reservation", "list", "--ship-by-to", "31.01.2027"],
        &["program", "put", "p", "--default-hold", "14"],
        &["item", "list", "--limit", "0"],
        &["item", "list", "--output", "toml"],
        &["item", "list", "--output", "yaml"],
    ] {
        let said = run(&mut backstock(words));
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{words:?}: {said:?}");
        assert!(said.err.starts_with("error: ") || said.err.contains("Usage"), "{said:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_one_clear_line() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = nobody.local_addr().expect("an address").to_string();
    drop(nobody);
    let said = run(&mut backstock(&["item", "list", "--server", &address]));
    assert_eq!((said.code, said.out.as_str(), said.err.lines().count()), (1, "", 1), "{said:?}");
    let start = format!("backstock: no server answers on {address}");
    assert!(said.err.starts_with(&start), "{said:?}");
}
