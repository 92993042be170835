//! What one member of a batch, or one SKU, can do to the others: nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use backstock::config::Combining;
use backstock::proto::batch_reserve_result::Result as Shown;
use backstock::proto::{BatchReserveRequest, BatchReserveResponse, Reason};
use futures::future::join_all;
use prost::Message;
use tokio::task::JoinHandle;
use tonic::Code;
use tonic_types::StatusExt;

use crate::ground::{Ground, PATIENCE, Stand, end, until};
use crate::shop::{Act, Answer, BATCH_RESERVE, order, reserve, word};

/// One runner, so that whatever comes while it waits for a lock becomes one batch.
const ONE_RUNNER: Combining = Combining { batch_max: 256, lanes_max: 1, waiting_max: 16_384 };

/// Has these calls run as one batch: they gather behind a call that waits for a row lock.
async fn as_one_batch(ground: &Ground, stand: &Stand, round: &str, acts: Vec<Act>) -> Vec<Answer> {
    let mut holder = ground.eyes.begin().await.expect("a transaction");
    let lock = "SELECT FROM item WHERE sku = 'plug' FOR NO KEY UPDATE";
    sqlx::query(lock).execute(&mut *holder).await.expect("the lock");
    let send = |act: Act| -> JoinHandle<Answer> {
        let shop = stand.shop.clone();
        tokio::spawn(async move { shop.send(&act).await })
    };
    let plug = send(reserve(&format!("plug-{round}"), "plug"));
    until("the runner waits for the lock", async || ground.blocked().await == 1).await;
    let calls: Vec<JoinHandle<Answer>> = acts.into_iter().map(send).collect();
    // Reads on the same connection are answered after these calls have come in.
    for _ in 0..3 {
        stand.shop.stock("plug").await;
    }
    holder.rollback().await.expect("given up");
    plug.await.expect("a caller").expect("the plug is served");
    let answers = tokio::time::timeout(PATIENCE, join_all(calls)).await.expect("nobody hangs");
    answers.into_iter().map(|answer| answer.expect("a caller")).collect()
}

/// The database refuses one row: its caller is given an incident, its mates are served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_one_member_is_not_its_mates() {
    let ground = Ground::new().await;
    let stand = ground.stand(ONE_RUNNER).await;
    stand.shop.stock_up(&["plug", "a", "b"].map(str::to_owned), 100).await;
    let trap = "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                IF NEW.reservation = 'poison' THEN RAISE EXCEPTION 'secret words'; END IF; \
                RETURN NEW; END $$; \
                CREATE TRIGGER trap BEFORE INSERT ON line FOR EACH ROW EXECUTE FUNCTION trap()";
    sqlx::raw_sql(trap).execute(&ground.eyes).await.expect("a trap");
    let poison = reserve("poison", "a");
    let mut acts: Vec<Act> = (0..20).map(|turn| reserve(&format!("a-{turn}"), "a")).collect();
    acts.insert(10, poison.clone());
    acts.extend((0..5).map(|turn| reserve(&format!("b-{turn}"), "b")));
    // A refusal among them, too.
    acts.push(Act::new(crate::shop::RESERVE, &order("greedy", &[("b", 1000)])));
    let mut answers = as_one_batch(&ground, &stand, "1", acts).await;
    assert_eq!(word(&answers.pop().expect("the last")), "STOCK_INSUFFICIENT");
    let failed = answers.remove(10).expect_err("the poison is refused");
    assert_eq!(failed.code(), Code::Internal);
    let info = failed.get_details_error_info().expect("its details");
    assert!(info.metadata.contains_key("incident"), "{info:?}");
    assert!(
        !format!("{failed:?}").contains("secret"),
        "PostgreSQL's words stay inside: {failed:?}"
    );
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let units = stand.shop.stocks(&["a", "b"].map(str::to_owned)).await;
    assert_eq!((units[0].allocated, units[1].allocated), (20, 5));
    // Nothing was done or remembered of it: without the trap it goes through.
    sqlx::raw_sql("DROP TRIGGER trap ON line").execute(&ground.eyes).await.expect("no trap");
    stand.shop.send(&poison).await.expect("served");
    members_of_one_call(&stand).await;
    stand.shop.verify().await;
    end([stand]).await;
    ground.end().await;
}

