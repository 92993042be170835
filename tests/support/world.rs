//! The in-memory world: every row of one programme, and `decide` on a book that has all it could
//! need.
//!
//! It is the model of the store: it locks the same items and shows the same queue heads, so that
//! the ledger of a history comes out the same, line by line. It has no SQL, no transactions and no
//! clock.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use backstock::domain::command::ItemSettings;
use backstock::domain::item::{Head, Queue};
use backstock::domain::program::Place;
use backstock::domain::redate::Page;
use backstock::domain::{
    Book, Command, Date, Decision, EXPIRE_LINES_MAX, FILL_LINES_MAX, Item, Line, Location,
    Movement, Plan, Program, ProgramId, REDATE_LINES_MAX, ReceiptId, Refusal, Request, RequestId,
    Reservation, ReservationId, Sku, Time,
};
use backstock::service::encode_stored;
use backstock::store::Body;

/// Most queue heads that a batch of the store reads in all.
const HEADS_MAX: usize = 4096;

/// All rows of one programme.
#[derive(Clone, Debug)]
pub struct World {
    /// The programme's name.
    pub id: ProgramId,
    /// The clock.
    pub now: Time,
    /// Most lines of a queue that one command is shown: fewer than the store shows make short
    /// queues long.
    pub lines_max: usize,
    /// Most expired holds of an item that a batch is given to sweep.
    pub due_max: usize,
    /// Its settings, once it was made.
    pub program: Option<Program>,
    /// Its locations.
    pub places: Vec<Place>,
    /// Its items with all of their supply; queue heads and newest allocations are filled in for
    /// each batch.
    pub items: BTreeMap<Sku, Item>,
    /// Their settings.
    pub settings: BTreeMap<Sku, ItemSettings>,
    /// Its reservations.
    pub reservations: HashMap<ReservationId, Reservation>,
    /// Receipts that were counted.
    pub receipts: HashSet<ReceiptId>,
    /// Every plan of every item.
    pub plans: BTreeMap<(Sku, i64), Plan>,
    /// The stored answers.
    pub answers: BTreeMap<RequestId, ([u8; 32], Body)>,
    /// The ledger, in the order written.
    pub ledger: Vec<Movement>,
    /// Items that the background has yet to fill on.
    pub long_fills: BTreeSet<Sku>,
    /// Orders that the background is to look at.
    pub ready_checks: BTreeSet<ReservationId>,
    /// Units and calls that the cap refused, by item and day.
    pub refused: BTreeMap<(Sku, Date), (i64, i64)>,
}

impl World {
    /// An empty world.
    pub fn new(id: &str, now: Time) -> Self {
        Self {
            id: ProgramId::stored(id),
            now,
            lines_max: FILL_LINES_MAX,
            due_max: usize::MAX,
            program: None,
            places: Vec::new(),
            items: BTreeMap::new(),
            settings: BTreeMap::new(),
            reservations: HashMap::new(),
            receipts: HashSet::new(),
            plans: BTreeMap::new(),
            answers: BTreeMap::new(),
            ledger: Vec::new(),
            long_fills: BTreeSet::new(),
            ready_checks: BTreeSet::new(),
            refused: BTreeMap::new(),
        }
    }

    /// Runs a batch, and gives each member the stored form of its answer.
    pub fn run(&mut self, requests: &[Request]) -> Vec<Body> {
        let before = requests.iter().any(|r| r.command.is_dry_run()).then(|| self.clone());
        let decisions = self.decided(requests);
        let bodies = self.answer(requests, decisions);
        if let Some(before) = before {
            *self = before;
        }
        bodies
    }

    fn answer(&mut self, requests: &[Request], decisions: Vec<Decision>) -> Vec<Body> {
        let mut bodies: Vec<Body> = Vec::with_capacity(requests.len());
        for (request, decision) in requests.iter().zip(decisions) {
            let body = match decision {
                Decision::Fresh(outcome) => {
                    let body = encode_stored(&request.command, &outcome);
                    let remembered = outcome.as_ref().err().is_none_or(Refusal::is_remembered);
                    if let (Some(id), true) = (&request.id, remembered) {
                        self.answers.insert(id.clone(), (request.hash, body.clone()));
                    }
                    body
                }
                Decision::Again(backstock::domain::decide::Prior::Member(at)) => bodies[at].clone(),
                Decision::Again(backstock::domain::decide::Prior::Stored) => {
                    let id = request.id.as_ref().expect("a repeated request has an id");
                    self.answers[id].1.clone()
                }
            };
            bodies.push(body);
        }
        bodies
    }

