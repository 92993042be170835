//! What a server has just written is not read again, and yet nothing rests on it: whatever others
//! changed meanwhile counts.

use std::time::Duration;

use backstock::config::Combining;
use backstock::proto::plan_service_client::PlanServiceClient;
use backstock::proto::{Program, PutProgramRequest, ReserveRequest, UpdatePlanRequest};
use futures::future::join_all;

use crate::ground::{Ground, Stand, combining, end, until};
use crate::shop::{
    Act, Answer, RESERVE, backorder, close, order, plan_for, reservation, reserve, word,
};

/// Reserves until one goes through while the table of locations is closed: a batch that reads would
/// wait for it, and one that writes alone does not.
async fn remembered(ground: &Ground, stand: &Stand, name: &str) {
    remembered_by(ground, stand, name, |id| reserve(id, "A")).await;
}

/// The same with other orders.
async fn remembered_by(ground: &Ground, stand: &Stand, name: &str, order: fn(&str) -> Act) {
    let mut number = 0;
    until("an order without reading", async || {
        number += 1;
        let id = |turn: &str| format!("{name}-{number}-{turn}");
        stand.shop.send(&order(&id("read"))).await.expect("an order");
        let mut closed = ground.eyes.begin().await.expect("a transaction");
        let lock = "LOCK TABLE location IN ACCESS EXCLUSIVE MODE";
        sqlx::query(lock).execute(&mut *closed).await.expect(lock);
        let blind = order(&id("blind"));
        let answer = stand.shop.send_within(&blind, Some(Duration::from_secs(1))).await;
        closed.rollback().await.expect("open again");
        answer.is_ok()
    })
    .await;
}

/// How long a hold of one unit lives, in seconds.
async fn held(stand: &Stand, id: &str) -> i64 {
    let request = ReserveRequest { confirm: false, ..order(id, &[("A", 1)]) };
    let answer = stand.shop.send(&Act::new(RESERVE, &request)).await.expect("a hold");
    let hold = reservation(&answer);
    let [made, ends] = [hold.create_time, hold.expire_time].map(|at| at.expect("an instant"));
    ends.seconds - made.seconds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_another_server_changed_count_at_once() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    stands[0].shop.stock_up(&["A".to_owned()], 1_000_000).await;
    for (turn, seconds) in [77, 777, 7_777].into_iter().enumerate() {
        remembered(&ground, &stands[0], &format!("settings-{turn}")).await;
        let default_hold = Some(prost_types::Duration { seconds, nanos: 0 });
        let of = Program { default_hold, ..Program::default() };
        let request_id = format!("put-{turn}");
        let request = PutProgramRequest { request_id, program: Some(of) };
        PlanServiceClient::new(stands[1].shop.channel()).put_program(request).await.expect("put");
        assert_eq!(held(&stands[0], &format!("held-{turn}")).await, seconds);
    }
    stands[0].shop.verify().await;
    end(stands).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_server_sold_is_not_sold_again() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    stands[0].shop.stock_up(&["A".to_owned()], 1_000_000).await;
    remembered(&ground, &stands[0], "first").await;
    let left = stands[1].shop.stock("A").await.available;
    let all = Act::new(RESERVE, &order("all", &[("A", left)]));
    stands[1].shop.send(&all).await.expect("the rest");
    let late = stands[0].shop.send(&reserve("late", "A")).await;
    assert_eq!(word(&late), "STOCK_INSUFFICIENT");
    stands[0].shop.verify().await;
    end(stands).await;
    ground.end().await;
}

/// A Backorder is promised what the plan says now, whoever changed it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_server_planned_counts_at_once() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    stands[0].shop.stock_up(&["A".to_owned()], 0).await;
    stands[1].shop.open(&["A".to_owned()], 1_000_000).await;
    let queue = |id: &str| backorder(id, "A");
    for days in [40, 50, 45] {
        remembered_by(&ground, &stands[0], &format!("before-{days}"), queue).await;
        let plan = plan_for("A", 1_000_000, days);
        let ship_by = plan.ship_by.clone();
        let request_id = format!("to-{days}");
        let request = UpdatePlanRequest { request_id, plan: Some(plan), ..Default::default() };
        PlanServiceClient::new(stands[1].shop.channel()).update_plan(request).await.expect("moved");
        let answer = stands[0].shop.send(&queue(&format!("after-{days}"))).await.expect("a place");
        let promise = reservation(&answer).lines.remove(0).promise.expect("a promise");
        assert_eq!(promise.ship_by, ship_by);
    }
    remembered_by(&ground, &stands[0], "open", queue).await;
    stands[1].shop.send(&close("close", "A")).await.expect("closed");
    assert_eq!(word(&stands[0].shop.send(&queue("late")).await), "BACKORDERS_CLOSED");
    stands[0].shop.verify().await;
    end(stands).await;
    ground.end().await;
}

