//! The store equals `decide`: the same histories through `Store::transact` on a real PostgreSQL and
//! through the in-memory world give the same answers and the same rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use backstock::domain::answer::Answer;
use backstock::domain::{Command, ProgramId, Request, ReservationId, Sku, Time};
use backstock::service::encode_stored;
use backstock::store::read::QueuePlace;
use backstock::store::{Body, Reply, Store, connect};
use chrono::TimeDelta;
use sqlx::PgPool;

use crate::generator::{self, Dice};
use crate::history::{self, Step, step};
use crate::rows;
use crate::support::background::house;
use crate::support::call::Call;
use crate::support::dates::{days_passed, machine_time};
use crate::support::outcome::Outcome;
use crate::support::server::lanes::combining;
use crate::support::server::{Cluster, let_pass, with_cluster};
use crate::support::world::World;

/// A store and its model.
pub struct Pair {
    /// The store.
    pub store: Store,
    /// Its database.
    pub sql: PgPool,
    /// The model.
    pub world: World,
    /// The programme of both.
    pub program: ProgramId,
    /// When it began.
    start: Time,
    /// Seconds that were made to pass.
    passed: i64,
}

/// How much of two answers must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All but instants.
    All,
    /// All but instants and item versions.
    WithoutVersions,
    /// Nothing: what is written down is enough.
    Nothing,
}

/// A call, as each of the two is asked: a plan's window is told from the clock of each.
#[derive(Clone, Debug)]
pub struct Asked {
    /// As the service would be asked.
    pub call: Call,
    /// As the model is.
    pub model: Request,
    /// As the store is.
    pub store: Request,
}

/// Opens a store that does not wait for the disk: the test needs no durability.
pub async fn open(cluster: &Cluster) -> (Store, PgPool) {
    let options = cluster.options().options([("synchronous_commit", "off")]);
    connect::migrate(&options).await.expect("the schema");
    let (pool, lanes) = (connect::pool(options.clone(), 8), connect::pool(options, 4));
    (Store::with_lanes(pool.clone(), lanes, encode_stored), pool)
}

impl Pair {
    /// A pair in a new programme.
    pub fn new(store: &Store, sql: &PgPool, program: &str) -> Self {
        let world = World::new(program, machine_time());
        let (store, sql, program) = (store.clone(), sql.clone(), ProgramId::stored(program));
        let start = world.now;
        Self { store, sql, world, program, start, passed: 0 }
    }

    /// Lets time pass for both.
    pub async fn pass(&mut self, seconds: i64) {
        let days = days_passed(self.start, self.passed + seconds) - self.days();
        self.passed += seconds;
        history::pass(&mut self.world, seconds);
        let_pass(&self.sql, self.program.as_str(), seconds, days).await;
    }

    /// The days that have begun since the start: so much earlier lie all dates of the store.
    pub fn days(&self) -> i64 {
        days_passed(self.start, self.passed)
    }

    /// What the store answered to a call, in the model's dates.
    fn told(&self, call: &Call, stored: &Body) -> Outcome {
        Outcome::moved(call, stored, self.days())
    }

    /// Runs a batch in both, and compares the answers.
    ///
    /// The model's clock ticks, so that what comes later is later in both.
    pub async fn run(&mut self, asked: &[Asked]) -> Result<(), String> {
        self.ask(asked, Detail::All).await.map(|_| ())
    }

    /// The same; gives what the store answered.
    pub async fn ask(&mut self, asked: &[Asked], detail: Detail) -> Result<Vec<Outcome>, String> {
        self.world.now += TimeDelta::milliseconds(1);
        let requests: Vec<Request> = asked.iter().map(|asked| asked.model.clone()).collect();
        let modelled = self.world.run(&requests);
        let requests: Vec<Request> = asked.iter().map(|asked| asked.store.clone()).collect();
        let foreseen = self.store.foresee(&self.program, &requests);
        let replies = self.store.transact(&self.program, &requests, foreseen).await;
        let replies = replies.map_err(|error| format!("the store failed: {error:?}"))?;
        let mut outcomes = Vec::new();
        for (at, (reply, model)) in replies.into_iter().zip(modelled).enumerate() {
            let stored = match reply {
                Reply::Fresh(outcome) => encode_stored(&requests[at].command, &outcome),
                Reply::Stored(body) => body,
                Reply::Failed(failure) => return Err(format!("a member failed: {failure:?}")),
            };
            let stored = self.told(&asked[at].call, &stored);
            same_answer(&asked[at].call, &model, &stored, detail)?;
            outcomes.push(stored);
        }
        Ok(outcomes)
    }

