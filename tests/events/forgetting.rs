//! Events that were kept long enough are forgotten: those alone, in order, whoever dies; and nobody
//! is told less than he asked for without a word.

use backstock::config::Combining;
use backstock::domain::ProgramId;
use backstock::proto::WatchRequest;
use backstock::service::encode_stored;
use backstock::store::{Store, connect};
use chrono::{TimeDelta, Utc};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::ground::{Ground, end, until};
use crate::listen::{after, answer, event, events, in_order, watch};
use crate::receiver::{Mood, Receiver};
use crate::shop::reason;
use crate::webhooks::{put, state, try_put, try_retry};
use crate::write::{self, committed};

/// Makes events up to a place 91 days older.
async fn age(ground: &Ground, position: i64) {
    let statement = "UPDATE feed SET at = at - interval '91 days' WHERE position <= $1";
    sqlx::query(statement).bind(position).execute(&ground.eyes).await.expect("aged");
}

/// Waits until so many events have places.
async fn published(ground: &Ground, position: i64) {
    let head = "SELECT coalesce(max(position), 0) FROM feed_head";
    until("places are given", async || ground.count(head).await == position).await;
}

async fn tail(ground: &Ground) -> i64 {
    ground.count("SELECT coalesce(max(position), 0) FROM feed_tail").await
}

/// The cursor that was asked for, and the oldest that can be had, as a refusal says.
fn too_old(refused: &Status) -> (String, String) {
    assert_eq!((refused.code(), &*reason(refused)), (Code::OutOfRange, "CURSOR_TOO_OLD"));
    let mut numbers = refused.get_details_error_info().expect("numbers").metadata;
    let mut number = |key| numbers.remove(key).expect(key);
    (number("after"), number("oldest"))
}

fn numbers(after: i64, oldest: i64) -> (String, String) {
    (after.to_string(), oldest.to_string())
}

/// A store without a server that forgets or publishes by itself.
fn store(ground: &Ground) -> Store {
    Store::new(connect::pool(ground.cluster.connect_options(), 2), encode_stored)
}

