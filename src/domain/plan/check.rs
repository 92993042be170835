//! A plan is checked whole, so that everything that is missing is said at once.

use super::{
    ANSWER_SECONDS_MAX, ANSWER_SECONDS_MIN, DelayAnswers, Fault, NOTE_LENGTH_MAX, Plan,
    STAGE_NAME_LENGTH_MAX, STAGES_MAX, Stage, Terms, parse_date,
};
use crate::domain::{Date, QUANTITY_MAX, Time, Units, note};

/// The first instant of a date, in UTC.
fn start_of(date: Date) -> Time {
    date.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// What a plan is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'p> {
    /// The database's clock.
    pub now: Time,
    /// The version that the plan gets.
    pub version: i64,
    /// Units announced and not yet received.
    pub inbound: Units,
    /// The plan that is updated; `None` = one is opened.
    pub prior: Option<&'p Plan>,
}

/// Checks a plan whole.
///
/// # Errors
///
/// Everything that is missing or contradictory, each with its field.
pub fn check(terms: &Terms, ground: Ground<'_>) -> Result<Plan, Vec<Fault>> {
    let mut faults = Vec::new();
    check_numbers(terms, ground, &mut faults);
    let ship_by = check_ship_by(terms, ground.now, &mut faults);
    let opens_at = terms.opens_at.unwrap_or(ground.prior.map_or(ground.now, |plan| plan.opens_at));
    check_window(terms, opens_at, ship_by, ground, &mut faults);
    check_note(terms, ship_by, ground.now, &mut faults);
    let timeline = check_timeline(terms, ship_by, &mut faults);
    let delay_answers = check_answers(terms, &mut faults);
    let (Some(ship_by), Some(closes_at), []) = (ship_by, terms.closes_at, &faults[..]) else {
        return Err(faults);
    };
    let closed_at = ground.prior.and_then(|plan| plan.closed_at);
    let was_told = ground.prior.is_some_and(|plan| plan.told_closed);
    let told_closed = was_told && (closed_at.is_some() || closes_at <= ground.now);
    Ok(Plan {
        version: ground.version,
        cap: terms.cap,
        opens_at,
        closes_at,
        ship_by,
        note: terms.note.clone(),
        allowance: terms.allowance,
        customer_limit: terms.customer_limit,
        timeline,
        closed_at,
        cap_by_inbound: terms.cap_by_inbound,
        delay_answers,
        told_closed,
        overdue: false,
    })
}

/// What is wrong with a plan whatever the day is, and whichever item it is for: what can be told
/// with a request that is not of the right form.
#[must_use]
pub fn faults_of_form(terms: &Terms) -> Vec<Fault> {
    // Of a day on which all that the plan names is still to come.
    let first = parse_date(&terms.ship_by).map(start_of).into_iter();
    let first = first.chain(terms.closes_at).chain(terms.opens_at).min().unwrap_or_default();
    let now = first.checked_sub_signed(chrono::TimeDelta::seconds(1)).unwrap_or(first);
    let ground = Ground { now, version: 1, inbound: 1, prior: None };
    check(terms, ground).err().unwrap_or_default()
}

/// Remarks on a plan that are no refusals.
#[must_use]
pub fn warnings(plan: &Plan, ships_together: bool) -> Vec<String> {
    let mut warnings = note::warnings(&plan.note, ships_together);
    if plan.allowance == 0 {
        let text = "The allowance is 0: no extra units are planned for damage, overselling and \
                    replacements.";
        warnings.push(text.to_owned());
    }
    if plan.timeline.is_empty() {
        let text = "The timeline is empty: nobody can follow how collecting, producing and \
                    shipping come along.";
        warnings.push(text.to_owned());
    }
    warnings
}

fn fault(faults: &mut Vec<Fault>, field: &str, rule: impl Into<String>) {
    faults.push(Fault { field: format!("plan.{field}"), rule: rule.into(), is_note: false });
}

fn check_numbers(terms: &Terms, ground: Ground<'_>, faults: &mut Vec<Fault>) {
    if !(1..=QUANTITY_MAX).contains(&terms.cap) {
        fault(faults, "cap", "is required: 1 to 1,000,000,000 units; there is no unlimited");
    }
    if !(0..=QUANTITY_MAX).contains(&terms.allowance) {
        fault(faults, "allowance", "must be 0 to 1,000,000,000 units");
    }
    if !(0..=QUANTITY_MAX).contains(&terms.customer_limit) {
        fault(faults, "customer_limit", "must be 0 (no limit) to 1,000,000,000 units");
    }
    // A plan that follows supply goes on doing so when the last of it has come.
    let follows = ground.prior.is_some_and(|plan| plan.cap_by_inbound);
    if terms.cap_by_inbound && ground.inbound == 0 && !follows {
        fault(faults, "cap_by_inbound", "needs announced inbound, and there is none for this item");
    }
}

