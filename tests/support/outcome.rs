//! What came of a call, in one form for both worlds: the contract's message or the contract's
//! refusal.

use std::collections::BTreeMap;

use backstock::proto;
use backstock::store::Body;
use prost::Message;
use tonic_types::pb;

use super::call::Call;
use super::dates::{moved_note, shifted};

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was shown, or why the call was refused.
    pub result: Result<Shown, Refused>,
    /// The bytes of it: what a repeated request must get again.
    pub bytes: Vec<u8>,
}

/// What a response shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// Reserve, Backorder, Extend, Confirm, Ship, GetReservation.
    Reservation(Box<proto::Reservation>, Vec<proto::Shortage>),
    /// Release.
    Released(Box<proto::ReleaseResponse>),
    /// Receive.
    Received(proto::ReceiveResponse),
    /// PutItems, Adjust, GetAvailability.
    Items(Vec<proto::ItemStock>),
    /// PutProgram.
    Program(Box<proto::Program>),
    /// PutLocations.
    Places(Vec<proto::Location>),
    /// OpenBackorders and UpdatePlan, with their remarks, CloseBackorders, GetPlan.
    Plan(Box<proto::Plan>, Vec<String>),
    /// ListPlans.
    Plans(Vec<proto::Plan>),
    /// AnnounceInbound, UpdateInbound.
    Inbound(Box<proto::Inbound>),
    /// ListInbound.
    Inbounds(Vec<proto::Inbound>),
    /// ListReservations.
    Reservations(Vec<proto::Reservation>),
    /// SuggestPurchase.
    Suggestions(Vec<proto::PurchaseSuggestion>),
    /// BatchReserve.
    Batch(Vec<proto::BatchReserveResult>),
    /// ListBacklog.
    Backlog(Vec<proto::BacklogEntry>),
    /// ListMovements.
    Movements(Vec<proto::Movement>),
}

/// Why a call was refused.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Refused {
    /// The gRPC code.
    pub code: i32,
    /// The reason, and the numbers, of ErrorInfo.
    pub reason: String,
    /// The numbers of ErrorInfo.
    pub metadata: BTreeMap<String, String>,
    /// The fields of BadRequest.
    pub fields: Vec<String>,
    /// The short lines of Refusal.
    pub shortages: Vec<proto::Shortage>,
}

impl Refused {
    /// Reads the bytes of a google.rpc.Status.
    pub fn read(bytes: &[u8]) -> Self {
        let status = pb::Status::decode(bytes).expect("a google.rpc.Status");
        let mut refused = Self { code: status.code, ..Self::default() };
        for detail in &status.details {
            match detail.type_url.rsplit(['/', '.']).next() {
                Some("ErrorInfo") => {
                    let info = pb::ErrorInfo::decode(&detail.value[..]).expect("an ErrorInfo");
                    refused.reason = info.reason;
                    refused.metadata = info.metadata.into_iter().collect();
                }
                Some("BadRequest") => {
                    let bad = pb::BadRequest::decode(&detail.value[..]).expect("a BadRequest");
                    refused.fields = bad.field_violations.into_iter().map(|v| v.field).collect();
                }
                Some("Refusal") => {
                    let shown = proto::Refusal::decode(&detail.value[..]).expect("a Refusal");
                    refused.shortages = shown.shortages;
                }
                _ => {}
            }
        }
        refused
    }
}

fn shown<T: Message + Default>(bytes: &[u8], of: fn(T) -> Shown) -> Shown {
    of(T::decode(bytes).expect("the response of the rpc"))
}

fn held(reservation: Option<proto::Reservation>, shortages: Vec<proto::Shortage>) -> Shown {
    Shown::Reservation(Box::new(reservation.expect("a reservation")), shortages)
}

impl Outcome {
    /// From the stored form of an answer.
    pub fn of(call: &Call, body: &Body) -> Self {
        Self::moved(call, body, 0)
    }

