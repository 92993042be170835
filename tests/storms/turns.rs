//! Who comes after another has seen what that one did, also when it waited for a lock meanwhile.

use backstock::proto::{CloseBackordersResponse, ReceiveResponse, ReleaseRequest};
use futures::future::join_all;
use prost::Message;
use sqlx::{Postgres, Transaction};
use tokio::task::JoinHandle;

use crate::ground::{Ground, Stand, combining, end, until};
use crate::shop::{self, Act, Answer, RELEASE, backorder, close, receive, reserve, word};

const ROUNDS: usize = 8;

async fn lock<'g>(ground: &'g Ground, sku: &str) -> Transaction<'g, Postgres> {
    let mut holder = ground.eyes.begin().await.expect("a transaction");
    sqlx::query("SELECT FROM item WHERE sku = $1 FOR NO KEY UPDATE")
        .bind(sku)
        .execute(&mut *holder)
        .await
        .expect("the lock");
    holder
}

/// Sends a call that comes to wait for a lock, as the last of so many.
async fn queue(ground: &Ground, stand: &Stand, act: Act, place: i64) -> JoinHandle<Answer> {
    let shop = stand.shop.clone();
    let call = tokio::spawn(async move { shop.send(&act).await });
    until("it waits for the lock", async || ground.blocked().await == place).await;
    call
}

/// The second of two calls waits behind the first for the row lock: all that it read before would
/// be old.
async fn in_turn(ground: &Ground, stands: &[Stand], sku: &str, acts: [Act; 2]) -> [Answer; 2] {
    let holder = lock(ground, sku).await;
    let [first, second] = acts;
    let first = queue(ground, &stands[0], first, 1).await;
    let second = queue(ground, &stands[1], second, 2).await;
    holder.rollback().await.expect("given up");
    [first.await.expect("a caller"), second.await.expect("a caller")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_for_a_lock_sees_what_happened_meanwhile() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    let name = |kind: &str| -> Vec<String> {
        (0..ROUNDS).map(|round| format!("{kind}-{round}")).collect()
    };
    let (closed, received, sold) = (name("closed"), name("received"), name("sold"));
    stands[0].shop.stock_up(&[&closed[..], &received[..], &sold[..]].concat(), 0).await;
    stands[0].shop.open(&[&closed[..], &received[..]].concat(), 10).await;
    // Each server knows the rows from before.
    for stand in &stands {
        stand.shop.stocks(&[&closed[..], &received[..]].concat()).await;
    }
    for sku in &closed {
        let acts = [close(&format!("c-{sku}"), sku), backorder(&format!("b-{sku}"), sku)];
        let [closed, late] = in_turn(&ground, &stands, sku, acts).await;
        let closed = CloseBackordersResponse::decode(&closed.expect("closed")[..]).expect("a plan");
        assert!(closed.plan.is_some());
        assert_eq!(word(&late), "BACKORDERS_CLOSED", "{sku}: {late:?}");
    }
    for sku in &received {
        let acts = [receive(&format!("w-{sku}"), sku, 1), backorder(&format!("b-{sku}"), sku)];
        let [received, served] = in_turn(&ground, &stands, sku, acts).await;
        let received = ReceiveResponse::decode(&received.expect("received")[..]).expect("units");
        assert_eq!(received.results[0].available, 1);
        let line = shop::reservation(&served.expect("the unit that has just come")).lines.remove(0);
        assert_eq!((line.ordered, line.allocated), (1, 1), "{sku}: {line:?}");
        assert_eq!(line.allocations[0].quantity, 1, "{sku}: {line:?}");
    }
    for sku in &sold {
        stands[0].shop.send(&receive(&format!("w-{sku}"), sku, 1)).await.expect("received");
        let acts = [reserve(&format!("1-{sku}"), sku), reserve(&format!("2-{sku}"), sku)];
        let [first, second] = in_turn(&ground, &stands, sku, acts).await;
        first.expect("the only unit");
        assert_eq!(word(&second), "STOCK_INSUFFICIENT", "{sku}: sold twice");
    }
    stands[0].shop.verify().await;
    end(stands).await;
    ground.end().await;
}

/// A Reserve that others' work cannot change is not kept waiting for it: what they have not
/// committed has not happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_waits_for_no_lock() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    let skus = ["none".to_owned()];
    stands[0].shop.stock_up(&skus, 0).await;
    let holder = lock(&ground, "none").await;
    let received = queue(&ground, &stands[0], receive("goods", "none", 1), 1).await;
    let early = stands[1].shop.send(&reserve("early", "none")).await;
    assert_eq!(word(&early), "STOCK_INSUFFICIENT");
    assert_eq!(ground.blocked().await, 1, "the goods wait");
    holder.rollback().await.expect("given up");
    received.await.expect("a caller").expect("received");
    stands[1].shop.send(&reserve("late", "none")).await.expect("the unit that has come");
    end(stands).await;
    ground.end().await;
}

/// Receive here, and at its answer Reserve there: never refused, whatever either server remembers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_received_here_can_be_had_there_at_once() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    let skus: Vec<String> = (0..16).map(|sku| format!("sku-{sku}")).collect();
    stands[0].shop.stock_up(&skus, 0).await;
    let calls = skus.iter().enumerate().map(|(number, sku)| {
        let [here, there] = [0, 1].map(|side| stands[(number + side) % 2].shop.clone());
        async move {
            for round in 0..25 {
                let id = |what: &str| format!("{what}-{number}-{round}");
                // A refusal on each side is what a cache would remember.
                let early = [there.send(&reserve(&id("early"), sku)).await];
                assert_eq!(word(&early[0]), "STOCK_INSUFFICIENT");
                here.send(&receive(&id("goods"), sku, 1)).await.expect("received");
                there.send(&reserve(&id("r"), sku)).await.expect("the unit that has just come");
            }
        }
    });
    join_all(calls).await;
    stands[0].shop.verify().await;
    end(stands).await;
    ground.end().await;
}

/// A Release that overtakes the Reserve of its own reservation is told that there is none, or finds
/// it whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_beside_its_own_reserve_finds_all_or_nothing() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    stands[0].shop.stock_up(&["sku".to_owned()], 10_000).await;
    let mut words = std::collections::BTreeMap::<String, usize>::new();
    for round in 0..40 {
        let calls = (0..8).map(|number| {
            let id = format!("r{round}-{number}");
            let request_id = format!("back-{id}");
            let release =
                ReleaseRequest { request_id, reservation_id: id.clone(), ..Default::default() };
            let (made, back) = (reserve(&id, "sku"), Act::new(RELEASE, &release));
            let [here, there] = [0, 1].map(|side| stands[(number + side) % 2].shop.clone());
            async move { tokio::join!(here.send(&made), there.send(&back)) }
        });
        for (made, back) in join_all(calls).await {
            shop::reservation(&made.expect("served"));
            *words.entry(word(&back)).or_default() += 1;
        }
    }
    assert!(words.keys().all(|word| ["OK", "UNKNOWN_RESERVATION"].contains(&&**word)), "{words:?}");
    let released = i64::try_from(words.get("OK").copied().unwrap_or_default()).expect("a count");
    assert_eq!(stands[0].shop.stock("sku").await.allocated, 320 - released);
    stands[0].shop.verify().await;
    end(stands).await;
    ground.end().await;
}
