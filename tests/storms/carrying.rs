//! Old lines of the ledger are carried forward: the sums stay, young lines and those of open orders
//! too, whoever dies and whatever callers do meanwhile.

use backstock::config::{Combining, Database, Keeping, ServeConfig};
use backstock::domain::{ProgramId, Sku};
use backstock::proto::plan_service_client::PlanServiceClient;
use backstock::proto::{
    AdjustReason, AdjustRequest, Adjustment, Location, PutLocationsRequest, ReceiptLine,
    ReceiveRequest, ReleaseRequest, adjustment,
};
use backstock::service::encode_stored;
use backstock::store::forget::{BEFORE_ALL, Behind, Carried};
use backstock::store::{Store, connect};
use chrono::{DateTime, TimeDelta, Utc};

use crate::ground::{Ground, Stand, end, stand_with, until};
use crate::shop::{ADJUST, Act, RECEIVE, RELEASE, reservation, reserve, word};

/// A line of the ledger without its instant.
type Line = (i64, i32, String, Option<String>, i64, i64, Option<String>);

fn program() -> ProgramId {
    ProgramId::stored("default")
}

fn store(ground: &Ground) -> Store {
    Store::new(connect::pool(ground.cluster.connect_options(), 3), encode_stored)
}

async fn run(ground: &Ground, statement: &'static str) {
    sqlx::query(statement).execute(&ground.eyes).await.expect(statement);
}

fn release(id: &str) -> Act {
    let request = ReleaseRequest {
        request_id: format!("q-back-{id}"),
        reservation_id: id.into(),
        ..ReleaseRequest::default()
    };
    Act::new(RELEASE, &request)
}

/// Two locations with A in both, and so many orders of it, of which each third is still open.
async fn trade(stand: &Stand, name: &str, orders: usize) {
    let mut plans = PlanServiceClient::new(stand.shop.channel());
    let location = Location { location: "east".into(), priority: 5, ..Location::default() };
    let request_id = format!("q-place-{name}");
    let place = PutLocationsRequest { request_id, locations: vec![location], ..Default::default() };
    plans.put_locations(place).await.expect("a location");
    let line = ReceiptLine { sku: "A".into(), good: 50, ..ReceiptLine::default() };
    let receipt = ReceiveRequest {
        request_id: format!("q-east-{name}"),
        receipt_id: format!("east-{name}"),
        location: "east".into(),
        lines: vec![line],
        ..ReceiveRequest::default()
    };
    stand.shop.send(&Act::new(RECEIVE, &receipt)).await.expect("received");
    for turn in 0..orders {
        let id = format!("{name}-{turn}");
        stand.shop.send(&reserve(&id, "A")).await.expect("sold");
        if turn % 3 > 0 {
            stand.shop.send(&release(&id)).await.expect("given back");
        }
    }
}

/// A ledger of which a part is old, its events forgotten. Says the last old version of A.
async fn old(ground: &Ground, stand: &Stand) -> i64 {
    stand.shop.stock_up(&["A".to_owned(), "B".to_owned()], 100).await;
    trade(stand, "old", 60).await;
    until("all is published", async || ground.count("SELECT count(*) FROM change").await == 0)
        .await;
    run(ground, "UPDATE movement SET at = at - interval '400 days'").await;
    run(ground, "UPDATE feed SET at = at - interval '400 days'").await;
    let last = ground.count("SELECT version FROM item WHERE sku = 'A'").await;
    trade(stand, "young", 6).await;
    until("all is published", async || ground.count("SELECT count(*) FROM change").await == 0)
        .await;
    last
}

async fn forget_events(store: &Store) {
    let before = Utc::now() - TimeDelta::days(90);
    store.forget_events(&program(), before, 1000).await.expect("forgotten");
}

fn year() -> DateTime<Utc> {
    Utc::now() - TimeDelta::days(365)
}

async fn lines(ground: &Ground, condition: &'static str) -> Vec<Line> {
    let statement = format!(
        "SELECT version, part, kind, location, on_hand, allocated, reservation FROM movement
         WHERE sku = 'A' AND {condition} ORDER BY version, part"
    );
    let statement = sqlx::AssertSqlSafe(statement);
    sqlx::query_as(statement).fetch_all(&ground.eyes).await.expect("lines")
}

