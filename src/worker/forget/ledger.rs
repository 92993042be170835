//! Carries old lines of the ledger forward, item by item, a bounded number of lines in each step.

use std::collections::{HashMap, VecDeque};

use chrono::TimeDelta;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::REST;
use crate::domain::{ProgramId, Sku, Time};
use crate::store::forget::{BEFORE_ALL, Behind, Carried};
use crate::store::{Failure, Store};
use crate::telemetry::metrics::metrics;
use crate::worker::turns::{Fruitless, Progress, in_turns};

/// Lines that one step looks at: a few milliseconds of the database, and of no caller.
const LINES: i64 = 1000;
/// Items that are looked through for old lines at once.
const LISTED_MAX: i64 = 256;
/// Most steps of a programme in a round.
const STEPS_MAX: usize = 16;

/// How far a walk through the items of a programme has come.
#[derive(Default)]
struct Place {
    /// The last item that was looked at.
    listed: Option<Sku>,
    /// Of those, the items with old lines that have not had their turn.
    old: VecDeque<Sku>,
    /// The item that has its turn, and how far that has come.
    item: Option<(Sku, Behind)>,
}

/// Where each programme's walk is.
type Places = Mutex<HashMap<ProgramId, Place>>;

/// Walks through the items of every programme once, and carries forward what is older than so long.
pub(in crate::worker) async fn carry(
    store: Store,
    kept: TimeDelta,
    stop: CancellationToken,
) -> Result<Progress, Fruitless> {
    let (places, mut programs) = (Places::default(), store.programs().await?);
    while !programs.is_empty() && !stop.is_cancelled() {
        let before = store.clock().await? - kept;
        let left = Mutex::new(Vec::new());
        let turns = in_turns("carry", programs, 1, async |program| {
            let mut place = places.lock().await.remove(&program).unwrap_or_default();
            let progress = turn(&store, &program, before, &mut place, &stop).await?;
            if progress.has_more {
                places.lock().await.insert(program.clone(), place);
                left.lock().await.push(program);
            }
            Ok(progress)
        });
        turns.await.end()?;
        programs = left.into_inner();
        if programs.is_empty() {
            break;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(REST) => {}
        }
    }
    Ok(Progress::default())
}

/// Some steps of a walk.
async fn turn(
    store: &Store,
    program: &ProgramId,
    before: Time,
    place: &mut Place,
    stop: &CancellationToken,
) -> Result<Progress, Failure> {
    let mut all = Progress { has_more: true, ..Progress::default() };
    for _ in 0..STEPS_MAX {
        if stop.is_cancelled() {
            break;
        }
        if place.item.is_none() {
            place.item = place.old.pop_front().map(|sku| (sku, BEFORE_ALL));
        }
        all.done += 1;
        let Some((sku, behind)) = place.item.take() else {
            let listed =
                store.carriable(program, place.listed.as_ref(), before, LISTED_MAX).await?;
            if listed.last.is_none() {
                return Ok(Progress { has_more: false, ..all });
            }
            (place.listed, place.old) = (listed.last, listed.old.into());
            continue;
        };
        match store.carry(program, &sku, behind, before, LINES).await? {
            Carried::NotNow => {
                place.item = Some((sku, behind));
                break;
            }
            Carried::Done { lines, next } => {
                place.item = next.map(|behind| (sku, behind));
                metrics().carried.add(lines.unsigned_abs(), &[]);
            }
        }
    }
    Ok(all)
}
