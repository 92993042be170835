//! Which events get places, and when: all of them, once, when they are there to be seen.

use backstock::domain::ProgramId;
use backstock::service::encode_stored;
use backstock::store::{Store, connect};
use rustix::process::Signal;

use crate::ground::{Dice, Ground, combining, end, until};
use crate::listen::{after, events, in_order, line, lines};
use crate::process::Serve;
use crate::write::{committed, ground, ledger, version};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_transaction_is_not_skipped() {
    let ground = ground().await;
    let stand = ground.stand(combining()).await;
    // It wrote first, and its change has the oldest id of all.
    let mut slow = ground.eyes.begin().await.expect("a transaction");
    version(&mut slow, "SLOW", 1, 3).await;
    for number in 1..=40 {
        committed(&ground, "FAST", number, 1).await;
    }
    let early = events(&stand.shop, after(0), 40).await;
    in_order(&early, 1);
    assert!(early.iter().all(|event| event.sku == "FAST"), "what is not committed is not told");
    slow.commit().await.expect("a commit");
    let late = events(&stand.shop, after(40), 3).await;
    in_order(&late, 41);
    let slow: Vec<_> = (0..3).map(|part| ("SLOW".to_owned(), 1, part)).collect();
    assert_eq!(late.iter().map(line).collect::<Vec<_>>(), slow);
    // Whoever begins again is told the same.
    let again = events(&stand.shop, after(0), 43).await;
    assert_eq!(again, [early, late].concat());
    assert_eq!(ground.count("SELECT count(*) FROM change").await, 0, "nothing is left over");
    end([stand]).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_run_is_told_in_pieces_and_nothing_of_it_is_lost() {
    let ground = ground().await;
    let mut transaction = ground.eyes.begin().await.expect("a transaction");
    // One round takes up all of these changes, and its run ends at the very event that is the last
    // it may have: that more are left is known by that alone.
    for number in 1..=150 {
        version(&mut transaction, "EVEN", number, 10).await;
    }
    for number in 1..=2600 {
        version(&mut transaction, "LONG", number, 1).await;
    }
    version(&mut transaction, "LONG", 2601, 1500).await;
    version(&mut transaction, "LONG", 2602, 1).await;
    version(&mut transaction, "SHORT", 1, 1).await;
    transaction.commit().await.expect("a commit");
    let stand = ground.stand(combining()).await;
    let told = events(&stand.shop, after(0), 5602).await;
    in_order(&told, 1);
    assert_eq!(lines(&told), ledger(&ground).await);
    let longest = "SELECT max(events) FROM feed";
    assert!(ground.count(longest).await < 2600, "a run is bounded");
    // From any place on, what follows is the same.
    let mut dice = Dice(7);
    for _ in 0..20 {
        let place = dice.index(4000);
        let from = i64::try_from(place).expect("a place");
        let rest = events(&stand.shop, after(from), 50).await;
        assert_eq!(rest, told[place..place + 50]);
    }
    end([stand]).await;
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_change_may_name_more_items_than_a_page_tells() {
    let ground = ground().await;
    let mut transaction = ground.eyes.begin().await.expect("a transaction");
    let skus: Vec<String> = (0..1300).map(|number| format!("I{number:04}")).collect();
    for sku in &skus {
        version(&mut transaction, sku, 1, 1).await;
    }
    sqlx::query("DELETE FROM change").execute(&mut *transaction).await.expect("deleted");
    let statement =
        "INSERT INTO change (program, change, at, skus, from_versions, to_versions, events)
         VALUES ('default', gen_random_uuid(), clock_timestamp(), $1, $2, $2, $2)";
    sqlx::query(statement)
        .bind(&skus)
        .bind(vec![1_i64; skus.len()])
        .execute(&mut *transaction)
        .await
        .expect("one change for all");
    transaction.commit().await.expect("a commit");
    let stands = ground.two(combining()).await;
    let told = events(&stands[0].shop, after(0), 1300).await;
    in_order(&told, 1);
    assert_eq!(lines(&told), ledger(&ground).await);
    assert_eq!(events(&stands[1].shop, after(0), 1300).await, told, "every replica tells the same");
    end(stands).await;
    ground.end().await;
}

/// Writes versions of ten items, as fast as it can, until it is told to stop; says how many.
async fn write_until(ground: &Ground, stop: &tokio::sync::watch::Receiver<bool>) -> i64 {
    let mut dice = Dice(3);
    let mut versions = [0_i64; 10];
    while !*stop.borrow() {
        let item = dice.index(versions.len());
        versions[item] += 1;
        let parts = i32::try_from(dice.below(4)).expect("few") + 1;
        committed(ground, &format!("K{item}"), versions[item], parts).await;
    }
    versions.iter().sum()
}

/// Publishes again and again, without the rest that a duty takes after a failure.
fn relay(ground: &Ground) -> tokio::task::JoinHandle<()> {
    let pool = connect::pool(ground.cluster.connect_options(), 2);
    let store = Store::new(pool, encode_stored);
    tokio::spawn(async move {
        loop {
            let _ = store.publish(&ProgramId::stored("default")).await;
            tokio::task::yield_now().await;
        }
    })
}

/// Ends sessions at whatever they are doing: taking, looking, writing, committing. Says how many.
async fn end_sessions(ground: &Ground) -> i64 {
    ground
        .count(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE application_name = 'backstock' AND state <> 'idle'",
        )
        .await
}

/// Sessions of PostgreSQL and whole processes die again and again while places are given out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_is_killed_five_hundred_times_skips_and_repeats_nothing() {
    let ground = ground().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let kills = async {
        let relays = [relay(&ground), relay(&ground)];
        let mut serve = Serve::on(&ground.cluster.url()).await;
        let mut killed = 0;
        for part in 1..=4 {
            while killed < part * 125 {
                killed += end_sessions(&ground).await;
            }
            serve.kill().await;
            serve = Serve::on(&ground.cluster.url()).await;
        }
        relays.iter().for_each(tokio::task::JoinHandle::abort);
        stop.send_replace(true);
        serve
    };
    let (serve, versions) = tokio::join!(kills, write_until(&ground, &stopped));
    assert!(versions > 100, "{versions} versions were written meanwhile");
    until("all is published", async || ground.count("SELECT count(*) FROM change").await == 0)
        .await;
    let ledger = ledger(&ground).await;
    let told = events(&serve.shop(), after(0), ledger.len()).await;
    in_order(&told, 1);
    assert_eq!(lines(&told), ledger);
    serve.signal(Signal::TERM);
    assert!(serve.ended().await.success());
    ground.end().await;
}