fn check_answers(terms: &Terms, faults: &mut Vec<Fault>) -> Option<DelayAnswers> {
    let asked = terms.delay_answers?;
    let in_range = |seconds: &i64| (ANSWER_SECONDS_MIN..=ANSWER_SECONDS_MAX).contains(seconds);
    let within = asked.answer_within_seconds.filter(in_range);
    if within.is_none() {
        let rule = "must be a whole number of seconds, 1 hour to 90 days";
        fault(faults, "delay_answers.answer_within", rule);
    }
    if asked.on_silence.is_none() {
        let rule = "must be ON_SILENCE_KEEP, ON_SILENCE_RELEASE or ON_SILENCE_BY_CLASS";
        fault(faults, "delay_answers.on_silence", rule);
    }
    let (answer_within_seconds, on_silence) = within.zip(asked.on_silence)?;
    Some(DelayAnswers { answer_within_seconds, on_silence })
}

fn check_ship_by(terms: &Terms, now: Time, faults: &mut Vec<Fault>) -> Option<Date> {
    let ship_by = parse_date(&terms.ship_by);
    match ship_by {
        None => fault(faults, "ship_by", "is required: an ISO 8601 date such as 2027-01-31"),
        Some(date) if date < now.date_naive() => {
            fault(
                faults,
                "ship_by",
                format!("must not be in the past: today is {}", now.date_naive()),
            );
        }
        Some(_) => {}
    }
    ship_by
}

fn check_window(
    terms: &Terms,
    opens_at: Time,
    ship_by: Option<Date>,
    ground: Ground<'_>,
    faults: &mut Vec<Fault>,
) {
    let Some(closes_at) = terms.closes_at else {
        return fault(faults, "closes_at", "is required: when intake ends");
    };
    if closes_at <= opens_at {
        fault(faults, "closes_at", "must be after opens_at");
    }
    if closes_at <= ground.now && ground.prior.is_none() {
        fault(faults, "closes_at", "must be in the future");
    }
    if ship_by.is_some_and(|date| closes_at > start_of(date)) {
        fault(faults, "closes_at", "must be before ship_by: at the latest 00:00 UTC of that day");
    }
}

fn check_note(terms: &Terms, ship_by: Option<Date>, now: Time, faults: &mut Vec<Fault>) {
    let length = terms.note.chars().count();
    if terms.note.trim().is_empty() {
        return fault(faults, "note", "is required: what the customer reads, with the date");
    }
    if length > NOTE_LENGTH_MAX {
        let rule = format!("must be at most {NOTE_LENGTH_MAX} characters, not {length}");
        return fault(faults, "note", rule);
    }
    let closes_on = terms.closes_at.unwrap_or(now).date_naive();
    let Some(ship_by) = ship_by else {
        // Which date it must name is not known, but that it names none is.
        if note::windows(&terms.note, closes_on, closes_on).is_empty() {
            fault(faults, "note", "must name a date or a window that contains or ends at ship_by");
        }
        return;
    };
    if let Err(unclear) = note::check(&terms.note, ship_by, closes_on) {
        let field = "plan.note".to_owned();
        faults.push(Fault { field, rule: unclear.rule(), is_note: true });
    }
}

fn check_timeline(terms: &Terms, ship_by: Option<Date>, faults: &mut Vec<Fault>) -> Vec<Stage> {
    if terms.timeline.len() > STAGES_MAX {
        fault(faults, "timeline", format!("must have at most {STAGES_MAX} stages"));
        return Vec::new();
    }
    let mut stages: Vec<Stage> = Vec::new();
    for (index, (name, date)) in terms.timeline.iter().enumerate() {
        if !(1..=STAGE_NAME_LENGTH_MAX).contains(&name.chars().count()) {
            fault(faults, &format!("timeline[{index}].name"), "must be 1 to 256 characters");
        }
        let field = format!("timeline[{index}].date");
        match parse_date(date) {
            None => fault(faults, &field, "must be an ISO 8601 date such as 2027-01-31"),
            Some(date) if stages.last().is_some_and(|last| date < last.date) => {
                fault(faults, &field, "must not be before the stage in front of it");
            }
            Some(date) if ship_by.is_some_and(|by| date > by) => {
                fault(faults, &field, "must not be after ship_by");
            }
            Some(date) => stages.push(Stage { name: name.clone(), date }),
        }
    }
    stages
}
