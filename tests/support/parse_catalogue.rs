//! The calls of a programme's manager, as text.

use backstock::proto;
use chrono::TimeDelta;

use super::call::Call;
use super::dates::{date, timestamp};
use super::parse::Parser;
use super::words::{Parsed, Words, unknown};

impl Parser {
    pub fn program(&self, words: &mut Words) -> Parsed<Call> {
        let mut settings = proto::Program { program: self.program.clone(), ..Default::default() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "hold" => settings.default_hold = words.hold()?,
                "listings" => settings.max_backorder_listings = words.small()?,
                "ships" => settings.default_ship_policy = words.policy()?,
                "location" => settings.default_location = words.word()?,
                "name" => settings.display_name = words.word()?,
                other => return Err(unknown(other)),
            }
        }
        let program = Some(settings);
        Ok(Call::PutProgram(proto::PutProgramRequest { program, ..Default::default() }))
    }

    pub fn locations(&self, words: &mut Words) -> Parsed<Call> {
        let mut locations = Vec::new();
        while let Some(location) = words.next() {
            let priority = words.small()?;
            locations.push(proto::Location { location, priority, ..Default::default() });
        }
        let program = self.program.clone();
        let request = proto::PutLocationsRequest { program, locations, ..Default::default() };
        Ok(Call::PutLocations(request))
    }

    pub fn items(&self, words: &mut Words) -> Parsed<Call> {
        let mut items: Vec<proto::Item> = Vec::new();
        while let Some(word) = words.next() {
            match (word.as_str(), items.last_mut()) {
                ("safety", Some(item)) => item.safety_stock = words.number()?,
                ("listing", Some(item)) => item.listing = words.word()?,
                ("title", Some(item)) => item.title = words.word()?,
                _ => items.push(proto::Item { sku: word, ..Default::default() }),
            }
        }
        let program = self.program.clone();
        Ok(Call::PutItems(proto::PutItemsRequest { program, items, ..Default::default() }))
    }

    pub fn plan(&self, words: &mut Words, validate_only: bool) -> Parsed<Call> {
        let ship_by = date(self.start, "+40d");
        let mut plan = proto::Plan {
            sku: words.word()?,
            closes_at: Some(timestamp(self.now + TimeDelta::days(30))),
            note: format!("Ships by {ship_by}."),
            ship_by,
            ..Default::default()
        };
        while let Some(word) = words.next() {
            self.plan_option(&mut plan, &word, words)?;
        }
        let (program, plan) = (self.program.clone(), Some(plan));
        let request_id = String::new();
        let request = proto::OpenBackordersRequest { program, request_id, plan, validate_only };
        Ok(Call::OpenBackorders(request))
    }

    fn plan_option(&self, plan: &mut proto::Plan, word: &str, words: &mut Words) -> Parsed<()> {
        match word {
            "cap" => plan.cap = words.number()?,
            "limit" => plan.customer_limit = words.number()?,
            "allowance" => plan.allowance = words.number()?,
            "by_inbound" => plan.cap_by_inbound = true,
            "note" => plan.note = words.word()?,
            "ships" if words.take("never") => plan.ship_by = String::new(),
            "ships" => {
                plan.ship_by = date(self.start, &words.word()?);
                plan.note = format!("Ships by {}.", plan.ship_by);
            }
            "opens" => plan.opens_at = Some(self.moment(words)?),
            "closes" if words.take("never") => plan.closes_at = None,
            "closes" => plan.closes_at = Some(self.moment(words)?),
            "stage" => {
                let name = words.word()?;
                let date = date(self.start, &words.word()?);
                plan.timeline.push(proto::Stage { name, date });
            }
            other => return Err(unknown(other)),
        }
        Ok(())
    }

    fn moment(&self, words: &mut Words) -> Parsed<prost_types::Timestamp> {
        let sign = match words.word()?.as_str() {
            "in" => 1,
            "before" => -1,
            other => return Err(unknown(other)),
        };
        Ok(timestamp(self.now + TimeDelta::seconds(sign * words.seconds()?)))
    }

    pub fn close(&self, words: &mut Words) -> Parsed<Call> {
        let (program, sku) = (self.program.clone(), words.word()?);
        let request_id = String::new();
        Ok(Call::CloseBackorders(proto::CloseBackordersRequest { program, request_id, sku }))
    }
}
