//! Sweeps expired holds and fills long queues on, item by item, in bounded batches.

use std::time::Duration;

use crate::combine::{Combiner, Unanswered};
use crate::domain::{Answer, Command, ProgramId, Request, Sku};
use crate::store::{Failure, Reply, Store};

/// How often expired holds are looked for. Nothing waits for it but the queue behind their units.
pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How often long fills are looked for.
pub(super) const FILL_EVERY: Duration = Duration::from_millis(200);
/// Most items that one round looks at, for each programme.
const ITEMS_MAX: i64 = 1000;

/// Sweeps the holds that ran out, of every programme.
pub(super) async fn sweep(store: Store, combiner: Combiner) -> Result<(), Failure> {
    for program in store.programs().await? {
        for sku in store.due_items(&program, ITEMS_MAX).await? {
            tend(&combiner, &program, sku).await?;
        }
    }
    Ok(())
}

/// Fills on what is owed to long queues, of every programme.
pub(super) async fn fill(store: Store, combiner: Combiner) -> Result<(), Failure> {
    for program in store.programs().await? {
        for sku in store.long_fills(&program, ITEMS_MAX).await? {
            tend(&combiner, &program, sku).await?;
        }
    }
    Ok(())
}

/// Tends one item until nothing is left to do. Each step joins the item's lane like any call, so
/// that callers take turns with it.
async fn tend(combiner: &Combiner, program: &ProgramId, sku: Sku) -> Result<(), Failure> {
    loop {
        let command = Command::Tend { sku: sku.clone() };
        let request = Request { id: None, hash: [0; 32], command };
        match combiner.submit(program.clone(), vec![request], None).await {
            Ok(replies) if has_more(&replies) => {}
            Ok(_) | Err(Unanswered::Busy | Unanswered::Closing | Unanswered::TooLate) => {
                return Ok(());
            }
            Err(Unanswered::Failed(failure)) => return Err(failure),
        }
    }
}

fn has_more(replies: &[Reply]) -> bool {
    let [Reply::Fresh(outcome)] = replies else { return false };
    matches!(**outcome, Ok(Answer::Tended { more: true }))
}
