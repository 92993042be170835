//! Orders of many SKUs in any order: locks are always taken in the same one.

use backstock::config::Combining;
use backstock::proto::ReserveRequest;
use futures::future::join_all;

use crate::ground::{Dice, Ground, end};
use crate::shop::{Act, RESERVE, Shop, order, word};

const CALLERS: u64 = 64;
const ORDERS: usize = 12;
const SKUS: usize = 12;

/// An order of 2 to 10 SKUs, drawn and laid out at random.
fn drawn(dice: &mut Dice, id: &str) -> ReserveRequest {
    let mut skus: Vec<String> = (0..SKUS).map(|sku| format!("sku-{sku}")).collect();
    for last in (1..skus.len()).rev() {
        skus.swap(last, dice.index(last + 1));
    }
    skus.truncate(2 + dice.index(9));
    let lines: Vec<(&str, i64)> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
    order(id, &lines)
}

/// One caller's orders; the units of those that were served.
async fn caller(number: u64, shop: Shop) -> i64 {
    let (mut dice, mut units) = (Dice(number), 0);
    for turn in 0..ORDERS {
        let order = drawn(&mut dice, &format!("r-{number}-{turn}"));
        let answer = shop.send(&Act::new(RESERVE, &order)).await;
        match word(&answer).as_str() {
            "OK" => units += i64::try_from(order.lines.len()).expect("a few"),
            "STOCK_INSUFFICIENT" => {}
            other => panic!("an order was answered {other}: {answer:?}"),
        }
    }
    units
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_of_many_skus_in_any_order_never_deadlock() {
    let ground = Ground::new().await;
    // Small batches on many lanes: as many transactions at once as can get into each other's way.
    let combining = Combining { batch_max: 4, lanes_max: 8, ..Combining::default() };
    let stands = ground.two(combining).await;
    let skus: Vec<String> = (0..SKUS).map(|sku| format!("sku-{sku}")).collect();
    // Fewer units than are asked for, so that refusals mix in.
    stands[0].shop.stock_up(&skus, 300).await;
    let calls = (0..CALLERS).map(|number| {
        let shop = stands[usize::from(number % 2 == 0)].shop.clone();
        tokio::spawn(caller(number, shop))
    });
    let units: i64 = join_all(calls).await.into_iter().map(|units| units.expect("a caller")).sum();
    let allocated: i64 = stands[0].shop.stocks(&skus).await.iter().map(|item| item.allocated).sum();
    assert_eq!(allocated, units, "what was served is what is allocated");
    let deadlocks = ground.log_lines(&["40P01", "deadlock detected"]);
    assert_eq!(deadlocks, [""; 0], "no deadlock");
    // A foreign key would take a share lock before ours, which is the classic way into one.
    let foreign = ground.count("SELECT count(*) FROM pg_constraint WHERE contype = 'f'").await;
    assert_eq!(foreign, 0, "foreign keys");
    stands[0].shop.verify().await;
    end(stands).await;
    ground.end().await;
}
