//! Queues and holds longer than one batch of the store may touch, as scenarios: what is decided
//! must not depend on how much of it was at hand. There is no background here but `settle`, so
//! nothing is swept by chance.

use std::sync::Arc;

use backstock::domain::{Command, Request, Sku};
use backstock::store::Reply;

use crate::expect;
use crate::store::{Asked, Detail, Pair, open};
use crate::support::call::Call;
use crate::support::invariants;
use crate::support::language::{Line, Scenario, scenarios};
use crate::support::outcome::Outcome;
use crate::support::server::with_cluster;

async fn play(mut pair: Pair, scenario: &Scenario) -> Result<(), String> {
    let opening = crate::support::language::line(0, "program");
    let lines: Vec<&Line> = std::iter::once(&opening).chain(&scenario.lines).collect();
    let mut at = 0;
    for group in lines.chunk_by(|one, other| one.number == other.number) {
        let line = group[0];
        let done = step(&mut pair, &mut at, group).await;
        done.and_then(|()| invariants::check(&pair.world)).map_err(|error| {
            format!("{} line {}: {}: {error}", scenario.place, line.number, line.call)
        })?;
    }
    for sku in pair.world.items.keys().map(ToString::to_string).collect::<Vec<_>>() {
        settle(&mut pair, &sku).await?;
    }
    let compared = pair.compare_reads(Detail::WithoutVersions).await;
    compared.map_err(|error| format!("{} at its end: {error}", scenario.place))?;
    pair.prove().await
}

/// One line, or the many that were written as one, which are one batch.
async fn step(pair: &mut Pair, at: &mut usize, group: &[&Line]) -> Result<(), String> {
    let (line, start) = (group[0], pair.world.now);
    let (verb, rest) = line.call.split_once(' ').unwrap_or((&line.call, ""));
    if verb == "settle" {
        return settle(pair, rest).await;
    }
    if ["show", "backlog"].contains(&verb) {
        pair.compare_reads(Detail::WithoutVersions).await?;
        return look(pair, line);
    }
    let mut batch: Vec<Asked> = Vec::new();
    for line in group {
        *at += 1;
        match pair.understand(start, *at, &line.call) {
            Ok(asked) => batch.push(asked),
            Err(pause) => pair.pause(&pause).await?,
        }
    }
    let detail = if line.is_loose { Detail::Nothing } else { Detail::WithoutVersions };
    let outcomes = pair.ask(&batch, detail).await?;
    let mut checks = outcomes.iter();
    checks.try_for_each(|outcome| expect::check(outcome, line.expected.as_deref(), start))
}

/// A read of the model, which reads of the store have just equalled.
fn look(pair: &Pair, line: &Line) -> Result<(), String> {
    let now = pair.world.now;
    let deed = crate::support::parse::deed(pair.program.as_str(), now, now, &line.call)?;
    let crate::support::language::Deed::Call(call) = deed else { return Ok(()) };
    let body = match &call {
        Call::Availability(request) => pair.world.availability(&request.skus),
        Call::Reservation(request) => pair.world.reservation(&request.reservation_id),
        Call::Backlog(request) => {
            let queue = pair.world.queue(&Sku::stored(&request.sku));
            let shown: Vec<String> =
                queue.iter().map(|(r, units, _)| format!("{} {units}", r.id)).collect();
            let expected = line.expected.as_deref().unwrap_or_default();
            return match shown.join(", ") == expected.replace("nobody", "") {
                true => Ok(()),
                false => Err(format!("shows {shown:?}")),
            };
        }
        other => return Err(format!("{other:?} is not read here")),
    };
    expect::check(&Outcome::of(&call, &body), line.expected.as_deref(), now)
}

/// What the background does.
async fn settle(pair: &mut Pair, sku: &str) -> Result<(), String> {
    pair.world.tend(sku);
    for _ in 0..1000 {
        let command = Command::Tend { sku: Sku::stored(sku) };
        let request = Request { id: None, hash: [0; 32], command };
        let replies = pair.store.transact(&pair.program, &[request], None).await;
        let replies = replies.map_err(|error| format!("the store failed: {error:?}"))?;
        let has_more = |reply: &Reply| match reply {
            Reply::Fresh(outcome) => {
                use backstock::domain::Answer;
                matches!(**outcome, Ok(Answer::Tended { more: true }))
            }
            Reply::Stored(_) | Reply::Failed(_) => false,
        };
        if !replies.iter().any(has_more) {
            return Ok(());
        }
    }
    Err(format!("the background never comes to an end with {sku}"))
}

#[test]
fn long_queues_are_decided_like_short_ones() {
    with_cluster(async |cluster: Arc<crate::support::server::Cluster>| {
        let (store, sql) = open(&cluster).await;
        let all = scenarios("long_queues.txt", include_str!("long_queues.txt"));
        let mut failures = Vec::new();
        for (at, scenario) in all.iter().enumerate() {
            let pair = Pair::new(&store, &sql, &format!("long{at}"));
            failures.extend(play(pair, scenario).await.err());
        }
        store.close().await;
        assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    });
}
