//! Items as a batch reads them: a column each, entry by entry.

use crate::domain::{Item, Time};
use crate::store::rows::ItemRow;

/// Columns of `item`, none where no item was found.
#[derive(sqlx::FromRow)]
pub(super) struct ItemColumns {
    skus: Option<Vec<String>>,
    on_hand: Option<Vec<i64>>,
    allocated: Option<Vec<i64>>,
    backordered: Option<Vec<i64>>,
    bumped: Option<Vec<i64>>,
    safety_stock: Option<Vec<i64>>,
    owed: Option<Vec<i64>>,
    inbound: Option<Vec<i64>>,
    low_stock: Option<Vec<i64>>,
    redating: Option<Vec<bool>>,
    cap: Option<Vec<i64>>,
    plan_version: Option<Vec<i64>>,
    version: Option<Vec<i64>>,
    only_locations: Option<Vec<Option<String>>>,
    due_ats: Option<Vec<Option<Time>>>,
    changed_ats: Option<Vec<Time>>,
}

impl ItemColumns {
    /// The items, each with the instant of its last change; units at locations only of those that
    /// stand in a single one.
    pub(super) fn items(self) -> impl Iterator<Item = (Item, Time)> {
        let counters = zip(self.on_hand, self.allocated).zip(zip(self.backordered, self.bumped));
        let more = zip(self.owed, self.inbound).zip(zip(self.low_stock, self.redating));
        let bounds = zip(self.safety_stock, self.cap).zip(zip(self.plan_version, self.version));
        let more_of =
            zip(self.only_locations, self.due_ats).zip(self.changed_ats.unwrap_or_default());
        let rows = zip(self.skus, Some(more_of.collect())).zip(counters).zip(more).zip(bounds);
        rows.map(|((((sku, ((location, due_at), changed_at)), counters), more), bounds)| {
            let ((on_hand, allocated), (backordered, bumped)) = counters;
            let ((owed, inbound), (low_stock, redating)) = more;
            let ((safety_stock, cap), (plan_version, version)) = bounds;
            let row = ItemRow {
                sku,
                on_hand,
                allocated,
                backordered,
                bumped,
                safety_stock,
                owed,
                inbound,
                low_stock,
                redating,
                cap,
                plan_version,
                version,
                location,
                due_at,
            };
            (row.item(), changed_at)
        })
    }
}

/// Two arrays that belong together, entry by entry.
pub(super) fn zip<A, B>(a: Option<Vec<A>>, b: Option<Vec<B>>) -> impl Iterator<Item = (A, B)> {
    a.unwrap_or_default().into_iter().zip(b.unwrap_or_default())
}
