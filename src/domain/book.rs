//! The rows that a batch of requests may touch, and what the batch did to them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::command::ItemSettings;
use super::movement::Delta;
use super::note::PlanNote;
use super::program::Place;
use super::promise::Supply;
use super::redate::Redate;
use super::{
    Customer, Event, InboundId, Item, Kind, Line, Movement, Program, ReceiptId, RequestId,
    Reservation, ReservationId, ShipBy, Sku, Time, Units,
};

/// The rows that a batch may touch, read under the locks of `items`.
///
/// A line is changed only while its item is in `items`; lines of other items are there to be read.
#[derive(Clone, Debug)]
pub struct Book {
    /// The database's clock, read after the locks were taken.
    pub now: Time,
    /// The programme; `None` = unknown.
    pub program: Option<Program>,
    /// Its locations, in the order they are drawn.
    pub places: Vec<Place>,
    /// The locked items.
    pub items: BTreeMap<Sku, Item>,
    /// Settings of the items, where a command changes them.
    pub settings: BTreeMap<Sku, ItemSettings>,
    /// Reservations, each with all of its lines.
    pub reservations: HashMap<ReservationId, Reservation>,
    /// Receipts of the batch that were counted before.
    pub receipts: HashSet<ReceiptId>,
    /// Units that customers of the batch have backordered.
    pub customers: HashMap<(Sku, Customer), Units>,
    /// Notes of plans that lines were promised under, by SKU and plan version.
    pub notes: HashMap<(Sku, i64), PlanNote>,
    /// Items whose plan is not closed, each with its listing, where a command may make them more.
    pub open_listings: BTreeMap<Sku, Sku>,
    /// Lines that were asked about a delay and did not answer in time, where a command acts on it.
    pub silent: Vec<(Sku, ReservationId)>,
    /// Requests of the batch that were answered before, by their hash.
    pub answered: HashMap<RequestId, [u8; 32]>,
    /// What the batch did.
    pub changes: Changes,
}

/// What a batch did: the rows to write.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// New lines of the ledger.
    pub movements: Vec<Movement>,
    /// Items to insert.
    pub new_items: BTreeSet<Sku>,
    /// Items to write, new ones not included.
    pub items: BTreeSet<Sku>,
    /// Items whose settings to write.
    pub settings: BTreeSet<Sku>,
    /// Items whose newest plan to write.
    pub plans: BTreeSet<Sku>,
    /// Reservations to insert.
    pub new_reservations: BTreeSet<ReservationId>,
    /// Lines to write, by reservation and place in it.
    pub lines: BTreeSet<(ReservationId, usize)>,
    /// Receipts to insert.
    pub receipts: BTreeSet<ReceiptId>,
    /// Whether to write the programme.
    pub program: bool,
    /// Whether to write its locations.
    pub places: bool,
    /// Items that the background has yet to fill on (true), or has no more to fill (false).
    pub long_fills: BTreeMap<Sku, bool>,
    /// Announced supply to write, by item.
    pub inbounds: BTreeSet<(Sku, InboundId)>,
    /// Items whose re-dating began, went on or ended.
    pub redates: BTreeSet<Sku>,
    /// Orders that the background is to look at (true), or need not look at any more (false).
    pub ready_checks: BTreeMap<ReservationId, bool>,
    /// Units and calls that the cap refused, by item.
    pub refused: BTreeMap<Sku, (Units, i64)>,
    /// The items of the open change, as they were before it.
    pub(super) touched: BTreeMap<Sku, Touched>,
    /// Orders whose lines the open change has filled or confirmed.
    pub(super) settled: BTreeSet<ReservationId>,
}

impl Changes {
    /// Whether nothing is to be written but items, new reservations and lines of the ledger.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let Self { new_items, settings, plans, lines, receipts, .. } = self;
        let Self { long_fills, inbounds, redates, ready_checks, refused, .. } = self;
        let is_settled = new_items.is_empty() && settings.is_empty() && plans.is_empty();
        let is_quiet = long_fills.is_empty() && redates.is_empty() && ready_checks.is_empty();
        let is_new = |id: &ReservationId| self.new_reservations.contains(id);
        let are_new = lines.iter().all(|(id, _)| is_new(id));
        let is_alone = are_new && receipts.is_empty() && inbounds.is_empty();
        is_settled && is_quiet && is_alone && refused.is_empty() && !self.program && !self.places
    }
}

/// What an item was like before a change, as far as something follows from it.
#[derive(Clone, Debug)]
pub(super) struct Touched {
    /// Units that were available.
    pub available: Units,
    /// Units that might still be backordered.
    pub headroom: Units,
    /// Units to come beyond the cap in force.
    pub over_supply: Units,
    /// The dates along its queue, if it had one.
    pub dates: Vec<(ShipBy, Units)>,
    /// Units that joined the end of the queue by this change.
    pub joined: Units,
    /// Whether a loss has put units at the front of the queue.
    pub lost: bool,
    /// How many lines the change has written for it.
    pub parts: i32,
}

impl Touched {
    fn before(item: &Item) -> Self {
        let queued = item.queued();
        let dates = match queued {
            0 => Vec::new(),
            _ => Supply::of(item).dates_from_the_end(queued),
        };
        Self {
            available: item.available(),
            headroom: item.headroom(),
            over_supply: item.over_supply(),
            dates,
            joined: 0,
            lost: false,
            parts: 0,
        }
    }
}

