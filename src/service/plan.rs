//! PlanService.

use tonic::{Request, Response, Status};

use super::{Desk, decode, encode, refusals};
use crate::domain::Refusal;
use crate::domain::answer::PlanView;
use crate::proto::plan_service_server::PlanService;
use crate::proto::{
    CloseBackordersRequest, CloseBackordersResponse, GetPlanRequest, GetPlanResponse,
    GetProgramRequest, GetProgramResponse, ListItemsRequest, ListItemsResponse,
    OpenBackordersRequest, OpenBackordersResponse, PutItemsRequest, PutItemsResponse,
    PutLocationsRequest, PutLocationsResponse, PutProgramRequest, PutProgramResponse,
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
        let backordered = item.backordered;
        let plan = item
            .plan
            .ok_or_else(|| refusals::refused(&Refusal::UnknownPlan { sku: sku.clone() }))?;
        let view = PlanView::new(sku, plan, now, backordered);
        Ok(Response::new(GetPlanResponse { plan: Some(encode::plan(&view)) }))
    }
}
