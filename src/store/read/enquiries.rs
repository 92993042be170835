//! Enquiries about stock that wait, and who answers them.
//!
//! A statement costs far more than one more SKU in it. So a process has only a few readers: a call
//! that comes while one is free has a statement of its own at once, and one that comes while all
//! are busy shares the next statement with all that came meanwhile. There is no timer.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::domain::program::ShipPolicy;
use crate::domain::{Item, ProgramId, Sku, Time};
use crate::store::Failure;

/// Statements under way at once: PostgreSQL works on one while the other's rows are read. More make
/// smaller statements, not faster ones.
const READERS_MAX: usize = 2;
/// A statement that has so many SKUs takes no further enquiry: its own cost is small against theirs
/// by then, and whoever comes next waits for it.
const SKUS_ENOUGH: usize = 256;
/// Most SKUs that wait: what is read within a second or so. A call beyond is told to come again.
const WAITING_MAX: usize = 100_000;

/// Items as one statement found them; those that are unknown are not among them.
#[derive(Debug)]
pub(super) struct Found {
    /// When, by the database's clock.
    pub now: Time,
    /// Whether the programme ships an order together; `None` = no item has a plan.
    pub parcel: Option<ShipPolicy>,
    /// By SKU.
    pub items: HashMap<Sku, Item>,
}

/// What one caller gets: what the statement found, for all who share it.
pub(super) type Reply = Result<Arc<Found>, Failure>;

/// What one caller asks for.
#[derive(Debug)]
pub(super) struct Enquiry {
    pub skus: Vec<Sku>,
    /// The span of the call, which the statement belongs or links to.
    pub call: tracing::Span,
    pub answer: oneshot::Sender<Reply>,
}

/// Enquiries that share a statement. All came before it begins, so that callers see what they were
/// told before.
#[derive(Debug)]
pub(super) struct Shared {
    pub program: ProgramId,
    pub enquiries: Vec<Enquiry>,
    /// The SKUs of all of them.
    pub skus: BTreeSet<Sku>,
}

/// Everybody who waits for an answer about stock. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Enquiries(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    by_program: HashMap<ProgramId, VecDeque<Enquiry>>,
    /// Programmes of which somebody waits, each once; the one whose turn is next comes first.
    turns: VecDeque<ProgramId>,
    skus: usize,
    readers: usize,
}

impl Enquiries {
    /// Lets one more wait. `true` = start a reader.
    pub(super) fn join(&self, program: &ProgramId, enquiry: Enquiry) -> Result<bool, Failure> {
        self.waiting().join(program, enquiry)
    }

    /// What a reader answers next. `None` = nobody waits, and the reader ends.
    pub(super) fn next(&self) -> Option<Shared> {
        self.waiting().next()
    }

    /// Everybody who waits now, of all programmes.
    pub(super) fn all(&self) -> Vec<Enquiry> {
        let mut waiting = self.waiting();
        (waiting.skus, waiting.turns) = (0, VecDeque::new());
        waiting.by_program.drain().flat_map(|(_, enquiries)| enquiries).collect()
    }

