//! PlanService.

use tonic::{Request, Response, Status};

use super::{Desk, decode, encode, refusals};
use crate::domain::Refusal;
use crate::domain::answer::PlanView;
use crate::proto::plan_service_server::PlanService;
use crate::proto::{
    AnnounceInboundRequest, AnnounceInboundResponse, CloseBackordersRequest,
    CloseBackordersResponse, GetPlanRequest, GetPlanResponse, GetProgramRequest,
    GetProgramResponse, ListInboundRequest, ListInboundResponse, ListItemsRequest,
    ListItemsResponse, ListPlansRequest, ListPlansResponse, OpenBackordersRequest,
    OpenBackordersResponse, PutItemsRequest, PutItemsResponse, PutLocationsRequest,
    PutLocationsResponse, PutProgramRequest, PutProgramResponse, UpdateInboundRequest,
    UpdateInboundResponse, UpdatePlanRequest, UpdatePlanResponse,
};

type Answered<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl PlanService for Desk {
    async fn put_program(
        &self,
        request: Request<PutProgramRequest>,
    ) -> Answered<PutProgramResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::put_program(message)?;
        self.write(program, request, &extensions).await
    }

    async fn get_program(
        &self,
        request: Request<GetProgramRequest>,
    ) -> Answered<GetProgramResponse> {
        let mut form = decode::Form::default();
        let program = form.program("program", &request.into_inner().program);
        let program = form.done(program)?;
        let found = self.read(self.store.program(&program)).await?;
        let (settings, places) =
            found.ok_or_else(|| refusals::refused(&Refusal::UnknownProgram { program }))?;
        let locations = places.iter().map(encode::place).collect();
        let program = Some(encode::program(&settings));
        Ok(Response::new(GetProgramResponse { program, locations }))
    }

    async fn put_locations(
        &self,
        request: Request<PutLocationsRequest>,
    ) -> Answered<PutLocationsResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::put_locations(message)?;
        self.write(program, request, &extensions).await
    }

    async fn put_items(&self, request: Request<PutItemsRequest>) -> Answered<PutItemsResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::put_items(message)?;
        self.write(program, request, &extensions).await
    }

    async fn list_items(&self, request: Request<ListItemsRequest>) -> Answered<ListItemsResponse> {
        let (program, behind, size) = decode::items_page(request.get_ref())?;
        self.known_program(&program).await?;
        let mut items = self.read(self.store.items(&program, &behind, size + 1)).await?;
        let page = usize::try_from(size).unwrap_or(usize::MAX);
        let has_more = items.len() > page;
        items.truncate(page);
        let last = items.last().filter(|_| has_more).map(|item| item.sku.to_string());
        Ok(Response::new(ListItemsResponse {
            items: items.iter().map(encode::item_settings).collect(),
            next_page_token: last.unwrap_or_default(),
        }))
    }

    async fn open_backorders(
        &self,
        request: Request<OpenBackordersRequest>,
    ) -> Answered<OpenBackordersResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::open_backorders(message)?;
        self.write(program, request, &extensions).await
    }

    async fn close_backorders(
        &self,
        request: Request<CloseBackordersRequest>,
    ) -> Answered<CloseBackordersResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::close_backorders(message)?;
        self.write(program, request, &extensions).await
    }

    async fn get_plan(&self, request: Request<GetPlanRequest>) -> Answered<GetPlanResponse> {
        let request = request.get_ref();
        let (program, sku) = decode::one_item(&request.program, &request.sku)?;
        let (item, now) = self.known_item(&program, &sku).await?;
        let view = PlanView::new(&item, now)
            .ok_or_else(|| refusals::refused(&Refusal::UnknownPlan { sku }))?;
        Ok(Response::new(GetPlanResponse { plan: Some(encode::plan(&view)) }))
    }

    async fn update_plan(
        &self,
        request: Request<UpdatePlanRequest>,
    ) -> Answered<UpdatePlanResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::update_plan(message)?;
        self.write(program, request, &extensions).await
    }

    async fn list_plans(&self, request: Request<ListPlansRequest>) -> Answered<ListPlansResponse> {
        let (program, state, behind, size) = decode::plans_page(request.get_ref())?;
        self.known_program(&program).await?;
        let page = self.read(self.store.plans(&program, &behind, size)).await?;
        let asked = |view: &&PlanView| state.is_none_or(|state| view.state == state);
        Ok(Response::new(ListPlansResponse {
            plans: page.plans.iter().filter(asked).map(encode::plan).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn announce_inbound(
        &self,
        request: Request<AnnounceInboundRequest>,
    ) -> Answered<AnnounceInboundResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::announce_inbound(message)?;
        self.write(program, request, &extensions).await
    }

    async fn update_inbound(
        &self,
        request: Request<UpdateInboundRequest>,
    ) -> Answered<UpdateInboundResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::update_inbound(message)?;
        self.write(program, request, &extensions).await
    }

    async fn list_inbound(
        &self,
        request: Request<ListInboundRequest>,
    ) -> Answered<ListInboundResponse> {
        let (program, sku, open_only, place, size) = decode::inbound_page(request.get_ref())?;
        match &sku {
            Some(sku) => self.known_item(&program, sku).await.map(drop)?,
            None => self.known_program(&program).await?,
        }
        let page = self.store.inbounds(&program, sku.as_ref(), open_only, place, size);
        let page = self.read(page).await?;
        let next = page.next.map(|place| format!("{} {}", place.sku, place.inbound));
        Ok(Response::new(ListInboundResponse {
            inbound: page.inbounds.iter().map(|(sku, of)| encode::inbound(sku, of)).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }
}