/// Members of one BatchReserve: each refusal is its own.
async fn members_of_one_call(stand: &Stand) {
    let requests = vec![
        order("m-1", &[("a", 1)]),
        order("m-2", &[("a", 1_000)]),
        order("m-3", &[("nothing", 1)]),
        order("m-1", &[("a", 2)]),
        order("m-4", &[("b", 1)]),
    ];
    let before = stand.shop.stocks(&["a", "b"].map(str::to_owned)).await;
    let batch = BatchReserveRequest { requests, ..BatchReserveRequest::default() };
    let answer = stand.shop.send(&Act::new(BATCH_RESERVE, &batch)).await.expect("a batch");
    let results = BatchReserveResponse::decode(&answer[..]).expect("results").results;
    let shown = |index: usize| match results[index].result.as_ref().expect("a result") {
        Shown::Reservation(reservation) => reservation.reservation_id.clone(),
        Shown::Refusal(refusal) => refusal.reason().as_str_name().to_owned(),
    };
    let all: Vec<String> = (0..results.len()).map(shown).collect();
    let reasons = [Reason::StockInsufficient, Reason::UnknownItem, Reason::RequestIdReused];
    let [short, unknown, reused] = reasons.map(|reason| reason.as_str_name());
    assert_eq!(all, ["m-1", short, unknown, reused, "m-4"]);
    let after = stand.shop.stocks(&["a", "b"].map(str::to_owned)).await;
    let more = |at: usize| after[at].allocated - before[at].allocated;
    assert_eq!((more(0), more(1)), (1, 1));
}

/// Counters that no service writes make arithmetic overflow, and the batch panics.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_leaves_no_caller_and_no_lane_behind() {
    let ground = Ground::new().await;
    let stand = ground.stand(ONE_RUNNER).await;
    stand.shop.stock_up(&["plug", "broken", "fine"].map(str::to_owned), 100).await;
    let most = i64::MAX;
    let spoil =
        format!("UPDATE item SET bumped = {most}, safety_stock = {most} WHERE sku = 'broken'");
    sqlx::raw_sql(sqlx::AssertSqlSafe(spoil)).execute(&ground.eyes).await.expect("spoilt");
    let act = |sku: &str, turn: usize| reserve(&format!("{sku}-{turn}"), sku);
    let acts: Vec<Act> =
        (0..10).flat_map(|turn| [act("fine", turn), act("broken", turn)]).collect();
    let answers = as_one_batch(&ground, &stand, "1", acts.clone()).await;
    let broken = answers.iter().skip(1).step_by(2);
    assert!(broken.clone().all(Result::is_err), "arithmetic on spoilt counters is never an answer");
    for answer in &answers {
        let code = answer.as_ref().map_or_else(tonic::Status::code, |_| Code::Ok);
        let told = [Code::Ok, Code::Unavailable, Code::Internal].contains(&code);
        assert!(told, "whoever was in the batch is told: {answer:?}");
    }
    let mend = "UPDATE item SET bumped = 0, safety_stock = 0 WHERE sku = 'broken'";
    sqlx::raw_sql(mend).execute(&ground.eyes).await.expect("mended");
    // The lanes go on, and the same requests are done once.
    let again = as_one_batch(&ground, &stand, "2", acts).await;
    assert!(again.iter().all(Result::is_ok), "{again:?}");
    let units = stand.shop.stocks(&["fine", "broken"].map(str::to_owned)).await;
    assert_eq!((units[0].allocated, units[1].allocated), (10, 10));
    stand.shop.verify().await;
    end([stand]).await;
    ground.end().await;
}

/// Fifty callers who never rest on one SKU, one runner, batches that they fill: others take their
/// turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hot_sku_starves_nobody() {
    let ground = Ground::new().await;
    let stand = ground.stand(Combining { batch_max: 7, ..ONE_RUNNER }).await;
    let cold: Vec<String> = (0..30).map(|sku| format!("cold-{sku}")).collect();
    stand.shop.stock_up(&[&["hot".to_owned()], &cold[..]].concat(), 1_000_000).await;
    let (enough, hot) = (AtomicBool::new(false), AtomicUsize::new(0));
    let callers = join_all((0..50).map(|caller| {
        let (shop, enough, hot) = (stand.shop.clone(), &enough, &hot);
        async move {
            for turn in 0.. {
                if enough.load(Ordering::Relaxed) {
                    break;
                }
                shop.send(&reserve(&format!("h{caller}-{turn}"), "hot")).await.expect("hot");
                hot.fetch_add(1, Ordering::Relaxed);
            }
        }
    }));
    let others = async {
        until("the hot SKU is hot", async || hot.load(Ordering::Relaxed) > 100).await;
        for sku in &cold {
            let before = hot.load(Ordering::Relaxed);
            stand.shop.send(&reserve(&format!("r-{sku}"), sku)).await.expect("cold");
            let meanwhile = hot.load(Ordering::Relaxed) - before;
            // Its turn is at most two batches away. Whoever starves waits for all hot callers again
            // and again.
            assert!(meanwhile <= 200, "{sku}: {meanwhile} hot calls were served before it");
        }
        enough.store(true, Ordering::Relaxed);
    };
    let both = async { tokio::join!(callers, others) };
    tokio::time::timeout(PATIENCE, both).await.expect("every cold call is served");
    stand.shop.verify().await;
    end([stand]).await;
    ground.end().await;
}
