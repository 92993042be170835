//! Answers are kept as long as was promised, forgotten afterwards, and nobody waits for that.

use backstock::domain::Time;
use backstock::service::encode_stored;
use backstock::store::{Store, connect};
use chrono::TimeDelta;
use sqlx::AssertSqlSafe;

use crate::ground::{Ground, combining, end, until};
use crate::shop::{Act, Answer, Shop, order, receive, reserve, same, word};

/// Makes some answers, with their requests, so many days older.
async fn age(ground: &Ground, requests: &str, days: i64) {
    let statement = "UPDATE answer SET answered_at = answered_at - make_interval(days => $2)
                     WHERE request LIKE $1";
    let done = sqlx::query(statement)
        .bind(requests)
        .bind(i32::try_from(days).expect("few days"))
        .execute(&ground.eyes)
        .await
        .expect("answers are aged");
    assert!(done.rows_affected() > 0, "there are answers to {requests}");
}

/// Calls under names of their own, of which one in three is refused, and their answers.
async fn calls(shop: &Shop, name: &str, count: usize) -> Vec<(Act, Answer)> {
    let mut done = Vec::new();
    for turn in 0..count {
        let id = format!("{name}-{turn}");
        let act = match turn % 3 {
            0 => Act::new(crate::shop::RESERVE, &order(&id, &[("A", 1_000_000)])),
            1 => receive(&id, "A", 2),
            _ => reserve(&id, "A"),
        };
        let answer = shop.send(&act).await;
        let expected = if turn % 3 == 0 { "STOCK_INSUFFICIENT" } else { "OK" };
        assert_eq!(word(&answer), expected, "{id}");
        done.push((act, answer));
    }
    done
}