    /// The items that a batch locks.
    fn locked(&self, requests: &[Request]) -> BTreeSet<Sku> {
        let mut skus: BTreeSet<Sku> =
            requests.iter().flat_map(|r| r.command.skus()).cloned().collect();
        for id in requests.iter().filter_map(|r| r.command.addressed()) {
            let lines = self.reservations.get(id).into_iter().flat_map(|r| &r.lines);
            skus.extend(lines.map(|line| line.sku.clone()));
        }
        skus
    }

    pub(super) fn lend(&mut self, requests: &[Request]) -> Book {
        let mut book = Book::new(self.now);
        book.program = self.program.clone();
        book.places = self.places.clone();
        book.open_listings = self.open_listings(requests);
        for sku in self.locked(requests) {
            if let Some(item) = self.items.remove(&sku) {
                book.items.insert(sku, item);
            }
        }
        book.settings = self.settings.clone();
        book.receipts = self.receipts.clone();
        book.customers = self.customers();
        let plans = self.plans.iter();
        book.notes = plans.map(|((sku, v), plan)| ((sku.clone(), *v), plan.noted())).collect();
        let known = requests.iter().filter_map(|r| r.id.as_ref());
        let known = known.filter_map(|id| Some((id.clone(), self.answers.get(id)?.0)));
        book.answered = known.collect();
        self.show_queues(requests, &mut book);
        self.show_tended(requests, &mut book);
        if requests.iter().any(|r| matches!(r.command, Command::Adjust { .. })) {
            for item in book.items.values_mut() {
                item.newest = newest(&self.ledger, item);
            }
        }
        book.reservations = self.lend_reservations(requests, &mut book);
        book
    }

    pub(super) fn take_back(&mut self, book: Book) {
        for sku in &book.changes.plans {
            if let Some(plan) = book.items.get(sku).and_then(|item| item.plan.clone()) {
                // Older plans need no more be looked at.
                let older = (sku.clone(), 0)..(sku.clone(), plan.version);
                for (_, old) in self.plans.range_mut(older) {
                    (old.told_closed, old.overdue) = (true, true);
                }
                self.plans.insert((sku.clone(), plan.version), plan);
            }
        }
        for (sku, (units, calls)) in &book.changes.refused {
            let sum = self.refused.entry((sku.clone(), book.now.date_naive())).or_default();
            *sum = (sum.0 + units, sum.1 + calls);
        }
        mark(&mut self.long_fills, &book.changes.long_fills);
        mark(&mut self.ready_checks, &book.changes.ready_checks);
        self.ledger.extend(book.changes.movements);
        self.program = book.program;
        self.places = book.places;
        self.items.extend(book.items);
        self.settings = book.settings;
        self.receipts = book.receipts;
        self.reservations.extend(book.reservations);
    }

    /// Items that take backorders now, or will, each with its listing, where a command minds them.
    fn open_listings(&self, requests: &[Request]) -> BTreeMap<Sku, Sku> {
        if !requests.iter().any(|request| request.command.minds_listings()) {
            return BTreeMap::new();
        }
        let open = self.items.values().filter(|item| {
            let plan = item.plan.as_ref();
            plan.is_some_and(|p| p.closed_at.is_none() && p.closes_at > self.now)
        });
        let listing = |sku: &Sku| self.settings[sku].listing.clone();
        open.map(|item| (item.sku.clone(), listing(&item.sku))).collect()
    }

    /// Units that each customer has backordered.
    fn customers(&self) -> HashMap<(Sku, backstock::domain::Customer), i64> {
        let mut units = HashMap::new();
        for reservation in self.reservations.values() {
            let Some(customer) = &reservation.customer else { continue };
            for line in &reservation.lines {
                *units.entry((line.sku.clone(), customer.clone())).or_default() += line.backordered;
            }
        }
        units
    }

