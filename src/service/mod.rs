//! Protobuf in and out. A handler decodes, submits, encodes; there are no rules here.
//!
//! `decode/` checks the form of each field, so that bad input never reaches PostgreSQL and is
//! refused with every field at fault named. `encode/` shows the domain's answers. `refusals` is the
//! one page that turns what went wrong into a gRPC status. `stored` is the form in which answers
//! are kept. This file registers the services.

mod decode;
mod encode;
mod hash;
mod insight;
mod inventory;
mod plan;
mod refusals;
mod stored;
mod watch;
mod webhook;

use std::future::Future;

use tonic::service::Routes;
use tonic::{Extensions, Response, Status};

use crate::combine::Combiner;
use crate::domain::{ProgramId, Request};
use crate::edge::Deadline;
use crate::proto;
use crate::proto::insight_service_server::InsightServiceServer;
use crate::proto::inventory_service_server::InventoryServiceServer;
use crate::proto::plan_service_server::PlanServiceServer;
use crate::proto::webhook_service_server::WebhookServiceServer;
use crate::store::{Reply, Store};

pub use insight::verify_response;
pub use refusals::DOMAIN;
pub use stored::encode as encode_stored;
pub use watch::Watching;

/// Largest message of a write, in bytes: BatchReserve and the warehouse's long lists.
const WRITE_BYTES_MAX: usize = 1 << 20;
/// Largest message of a read, in bytes: 1,000 SKUs of full length, and room.
const READ_BYTES_MAX: usize = 128 << 10;
/// The name that an empty `program` is read as.
const DEFAULT_PROGRAM: &str = "default";

/// What every handler works with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk {
    combiner: Combiner,
    store: Store,
    watching: Watching,
}

impl Desk {
    /// A desk in front of a combiner, for writes, and a store, for reads and those who watch.
    #[must_use]
    pub fn new(combiner: Combiner, store: Store, watching: Watching) -> Self {
        Self { combiner, store, watching }
    }

    /// Submits the requests of one call.
    async fn submit(
        &self,
        program: ProgramId,
        requests: Vec<Request>,
        extensions: &Extensions,
    ) -> Result<Vec<Reply>, Status> {
        let deadline = extensions.get::<Deadline>().map(|deadline| deadline.0.into_std());
        let replies = self.combiner.submit(program, requests, deadline).await;
        replies.map_err(|unanswered| refusals::unanswered(&unanswered))
    }

    /// Submits one request and answers with its response.
    async fn write<T: stored::Response>(
        &self,
        program: ProgramId,
        request: Request,
        extensions: &Extensions,
    ) -> Result<Response<T>, Status> {
        let mut replies = self.submit(program, vec![request], extensions).await?;
        match replies.pop() {
            Some(reply) => stored::response(reply).map(Response::new),
            None => Err(Status::internal("a request was left without an answer")),
        }
    }

    /// Waits for a read.
    async fn read<T>(
        &self,
        read: impl Future<Output = Result<T, crate::store::Failure>>,
    ) -> Result<T, Status> {
        read.await.map_err(|failure| refusals::failed(&failure))
    }
}

/// The services, with health and reflection beside them.
///
/// # Errors
///
/// The compiled descriptors cannot be read.
pub fn routes(
    desk: Desk,
    health: tonic_health::pb::health_server::HealthServer<
        impl tonic_health::pb::health_server::Health,
    >,
) -> anyhow::Result<Routes> {
    let inventory =
        InventoryServiceServer::new(desk.clone()).max_decoding_message_size(WRITE_BYTES_MAX);
    let plan = PlanServiceServer::new(desk.clone()).max_decoding_message_size(WRITE_BYTES_MAX);
    let webhooks =
        WebhookServiceServer::new(desk.clone()).max_decoding_message_size(READ_BYTES_MAX);
    let insight = InsightServiceServer::new(desk).max_decoding_message_size(READ_BYTES_MAX);
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    Ok(Routes::new(inventory)
        .add_service(plan)
        .add_service(insight)
        .add_service(webhooks)
        .add_service(health)
        .add_service(reflection().build_v1()?)
        // Python's reflection client speaks only this one.
        .add_service(reflection().build_v1alpha()?)
        .prepare())
}
