//! The contract's requests, as the domain knows them. Every field is checked; what is wrong is
//! collected, so that a caller is told all of it at once.

mod event;
mod inbound;
mod insight;
mod inventory;
mod listing;
mod plan;
mod warehouse;

use chrono::{DateTime, TimeZone, Utc};
use tonic::Status;

use super::{DEFAULT_PROGRAM, refusals};
use crate::domain::command::Ask;
use crate::domain::id::ID_RULE;
use crate::domain::plan::parse_date;
use crate::domain::program::ShipPolicy;
use crate::domain::{Date, HOLD_SECONDS_MAX, ProgramId, QUANTITY_MAX, RequestId, Sku, Units};
use crate::proto;

pub(super) use event::{put_webhook, watch, webhook};
pub(super) use inbound::{announce_inbound, inbound_page, update_inbound};
pub(super) use insight::{availability, backlog, movements, page, queue_token, reservation};
pub(super) use inventory::{
    answer_delay, backorder, confirm, extend, release, reserve, reserve_many, ship,
};
pub(super) use listing::{plans_page, reservation_token, reservations_page, suggestion_page};
pub(super) use plan::{
    close_backorders, items_page, one_item, open_backorders, put_items, put_locations, put_program,
    update_plan,
};

pub(super) use warehouse::{adjust, receive};

/// Most lines of a checkout's call.
const LINES_MAX: usize = 100;
/// Most lines of a warehouse's or a manager's call.
const ROWS_MAX: usize = 1000;
/// What a page token must be.
const TOKEN_RULE: &str = "must be empty or the next_page_token of the page before";
/// Most characters of a text for people.
const TEXT_LENGTH_MAX: usize = 256;

/// What is wrong with the fields of a request.
///
/// A check that fails gives some value that nobody will see: [`Form::done`] refuses the request.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// The members of lists that are looked at now, outermost first: fields are named within them.
    within: Vec<(&'static str, usize)>,
    faults: Vec<(String, String)>,
}

impl Form {
    /// The value, if every check passed.
    pub(super) fn done<T>(self, value: T) -> Result<T, Status> {
        if self.faults.is_empty() { Ok(value) } else { Err(refusals::malformed(&self.faults)) }
    }

    /// Looks at each member of a list. Where the member itself is at fault, its field has no name.
    fn each<T, U>(
        &mut self,
        list: &'static str,
        members: impl IntoIterator<Item = T>,
        mut look: impl FnMut(&mut Self, T) -> U,
    ) -> Vec<U> {
        let looks = members.into_iter().enumerate().map(|(index, member)| {
            self.within.push((list, index));
            let seen = look(self, member);
            self.within.pop();
            seen
        });
        looks.collect()
    }

    /// A field is named in full only here: nearly always nothing is wrong.
    fn fault(&mut self, field: &str, rule: impl Into<String>) {
        let within = self.within.iter().map(|(list, index)| format!("{list}[{index}]"));
        let name = within.chain((!field.is_empty()).then(|| field.to_owned()));
        self.faults.push((name.collect::<Vec<_>>().join("."), rule.into()));
    }

    fn is_faulty(&self) -> bool {
        !self.faults.is_empty()
    }

    /// A fault of a field of which none is known yet.
    fn fault_once(&mut self, field: &str, rule: &str) {
        if !self.faults.iter().any(|(known, _)| known == field) {
            self.fault(field, rule);
        }
    }

    /// An id that must be there.
    fn id<T>(
        &mut self,
        field: &str,
        text: &str,
        parse: fn(&str) -> Option<T>,
        void: fn(&str) -> T,
    ) -> T {
        parse(text).unwrap_or_else(|| {
            self.fault(field, format!("must be {ID_RULE}"));
            void("")
        })
    }

    /// An id that may be left empty.
    fn optional<T>(&mut self, field: &str, text: &str, parse: fn(&str) -> Option<T>) -> Option<T> {
        if text.is_empty() {
            return None;
        }
        let id = parse(text);
        if id.is_none() {
            self.fault(field, format!("must be empty or {ID_RULE}"));
        }
        id
    }

    /// The programme; empty = the default one.
    pub(super) fn program(&mut self, field: &str, text: &str) -> ProgramId {
        let text = if text.is_empty() { DEFAULT_PROGRAM } else { text };
        self.id(field, text, ProgramId::parse, ProgramId::stored)
    }