fn program() -> ProgramId {
    ProgramId::stored("default")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_events_go_and_young_ones_stay_without_a_gap_while_others_come() {
    let ground = write::ground().await;
    let stand = ground.stand(Combining::default()).await;
    for version in 1..=40 {
        committed(&ground, "TEE", version, 2).await;
    }
    let told = events(&stand.shop, after(0), 80).await;
    end([stand]).await;
    age(&ground, 60).await;
    // Each of the two begins to forget as soon as it runs.
    let stands = ground.two(Combining::default()).await;
    let mut version = 40;
    until("old events are forgotten", async || {
        version += 1;
        committed(&ground, "TEE", version, 1).await;
        tail(&ground).await == 60
    })
    .await;
    let all = usize::try_from(40 + version).expect("few");
    for stand in &stands {
        let rest = events(&stand.shop, after(60), all - 60).await;
        in_order(&rest, 61);
        assert_eq!(rest[..20], told[60..]);
        // From the first on is from the first that is kept, and the caller is told where that is.
        let mut stream = watch(&stand.shop, after(0)).await.expect("a stream");
        let first = answer(&mut stream).await.expect("an answer");
        assert_eq!((first.event, first.position), (None, 60));
        assert_eq!(event(&mut stream).await, rest[0]);
        for cursor in [1, 59] {
            let refused = watch(&stand.shop, after(cursor)).await.expect_err("too old");
            assert_eq!(too_old(&refused), numbers(cursor, 60));
        }
        let types = vec!["stock.low".into()];
        let filtered = WatchRequest { types, ..after(1) };
        too_old(&watch(&stand.shop, filtered).await.expect_err("too old"));
    }
    end(stands).await;
    ground.end().await;
}

/// A watcher that took nothing for so long that what follows is gone hears of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_that_is_overtaken_is_told() {
    let ground = write::ground().await;
    let stand = ground.stand(Combining::default()).await;
    let mut transaction = ground.eyes.begin().await.expect("a transaction");
    for number in 1..=300 {
        write::version(&mut transaction, "TEE", number, 100).await;
    }
    transaction.commit().await.expect("a commit");
    published(&ground, 30_000).await;
    let mut stream = watch(&stand.shop, after(0)).await.expect("a stream");
    event(&mut stream).await;
    age(&ground, 29_900).await;
    let store = store(&ground);
    let before = Utc::now() - TimeDelta::days(90);
    let step = store.forget_events(&program(), before, 1000).await.expect("a step");
    assert_eq!((step.events, step.held, step.has_more), (29_900, false, false));
    let mut last = 1;
    let refused = loop {
        match answer(&mut stream).await {
            Ok(answer) => {
                assert_eq!(answer.position, last + 1, "nothing is left out without a word");
                last = answer.position;
            }
            Err(status) => break status,
        }
    };
    assert_eq!(too_old(&refused), numbers(last, 29_900));
    store.close().await;
    drop(stream);
    end([stand]).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sink_that_is_behind_keeps_its_events_until_it_is_parked() {
    let ground = write::ground().await;
    let stand = ground.stand(Combining::default()).await;
    let ill = Receiver::new(Mood::Dislikes("TEE@11-0".into())).await;
    put(&stand.shop, "ill", &ill).await;
    for version in 1..=30 {
        committed(&ground, "TEE", version, 1).await;
    }
    published(&ground, 30).await;
    until("the eleventh failed", async || state(&stand.shop, "ill").await.attempts > 0).await;
    age(&ground, 20).await;
    let (store, program) = (store(&ground), program());
    let before = Utc::now() - TimeDelta::days(90);
    let forget = async || store.forget_events(&program, before, 1000).await.expect("a step");
    let step = forget().await;
    assert_eq!((step.events, step.held, step.has_more), (10, true, false));
    let slowest = store.slowest_sink(&program).await.expect("a look").expect("a sink");
    assert_eq!((&*slowest.sink, slowest.position, slowest.head), ("ill", 10, 30));
    assert_eq!((forget().await.events, tail(&ground).await), (0, 10), "it waits");
    let parked = "UPDATE sink SET parked_at = clock_timestamp(), next_attempt_at = NULL,
                  lease = NULL, leased_until = NULL";
    sqlx::query(parked).execute(&ground.eyes).await.expect("parked");
    let step = forget().await;
    assert_eq!((step.events, step.held, tail(&ground).await), (10, false, 20));
    // It is not told to go on as if nothing were missing.
    let refused = try_retry(&stand.shop, "ill", false).await.expect_err("too old");
    assert_eq!(too_old(&refused), numbers(10, 20));
    assert!(state(&stand.shop, "ill").await.parked);
    ill.turn(Mood::Takes);
    let skipped = try_retry(&stand.shop, "ill", true).await.expect("leave was given");
    assert_eq!(skipped.position, 20);
    until("it goes on", async || ill.once().len() == 20).await;
    let places: Vec<i64> = ill.once().iter().map(|taken| taken.position()).collect();
    assert_eq!(places, (1..=10).chain(21..=30).collect::<Vec<i64>>());
    // A new one begins with what is kept, or is refused.
    let refused = try_put(&stand.shop, "new", &ill, 19).await.expect_err("too old");
    assert_eq!(too_old(&refused), numbers(19, 20));
    assert_eq!(try_put(&stand.shop, "new", &ill, 0).await.expect("a webhook").position, 20);
    try_put(&stand.shop, "new", &ill, 19).await.expect("a known one has its place already");
    store.close().await;
    drop(ill);
    end([stand]).await;
    ground.end().await;
}

/// One that lost its place by a hair is parked with the reason, not sent less.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sink_whose_next_event_is_gone_is_parked() {
    let ground = write::ground().await;
    let stand = ground.stand(Combining::default()).await;
    for version in 1..=9 {
        committed(&ground, "TEE", version, 1).await;
    }
    published(&ground, 9).await;
    age(&ground, 5).await;
    let store = store(&ground);
    let before = Utc::now() - TimeDelta::days(90);
    assert_eq!(store.forget_events(&program(), before, 9).await.expect("a step").events, 5);
    let receiver = Receiver::new(Mood::Takes).await;
    let behind = "INSERT INTO sink (program, kind, sink, url, types, secret, position, attempts,
                                    last_error, created_at)
                  VALUES ('default', 'webhook', 'late', $1, '{}', $2, 3, 0, '', clock_timestamp())";
    let row = sqlx::query(behind).bind(&receiver.url).bind(crate::receiver::SECRET);
    row.execute(&ground.eyes).await.expect("a sink");
    until("it is parked", async || state(&stand.shop, "late").await.parked).await;
    let parked = state(&stand.shop, "late").await;
    assert_eq!(parked.last_error, "events up to position 5 are kept no more");
    assert_eq!((parked.position, receiver.asked()), (3, 0));
    store.close().await;
    drop(receiver);
    end([stand]).await;
    ground.end().await;
}

