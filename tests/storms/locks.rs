//! Sessions that hold a row lock and fall silent: PostgreSQL ends them, the others go on, and
//! nobody is refused for it.

use std::time::Duration;

use backstock::config::Combining;
use backstock::store::connect;
use futures::future::join_all;
use rustix::process::Signal;
use tokio::task::JoinHandle;

use crate::ground::{Ground, combining, end, until};
use crate::process::Serve;
use crate::shop::{Answer, Shop, receive, reserve};

const LOCK: &str = "SELECT FROM item WHERE sku = 'hot' FOR NO KEY UPDATE";

/// So many calls at once on the hot SKU.
fn hot(shop: &Shop, name: &str, calls: usize) -> JoinHandle<Vec<Answer>> {
    let acts: Vec<_> = (0..calls).map(|turn| reserve(&format!("{name}-{turn}"), "hot")).collect();
    let shop = shop.clone();
    tokio::spawn(async move { join_all(acts.iter().map(|act| shop.send(act))).await })
}

fn all_served(answers: &[Answer]) {
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_session_on_the_hot_row_stops_nobody_for_long() {
    let ground = Ground::new().await;
    // A server with one lane does one thing at a time, and this is not about that.
    let usual = combining();
    let stands = ground.two(Combining { lanes_max: usual.lanes_max.max(2), ..usual }).await;
    let cold: Vec<String> = (0..20).map(|sku| format!("cold-{sku}")).collect();
    stands[0].shop.stock_up(&[&["hot".to_owned()], &cold[..]].concat(), 100).await;
    // A session of the service's own kind, which does nothing any more.
    let silent = connect::pool(ground.cluster.connect_options(), 1);
    let mut holder = silent.begin().await.expect("a transaction");
    sqlx::query(LOCK).execute(&mut *holder).await.expect("the lock");
    let waiting = [hot(&stands[0].shop, "a", 10), hot(&stands[1].shop, "b", 10)];
    until("both servers wait for the lock", async || ground.blocked().await == 2).await;
    let calls = cold.iter().enumerate().map(|(turn, sku)| {
        let act = reserve(&format!("r-{sku}"), sku);
        let shop = stands[turn % 2].shop.clone();
        async move { shop.send(&act).await }
    });
    all_served(&join_all(calls).await);
    let held = ground.log_lines(&["25P03"]).is_empty();
    assert!(held, "other SKUs are served while the lock is still held");
    for answers in waiting {
        all_served(&answers.await.expect("callers"));
    }
    assert_eq!(ground.log_lines(&["25P03"]).len(), 1, "PostgreSQL ended the silent session");
    assert_eq!(stands[0].shop.stock("hot").await.allocated, 20);
    stands[0].shop.verify().await;
    drop(holder);
    end(stands).await;
    ground.end().await;
}

/// Stops a server while its transaction holds the hot row, and gives the call that it is at work
/// on. `None` = a busy machine took longer than PostgreSQL lets a session wait or be silent, and
/// the server has gone on.
async fn stop_with_the_lock(
    ground: &Ground,
    server: &Serve,
    id: &str,
) -> Option<JoinHandle<Answer>> {
    let mut holder = ground.eyes.begin().await.expect("a transaction");
    sqlx::query(LOCK).execute(&mut *holder).await.expect("the lock");
    let (shop, goods) = (server.shop(), receive(id, "hot", 1));
    let its_own = tokio::spawn(async move { shop.send(&goods).await });
    until("it waits for the lock", async || ground.blocked().await == 1).await;
    server.signal(Signal::STOP);
    // The lock passes on to it, and it can do nothing with it.
    holder.rollback().await.expect("given up");
    let holds = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'backstock' \
                 AND state = 'idle in transaction'";
    let holding = until("it holds the lock", async || ground.count(holds).await == 1);
    if tokio::time::timeout(Duration::from_secs(10), holding).await.is_ok() {
        return Some(its_own);
    }
    server.signal(Signal::CONT);
    its_own.await.expect("its caller").expect("received");
    None
}

/// A whole server that is stopped while its transaction holds the hot row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_server_on_the_hot_row_stops_nobody_for_long() {
    let ground = Ground::new().await;
    let stopped = Serve::on(&ground.cluster.url()).await;
    stopped.shop().stock_up(&["hot".to_owned()], 100).await;
    let mut receipts = 0;
    let its_own = loop {
        receipts += 1;
        let id = format!("goods-{receipts}");
        if let Some(its_own) = stop_with_the_lock(&ground, &stopped, &id).await {
            break its_own;
        }
    };
    let stand = ground.stand(combining()).await;
    all_served(&hot(&stand.shop, "going", 20).await.expect("callers"));
    stopped.signal(Signal::CONT);
    // Its transaction is gone; it does the work anew.
    its_own.await.expect("its caller").expect("received");
    let stock = stand.shop.stock("hot").await;
    assert_eq!((stock.on_hand, stock.allocated), (100 + receipts, 20));
    stand.shop.verify().await;
    end([stand]).await;
    stopped.kill().await;
    ground.end().await;
}
