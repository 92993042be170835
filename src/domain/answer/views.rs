//! What is shown of reservations, items, arrivals and plans.

use crate::domain::item::Stock;
use crate::domain::judge::gate::next_date;
use crate::domain::note::PlanNote;
use crate::domain::plan::PlanState;
use crate::domain::program::ShipPolicy;
use crate::domain::reservation::{Promised, State};
use crate::domain::{Item, Line, Location, Plan, Reservation, ReservationId, Sku, Time, Units};

/// A reservation, as it is shown.
#[derive(Clone, Debug)]
pub struct ReservationView {
    /// It, with its lines.
    pub reservation: Reservation,
    /// Where it stands.
    pub state: State,
    /// Whether its parcel may be packed.
    pub is_ready: bool,
    /// For each line: the item's version, units ahead in the queue where known, and the promise's
    /// note.
    pub lines: Vec<LineView>,
}

/// What a line shows beside its own units.
#[derive(Clone, Debug, Default)]
pub struct LineView {
    /// The item's version.
    pub version: i64,
    /// Units in front of it in the queue.
    pub queue_ahead: Option<Units>,
    /// What its customer reads beside the date.
    pub note: String,
}

/// What an arrival did.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The SKU.
    pub sku: Sku,
    /// Sellable units.
    pub good: Units,
    /// Units that are not.
    pub damaged: Units,
    /// Units owed to the queue by it.
    pub filled: Units,
    /// Units still in the queue once those are filled.
    pub queue_left: Units,
    /// Units sellable afterwards.
    pub available: Units,
    /// The item's version.
    pub version: i64,
    /// The first lines that were filled: whose, units, whether their order is ready.
    pub lines: Vec<(ReservationId, Units, bool)>,
}

/// An item, as it is shown.
#[derive(Clone, Debug)]
pub struct ItemView {
    /// The SKU.
    pub sku: Sku,
    /// Good units in the building.
    pub on_hand: Units,
    /// Of those, promised.
    pub allocated: Units,
    /// Kept from sale.
    pub safety_stock: Units,
    /// Sellable now.
    pub available: Units,
    /// In the queue.
    pub queued: Units,
    /// Of those, bumped.
    pub bumped: Units,
    /// May still be backordered.
    pub headroom: Units,
    /// Announced and not yet received.
    pub inbound: Units,
    /// What a new backorder would be promised, with its note.
    pub promise: Option<(Promised, String)>,
    /// The item's version.
    pub version: i64,
    /// On hand at each location that has any.
    pub on_hand_at: Vec<(Location, Units)>,
}

/// A plan, as it is shown.
#[derive(Clone, Debug)]
pub struct PlanView {
    /// The SKU.
    pub sku: Sku,
    /// It.
    pub plan: Plan,
    /// Where it stands.
    pub state: PlanState,
    /// The cap in force.
    pub effective_cap: Units,
    /// Units backordered under its cap.
    pub backordered: Units,
}

impl ReservationView {
    /// A reservation as it stands at `now`, with its items' versions and its plans' notes.
    pub fn new(
        reservation: Reservation,
        now: Time,
        version: impl Fn(&Sku) -> i64,
        note: impl Fn(&Sku, i64) -> Option<PlanNote>,
    ) -> Self {
        let reservation = reservation.as_of(now);
        let line = |line: &Line| {
            let promise = line.promise.and_then(|p| Some((note(&line.sku, p.plan_version)?, p)));
            let note = promise.map(|(note, p)| note.for_promise(p.ship_by, reservation.parcel()));
            // What was promised without a plan has no note.
            let note = note.unwrap_or_default();
            LineView { version: version(&line.sku), queue_ahead: None, note }
        };
        Self {
            state: reservation.state(now),
            is_ready: reservation.is_ready(now),
            lines: reservation.lines.iter().map(line).collect(),
            reservation,
        }
    }
}

impl ItemView {
    /// An item as it stands at `now`; `parcel` is the programme's policy.
    #[must_use]
    pub fn new(item: &Item, now: Time, parcel: Option<ShipPolicy>) -> Self {
        let open = |plan: &&Plan| {
            matches!(plan.state(now, item.headroom()), PlanState::Open | PlanState::Full)
        };
        let plan = item.plan.as_ref().filter(open);
        let at = |(location, stock): (&Location, &Stock)| (location.clone(), stock.on_hand);
        Self {
            sku: item.sku.clone(),
            on_hand: item.on_hand,
            allocated: item.allocated,
            safety_stock: item.safety_stock,
            available: item.available(),
            queued: item.queued(),
            bumped: item.bumped,
            headroom: plan.map_or(0, |_| item.headroom()),
            inbound: item.inbound,
            promise: plan.map(|plan| {
                let (ship_by, plan_version) = (next_date(item, 1), plan.version);
                let original_ship_by = ship_by.date().unwrap_or(plan.ship_by);
                let note = plan.noted().for_promise(ship_by, parcel);
                (Promised { ship_by, original_ship_by, plan_version }, note)
            }),
            version: item.version,
            on_hand_at: item.stocks.iter().filter(|(_, s)| s.on_hand > 0).map(at).collect(),
        }
    }
}

impl PlanView {
    /// The plan of an item as it stands at `now`, if it has one.
    #[must_use]
    pub fn new(item: &Item, now: Time) -> Option<Self> {
        let plan = item.plan.clone()?;
        let (sku, backordered) = (item.sku.clone(), item.backordered);
        let state = plan.state(now, item.headroom());
        Some(Self { sku, state, plan, effective_cap: item.effective_cap(), backordered })
    }
}
