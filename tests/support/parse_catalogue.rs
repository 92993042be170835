//! The calls of a programme's manager, as text.

use backstock::domain::plan::parse_date;
use backstock::proto;
use chrono::TimeDelta;

use super::call::Call;
use super::dates::{date, dated, timestamp};
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
                ("low", Some(item)) => item.low_stock = words.number()?,
                ("listing", Some(item)) => item.listing = words.word()?,
                ("title", Some(item)) => item.title = words.word()?,
                _ => items.push(proto::Item { sku: word, ..Default::default() }),
            }
        }
        let program = self.program.clone();
        Ok(Call::PutItems(proto::PutItemsRequest { program, items, ..Default::default() }))
    }

    /// A whole plan. Where the text does not say otherwise, intake ends in 30 days, and the note
    /// names the plan's own date.
    pub fn plan(&self, words: &mut Words) -> Parsed<proto::Plan> {
        let mut plan = proto::Plan {
            sku: words.word()?,
            closes_at: Some(timestamp(self.now + TimeDelta::days(30))),
            ship_by: date(self.start, "+40d"),
            ..Default::default()
        };
        let mut note = None;
        while let Some(word) = words.next() {
            match word.as_str() {
                "note" => note = Some(dated(self.start, &words.word()?)),
                option => self.plan_option(&mut plan, option, words)?,
            }
        }
        plan.note = note.unwrap_or_else(|| format!("Ships by {}.", plan.ship_by));
        Ok(plan)
    }

    pub fn open_backorders(&self, words: &mut Words, validate_only: bool) -> Parsed<Call> {
        let (program, plan) = (self.program.clone(), Some(self.plan(words)?));
        let request_id = String::new();
        let request = proto::OpenBackordersRequest { program, request_id, plan, validate_only };
        Ok(Call::OpenBackorders(request))
    }

    pub fn update_plan(&self, words: &mut Words, validate_only: bool) -> Parsed<Call> {
        let (program, plan) = (self.program.clone(), Some(self.plan(words)?));
        let request_id = String::new();
        let request = proto::UpdatePlanRequest { program, request_id, plan, validate_only };
        Ok(Call::UpdatePlan(request))
    }

    fn plan_option(&self, plan: &mut proto::Plan, word: &str, words: &mut Words) -> Parsed<()> {
        match word {
            "cap" => plan.cap = words.number()?,
            "limit" => plan.customer_limit = words.number()?,
            "allowance" => plan.allowance = words.number()?,
            "by_inbound" => plan.cap_by_inbound = true,
            "asks" => plan.delay_answers = Some(delay_answers(words)?),
            "ships" if words.take("never") => plan.ship_by = String::new(),
            "ships" => plan.ship_by = date(self.start, &words.word()?),
            "opens" => plan.opens_at = Some(self.moment(words)?),
            "closes" if words.take("never") => plan.closes_at = None,
            "closes" if words.take("at") => plan.closes_at = Some(self.midnight(words)?),
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

    /// The first instant of a day, or so many seconds after it: `+40d`, `+40d plus 1 second`.
    fn midnight(&self, words: &mut Words) -> Parsed<prost_types::Timestamp> {
        let day = parse_date(&date(self.start, &words.word()?)).ok_or("at which day?")?;
        let more = if words.take("plus") { words.seconds()? } else { 0 };
        let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
        Ok(timestamp(midnight + TimeDelta::seconds(more)))
    }

    /// `inbound I1 A 10 ships +10d arrives +8d`: it arrives on the day it ships unless it says so.
    pub fn inbound(&self, words: &mut Words) -> Parsed<Call> {
        let (program, inbound) = (self.program.clone(), Some(self.supply(words)?));
        let request_id = String::new();
        Ok(Call::AnnounceInbound(proto::AnnounceInboundRequest { program, request_id, inbound }))
    }

    /// All of the announcement as it is to be.
    pub fn update_inbound(&self, words: &mut Words, cancelled: bool) -> Parsed<Call> {
        let inbound = Some(proto::Inbound { cancelled, ..self.supply(words)? });
        let (program, request_id) = (self.program.clone(), String::new());
        Ok(Call::UpdateInbound(proto::UpdateInboundRequest { program, request_id, inbound }))
    }

    fn supply(&self, words: &mut Words) -> Parsed<proto::Inbound> {
        let mut inbound = proto::Inbound {
            inbound_id: words.word()?,
            sku: words.word()?,
            expected: words.number()?,
            ..Default::default()
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "ships" => inbound.ships_on = date(self.start, &words.word()?),
                "arrives" => inbound.arrives_on = date(self.start, &words.word()?),
                other => return Err(unknown(other)),
            }
        }
        if inbound.arrives_on.is_empty() {
            inbound.arrives_on = inbound.ships_on.clone();
        }
        Ok(inbound)
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

/// `within 3 days keep`: how long a customer has to answer, and what silence means.
fn delay_answers(words: &mut Words) -> Parsed<proto::DelayAnswers> {
    if !words.take("within") {
        return Err("asks within which time?".to_owned());
    }
    let answer_within = words.hold()?;
    let on_silence = match words.word()?.as_str() {
        "keep" => proto::OnSilence::Keep,
        "release" => proto::OnSilence::Release,
        "by_class" => proto::OnSilence::ByClass,
        "unspecified" => proto::OnSilence::Unspecified,
        other => return Err(unknown(other)),
    };
    Ok(proto::DelayAnswers { answer_within, on_silence: on_silence.into() })
}