/// Sends the calls again: each gets the bytes that it got first.
async fn replay(shop: &Shop, done: &[(Act, Answer)]) {
    for (act, answer) in done {
        let again = shop.send(act).await;
        assert!(same(answer, &again), "{answer:?} is not {again:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_answers_are_forgotten_and_young_ones_stay_while_calls_go_on() {
    let ground = Ground::new().await;
    let stand = ground.stand(combining()).await;
    stand.shop.stock_up(&["A".to_owned()], 100).await;
    let old = calls(&stand.shop, "old", 30).await;
    let young = calls(&stand.shop, "young", 30).await;
    age(&ground, "q-old-%", 91).await;
    age(&ground, "q-young-%", 89).await;
    end([stand]).await;
    // A server begins to forget as soon as it runs.
    let stand = ground.stand(combining()).await;
    let old_ones = "SELECT count(*) FROM answer WHERE request LIKE 'q-old-%'";
    let mut meanwhile = Vec::new();
    until("old answers are forgotten", async || {
        meanwhile.extend(calls(&stand.shop, &format!("now-{}", meanwhile.len()), 3).await);
        replay(&stand.shop, &young).await;
        ground.count(old_ones).await == 0
    })
    .await;
    replay(&stand.shop, &young).await;
    replay(&stand.shop, &meanwhile).await;
    // Numbers of reservations and receipts outlive the answers: nothing is done twice.
    let before = stand.shop.stock("A").await;
    for (act, _) in old {
        let again = word(&stand.shop.send(&act).await);
        let told = ["STOCK_INSUFFICIENT", "RECEIPT_EXISTS", "RESERVATION_EXISTS"];
        assert!(told.contains(&&*again), "{again}");
    }
    let after = stand.shop.stock("A").await;
    assert_eq!((before.on_hand, before.allocated), (after.on_hand, after.allocated));
    stand.shop.verify().await;
    end([stand]).await;
    ground.end().await;
}

/// Fills the table with answers of two programmes, of which every third is old.
async fn fill(ground: &Ground, count: i64) {
    let statement = "INSERT INTO answer (program, request, hash, is_refusal, body, answered_at)
         SELECT 'p' || n % 2, 'q' || n, '', false, repeat('b', 200)::bytea,
                statement_timestamp() - CASE n % 3 WHEN 0 THEN interval '91 days' ELSE '89 days' END
         FROM generate_series(1, $1) AS n";
    sqlx::query(statement).bind(count).execute(&ground.eyes).await.expect("answers");
}

/// Walks through the table in slices of so many blocks: how many slices, and answers forgotten.
async fn walk(store: &Store, before: Time, blocks: u32) -> (u32, u64) {
    let (mut from, mut slices, mut answers) = (0, 0, 0);
    loop {
        let slice = store.forget_answers(before, from, blocks).await.expect("a slice");
        slices += 1;
        answers += slice.answers;
        match slice.next {
            Some(next) => {
                assert_eq!(next, from + blocks, "slices follow each other");
                from = next;
            }
            None => return (slices, answers),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_table_is_walked_through_in_slices_to_forget() {
    let ground = Ground::new().await;
    let options = ground.cluster.connect_options();
    connect::migrate(&options).await.expect("the schema");
    let store = Store::new(connect::pool(options, 1), encode_stored);
    let clock = async || store.clock().await.expect("the clock");
    let before = clock().await - TimeDelta::days(90);
    assert_eq!(walk(&store, before, 3).await, (1, 0), "an empty table ends with its first slice");
    fill(&ground, 3000).await;
    let blocks = ground.count("SELECT pg_relation_size('answer') / 8192").await;
    let slices = u32::try_from(blocks).expect("few blocks").div_ceil(3);
    assert!(slices > 10, "a table of {blocks} blocks");
    assert_eq!(walk(&store, before, 3).await, (slices, 1000));
    assert_eq!(ground.count("SELECT count(*) FROM answer").await, 2000);
    assert_eq!(walk(&store, before, 3).await, (slices, 0), "again, and nothing is left");
    // Two days later the others are old too, and a walk with its end in the last slice finds all.
    let before = before + TimeDelta::days(2);
    assert_eq!(walk(&store, before, u32::MAX).await, (1, 2000), "one slice for all blocks");
    assert_eq!(ground.count("SELECT count(*) FROM answer").await, 0);
    store.close().await;
    ground.end().await;
}

/// What two replicas forget at once is forgotten once, and neither fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_forget_the_same_answers_do_no_harm() {
    let ground = Ground::new().await;
    let options = ground.cluster.connect_options();
    connect::migrate(&options).await.expect("the schema");
    let stores = [options.clone(), options]
        .map(|options| Store::new(connect::pool(options, 1), encode_stored));
    fill(&ground, 3000).await;
    let before = stores[0].clock().await.expect("the clock") - TimeDelta::days(90);
    let (one, other) = tokio::join!(walk(&stores[0], before, 2), walk(&stores[1], before, 2));
    assert_eq!(one.1 + other.1, 1000, "each answer once");
    for store in stores {
        store.close().await;
    }
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_while_answers_are_being_forgotten() {
    let ground = Ground::new().await;
    let stand = ground.stand(combining()).await;
    stand.shop.stock_up(&["A".to_owned()], 100).await;
    let old = calls(&stand.shop, "old", 9).await;
    let young = calls(&stand.shop, "young", 9).await;
    age(&ground, "q-old-%", 91).await;
    let mut forgetting = ground.eyes.begin().await.expect("a transaction");
    let (forgotten, _): (i64, i64) =
        sqlx::query_as(AssertSqlSafe(include_str!("../../src/store/sql/forget_answers.sql")))
            .bind(0_i64)
            .bind(1000_i64)
            .bind(chrono::Utc::now() - TimeDelta::days(90))
            .fetch_one(&mut *forgetting)
            .await
            .expect("forgotten, not yet committed");
    assert_eq!(forgotten, 9);
    let new = calls(&stand.shop, "new", 9).await;
    // Until it commits, old answers are answers.
    for done in [&young, &new, &old] {
        replay(&stand.shop, done).await;
    }
    let open = "SELECT count(*) FROM pg_stat_activity
                WHERE application_name = 'eyes' AND state = 'idle in transaction'";
    assert_eq!(ground.count(open).await, 1, "all that time it was open");
    forgetting.commit().await.expect("forgotten");
    assert_eq!(ground.count("SELECT count(*) FROM answer WHERE request LIKE 'q-old-%'").await, 0);
    replay(&stand.shop, &new).await;
    stand.shop.verify().await;
    end([stand]).await;
    ground.end().await;
}
