//! Which calls wait together.

use crate::domain::{Request, ReservationId, Sku};

/// Which lane a call joins: those that lock the same row should not meet in two transactions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum LaneKey {
    /// The first SKU.
    Sku(Sku),
    /// The reservation, where the call names no SKU.
    Reservation(ReservationId),
    /// The programme's settings.
    Settings,
    /// Orders of several SKUs: in lanes of their own they would meet at the others' rows.
    Several,
}

impl LaneKey {
    pub(super) fn of(requests: &[Request]) -> Self {
        let Some(command) = requests.first().map(|request| &request.command) else {
            return Self::Settings;
        };
        match (&command.skus()[..], command.addressed()) {
            ([_, _, ..], _) if command.made().is_some() => Self::Several,
            ([sku, ..], _) => Self::Sku((*sku).clone()),
            ([], Some(reservation)) => Self::Reservation(reservation.clone()),
            ([], None) => Self::Settings,
        }
    }
}
