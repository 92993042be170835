//! GetAvailability of many at once: calls that wait share a statement, and nobody can tell.

use std::time::Duration;

use backstock::proto::insight_service_client::InsightServiceClient;
use backstock::proto::{GetAvailabilityRequest, GetAvailabilityResponse};
use futures::future::join_all;
use tonic::{Code, Request, Status};

use crate::ground::{Dice, Ground, PATIENCE, Stand, combining, end};
use crate::shop::{Shop, reservation, reserve, word};

async fn ask(shop: &Shop, skus: &[&str]) -> Result<GetAvailabilityResponse, Status> {
    within(shop, skus, PATIENCE).await
}

async fn within(
    shop: &Shop,
    skus: &[&str],
    wait: Duration,
) -> Result<GetAvailabilityResponse, Status> {
    let skus = skus.iter().map(|sku| (*sku).to_owned()).collect();
    let mut request = Request::new(GetAvailabilityRequest { program: String::new(), skus });
    request.set_timeout(wait);
    let answer = InsightServiceClient::new(shop.channel()).get_availability(request).await;
    answer.map(tonic::Response::into_inner)
}

/// Whoever was told of a change sees it, through every server, and never sees it undone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn availability_shows_what_was_answered_before() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    let skus: Vec<String> = (0..5).map(|sku| format!("sku-{sku}")).collect();
    stands[0].shop.stock_up(&skus, 1_000_000).await;
    let caller = async |number: usize| {
        let mut dice = Dice(number as u64);
        for turn in 0..20 {
            let [one, other] = [0, 1].map(|_| skus[dice.index(skus.len())].as_str());
            let [writes, reads] = [0, 1].map(|_| &stands[dice.index(2)].shop);
            let act = reserve(&format!("r{number}-{turn}"), one);
            let told = reservation(&writes.send(&act).await.expect("served")).lines[0].item_version;
            let seen = ask(reads, &[other, one, other]).await.expect("availability").items;
            let names: Vec<&str> = seen.iter().map(|item| item.sku.as_str()).collect();
            assert_eq!(names, [other, one, other], "in the order asked for");
            assert!(
                seen[1].item_version >= told,
                "{one}: told of {told}, then shown {:?}",
                seen[1]
            );
            assert_eq!(seen[1].available, 1_000_000 - seen[1].allocated, "of one instant");
            let later = ask(&stands[dice.index(2)].shop, &[other]).await.expect("availability");
            assert!(later.items[0].item_version >= seen[0].item_version, "{other} went back");
        }
    };
    tokio::time::timeout(PATIENCE, join_all((0..60).map(caller))).await.expect("nobody hangs");
    stands[0].shop.verify().await;
    end(stands).await;
    ground.end().await;
}

/// The statement that a spoilt item is in fails, or its counters cannot be added up: those alone
/// who asked for it are told of an incident.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn availability_of_a_spoilt_item_fails_nobody_else() {
    let ground = Ground::new().await;
    let stand = ground.stand(combining()).await;
    let skus = ["fine", "broken", "torn"].map(str::to_owned);
    stand.shop.stock_up(&skus, 100).await;
    for id in ["t-1", "t-2"] {
        stand.shop.send(&reserve(id, "torn")).await.expect("served");
    }
    // No service writes these: sums that no counter can hold.
    let most = i64::MAX;
    let spoil = format!(
        "UPDATE item SET bumped = {most}, safety_stock = {most} WHERE sku = 'broken';
         ALTER TABLE line DROP CONSTRAINT line_adds_up, DROP CONSTRAINT line_not_negative;
         UPDATE line SET allocated = 0, bumped = {most}, expires_at = '2020-01-01'
         WHERE sku = 'torn';
         UPDATE item SET due_at = '2020-01-01' WHERE sku = 'torn'"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(spoil)).execute(&ground.eyes).await.expect("spoilt");
    for _ in 0..5 {
        let asked = |turn: usize| match turn % 16 {
            5 => ["fine", "broken"],
            10 => ["torn", "fine"],
            _ => ["fine", "fine"],
        };
        let answers = join_all((0..64).map(|turn| {
            let shop = &stand.shop;
            async move { (asked(turn), ask(shop, &asked(turn)).await) }
        }));
        for (skus, answer) in answers.await {
            let code = answer.as_ref().map_or_else(Status::code, |_| Code::Ok);
            let expected = if skus == ["fine", "fine"] { Code::Ok } else { Code::Internal };
            assert_eq!(code, expected, "{skus:?}: {answer:?}");
        }
    }
    end([stand]).await;
    ground.end().await;
}

/// Callers who give up while they wait, or while they are read for: the others are answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn availability_is_told_to_those_who_wait_whoever_gives_up() {
    let ground = Ground::new().await;
    let stand = ground.stand(combining()).await;
    let address = stand.server.address().to_string();
    stand.shop.stock_up(&["a", "b"].map(str::to_owned), 100).await;
    let missed = |words: &[String]| words.iter().filter(|word| *word != "OK").count();
    let mut given_up = 0;
    let mut dice = Dice(7);
    while given_up < 100 {
        let waits: Vec<Duration> =
            (0..64).map(|_| Duration::from_micros(200 + dice.below(10_000))).collect();
        // A connection for each round: one with many calls given up may be ended as a flood.
        let hasty = Shop::at(&address);
        let hasty = join_all(waits.iter().map(|wait| within(&hasty, &["a"], *wait)));
        let patient = join_all((0..64).map(|_| ask(&stand.shop, &["b", "a"])));
        let (hasty, patient) = tokio::join!(hasty, patient);
        let words = |answers: Vec<Result<GetAvailabilityResponse, Status>>| -> Vec<String> {
            answers.into_iter().map(|answer| word(&answer.map(|_| Vec::new()))).collect()
        };
        let (hasty, patient) = (words(hasty), words(patient));
        assert_eq!(missed(&patient), 0, "{patient:?}");
        let known = ["OK", "DeadlineExceeded", "Cancelled"];
        assert!(hasty.iter().all(|word| known.contains(&word.as_str())), "{hasty:?}");
        given_up += missed(&hasty);
    }
    rested(&ground).await;
    end([stand]).await;
    ground.end().await;
}

/// No session is in the middle of something.
async fn rested(ground: &Ground) {
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'backstock' \
                AND state <> 'idle'";
    crate::ground::until("sessions come to rest", async || ground.count(busy).await == 0).await;
}

/// A database that is gone is said to be, to all who wait, and is used again when it is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn availability_comes_back_with_the_database() {
    let ground = Ground::new().await;
    let stand = ground.stand(combining()).await;
    stand.shop.stock_up(&["a".to_owned()], 100).await;
    let all = async |stand: &Stand| {
        let answers = join_all((0..200).map(|_| ask(&stand.shop, &["a"]))).await;
        answers.into_iter().map(|answer| word(&answer.map(|_| Vec::new()))).collect::<Vec<_>>()
    };
    // Every session that the server has.
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                WHERE application_name = 'backstock'";
    for _ in 0..3 {
        let (words, ended) = tokio::join!(all(&stand), ground.count(kill));
        assert!(ended > 0, "there were sessions");
        assert!(words.iter().all(|word| word == "OK" || word == "BUSY"), "{words:?}");
        let well = async || all(&stand).await.iter().all(|word| word == "OK");
        crate::ground::until("everybody is answered again", well).await;
    }
    end([stand]).await;
    ground.end().await;
}
