//! What an outcome shows, as named facts that an expectation can ask for.

use std::collections::BTreeMap;

use backstock::proto;

use crate::support::outcome::{Refused, Shown};

/// Something that an outcome shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fact {
    /// What it is about: `line`, `short`, `field`, `to`, `result`, `total`, or `is` for a mere
    /// word.
    pub kind: &'static str,
    /// Of which one.
    pub name: String,
    /// Its numbers.
    pub values: BTreeMap<&'static str, String>,
    /// Numbers that are nought unless the expectation names them.
    pub strict: &'static [&'static str],
}

fn fact(kind: &'static str, name: &str, strict: &'static [&'static str]) -> Fact {
    Fact { kind, name: name.to_owned(), values: BTreeMap::new(), strict }
}

impl Fact {
    fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.values.insert(key, value.to_string());
        self
    }

    fn promised(self, promise: Option<&proto::Promise>) -> Self {
        match promise {
            Some(promise) => self
                .with("promise", known(&promise.ship_by))
                .with("originally", &promise.original_ship_by)
                .with("plan", promise.plan_version)
                .with("note", &promise.note),
            None => self.with("promise", "none"),
        }
    }
}

/// A date, or that none is known.
fn known(date: &str) -> &str {
    if date.is_empty() { "unknown" } else { date }
}

fn word(word: &str) -> Fact {
    fact("is", word, &[])
}

fn places(places: &[proto::LocationQuantity]) -> String {
    let place = |at: &proto::LocationQuantity| format!("{} {}", at.location, at.quantity);
    places.iter().map(place).collect::<Vec<_>>().join(" ")
}

/// What a response shows; queues and ledgers are compared as text (see [`text`]).
pub fn of(shown: &Shown) -> Vec<Fact> {
    match shown {
        Shown::Reservation(reservation, shortages) => {
            let mut facts = reservation_facts(reservation);
            facts.extend(shortages.iter().map(short));
            facts
        }
        Shown::Released(response) => {
            let mut facts =
                response.reservation.as_ref().map(reservation_facts).unwrap_or_default();
            let returned = response.released.iter();
            facts.extend(returned.map(|l| fact("returned", &l.sku, &[]).with("units", l.quantity)));
            facts.push(fact("total", "", &["filled"]).with("filled", response.filled_units));
            facts.extend(response.already_released.then(|| word("already")));
            facts
        }
        Shown::Received(response) => response.results.iter().flat_map(arrived).collect(),
        Shown::Items(items) => items.iter().map(item).collect(),
        Shown::Program(program) => vec![
            fact("total", "", &[])
                .with("hold", program.default_hold.as_ref().map_or(0, |hold| hold.seconds))
                .with("listings", program.max_backorder_listings)
                .with("location", &program.default_location),
        ],
        Shown::Places(places) => {
            let place = |(at, place): (usize, &proto::Location)| {
                fact("place", &place.location, &[])
                    .with("units", at + 1)
                    .with("priority", place.priority)
            };
            places.iter().enumerate().map(place).collect()
        }
        Shown::Plan(plan, warnings) => plan_facts(plan, warnings),
        Shown::Inbound(inbound) => inbound_facts(inbound),
        Shown::Batch(results) => results.iter().enumerate().map(result).collect(),
        Shown::Backlog(_)
        | Shown::Movements(_)
        | Shown::Plans(_)
        | Shown::Inbounds(_)
        | Shown::Reservations(_)
        | Shown::Suggestions(_) => Vec::new(),
    }
}

fn reservation_facts(reservation: &proto::Reservation) -> Vec<Fact> {
    let state = reservation.state().as_str_name();
    let state = state.trim_start_matches("RESERVATION_STATE_").to_lowercase();
    let ready = if reservation.ready_to_ship { "ready" } else { "waiting" };
    let together =
        if reservation.together_until.is_empty() { "none" } else { &reservation.together_until };
    let order = fact("total", "", &[]).with("together", together);
    let mut facts = vec![word(&state), word(ready), order];
    facts.extend(reservation.lines.iter().map(|line| {
        let ahead = line.queue_ahead.map_or("none".to_owned(), |units| units.to_string());
        fact("line", &line.sku, &["allocated", "backordered", "shipped", "released"])
            .with("ordered", line.ordered)
            .with("allocated", line.allocated)
            .with("backordered", line.backordered)
            .with("shipped", line.shipped)
            .with("released", line.released)
            .with("at", places(&line.allocations))
            .with("ahead", ahead)
            .with("version", line.item_version)
            .with("asked", line.delay_question.as_ref().map_or("nothing", asked))
            .promised(line.promise.as_ref())
    }));
    facts
}

