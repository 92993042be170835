//! One caller: makes the calls of a workload, one after the other, and checks each answer.
//!
//! A call must cost the client little, since client and server share the machine: requests are made
//! of a few short strings, and answers are looked at where they would go wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tonic::Status;
use tonic::transport::Channel;

use super::baseline::BaselineClient;
use super::shop::{HOT, Shop, spread_sku, three_sku};
use super::workload::{SPREAD_SKUS, THREE_SKUS, Workload};
use crate::proto::inventory_service_client::InventoryServiceClient;
use crate::proto::{Line, Reservation, ReservationState, ReserveRequest, ReserveResponse};

/// Numbers that no two calls of a run share: ids are made of them. They count up, as order numbers
/// do.
#[derive(Debug, Default)]
pub struct Numbers(AtomicU64);

impl Numbers {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// A caller on a connection that others share.
pub struct Caller {
    workload: Workload,
    shop: Arc<Shop>,
    dice: fastrand::Rng,
    inventory: InventoryServiceClient<Channel>,
    baseline: BaselineClient,
}

impl Caller {
    /// A caller for one workload.
    #[must_use]
    pub fn new(workload: Workload, shop: Arc<Shop>, channel: Channel, seed: u64) -> Self {
        Self {
            workload,
            shop,
            dice: fastrand::Rng::with_seed(seed),
            inventory: InventoryServiceClient::new(channel.clone()),
            baseline: BaselineClient::new(channel),
        }
    }

    /// Makes one call. Says what is wrong with its answer, if anything is.
    ///
    /// # Errors
    /// The call failed though it must not, or was answered wrongly.
    pub async fn call(&mut self) -> Result<(), String> {
        match self.workload {
            Workload::Empty => {
                let request = self.reserve_request(vec![line(HOT.to_owned())]);
                let answer = self.baseline.empty(request).await;
                answer.map(drop).map_err(|status| told(&status))
            }
            Workload::Plain => {
                let request = self.reserve_request(vec![line(HOT.to_owned())]);
                let answer = self.baseline.plain(request).await;
                answer.map(drop).map_err(|status| told(&status))
            }
            Workload::Hot | Workload::Alone => self.reserve(vec![line(HOT.to_owned())]).await,
            Workload::Spread => {
                let sku = spread_sku(self.dice.usize(..SPREAD_SKUS));
                self.reserve(vec![line(sku)]).await
            }
            Workload::Three => {
                let lines = self.three_lines();
                self.reserve(lines).await
            }
        }
    }

    async fn reserve(&mut self, lines: Vec<Line>) -> Result<(), String> {
        let request = self.reserve_request(lines);
        let (asked, count) = (request.reservation_id.clone(), request.lines.len());
        match self.inventory.reserve(request).await {
            Ok(answer) => reserved(&answer.into_inner(), &asked, count),
            Err(status) => Err(told(&status)),
        }
    }

    fn reserve_request(&self, lines: Vec<Line>) -> ReserveRequest {
        let number = self.shop.numbers.next();
        ReserveRequest {
            program: self.shop.program.to_string(),
            request_id: format!("request-{number:010}"),
            reservation_id: format!("order-{number:010}"),
            lines,
            ..ReserveRequest::default()
        }
    }

    /// Three lines of different SKUs.
    fn three_lines(&mut self) -> Vec<Line> {
        let first = self.dice.usize(..THREE_SKUS);
        let (one, more) = (self.dice.usize(1..400), self.dice.usize(1..400));
        let skus = [first, first + one, first + one + more];
        skus.map(|sku| line(three_sku(sku % THREE_SKUS))).into()
    }
}

fn line(sku: String) -> Line {
    Line { sku, quantity: 1 }
}

/// Checks that everything asked for was taken.
fn reserved(answer: &ReserveResponse, asked: &str, lines: usize) -> Result<(), String> {
    match &answer.reservation {
        Some(reservation) if is_held(reservation, asked, lines) => Ok(()),
        found => Err(format!("Reserve {asked} was answered with {found:?}")),
    }
}

fn is_held(reservation: &Reservation, asked: &str, lines: usize) -> bool {
    reservation.reservation_id == asked
        && reservation.state() == ReservationState::Held
        && reservation.lines.len() == lines
        && reservation.lines.iter().all(|line| line.allocated == 1 && line.ordered == 1)
}

fn told(status: &Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ReservationLine;

    #[test]
    fn only_what_was_asked_for_in_full_is_right() {
        let line = ReservationLine { ordered: 1, allocated: 1, ..Default::default() };
        let reservation = Reservation {
            reservation_id: "order-1".to_owned(),
            state: ReservationState::Held.into(),
            lines: vec![line],
            ..Default::default()
        };
        let answer = |reservation| ReserveResponse { reservation, shortages: Vec::new() };
        let right = answer(Some(reservation.clone()));
        reserved(&right, "order-1", 1).expect("right");
        for (asked, lines) in [("order-2", 1), ("order-1", 2)] {
            reserved(&right, asked, lines).expect_err("another's answer");
        }
        let mut short = reservation;
        short.lines[0].allocated = 0;
        reserved(&answer(Some(short)), "order-1", 1).expect_err("nothing was taken");
        reserved(&answer(None), "order-1", 1).expect_err("no answer at all");
    }
}
