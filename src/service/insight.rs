//! InsightService.

use tonic::{Request, Response, Status};

use super::{Desk, decode, encode, refusals, watch};
use crate::domain::promise::Supply;
use crate::domain::{Item, ProgramId, Refusal, Sku, Time};
use crate::proto;
use crate::proto::insight_service_server::InsightService;
use crate::proto::{
    BacklogEntry, GetAvailabilityRequest, GetAvailabilityResponse, GetReservationRequest,
    GetReservationResponse, ListBacklogRequest, ListBacklogResponse, ListMovementsRequest,
    ListMovementsResponse, ListReservationsRequest, ListReservationsResponse, Movement,
    SuggestPurchaseRequest, SuggestPurchaseResponse, VerifyRequest, VerifyResponse, WatchRequest,
};
use crate::store::read;

type Answered<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl InsightService for Desk {
    async fn get_availability(
        &self,
        request: Request<GetAvailabilityRequest>,
    ) -> Answered<GetAvailabilityResponse> {
        let (program, skus) = decode::availability(request.get_ref())?;
        let views = self.read(self.store.availability(&program, &skus)).await?;
        // They stand in the order asked for, without those that are unknown.
        let mut views = views.iter().peekable();
        let mut items = Vec::with_capacity(skus.len());
        for sku in &skus {
            match views.next_if(|view| view.sku == *sku) {
                Some(view) => items.push(encode::item(view)),
                None => {
                    self.known_program(&program).await?;
                    return Err(refusals::refused(&Refusal::UnknownItem { sku: sku.clone() }));
                }
            }
        }
        Ok(Response::new(GetAvailabilityResponse { items }))
    }

    async fn get_reservation(
        &self,
        request: Request<GetReservationRequest>,
    ) -> Answered<GetReservationResponse> {
        let (program, reservation) = decode::reservation(request.get_ref())?;
        match self.read(self.store.reservation(&program, &reservation)).await? {
            Some(view) => {
                let reservation = Some(encode::reservation(&view, &program));
                Ok(Response::new(GetReservationResponse { reservation }))
            }
            None => {
                self.known_program(&program).await?;
                Err(refusals::refused(&Refusal::UnknownReservation { reservation }))
            }
        }
    }

    async fn list_backlog(
        &self,
        request: Request<ListBacklogRequest>,
    ) -> Answered<ListBacklogResponse> {
        let (program, sku, place, size) = decode::backlog(request.get_ref())?;
        let (item, _) = self.known_item(&program, &sku).await?;
        let supply = Supply::of(&item);
        let backlog = self.read(self.store.backlog(&program, &sku, place, size)).await?;
        Ok(Response::new(ListBacklogResponse {
            entries: backlog.entries.iter().map(|entry| backlog_entry(entry, &supply)).collect(),
            next_page_token: backlog.next.map(decode::queue_token).unwrap_or_default(),
        }))
    }

    async fn list_movements(
        &self,
        request: Request<ListMovementsRequest>,
    ) -> Answered<ListMovementsResponse> {
        let (program, sku, behind, size) = decode::movements(request.get_ref())?;
        self.known_item(&program, &sku).await?;
        let mut lines = self.read(self.store.movements(&program, &sku, behind, size + 1)).await?;
        let page = usize::try_from(size).unwrap_or(usize::MAX);
        let has_more = lines.len() > page;
        lines.truncate(page);
        let last = lines.last().filter(|_| has_more).map(|line| &line.movement);
        let token = last.map(|movement| format!("{}.{}", movement.version, movement.part));
        Ok(Response::new(ListMovementsResponse {
            movements: lines.into_iter().map(movement).collect(),
            next_page_token: token.unwrap_or_default(),
        }))
    }

    async fn verify(&self, request: Request<VerifyRequest>) -> Answered<VerifyResponse> {
        let mut form = decode::Form::default();
        let program = form.program("program", &request.into_inner().program);
        let program = form.done(program)?;
        self.known_program(&program).await?;
        let proof = self.read(self.store.verify(&program)).await?;
        Ok(Response::new(verify_response(proof)))
    }

    type WatchStream = watch::Answers;

    async fn watch(&self, request: Request<WatchRequest>) -> Answered<Self::WatchStream> {
        watch::watch(self, request).await.map(Response::new)
    }

    async fn list_reservations(
        &self,
        request: Request<ListReservationsRequest>,
    ) -> Answered<ListReservationsResponse> {
        let (program, filter, state, place, size) = decode::reservations_page(request.get_ref())?;
        match &filter.sku {
            Some(sku) => self.known_item(&program, sku).await.map(drop)?,
            None => self.known_program(&program).await?,
        }
        let page = self.read(self.store.reservations(&program, filter, place, size)).await?;
        let asked = page.views.iter().filter(|view| state.is_none_or(|state| view.state == state));
        Ok(Response::new(ListReservationsResponse {
            reservations: asked.map(|view| encode::reservation(view, &program)).collect(),
            next_page_token: page.next.as_ref().map(decode::reservation_token).unwrap_or_default(),
        }))
    }

    async fn suggest_purchase(
        &self,
        request: Request<SuggestPurchaseRequest>,
    ) -> Answered<SuggestPurchaseResponse> {
        let (program, skus, days, behind, size) = decode::suggestion_page(request.get_ref())?;
        self.known_program(&program).await?;
        let page = self.store.suggestions(&program, &skus, days, &behind, size);
        let page = self.read(page).await?;
        if let Some(sku) = page.unknown {
            return Err(refusals::refused(&Refusal::UnknownItem { sku }));
        }
        Ok(Response::new(SuggestPurchaseResponse {
            suggestions: page.suggestions.into_iter().map(suggestion).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }
}

impl Desk {
    /// Refuses a programme that there is not.
    pub(super) async fn known_program(&self, program: &ProgramId) -> Result<(), Status> {
        match self.read(self.store.program(program)).await? {
            Some(_) => Ok(()),
            None => {
                let program = program.clone();
                Err(refusals::refused(&Refusal::UnknownProgram { program }))
            }
        }
    }

    /// The item, or the refusal of a programme or an item that there is not.
    pub(super) async fn known_item(
        &self,
        program: &ProgramId,
        sku: &Sku,
    ) -> Result<(Item, Time), Status> {
        if let Some(found) = self.read(self.store.item(program, sku)).await? {
            return Ok(found);
        }
        self.known_program(program).await?;
        Err(refusals::refused(&Refusal::UnknownItem { sku: sku.clone() }))
    }
}

/// The proof, as the contract shows it.
#[must_use]
pub fn verify_response(proof: read::Proof) -> VerifyResponse {
    let discrepancy = |found: read::Discrepancy| proto::Discrepancy {
        sku: found.sku,
        location: found.location.unwrap_or_default(),
        what: found.what,
        counter: found.counter,
        sum: found.total,
    };
    VerifyResponse {
        items: proof.items,
        movements: proof.movements,
        lines: proof.lines,
        discrepancies: proof.discrepancies.into_iter().map(discrepancy).collect(),
    }
}

fn suggestion(suggestion: read::Suggestion) -> proto::PurchaseSuggestion {
    proto::PurchaseSuggestion {
        quantity: suggestion.quantity(),
        sku: suggestion.sku,
        backordered: suggestion.queued,
        allowance: suggestion.allowance,
        refused: suggestion.refused,
        refused_calls: suggestion.refused_calls,
        inbound: suggestion.inbound,
    }
}

fn backlog_entry(entry: &read::BacklogEntry, supply: &Supply) -> BacklogEntry {
    let filled_by = supply.filled_by(entry.queue_ahead + entry.units);
    let promise = entry.promise.as_ref();
    BacklogEntry {
        reservation_id: entry.reservation.to_string(),
        customer_id: entry.customer.as_ref().map(ToString::to_string).unwrap_or_default(),
        quantity: entry.units,
        bumped: entry.is_bumped,
        position: entry.position,
        queue_ahead: entry.queue_ahead,
        promise: promise.map(|(promised, note)| encode::promise(promised, note)),
        create_time: Some(encode::timestamp(entry.created_at)),
        inbound_id: filled_by.map(ToString::to_string).unwrap_or_default(),
    }
}

fn movement(line: read::LedgerLine) -> Movement {
    let movement = line.movement;
    let delta = movement.delta;
    Movement {
        sku: movement.sku.to_string(),
        item_version: movement.version,
        part: movement.part,
        kind: encode::kind(movement.kind).into(),
        location: delta.location.map(|location| location.to_string()).unwrap_or_default(),
        on_hand: delta.on_hand,
        allocated: delta.allocated,
        backordered: delta.backordered,
        bumped: delta.bumped,
        damaged: delta.damaged,
        inbound: delta.inbound,
        reservation_id: movement.reservation.map(|id| id.to_string()).unwrap_or_default(),
        reference: movement.reference,
        time: Some(encode::timestamp(line.at)),
    }
}
