//! One line of text as a call of the contract.

use backstock::domain::Time;
use backstock::proto;

use super::call::Call;
use super::dates::date;
use super::language::Deed;
use super::words::{Parsed, Words, unknown};

/// Whether a word of a call names an item: option words are in lower case.
fn is_item(word: &str) -> bool {
    word.starts_with(|first: char| !first.is_ascii_lowercase())
}

/// Reads what a line does. `start` is when the scenario started, `now` its clock.
pub fn deed(program: &str, start: Time, now: Time, text: &str) -> Parsed<Deed> {
    let mut words = Words::of(text);
    let verb = words.word()?;
    let parser = Parser { program: program.to_owned(), start, now };
    let deed = match verb.as_str() {
        "again" => Deed::Again(words.next()),
        "wait" => Deed::Wait(words.seconds()?),
        "settle" => Deed::Settle(words.word()?),
        "events" => Deed::Events(words.word()?, words.next().unwrap_or_default()),
        "stand" => Deed::Stand(words.word()?, words.number()?),
        _ => Deed::Call(parser.call(&verb, &mut words)?),
    };
    match words.next() {
        Some(word) => Err(unknown(&word)),
        None => Ok(deed),
    }
}

/// Reads calls to a programme.
pub struct Parser {
    /// The programme.
    pub program: String,
    /// When the scenario started: dates are told from here.
    pub start: Time,
    /// Its clock: windows are told from here.
    pub now: Time,
}

impl Parser {
    fn call(&self, verb: &str, words: &mut Words) -> Parsed<Call> {
        match verb {
            "program" => self.program(words),
            "location" => self.locations(words),
            "item" => self.items(words),
            "plan" => self.open_backorders(words, false),
            "inbound" => self.inbound(words),
            "update" | "cancel" => match (verb, words.word()?.as_str()) {
                ("update", "plan") => self.update_plan(words, false),
                (verb, "inbound") => self.update_inbound(words, verb == "cancel"),
                (_, other) => Err(unknown(other)),
            },
            "answer" => self.answer_delay(words),
            "list" => self.list(words),
            "suggest" => self.suggest(words),
            "close" => self.close(words),
            "reserve" => self.reserve(words).map(Call::Reserve),
            "batch" => self.batch(words),
            "backorder" => self.backorder(words),
            "extend" => self.extend(words),
            "confirm" => self.confirm(words),
            "release" => self.release(words),
            "ship" => self.ship(words),
            "receive" => self.receive(words, false),
            "adjust" => self.adjust(words),
            "check" => match words.word()?.as_str() {
                "plan" => self.open_backorders(words, true),
                "update" => match words.word()?.as_str() {
                    "plan" => self.update_plan(words, true),
                    other => Err(unknown(other)),
                },
                "receive" => self.receive(words, true),
                other => Err(unknown(other)),
            },
            "show" => self.show(words),
            "backlog" => self.backlog(words),
            "ledger" => self.ledger(words),
            other => Err(unknown(other)),
        }
    }

