//! A flood: what does not fit is turned away at once, told when to come back, and nothing of it is
//! done.

use backstock::config::{Combining, Database, ServeConfig};
use futures::future::join_all;
use tonic_types::StatusExt;

use crate::ground::{Ground, Stand, end, stand_with, until};
use crate::shop::{Act, Answer, reserve, word};

const FLOOD: usize = 300;
const CONNECTIONS: i64 = 3;

/// A server with narrow doors.
async fn narrow(ground: &Ground, calls_max: usize, waiting_max: usize) -> Stand {
    let listen = "127.0.0.1:0".parse().expect("an address");
    let local = ServeConfig::local(listen, Database::Url(ground.cluster.url()));
    let combining = Combining { batch_max: 256, lanes_max: 1, waiting_max };
    let connections_max = u32::try_from(CONNECTIONS).expect("a few");
    stand_with(&ServeConfig { combining, calls_max, connections_max, ..local }).await
}

/// Floods a server whose only runner waits for a lock: so many calls fit, the others are turned
/// away.
async fn flood(ground: &Ground, stand: &Stand, sku: &str, fit: usize) {
    stand.shop.stock_up(&[sku.to_owned()], 1000).await;
    let mut holder = ground.eyes.begin().await.expect("a transaction");
    sqlx::query("SELECT FROM item WHERE sku = $1 FOR NO KEY UPDATE")
        .bind(sku)
        .execute(&mut *holder)
        .await
        .expect("the lock");
    let (shop, first) = (stand.shop.clone(), reserve(&format!("{sku}-first"), sku));
    let first = tokio::spawn(async move { shop.send(&first).await });
    until("the runner waits for the lock", async || ground.blocked().await == 1).await;
    let acts: Vec<Act> = (0..FLOOD).map(|turn| reserve(&format!("{sku}-{turn}"), sku)).collect();
    let (told, mut tells) = tokio::sync::mpsc::unbounded_channel();
    let calls = acts.iter().map(|act| {
        let told = told.clone();
        async move {
            let answer = stand.shop.send(act).await;
            let _ = told.send(answer.is_err());
            answer
        }
    });
    // Who does not fit is told while the lock is still held.
    let give_up = async {
        for turned_away in 0..FLOOD - fit {
            let is_refused = tells.recv().await.expect("a call");
            assert!(is_refused, "served behind the lock, after {turned_away} refusals");
        }
        holder.rollback().await.expect("given up");
    };
    let (answers, ()) = tokio::join!(join_all(calls), give_up);
    first.await.expect("a caller").expect("it waited");
    let (served, refused): (Vec<_>, Vec<_>) =
        acts.iter().zip(&answers).partition(|(_, answer)| answer.is_ok());
    assert_eq!((served.len(), refused.len()), (fit, FLOOD - fit));
    for (_, answer) in &refused {
        is_busy(answer);
    }
    let done = i64::try_from(fit + 1).expect("a few");
    assert_eq!(stand.shop.stock(sku).await.allocated, done, "nothing was done for who was busy");
    // They come back, not all at once, and are served.
    for some in refused.chunks(8) {
        let again = join_all(some.iter().map(|(act, _)| stand.shop.send(act))).await;
        assert!(again.iter().all(Result::is_ok), "{again:?}");
    }
    let all = i64::try_from(FLOOD + 1).expect("a few");
    assert_eq!(stand.shop.stock(sku).await.allocated, all, "each once");
}

fn is_busy(answer: &Answer) {
    assert_eq!(word(answer), "BUSY", "{answer:?}");
    let status = answer.as_ref().expect_err("refused");
    assert_eq!(status.code(), tonic::Code::Unavailable);
    assert!(status.get_details_retry_info().is_some_and(|info| info.retry_delay.is_some()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_turned_away_at_the_door() {
    let ground = Ground::new().await;
    // One call is at work; twenty more may wait in the lanes.
    let lanes = narrow(&ground, 16_384, 20).await;
    flood(&ground, &lanes, "lanes", 20).await;
    // Ten calls in all may be in the server, of which one is at work.
    let calls = narrow(&ground, 10, 16_384).await;
    flood(&ground, &calls, "calls", 9).await;
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'backstock'";
    assert!(ground.count(sessions).await <= 2 * CONNECTIONS, "no more sessions than allowed");
    lanes.shop.verify().await;
    end([lanes, calls]).await;
    ground.end().await;
}
