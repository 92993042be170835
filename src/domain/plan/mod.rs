//! A plan: what opens backorders. Checked whole, so that everything that is missing is said at
//! once.

mod check;

use super::event::DelayClass;
use super::note::PlanNote;
use super::{Date, Sku, Time, Units};

pub use check::{Ground, check, faults_of_form, warnings};

/// Most characters of a note.
pub const NOTE_LENGTH_MAX: usize = 1024;
/// The shortest time to answer a question about a delay: 1 hour.
pub const ANSWER_SECONDS_MIN: i64 = 3600;
/// The longest: 90 days.
pub const ANSWER_SECONDS_MAX: i64 = 90 * 86_400;
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
    /// Whether the cap follows announced supply.
    pub cap_by_inbound: bool,
    /// How customers are asked when a date gets later; `None` = they are only told.
    pub delay_answers: Option<DelayAnswers>,
    /// That its window is over was said.
    pub told_closed: bool,
    /// Its date passed: promises no longer count on it.
    pub overdue: bool,
}

/// How customers are asked whether to keep an order whose date got later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelayAnswers {
    /// How long a customer has to answer.
    pub answer_within_seconds: i64,
    /// What silence means.
    pub on_silence: OnSilence,
}

/// The same as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedAnswers {
    /// Seconds; `None` = not a whole number of them.
    pub answer_within_seconds: Option<i64>,
    /// `None` = not said.
    pub on_silence: Option<OnSilence>,
}

/// What it means when a customer does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnSilence {
    /// The line is kept.
    Keep,
    /// What has not come is released.
    Release,
    /// Kept after a first delay of at most 30 days, else released.
    ByClass,
}

impl OnSilence {
    /// Whether silence keeps a line after such a delay.
    #[must_use]
    pub fn keeps(self, class: DelayClass) -> bool {
        match self {
            Self::Keep => true,
            Self::Release => false,
            Self::ByClass => class == DelayClass::Within30Days,
        }
    }
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
    /// How customers are asked when a date gets later.
    pub delay_answers: Option<AskedAnswers>,
}

/// Something that a plan lacks or contradicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field, for example `plan.closes_at`.
    pub field: String,
    /// What would be right.
    pub rule: String,
    /// Whether it is that the note does not name the plan's date.
    pub is_note: bool,
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
    /// Where it stands at `now`, with so many units that may still be backordered.
    #[must_use]
    pub fn state(&self, now: Time, headroom: Units) -> PlanState {
        if self.closed_at.is_some() || now >= self.closes_at {
            PlanState::Closed
        } else if now < self.opens_at {
            PlanState::Scheduled
        } else if headroom <= 0 {
            PlanState::Full
        } else {
            PlanState::Open
        }
    }

    /// Its note, with the days by which it is read.
    #[must_use]
    pub fn noted(&self) -> PlanNote {
        let (text, closes_on) = (self.note.clone(), self.closes_at.date_naive());
        PlanNote { text, ship_by: self.ship_by, closes_on }
    }
}

/// Characters of an ISO 8601 date.
const DATE_LENGTH: usize = 10;

/// Reads an ISO 8601 date of the form 2027-01-31. Its year has four digits: dates beyond them do
/// not fit into the store.
#[must_use]
pub fn parse_date(text: &str) -> Option<Date> {
    let date = Date::parse_from_str(text, "%Y-%m-%d").ok()?;
    (text.len() == DATE_LENGTH && date.to_string() == text).then_some(date)
}