/// Nobody waits for whoever forgets: neither the relay, nor a listener, nor another who forgets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_told_and_published_while_others_are_being_forgotten() {
    let ground = write::ground().await;
    let stand = ground.stand(Combining::default()).await;
    for version in 1..=20 {
        committed(&ground, "TEE", version, 1).await;
    }
    published(&ground, 20).await;
    age(&ground, 10).await;
    let mut forgetting = ground.eyes.begin().await.expect("a transaction");
    let tail_row = "INSERT INTO feed_tail VALUES ('default', 0) ON CONFLICT DO NOTHING";
    sqlx::query(tail_row).execute(&mut *forgetting).await.expect("a tail");
    let forget = include_str!("../../src/store/sql/forget_events.sql");
    let (gone, _, _): (i64, bool, bool) = sqlx::query_as(forget)
        .bind("default")
        .bind(Utc::now() - TimeDelta::days(90))
        .bind(0_i64)
        .bind(1000_i64)
        .fetch_one(&mut *forgetting)
        .await
        .expect("forgotten, not yet committed");
    assert_eq!(gone, 10);
    committed(&ground, "TEE", 21, 1).await;
    // Until it commits, all is there.
    in_order(&events(&stand.shop, after(0), 21).await, 1);
    forgetting.commit().await.expect("a commit");
    in_order(&events(&stand.shop, after(0), 11).await, 11);
    end([stand]).await;
    ground.end().await;
}

/// Two forget at once, a row at a time, and their sessions die again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dies_while_he_forgets_leaves_no_gap() {
    let ground = write::ground().await;
    let stand = ground.stand(Combining::default()).await;
    for version in 1..=300 {
        committed(&ground, "TEE", version, 1).await;
    }
    published(&ground, 300).await;
    end([stand]).await;
    age(&ground, 290).await;
    let forgetting: Vec<_> = (0..2)
        .map(|_| {
            let store = store(&ground);
            tokio::spawn(async move {
                let before = Utc::now() - TimeDelta::days(90);
                let mut forgotten = 0;
                loop {
                    match store.forget_events(&program(), before, 1).await {
                        Ok(step) if step.events == 0 && !step.has_more => return forgotten,
                        Ok(step) => forgotten += step.events,
                        Err(_) => {}
                    }
                }
            })
        })
        .collect();
    let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE application_name = 'backstock' AND state <> 'idle'";
    let gap = "SELECT count(*) FROM (SELECT min(position - events) AS first FROM feed) f
               WHERE f.first <> coalesce((SELECT max(position) FROM feed_tail), 0)";
    let mut killed = 0;
    until("all is forgotten", async || {
        killed += ground.count(ended).await;
        assert_eq!(ground.count(gap).await, 0, "the tail is where the stream begins");
        tail(&ground).await == 290
    })
    .await;
    assert!(killed > 0, "somebody died");
    let mut told = 0;
    for task in forgetting {
        told += task.await.expect("it ends");
    }
    assert!(told <= 290, "each once, or nobody was told: {told}");
    assert_eq!(ground.count("SELECT count(*) FROM feed").await, 10);
    ground.end().await;
}