    /// The same with its dates moved by so many days; the bytes are as they came.
    pub fn moved(call: &Call, body: &Body, days: i64) -> Self {
        let bytes = body.bytes.clone();
        let mut result = match body.is_refusal {
            true => Err(Refused::read(&shifted(&bytes, days))),
            false => Ok(read(call, &shifted(&bytes, days))),
        };
        for promise in promises(&mut result) {
            promise.note = moved_note(&promise.note, days);
        }
        Self { result, bytes }
    }

    /// From a response of the server, or its status. Its dates lie `days` before those of the
    /// scenario; the bytes are as they came.
    pub fn from_server(call: &Call, answer: Result<Vec<u8>, tonic::Status>, days: i64) -> Self {
        match answer {
            Ok(bytes) => Self::moved(call, &Body { is_refusal: false, bytes }, days),
            Err(status) => {
                let bytes = status.details().to_vec();
                assert!(!bytes.is_empty(), "a status without details: {status:?}");
                Self::moved(call, &Body { is_refusal: true, bytes }, days)
            }
        }
    }

    /// The same without instants, and without versions where the background may have moved on: two
    /// worlds must agree on all of it.
    pub fn timeless(&self, with_versions: bool) -> Result<Shown, Refused> {
        let mut result = self.result.clone();
        match &mut result {
            Ok(shown) => forget(shown, with_versions),
            Err(refused) if !with_versions => {
                refused.shortages.iter_mut().for_each(|short| short.item_version = 0);
            }
            Err(_) => {}
        }
        result
    }
}

/// Reads a response of the call's rpc.
fn read(call: &Call, bytes: &[u8]) -> Shown {
    match call {
        Call::PutProgram(_) => shown(bytes, |r: proto::PutProgramResponse| {
            Shown::Program(Box::new(r.program.expect("a programme")))
        }),
        Call::PutLocations(_) => {
            shown(bytes, |r: proto::PutLocationsResponse| Shown::Places(r.locations))
        }
        Call::PutItems(_) => shown(bytes, |r: proto::PutItemsResponse| Shown::Items(r.items)),
        Call::Availability(_) | Call::Adjust(_) => {
            shown(bytes, |r: proto::AdjustResponse| Shown::Items(r.items))
        }
        // The others have no remarks.
        Call::OpenBackorders(_)
        | Call::UpdatePlan(_)
        | Call::CloseBackorders(_)
        | Call::Plan(_) => shown(bytes, |r: proto::OpenBackordersResponse| {
            Shown::Plan(Box::new(r.plan.expect("a plan")), r.warnings)
        }),
        Call::Plans(_) => shown(bytes, |r: proto::ListPlansResponse| Shown::Plans(r.plans)),
        Call::AnnounceInbound(_) | Call::UpdateInbound(_) => {
            shown(bytes, |r: proto::AnnounceInboundResponse| {
                Shown::Inbound(Box::new(r.inbound.expect("supply")))
            })
        }
        Call::Inbounds(_) => {
            shown(bytes, |r: proto::ListInboundResponse| Shown::Inbounds(r.inbound))
        }
        Call::Reservations(_) => {
            shown(bytes, |r: proto::ListReservationsResponse| Shown::Reservations(r.reservations))
        }
        Call::Suggestions(_) => {
            shown(bytes, |r: proto::SuggestPurchaseResponse| Shown::Suggestions(r.suggestions))
        }
        Call::Reserve(_) => {
            shown(bytes, |r: proto::ReserveResponse| held(r.reservation, r.shortages))
        }
        Call::Backorder(_)
        | Call::Extend(_)
        | Call::Confirm(_)
        | Call::Ship(_)
        | Call::AnswerDelay(_)
        | Call::Reservation(_) => {
            shown(bytes, |r: proto::ConfirmResponse| held(r.reservation, Vec::new()))
        }
        Call::Release(_) => shown(bytes, |r: proto::ReleaseResponse| Shown::Released(Box::new(r))),
        Call::Receive(_) => shown(bytes, Shown::Received),
        Call::Batch(_) => shown(bytes, |r: proto::BatchReserveResponse| Shown::Batch(r.results)),
        Call::Backlog(_) => shown(bytes, |r: proto::ListBacklogResponse| Shown::Backlog(r.entries)),
        Call::Movements(_) => {
            shown(bytes, |r: proto::ListMovementsResponse| Shown::Movements(r.movements))
        }
    }
}