    /// Lets time pass, or the background take a step, in both.
    pub async fn pause(&mut self, pause: &Step) -> Result<(), String> {
        match pause {
            Step::Wait(seconds) => self.pass(*seconds).await,
            Step::Tend(sku) => {
                self.house(Command::Tend { sku: sku.clone() }).await?;
                for reservation in self.world.maybe_ready(sku) {
                    self.house(Command::TendOrder { reservation }).await?;
                }
            }
            Step::Ask(..) => unreachable!("a call is no pause"),
        }
        Ok(())
    }

    /// Runs a command of the house in both.
    async fn house(&mut self, command: Command) -> Result<(), String> {
        self.world.now += TimeDelta::milliseconds(1);
        let request = [house(command)];
        self.world.run(&request);
        let replies = self.store.transact(&self.program, &request, None).await;
        match &replies.map_err(|error| format!("the store failed: {error:?}"))?[..] {
            [Reply::Fresh(_)] => Ok(()),
            other => Err(format!("the house gets {other:?}")),
        }
    }

    /// Has the background work off everything, in both.
    async fn settle(&mut self) -> Result<(), String> {
        for sku in self.world.items.keys().cloned().collect::<Vec<Sku>>() {
            while !self.world.is_settled(&sku) {
                self.pause(&Step::Tend(sku.clone())).await?;
            }
        }
        Ok(())
    }

    /// What a line asks of each, or what happens instead.
    pub fn understand(&self, start: Time, at: usize, line: &str) -> Result<Asked, Step> {
        let program = self.program.as_str();
        let step = |start, now| step(program, start, now, line).numbered(&format!("q{at}"));
        let stored = start - TimeDelta::days(self.days());
        match (step(start, self.world.now), step(stored, machine_time())) {
            (Step::Ask(call, model), Step::Ask(_, store)) => {
                Ok(Asked { call: *call, model: *model, store: *store })
            }
            (pause, _) => Err(pause),
        }
    }

    /// Compares all rows and what reads show, and has the store prove its sums.
    pub async fn compare(&self) -> Result<(), String> {
        let stored = rows::stored(&self.sql, self.program.as_str(), self.days()).await;
        rows::same(&rows::modelled(&self.world), &stored)?;
        self.prove().await?;
        self.compare_reads(Detail::All).await
    }

    /// Has the store prove its sums.
    pub async fn prove(&self) -> Result<(), String> {
        let proof = self.store.verify(&self.program).await.map_err(|e| format!("{e:?}"))?;
        if !proof.discrepancies.is_empty() {
            return Err(format!("Verify finds {:?}", proof.discrepancies));
        }
        Ok(())
    }

    /// Compares what reads show.
    pub async fn compare_reads(&self, detail: Detail) -> Result<(), String> {
        let skus: Vec<Sku> = self.world.items.keys().cloned().collect();
        let views = self.store.availability(&self.program, &skus).await;
        let mut views = views.map_err(|error| format!("{error:?}"))?;
        views.sort_by(|one, other| one.sku.cmp(&other.sku));
        let any = Command::Adjust { location: None, adjustments: Vec::new() };
        let call = Call::Availability(Default::default());
        let stored = self.told(&call, &encode_stored(&any, &Ok(Answer::Items(views))));
        let names: Vec<String> = skus.iter().map(ToString::to_string).collect();
        same_answer(&call, &self.world.availability(&names), &stored, detail)?;
        for sku in &skus {
            self.compare_queue(sku).await?;
        }
        self.compare_lists(&skus).await?;
        // Of very many reservations, some.
        let every = (self.world.reservations.len() / 40).max(1);
        for id in self.world.reservations.keys().step_by(every) {
            self.compare_reservation(id, detail).await?;
        }
        Ok(())
    }

    async fn compare_reservation(&self, id: &ReservationId, detail: Detail) -> Result<(), String> {
        let view = self.store.reservation(&self.program, id).await;
        let view = view.map_err(|error| format!("{error:?}"))?.ok_or("a reservation is lost")?;
        let program = self.program.clone();
        let answer = Answer::Reservation { view, program, shortages: Vec::new() };
        let command = Command::Confirm { reservation: id.clone(), accepted: Default::default() };
        let call = Call::Reservation(Default::default());
        let stored = self.told(&call, &encode_stored(&command, &Ok(answer)));
        same_answer(&call, &self.world.reservation(id.as_str()), &stored, detail)
    }

    async fn compare_queue(&self, sku: &Sku) -> Result<(), String> {
        let mut stored = Vec::new();
        let mut place = Some(QueuePlace::FRONT);
        while let Some(from) = place {
            let page = self.store.backlog(&self.program, sku, from, 100).await;
            let page = page.map_err(|error| format!("{error:?}"))?;
            let entry = |entry: &backstock::store::read::BacklogEntry| {
                (entry.reservation.clone(), entry.units, entry.is_bumped)
            };
            stored.extend(page.entries.iter().map(entry));
            place = page.next;
        }
        let queue = self.world.queue(sku);
        let model: Vec<_> =
            queue.iter().map(|(r, units, lost)| (r.id.clone(), *units, *lost)).collect();
        match model == stored {
            true => Ok(()),
            false => Err(format!("the queue of {sku}:\n  model {model:?}\n  store {stored:?}")),
        }
    }
}

