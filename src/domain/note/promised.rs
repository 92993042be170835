//! The note beside a promised date: the plan's own for as long as it is true, else one that says
//! what is promised now.

use super::{Window, day, named_windows};
use crate::domain::program::ShipPolicy;
use crate::domain::{Date, ShipBy};

/// The note of a plan, with the days by which it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanNote {
    /// What the manager wrote.
    pub text: String,
    /// The date that it was checked for.
    pub ship_by: Date,
    /// The day on which ordering closes.
    pub closes_on: Date,
}

impl PlanNote {
    /// What a customer reads who is promised `ship_by`: the plan's note, unless the date is later
    /// and out of the days that the note names. Only then is the note read, since that takes
    /// longer than all else. `parcel` says whether items of the order wait for each other; `None`
    /// = nothing is said of them.
    #[must_use]
    pub fn for_promise(self, ship_by: ShipBy, parcel: Option<ShipPolicy>) -> String {
        let news = match ship_by {
            ShipBy::On(date) if date <= self.ship_by || self.holds(date) => return self.text,
            ShipBy::On(date) => format!("This item is now scheduled to ship by {}.", day(date)),
            ShipBy::Unknown => "It is not known at present when this item will ship.".to_owned(),
        };
        match parcel {
            None => news,
            Some(ShipPolicy::Together) => format!(
                "{news} If you order other items, they will ship together when all items are in \
                 stock."
            ),
            Some(ShipPolicy::AsAvailable) => {
                format!("{news} If you order other items, they will ship as they become available.")
            }
        }
    }

    /// Whether each window that tells the plan's own date holds a later one too. The note is read
    /// as it was when the plan was checked: "31 January" does not come to mean that of next year.
    fn holds(&self, later: Date) -> bool {
        let named = named_windows(&self.text, self.ship_by, self.closes_on);
        let tells = |readings: &[Window], date| readings.iter().all(|window| window.tells(date));
        let mut telling = named.iter().filter(|readings| tells(readings, self.ship_by)).peekable();
        telling.peek().is_some() && telling.all(|readings| tells(readings, later))
    }
}