/// What the lines of A add up to, by location.
async fn sums(ground: &Ground) -> Vec<(Option<String>, i64, i64, i64)> {
    let statement = "SELECT location, sum(on_hand)::bigint, sum(allocated)::bigint,
                            sum(backordered + bumped + damaged + inbound)::bigint
                     FROM movement WHERE sku = 'A' GROUP BY location
                     HAVING sum(abs(on_hand) + abs(allocated)) > 0 ORDER BY location";
    sqlx::query_as(statement).fetch_all(&ground.eyes).await.expect("sums")
}

async fn verified(store: &Store) {
    let proof = store.verify(&program()).await.expect("a proof");
    assert!(proof.items == 2 && proof.discrepancies.is_empty(), "{proof:?}");
}

/// A step with A: the lines that it carried, and where to go on.
async fn step(store: &Store, behind: Behind, lines: i64) -> (i64, Option<Behind>) {
    let sku = Sku::stored("A");
    match store.carry(&program(), &sku, behind, year(), lines).await.expect("a step") {
        Carried::Done { lines, next } => (lines, next),
        Carried::NotNow => (0, Some(behind)),
    }
}

const CLOSED: &str = "kind <> 'carried' AND at < now() - interval '365 days'
    AND NOT EXISTS (SELECT FROM line l WHERE l.reservation = movement.reservation
                    AND l.allocated > 0)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_lines_become_one_with_their_sums_and_nothing_else_moves() {
    let ground = Ground::new().await;
    let stand = ground.stand(Combining::default()).await;
    let last = old(&ground, &stand).await;
    let store = store(&ground);
    forget_events(&store).await;
    let before = sums(&ground).await;
    assert_eq!(before.len(), 2, "two locations: {before:?}");
    const OPEN: &str = "reservation IN (SELECT reservation FROM line WHERE allocated > 0)";
    const YOUNG: &str = "at > now() - interval '1 day'";
    let (open, young) = (lines(&ground, OPEN).await, lines(&ground, YOUNG).await);
    let whole = lines(&ground, "true").await.len();
    verified(&store).await;
    let (mut behind, mut steps) = (Some(BEFORE_ALL), 0);
    while let Some(place) = behind {
        behind = step(&store, place, 7).await.1;
        steps += 1;
        assert_eq!(sums(&ground).await, before);
        verified(&store).await;
    }
    assert!(steps > 10, "{steps} steps");
    assert_eq!(lines(&ground, CLOSED).await, [], "all of them");
    assert_eq!((lines(&ground, OPEN).await, lines(&ground, YOUNG).await), (open, young));
    let carried = lines(&ground, "kind = 'carried'").await;
    assert!(carried.iter().all(|line| line.0 <= last && line.1 < 0 && line.6.is_none()));
    assert!(lines(&ground, "true").await.len() < whole / 2, "{carried:?}");
    // Again, and there is nothing to do.
    let now = lines(&ground, "true").await;
    assert_eq!(step(&store, BEFORE_ALL, 1000).await.0, 0);
    assert_eq!(lines(&ground, "true").await, now);
    // What was closed since is carried too, at the version that has its sums already.
    stand.shop.send(&release("old-0")).await.expect("given back");
    until("all is published", async || ground.count("SELECT count(*) FROM change").await == 0)
        .await;
    assert!(step(&store, BEFORE_ALL, 1000).await.0 > 0);
    verified(&store).await;
    // A loss still finds whose units they are: the newest of those that are left.
    let change = Some(adjustment::Change::Count(0));
    let lost = Adjustment { sku: "A".into(), change, reason: AdjustReason::Lost.into() };
    for (id, location) in [("main", ""), ("east", "east")] {
        let (request_id, location) = (format!("q-lost-{id}"), location.to_owned());
        let request = AdjustRequest {
            request_id,
            location,
            adjustments: vec![lost.clone()],
            ..AdjustRequest::default()
        };
        assert_eq!(word(&stand.shop.send(&Act::new(ADJUST, &request)).await), "OK");
    }
    let stock = stand.shop.stock("A").await;
    assert_eq!((stock.on_hand, stock.allocated, stock.backordered), (0, 0, 21), "{stock:?}");
    verified(&store).await;
    store.close().await;
    end([stand]).await;
    ground.end().await;
}

