//! Properties of the rules on thousands of random histories, and the store against `decide` as its
//! model.
//!
//! A history is text in the language of `tests/scenarios`. One that breaks a property is shortened
//! as far as it still breaks it, and printed with its seed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "scenarios/expect.rs"]
mod expect;
#[path = "scenarios/facts.rs"]
mod facts;
#[path = "properties/generator.rs"]
mod generator;
#[path = "properties/history.rs"]
mod history;
#[path = "properties/lists.rs"]
mod lists;
#[path = "properties/long_queues.rs"]
mod long_queues;
#[path = "properties/rows.rs"]
mod rows;
#[path = "properties/store.rs"]
mod store;
#[allow(dead_code, reason = "each test uses its part of it")]
mod support;

use history::{Step, Verdict, digest, loose_digest, steps, verdict};
use support::call::Call;
use support::outcome::Outcome;
use support::world::World;
use support::{invariants, language, promised};

/// Histories of each pure property. `BACKSTOCK_HISTORIES` asks for more.
fn histories(usual: u64) -> u64 {
    std::env::var("BACKSTOCK_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// Looks at many histories, and fails with the shortest form of the first that breaks the property.
fn for_all(name: &str, usual: u64, length: usize, check: fn(&[String]) -> Verdict) {
    for scenario in language::scenarios("known.txt", include_str!("properties/known.txt")) {
        let lines: Vec<String> = scenario.lines.into_iter().map(|line| line.call).collect();
        verdict(&lines, check).unwrap_or_else(|error| panic!("{}: {error}", scenario.title));
    }
    for seed in 1..=histories(usual) {
        let lines = generator::history(seed, length);
        let Err(first) = verdict(&lines, check) else { continue };
        let short = history::shorten(lines, |lines| verdict(lines, check).is_err());
        let error = verdict(&short, check).err().unwrap_or(first);
        panic!("{name}, seed {seed}: {error}\n\n# as a scenario\n{}\n", short.join("\n"));
    }
}

#[test]
fn the_rules_hold_after_every_step() {
    for_all("invariants", 1500, 40, |lines| hold(World::new("p", history::START), lines));
}

#[test]
fn the_rules_hold_while_long_queues_are_worked_off() {
    for_all("long queues", 1000, 60, |lines| {
        let world = World::new("p", history::START);
        hold(World { lines_max: 2, ..world }, lines)
    });
}

fn hold(mut world: World, lines: &[String]) -> Verdict {
    for (line, step) in steps(lines) {
        let before = world.clone();
        step.run(&mut world);
        let broken = |error| format!("after `{line}`: {error}");
        invariants::check(&world).map_err(broken)?;
        let mark = before.ledger.len();
        invariants::check_order(&before, &world, mark).map_err(broken)?;
        promised::check_told(&before, &world, mark).map_err(broken)?;
        promised::check_accepted(&world, mark).map_err(broken)?;
        promised::check_covered(&before, &world, mark).map_err(broken)?;
    }
    for sku in world.items.keys().map(ToString::to_string).collect::<Vec<_>>() {
        world.tend(&sku);
    }
    let broken = |error| format!("at the end: {error}");
    invariants::check(&world).map_err(broken)?;
    promised::check_ready(&world).map_err(broken)
}

#[test]
fn a_batch_equals_its_singles() {
    for_all("batch", 2500, 40, |lines| {
        let (mut batched, mut single) =
            (World::new("p", history::START), World::new("p", history::START));
        for chunk in history::chunks(&steps(lines), 20) {
            if let Some(pause) = &chunk.pause {
                pause.run(&mut batched);
                pause.run(&mut single);
                continue;
            }
            let together = batched.run(&chunk.requests);
            for (request, body) in chunk.requests.iter().zip(together) {
                let alone = single.run(std::slice::from_ref(request)).remove(0);
                if chunk.told(request, &alone) != chunk.told(request, &body) {
                    let (is, was) = (chunk.show(request, &body), chunk.show(request, &alone));
                    return Err(format!("in a batch {is}\nalone {was}"));
                }
            }
        }
        history::same(&loose_digest(&batched), &loose_digest(&single))
    });
}

#[test]
fn what_is_told_does_not_depend_on_how_much_one_sweep_takes() {
    for_all("short sweeps", 1000, 40, |lines| {
        let mut at_once = World::new("p", history::START);
        let mut bit_by_bit = World { due_max: 1, ..at_once.clone() };
        for (line, step) in steps(lines) {
            // What is owed to a line may come to it later, like any long fill.
            for sku in history::waits_for(&bit_by_bit, &step) {
                at_once.tend(&sku);
                bit_by_bit.tend(&sku);
            }
            if matches!(step, Step::Tend(_)) {
                continue;
            }
            let (one, other) = (step.run(&mut at_once), step.run(&mut bit_by_bit));
            let Step::Ask(call, _) = &step else { continue };
            let told = |body: Option<_>| {
                body.map(|body| history::added_up(Outcome::of(call, &body).timeless(false)))
            };
            let (one, other) = (told(one), told(other));
            if one != other {
                return Err(format!("`{line}` gets\n  at once {one:?}\n  bit by bit {other:?}"));
            }
            invariants::check(&bit_by_bit).map_err(|error| format!("after `{line}`: {error}"))?;
        }
        let (one, other) = (&at_once, &bit_by_bit);
        history::same(&history::outcome_digest(one), &history::outcome_digest(other))
    });
}

#[test]
fn repeating_a_request_changes_nothing_and_gets_the_same_answer() {
    for_all("repeat", 600, 40, |lines| {
        let mut world = World::new("p", history::START);
        let mut answered = Vec::new();
        for (line, step) in steps(lines) {
            if let (Step::Ask(_, request), Some(body)) = (&step, step.run(&mut world)) {
                answered.push((line, request.clone(), body));
            }
        }
        for sku in world.items.keys().map(ToString::to_string).collect::<Vec<_>>() {
            world.tend(&sku);
        }
        let before = digest(&world);
        for (line, request, body) in &answered {
            let id = request.id.as_ref().expect("a history has no dry runs");
            if !world.answers.contains_key(id) {
                continue;
            }
            let again = world.run(std::slice::from_ref(request)).remove(0);
            if again != *body {
                return Err(format!("`{line}` again gets another answer"));
            }
        }
        history::same(&before, &digest(&world))
    });
}

#[test]
fn the_order_of_commands_on_different_items_does_not_matter() {
    for_all("order", 1000, 40, |lines| {
        let mut world = World::new("p", history::START);
        let steps = steps(lines);
        for (at, (line, step)) in steps.iter().enumerate() {
            let next = steps.get(at + 1);
            if let (Step::Ask(first, one), Some((behind, Step::Ask(second, other)))) = (step, next)
                && at % 3 == 0
                && history::are_apart(&world, one, other)
            {
                let (mut forth, mut back) = (world.clone(), world.clone());
                let there = forth.run(&[(**one).clone(), (**other).clone()]);
                let mut turned = back.run(&[(**other).clone(), (**one).clone()]);
                turned.reverse();
                let same = history::same(&loose_digest(&forth), &loose_digest(&back));
                same.map_err(|error| format!("`{line}` and `{behind}`: {error}"))?;
                let told = |call: &Call, body| Outcome::of(call, body).timeless(false);
                if told(first, &there[0]) != told(first, &turned[0])
                    || told(second, &there[1]) != told(second, &turned[1])
                {
                    return Err(format!("`{line}` and `{behind}`: other answers"));
                }
            }
            step.run(&mut world);
        }
        Ok(())
    });
}
