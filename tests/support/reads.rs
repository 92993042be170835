//! What the in-memory world shows to reads: an expired hold counts for nothing, swept or not.

use backstock::domain::answer::{Answer, ItemView, PlanView, ReservationView};
use backstock::domain::{Command, Item, Line, Plan, Refusal, Reservation, ReservationId, Sku};
use backstock::service::encode_stored;
use backstock::store::Body;

use super::world::World;

/// A line of a queue: whose, units, whether they were lost.
pub type Queued<'w> = (&'w Reservation, i64, bool);

impl World {
    /// Items, as AdjustResponse shows them.
    pub fn availability(&self, skus: &[String]) -> Body {
        let parcel = self.program.as_ref().map(|program| program.default_ship_policy);
        let mut views = Vec::new();
        for sku in skus {
            match self.item_now(&Sku::stored(sku)) {
                Ok(item) => views.push(ItemView::new(&item, self.now, parcel)),
                Err(refusal) => return encode_stored(&any_adjust(), &Err(refusal)),
            }
        }
        encode_stored(&any_adjust(), &Ok(Answer::Items(views)))
    }

    /// A reservation, as ConfirmResponse shows it.
    pub fn reservation(&self, id: &str) -> Body {
        let reservation = ReservationId::stored(id);
        let (accepted, of) = (Default::default(), reservation.clone());
        let command = Command::Confirm { reservation: of, accepted };
        let refusal = match (self.reservations.get(&reservation), &self.program) {
            (Some(found), _) => {
                let view = self.view(found.clone());
                let program = self.id.clone();
                let answer = Answer::Reservation { view, program, shortages: Vec::new() };
                return encode_stored(&command, &Ok(answer));
            }
            (None, Some(_)) => Refusal::UnknownReservation { reservation },
            (None, None) => Refusal::UnknownProgram { program: self.id.clone() },
        };
        encode_stored(&command, &Err(refusal))
    }

    fn view(&self, reservation: Reservation) -> ReservationView {
        let version = |sku: &Sku| self.items[sku].version;
        let note =
            |sku: &Sku, version: i64| self.plans.get(&(sku.clone(), version)).map(Plan::noted);
        let mut view = ReservationView::new(reservation, self.now, version, note);
        for (line, shown) in view.reservation.lines.iter().zip(&mut view.lines) {
            shown.queue_ahead = (line.queued() > 0).then(|| self.queue_ahead(line));
        }
        view
    }

    fn queue_ahead(&self, line: &Line) -> i64 {
        let is_ahead = |(other, _, lost): &&Queued<'_>| {
            let age = other.line(&line.sku).map_or(0, |other| other.age);
            if line.bumped > 0 { *lost && age < line.age } else { *lost || age < line.age }
        };
        self.queue(&line.sku).iter().filter(is_ahead).map(|(_, units, _)| units).sum()
    }

    /// An item's queue, in the order it will be filled.
    pub fn queue(&self, sku: &Sku) -> Vec<Queued<'_>> {
        let live = self.reservations.values().filter(|r| !r.is_overdue(self.now));
        let mut lines: Vec<(&Reservation, &Line)> =
            live.filter_map(|r| Some((r, r.line(sku)?))).collect();
        lines.sort_by_key(|(_, line)| line.age);
        let lost = lines.iter().filter(|(_, l)| l.bumped > 0).map(|(r, l)| (*r, l.bumped, true));
        let accepted = lines.iter().filter(|(_, l)| l.backordered > 0);
        lost.chain(accepted.map(|(r, l)| (*r, l.backordered, false))).collect()
    }

    /// An item's newest plan, as CloseBackordersResponse shows it.
    pub fn plan(&self, sku: &str) -> Body {
        let sku = Sku::stored(sku);
        let command = Command::CloseBackorders { sku: sku.clone() };
        let shown = self.item_now(&sku).and_then(|item| {
            let view = PlanView::new(&item, self.now);
            let view = view.ok_or(Refusal::UnknownPlan { sku: sku.clone() })?;
            Ok(Answer::Plan { view, warnings: Vec::new() })
        });
        encode_stored(&command, &shown)
    }

    /// An item without what its expired holds still have.
    pub fn item_now(&self, sku: &Sku) -> Result<Item, Refusal> {
        let Some(item) = self.items.get(sku) else {
            return Err(match self.program {
                Some(_) => Refusal::UnknownItem { sku: sku.clone() },
                None => Refusal::UnknownProgram { program: self.id.clone() },
            });
        };
        let mut item = item.clone();
        let due = self.reservations.values().filter(|r| r.is_overdue(self.now));
        for line in due.filter_map(|r| r.line(sku)) {
            item.allocated -= line.allocated();
            item.backordered -= line.backordered;
            item.bumped -= line.bumped;
        }
        Ok(item)
    }
}

fn any_adjust() -> Command {
    Command::Adjust { location: None, adjustments: Vec::new() }
}
