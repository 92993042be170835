//! InventoryService.

use tonic::{Request, Response, Status};

use super::{Desk, decode, stored};
use crate::proto::inventory_service_server::InventoryService;
use crate::proto::{
    AdjustRequest, AdjustResponse, AnswerDelayRequest, AnswerDelayResponse, BackorderRequest,
    BackorderResponse, BatchReserveRequest, BatchReserveResponse, ConfirmRequest, ConfirmResponse,
    ExtendRequest, ExtendResponse, ReceiveRequest, ReceiveResponse, ReleaseRequest,
    ReleaseResponse, ReserveRequest, ReserveResponse, ShipRequest, ShipResponse,
};

type Answered<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl InventoryService for Desk {
    async fn reserve(&self, request: Request<ReserveRequest>) -> Answered<ReserveResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::reserve(message)?;
        self.write(program, request, &extensions).await
    }

    async fn backorder(&self, request: Request<BackorderRequest>) -> Answered<BackorderResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::backorder(message)?;
        self.write(program, request, &extensions).await
    }

    async fn extend(&self, request: Request<ExtendRequest>) -> Answered<ExtendResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::extend(message)?;
        self.write(program, request, &extensions).await
    }

    async fn confirm(&self, request: Request<ConfirmRequest>) -> Answered<ConfirmResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::confirm(message)?;
        self.write(program, request, &extensions).await
    }

    async fn release(&self, request: Request<ReleaseRequest>) -> Answered<ReleaseResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::release(message)?;
        self.write(program, request, &extensions).await
    }

    async fn batch_reserve(
        &self,
        request: Request<BatchReserveRequest>,
    ) -> Answered<BatchReserveResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, requests) = decode::reserve_many(message)?;
        let replies = self.submit(program, requests, &extensions).await?;
        let results: Result<Vec<_>, Status> = replies.into_iter().map(stored::result).collect();
        Ok(Response::new(BatchReserveResponse { results: results? }))
    }

    async fn receive(&self, request: Request<ReceiveRequest>) -> Answered<ReceiveResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::receive(message)?;
        self.write(program, request, &extensions).await
    }

    async fn ship(&self, request: Request<ShipRequest>) -> Answered<ShipResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::ship(message)?;
        self.write(program, request, &extensions).await
    }

    async fn adjust(&self, request: Request<AdjustRequest>) -> Answered<AdjustResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::adjust(message)?;
        self.write(program, request, &extensions).await
    }

    async fn answer_delay(
        &self,
        request: Request<AnswerDelayRequest>,
    ) -> Answered<AnswerDelayResponse> {
        let (_, extensions, message) = request.into_parts();
        let (program, request) = decode::answer_delay(message)?;
        self.write(program, request, &extensions).await
    }
}
