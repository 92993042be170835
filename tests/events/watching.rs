//! Watch: what a caller is told, and when a call of it ends.

use std::time::Duration;

use backstock::config::{Database, Events, ServeConfig};
use backstock::proto::WatchRequest;
use backstock::proto::event::Detail;
use serde_json::json;
use tonic::{Code, Request};
use tonic_types::StatusExt;

use crate::ground::{PATIENCE, combining, end, stand_with};
use crate::listen::{after, answer, event, events, in_order, lines, watch};
use crate::process::Serve;
use crate::shop::reason;
use crate::write;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_asked_for_is_told_and_the_place_goes_on() {
    let ground = write::ground().await;
    let stand = ground.stand(combining()).await;
    let mut transaction = ground.eyes.begin().await.expect("a transaction");
    for number in 1..=1500 {
        write::events(&mut transaction, "NOISE", number, vec![json!("stock.adjusted")]).await;
    }
    // A type that is asked for, of an item that is not.
    write::events(&mut transaction, "NOISE", 1501, vec![json!("reservation.held")]).await;
    let low = json!({"stock.low": {"available": 2, "low_stock": 5}});
    write::events(&mut transaction, "TEE", 1, vec![json!("stock.oversold"), low]).await;
    write::events(&mut transaction, "TEE", 2, vec![json!("reservation.held")]).await;
    transaction.commit().await.expect("a commit");

    let types = vec!["stock.low".into(), "reservation.*".into()];
    let skus = vec!["TEE".into(), "UNKNOWN".into()];
    let asked = WatchRequest { types, skus, ..after(0) };
    let mut stream = watch(&stand.shop, asked).await.expect("a stream");
    let (mut told, mut places) = (Vec::new(), vec![0]);
    while told.len() < 2 {
        let answer = answer(&mut stream).await.expect("an answer");
        assert!(answer.position > places[places.len() - 1], "the place goes on");
        places.push(answer.position);
        told.extend(answer.event);
    }
    let types: Vec<&str> = told.iter().map(|event| event.r#type.as_str()).collect();
    assert_eq!(types, ["stock.low", "reservation.held"]);
    let Some(Detail::StockLow(low)) = &told[0].detail else { panic!("{told:?}") };
    assert_eq!((low.available, low.low_stock), (2, 5));
    let steps: Vec<i64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.iter().all(|step| *step <= 512), "told in good time: {steps:?}");
    end([stand]).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_watcher_hears_what_is_new() {
    let ground = write::ground().await;
    let stands = ground.two(combining()).await;
    write::committed(&ground, "TEE", 1, 5).await;
    events(&stands[0].shop, after(0), 5).await;
    let mut streams = Vec::new();
    for stand in &stands {
        let mut stream = watch(&stand.shop, WatchRequest::default()).await.expect("a stream");
        let first = answer(&mut stream).await.expect("an answer");
        assert_eq!((first.event, first.position), (None, 5), "where it begins");
        streams.push(stream);
    }
    write::committed(&ground, "TEE", 2, 1).await;
    for stream in &mut streams {
        let event = event(stream).await;
        assert_eq!((event.item_version, event.position), (2, 6));
    }
    drop(streams);
    end(stands).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_watched_is_refused_by_name() {
    let ground = write::ground().await;
    let stand = ground.stand(combining()).await;
    let types = vec!["stock.low".into(), "stock".into(), "promise.lost".into()];
    let skus = vec!["a b".into()];
    let asked = WatchRequest { program: "a b".into(), after: Some(-1), types, skus };
    let refused = watch(&stand.shop, asked).await.expect_err("refused");
    assert_eq!(reason(&refused), "MALFORMED");
    let fields = refused.get_details_bad_request().expect("fields").field_violations;
    let fields: Vec<String> = fields.into_iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["program", "after", "types[1]", "types[2]", "skus[0]"]);

    let refused = watch(&stand.shop, after(1)).await.expect_err("refused");
    assert_eq!(reason(&refused), "MALFORMED");
    assert!(refused.message().contains("after must be at most 0"), "{}", refused.message());

    let asked = WatchRequest { program: "nowhere".into(), ..after(0) };
    let refused = watch(&stand.shop, asked).await.expect_err("refused");
    assert_eq!(reason(&refused), "UNKNOWN_PROGRAM");
    end([stand]).await;
    ground.end().await;
}

/// A type that only a later release has is told all the same: the place behind it is never asked
/// for again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_a_later_release_does_not_break_the_stream() {
    let ground = write::ground().await;
    let stand = ground.stand(combining()).await;
    let mut connection = ground.eyes.acquire().await.expect("a connection");
    let odd = json!({"stock.vanished": {"how": "so"}});
    write::events(&mut connection, "TEE", 1, vec![odd, json!("stock.oversold")]).await;
    drop(connection);
    let told = events(&stand.shop, after(0), 2).await;
    let types: Vec<&str> = told.iter().map(|event| event.r#type.as_str()).collect();
    assert_eq!(types, ["stock.vanished", "stock.oversold"]);
    assert_eq!(told[0].detail, None);
    end([stand]).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_ends_watchers_at_once_and_they_go_on_elsewhere() {
    let ground = write::ground().await;
    let [first, second] = ground.two(combining()).await;
    write::committed(&ground, "TEE", 1, 3).await;
    let mut stream = watch(&first.shop, after(0)).await.expect("a stream");
    for _ in 0..2 {
        event(&mut stream).await;
    }
    let idle = watch(&first.shop, after(3)).await;
    // Two events were read; the third waits unread, and another caller waits for news.
    let ending = tokio::spawn(first.server.shutdown());
    let last = loop {
        match answer(&mut stream).await {
            Ok(_) => {}
            Err(status) => break status,
        }
    };
    assert_eq!((last.code(), reason(&last).as_str()), (Code::Unavailable, "BUSY"));
    let ended = answer(&mut idle.expect("a stream")).await.expect_err("it ends");
    assert_eq!(ended.code(), Code::Unavailable);
    drop((stream, first.shop));
    // Far less than the drain would wait for calls that do not end.
    let ended = tokio::time::timeout(Duration::from_secs(15), ending).await.expect("it ends");
    ended.expect("it ends").expect("it ends well");
    let rest = events(&second.shop, after(2), 1).await;
    in_order(&rest, 3);
    end([second]).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_ends_a_watch_and_places_are_bounded() {
    let ground = write::ground().await;
    let database = Database::Url(ground.cluster.url());
    let local = ServeConfig::local("127.0.0.1:0".parse().expect("an address"), database);
    let few = Events { watchers_max: 2, ..Events::default() };
    let stand = stand_with(&ServeConfig { events: few, ..local }).await;
    let one = watch(&stand.shop, after(0)).await.expect("a stream");
    let mut insight =
        backstock::proto::insight_service_client::InsightServiceClient::new(stand.shop.channel());
    let mut bounded = Request::new(after(0));
    // tonic's client would end it by itself a moment later; the server's word comes first.
    bounded.metadata_mut().insert("grpc-timeout", "1000m".parse().expect("a header"));
    let mut two = insight.watch(bounded).await.expect("a stream").into_inner();
    let third = watch(&stand.shop, after(0)).await.expect_err("no place");
    assert_eq!(reason(&third), "BUSY");
    let late = answer(&mut two).await.expect_err("its time is over");
    assert_eq!(late.code(), Code::DeadlineExceeded);
    // Both the one that ended and the one that is dropped give their places back.
    drop(one);
    crate::ground::until("a place is free", async || {
        let again = watch(&stand.shop, after(0)).await;
        let other = watch(&stand.shop, after(0)).await;
        again.is_ok() && other.is_ok()
    })
    .await;
    end([stand]).await;
    ground.end().await;
}

/// A caller that does not read costs one page and no more; when it reads, it gets everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_does_not_read_delays_nobody_and_loses_nothing() {
    let ground = write::ground().await;
    let serve = Serve::on(&ground.cluster.url()).await;
    let shop = serve.shop();
    let mut stream = watch(&shop, after(0)).await.expect("a stream");
    let mut transaction = ground.eyes.begin().await.expect("a transaction");
    for number in 1..=300 {
        write::version(&mut transaction, "TEE", number, 100).await;
    }
    transaction.commit().await.expect("a commit");
    // Another hears all of it meanwhile.
    let other = events(&serve.shop(), after(0), 30_000).await;
    in_order(&other, 1);
    let mut slow = Vec::new();
    while slow.len() < 30_000 {
        slow.push(event(&mut stream).await);
    }
    assert_eq!(slow, other);
    assert_eq!(lines(&slow), write::ledger(&ground).await);
    drop(stream);
    serve.signal(rustix::process::Signal::TERM);
    let ended = tokio::time::timeout(PATIENCE, serve.ended()).await.expect("in time");
    assert!(ended.success());
    ground.end().await;
}