fn same_answer(call: &Call, model: &Body, stored: &Outcome, detail: Detail) -> Result<(), String> {
    let with_versions = detail == Detail::All;
    let model = Outcome::of(call, model).timeless(with_versions);
    let stored = stored.timeless(with_versions);
    match model == stored || detail == Detail::Nothing {
        true => Ok(()),
        false => Err(format!("{call:?} gets\n  model {model:?}\n  store {stored:?}")),
    }
}

/// Runs a history in batches whose sizes the seed decides; now and then a request comes again.
async fn play(pair: &mut Pair, seed: u64, lines: &[String]) -> Result<(), String> {
    let mut dice = Dice::new(seed ^ 0xbead);
    let start = pair.world.now;
    let (mut batch, mut asked): (Vec<Asked>, Vec<Asked>) = (Vec::new(), Vec::new());
    let most = combining().batch_max.min(20) as u64;
    let mut size = dice.range(1, 20).min(most);
    for (at, line) in lines.iter().enumerate() {
        let wrong = |error| format!("at `{line}`: {error}");
        let next = pair.understand(start, at, line);
        let is_solitary = next.as_ref().is_ok_and(|next| next.model.command.is_solitary());
        if !batch.is_empty() && (next.is_err() || is_solitary || batch.len() as u64 >= size) {
            pair.run(&batch).await.map_err(wrong)?;
            batch.clear();
            size = dice.range(1, 20).min(most);
        }
        match next {
            Err(pause) => {
                let day = pair.days();
                pair.pause(&pause).await.map_err(wrong)?;
                // Dates of a call lie as many days back as had passed when it was made.
                if pair.days() != day {
                    asked.clear();
                }
            }
            Ok(next) if is_solitary => pair.run(&[next]).await.map_err(wrong)?,
            Ok(next) => {
                asked.push(next.clone());
                batch.push(next);
                if dice.one_in(8) {
                    if batch.len() as u64 >= most {
                        pair.run(&batch).await.map_err(wrong)?;
                        batch.clear();
                    }
                    let again = dice.range(0, asked.len() as u64 - 1);
                    batch.push(asked[usize::try_from(again).expect("small")].clone());
                }
            }
        }
    }
    pair.run(&batch).await?;
    pair.compare().await?;
    pair.settle().await?;
    pair.compare().await
}

async fn try_history(
    store: &Store,
    sql: &PgPool,
    seed: u64,
    lines: &[String],
) -> Result<(), String> {
    static PROGRAMS: AtomicU64 = AtomicU64::new(0);
    let program = format!("h{}", PROGRAMS.fetch_add(1, Ordering::Relaxed));
    play(&mut Pair::new(store, sql, &program), seed, lines).await
}

/// Leaves out lines one by one, as long as the history still fails.
async fn shortest(store: &Store, sql: &PgPool, seed: u64, mut lines: Vec<String>) -> Vec<String> {
    for at in (0..lines.len()).rev() {
        let mut fewer = lines.clone();
        fewer.remove(at);
        if try_history(store, sql, seed, &fewer).await.is_err() {
            lines = fewer;
        }
    }
    lines
}

#[test]
fn the_store_equals_decide() {
    with_cluster(async |cluster: Arc<Cluster>| {
        let (store, sql) = open(&cluster).await;
        let next = Arc::new(AtomicU64::new(1));
        let most = crate::histories(250);
        let runner = |_| {
            let (store, sql, next) = (store.clone(), sql.clone(), next.clone());
            tokio::spawn(async move {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > most {
                        return None;
                    }
                    let lines = generator::history(seed, 36);
                    if let Err(error) = try_history(&store, &sql, seed, &lines).await {
                        next.store(most + 1, Ordering::Relaxed);
                        return Some((seed, lines, error));
                    }
                }
            })
        };
        let runners: Vec<_> = (0..4).map(runner).collect();
        let mut failed = None;
        for runner in runners {
            failed = runner.await.expect("a runner").or(failed);
        }
        let failed = match failed {
            Some((seed, lines, first)) => {
                let lines = shortest(&store, &sql, seed, lines).await;
                let error = try_history(&store, &sql, seed, &lines).await.err().unwrap_or(first);
                Some((seed, lines, error))
            }
            None => None,
        };
        store.close().await;
        if let Some((seed, lines, error)) = failed {
            panic!("seed {seed}: {error}\n\n# as a scenario\n{}\n", lines.join("\n"));
        }
    });
}
