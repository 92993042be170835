//! The rows that a batch of requests may touch, and what the batch did to them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::command::ItemSettings;
use super::item::Stock;
use super::movement::Delta;
use super::program::Place;
use super::{
    Customer, Item, Kind, Line, Movement, Program, ReceiptId, RequestId, Reservation,
    ReservationId, Sku, Time, Units,
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
    pub notes: HashMap<(Sku, i64), String>,
    /// Listings that take backorders now, where a command opens one more.
    pub open_listings: BTreeSet<Sku>,
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
    /// How many lines the open change has written for each item.
    parts: BTreeMap<Sku, i32>,
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
            open_listings: BTreeSet::new(),
            answered: HashMap::new(),
            changes: Changes::default(),
        }
    }

    /// Starts a change: what follows makes one new version of each item that it touches.
    pub(super) fn open_change(&mut self) {
        self.changes.parts.clear();
    }

    /// Moves an item's counters and writes the movement that says so. The only place where counters
    /// move.
    pub(super) fn record(
        &mut self,
        sku: &Sku,
        kind: Kind,
        delta: Delta,
        reservation: Option<&ReservationId>,
        reference: &str,
    ) {
        let Some(item) = self.items.get_mut(sku) else { return };
        item.on_hand += delta.on_hand;
        item.allocated += delta.allocated;
        item.backordered += delta.backordered;
        item.bumped += delta.bumped;
        if let Some(location) = &delta.location {
            let stock: &mut Stock = item.stocks.entry(location.clone()).or_default();
            stock.on_hand += delta.on_hand;
            stock.allocated += delta.allocated;
        }
        let customer = reservation.and_then(|id| self.reservations.get(id)?.customer.clone());
        if let Some(customer) = customer.filter(|_| delta.backordered != 0) {
            *self.customers.entry((sku.clone(), customer)).or_default() += delta.backordered;
        }
        let part = self.changes.parts.entry(sku.clone()).or_insert(-1);
        *part += 1;
        if *part == 0 {
            item.version += 1;
        }
        self.changes.items.insert(sku.clone());
        self.changes.movements.push(Movement {
            sku: sku.clone(),
            version: item.version,
            part: *part,
            kind,
            delta,
            reservation: reservation.cloned(),
            reference: reference.to_owned(),
        });
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

    /// The line of a reservation.
    #[must_use]
    pub fn line(&self, id: &ReservationId, sku: &Sku) -> Option<&Line> {
        self.reservations.get(id)?.line(sku)
    }
}