fn of_order(order: &mut proto::Reservation) -> Vec<&mut proto::Promise> {
    order.lines.iter_mut().filter_map(|line| line.promise.as_mut()).collect()
}

fn of_short(short: &mut [proto::Shortage]) -> Vec<&mut proto::Promise> {
    short.iter_mut().filter_map(|short| short.promise.as_mut()).collect()
}

fn of_result(result: &mut proto::BatchReserveResult) -> Vec<&mut proto::Promise> {
    use proto::batch_reserve_result::Result as Of;
    let own = match &mut result.result {
        Some(Of::Reservation(order)) => of_order(order),
        Some(Of::Refusal(refusal)) => of_short(&mut refusal.shortages),
        None => Vec::new(),
    };
    own.into_iter().chain(of_short(&mut result.shortages)).collect()
}

/// Every promise that an outcome shows.
fn promises(result: &mut Result<Shown, Refused>) -> Vec<&mut proto::Promise> {
    match result {
        Ok(Shown::Reservation(order, short)) => {
            of_order(order).into_iter().chain(of_short(short)).collect()
        }
        Ok(Shown::Released(response)) => response.reservation.as_mut().map_or(vec![], of_order),
        Ok(Shown::Items(items)) => items.iter_mut().filter_map(|i| i.promise.as_mut()).collect(),
        Ok(Shown::Reservations(orders)) => orders.iter_mut().flat_map(of_order).collect(),
        Ok(Shown::Batch(results)) => results.iter_mut().flat_map(of_result).collect(),
        Ok(Shown::Backlog(entries)) => {
            entries.iter_mut().filter_map(|entry| entry.promise.as_mut()).collect()
        }
        Err(refused) => of_short(&mut refused.shortages),
        Ok(_) => Vec::new(),
    }
}

fn forget_reservation(reservation: &mut proto::Reservation, with_versions: bool) {
    reservation.create_time = None;
    reservation.expire_time = reservation.expire_time.take().map(|_| Default::default());
    for line in &mut reservation.lines {
        line.item_version = if with_versions { line.item_version } else { 0 };
        if let Some(question) = &mut line.delay_question {
            question.answer_by = question.answer_by.take().map(|_| Default::default());
        }
    }
}

fn forget_window(plan: &mut proto::Plan) {
    plan.opens_at = None;
    plan.closes_at = None;
}

fn forget(shown: &mut Shown, with_versions: bool) {
    match shown {
        Shown::Reservation(reservation, shortages) => {
            forget_reservation(reservation, with_versions);
            if !with_versions {
                shortages.iter_mut().for_each(|short| short.item_version = 0);
            }
        }
        Shown::Released(response) => {
            if let Some(reservation) = &mut response.reservation {
                forget_reservation(reservation, with_versions);
            }
        }
        Shown::Received(response) if !with_versions => {
            response.results.iter_mut().for_each(|result| result.item_version = 0);
        }
        Shown::Items(items) if !with_versions => {
            items.iter_mut().for_each(|item| item.item_version = 0);
        }
        Shown::Plan(plan, _) => forget_window(plan),
        Shown::Plans(plans) => plans.iter_mut().for_each(forget_window),
        Shown::Reservations(reservations) => {
            reservations.iter_mut().for_each(|r| forget_reservation(r, with_versions));
        }
        Shown::Batch(results) => results.iter_mut().for_each(|result| {
            use proto::batch_reserve_result::Result as Of;
            match &mut result.result {
                Some(Of::Reservation(reservation)) => {
                    forget_reservation(reservation, with_versions)
                }
                Some(Of::Refusal(refusal)) if !with_versions => {
                    refusal.shortages.iter_mut().for_each(|short| short.item_version = 0);
                }
                _ => {}
            }
        }),
        Shown::Backlog(entries) => entries.iter_mut().for_each(|entry| entry.create_time = None),
        Shown::Movements(movements) => movements.iter_mut().for_each(|movement| {
            movement.time = None;
            if !with_versions {
                movement.item_version = 0;
                movement.part = 0;
            }
        }),
        _ => {}
    }
}
