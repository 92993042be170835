//! Real calls on two servers, and listeners that are cut off again and again: what they heard is
//! the whole ledger.

use std::collections::BTreeMap;

use backstock::proto::{
    AdjustReason, AdjustRequest, Adjustment, Event, ReleaseRequest, adjustment,
};
use rustix::process::Signal;
use tokio::sync::watch;

use crate::ground::{Dice, Ground, PATIENCE, combining, end, until};
use crate::listen::{after, answer, in_order, lines};
use crate::process::Serve;
use crate::receiver::{Mood, Receiver};
use crate::shop::{ADJUST, Act, RELEASE, Shop, backorder, receive, reserve};
use crate::webhooks::{complete, put, state};
use crate::write::ledger;

const ITEMS: usize = 6;

fn skus() -> Vec<String> {
    (0..ITEMS).map(|number| format!("S{number}")).collect()
}

/// One of the calls that move units.
fn act(dice: &mut Dice, id: &str, orders: &mut Vec<String>) -> Act {
    let skus = skus();
    let sku = &skus[dice.index(skus.len())];
    let request_id = format!("q-{id}");
    match dice.below(10) {
        0..=4 => {
            orders.push(id.to_owned());
            if dice.below(2) == 0 { reserve(id, sku) } else { backorder(id, sku) }
        }
        5 | 6 if !orders.is_empty() => {
            let reservation_id = orders.swap_remove(dice.index(orders.len()));
            Act::new(
                RELEASE,
                &ReleaseRequest { request_id, reservation_id, ..ReleaseRequest::default() },
            )
        }
        7 => {
            let change = Some(adjustment::Change::Delta(-1));
            let reason = AdjustReason::Lost.into();
            let adjustments = vec![Adjustment { sku: sku.clone(), change, reason }];
            Act::new(ADJUST, &AdjustRequest { request_id, adjustments, ..Default::default() })
        }
        _ => receive(id, sku, 2),
    }
}

/// Many callers, each of either server.
async fn write(shops: Vec<Shop>, callers: u64, calls: u64) {
    let caller = |number: u64| {
        let shop = shops[usize::try_from(number).expect("few") % shops.len()].clone();
        async move {
            let (mut dice, mut orders) = (Dice(number), Vec::new());
            for call in 0..calls {
                // A refusal is an answer like any other here.
                let act = act(&mut dice, &format!("w{number}-{call}"), &mut orders);
                let _ = shop.send(&act).await;
            }
        }
    };
    futures::future::join_all((0..callers).map(caller)).await;
}

/// Hears everything from the first event on, through calls that are cut at random places, until
/// all of `end` is heard.
async fn hear(shops: Vec<Shop>, seed: u64, mut end: watch::Receiver<Option<usize>>) -> Vec<Event> {
    let (mut dice, mut heard) = (Dice(seed), Vec::new());
    while end.borrow_and_update().is_none_or(|all| heard.len() < all) {
        let shop = &shops[dice.index(shops.len())];
        let position = heard.last().map_or(0, |event: &Event| event.position);
        let mut stream = crate::listen::watch(shop, after(position)).await.expect("a stream");
        for _ in 0..dice.below(120) {
            let more = tokio::select! {
                more = answer(&mut stream) => more.expect("an answer"),
                // The end was told meanwhile: it may have been heard already.
                _ = end.changed() => break,
            };
            heard.extend(more.event);
            if end.borrow().is_some_and(|all| heard.len() >= all) {
                break;
            }
        }
    }
    heard
}

/// The counters of each item, as the sums of what its events changed.
fn sums(events: &[Event]) -> BTreeMap<String, [i64; 4]> {
    let mut sums = BTreeMap::new();
    for event in events {
        let changes = event.changes.expect("changes");
        let sum: &mut [i64; 4] = sums.entry(event.sku.clone()).or_default();
        let deltas = [changes.on_hand, changes.allocated, changes.backordered, changes.bumped];
        sum.iter_mut().zip(deltas).for_each(|(sum, delta)| *sum += delta);
    }
    sums
}

async fn counters(ground: &Ground) -> BTreeMap<String, [i64; 4]> {
    let rows: Vec<(String, i64, i64, i64, i64)> =
        sqlx::query_as("SELECT sku, on_hand, allocated, backordered, bumped FROM item")
            .fetch_all(&ground.eyes)
            .await
            .expect("items");
    let counters = rows.into_iter().map(|(sku, a, b, c, d)| (sku, [a, b, c, d]));
    counters.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_listens_at_either_server_hears_the_whole_ledger_in_order() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    let shops: Vec<Shop> = stands.iter().map(|stand| stand.shop.clone()).collect();
    shops[0].stock_up(&skus(), 20).await;
    shops[0].open(&skus(), 1000).await;
    let (end_is, end_of) = watch::channel(None);
    let hearers: Vec<_> =
        (0..4).map(|seed| tokio::spawn(hear(shops.clone(), 100 + seed, end_of.clone()))).collect();
    write(shops.clone(), 12, 40).await;
    let told = "SELECT count(*) = 0 FROM change";
    until("all is published", async || {
        sqlx::query_scalar::<_, bool>(told).fetch_one(&ground.eyes).await.expect("a count")
    })
    .await;
    let ledger = ledger(&ground).await;
    end_is.send_replace(Some(ledger.len()));
    for hearer in hearers {
        let heard = tokio::time::timeout(PATIENCE, hearer).await.expect("in time").expect("heard");
        in_order(&heard, 1);
        assert_eq!(lines(&heard), ledger);
        assert_eq!(sums(&heard), counters(&ground).await, "events add up to the counters");
    }
    drop(shops);
    end(stands).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_gets_the_whole_ledger_though_servers_are_killed_under_load() {
    let ground = Ground::new().await;
    let receiver = Receiver::new(Mood::Takes).await;
    let (mut first, second) =
        (Serve::on(&ground.cluster.url()).await, Serve::on(&ground.cluster.url()).await);
    first.shop().stock_up(&skus(), 20).await;
    first.shop().open(&skus(), 1000).await;
    put(&second.shop(), "shop", &receiver).await;
    let writing = tokio::spawn(write(vec![second.shop()], 8, 60));
    for killed in 1..=3 {
        until("some arrive", async || receiver.taken().len() > 40 * killed).await;
        first.kill().await;
        first = Serve::on(&ground.cluster.url()).await;
    }
    writing.await.expect("all is written");
    until("all is published", async || ground.count("SELECT count(*) FROM change").await == 0)
        .await;
    let all = ledger(&ground).await.len();
    until("all arrive", async || receiver.once().len() == all).await;
    complete(&ground, &receiver.once()).await;
    until("it has come to the end", async || state(&second.shop(), "shop").await.lag == 0).await;
    for serve in [first, second] {
        serve.signal(Signal::TERM);
        assert!(serve.ended().await.success());
    }
    ground.end().await;
}
