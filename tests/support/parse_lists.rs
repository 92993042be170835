//! Calls for lists, as text. `by 2` asks for pages of two.

use backstock::proto;

use super::call::Call;
use super::dates::date;
use super::parse::Parser;
use super::words::{Parsed, Words, unknown};

impl Parser {
    /// `list plans open`, `list inbound A to_come`, `list reservations A from +1d to +9d`.
    pub fn list(&self, words: &mut Words) -> Parsed<Call> {
        match words.word()?.as_str() {
            "plans" => self.list_plans(words),
            "inbound" => self.list_inbound(words),
            "reservations" => self.list_reservations(words),
            other => Err(unknown(other)),
        }
    }

    fn list_plans(&self, words: &mut Words) -> Parsed<Call> {
        use proto::PlanState as State;
        let mut request =
            proto::ListPlansRequest { program: self.program.clone(), ..Default::default() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "by" => request.page_size = words.small()?,
                "scheduled" => request.state = State::Scheduled.into(),
                "open" => request.state = State::Open.into(),
                "full" => request.state = State::Full.into(),
                "closed" => request.state = State::Closed.into(),
                other => return Err(unknown(other)),
            }
        }
        Ok(Call::Plans(request))
    }

    fn list_inbound(&self, words: &mut Words) -> Parsed<Call> {
        let mut request =
            proto::ListInboundRequest { program: self.program.clone(), ..Default::default() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "by" => request.page_size = words.small()?,
                "to_come" => request.open_only = true,
                _ => request.sku = word,
            }
        }
        Ok(Call::Inbounds(request))
    }

    fn list_reservations(&self, words: &mut Words) -> Parsed<Call> {
        use proto::ReservationState as State;
        let mut request =
            proto::ListReservationsRequest { program: self.program.clone(), ..Default::default() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "by" => request.page_size = words.small()?,
                "overdue" => request.overdue = true,
                "from" => request.ship_by_from = date(self.start, &words.word()?),
                "to" => request.ship_by_to = date(self.start, &words.word()?),
                "held" => request.state = State::Held.into(),
                "confirmed" => request.state = State::Confirmed.into(),
                "shipped" => request.state = State::Shipped.into(),
                "released" => request.state = State::Released.into(),
                "expired" => request.state = State::Expired.into(),
                _ => request.sku = word,
            }
        }
        Ok(Call::Reservations(request))
    }

    /// `suggest`, `suggest A, B`, `suggest A over 3 days`.
    pub fn suggest(&self, words: &mut Words) -> Parsed<Call> {
        let mut request =
            proto::SuggestPurchaseRequest { program: self.program.clone(), ..Default::default() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "by" => request.page_size = words.small()?,
                "over" => {
                    request.days = words.small()?;
                    words.word()?;
                }
                _ => request.skus.push(word),
            }
        }
        Ok(Call::Suggestions(request))
    }
}
