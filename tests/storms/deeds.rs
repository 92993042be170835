//! Callers that never give up: each call is repeated, byte for byte, until it is answered. In the
//! end the books must hold what the callers were told, once each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use backstock::proto::{AdjustReason, AdjustRequest, Adjustment, ReleaseRequest, adjustment};
use futures::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::ground::{Dice, Ground, PATIENCE, until};
use crate::shop::{self, ADJUST, Act, Answer, RELEASE, Shop, same, word};

/// What a call does to the books when it is served.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Reserve,
    Backorder,
    Release,
    /// One unit found. Nothing but its request id keeps it from being counted twice.
    Found,
}

/// A call and what became of it.
struct Deed {
    kind: Kind,
    sku: String,
    /// The reservation's number, or the adjustment's.
    id: String,
    act: Act,
    answer: Answer,
}

/// What the callers saw meanwhile.
#[derive(Default)]
struct Seen {
    answered: usize,
    /// Reservations that the callers know to be made.
    made: Vec<String>,
    /// What came in the place of answers, by word.
    unanswered: BTreeMap<String, usize>,
}

impl Seen {
    fn note(&mut self, kind: Kind, id: &str, answer: &Answer) {
        self.answered += 1;
        if answer.is_ok() && matches!(kind, Kind::Reserve | Kind::Backorder) {
            self.made.push(id.to_owned());
        }
    }
}

