//! Binds the ledger, whose lines are the events too, and the news of them for the relay.

use std::collections::BTreeMap;

use sqlx::types::Json;
use uuid::Uuid;

use super::saving::{Saving, sparse};
use crate::domain::{Location, Movement, Sku};
use crate::store::rows::kind_text;

pub(super) fn bind<'q>(saving: Saving<'q>, rows: &'q [Movement]) -> Saving<'q> {
    let place = |m: &'q Movement| m.delta.location.as_ref().map(Location::as_str);
    saving
        .bind(rows.iter().map(|m| m.sku.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|m| m.version).collect::<Vec<_>>())
        .bind(sparse(rows.iter().map(|m| m.part).collect()))
        .bind(rows.iter().map(|m| kind_text(m.kind)).collect::<Vec<_>>())
        .bind(sparse(rows.iter().map(place).collect()))
        .bind(sparse(rows.iter().map(|m| m.delta.on_hand).collect()))
        .bind(sparse(rows.iter().map(|m| m.delta.allocated).collect()))
        .bind(sparse(rows.iter().map(|m| m.delta.backordered).collect()))
        .bind(sparse(rows.iter().map(|m| m.delta.bumped).collect()))
        .bind(sparse(rows.iter().map(|m| m.delta.damaged).collect()))
        .bind(sparse(rows.iter().map(|m| m.delta.inbound).collect()))
        .bind(sparse(rows.iter().map(|m| m.reservation.as_ref().map(|r| r.as_str())).collect()))
        .bind(sparse(rows.iter().map(|m| m.reference.as_str()).collect()))
        .bind(sparse(rows.iter().map(|m| m.event.as_ref().map(Json)).collect()))
}

/// The events of one item that a batch made: the versions that they belong to, and how many.
struct Run {
    from_version: i64,
    to_version: i64,
    events: i64,
}

/// Binds which versions of which items have events. Nothing, where there are none.
pub(super) fn bind_news<'q>(saving: Saving<'q>, rows: &'q [Movement]) -> Saving<'q> {
    let mut runs: BTreeMap<&Sku, Run> = BTreeMap::new();
    for movement in rows.iter().filter(|movement| movement.event.is_some()) {
        let version = movement.version;
        let run = runs.entry(&movement.sku).or_insert(Run {
            from_version: version,
            to_version: version,
            events: 0,
        });
        run.to_version = version;
        run.events += 1;
    }
    saving
        .bind(Uuid::now_v7())
        .bind(runs.keys().map(|sku| sku.as_str()).collect::<Vec<_>>())
        .bind(runs.values().map(|run| run.from_version).collect::<Vec<_>>())
        .bind(runs.values().map(|run| run.to_version).collect::<Vec<_>>())
        .bind(runs.values().map(|run| run.events).collect::<Vec<_>>())
}
