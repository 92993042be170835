//! How many listings take backorders is counted one at a time.

use backstock::proto::plan_service_client::PlanServiceClient;
use backstock::proto::{Program, PutProgramRequest};

use crate::ground::{Ground, combining, end, until};
use crate::shop::{close, opening, word};

const ROUNDS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_plans_that_open_at_once_are_counted_one_after_the_other() {
    let ground = Ground::new().await;
    let stands = ground.two(combining()).await;
    let pairs: Vec<[String; 2]> =
        (0..ROUNDS).map(|round| ["A", "B"].map(|item| format!("{item}-{round}"))).collect();
    stands[0].shop.stock_up(&pairs.concat(), 0).await;
    let one = Program { max_backorder_listings: 1, ..Program::default() };
    let request = PutProgramRequest { request_id: "one".into(), program: Some(one) };
    let mut plans = PlanServiceClient::new(stands[0].shop.channel());
    plans.put_program(request).await.expect("settings");
    for pair in &pairs {
        // Both are held up where they have counted nothing yet, and let go together.
        let mut holder = ground.eyes.begin().await.expect("a transaction");
        sqlx::query("SELECT FROM item WHERE sku = ANY ($1) FOR NO KEY UPDATE")
            .bind(&pair[..])
            .execute(&mut *holder)
            .await
            .expect("the locks");
        let calls = [0, 1].map(|at| {
            let (shop, act) = (stands[at].shop.clone(), opening(&pair[at], 9));
            tokio::spawn(async move { shop.send(&act).await })
        });
        until("both wait", async || ground.blocked().await == 2).await;
        holder.rollback().await.expect("let go");
        let mut words = Vec::new();
        for call in calls {
            words.push(word(&call.await.expect("a caller")));
        }
        words.sort_unstable();
        assert_eq!(words, ["LISTING_QUOTA_EXCEEDED", "OK"], "{pair:?}");
        for sku in pair {
            let closed = stands[0].shop.send(&close(&format!("c-{sku}"), sku)).await;
            assert!(["OK", "UNKNOWN_PLAN"].contains(&&*word(&closed)), "{closed:?}");
        }
    }
    end(stands).await;
    ground.end().await;
}
