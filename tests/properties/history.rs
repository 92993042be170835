//! Histories as steps, and what is compared of the worlds that they lead to.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use backstock::domain::{Command, Event, Kind, Request, Sku, Time};
use backstock::proto::LocationQuantity;
use backstock::store::Body;
use chrono::{DateTime, TimeDelta};

use crate::support::call::Call;
use crate::support::decode;
use crate::support::language::Deed;
use crate::support::outcome::{Outcome, Refused, Shown};
use crate::support::parse;
use crate::support::world::World;

/// When every history of the in-memory world starts: the first second of 2027.
pub const START: Time = DateTime::from_timestamp(1_798_761_600, 0).unwrap();

/// What a property says of a history.
pub type Verdict = Result<(), String>;

/// Judges a history; a panic is a verdict too.
pub fn verdict(lines: &[String], check: fn(&[String]) -> Verdict) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| check(lines))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied());
        Err(format!("panicked: {}", text.unwrap_or("without a text")))
    })
}

/// Leaves out all lines without which the history still fails.
pub fn shorten(mut lines: Vec<String>, fails: impl Fn(&[String]) -> bool) -> Vec<String> {
    loop {
        let before = lines.len();
        for size in [8, 4, 2, 1] {
            let mut at = lines.len();
            while at > 0 {
                at = at.saturating_sub(size);
                let mut fewer = lines.clone();
                fewer.drain(at..(at + size).min(lines.len()));
                if fails(&fewer) {
                    lines = fewer;
                }
            }
        }
        if lines.len() == before {
            return lines;
        }
    }
}

/// One line of a history, understood.
#[derive(Clone, Debug)]
pub enum Step {
    /// Time passes.
    Wait(i64),
    /// The background takes a step with an item.
    Tend(Sku),
    /// The service is asked.
    Ask(Box<Call>, Box<Request>),
}

impl Step {
    /// Does it, and gives the stored form of the answer.
    pub fn run(&self, world: &mut World) -> Option<Body> {
        match self {
            Self::Wait(seconds) => {
                pass(world, *seconds);
                None
            }
            Self::Tend(sku) => {
                world.step(sku);
                None
            }
            Self::Ask(_, request) => world.run(std::slice::from_ref(request)).pop(),
        }
    }
}

/// Lets time pass.
pub fn pass(world: &mut World, seconds: i64) {
    world.now += TimeDelta::seconds(seconds);
}

/// One line as a step of the world called `program`; its request id is the number of the line.
pub fn step(program: &str, start: Time, now: Time, line: &str) -> Step {
    // The id is the text itself, so that a shortened history keeps its ids.
    let deed = parse::deed(program, start, now, line);
    match deed.unwrap_or_else(|error| panic!("{line}: {error}")) {
        Deed::Wait(seconds) => Step::Wait(seconds),
        Deed::Settle(sku) => Step::Tend(Sku::stored(&sku)),
        Deed::Call(call) => Step::ask(call),
        other => panic!("a history has no {other:?}"),
    }
}

impl Step {
    fn ask(call: Call) -> Self {
        let request = decode::request(&call).expect("a write");
        Self::Ask(Box::new(call), Box::new(request))
    }

    /// The same with a request id.
    pub fn numbered(self, id: &str) -> Self {
        match self {
            Self::Ask(mut call, _) => {
                call.number(|| id.to_owned());
                Self::ask(*call)
            }
            wait => wait,
        }
    }
}

/// The steps of a history in the in-memory world.
pub fn steps(lines: &[String]) -> Vec<(String, Step)> {
    let mut now = START;
    let step = |(at, line): (usize, &String)| {
        let step = step("p", START, now, line).numbered(&format!("q{at}"));
        if let Step::Wait(seconds) = step {
            now += TimeDelta::seconds(seconds);
        }
        (line.clone(), step)
    };
    lines.iter().enumerate().map(step).collect()
}

/// Steps that are decided at the same instant in one batch, or a wait.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// Time passes, or the background takes a step, instead.
    pub pause: Option<Step>,
    /// As text.
    pub lines: Vec<String>,
    /// As calls.
    pub calls: Vec<Call>,
    /// As requests.
    pub requests: Vec<Request>,
}