    /// The heads of the queues, as many lines as the store would read.
    fn show_queues(&self, requests: &[Request], book: &mut Book) {
        let due = self.reservations.values().filter(|r| r.is_overdue(self.now));
        let due = due.flat_map(|r| &r.lines);
        let is_due = due.clone().any(|l| l.open() > 0 && book.items.contains_key(&l.sku));
        let supplies = is_due || requests.iter().any(|r| r.command.may_supply());
        let queued = book.items.values().filter(|item| item.queued() > 0).count();
        let most = (HEADS_MAX / queued.max(1)).clamp(8, FILL_LINES_MAX).min(self.lines_max);
        for item in book.items.values_mut() {
            item.queue = match supplies {
                true => Queue {
                    bumped: self.head(&item.sku, most, |line| line.bumped),
                    accepted: self.head(&item.sku, most, |line| line.backordered),
                },
                false => Queue::default(),
            };
        }
    }

    fn head(&self, sku: &Sku, most: usize, of: fn(&Line) -> i64) -> Head {
        let lines = self.in_queue(sku, of, 0);
        let is_whole = lines.len() < most;
        Head { lines: lines.into_iter().take(most).collect(), is_whole }
    }

    /// The lines of a queue behind an age, in its order.
    fn in_queue(&self, sku: &Sku, of: fn(&Line) -> i64, behind: i64) -> Vec<ReservationId> {
        let mut lines: Vec<(i64, &ReservationId)> = self
            .reservations
            .values()
            .filter_map(|r| Some((r.line(sku).filter(|line| of(line) > 0)?.age, &r.id)))
            .filter(|(age, _)| *age > behind)
            .collect();
        lines.sort_unstable();
        lines.into_iter().map(|(_, id)| id.clone()).collect()
    }

    /// What the background looks at: the next lines to be dated, and those that kept silent.
    fn show_tended(&self, requests: &[Request], book: &mut Book) {
        let tended = requests.iter().filter_map(|request| match &request.command {
            Command::Tend { sku } => Some(sku),
            _ => None,
        });
        for sku in tended.collect::<BTreeSet<&Sku>>() {
            let Some(item) = book.items.get_mut(sku) else { continue };
            let is_long_fill = item.is_long_fill();
            if let Some(redate) = item.redate.as_mut().filter(|_| !is_long_fill) {
                let of: fn(&Line) -> i64 = match redate.at_bumped {
                    true => |line| line.bumped,
                    false => |line| line.backordered,
                };
                let mut lines = self.in_queue(sku, of, redate.age);
                let most = REDATE_LINES_MAX.min(self.lines_max);
                let is_last = lines.len() < most;
                lines.truncate(most);
                redate.page = Some(Page { lines, is_last });
            }
            let silent = self.silent(sku).into_iter().take(EXPIRE_LINES_MAX);
            book.silent.extend(silent.map(|id| (sku.clone(), id)));
        }
    }

    /// Lines of an item that were asked and did not answer in time, in that order.
    pub fn silent(&self, sku: &Sku) -> Vec<ReservationId> {
        let late = self.reservations.values().filter_map(|reservation| {
            let line = reservation.line(sku)?;
            let question = line.question.filter(|question| question.answer_by <= self.now)?;
            Some((question.answer_by, line.age, &reservation.id))
        });
        let mut late: Vec<_> = late.collect();
        late.sort_unstable();
        late.into_iter().map(|(.., id)| id.clone()).collect()
    }
}

/// Notes what the background is to look at (true), or need not look at any more (false).
fn mark<K: Ord + Clone>(marks: &mut BTreeSet<K>, changes: &BTreeMap<K, bool>) {
    for (key, is_wanted) in changes {
        match is_wanted {
            true => marks.insert(key.clone()),
            false => marks.remove(key),
        };
    }
}

/// Whose units were allocated at each location, newest first, as the ledger tells.
fn newest(ledger: &[Movement], item: &Item) -> BTreeMap<Location, Vec<ReservationId>> {
    let mut newest: BTreeMap<Location, Vec<ReservationId>> = BTreeMap::new();
    for movement in ledger.iter().rev().filter(|m| m.sku == item.sku && m.delta.allocated > 0) {
        let (Some(location), Some(id)) = (&movement.delta.location, &movement.reservation) else {
            continue;
        };
        let lines = newest.entry(location.clone()).or_default();
        if !lines.contains(id) {
            lines.push(id.clone());
        }
    }
    newest
}
