//! The background goes on for everybody else when it cannot for one.

use backstock::proto::plan_service_client::PlanServiceClient;
use backstock::proto::{
    BackorderRequest, Item, Line, Program, PutItemsRequest, PutProgramRequest, ReceiptLine,
    ReceiveRequest, ReleaseRequest, ReserveRequest, ShipPolicy,
};
use backstock::service::encode_stored;
use backstock::store::{Store, connect};

use crate::ground::{Ground, Stand, combining, end, until};
use crate::shop::{Act, BACKORDER, RECEIVE, RELEASE, RESERVE};

/// Programmes in the order of their names, which is the order of their turns.
const PROGRAMS: [&str; 3] = ["a-broken", "b-stuck", "c-well"];
/// The first of them is the one that is in trouble.
const SKUS: [&str; 2] = ["A", "B"];

/// A programme with a hold of each item.
async fn hold(stand: &Stand, program: &str) {
    let id = || uuid::Uuid::new_v4().to_string();
    let mut plans = PlanServiceClient::new(stand.shop.channel());
    let of = Program { program: program.into(), ..Program::default() };
    let request = PutProgramRequest { request_id: id(), program: Some(of) };
    plans.put_program(request).await.expect("a programme");
    let items = SKUS.map(|sku| Item { sku: sku.into(), ..Item::default() }).to_vec();
    let request = PutItemsRequest { request_id: id(), program: program.into(), items };
    plans.put_items(request).await.expect("items");
    let line = |sku: &str| ReceiptLine { sku: sku.into(), good: 1, ..ReceiptLine::default() };
    let receipt = ReceiveRequest {
        request_id: id(),
        program: program.into(),
        receipt_id: id(),
        lines: SKUS.map(line).to_vec(),
        ..ReceiveRequest::default()
    };
    stand.shop.send(&Act::new(RECEIVE, &receipt)).await.expect("units");
    for sku in SKUS {
        let reserve = ReserveRequest {
            request_id: id(),
            program: program.into(),
            reservation_id: id(),
            lines: vec![Line { sku: sku.into(), quantity: 1 }],
            ..ReserveRequest::default()
        };
        stand.shop.send(&Act::new(RESERVE, &reserve)).await.expect("a hold");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_for_one_is_done_for_the_others() {
    let ground = Ground::new().await;
    let [stand] = [ground.stand(combining()).await];
    for program in PROGRAMS {
        hold(&stand, program).await;
    }
    let run = async |statement| {
        sqlx::query(statement).execute(&ground.eyes).await.expect(statement);
    };
    // The counters of one item are wrong: whatever is given back, PostgreSQL refuses to write it.
    run("UPDATE item SET allocated = 0 WHERE program = 'a-broken' AND sku = 'A'").await;
    // Every hold ran out, and another item is locked by somebody who never lets go.
    let mut holder = ground.eyes.begin().await.expect("a transaction");
    let mut past = ground.eyes.begin().await.expect("a transaction");
    for statement in [
        "UPDATE line SET expires_at = clock_timestamp() - interval '1 hour'",
        "UPDATE item SET due_at = clock_timestamp() - interval '1 hour'",
    ] {
        sqlx::query(statement).execute(&mut *past).await.expect(statement);
    }
    let lock = "SELECT FROM item WHERE program = 'b-stuck' AND sku = 'A' FOR UPDATE";
    let lock = sqlx::query(lock).execute(&mut *holder);
    let commit = async {
        until("the lock is waited for", async || {
            let waits = "SELECT count(*) FROM pg_stat_activity
                         WHERE wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE'";
            ground.count(waits).await == 1
        })
        .await;
        past.commit().await.expect("the past");
    };
    let (locked, ()) = tokio::join!(lock, commit);
    locked.expect("the lock");
    until("the other items are swept", async || {
        let swept = "SELECT count(*) FROM line WHERE released = 1 AND allocated = 0";
        ground.count(swept).await == 4
    })
    .await;
    let left: Vec<(String, String)> =
        sqlx::query_as("SELECT program, sku FROM line WHERE released = 0 ORDER BY program, sku")
            .fetch_all(&ground.eyes)
            .await
            .expect("lines");
    let left: Vec<(&str, &str)> = left.iter().map(|(of, sku)| (&**of, &**sku)).collect();
    assert_eq!(left, [("a-broken", "A"), ("b-stuck", "A")]);
    // Nothing stands in the way of those two any more: they are found again.
    run("UPDATE item SET allocated = 1 WHERE program = 'a-broken' AND sku = 'A'").await;
    holder.rollback().await.expect("let go");
    until("nothing is left to sweep", async || {
        ground.count("SELECT count(*) FROM line WHERE released = 0").await == 0
    })
    .await;
    end([stand]).await;
    ground.end().await;
}

/// Takes an order whose parcel waits for every line until a day far ahead.
async fn wait_together(stand: &Stand, id: &str, skus: &[&str]) {
    let line = |sku: &&str| Line { sku: (*sku).into(), quantity: 1 };
    let request = BackorderRequest {
        request_id: format!("q-{id}"),
        reservation_id: id.into(),
        lines: skus.iter().map(line).collect(),
        confirm: true,
        ship_policy: ShipPolicy::Together.into(),
        together_until: "2100-01-01".into(),
        ..BackorderRequest::default()
    };
    stand.shop.send(&Act::new(BACKORDER, &request)).await.expect("an order");
}

async fn give_back(stand: &Stand, id: &str, skus: &[&str]) {
    let line = |sku: &&str| Line { sku: (*sku).into(), quantity: 1 };
    let request = ReleaseRequest {
        request_id: format!("q-{id}-back"),
        reservation_id: id.into(),
        lines: skus.iter().map(line).collect(),
        ..ReleaseRequest::default()
    };
    stand.shop.send(&Act::new(RELEASE, &request)).await.expect("given back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_orders_that_have_waited_only_those_with_something_to_ship_are_read() {
    let ground = Ground::new().await;
    let stand = ground.stand(combining()).await;
    let skus = ["A", "B", "C", "D"].map(ToOwned::to_owned);
    stand.shop.stock_up(&skus[..2], 10).await;
    stand.shop.stock_up(&skus[2..], 0).await;
    stand.shop.open(&skus, 10).await;
    wait_together(&stand, "given-back", &["A", "C"]).await;
    give_back(&stand, "given-back", &["A", "C"]).await;
    wait_together(&stand, "nothing-yet", &["C"]).await;
    wait_together(&stand, "first-is-back", &["C", "A", "B", "D"]).await;
    give_back(&stand, "first-is-back", &["C"]).await;
    wait_together(&stand, "waits-on", &["A", "C"]).await;
    // No server tends them from here on: what is due stays due.
    end([stand]).await;
    let run = async |statement| {
        sqlx::query(statement).execute(&ground.eyes).await.expect(statement);
    };
    run("UPDATE line SET together_until = '2001-01-01' WHERE reservation <> 'waits-on'").await;
    let pool = connect::pool(ground.cluster.connect_options(), 1);
    let store = Store::new(pool, encode_stored);
    let programs = store.waited_programs().await.expect("programmes");
    assert_eq!(programs.len(), 1);
    let orders = store.waited(&programs[0], 256).await.expect("orders");
    let orders: Vec<&str> = orders.iter().map(|order| order.as_str()).collect();
    assert_eq!(orders, ["first-is-back"], "once, although two of its lines could be shipped");
    run("UPDATE line SET ready_at = created_at WHERE reservation = 'first-is-back'").await;
    assert_eq!(store.waited_programs().await.expect("programmes"), []);
    store.close().await;
    ground.end().await;
}