fn look(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Callers at work.
pub struct Storm {
    door: watch::Sender<Shop>,
    seen: Arc<Mutex<Seen>>,
    stop: CancellationToken,
    callers: Vec<JoinHandle<Vec<Deed>>>,
    skus: Vec<String>,
}

/// Units on hand of each SKU at the start, and its cap.
const ON_HAND: i64 = 40;
const CAP: i64 = 200;

impl Storm {
    /// Stocks the shop up and lets the callers loose.
    pub async fn begin(shop: Shop, callers: u64, skus: usize) -> Self {
        let skus: Vec<String> = (0..skus).map(|sku| format!("storm-{sku}")).collect();
        shop.stock_up(&skus, ON_HAND).await;
        shop.open(&skus, CAP).await;
        let (door, _) = watch::channel(shop);
        let (seen, stop) = (Arc::default(), CancellationToken::new());
        let mut storm = Self { door, seen, stop, callers: Vec::new(), skus };
        storm.callers = (0..callers).map(|number| tokio::spawn(storm.caller(number))).collect();
        storm
    }

    fn caller(&self, number: u64) -> impl Future<Output = Vec<Deed>> + use<> {
        let (door, seen) = (self.door.subscribe(), Arc::clone(&self.seen));
        let (stop, skus) = (self.stop.clone(), self.skus.clone());
        async move {
            let (mut dice, mut deeds) = (Dice(number), Vec::<Deed>::new());
            while !stop.is_cancelled() {
                let id = format!("c{number}-{}", deeds.len());
                let (kind, sku, act) = drawn(&mut dice, &skus, &id, &deeds);
                let answer = answered(&door, &seen, &act).await;
                look(&seen).note(kind, &id, &answer);
                deeds.push(Deed { kind, sku, id, act, answer });
            }
            deeds
        }
    }

    /// From now on callers go to this server.
    pub fn turn_to(&self, shop: Shop) {
        self.door.send_replace(shop);
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        look(&self.seen)
    }

    /// Waits until so many more calls were answered than now.
    pub async fn more(&self, answers: usize) {
        let wanted = self.seen().answered + answers;
        until("callers are answered", async || self.seen().answered >= wanted).await;
    }

    /// Every reservation that a caller was told of until now is in the table.
    pub async fn told_is_kept(&self, ground: &Ground) {
        let made = self.seen().made.clone();
        let kept: i64 =
            sqlx::query_scalar("SELECT count(*) FROM line WHERE reservation = ANY ($1)")
                .bind(&made)
                .fetch_one(&ground.eyes)
                .await
                .expect("a count");
        assert_eq!(kept, i64::try_from(made.len()).expect("a size"), "acknowledged and there");
    }

    /// What came in the place of answers until now.
    pub fn unanswered(&self) -> BTreeMap<String, usize> {
        self.seen().unanswered.clone()
    }

    /// Lets each caller end its last call, and holds the books against what the callers were told.
    pub async fn settle(self) {
        self.stop.cancel();
        let callers = join_all(self.callers).await;
        let deeds: Vec<Deed> =
            callers.into_iter().flat_map(|deeds| deeds.expect("a caller")).collect();
        let shop = self.door.borrow().clone();
        for sku in &self.skus {
            let of = |kind: Kind| {
                let done =
                    |deed: &&Deed| deed.kind == kind && deed.sku == *sku && deed.answer.is_ok();
                i64::try_from(deeds.iter().filter(done).count()).expect("a count")
            };
            let item = shop.stock(sku).await;
            let held = of(Kind::Reserve) + of(Kind::Backorder) - of(Kind::Release);
            assert_eq!(item.on_hand, ON_HAND + of(Kind::Found), "{sku}: each unit found once");
            assert_eq!(item.allocated + item.backordered, held, "{sku}: each order once");
        }
        for answer in deeds.iter().map(|deed| word(&deed.answer)) {
            let expected = ["OK", "STOCK_INSUFFICIENT", "CAP_EXCEEDED"].contains(&answer.as_str());
            assert!(expected, "a call was answered {answer}");
        }
        every_answer_stands(&shop, &deeds).await;
        shop.verify().await;
    }
}

/// Each call again: the same answer, and nothing moves.
async fn every_answer_stands(shop: &Shop, deeds: &[Deed]) {
    for some in deeds.chunks(256) {
        let again = join_all(some.iter().map(|deed| shop.send(&deed.act))).await;
        for (deed, again) in some.iter().zip(&again) {
            assert!(same(&deed.answer, again), "{}: {:?} became {again:?}", deed.id, deed.answer);
        }
    }
}

/// A call of some kind. Only what is known to be made is released, once.
fn drawn(dice: &mut Dice, skus: &[String], id: &str, deeds: &[Deed]) -> (Kind, String, Act) {
    let sku = skus[dice.index(skus.len())].clone();
    match dice.below(8) {
        0 | 1 => {
            let (request_id, reason) = (format!("q-{id}"), AdjustReason::Found.into());
            let change = Some(adjustment::Change::Delta(1));
            let adjustments = vec![Adjustment { sku: sku.clone(), change, reason }];
            let request = AdjustRequest { request_id, adjustments, ..AdjustRequest::default() };
            (Kind::Found, sku, Act::new(ADJUST, &request))
        }
        2 | 3
            if deeds.last().is_some_and(|last| {
                last.answer.is_ok() && matches!(last.kind, Kind::Reserve | Kind::Backorder)
            }) =>
        {
            let last = &deeds[deeds.len() - 1];
            let (request_id, reservation_id) = (format!("q-{id}"), last.id.clone());
            let request = ReleaseRequest { request_id, reservation_id, ..Default::default() };
            (Kind::Release, last.sku.clone(), Act::new(RELEASE, &request))
        }
        4 | 5 => (Kind::Backorder, sku.clone(), shop::backorder(id, &sku)),
        _ => (Kind::Reserve, sku.clone(), shop::reserve(id, &sku)),
    }
}

/// Repeats a call until the service itself has answered it.
async fn answered(door: &watch::Receiver<Shop>, seen: &Mutex<Seen>, act: &Act) -> Answer {
    let start = Instant::now();
    loop {
        let shop = door.borrow().clone();
        let answer = tokio::time::timeout(PATIENCE, shop.send(act)).await.expect("a call hangs");
        if is_final(&answer) {
            return answer;
        }
        *look(seen).unanswered.entry(word(&answer)).or_default() += 1;
        assert!(start.elapsed() < 2 * PATIENCE, "never answered, at last with {answer:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether the service has said what became of the call, once and for all.
fn is_final(answer: &Answer) -> bool {
    match answer {
        Ok(_) => true,
        Err(status) => !matches!(shop::reason(status).as_str(), "" | "BUSY" | "OUTCOME_UNKNOWN"),
    }
}
