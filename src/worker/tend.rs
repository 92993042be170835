//! What items and orders need that no caller waits for: expired holds swept, long queues filled on
//! and given new dates, passed dates noticed, silence taken for an answer, orders said to be ready.
//! Item by item, in bounded steps.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::iter;

use super::turns::{AT_ONCE, Fruitless, Progress, in_turns};
use crate::combine::{Combiner, Unanswered};
use crate::domain::{Answer, Command, ProgramId, Request, ReservationId, Sku};
use crate::store::{Failure, Reply, Store};

/// How often expired holds are looked for. Nothing waits for it but the queue behind their units.
pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How often long fills, queues to be dated and orders that may be ready are looked for.
pub(super) const FILL_EVERY: Duration = Duration::from_millis(200);
/// How often dates that have passed are looked for.
pub(super) const DATES_EVERY: Duration = Duration::from_secs(1);
/// Most items or orders that one round looks at, for each programme.
const LISTED_MAX: i64 = 256;
/// About how many steps a programme takes in one round, when each item has had one.
const STEPS_MAX: u64 = 64;
/// Orders of a programme that are looked at together: they share transactions.
const ORDERS_AT_ONCE: usize = 32;
/// What a duty needs.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    pub store: Store,
    pub combiner: Combiner,
}

/// Sweeps the holds that ran out.
pub(super) async fn sweep(tools: Tools) -> Result<Progress, Fruitless> {
    let (store, programs) = (&tools.store, tools.store.due_programs().await?);
    let turns = in_turns("sweep", programs, AT_ONCE, async |program| {
        let due = store.due_items(&program, LISTED_MAX).await?;
        Ok(tools.tend("sweep", &program, due).await)
    });
    turns.await.end()
}

/// Fills on what is owed to long queues.
pub(super) async fn fill(tools: Tools) -> Result<Progress, Fruitless> {
    let (store, programs) = (&tools.store, tools.store.busy_programs().await?);
    let turns = in_turns("fill", programs, AT_ONCE, async |program| {
        let owing = store.long_fills(&program, LISTED_MAX).await?;
        Ok(tools.tend("fill", &program, owing).await)
    });
    turns.await.end()
}

/// Gives queues their new dates.
pub(super) async fn redate(tools: Tools) -> Result<Progress, Fruitless> {
    let (store, programs) = (&tools.store, tools.store.busy_programs().await?);
    let turns = in_turns("redate", programs, AT_ONCE, async |program| {
        let moving = store.redates(&program, LISTED_MAX).await?;
        Ok(tools.tend("redate", &program, moving).await)
    });
    turns.await.end()
}

/// Notices dates that have passed: of supply, of plans, of questions.
pub(super) async fn notice_dates(tools: Tools) -> Result<Progress, Fruitless> {
    let (store, programs) = (&tools.store, tools.store.passed_programs().await?);
    let turns = in_turns("dates", programs, AT_ONCE, async |program| {
        let passed = store.passed(&program, LISTED_MAX).await?;
        Ok(tools.tend("dates", &program, passed).await)
    });
    turns.await.end()
}

/// Says which orders have become ready by changes of several items.
pub(super) async fn say_ready(tools: Tools) -> Result<Progress, Fruitless> {
    let (store, programs) = (&tools.store, tools.store.busy_programs().await?);
    let turns = in_turns("ready", programs, AT_ONCE, async |program| {
        let orders = store.ready_checks(&program, LISTED_MAX).await?;
        Ok(tools.look_at("ready", &program, orders).await)
    });
    turns.await.end()
}

/// Says which orders have waited for every line long enough and have something to ship. A look
/// reads those alone.
pub(super) async fn end_waits(tools: Tools) -> Result<Progress, Fruitless> {
    let (store, programs) = (&tools.store, tools.store.waited_programs().await?);
    let turns = in_turns("waits", programs, AT_ONCE, async |program| {
        let orders = store.waited(&program, LISTED_MAX).await?;
        Ok(tools.look_at("waits", &program, orders).await)
    });
    turns.await.end()
}

/// What a step came to.
enum Step {
    /// It went through, and there is more to do.
    More,
    /// It went through, and nothing is left.
    Done,
    /// The house is too busy, or closing: nothing was done.
    NotNow,
}

impl Tools {
    /// A duty that is given these each time.
    pub(super) fn duty<F, D>(&self, duty: D) -> impl Fn() -> F + use<F, D>
    where
        D: Fn(Self) -> F,
    {
        let tools = self.clone();
        move || duty(tools.clone())
    }

    /// Tends items, a step with each in turn, until nothing is left to do or the programme has had
    /// its share of the round. Each step joins the item's lane like any call, so that callers take
    /// turns with it.
    async fn tend(&self, duty: &'static str, program: &ProgramId, skus: Vec<Sku>) -> Progress {
        let mut all = Progress { has_more: is_full(skus.len()), ..Progress::default() };
        let mut skus = skus;
        while !skus.is_empty() {
            let mut left = Vec::new();
            for sku in skus {
                match self.step(program, Command::Tend { sku: sku.clone() }).await {
                    Ok(Step::NotNow) => return Progress { has_more: false, ..all },
                    Ok(step) => {
                        all.done += 1;
                        left.extend(matches!(step, Step::More).then_some(sku));
                    }
                    Err(failure) => all.add(Progress::failed(duty, program, &failure)),
                }
            }
            skus = left;
            if all.done >= STEPS_MAX {
                // The programme has had its share; the next round comes soon.
                all.has_more |= !skus.is_empty();
                break;
            }
        }
        all
    }

    /// Looks whether orders are ready.
    async fn look_at(
        &self,
        duty: &'static str,
        program: &ProgramId,
        orders: Vec<ReservationId>,
    ) -> Progress {
        let mut all = Progress { has_more: is_full(orders.len()), ..Progress::default() };
        let looks = iter(orders)
            .map(|reservation| self.step(program, Command::TendOrder { reservation }))
            .buffer_unordered(ORDERS_AT_ONCE);
        let mut looks = std::pin::pin!(looks);
        while let Some(looked) = looks.next().await {
            match looked {
                Ok(Step::NotNow) => all.has_more = false,
                Ok(_) => all.done += 1,
                Err(failure) => all.add(Progress::failed(duty, program, &failure)),
            }
        }
        all
    }

    async fn step(&self, program: &ProgramId, command: Command) -> Result<Step, Failure> {
        let request = Request { id: None, hash: [0; 32], command };
        match self.combiner.submit(program.clone(), vec![request], None).await {
            Ok(replies) => step(replies),
            Err(Unanswered::Busy | Unanswered::Closing | Unanswered::TooLate) => Ok(Step::NotNow),
            Err(Unanswered::Failed(failure)) => Err(failure),
        }
    }
}

/// Whether a list may have had more than it gave.
fn is_full(listed: usize) -> bool {
    i64::try_from(listed).is_ok_and(|listed| listed >= LISTED_MAX)
}

fn step(replies: Vec<Reply>) -> Result<Step, Failure> {
    match replies.into_iter().next() {
        Some(Reply::Failed(failure)) => Err(failure),
        Some(Reply::Fresh(outcome)) if matches!(*outcome, Ok(Answer::Tended { more: true })) => {
            Ok(Step::More)
        }
        _ => Ok(Step::Done),
    }
}