/// A line of the ledger to be written.
#[derive(Clone, Debug)]
pub(super) struct Entry<'e> {
    /// What happened.
    pub kind: Kind,
    /// By how much.
    pub delta: Delta,
    /// Whose units.
    pub reservation: Option<&'e ReservationId>,
    /// The receipt, the carrier's number, or the reason that the call gave.
    pub reference: &'e str,
    /// What others hear of it.
    pub event: Option<Event>,
}

impl Entry<'_> {
    /// An entry that moves nothing yet.
    pub fn of(kind: Kind, event: Event) -> Self {
        let event = Some(event);
        Self { kind, delta: Delta::default(), reservation: None, reference: "", event }
    }
}

impl Book {
    /// An empty book at `now`.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self {
            now,
            program: None,
            places: Vec::new(),
            items: BTreeMap::new(),
            settings: BTreeMap::new(),
            reservations: HashMap::new(),
            receipts: HashSet::new(),
            customers: HashMap::new(),
            notes: HashMap::new(),
            open_listings: BTreeMap::new(),
            silent: Vec::new(),
            answered: HashMap::new(),
            changes: Changes::default(),
        }
    }

    /// Starts a change: what follows makes one new version of each item that it touches.
    pub(super) fn open_change(&mut self) {
        self.changes.touched.clear();
    }

    /// Ends a change: says what follows from it.
    pub(super) fn close_change(&mut self) {
        super::consequence::follow(self);
    }

    /// Remembers what an item was like before the open change. To be called before its plan,
    /// supply or settings are changed.
    pub(super) fn touch(&mut self, sku: &Sku) {
        let Some(item) = self.items.get(sku) else { return };
        if !self.changes.touched.contains_key(sku) {
            self.changes.touched.insert(sku.clone(), Touched::before(item));
        }
    }

    /// Moves an item's counters and writes the line of the ledger that says so. The only place
    /// where counters move.
    pub(super) fn record(&mut self, sku: &Sku, entry: Entry<'_>) {
        self.touch(sku);
        let Some(item) = self.items.get_mut(sku) else { return };
        let Entry { kind, delta, reservation, reference, event } = entry;
        item.move_counters(kind, &delta);
        let of = reservation.and_then(|id| self.reservations.get(id));
        let customer = of.and_then(|reservation| reservation.customer.clone());
        if let Some(customer) = customer.filter(|_| delta.backordered != 0) {
            *self.customers.entry((sku.clone(), customer)).or_default() += delta.backordered;
        }
        let left = (-delta.backordered.min(0), -delta.bumped.min(0));
        if let (Some(redate), true) = (item.redate.as_mut(), left != (0, 0)) {
            let age = of.and_then(|r| r.line(sku)).map_or(i64::MAX, |line| line.age);
            redate.note_left(age, left.0, left.1);
            self.changes.redates.insert(sku.clone());
        }
        let Some(touched) = self.changes.touched.get_mut(sku) else { return };
        touched.joined += if kind == Kind::Reserve { delta.backordered } else { 0 };
        touched.lost |= delta.bumped > 0;
        let part = touched.parts;
        touched.parts += 1;
        if part == 0 {
            item.version += 1;
        }
        self.changes.items.insert(sku.clone());
        self.changes.movements.push(Movement {
            sku: sku.clone(),
            version: item.version,
            part,
            kind,
            delta,
            reservation: reservation.cloned(),
            reference: reference.to_owned(),
            event,
        });
    }

    /// Has the queue of an item given new dates, from its front, in the background.
    pub(super) fn mark_redate(&mut self, sku: &Sku) {
        let Some(item) = self.items.get_mut(sku) else { return };
        item.redating = true;
        match &mut item.redate {
            Some(redate) => redate.again = true,
            none => *none = Some(Redate::from_the_front()),
        }
        self.changes.items.insert(sku.clone());
        self.changes.redates.insert(sku.clone());
    }

    /// Changes a line, and marks it to be written.
    pub(super) fn change_line(
        &mut self,
        id: &ReservationId,
        sku: &Sku,
        change: impl FnOnce(&mut Line),
    ) {
        let Some(reservation) = self.reservations.get_mut(id) else { return };
        let Some(index) = reservation.lines.iter().position(|line| line.sku == *sku) else {
            return;
        };
        change(&mut reservation.lines[index]);
        self.changes.lines.insert((id.clone(), index));
    }

    /// The note of an item's plan of that version, if there is one.
    pub(super) fn note(&self, sku: &Sku, plan_version: i64) -> Option<PlanNote> {
        let newest = self.items.get(sku).and_then(|item| item.plan.as_ref());
        match newest.filter(|plan| plan.version == plan_version) {
            Some(plan) => Some(plan.noted()),
            None => self.notes.get(&(sku.clone(), plan_version)).cloned(),
        }
    }

    /// The line of a reservation.
    #[must_use]
    pub fn line(&self, id: &ReservationId, sku: &Sku) -> Option<&Line> {
        self.reservations.get(id)?.line(sku)
    }
}