/// Two servers that overtake each other all the time go on with the connections that they have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_sell_the_same_keep_their_connections() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    stands[0].shop.stock_up(&["A".to_owned()], 1_000_000).await;
    for round in 0..50 {
        let buy = |buyer: usize| {
            let id = format!("{round}-{buyer}");
            let shop = &stands[buyer % 2].shop;
            async move { shop.send(&reserve(&id, "A")).await.expect("a unit") }
        };
        join_all((0..8).map(buy)).await;
    }
    stands[0].shop.verify().await;
    end(stands).await;
    let opened = "SELECT sessions FROM pg_stat_database WHERE datname = current_database()";
    let opened = ground.count(opened).await;
    assert!(opened < 100, "{opened} connections were opened for 400 calls");
    ground.end().await;
}

/// While a batch is being written, the next is decided on what it will have brought about. Where it
/// brings nothing about, everybody is judged anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gathers_is_decided_on_what_came_about() {
    let ground = Ground::new().await;
    let one_runner = Combining { batch_max: 8, lanes_max: 1, ..Combining::default() };
    let stand = ground.stand(one_runner).await;
    stand.shop.stock_up(&["A".to_owned()], 1_000_000).await;
    for others_take_all in [false, true] {
        remembered(&ground, &stand, &format!("first-{others_take_all}")).await;
        let before = stand.shop.stock("A").await.item_version;
        let mut holder = ground.eyes.begin().await.expect("a transaction");
        let lock = "SELECT FROM item WHERE sku = 'A' FOR NO KEY UPDATE";
        sqlx::query(lock).execute(&mut *holder).await.expect(lock);
        let buy = |buyer: usize| {
            let (id, shop) = (format!("{others_take_all}-{buyer}"), stand.shop.clone());
            tokio::spawn(async move { shop.send(&reserve(&id, "A")).await })
        };
        let mut buyers = vec![buy(0)];
        until("the write waits for the lock", async || ground.blocked().await == 1).await;
        buyers.extend((1..30).map(buy));
        // Answered after these calls have come in, since it comes on the same connection.
        stand.shop.stock("A").await;
        if others_take_all {
            let take = "UPDATE item SET on_hand = allocated,
                        changed_at = changed_at + interval '1 us' WHERE sku = 'A'";
            sqlx::query(take).execute(&mut *holder).await.expect(take);
        }
        holder.commit().await.expect("the lock is given up");
        let answers = join_all(buyers).await.into_iter().map(|answer| answer.expect("a caller"));
        if others_take_all {
            let words: Vec<String> = answers.map(|answer| word(&answer)).collect();
            assert_eq!(words, vec!["STOCK_INSUFFICIENT"; 30]);
            continue;
        }
        let version = |answer: Answer| reservation(&answer.expect("a unit")).lines[0].item_version;
        let mut versions: Vec<i64> = answers.map(version).collect();
        versions.sort_unstable();
        assert_eq!(versions, (before + 1..=before + 30).collect::<Vec<i64>>());
        stand.shop.verify().await;
    }
    end([stand]).await;
    ground.end().await;
}

/// After a fail-over that lost the newest commits, a version comes a second time, with other units.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_comes_a_second_time_is_not_taken_for_the_first() {
    let ground = Ground::new().await;
    let stand = ground.stand(combining()).await;
    stand.shop.stock_up(&["A".to_owned()], 1_000_000).await;
    remembered(&ground, &stand, "first").await;
    let other = "UPDATE item SET on_hand = allocated, changed_at = changed_at + interval '1 us'
                 WHERE sku = 'A'";
    sqlx::query(other).execute(&ground.eyes).await.expect(other);
    let late = stand.shop.send(&reserve("late", "A")).await;
    assert_eq!(word(&late), "STOCK_INSUFFICIENT");
    end([stand]).await;
    ground.end().await;
}