impl Chunk {
    /// What one of its requests got, without the versions of items.
    pub fn told(&self, request: &Request, body: &Body) -> Result<Shown, Refused> {
        let at = self.requests.iter().position(|other| other.id == request.id).unwrap_or(0);
        Outcome::of(&self.calls[at], body).timeless(false)
    }

    /// What one of its requests got.
    pub fn show(&self, request: &Request, body: &Body) -> String {
        let at = self.requests.iter().position(|other| other.id == request.id).unwrap_or(0);
        let outcome = Outcome::of(&self.calls[at], body);
        format!("`{}` gets {:?}\nof {:?}", self.lines[at], outcome.result, self.lines)
    }
}

/// Cuts a history into batches of at most `most`: waits and solitary commands stand alone.
pub fn chunks(steps: &[(String, Step)], most: usize) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut is_open = false;
    for (line, step) in steps {
        match step {
            Step::Wait(_) | Step::Tend(_) => {
                chunks.push(Chunk { pause: Some(step.clone()), ..Chunk::default() });
                is_open = false;
            }
            Step::Ask(call, request) => {
                let is_solitary = request.command.is_solitary();
                let fits = chunks.last().is_some_and(|chunk| chunk.lines.len() < most);
                if !is_open || is_solitary || !fits {
                    chunks.push(Chunk::default());
                }
                is_open = !is_solitary;
                let chunk = chunks.last_mut().expect("one was opened");
                chunk.lines.push(line.clone());
                chunk.calls.push((**call).clone());
                chunk.requests.push((**request).clone());
            }
        }
    }
    chunks
}

/// Whether two commands have no item, reservation, receipt or setting in common.
pub fn are_apart(world: &World, one: &Request, other: &Request) -> bool {
    let skus = |request: &Request| -> Vec<String> {
        let addressed = request.command.addressed().and_then(|id| world.reservations.get(id));
        let lines = addressed.into_iter().flat_map(|r| &r.lines).map(|line| &line.sku);
        request.command.skus().into_iter().chain(lines).map(ToString::to_string).collect()
    };
    let reservation = |request: &Request| {
        request.command.addressed().or(request.command.made()).map(ToString::to_string)
    };
    let receipt = |request: &Request| match &request.command {
        Command::Receive(receipt) => Some(receipt.id.to_string()),
        _ => None,
    };
    let theirs = skus(other);
    let differ = |one: Option<String>, other: Option<String>| one.is_none() || one != other;
    !one.command.is_solitary()
        && !other.command.is_solitary()
        && skus(one).iter().all(|sku| !theirs.contains(sku))
        && differ(reservation(one), reservation(other))
        && differ(receipt(one), receipt(other))
}

/// All rows of a world as text, by what they are.
pub fn digest(world: &World) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    for (sku, item) in &world.items {
        let counters = [
            item.on_hand,
            item.allocated,
            item.backordered,
            item.bumped,
            item.safety_stock,
            item.owed,
            item.inbound,
            item.low_stock,
            item.cap,
            item.plan_version,
            item.version,
        ];
        let (stocks, plan) = (&item.stocks, &item.plan);
        rows.insert(format!("item {sku}"), format!("{counters:?} {stocks:?} {plan:?}"));
        let redate =
            item.redate.as_ref().map(|of| (of.at_bumped, of.age, of.units_before, of.again));
        rows.insert(format!("supply {sku}"), format!("{:?} {redate:?}", item.inbounds));
        let ledger: Vec<_> = world.ledger.iter().filter(|m| m.sku == *sku).collect();
        rows.insert(format!("ledger {sku}"), format!("{ledger:?}"));
    }
    for (id, reservation) in &world.reservations {
        rows.insert(format!("reservation {id}"), format!("{reservation:?}"));
    }
    for (sku, settings) in &world.settings {
        rows.insert(format!("settings {sku}"), format!("{settings:?}"));
    }
    let house = (&world.long_fills, &world.ready_checks, &world.refused);
    rows.insert("background".to_owned(), format!("{house:?}"));
    rows.insert("receipts".to_owned(), world.receipts.len().to_string());
    rows.insert("programme".to_owned(), format!("{:?} {:?}", world.program, world.places));
    rows
}