/// What silence means, of a question that is open.
fn asked(question: &proto::DelayQuestion) -> &'static str {
    match question.on_silence() {
        proto::DelayAnswer::Keep => "keep",
        proto::DelayAnswer::Cancel => "cancel",
        proto::DelayAnswer::Unspecified => "unspecified",
    }
}

fn short(short: &proto::Shortage) -> Fact {
    let reason = short.reason().as_str_name().trim_start_matches("REASON_");
    fact("short", &short.sku, &[])
        .with("requested", short.requested)
        .with("available", short.available)
        .with("missing", short.short)
        .with("headroom", short.backorder_headroom)
        .with("reason", if reason == "UNSPECIFIED" { "none" } else { reason })
        .with("version", short.item_version)
        .promised(short.promise.as_ref())
}

fn arrived(result: &proto::ReceiptResult) -> Vec<Fact> {
    let mut facts = vec![
        fact("line", &result.sku, &["damaged", "filled", "left"])
            .with("received", result.received)
            .with("damaged", result.damaged)
            .with("filled", result.filled_units)
            .with("left", result.queue_left)
            .with("available", result.available)
            .with("version", result.item_version),
    ];
    facts.extend(result.filled.iter().map(|line| {
        let ready = if line.ready_to_ship { "yes" } else { "no" };
        fact("to", &line.reservation_id, &[]).with("units", line.quantity).with("ready", ready)
    }));
    facts
}

fn item(item: &proto::ItemStock) -> Fact {
    fact("line", &item.sku, &["on_hand", "allocated", "available", "backordered", "bumped"])
        .with("on_hand", item.on_hand)
        .with("allocated", item.allocated)
        .with("available", item.available)
        .with("backordered", item.backordered)
        .with("bumped", item.bumped)
        .with("safety", item.safety_stock)
        .with("headroom", item.backorder_headroom)
        .with("inbound", item.inbound)
        .with("version", item.item_version)
        .with("at", places(&item.on_hand_at))
        .promised(item.promise.as_ref())
}

fn plan_state(plan: &proto::Plan) -> String {
    plan.state().as_str_name().trim_start_matches("PLAN_STATE_").to_lowercase()
}

fn plan_facts(plan: &proto::Plan, warnings: &[String]) -> Vec<Fact> {
    let mut facts = vec![
        word(&plan_state(plan)),
        fact("line", &plan.sku, &[])
            .with("cap", plan.cap)
            .with("effective", plan.effective_cap)
            .with("backordered", plan.backordered)
            .with("limit", plan.customer_limit)
            .with("allowance", plan.allowance)
            .with("stages", plan.timeline.len())
            .with("ships", &plan.ship_by)
            .with("warnings", warnings.len())
            .with("version", plan.version),
    ];
    facts.extend(plan.cap_by_inbound.then(|| word("by_inbound")));
    facts.extend(plan.delay_answers.as_ref().map(|asks| {
        let silence = asks.on_silence().as_str_name().trim_start_matches("ON_SILENCE_");
        word(&format!("asks_{}", silence.to_lowercase()))
    }));
    facts
}

fn inbound_facts(inbound: &proto::Inbound) -> Vec<Fact> {
    let mut facts = vec![
        fact("line", &inbound.inbound_id, &["received", "damaged"])
            .with("expected", inbound.expected)
            .with("received", inbound.received)
            .with("damaged", inbound.damaged)
            .with("left", inbound.left)
            .with("arrives", &inbound.arrives_on)
            .with("ships", &inbound.ships_on),
    ];
    facts.extend(flags(inbound).into_iter().map(word));
    facts
}

