//! Webhooks: every event arrives, in order, whoever is killed; one that is dead delays nobody.

use std::collections::HashMap;

use backstock::config::{Database, Events, ServeConfig};
use backstock::proto::webhook_service_client::WebhookServiceClient;
use backstock::proto::{
    ListWebhooksRequest, PutWebhookRequest, RemoveWebhookRequest, RetryWebhookRequest, Webhook,
};
use rustix::process::Signal;
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt;

use crate::ground::{Ground, Stand, combining, end, stand_with, until};
use crate::process::Serve;
use crate::receiver::{Mood, Receiver, SECRET, Taken};
use crate::shop::{Shop, reason};
use crate::write::{self, committed, ledger};

fn client(shop: &Shop) -> WebhookServiceClient<Channel> {
    WebhookServiceClient::new(shop.channel())
}

fn webhook(id: &str, url: &str) -> PutWebhookRequest {
    let webhook = Webhook { webhook_id: id.into(), url: url.into(), ..Webhook::default() };
    let (webhook, secret) = (Some(webhook), SECRET.to_owned());
    PutWebhookRequest { webhook, after: Some(0), secret, ..PutWebhookRequest::default() }
}

pub async fn put(shop: &Shop, id: &str, receiver: &Receiver) {
    client(shop).put_webhook(webhook(id, &receiver.url)).await.expect("a webhook");
}

/// The same from a place on, or why not.
pub async fn try_put(
    shop: &Shop,
    id: &str,
    receiver: &Receiver,
    after: i64,
) -> Result<Webhook, Status> {
    let request = PutWebhookRequest { after: Some(after), ..webhook(id, &receiver.url) };
    let answer = client(shop).put_webhook(request).await?.into_inner();
    Ok(answer.webhook.expect("a webhook"))
}

async fn list(shop: &Shop) -> Vec<Webhook> {
    let listed = client(shop).list_webhooks(ListWebhooksRequest::default()).await;
    listed.expect("webhooks").into_inner().webhooks
}

pub async fn state(shop: &Shop, id: &str) -> Webhook {
    let all = list(shop).await;
    all.into_iter().find(|webhook| webhook.webhook_id == id).expect(id)
}

async fn retry(shop: &Shop, id: &str, skip: bool) -> Webhook {
    try_retry(shop, id, skip).await.expect("a retry")
}

/// Tells a webhook to go on.
pub async fn try_retry(shop: &Shop, id: &str, skip: bool) -> Result<Webhook, Status> {
    let request = RetryWebhookRequest { webhook_id: id.into(), skip, ..Default::default() };
    let answer = client(shop).retry_webhook(request).await?.into_inner();
    Ok(answer.webhook.expect("a webhook"))
}

/// A server that parks a webhook after three failures.
async fn strict(ground: &Ground) -> Stand {
    let database = Database::Url(ground.cluster.url());
    let local = ServeConfig::local("127.0.0.1:0".parse().expect("an address"), database);
    let events = Events { webhook_attempts_max: 3, ..Events::default() };
    stand_with(&ServeConfig { events, ..local }).await
}

