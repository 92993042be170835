//! A long queue that gets new dates while servers are killed: every line gets its own, and is told
//! of it once.

use backstock::proto::{AnnounceInboundRequest, Inbound, UpdateInboundRequest};
use chrono::{TimeDelta, Utc};
use futures::future::join_all;

use crate::deeds::Storm;
use crate::ground::{Ground, until};
use crate::process::Serve;
use crate::shop::{Act, Shop, backorder, word};

/// The item, and how many lines of one unit wait for it.
const SKU: &str = "LONG";
const LINES: i64 = 4000;
/// Lines that have their new date when a server is killed.
const KILLED_AT: [i64; 3] = [200, 1200, 2200];

const ANNOUNCE: &str = "/backstock.v1.PlanService/AnnounceInbound";
const UPDATE: &str = "/backstock.v1.PlanService/UpdateInbound";

/// The supply of the queue, which leaves on a day.
fn supply(ships_on: &str) -> Option<Inbound> {
    Some(Inbound {
        inbound_id: "I1".into(),
        sku: SKU.into(),
        expected: LINES,
        arrives_on: ships_on.into(),
        ships_on: ships_on.into(),
        ..Inbound::default()
    })
}

async fn done(shop: &Shop, act: &Act) {
    let answer = shop.send(act).await;
    assert_eq!(word(&answer), "OK", "{act:?}: {answer:?}");
}

/// So many orders of one unit, with these numbers.
async fn join(shop: &Shop, ids: &[String]) {
    for some in ids.chunks(256) {
        let acts: Vec<Act> = some.iter().map(|id| backorder(id, SKU)).collect();
        join_all(acts.iter().map(|act| done(shop, act))).await;
    }
}

/// Lines of the queue that are promised for a day.
async fn dated(ground: &Ground, ship_by: &str) -> i64 {
    let query = "SELECT count(*) FROM line WHERE sku = $1 AND ship_by = $2::date";
    let query = sqlx::query_scalar(query).bind(SKU).bind(ship_by);
    query.fetch_one(&ground.eyes).await.expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_gets_its_new_dates_once_though_servers_are_killed() {
    let ground = Ground::new().await;
    let mut serve = Serve::on(&ground.cluster.url()).await;
    let day = |days| (Utc::now() + TimeDelta::days(days)).date_naive().to_string();
    let (before, after) = (day(10), day(20));
    let shop = serve.shop();
    shop.stock_up(&[SKU.to_owned()], 0).await;
    shop.open(&[SKU.to_owned()], 2 * LINES).await;
    let (request_id, inbound) = ("announce".to_owned(), supply(&before));
    let announced = AnnounceInboundRequest { request_id, inbound, ..Default::default() };
    done(&shop, &Act::new(ANNOUNCE, &announced)).await;
    join(&shop, &(0..LINES).map(|number| format!("order-{number}")).collect::<Vec<_>>()).await;
    assert_eq!(dated(&ground, &before).await, LINES, "promised from the supply");

    let storm = Storm::begin(shop.clone(), 8, 2).await;
    let (request_id, inbound) = ("update".to_owned(), supply(&after));
    let moved = UpdateInboundRequest { request_id, inbound, ..Default::default() };
    done(&shop, &Act::new(UPDATE, &moved)).await;
    for (round, some) in KILLED_AT.into_iter().enumerate() {
        until("some lines have their date", async || dated(&ground, &after).await >= some).await;
        serve.kill().await;
        let left = dated(&ground, &before).await;
        assert!(left > 0, "it was killed in the middle of it");
        assert_eq!(dated(&ground, &after).await + left, LINES, "each line has one of both");
        serve = Serve::on(&ground.cluster.url()).await;
        storm.turn_to(serve.shop());
        // Who comes meanwhile stands behind the queue, with a date that stays.
        join(&serve.shop(), &[format!("late-{round}")]).await;
        storm.more(20).await;
    }
    until("every line has its date", async || dated(&ground, &after).await == LINES).await;
    until("it is over", async || ground.count("SELECT count(*) FROM redate").await == 0).await;
    storm.settle().await;

    let told: Vec<(String, i64)> = sqlx::query_as(
        "SELECT reservation, count(*) FROM movement
         WHERE sku = $1 AND jsonb_exists(event, 'promise.delayed') GROUP BY reservation",
    )
    .bind(SKU)
    .fetch_all(&ground.eyes)
    .await
    .expect("the events");
    assert!(told.iter().all(|(order, times)| order.starts_with("order-") && *times == 1));
    assert_eq!(i64::try_from(told.len()).expect("a size"), LINES, "each is told, once");
    let improved = "SELECT count(*) FROM movement WHERE jsonb_exists(event, 'promise.improved')";
    assert_eq!(ground.count(improved).await, 0, "and nothing else is");
    serve.kill().await;
    ground.end().await;
}