    fn reserve(&self, words: &mut Words) -> Parsed<proto::ReserveRequest> {
        let mut request = proto::ReserveRequest {
            program: self.program.clone(),
            reservation_id: words.word()?,
            ..Default::default()
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "partial" => request.mode = proto::Mode::Partial.into(),
                "confirmed" => request.confirm = true,
                "hold" => request.hold = words.hold()?,
                "for" => request.customer_id = words.word()?,
                "ships" => request.ship_policy = words.policy()?,
                "together" => request.together_until = date(self.start, &words.word()?),
                "replacement" => request.purpose = proto::Purpose::Replacement.into(),
                "and" => break,
                item if is_item(item) => request.lines.push(words.line(word)?),
                other => return Err(unknown(other)),
            }
        }
        Ok(request)
    }

    /// `batch q1: r1 A 2 confirmed and q2: r2 B 1`: each member has its own request id.
    fn batch(&self, words: &mut Words) -> Parsed<Call> {
        let mut requests = Vec::new();
        while let Some(id) = words.next() {
            let mut request = self.reserve(words)?;
            request.request_id = id.trim_end_matches(':').to_owned();
            request.program = String::new();
            requests.push(request);
        }
        let program = self.program.clone();
        Ok(Call::Batch(proto::BatchReserveRequest { program, requests }))
    }

    fn backorder(&self, words: &mut Words) -> Parsed<Call> {
        let mut request = proto::BackorderRequest {
            program: self.program.clone(),
            reservation_id: words.word()?,
            ..Default::default()
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "confirmed" => request.confirm = true,
                "hold" => request.hold = words.hold()?,
                "for" => request.customer_id = words.word()?,
                "ships" => request.ship_policy = words.policy()?,
                "together" => request.together_until = date(self.start, &words.word()?),
                "shown" => request.accepted.push(self.shown(words)?),
                item if is_item(item) => request.lines.push(words.line(word)?),
                other => return Err(unknown(other)),
            }
        }
        Ok(Call::Backorder(request))
    }

    fn extend(&self, words: &mut Words) -> Parsed<Call> {
        let mut request = proto::ExtendRequest {
            program: self.program.clone(),
            reservation_id: words.word()?,
            ..Default::default()
        };
        if words.take("hold") {
            request.hold = words.hold()?;
        }
        Ok(Call::Extend(request))
    }

    fn confirm(&self, words: &mut Words) -> Parsed<Call> {
        let mut request = proto::ConfirmRequest {
            program: self.program.clone(),
            reservation_id: words.word()?,
            ..Default::default()
        };
        while words.take("shown") {
            request.accepted.push(self.shown(words)?);
        }
        Ok(Call::Confirm(request))
    }

    /// `shown A +40d`, behind its first word.
    fn shown(&self, words: &mut Words) -> Parsed<proto::AcceptedPromise> {
        let (sku, ship_by) = (words.word()?, date(self.start, &words.word()?));
        Ok(proto::AcceptedPromise { sku, ship_by })
    }

    fn release(&self, words: &mut Words) -> Parsed<Call> {
        let mut request = proto::ReleaseRequest {
            program: self.program.clone(),
            reservation_id: words.word()?,
            ..Default::default()
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "reason" => request.reason = words.word()?,
                _ => request.lines.push(words.line(word)?),
            }
        }
        Ok(Call::Release(request))
    }

    fn ship(&self, words: &mut Words) -> Parsed<Call> {
        let mut request = proto::ShipRequest {
            program: self.program.clone(),
            reservation_id: words.word()?,
            ..Default::default()
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "tracking" => request.tracking = words.word()?,
                _ => request.lines.push(words.line(word)?),
            }
        }
        Ok(Call::Ship(request))
    }

    fn receive(&self, words: &mut Words, validate_only: bool) -> Parsed<Call> {
        let mut request = proto::ReceiveRequest {
            program: self.program.clone(),
            receipt_id: words.word()?,
            validate_only,
            ..Default::default()
        };
        while let Some(word) = words.next() {
            match (word.as_str(), request.lines.last_mut()) {
                ("at", _) => request.location = words.word()?,
                ("damaged", Some(line)) => line.damaged = words.number()?,
                ("inbound", Some(line)) => line.inbound_id = words.word()?,
                ("closes", Some(line)) => line.closes_inbound = true,
                _ => {
                    let good = words.number()?;
                    request.lines.push(proto::ReceiptLine {
                        sku: word,
                        good,
                        ..Default::default()
                    });
                }
            }
        }
        Ok(Call::Receive(request))
    }

    fn answer_delay(&self, words: &mut Words) -> Parsed<Call> {
        let (reservation_id, sku) = (words.word()?, words.word()?);
        let answer = match words.word()?.as_str() {
            "keep" => proto::DelayAnswer::Keep,
            "cancel" => proto::DelayAnswer::Cancel,
            "nothing" => proto::DelayAnswer::Unspecified,
            other => return Err(unknown(other)),
        };
        let (program, request_id) = (self.program.clone(), String::new());
        let answer = answer.into();
        let request =
            proto::AnswerDelayRequest { program, request_id, reservation_id, sku, answer };
        Ok(Call::AnswerDelay(request))
    }

    fn adjust(&self, words: &mut Words) -> Parsed<Call> {
        let mut request =
            proto::AdjustRequest { program: self.program.clone(), ..Default::default() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "at" => request.location = words.word()?,
                _ => request.adjustments.push(adjustment(word, words)?),
            }
        }
        Ok(Call::Adjust(request))
    }

    fn show(&self, words: &mut Words) -> Parsed<Call> {
        let program = self.program.clone();
        let name = words.word()?;
        if name == "plan" {
            return Ok(Call::Plan(proto::GetPlanRequest { program, sku: words.word()? }));
        }
        if !is_item(&name) {
            let request = proto::GetReservationRequest { program, reservation_id: name };
            return Ok(Call::Reservation(request));
        }
        let mut skus = vec![name];
        while let Some(sku) = words.next() {
            skus.push(sku);
        }
        Ok(Call::Availability(proto::GetAvailabilityRequest { program, skus }))
    }

    fn backlog(&self, words: &mut Words) -> Parsed<Call> {
        let (program, sku) = (self.program.clone(), words.word()?);
        let page_size = if words.take("by") { words.small()? } else { 1000 };
        let request = proto::ListBacklogRequest { program, sku, page_size, ..Default::default() };
        Ok(Call::Backlog(request))
    }

    fn ledger(&self, words: &mut Words) -> Parsed<Call> {
        let (program, sku) = (self.program.clone(), words.word()?);
        let request =
            proto::ListMovementsRequest { program, sku, page_size: 1000, ..Default::default() };
        Ok(Call::Movements(request))
    }
}

/// `A -3 damaged`, `A +2 found`, `A count 10`.
fn adjustment(sku: String, words: &mut Words) -> Parsed<proto::Adjustment> {
    use proto::adjustment::Change;
    let change = match words.take("count") {
        true => Change::Count(words.number()?),
        false => Change::Delta(words.number()?),
    };
    let named = match (words.peek(), &change) {
        (Some("damaged"), _) => Some(proto::AdjustReason::Damaged),
        (Some("lost"), _) => Some(proto::AdjustReason::Lost),
        (Some("found"), _) => Some(proto::AdjustReason::Found),
        (Some("returned"), _) => Some(proto::AdjustReason::Returned),
        _ => None,
    };
    if named.is_some() {
        words.next();
    }
    let reason = named.unwrap_or(proto::AdjustReason::Count).into();
    Ok(proto::Adjustment { sku, change: Some(change), reason })
}