/// Each item's events in the order of its ledger, and all of the ledger.
pub async fn complete(ground: &Ground, taken: &[Taken]) {
    let mut last: HashMap<String, (i64, i32)> = HashMap::new();
    for taken in taken {
        let (sku, version, part) = taken.line();
        let before = last.insert(sku, (version, part));
        assert!(before.is_none_or(|before| before < (version, part)), "{before:?}, then {taken:?}");
    }
    let mut lines: Vec<_> = taken.iter().map(Taken::line).collect();
    lines.sort();
    assert_eq!(lines, ledger(ground).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_is_lost_when_the_server_is_killed_again_and_again() {
    let ground = write::ground().await;
    let receiver = Receiver::new(Mood::Takes).await;
    let mut serve = Serve::on(&ground.cluster.url()).await;
    put(&serve.shop(), "shop", &receiver).await;
    for round in 0..4_i64 {
        let before = receiver.once().len();
        for version in 1..=60 {
            for sku in ["A", "B", "C"] {
                committed(&ground, sku, round * 60 + version, 2).await;
            }
        }
        // Somewhere in the middle of it, and not always at the same place.
        let enough = before + 40 * usize::try_from(round + 1).expect("few");
        until("some arrive", async || receiver.taken().len() >= enough).await;
        serve.kill().await;
        serve = Serve::on(&ground.cluster.url()).await;
    }
    until("all arrive", async || receiver.once().len() == 4 * 60 * 3 * 2).await;
    complete(&ground, &receiver.once()).await;
    until("it has come to the end", async || state(&serve.shop(), "shop").await.lag == 0).await;
    serve.signal(Signal::TERM);
    assert!(serve.ended().await.success());
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_deliver_each_event_once() {
    let ground = write::ground().await;
    let receiver = Receiver::new(Mood::Takes).await;
    let stands = ground.two(combining()).await;
    put(&stands[0].shop, "shop", &receiver).await;
    for round in 0..10_i64 {
        for version in 1..=10 {
            committed(&ground, "TEE", round * 10 + version, 3).await;
        }
        let all = usize::try_from((round + 1) * 30).expect("few");
        until("all arrive", async || receiver.once().len() == all).await;
    }
    assert_eq!(receiver.taken(), receiver.once(), "nobody died, so nothing came twice");
    complete(&ground, &receiver.once()).await;
    // One that leaves hands over at once: it need not wait for a lease to run out.
    let [first, second] = stands;
    end([first]).await;
    committed(&ground, "TEE", 101, 1).await;
    until("the other goes on", async || receiver.once().len() == 301).await;
    end([second]).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_webhook_is_parked_and_the_others_never_notice() {
    let ground = write::ground().await;
    let stand = strict(&ground).await;
    let shop = &stand.shop;
    let well = Receiver::new(Mood::Takes).await;
    let ill = Receiver::new(Mood::Dislikes("TEE@2-0".into())).await;
    let hangs = Receiver::new(Mood::Hangs).await;
    let moved = Receiver::new(Mood::Answers("307 Temporary Redirect\r\nlocation: /hook")).await;
    for (id, receiver) in [("hangs", &hangs), ("ill", &ill), ("moved", &moved), ("well", &well)] {
        put(shop, id, receiver).await;
    }
    // A port at which nobody listens.
    client(shop).put_webhook(webhook("gone", "http://127.0.0.1:9/hook")).await.expect("a webhook");
    for version in 1..=20 {
        committed(&ground, "TEE", version, 1).await;
    }
    until("the well one has all", async || well.once().len() == 20).await;
    until("the hanging one was asked", async || hangs.asked() > 0).await;
    for id in ["ill", "moved", "gone"] {
        until("it is parked", async || state(shop, id).await.parked).await;
    }
    let ids: Vec<String> = list(shop).await.into_iter().map(|webhook| webhook.webhook_id).collect();
    assert_eq!(ids, ["gone", "hangs", "ill", "moved", "well"]);
    let parked = state(shop, "ill").await;
    assert_eq!((parked.position, parked.lag, parked.attempts), (1, 19, 3));
    assert_eq!(parked.next_attempt_time, None);
    assert_eq!(parked.last_error, "the answer was 500 Internal Server Error");
    assert_eq!(ill.once().len(), 1, "nothing overtakes the event that failed");
    let parked = state(shop, "moved").await;
    assert_eq!(parked.last_error, "the answer was 307 Temporary Redirect", "it is not followed");
    assert!(!state(shop, "gone").await.last_error.is_empty());
    well_and_parked(&ground, shop, &well, &ill).await;
    // Left out once, however often the call is repeated.
    let skipped = retry(shop, "ill", true).await;
    assert_eq!((skipped.position, skipped.parked, skipped.attempts), (2, false, 0));
    until("it goes on", async || ill.once().len() == 20).await;
    retry(shop, "ill", true).await;
    assert!(ill.once().iter().all(|taken| taken.event["id"] != "TEE@2-0"));
    moved.turn(Mood::Takes);
    retry(shop, "moved", false).await;
    until("it gets all", async || moved.once().len() == 21).await;
    complete(&ground, &moved.once()).await;
    assert_eq!(state(shop, "moved").await.last_error, "");
    hangs.turn(Mood::Takes);
    drop((well, ill, hangs, moved));
    end([stand]).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_has_all_of_its_attempts() {
    let ground = write::ground().await;
    let stand = strict(&ground).await;
    let shop = &stand.shop;
    let hesitates = Mood::Hesitates { twice: "TEE@1-0", always: "TEE@2-0" };
    let ill = Receiver::new(hesitates).await;
    put(shop, "ill", &ill).await;
    for version in 1..=2 {
        committed(&ground, "TEE", version, 1).await;
    }
    until("it is parked", async || state(shop, "ill").await.parked).await;
    let parked = state(shop, "ill").await;
    assert_eq!((parked.position, parked.attempts), (1, 3));
    assert_eq!(ill.once().len(), 1);
    // The first failed twice, and was taken; the second failed three times.
    assert!(ill.asked() >= 6, "attempts at one event count for it alone, not {}", ill.asked());
    drop(ill);
    end([stand]).await;
    ground.end().await;
}

/// While one is parked nothing is sent to it, and the well one goes on.
async fn well_and_parked(ground: &Ground, shop: &Shop, well: &Receiver, ill: &Receiver) {
    let asked = ill.asked();
    committed(ground, "TEE", 21, 1).await;
    until("the well one goes on", async || well.once().len() == 21).await;
    assert_eq!(ill.asked(), asked, "nothing is sent to a parked one");
    assert!(state(shop, "ill").await.parked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_put_listed_changed_and_removed() {
    let ground = write::ground().await;
    let stand = ground.stand(combining()).await;
    let shop = &stand.shop;
    let receiver = Receiver::new(Mood::Takes).await;
    committed(&ground, "TEE", 1, 3).await;
    until("places are given", async || {
        ground.count("SELECT coalesce(max(position), 0) FROM feed_head").await == 3
    })
    .await;
    let mut new = webhook("a/b", &receiver.url);
    (new.after, new.secret) = (None, String::new());
    let made = client(shop).put_webhook(new.clone()).await.expect("made").into_inner();
    assert!(made.secret.starts_with("whsec_"), "a key is made and shown");
    let shown = made.webhook.expect("a webhook");
    assert_eq!((shown.position, shown.lag, shown.parked), (3, 0, false), "what is new follows");
    // The same again changes nothing, and the key is not shown again.
    let again = client(shop).put_webhook(new.clone()).await.expect("put").into_inner();
    assert_eq!((again.webhook.as_ref(), again.secret.as_str()), (Some(&shown), ""));
    // Another filter, and a key of the caller's; its place stays, whatever `after` says.
    let types = vec!["stock.low".to_owned()];
    new.webhook.as_mut().expect("a webhook").types = types.clone();
    (new.after, new.secret) = (Some(0), SECRET.to_owned());
    let changed = client(shop).put_webhook(new).await.expect("put").into_inner();
    assert_eq!(changed.secret, SECRET);
    let changed = changed.webhook.expect("a webhook");
    assert_eq!((changed.types, changed.position), (types, 3));
    committed(&ground, "TEE", 2, 6).await;
    until("filtered ones are passed", async || state(shop, "a/b").await.position == 9).await;
    assert!(!receiver.once().is_empty());
    assert!(
        receiver.once().iter().all(|taken| {
            taken.event["type"] == "dev.backstock.stock.low" && taken.position() > 3
        })
    );
    let remove = RemoveWebhookRequest { webhook_id: "a/b".into(), ..Default::default() };
    for _ in 0..2 {
        client(shop).remove_webhook(remove.clone()).await.expect("gone, and gone already");
    }
    assert_eq!(list(shop).await, []);
    drop(receiver);
    end([stand]).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_a_webhook_is_refused_by_name() {
    let ground = write::ground().await;
    let stand = ground.stand(combining()).await;
    let mut client = client(&stand.shop);
    let mut request = webhook("a b", "ftp://host");
    request.webhook.as_mut().expect("a webhook").types = vec!["stock.low".into(), "low".into()];
    (request.after, request.secret) = (Some(-1), "secret".into());
    let refused = client.put_webhook(request).await.expect_err("refused");
    assert_eq!(reason(&refused), "MALFORMED");
    let fields = refused.get_details_bad_request().expect("fields").field_violations;
    let fields: Vec<String> = fields.into_iter().map(|fault| fault.field).collect();
    let at_fault =
        ["webhook.webhook_id", "webhook.url", "webhook.types[1]", "after", "secret"].to_vec();
    assert_eq!(fields, at_fault);

    let empty = client.put_webhook(PutWebhookRequest::default()).await.expect_err("refused");
    assert_eq!(reason(&empty), "MALFORMED");
    let mut beyond = webhook("a", "http://127.0.0.1:9/");
    beyond.after = Some(5);
    let refused = client.put_webhook(beyond).await.expect_err("refused");
    assert!(refused.message().contains("after must be at most 0"), "{}", refused.message());

    let unknown = RetryWebhookRequest { webhook_id: "none".into(), ..Default::default() };
    let refused = client.retry_webhook(unknown).await.expect_err("refused");
    assert_eq!(reason(&refused), "UNKNOWN_WEBHOOK");
    assert_eq!(refused.get_details_error_info().expect("info").metadata["webhook"], "none");
    let nowhere = ListWebhooksRequest { program: "nowhere".into() };
    let refused = client.list_webhooks(nowhere).await.expect_err("refused");
    assert_eq!(reason(&refused), "UNKNOWN_PROGRAM");
    drop(client);
    end([stand]).await;
    ground.end().await;
}
