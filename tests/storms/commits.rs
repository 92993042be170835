//! Answers to COMMIT that are lost: never done again blindly, never told wrongly.

use crate::deeds::Storm;
use crate::ground::{Ground, end, stand_on};
use crate::proxy::Proxy;
use backstock::config::Combining;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_commits_lose_and_double_nothing() {
    let ground = Ground::new().await;
    let options = ground.cluster.connect_options();
    let socket = options.get_socket().expect("a socket");
    let proxy = Proxy::to(socket.join(".s.PGSQL.5432")).await;
    // Small batches, so that there are many commits.
    let combining = Combining { batch_max: 8, ..Combining::default() };
    let stands = [stand_on(&proxy.url(), combining).await, stand_on(&proxy.url(), combining).await];
    let storm = Storm::begin(stands[0].shop.clone(), 32, 12).await;
    proxy.cut_one_in(4);
    for round in 0..6 {
        storm.more(100).await;
        storm.turn_to(stands[round % 2].shop.clone());
    }
    storm.told_is_kept(&ground).await;
    let cuts = proxy.cuts();
    proxy.cut_one_in(0);
    storm.settle().await;
    assert!(cuts[..3].iter().all(|cuts| *cuts >= 10), "lines broke in every way: {cuts:?}");
    end(stands).await;
    ground.end().await;
}
