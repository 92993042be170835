//! What items and orders need that no caller waits for: expired holds swept, long queues filled on
//! and given new dates, passed dates noticed, silence taken for an answer, orders said to be ready.
//! Item by item, in bounded steps.

use std::time::Duration;

use crate::combine::{Combiner, Unanswered};
use crate::domain::{Answer, Command, ProgramId, Request, Sku};
use crate::store::{Failure, Reply, Store};

/// How often expired holds are looked for. Nothing waits for it but the queue behind their units.
pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How often long fills, queues to be dated and orders that may be ready are looked for.
pub(super) const FILL_EVERY: Duration = Duration::from_millis(200);
/// How often dates that have passed are looked for.
pub(super) const DATES_EVERY: Duration = Duration::from_secs(1);
/// Most items that one round looks at, for each programme.
const ITEMS_MAX: i64 = 1000;
/// Most steps that one round takes with each item, before it looks for others.
const STEPS_MAX: usize = 64;

/// Sweeps the holds that ran out, of every programme.
pub(super) async fn sweep(store: Store, combiner: Combiner) -> Result<(), Failure> {
    for program in store.programs().await? {
        let due = store.due_items(&program, ITEMS_MAX).await?;
        tend_in_turns(&combiner, &program, due).await?;
    }
    Ok(())
}

/// Fills on what is owed to long queues.
pub(super) async fn fill(store: Store, combiner: Combiner) -> Result<(), Failure> {
    for program in store.busy_programs().await? {
        let owing = store.long_fills(&program, ITEMS_MAX).await?;
        tend_in_turns(&combiner, &program, owing).await?;
    }
    Ok(())
}

/// Gives queues their new dates.
pub(super) async fn redate(store: Store, combiner: Combiner) -> Result<(), Failure> {
    for program in store.busy_programs().await? {
        let moving = store.redates(&program, ITEMS_MAX).await?;
        tend_in_turns(&combiner, &program, moving).await?;
    }
    Ok(())
}

/// Notices dates that have passed, of every programme: of supply, of plans, of questions, and of
/// orders that have waited for every line long enough.
pub(super) async fn notice_dates(store: Store, combiner: Combiner) -> Result<(), Failure> {
    for program in store.programs().await? {
        let passed = store.passed(&program, ITEMS_MAX).await?;
        tend_in_turns(&combiner, &program, passed).await?;
        look_at_orders(&store, &combiner, &program).await?;
    }
    Ok(())
}

/// Says which orders have become ready by changes of several items.
pub(super) async fn say_ready(store: Store, combiner: Combiner) -> Result<(), Failure> {
    for program in store.busy_programs().await? {
        look_at_orders(&store, &combiner, &program).await?;
    }
    Ok(())
}

async fn look_at_orders(
    store: &Store,
    combiner: &Combiner,
    program: &ProgramId,
) -> Result<(), Failure> {
    for reservation in store.ready_checks(program, ITEMS_MAX).await? {
        step(combiner, program, Command::TendOrder { reservation }).await?;
    }
    Ok(())
}

/// Tends items until nothing is left to do, a step with each in turn. Each step joins the item's
/// lane like any call, so that callers take turns with it.
async fn tend_in_turns(
    combiner: &Combiner,
    program: &ProgramId,
    mut skus: Vec<Sku>,
) -> Result<(), Failure> {
    for _ in 0..STEPS_MAX {
        let mut left = Vec::new();
        for sku in skus {
            if step(combiner, program, Command::Tend { sku: sku.clone() }).await? {
                left.push(sku);
            }
        }
        skus = left;
    }
    Ok(())
}

/// One step; says whether there is more to do.
async fn step(combiner: &Combiner, program: &ProgramId, command: Command) -> Result<bool, Failure> {
    let request = Request { id: None, hash: [0; 32], command };
    match combiner.submit(program.clone(), vec![request], None).await {
        Ok(replies) => Ok(has_more(&replies)),
        Err(Unanswered::Busy | Unanswered::Closing | Unanswered::TooLate) => Ok(false),
        Err(Unanswered::Failed(failure)) => Err(failure),
    }
}

fn has_more(replies: &[Reply]) -> bool {
    let [Reply::Fresh(outcome)] = replies else { return false };
    matches!(**outcome, Ok(Answer::Tended { more: true }))
}