fn flags(inbound: &proto::Inbound) -> Vec<&'static str> {
    let flags = [
        (inbound.cancelled, "cancelled"),
        (inbound.closed, "closed"),
        (inbound.overdue, "overdue"),
    ];
    flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).collect()
}

fn result((at, result): (usize, &proto::BatchReserveResult)) -> Fact {
    use proto::batch_reserve_result::Result as Of;
    let shown = fact("result", &(at + 1).to_string(), &["allocated"]);
    match &result.result {
        Some(Of::Reservation(reservation)) => shown
            .with("allocated", reservation.lines.iter().map(|line| line.allocated).sum::<i64>())
            .with("reservation", &reservation.reservation_id)
            .with("missing", result.shortages.iter().map(|short| short.short).sum::<i64>()),
        Some(Of::Refusal(refusal)) => shown
            .with("allocated", 0)
            .with("refused", refusal.reason().as_str_name().trim_start_matches("REASON_")),
        None => shown,
    }
}

/// What a refusal shows.
pub fn of_refusal(refused: &Refused) -> Vec<Fact> {
    let mut facts: Vec<Fact> = refused.shortages.iter().map(short).collect();
    facts.extend(refused.fields.iter().map(|field| fact("field", field, &[])));
    facts
}

/// A queue or a ledger as text.
pub fn text(shown: &Shown) -> Option<String> {
    let lines: Vec<String> = match shown {
        Shown::Backlog(entries) => entries
            .iter()
            .map(|entry| {
                let bumped = if entry.bumped { " bumped" } else { "" };
                let by = if entry.inbound_id.is_empty() { "" } else { " by " };
                let (id, units) = (&entry.reservation_id, entry.quantity);
                format!("{id} {units}{bumped}{by}{}", entry.inbound_id)
            })
            .collect(),
        Shown::Plans(plans) => {
            plans.iter().map(|plan| format!("{} {}", plan.sku, plan_state(plan))).collect()
        }
        Shown::Inbounds(inbounds) => inbounds.iter().map(inbound).collect(),
        Shown::Reservations(reservations) => {
            let state = |r: &proto::Reservation| {
                r.state().as_str_name().trim_start_matches("RESERVATION_STATE_").to_lowercase()
            };
            let shown = |r: &proto::Reservation| format!("{} {}", r.reservation_id, state(r));
            reservations.iter().map(shown).collect()
        }
        Shown::Suggestions(suggestions) => suggestions.iter().map(suggestion).collect(),
        Shown::Movements(movements) => movements.iter().map(movement).collect(),
        _ => return None,
    };
    Some(if lines.is_empty() { "nobody".to_owned() } else { lines.join(", ") })
}

fn inbound(inbound: &proto::Inbound) -> String {
    let proto::Inbound { inbound_id, sku, left, ships_on, .. } = inbound;
    let mut words = vec![format!("{inbound_id} {sku} {left} {ships_on}")];
    words.extend(flags(inbound).into_iter().map(ToOwned::to_owned));
    words.join(" ")
}

/// `A 9 = 5 + 1 + 4 - 1 of 2 calls`: what to order, and what that is made of.
fn suggestion(of: &proto::PurchaseSuggestion) -> String {
    format!(
        "{} {} = {} + {} + {} - {} of {} calls",
        of.sku, of.quantity, of.backordered, of.allowance, of.refused, of.inbound, of.refused_calls
    )
}

fn movement(movement: &proto::Movement) -> String {
    let kind = movement.kind().as_str_name().trim_start_matches("MOVEMENT_KIND_").to_lowercase();
    let counters = [
        ("on_hand", movement.on_hand),
        ("allocated", movement.allocated),
        ("backordered", movement.backordered),
        ("bumped", movement.bumped),
        ("damaged", movement.damaged),
        ("inbound", movement.inbound),
    ];
    let counters = counters.into_iter().filter(|(_, units)| *units != 0);
    let mut words = vec![kind];
    words.extend((!movement.reservation_id.is_empty()).then(|| movement.reservation_id.clone()));
    words.extend(counters.map(|(name, units)| format!("{name} {units:+}")));
    words.extend((!movement.location.is_empty()).then(|| format!("at {}", movement.location)));
    words.join(" ")
}
