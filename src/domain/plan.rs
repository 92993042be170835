//! A plan: what opens backorders. Checked whole, so that everything that is missing is said at
//! once.

use super::{Date, QUANTITY_MAX, Sku, Time, Units};

/// Most characters of a note.
pub const NOTE_LENGTH_MAX: usize = 1024;
/// Most stages of a timeline.
pub const STAGES_MAX: usize = 20;
/// Most characters of a stage's name.
pub const STAGE_NAME_LENGTH_MAX: usize = 256;

/// A plan that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// One more for each plan of the item.
    pub version: i64,
    /// Most units that may be backordered at any moment.
    pub cap: Units,
    /// When intake starts.
    pub opens_at: Time,
    /// When intake ends.
    pub closes_at: Time,
    /// The date promised.
    pub ship_by: Date,
    /// What the customer reads.
    pub note: String,
    /// Extra units to order.
    pub allowance: Units,
    /// Most backordered units for one customer; 0 = no limit.
    pub customer_limit: Units,
    /// What happens when, in order.
    pub timeline: Vec<Stage>,
    /// When it was closed by hand.
    pub closed_at: Option<Time>,
}

/// One step of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// For people.
    pub name: String,
    /// When it is done.
    pub date: Date,
}

/// A plan as it was asked for, not yet checked.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The SKU.
    pub sku: Sku,
    /// Most units that may be backordered at any moment.
    pub cap: Units,
    /// When intake starts; `None` = at once.
    pub opens_at: Option<Time>,
    /// When intake ends.
    pub closes_at: Option<Time>,
    /// The date promised, ISO 8601.
    pub ship_by: String,
    /// What the customer reads.
    pub note: String,
    /// Extra units to order.
    pub allowance: Units,
    /// Whether the cap follows announced supply.
    pub cap_by_inbound: bool,
    /// Most backordered units for one customer; 0 = no limit.
    pub customer_limit: Units,
    /// Names and ISO 8601 dates.
    pub timeline: Vec<(String, String)>,
}

/// Something that a plan lacks or contradicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field, for example `plan.closes_at`.
    pub field: String,
    /// What would be right.
    pub rule: String,
}

/// Where a plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanState {
    /// The window has not opened yet.
    Scheduled,
    /// Backorders are taken.
    Open,
    /// The window is open, the cap is reached.
    Full,
    /// The window is over, or the plan was closed.
    Closed,
}

impl Plan {
    /// Where it stands at `now`, with so many units backordered under the cap.
    #[must_use]
    pub fn state(&self, now: Time, backordered: Units) -> PlanState {
        if self.closed_at.is_some() || now >= self.closes_at {
            PlanState::Closed
        } else if now < self.opens_at {
            PlanState::Scheduled
        } else if backordered >= self.cap {
            PlanState::Full
        } else {
            PlanState::Open
        }
    }
}

/// Reads an ISO 8601 date of the form 2027-01-31.
#[must_use]
pub fn parse_date(text: &str) -> Option<Date> {
    let date = Date::parse_from_str(text, "%Y-%m-%d").ok()?;
    (date.to_string() == text).then_some(date)
}

/// The last instant of a date, in UTC.
fn end_of(date: Date) -> Time {
    date.and_time(chrono::NaiveTime::MIN).and_utc() + chrono::TimeDelta::days(1)
}

/// Checks a plan whole and gives it the version `version`.
///
/// # Errors
///
/// Everything that is missing or contradictory, each with its field.
pub fn check(terms: &Terms, now: Time, version: i64) -> Result<Plan, Vec<Fault>> {
    let mut faults = Vec::new();
    check_numbers(terms, &mut faults);
    let ship_by = check_ship_by(terms, now, &mut faults);
    let opens_at = terms.opens_at.unwrap_or(now);
    check_window(terms, opens_at, ship_by, now, &mut faults);
    check_note(terms, &mut faults);
    let timeline = check_timeline(terms, ship_by, &mut faults);
    let (Some(ship_by), Some(closes_at), []) = (ship_by, terms.closes_at, &faults[..]) else {
        return Err(faults);
    };
    Ok(Plan {
        version,
        cap: terms.cap,
        opens_at,
        closes_at,
        ship_by,
        note: terms.note.clone(),
        allowance: terms.allowance,
        customer_limit: terms.customer_limit,
        timeline,
        closed_at: None,
    })
}

fn fault(faults: &mut Vec<Fault>, field: &str, rule: impl Into<String>) {
    faults.push(Fault { field: format!("plan.{field}"), rule: rule.into() });
}

fn check_numbers(terms: &Terms, faults: &mut Vec<Fault>) {
    if !(1..=QUANTITY_MAX).contains(&terms.cap) {
        fault(faults, "cap", "is required: 1 to 1,000,000,000 units; there is no unlimited");
    }
    if !(0..=QUANTITY_MAX).contains(&terms.allowance) {
        fault(faults, "allowance", "must be 0 to 1,000,000,000 units");
    }
    if !(0..=QUANTITY_MAX).contains(&terms.customer_limit) {
        fault(faults, "customer_limit", "must be 0 (no limit) to 1,000,000,000 units");
    }
    if terms.cap_by_inbound {
        fault(faults, "cap_by_inbound", "needs announced inbound, and there is none for this item");
    }
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
    now: Time,
    faults: &mut Vec<Fault>,
) {
    let Some(closes_at) = terms.closes_at else {
        return fault(faults, "closes_at", "is required: when intake ends");
    };
    if closes_at <= opens_at {
        fault(faults, "closes_at", "must be after opens_at");
    }
    if closes_at <= now {
        fault(faults, "closes_at", "must be in the future");
    }
    if ship_by.is_some_and(|date| closes_at > end_of(date)) {
        fault(faults, "closes_at", "must not be after ship_by");
    }
}

fn check_note(terms: &Terms, faults: &mut Vec<Fault>) {
    let length = terms.note.chars().count();
    if terms.note.trim().is_empty() {
        fault(faults, "note", "is required: what the customer reads, with the date");
    } else if length > NOTE_LENGTH_MAX {
        fault(
            faults,
            "note",
            format!("must be at most {NOTE_LENGTH_MAX} characters, not {length}"),
        );
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
