//! Callers of Watch.

use backstock::proto::insight_service_client::InsightServiceClient;
use backstock::proto::{Event, WatchRequest, WatchResponse};
use tonic::{Status, Streaming};

use crate::ground::PATIENCE;
use crate::shop::Shop;

/// Asks for everything behind a place.
pub fn after(position: i64) -> WatchRequest {
    WatchRequest { after: Some(position), ..WatchRequest::default() }
}

/// Begins to watch.
pub async fn watch(shop: &Shop, asked: WatchRequest) -> Result<Streaming<WatchResponse>, Status> {
    let mut insight = InsightServiceClient::new(shop.channel());
    insight.watch(asked).await.map(tonic::Response::into_inner)
}

/// The next answer, which must come in time.
pub async fn answer(stream: &mut Streaming<WatchResponse>) -> Result<WatchResponse, Status> {
    let answer = tokio::time::timeout(PATIENCE, stream.message()).await;
    answer.expect("an answer in time").map(|answer| answer.expect("the stream goes on"))
}

/// The next event.
pub async fn event(stream: &mut Streaming<WatchResponse>) -> Event {
    loop {
        let answer = answer(stream).await.expect("an answer");
        if let Some(event) = answer.event {
            assert_eq!(event.position, answer.position);
            return event;
        }
    }
}

/// Everything behind a place, until so many events were told.
pub async fn events(shop: &Shop, asked: WatchRequest, count: usize) -> Vec<Event> {
    let mut stream = watch(shop, asked).await.expect("a stream");
    let mut events = Vec::with_capacity(count);
    while events.len() < count {
        events.push(event(&mut stream).await);
    }
    events
}

/// Where an event stands in the ledger.
pub fn line(event: &Event) -> (String, i64, i32) {
    (event.sku.clone(), event.item_version, event.part)
}

/// Events without a gap in their places from `first` on, each item's in the order of its ledger.
///
/// # Panics
/// They are not so.
pub fn in_order(events: &[Event], first: i64) {
    let places: Vec<i64> = events.iter().map(|event| event.position).collect();
    let expected: Vec<i64> = (first..).take(events.len()).collect();
    assert_eq!(places, expected, "places without a gap");
    let mut last = std::collections::HashMap::new();
    for event in events {
        let place = (event.item_version, event.part);
        let before = last.insert(event.sku.clone(), place);
        assert!(before.is_none_or(|before| before < place), "{before:?}, then {event:?}");
        assert_eq!(event.id, format!("{}@{}-{}", event.sku, place.0, place.1));
    }
}

/// The lines of the ledger that these events are, sorted.
pub fn lines(events: &[Event]) -> Vec<(String, i64, i32)> {
    let mut lines: Vec<_> = events.iter().map(line).collect();
    lines.sort();
    lines
}
