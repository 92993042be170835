//! What this server has lately read and written, or is about to write, so that the next batch of
//! new reservations need not read it again. Nothing rests on it: the write is guarded, and takes
//! hold only if programme and items are then as they are remembered.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use super::load::{Loaded, Read};
use super::optimistic::Calm;
use crate::domain::program::Place;
use crate::domain::{Book, Item, Program, ProgramId, Request, Sku, Time};

/// Items of a generation: the memory has two, about a KiB for each item.
const ITEMS_MAX: usize = 10_240;
/// How long the database's clock may be told from what it was and the time since.
const CLOCK_KEPT: Duration = Duration::from_secs(10);

/// Programmes and items as they were when this server last had to do with them. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    kept: Arc<Mutex<Kept>>,
    /// Whether all was as remembered lately: somebody else writes the same, or callers repeat
    /// themselves, where it was not.
    calm: Calm,
}

#[derive(Debug, Default)]
struct Kept {
    young: Generation,
    old: Generation,
    /// How often something turned out not to be as remembered.
    doubts: u64,
    clock: Option<(Time, Instant)>,
}

/// What was used since the generation began. A full one becomes the old one, and what is not used
/// again before the next is full is forgotten.
#[derive(Debug, Default)]
struct Generation {
    programs: HashMap<ProgramId, Hall>,
    items: usize,
}

#[derive(Debug, Default)]
struct Hall {
    settings: Option<Arc<Settings>>,
    items: HashMap<Sku, Arc<(Item, Read)>>,
}

#[derive(Debug)]
struct Settings {
    program: Program,
    places: Vec<Place>,
    at: Time,
}

/// Whether a batch is of the commands that the memory is for: new reservations.
pub(super) fn is_for(requests: &[Request]) -> bool {
    requests.iter().all(|request| request.command.made().is_some())
}

impl Memory {
    /// Nothing is awaited and nothing can panic while it is held.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a batch of new reservations reads, if all of it is remembered and none of it is due.
    pub(super) fn recall(&self, program: &ProgramId, requests: &[Request]) -> Option<Loaded> {
        if !self.calm.is_calm() {
            return None;
        }
        let skus: BTreeSet<&Sku> = requests.iter().flat_map(|r| r.command.skus()).collect();
        let mut items = Vec::with_capacity(skus.len());
        let (now, settings) = {
            let mut kept = self.kept();
            let (clock, at) = kept.clock?;
            let since = at.elapsed();
            if since > CLOCK_KEPT {
                return None;
            }
            let settings = kept.settings(program)?;
            for sku in skus {
                items.push(kept.item(program, sku)?);
            }
            (clock + TimeDelta::from_std(since).ok()?, settings)
        };
        let later = |at: Time| at + TimeDelta::microseconds(1);
        let now = items.iter().map(|item| later(item.1.changed_at)).fold(now, Time::max);
        let mut book = Book::new(now);
        book.program = Some(settings.program.clone());
        book.places = settings.places.clone();
        let mut read = BTreeMap::new();
        for known in items {
            let (item, as_read) = &*known;
            if item.is_due(now) {
                return None;
            }
            read.insert(item.sku.clone(), *as_read);
            book.items.insert(item.sku.clone(), item.clone());
        }
        let settings_at = Some(settings.at);
        let is_overtaken = false;
        Some(Loaded { book, read, settings_at, is_recalled: true, is_overtaken })
    }

    /// Keeps what was read and then written, as it is now; or what is decided and about to be
    /// written, as it will be.
    pub(super) fn keep(&self, program: &ProgramId, loaded: &Loaded) {
        let (book, mut kept) = (&loaded.book, self.kept());
        if let (Some(of), Some(at)) = (&book.program, loaded.settings_at) {
            let is_same = |known: &Arc<Settings>| known.at == at;
            if !kept.young.settings(program).is_some_and(is_same) {
                let settings = Settings { program: of.clone(), places: book.places.clone(), at };
                kept.young.hall(program).settings = Some(Arc::new(settings));
            }
        }
        for (sku, read) in &loaded.read {
            let Some(item) = book.items.get(sku).filter(|item| !item.redating) else { continue };
            let is_written = book.changes.items.contains(sku);
            // Plans and supply are read later than the item: only the guard tells that they fit.
            if !is_written && (item.plan_version > 0 || item.inbound > 0) {
                continue;
            }
            let changed_at = if is_written { book.now } else { read.changed_at };
            let is_spread = read.is_spread || item.stocks.len() > 1;
            let read = Read { version: item.version, changed_at, is_spread };
            kept.young.put(program, Arc::new((item.clone(), read)));
        }
        kept.turn();
    }

    /// Notes what the database's clock was just now, if it was heard.
    pub(super) fn set_clock(&self, now: Option<Time>) {
        if let Some(now) = now {
            self.kept().clock = Some((now, Instant::now()));
        }
    }

    /// What was about to be written was not, or not so.
    pub(super) fn forget(&self, program: &ProgramId, loaded: &Loaded) {
        let mut kept = self.kept();
        kept.doubts += 1;
        for sku in loaded.read.keys() {
            kept.young.remove(program, sku);
            kept.old.remove(program, sku);
        }
    }

    /// Something was not as remembered: all of it may be wrong.
    pub(super) fn doubt(&self) {
        self.calm.disturb();
        let mut kept = self.kept();
        *kept = Kept { doubts: kept.doubts + 1, ..Kept::default() };
    }

    /// Grows when what was foreseen may not come.
    pub(super) fn doubts(&self) -> u64 {
        self.kept().doubts
    }
}

impl Kept {
    fn settings(&mut self, program: &ProgramId) -> Option<Arc<Settings>> {
        if let Some(settings) = self.young.settings(program) {
            return Some(settings.clone());
        }
        let settings = self.old.settings(program)?.clone();
        self.young.hall(program).settings = Some(settings.clone());
        Some(settings)
    }

    fn item(&mut self, program: &ProgramId, sku: &Sku) -> Option<Arc<(Item, Read)>> {
        if let Some(known) = self.young.item(program, sku) {
            return Some(known.clone());
        }
        let known = self.old.item(program, sku)?.clone();
        self.young.put(program, known.clone());
        Some(known)
    }

    /// Begins a new generation where the young one is full.
    fn turn(&mut self) {
        if self.young.items + self.young.programs.len() >= ITEMS_MAX {
            self.old = std::mem::take(&mut self.young);
        }
    }
}

impl Generation {
    fn hall(&mut self, program: &ProgramId) -> &mut Hall {
        self.programs.entry(program.clone()).or_default()
    }

    fn settings(&self, program: &ProgramId) -> Option<&Arc<Settings>> {
        self.programs.get(program)?.settings.as_ref()
    }

    fn item(&self, program: &ProgramId, sku: &Sku) -> Option<&Arc<(Item, Read)>> {
        self.programs.get(program)?.items.get(sku)
    }

    fn put(&mut self, program: &ProgramId, known: Arc<(Item, Read)>) {
        let sku = known.0.sku.clone();
        let is_new = self.hall(program).items.insert(sku, known).is_none();
        self.items += usize::from(is_new);
    }

    fn remove(&mut self, program: &ProgramId, sku: &Sku) {
        let hall = self.programs.get_mut(program);
        let was_there = hall.is_some_and(|hall| hall.items.remove(sku).is_some());
        self.items -= usize::from(was_there);
    }
}