    /// Nothing is awaited and nothing can panic while it is held.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn join(&mut self, program: &ProgramId, enquiry: Enquiry) -> Result<bool, Failure> {
        if self.skus >= WAITING_MAX {
            return Err(Failure::Unavailable);
        }
        self.skus += enquiry.skus.len();
        match self.by_program.get_mut(program) {
            Some(enquiries) => enquiries.push_back(enquiry),
            None => {
                self.by_program.insert(program.clone(), VecDeque::from([enquiry]));
                self.turns.push_back(program.clone());
            }
        }
        let starts = self.readers < READERS_MAX;
        self.readers += usize::from(starts);
        Ok(starts)
    }

    fn next(&mut self) -> Option<Shared> {
        while let Some(program) = self.turns.pop_front() {
            let Some(enquiries) = self.by_program.get_mut(&program) else { continue };
            let mut shared = Shared { program, enquiries: Vec::new(), skus: BTreeSet::new() };
            while shared.skus.len() < SKUS_ENOUGH
                && let Some(enquiry) = enquiries.pop_front()
            {
                self.skus -= enquiry.skus.len();
                // Who gave up needs no answer.
                if !enquiry.answer.is_closed() {
                    shared.skus.extend(enquiry.skus.iter().cloned());
                    shared.enquiries.push(enquiry);
                }
            }
            if enquiries.is_empty() {
                self.by_program.remove(&shared.program);
            } else {
                self.turns.push_back(shared.program.clone());
            }
            if !shared.enquiries.is_empty() {
                return Some(shared);
            }
        }
        self.readers -= 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Answered = oneshot::Receiver<Reply>;

    fn ask(waiting: &mut Waiting, program: &str, skus: &[&str]) -> (bool, Answered) {
        let (answer, answered) = oneshot::channel();
        let skus = skus.iter().map(|sku| Sku::stored(sku)).collect();
        let enquiry = Enquiry { skus, call: tracing::Span::none(), answer };
        (waiting.join(&ProgramId::stored(program), enquiry).expect("room"), answered)
    }

    fn shown(shared: Option<Shared>) -> String {
        let Some(shared) = shared else { return "nobody".into() };
        let skus: Vec<&str> = shared.skus.iter().map(Sku::as_str).collect();
        format!("{} {}: {}", shared.enquiries.len(), shared.program, skus.join(" "))
    }

    #[test]
    fn who_comes_alone_is_answered_at_once_and_who_comes_late_shares() {
        let mut waiting = Waiting::default();
        let (starts, _first) = ask(&mut waiting, "p", &["a"]);
        assert!(starts);
        assert_eq!(shown(waiting.next()), "1 p: a");
        let (starts, _second) = ask(&mut waiting, "p", &["b"]);
        assert!(starts, "one more reader");
        assert_eq!(shown(waiting.next()), "1 p: b");
        let late = [["c", "a"], ["a", "b"], ["a", "c"]];
        let late = late.map(|skus| ask(&mut waiting, "p", &skus));
        assert!(late.iter().all(|(starts, _)| !starts), "both readers are busy");
        assert_eq!(shown(waiting.next()), "3 p: a b c");
        assert_eq!([shown(waiting.next()), shown(waiting.next())], ["nobody", "nobody"]);
        assert_eq!((waiting.readers, waiting.skus, waiting.by_program.len()), (0, 0, 0));
    }

    #[test]
    fn programmes_take_turns_and_never_share() {
        let mut waiting = Waiting::default();
        let many: Vec<String> = (0..SKUS_ENOUGH).map(|sku| sku.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let asked = [("p", &many[..]), ("p", &["a"]), ("q", &["b"])];
        let _answered = asked.map(|(program, skus)| ask(&mut waiting, program, skus));
        assert_eq!(waiting.next().map(|shared| shared.enquiries.len()), Some(1), "it is enough");
        assert_eq!(shown(waiting.next()), "1 q: b");
        assert_eq!(shown(waiting.next()), "1 p: a");
    }

    #[test]
    fn who_gave_up_is_not_read_for() {
        let mut waiting = Waiting::default();
        let (_, gone) = ask(&mut waiting, "p", &["a"]);
        let (_, also_gone) = ask(&mut waiting, "q", &["b"]);
        drop((gone, also_gone));
        let (_, _kept) = ask(&mut waiting, "p", &["c"]);
        assert_eq!(shown(waiting.next()), "1 p: c");
        assert_eq!(shown(waiting.next()), "nobody");
        assert_eq!(waiting.skus, 0);
    }

    #[test]
    fn too_many_are_told_to_come_again() {
        let mut waiting = Waiting::default();
        let mut answered = Vec::new();
        for _ in 0..WAITING_MAX {
            answered.push(ask(&mut waiting, "p", &["a"]));
        }
        let (answer, _) = oneshot::channel();
        let skus = vec![Sku::stored("a")];
        let enquiry = Enquiry { skus, call: tracing::Span::none(), answer };
        let refused = waiting.join(&ProgramId::stored("p"), enquiry);
        assert!(matches!(refused, Err(Failure::Unavailable)));
        assert_eq!(waiting.next().map(|shared| shared.enquiries.len()), Some(WAITING_MAX));
    }
}
