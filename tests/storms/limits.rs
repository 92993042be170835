//! No limit is passed, whoever asks, through whichever server, however writes are gathered.

use backstock::config::Combining;
use backstock::proto::Refusal;
use futures::future::join_all;
use prost::Message;
use tonic::Status;
use tonic_types::pb;

use crate::ground::{Ground, Stand, combining, end};
use crate::shop::{self, Act, Answer, Shop, reservation, word};

/// Callers of one round, and how many of them can be served.
const CALLERS: usize = 200;
const LIMIT: i64 = 100;

/// What is scarce in a round.
#[derive(Clone, Copy)]
enum Scarce {
    /// Units that may be backordered.
    Cap,
    /// Units on hand.
    Stock,
}

impl Scarce {
    async fn prepare(self, shop: &Shop, skus: &[String]) {
        match self {
            Self::Cap => {
                shop.stock_up(skus, 0).await;
                shop.open(skus, LIMIT).await;
            }
            Self::Stock => shop.stock_up(skus, LIMIT).await,
        }
    }

    fn act(self, id: &str, sku: &str) -> Act {
        match self {
            Self::Cap => shop::backorder(id, sku),
            Self::Stock => shop::reserve(id, sku),
        }
    }

    fn refusal(self) -> &'static str {
        match self {
            Self::Cap => "CAP_EXCEEDED",
            Self::Stock => "STOCK_INSUFFICIENT",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Cap => "cap",
            Self::Stock => "stock",
        }
    }
}

/// The `Refusal` in the details of a status.
fn refusal(status: &Status) -> Refusal {
    let details = pb::Status::decode(status.details()).expect("details").details;
    let is_refusal = |any: &&prost_types::Any| any.type_url.ends_with("/backstock.v1.Refusal");
    let any = details.iter().find(is_refusal).expect("a refusal");
    Refusal::decode(&any.value[..]).expect("a refusal")
}

/// All callers at once on one SKU: exactly as many are served as the limit allows, each at a
/// version of the item of its own, and those who are refused were refused by the last of these
/// versions.
async fn round(stands: &[Stand], scarce: Scarce, sku: &str) {
    let before = stands[0].shop.stock(sku).await.item_version;
    let calls = (0..CALLERS).map(|caller| {
        let shop = stands[caller % stands.len()].shop.clone();
        let act = scarce.act(&format!("{sku}-{caller}"), sku);
        async move { shop.send(&act).await }
    });
    let answers: Vec<Answer> = join_all(calls).await;
    let (served, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    for answer in &refused {
        assert_eq!(word(answer), scarce.refusal(), "{sku}: {answer:?}");
    }
    assert_eq!(served.len(), usize::try_from(LIMIT).expect("a size"), "{sku}: served");
    let version = |answer: Answer| reservation(&answer.expect("served")).lines[0].item_version;
    let mut versions: Vec<i64> = served.into_iter().map(version).collect();
    versions.sort_unstable();
    let expected: Vec<i64> = (before + 1..=before + LIMIT).collect();
    assert_eq!(versions, expected, "{sku}: each is one committed change, and none is missing");
    for answer in refused {
        let shortage = refusal(&answer.expect_err("refused")).shortages.remove(0);
        assert_eq!(shortage.item_version, before + LIMIT, "{sku}: refused while some were left");
    }
    let item = stands[1].shop.stock(sku).await;
    let counters = (item.on_hand, item.allocated, item.backordered);
    match scarce {
        Scarce::Cap => assert_eq!(counters, (0, 0, LIMIT), "{sku}"),
        Scarce::Stock => assert_eq!(counters, (LIMIT, LIMIT, 0), "{sku}"),
    }
}

async fn rounds(ground: &Ground, combining: Combining, rounds: usize, name: &str) {
    let stands = ground.two(combining).await;
    for scarce in [Scarce::Cap, Scarce::Stock] {
        let sku = |round: usize| format!("{name}-{}-{round}", scarce.name());
        let skus: Vec<String> = (0..rounds).map(sku).collect();
        scarce.prepare(&stands[0].shop, &skus).await;
        for sku in &skus {
            round(&stands, scarce, sku).await;
        }
    }
    stands[1].shop.verify().await;
    end(stands).await;
}

/// Fifty launches, each with twice the callers that it can serve. (A read and then a write sells
/// too much here; so does a limit that is not held under the item's lock.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_pass_no_limit_in_fifty_rounds() {
    let ground = Ground::new().await;
    // With a transaction for each call, a few rounds are as many transactions.
    let count = if combining().batch_max == 1 { 5 } else { 50 };
    rounds(&ground, combining(), count, "fifty").await;
    ground.end().await;
}

/// Combining is about speed only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_limit_is_passed_however_writes_are_gathered() {
    let ground = Ground::new().await;
    for (batch_max, lanes_max) in [(1, 1), (1, 4), (7, 1), (7, 4), (256, 1)] {
        let combining = Combining { batch_max, lanes_max, ..Combining::default() };
        rounds(&ground, combining, 2, &format!("b{batch_max}l{lanes_max}")).await;
    }
    ground.end().await;
}
