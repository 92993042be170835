//! Callers that stop waiting: their calls are done whole or not at all, and nothing stays behind of
//! them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;

use crate::ground::{Dice, Ground, Stand, combining, end, until};
use crate::shop::{self, Act, Answer, Shop, backorder, reserve, same, word};

/// Callers at once; how many calls they make at least, and of either outcome.
const CALLERS: u64 = 24;
const CALLS: usize = 1500;
const EACH: usize = 30;
const SKUS: usize = 5;

/// A call and what its caller was told, if it waited long enough.
struct Call {
    id: String,
    sku: String,
    act: Act,
    answer: Answer,
}

/// How many calls were answered in time, and how many were not.
#[derive(Default)]
struct Tally {
    told: AtomicUsize,
    missed: AtomicUsize,
}

impl Tally {
    fn count(&self, answer: &Answer) {
        let counter = if missed(answer) { &self.missed } else { &self.told };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn is_enough(&self) -> bool {
        let counters = [&self.told, &self.missed].map(|counter| counter.load(Ordering::Relaxed));
        counters.iter().sum::<usize>() >= CALLS && counters.iter().all(|calls| *calls >= EACH)
    }
}

/// One caller's calls, each with 1 to 120 ms to be answered in. Fewer and fewer callers stay, so
/// that on a slow machine, too, some are answered in time.
async fn caller(number: u64, shops: [Shop; 2], tally: Arc<Tally>) -> Vec<Call> {
    let (mut dice, mut calls) = (Dice(number), Vec::new());
    let mut turns = 0..40 + 10 * (CALLERS - number);
    while let (Some(turn), false) = (turns.next(), tally.is_enough()) {
        let (id, sku) = (format!("d{number}-{turn}"), format!("sku-{}", dice.index(SKUS)));
        let act = match dice.below(2) {
            0 => reserve(&id, &sku),
            _ => backorder(&id, &sku),
        };
        let wait = Duration::from_millis(1 + dice.below(120));
        let answer = shops[dice.index(2)].send_within(&act, Some(wait)).await;
        tally.count(&answer);
        calls.push(Call { id, sku, act, answer });
    }
    calls
}

/// Whether the caller was told nothing but that its time is up.
fn missed(answer: &Answer) -> bool {
    ["DeadlineExceeded", "Cancelled"].contains(&word(answer).as_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_deadlines_leave_nothing_half_done() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    let skus: Vec<String> = (0..SKUS).map(|sku| format!("sku-{sku}")).collect();
    stands[0].shop.stock_up(&skus, 300).await;
    stands[0].shop.open(&skus, 300).await;
    // Each caller has connections of its own: one whose calls are given up by the thousand may be
    // ended by HTTP/2's own guard against floods of resets, and this is not about that.
    let addresses = [0, 1].map(|server: usize| stands[server].server.address().to_string());
    let tally = Arc::new(Tally::default());
    let callers = (0..CALLERS)
        .map(|number| (number, [0, 1].map(|server: usize| Shop::at(&addresses[server]))))
        .map(|(number, shops)| tokio::spawn(caller(number, shops, Arc::clone(&tally))));
    let calls: Vec<Call> =
        join_all(callers).await.into_iter().flat_map(|calls| calls.expect("a caller")).collect();
    // No session was left inside a transaction: none is there, and PostgreSQL had to end none.
    let idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' \
                AND state_change < clock_timestamp() - interval '100 ms'";
    assert_eq!(ground.count(idle).await, 0, "idle in transaction");
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'backstock' \
                AND state <> 'idle'";
    until("the lanes come to rest", async || ground.count(busy).await == 0).await;
    let ended = ground.log_lines(&["25P03", "idle-in-transaction"]);
    assert_eq!(ended, [""; 0], "sessions that PostgreSQL had to end");
    assert!(tally.is_enough(), "many miss and many do not");
    told_is_true(&ground, &stands, &calls).await;
    end(stands).await;
    ground.end().await;
}

async fn told_is_true(ground: &Ground, stands: &[Stand], calls: &[Call]) {
    let mut words = BTreeMap::<String, usize>::new();
    for call in calls {
        *words.entry(word(&call.answer)).or_default() += 1;
    }
    let known = ["OK", "STOCK_INSUFFICIENT", "CAP_EXCEEDED", "DeadlineExceeded", "Cancelled"];
    assert!(words.keys().all(|word| known.contains(&word.as_str())), "{words:?}");
    assert!(words.contains_key("OK"), "some are served: {words:?}");
    let there: Vec<String> = sqlx::query_scalar("SELECT reservation FROM line")
        .fetch_all(&ground.eyes)
        .await
        .expect("lines");
    let there: std::collections::HashSet<String> = there.into_iter().collect();
    for call in calls.iter().filter(|call| call.answer.is_ok()) {
        assert!(there.contains(&call.id), "{}: acknowledged and not there", call.id);
    }
    // Each call again: who was answered gets the same bytes; of the others those that were done say
    // so.
    let mut served = BTreeMap::<String, i64>::new();
    for (some, turn) in calls.chunks(128).zip(0..) {
        let shop = &stands[turn % 2].shop;
        let again = join_all(some.iter().map(|call| shop.send(&call.act))).await;
        for (call, again) in some.iter().zip(&again) {
            let agrees = missed(&call.answer) || same(&call.answer, again);
            assert!(agrees, "{}: {:?} became {again:?}", call.id, call.answer);
            assert!(again.is_ok() || !there.contains(&call.id), "{}: there and refused", call.id);
            *served.entry(call.sku.clone()).or_default() += i64::from(again.is_ok());
        }
    }
    for (sku, served) in served {
        let item = stands[0].shop.stock(&sku).await;
        assert_eq!(item.allocated + item.backordered, served, "{sku}: each once");
    }
    stands[0].shop.verify().await;
}

/// Calls that wait in a lane behind a held lock, and whose callers go: none of them takes a unit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_gave_up_is_not_worth_a_unit() {
    let ground = Ground::new().await;
    let stand = ground.stand(combining()).await;
    stand.shop.stock_up(&["sku".to_owned()], 100).await;
    let mut holder = ground.eyes.begin().await.expect("a transaction");
    let lock = "SELECT FROM item WHERE sku = 'sku' FOR NO KEY UPDATE";
    sqlx::query(lock).execute(&mut *holder).await.expect("the lock");
    let (shop, first) = (stand.shop.clone(), reserve("first", "sku"));
    let first = tokio::spawn(async move { shop.send(&first).await });
    until("the first call waits for the lock", async || ground.blocked().await == 1).await;
    let short = Some(Duration::from_millis(100));
    let acts: Vec<Act> = (0..50).map(|turn| reserve(&format!("short-{turn}"), "sku")).collect();
    let late = join_all(acts.iter().map(|act| stand.shop.send_within(act, short))).await;
    assert!(late.iter().all(missed), "nobody can be served behind the lock: {:?}", late[0]);
    // One that came later and waits longer: once its time is up, so is theirs, by any clock.
    let longer = Some(Duration::from_secs(1));
    let last_of_all = stand.shop.send_within(&reserve("longer", "sku"), longer).await;
    assert!(missed(&last_of_all), "{last_of_all:?}");
    holder.rollback().await.expect("the lock is given up");
    first.await.expect("a caller").expect("it waited");
    // One more call goes through the same lane after all that waited in it.
    stand.shop.send(&reserve("last", "sku")).await.expect("served");
    assert_eq!(stand.shop.stock("sku").await.allocated, 2, "the first and the last");
    // Who comes back with the same id is served then.
    stand.shop.send(&acts[0]).await.expect("served");
    stand.shop.verify().await;
    end([stand]).await;
    ground.end().await;
}

/// What was done is told again to those who did not wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_was_taken_up_is_done_though_its_caller_went() {
    let ground = Ground::new().await;
    let stand = ground.stand(combining()).await;
    stand.shop.stock_up(&["sku".to_owned()], 1).await;
    let mut holder = ground.eyes.begin().await.expect("a transaction");
    let lock = "SELECT FROM item WHERE sku = 'sku' FOR NO KEY UPDATE";
    sqlx::query(lock).execute(&mut *holder).await.expect("the lock");
    let (shop, act) = (stand.shop.clone(), reserve("gone", "sku"));
    let gone = act.clone();
    let caller = tokio::spawn(async move { shop.send(&gone).await });
    until("the call waits for the lock", async || ground.blocked().await == 1).await;
    caller.abort();
    assert!(caller.await.is_err_and(|error| error.is_cancelled()), "the caller is gone");
    holder.rollback().await.expect("the lock is given up");
    until("it is done", async || stand.shop.stock("sku").await.allocated == 1).await;
    // The only unit is this caller's: another is refused, and the caller itself is told of it.
    let other = stand.shop.send(&reserve("other", "sku")).await;
    assert_eq!(word(&other), "STOCK_INSUFFICIENT");
    let told = stand.shop.send(&act).await.expect("the stored answer");
    assert_eq!(shop::reservation(&told).reservation_id, "gone");
    stand.shop.verify().await;
    end([stand]).await;
    ground.end().await;
}