/// Lines whose events can be read are not touched, nor those that have no places yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_with_events_that_are_kept_stay() {
    let ground = Ground::new().await;
    let stand = ground.stand(Combining::default()).await;
    old(&ground, &stand).await;
    end([stand]).await;
    let store = store(&ground);
    assert_eq!(step(&store, BEFORE_ALL, 1000).await.0, 0, "the stream begins with the first");
    forget_events(&store).await;
    run(&ground, "UPDATE feed_head SET late = position").await;
    assert_eq!(step(&store, BEFORE_ALL, 1000).await.0, 0, "one of the stream came late");
    run(&ground, "UPDATE feed_head SET late = 0").await;
    run(
        &ground,
        "INSERT INTO change (program, change, at, skus, from_versions, to_versions, events)
         SELECT program, gen_random_uuid(), min(at), '{A}', '{1}', '{1}', '{1}'
         FROM movement WHERE sku = 'A' GROUP BY program",
    )
    .await;
    assert_eq!(step(&store, BEFORE_ALL, 1000).await.0, 0, "one has no place yet");
    run(&ground, "DELETE FROM change").await;
    assert!(step(&store, BEFORE_ALL, 1000).await.0 > 50);
    verified(&store).await;
    store.close().await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_carry_forward_while_callers_write() {
    let ground = Ground::new().await;
    let stand = ground.stand(Combining::default()).await;
    old(&ground, &stand).await;
    end([stand]).await;
    let database = Database::Url(ground.cluster.url());
    let local = ServeConfig::local("127.0.0.1:0".parse().expect("an address"), database);
    let config = ServeConfig { keeping: Keeping::days(90, 365), ..local };
    forget_events(&store(&ground)).await;
    let stands = [stand_with(&config).await, stand_with(&config).await];
    let mut calls = 0;
    until("old lines are carried forward", async || {
        for stand in &stands {
            calls += 1;
            let sold = stand.shop.send(&reserve(&format!("now-{calls}"), "A")).await;
            assert_eq!(reservation(&sold.expect("sold")).lines[0].allocated, 1);
            stand.shop.send(&release(&format!("now-{calls}"))).await.expect("given back");
        }
        stands[0].shop.verify().await;
        lines(&ground, CLOSED).await.is_empty()
    })
    .await;
    stands[1].shop.verify().await;
    end(stands).await;
    ground.end().await;
}

/// Sessions die in the middle of their steps, two at a time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dies_while_he_carries_does_no_harm() {
    let ground = Ground::new().await;
    let stand = ground.stand(Combining::default()).await;
    old(&ground, &stand).await;
    end([stand]).await;
    let witness = store(&ground);
    forget_events(&witness).await;
    let before = sums(&ground).await;
    let carriers: Vec<_> = (0..2)
        .map(|_| {
            let store = store(&ground);
            tokio::spawn(async move {
                let mut behind = BEFORE_ALL;
                loop {
                    let sku = Sku::stored("A");
                    match store.carry(&program(), &sku, behind, year(), 3).await {
                        Ok(Carried::Done { next: Some(next), .. }) => behind = next,
                        Ok(Carried::Done { next: None, .. }) => return,
                        Ok(Carried::NotNow) | Err(_) => {}
                    }
                }
            })
        })
        .collect();
    let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE application_name = 'backstock' AND state <> 'idle'";
    let mut killed = 0;
    until("both came to the end", async || {
        killed += ground.count(ended).await;
        assert_eq!(sums(&ground).await, before);
        carriers.iter().all(tokio::task::JoinHandle::is_finished)
    })
    .await;
    assert!(killed > 0, "somebody died");
    for carrier in carriers {
        carrier.await.expect("it ends");
    }
    // What one passed over while the other had the turn is found by the next walk.
    let mut behind = Some(BEFORE_ALL);
    while let Some(place) = behind {
        behind = step(&witness, place, 1000).await.1;
    }
    assert_eq!(lines(&ground, CLOSED).await, []);
    until("a proof", async || witness.verify(&program()).await.is_ok()).await;
    verified(&witness).await;
    witness.close().await;
    ground.end().await;
}