/// The item that the background takes a step with, items that goods come for, since goods do not
/// wait until all that ran out is given back, or items of which the reservation that a command
/// works on waits for units.
pub fn waits_for(world: &World, step: &Step) -> Vec<String> {
    let addressed = match step {
        Step::Tend(sku) => return vec![sku.to_string()],
        Step::Ask(_, request) => match &request.command {
            Command::Receive(receipt) => {
                return receipt.lines.iter().map(|line| line.sku.to_string()).collect();
            }
            command => command.addressed(),
        },
        Step::Wait(_) => None,
    };
    let lines =
        addressed.and_then(|id| world.reservations.get(id)).into_iter().flat_map(|r| &r.lines);
    lines.filter(|line| line.queued() > 0).map(|line| line.sku.to_string()).collect()
}

/// An answer in which each line tells each location once: what came to it by several fills is told
/// apart.
pub fn added_up(mut told: Result<Shown, Refused>) -> Result<Shown, Refused> {
    let shown = match &mut told {
        Ok(Shown::Reservation(shown, _)) => Some(&mut **shown),
        Ok(Shown::Released(shown)) => shown.reservation.as_mut(),
        _ => None,
    };
    for line in shown.into_iter().flat_map(|shown| &mut shown.lines) {
        let mut at: BTreeMap<String, i64> = BTreeMap::new();
        for stands in line.allocations.drain(..) {
            *at.entry(stands.location).or_default() += stands.quantity;
        }
        let stands = |(location, quantity)| LocationQuantity { location, quantity };
        line.allocations = at.into_iter().map(stands).collect();
    }
    told
}

/// What must be the same however the background has gone about it, once it is through: counters and
/// units at locations, what every line has, and which bounds were said to be crossed.
pub fn outcome_digest(world: &World) -> BTreeMap<String, String> {
    let mut world = world.clone();
    for sku in world.items.keys().map(ToString::to_string).collect::<Vec<_>>() {
        world.tend(&sku);
    }
    let mut rows = BTreeMap::new();
    for (sku, item) in &world.items {
        let counters = [item.on_hand, item.allocated, item.backordered, item.bumped, item.owed];
        rows.insert(format!("item {sku}"), format!("{counters:?} {:?}", item.stocks));
        let said = world.ledger.iter().filter(|movement| movement.sku == *sku);
        let said = said.filter_map(|movement| movement.event.as_ref()).filter(|event| {
            matches!(event, Event::Low(_) | Event::PlanFull(_) | Event::OverSupply(_))
        });
        rows.insert(format!("bounds {sku}"), format!("{:?}", said.collect::<Vec<_>>()));
    }
    for (id, reservation) in &world.reservations {
        let mut lines = reservation.lines.clone();
        for line in &mut lines {
            let mut at = BTreeMap::new();
            for (location, units) in line.allocations.drain(..) {
                *at.entry(location).or_default() += units;
            }
            (line.age, line.allocations) = (0, at.into_iter().collect());
        }
        rows.insert(format!("lines {id}"), format!("{lines:?}"));
    }
    rows
}

/// Compares two worlds.
///
/// # Errors
///
/// The first row that differs.
pub fn same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> Verdict {
    for key in one.keys().chain(other.keys()) {
        let (left, right) = (one.get(key), other.get(key));
        if left != right {
            return Err(format!("{key} differs:\n  {left:?}\n  {right:?}"));
        }
    }
    Ok(())
}

/// The same without the versions of items and without where the ledger says that an order is ready:
/// that is said under the locks of all of its items, at once or by the background, and makes a
/// version of its own.
pub fn loose_digest(world: &World) -> BTreeMap<String, String> {
    let mut world = world.clone();
    for sku in world.items.keys().map(ToString::to_string).collect::<Vec<_>>() {
        world.tend(&sku);
    }
    world.items.values_mut().for_each(|item| item.version = 0);
    world.ledger.retain(|movement| movement.kind != Kind::Ready);
    for movement in &mut world.ledger {
        (movement.version, movement.part) = (0, 0);
    }
    let queues: Vec<(String, String)> = world
        .items
        .keys()
        .map(|sku| {
            let queue = world.queue(sku).into_iter().map(|(of, units, _)| (&of.id, units));
            (format!("queue {sku}"), format!("{:?}", queue.collect::<Vec<_>>()))
        })
        .collect();
    for reservation in world.reservations.values_mut() {
        reservation.lines.iter_mut().for_each(|line| line.age = 0);
        reservation.ready_at = None;
    }
    let mut rows = digest(&world);
    rows.extend(queues);
    rows
}
