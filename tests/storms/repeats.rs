//! The same request again, at the same instant and through several servers: one effect, one answer.

use backstock::config::Combining;
use backstock::proto::batch_reserve_result::Result as Shown;
use backstock::proto::{BatchReserveRequest, BatchReserveResponse, Line, ReleaseRequest};
use futures::future::join_all;
use prost::Message;

use crate::ground::{Ground, Stand, end};
use crate::shop::{self, Act, Answer, BATCH_RESERVE, RELEASE, order, reserve, same, word};

const CALLERS: usize = 100;

/// Sends calls at once, by turns through each server.
async fn at_once(stands: &[Stand], acts: impl IntoIterator<Item = Act>) -> Vec<Answer> {
    let calls = acts.into_iter().enumerate().map(|(turn, act)| {
        let shop = stands[turn % stands.len()].shop.clone();
        async move { shop.send(&act).await }
    });
    join_all(calls).await
}

/// A request that is sent a hundred times at once has one answer, and it is this word.
async fn one_answer(stands: &[Stand], act: Act, expected: &str) {
    let answers = at_once(stands, (0..CALLERS).map(|_| act.clone())).await;
    assert_eq!(word(&answers[0]), expected, "{:?}", answers[0]);
    for answer in &answers {
        assert!(same(&answers[0], answer), "{:?} is not {answer:?}", answers[0]);
    }
    let later = stands[0].shop.send(&act).await;
    assert!(same(&answers[0], &later), "{:?} is not {later:?}", answers[0]);
}

/// A hundred equal requests, of those that are served and of those that are refused.
async fn equal_requests(stands: &[Stand], sku: &str) {
    let before = stands[0].shop.stock(sku).await;
    one_answer(stands, reserve(&format!("{sku}-once"), sku), "OK").await;
    let too_many = order(&format!("{sku}-many"), &[(sku, 1_000_000)]);
    one_answer(stands, Act::new(shop::RESERVE, &too_many), "STOCK_INSUFFICIENT").await;
    one_answer(stands, shop::receive(&format!("{sku}-goods"), sku, 5), "OK").await;
    let release = ReleaseRequest {
        request_id: format!("q-{sku}-back"),
        reservation_id: format!("{sku}-once"),
        lines: vec![Line { sku: sku.into(), quantity: 1 }],
        ..ReleaseRequest::default()
    };
    one_answer(stands, Act::new(RELEASE, &release), "OK").await;
    let after = stands[0].shop.stock(sku).await;
    assert_eq!((after.on_hand, after.allocated), (before.on_hand + 5, 0), "{sku}: each once");
    assert_eq!(after.item_version, before.item_version + 3, "{sku}: three changes, a refusal none");
}

/// The same request twice within one BatchReserve, in many such calls at once.
async fn twice_in_a_batch(stands: &[Stand], sku: &str) {
    let before = stands[0].shop.stock(sku).await.allocated;
    let twin = order(&format!("{sku}-twin"), &[(sku, 1)]);
    let other = order(&format!("{sku}-other"), &[(sku, 1)]);
    let batch = BatchReserveRequest {
        requests: vec![twin.clone(), other, twin],
        ..BatchReserveRequest::default()
    };
    let act = Act::new(BATCH_RESERVE, &batch);
    let answers = at_once(stands, (0..20).map(|_| act.clone())).await;
    let first = answers[0].as_ref().expect("a batch").clone();
    let results = BatchReserveResponse::decode(&first[..]).expect("a response").results;
    assert!(results.iter().all(|result| matches!(result.result, Some(Shown::Reservation(_)))));
    assert_eq!(results[0], results[2], "duplicates of a batch share one answer");
    assert_ne!(results[0], results[1]);
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|bytes| *bytes == first)));
    assert_eq!(stands[1].shop.stock(sku).await.allocated, before + 2, "{sku}: each once");
}

/// One reservation id in many requests on different SKUs, whose locks do not meet: one wins.
async fn one_number_for_many(stands: &[Stand], skus: &[String], name: &str) {
    let before: i64 = stands[0].shop.stocks(skus).await.iter().map(|item| item.allocated).sum();
    let act = |turn: usize| {
        let mut order = order(name, &[(&skus[turn % skus.len()], 1)]);
        order.request_id = format!("q-{name}-{turn}");
        Act::new(shop::RESERVE, &order)
    };
    let acts: Vec<Act> = (0..40).map(act).collect();
    let answers = at_once(stands, acts.clone()).await;
    let words: Vec<String> = answers.iter().map(word).collect();
    let served = words.iter().filter(|word| *word == "OK").count();
    let exists = words.iter().filter(|word| *word == "RESERVATION_EXISTS").count();
    assert_eq!((served, exists), (1, 39), "{name}: {words:?}");
    let after: i64 = stands[0].shop.stocks(skus).await.iter().map(|item| item.allocated).sum();
    assert_eq!(after, before + 1, "{name}");
    let again = at_once(stands, acts).await;
    assert!(answers.iter().zip(&again).all(|(one, other)| same(one, other)), "{name}: repeated");
}

/// One request id with other content, at once: one is done, the others are told.
async fn one_id_for_two(stands: &[Stand], skus: &[String], name: &str) {
    let act = |turn: usize| {
        let mut order = order(&format!("{name}-{turn}"), &[(&skus[turn % skus.len()], 1)]);
        order.request_id = format!("q-{name}");
        Act::new(shop::RESERVE, &order)
    };
    let answers = at_once(stands, (0..20).map(act)).await;
    let words: Vec<String> = answers.iter().map(word).collect();
    let served = words.iter().filter(|word| *word == "OK").count();
    let reused = words.iter().filter(|word| *word == "REQUEST_ID_REUSED").count();
    assert_eq!((served, reused), (1, 19), "{name}: {words:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_has_one_effect_and_one_answer_however_often_it_comes() {
    let ground = Ground::new().await;
    for (batch_max, lanes_max) in [(256, 4), (7, 1), (1, 4)] {
        let combining = Combining { batch_max, lanes_max, ..Combining::default() };
        let stands = ground.two(combining).await;
        let name = format!("b{batch_max}l{lanes_max}");
        let skus: Vec<String> = (0..8).map(|sku| format!("{name}-{sku}")).collect();
        stands[0].shop.stock_up(&skus, 50).await;
        equal_requests(&stands, &skus[0]).await;
        twice_in_a_batch(&stands, &skus[1]).await;
        for round in 0..2 {
            one_number_for_many(&stands, &skus, &format!("{name}-n{round}")).await;
            one_id_for_two(&stands, &skus, &format!("{name}-i{round}")).await;
        }
        stands[1].shop.verify().await;
        end(stands).await;
    }
    ground.end().await;
}