    /// The programme and the request id of a write. The programme is written out in the request, so
    /// that its hash is the same whether the caller did so or not.
    fn write(&mut self, program: &mut String, request_id: &str) -> (ProgramId, RequestId) {
        let id = self.program("program", program);
        *program = id.to_string();
        (id, self.request_id("request_id", request_id))
    }

    fn request_id(&mut self, field: &str, text: &str) -> RequestId {
        self.id(field, text, RequestId::parse, RequestId::stored)
    }

    fn sku(&mut self, field: &str, text: &str) -> Sku {
        self.id(field, text, Sku::parse, Sku::stored)
    }

    fn units(&mut self, field: &str, units: i64, least: Units) -> Units {
        if !(least..=QUANTITY_MAX).contains(&units) {
            self.fault(field, format!("must be {least} to 1,000,000,000, not {units}"));
        }
        units
    }

    fn count(&mut self, field: &str, count: usize, least: usize, most: usize) {
        if !(least..=most).contains(&count) {
            self.fault(field, format!("must be {least} to {most}, not {count}"));
        }
    }

    fn text(&mut self, field: &str, text: &str) -> String {
        let length = text.chars().count();
        if length > TEXT_LENGTH_MAX {
            self.fault(
                field,
                format!("must be at most {TEXT_LENGTH_MAX} characters, not {length}"),
            );
        }
        if text.chars().any(char::is_control) {
            self.fault(field, "must have no control characters");
        }
        text.to_owned()
    }

    /// Lines with equal SKUs added up, in the order of their first mention.
    fn lines(&mut self, field: &'static str, lines: &[proto::Line], least: usize) -> Vec<Ask> {
        self.count(field, lines.len(), least, LINES_MAX);
        let mut asks: Vec<Ask> = Vec::with_capacity(lines.len());
        self.each(field, lines, |form, line| {
            let sku = form.sku("sku", &line.sku);
            let units = form.units("quantity", line.quantity, 1);
            match asks.iter_mut().find(|ask| ask.sku == sku) {
                Some(ask) => {
                    ask.units = ask.units.saturating_add(units);
                    if ask.units > QUANTITY_MAX {
                        let rule = "must be at most 1,000,000,000 with all lines of its SKU";
                        form.fault("quantity", rule);
                    }
                }
                None => asks.push(Ask { sku, units }),
            }
        });
        asks
    }

    /// A hold, in whole seconds.
    fn hold(&mut self, field: &str, hold: Option<&prost_types::Duration>) -> Option<i64> {
        let hold = hold?;
        if !(1..=HOLD_SECONDS_MAX).contains(&hold.seconds) || hold.nanos != 0 {
            self.fault(field, "must be a whole number of seconds, 1 second to 24 hours");
        }
        Some(hold.seconds)
    }

    fn time(
        &mut self,
        field: &str,
        time: Option<&prost_types::Timestamp>,
    ) -> Option<DateTime<Utc>> {
        let time = time?;
        let micros = u32::try_from(time.nanos).ok().map(|nanos| nanos / 1000 * 1000);
        let instant = micros.and_then(|nanos| Utc.timestamp_opt(time.seconds, nanos).single());
        let instant = instant.filter(|instant| {
            use chrono::Datelike;
            (1970..10_000).contains(&instant.year())
        });
        if instant.is_none() {
            self.fault(field, "must be an instant from 1970 to 9999");
        }
        instant
    }

    /// An ISO 8601 date that must be there.
    fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        let date = parse_date(text);
        if date.is_none() {
            self.fault(field, "must be an ISO 8601 date such as 2027-01-31");
        }
        date
    }

    /// An ISO 8601 date that may be left empty.
    fn optional_date(&mut self, field: &str, text: &str) -> Option<Date> {
        if text.is_empty() { None } else { self.date(field, text) }
    }

    fn ship_policy(&mut self, field: &str, value: i32) -> Option<ShipPolicy> {
        match proto::ShipPolicy::try_from(value) {
            Ok(proto::ShipPolicy::Unspecified) => None,
            Ok(proto::ShipPolicy::Together) => Some(ShipPolicy::Together),
            Ok(proto::ShipPolicy::AsAvailable) => Some(ShipPolicy::AsAvailable),
            Err(_) => {
                self.fault(field, "must be one of ShipPolicy");
                None
            }
        }
    }

    /// Refuses a SKU (or another key) that comes twice.
    fn unique<'t>(&mut self, field: &'static str, keys: impl Iterator<Item = &'t str>) {
        let mut seen = std::collections::HashSet::new();
        self.each(field, keys, |form, key| {
            if !seen.insert(key) {
                form.fault("", "must not repeat an earlier one");
            }
        });
    }
}
