//! Plays a scenario: in the in-memory world alone, or there and on a real server side by side.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use backstock::domain::{Kind, Location, Sku, Time};
use backstock::proto;
use chrono::{DateTime, TimeDelta};

use sqlx::PgPool;

use super::{events, expect, model};
use crate::support::call::Call;
use crate::support::dates::{days_passed, machine_time};
use crate::support::invariants;
use crate::support::language::{Deed, Line, Scenario};
use crate::support::outcome::Outcome;
use crate::support::parse::deed;
use crate::support::server::{Service, let_pass};
use crate::support::world::World;

/// When a scenario starts that only the in-memory world plays: noon, so that a day begins only when
/// days are waited.
const MODEL_START: Time = DateTime::from_timestamp(1_798_804_800, 0).expect("an instant");
/// How long the background may take with a long queue.
const SETTLES_WITHIN: Duration = Duration::from_secs(120);

/// More than any scenario leaves to the background.
const LISTED_MAX: i64 = 10_000;

/// A write that was made, with what came of it in each world.
#[derive(Clone)]
struct Made {
    id: Option<String>,
    program: String,
    model: (Call, Vec<u8>),
    server: Option<(Call, Vec<u8>)>,
}

/// A scenario that is being played.
pub struct Play<'s> {
    base: String,
    start: Time,
    now: Time,
    /// Seconds that were waited.
    passed: i64,
    worlds: BTreeMap<String, World>,
    service: Option<&'s Service>,
    made: Vec<Made>,
    calls: usize,
    with_versions: bool,
}

/// Plays a scenario in the programme `base`.
///
/// # Errors
///
/// The line that came out otherwise, and how.
pub async fn play(
    scenario: &Scenario,
    base: &str,
    service: Option<&Service>,
) -> Result<(), String> {
    let start = if service.is_some() { machine_time() } else { MODEL_START };
    let worlds = BTreeMap::new();
    let (base, made, calls) = (base.to_owned(), Vec::new(), 0);
    let with_versions = true;
    let (now, passed) = (start, 0);
    let mut play = Play { base, start, now, passed, worlds, service, made, calls, with_versions };
    let mut lines = scenario.lines.iter().peekable();
    if lines.next_if(|line| line.call == "bare").is_none() {
        let opening = crate::support::language::line(0, "program");
        play.line(&opening).await.map_err(|error| format!("{}: {error}", scenario.place))?;
    }
    while let Some(line) = lines.next() {
        let file = scenario.place.split(':').next().unwrap_or_default();
        let wrong = |error| {
            let Line { number, call, expected, .. } = line;
            let expected = expected.as_deref().unwrap_or("success");
            format!("{file}:{number}: {call}\n  expected {expected}\n  {error}")
        };
        let mut storm = vec![line];
        while line.is_loose && lines.peek().is_some_and(|next| next.number == line.number) {
            storm.extend(lines.next());
        }
        match storm[..] {
            [line] => play.line(line).await.map_err(wrong)?,
            _ => play.storm(&storm).await.map_err(wrong)?,
        }
        // Of a line that is played many times, the last time is looked at.
        if lines.peek().is_none_or(|next| next.number != line.number) {
            play.worlds.values().try_for_each(invariants::check).map_err(wrong)?;
        }
    }
    play.prove().await.map_err(|error| format!("{}: {error}", scenario.place))
}

