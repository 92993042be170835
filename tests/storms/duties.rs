//! The background goes on for everybody else when it cannot for one.

use backstock::config::Combining;
use backstock::proto::plan_service_client::PlanServiceClient;
use backstock::proto::{
    Item, Line, Program, PutItemsRequest, PutProgramRequest, ReceiptLine, ReceiveRequest,
    ReserveRequest,
};

use crate::ground::{Ground, Stand, end, until};
use crate::shop::{Act, RECEIVE, RESERVE};

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
    let [stand] = [ground.stand(Combining::default()).await];
    for program in PROGRAMS {
        hold(&stand, program).await;
    }
    let run = async |statement| {
        sqlx::query(statement).execute(&ground.eyes).await.expect(statement);
    };
    // The counters of one item are wrong: whatever is given back, PostgreSQL refuses to write it.
    run("UPDATE item SET allocated = 0 WHERE program = 'a-broken' AND sku = 'A'").await;
    // Another item is locked by somebody who never lets go.
    let mut holder = ground.eyes.begin().await.expect("a transaction");
    sqlx::query("SELECT FROM item WHERE program = 'b-stuck' AND sku = 'A' FOR UPDATE")
        .execute(&mut *holder)
        .await
        .expect("the lock");
    run("UPDATE line SET expires_at = clock_timestamp() - interval '1 hour'").await;
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