impl Play<'_> {
    async fn line(&mut self, line: &Line) -> Result<(), String> {
        let other = line.other.as_ref().map(|other| format!("{}.{other}", self.base));
        let program = other.unwrap_or_else(|| self.base.clone());
        match deed(&program, self.start, self.now, &line.call)? {
            Deed::Wait(seconds) => self.wait(seconds).await,
            Deed::Settle(sku) => self.settle(&sku).await?,
            Deed::Events(sku, kind) => self.events(line, &sku, &kind).await?,
            Deed::Stand(sku, units) => self.stand(&sku, units).await,
            Deed::Again(id) => self.again(id.as_deref()).await?,
            Deed::Call(call) => self.call(line, &program, call).await?,
        }
        Ok(())
    }

    async fn call(&mut self, line: &Line, program: &str, mut call: Call) -> Result<(), String> {
        self.calls += 1;
        let number = || line.id.clone().unwrap_or_else(|| format!("auto-{}", self.calls));
        call.number(number);
        let server = match self.service {
            // A plan's window, and all dates, are told from the server's own clock.
            Some(_) => match deed(program, self.server_start(), machine_time(), &line.call)? {
                Deed::Call(mut call) => {
                    call.number(number);
                    Some(call)
                }
                _ => None,
            },
            None => None,
        };
        let mut made = Made {
            id: line.id.clone(),
            program: program.to_owned(),
            model: (call, Vec::new()),
            server: None,
        };
        let modelled = match line.server_only {
            true => None,
            false => {
                let outcome = self.ask_model(program, &made.model.0);
                expect::check(&outcome, line.expected.as_deref(), self.start)
                    .map_err(|error| format!("in memory it {error}"))?;
                made.model.1.clone_from(&outcome.bytes);
                Some(outcome)
            }
        };
        if let (Some(service), Some(call)) = (self.service, server) {
            let outcome = Outcome::from_server(&call, service.call(&call).await, self.days());
            expect::check(&outcome, line.expected.as_deref(), self.start)
                .map_err(|error| format!("on the server it {error}"))?;
            if let Some(modelled) = modelled.filter(|_| !line.is_loose) {
                self.agree(program, (&made.model.0, &modelled), (&call, &outcome)).await?;
            }
            made.server = Some((call, outcome.bytes));
        }
        if made.model.0.id().is_some() && !line.server_only {
            self.made.push(made);
        }
        Ok(())
    }

    /// Compares what was answered in memory with what the server answered.
    ///
    /// The server's background may have been faster than the next line. In memory it acts only when
    /// it is told to, so both are let come to rest then, and what is only shown is looked at again.
    async fn agree(
        &mut self,
        program: &str,
        model: (&Call, &Outcome),
        server: (&Call, &Outcome),
    ) -> Result<(), String> {
        let verdict = |modelled: &Outcome, served: &Outcome, with_versions| {
            let [modelled, served] = [modelled, served].map(|of| of.timeless(with_versions));
            let told = || format!("is in memory\n  {modelled:?}\nand on the server\n  {served:?}");
            if served == modelled { Ok(()) } else { Err(told()) }
        };
        let first = verdict(model.1, server.1, self.with_versions);
        let Some(service) = self.service.filter(|_| first.is_err()) else { return first };
        let movements = "SELECT count(*) FROM movement WHERE program = $1";
        let movements = sqlx::query_scalar(movements).bind(program).fetch_one(&service.sql).await;
        let movements: i64 = movements.expect("the ledger's length");
        let in_memory = self.worlds.get(program).map_or(0, |world| world.ledger.len());
        if program != self.base || usize::try_from(movements).expect("a length") <= in_memory {
            return first;
        }
        let skus = self.worlds[program].items.keys().map(ToString::to_string);
        for sku in skus.collect::<Vec<_>>() {
            self.settle(&sku).await?;
        }
        if model.0.id().is_some() {
            return verdict(model.1, server.1, false);
        }
        let modelled = self.ask_model(program, model.0);
        let served = service.call(server.0).await;
        verdict(&modelled, &Outcome::from_server(server.0, served, self.days()), false)
    }

    /// Makes many calls at once on the server, and one by one in memory: all must succeed.
    async fn storm(&mut self, lines: &[&Line]) -> Result<(), String> {
        self.with_versions = false;
        let base = self.base.clone();
        let mut calls = Vec::new();
        for line in lines {
            let Deed::Call(mut call) = deed(&base, self.start, self.now, &line.call)? else {
                return Err("only calls can be made at once".to_owned());
            };
            self.calls += 1;
            call.number(|| format!("auto-{}", self.calls));
            expect::check(&self.ask_model(&base, &call), None, self.start)?;
            calls.push(call);
        }
        let Some(service) = self.service else { return Ok(()) };
        let served = calls.iter().map(|call| service.call(call));
        let served = futures::future::join_all(served).await;
        served.into_iter().try_for_each(|answer| {
            answer.map(|_| ()).map_err(|status| format!("one of many is refused: {status:?}"))
        })
    }

    fn ask_model(&mut self, program: &str, call: &Call) -> Outcome {
        let now = self.now;
        let world = self.worlds.entry(program.to_owned());
        let world = world.or_insert_with(|| World::new(program, now));
        // What comes later is later.
        world.now = world.now.max(now) + TimeDelta::microseconds(1);
        Outcome::of(call, &model::answer(world, call))
    }

    async fn again(&mut self, id: Option<&str>) -> Result<(), String> {
        let found = match id {
            Some(id) => self.made.iter().find(|made| made.id.as_deref() == Some(id)),
            None => self.made.last(),
        };
        let made = found.cloned().ok_or("there is nothing to repeat")?;
        let outcome = self.ask_model(&made.program, &made.model.0);
        if outcome.bytes != made.model.1 {
            return Err(format!("in memory it gets another answer: {:?}", outcome.result));
        }
        if let (Some(service), Some((call, bytes))) = (self.service, made.server) {
            let outcome = Outcome::from_server(&call, service.call(&call).await, 0);
            if outcome.bytes != bytes {
                return Err(format!("on the server it gets another answer: {:?}", outcome.result));
            }
        }
        Ok(())
    }

    /// The days that have begun since the scenario started.
    fn days(&self) -> i64 {
        days_passed(self.start, self.passed)
    }

    /// The first day of the scenario, as the server's clock would have it now.
    fn server_start(&self) -> Time {
        self.start - TimeDelta::days(self.days())
    }

    async fn wait(&mut self, seconds: i64) {
        self.with_versions = false;
        let days = days_passed(self.start, self.passed + seconds) - self.days();
        self.passed += seconds;
        self.now += TimeDelta::seconds(seconds);
        for (program, world) in &mut self.worlds {
            world.now += TimeDelta::seconds(seconds);
            if let Some(service) = self.service {
                let_pass(&service.sql, program, seconds, days).await;
            }
        }
    }

    async fn settle(&mut self, sku: &str) -> Result<(), String> {
        self.with_versions = false;
        let now = self.now;
        let world = self.worlds.get_mut(&self.base).expect("the programme");
        world.now = world.now.max(now);
        world.tend(sku);
        let Some(service) = self.service else { return Ok(()) };
        let deadline = Instant::now() + SETTLES_WITHIN;
        while !is_settled(&service.sql, &self.base, sku).await {
            if Instant::now() > deadline {
                return Err("the background does not come to an end".to_owned());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// The events of an item whose types begin with `kind`, in the order of its ledger.
    async fn events(&self, line: &Line, sku: &str, kind: &str) -> Result<(), String> {
        let expected = expect::squeezed(line.expected.as_deref().unwrap_or_default(), self.start);
        let told = |shown: &[events::Told]| events::text(shown, kind);
        let modelled = told(&events::of_world(&self.worlds[&self.base], sku));
        if modelled != expected {
            return Err(format!("in memory it shows {modelled}"));
        }
        let Some(service) = self.service else { return Ok(()) };
        let served = events::of_database(&service.sql, &self.base, sku, self.days()).await;
        match told(&served) {
            same if same == expected => Ok(()),
            other => Err(format!("on the server it shows {other}")),
        }
    }

    /// As if the item's last arrival had brought so many units more.
    async fn stand(&mut self, sku: &str, units: i64) {
        let world = self.worlds.get_mut(&self.base).expect("the programme");
        let location = Location::stored("main");
        let item = world.items.get_mut(&Sku::stored(sku)).expect("the item");
        let more = units - item.on_hand;
        item.on_hand = units;
        item.stocks.get_mut(&location).expect("its stock").on_hand += more;
        let mut arrivals = world.ledger.iter_mut().rev().filter(|m| m.sku.as_str() == sku);
        let last = arrivals.find(|m| m.kind == Kind::Receive).expect("an arrival");
        last.delta.on_hand += more;
        let version = last.version;
        let Some(service) = self.service else { return };
        let statements = [
            "UPDATE item SET on_hand = on_hand + $3 WHERE program = $1 AND sku = $2 AND $4 > 0",
            "UPDATE stock SET on_hand = on_hand + $3
             WHERE program = $1 AND sku = $2 AND location = 'main' AND $4 > 0",
            "UPDATE movement SET on_hand = on_hand + $3
             WHERE program = $1 AND sku = $2 AND version = $4 AND kind = 'receive'",
        ];
        for statement in statements {
            let query = sqlx::query(statement).bind(&self.base).bind(sku).bind(more).bind(version);
            query.execute(&service.sql).await.expect("the units stand there");
        }
    }

    /// At the end the sums are right.
    async fn prove(&self) -> Result<(), String> {
        let Some(service) = self.service else { return Ok(()) };
        for (program, world) in &self.worlds {
            let request = proto::VerifyRequest { program: program.clone() };
            let proof = match (service.insight().verify(request).await, &world.program) {
                (Ok(proof), Some(_)) => proof.into_inner(),
                (Err(_), None) => continue,
                other => return Err(format!("Verify: {other:?}")),
            };
            if !proof.discrepancies.is_empty() {
                return Err(format!("Verify finds {:?}", proof.discrepancies));
            }
            let items = i64::try_from(world.items.len()).unwrap_or(0);
            if proof.items != items {
                return Err(format!("Verify saw {} items, not {items}", proof.items));
            }
        }
        Ok(())
    }
}

/// Whether the background has nothing left to do with an item: its own lists say so, looked at in
/// the order in which the work of one leads to that of the next.
async fn is_settled(sql: &PgPool, program: &str, sku: &str) -> bool {
    let lists = [
        include_str!("../../src/store/sql/list_due_items.sql"),
        include_str!("../../src/store/sql/list_passed.sql"),
        include_str!("../../src/store/sql/list_long_fills.sql"),
        include_str!("../../src/store/sql/list_redates.sql"),
    ];
    for statement in lists {
        let query = sqlx::query_scalar(statement).bind(program).bind(LISTED_MAX);
        let items: Vec<String> = query.fetch_all(sql).await.expect("a look");
        if items.iter().any(|item| item == sku) {
            return false;
        }
    }
    let lists = [
        include_str!("../../src/store/sql/list_ready_checks.sql"),
        include_str!("../../src/store/sql/list_waited.sql"),
    ];
    let mut orders: Vec<String> = Vec::new();
    for statement in lists {
        let query = sqlx::query_scalar(statement).bind(program).bind(LISTED_MAX);
        orders.extend(query.fetch_all(sql).await.expect("a look"));
    }
    let statement = "SELECT EXISTS (SELECT FROM line
                     WHERE program = $1 AND sku = $2 AND reservation = ANY ($3))";
    let query = sqlx::query_scalar(statement).bind(program).bind(sku).bind(orders);
    let may_be_ready: bool = query.fetch_one(sql).await.expect("a look");
    !may_be_ready
}
