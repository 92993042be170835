//! WebhookService.

use tonic::{Request, Response, Status};

use super::watch::begin;
use super::{Desk, decode, encode, refusals};
use crate::domain::ProgramId;
use crate::proto;
use crate::proto::webhook_service_server::WebhookService;
use crate::proto::{
    ListWebhooksRequest, ListWebhooksResponse, PutWebhookRequest, PutWebhookResponse,
    RemoveWebhookRequest, RemoveWebhookResponse, RetryWebhookRequest, RetryWebhookResponse,
};
use crate::store::sinks::Webhook;

type Answered<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl WebhookService for Desk {
    async fn put_webhook(
        &self,
        request: Request<PutWebhookRequest>,
    ) -> Answered<PutWebhookResponse> {
        let (program, after, mut new) = decode::put_webhook(request.get_ref())?;
        self.known_program(&program).await?;
        let stretch = self.read(self.store.stretch(&program)).await?;
        let known = self.read(self.store.webhooks(&program, Some(&new.id))).await?;
        // A known one has its place already: the call may be repeated as long as one likes.
        let after = if known.is_empty() { after } else { after.filter(|at| *at > stretch.newest) };
        new.position = begin(after, stretch)?;
        let (id, made, given) = (new.id.clone(), new.made.clone(), new.secret.clone());
        let secret = self.read(self.store.put_webhook(&program, new)).await?;
        let is_news = given.is_some() || secret == made;
        let webhook = Some(self.webhook(&program, &id).await?);
        let secret = if is_news { secret } else { String::new() };
        Ok(Response::new(PutWebhookResponse { webhook, secret }))
    }

    async fn list_webhooks(
        &self,
        request: Request<ListWebhooksRequest>,
    ) -> Answered<ListWebhooksResponse> {
        let mut form = decode::Form::default();
        let program = form.program("program", &request.into_inner().program);
        let program = form.done(program)?;
        self.known_program(&program).await?;
        let webhooks = self.read(self.store.webhooks(&program, None)).await?;
        let webhooks = webhooks.into_iter().map(shown).collect();
        Ok(Response::new(ListWebhooksResponse { webhooks }))
    }

    async fn retry_webhook(
        &self,
        request: Request<RetryWebhookRequest>,
    ) -> Answered<RetryWebhookResponse> {
        let request = request.get_ref();
        let (program, id) = decode::webhook(&request.program, &request.webhook_id)?;
        let is_done = self.read(self.store.retry_webhook(&program, &id, request.skip)).await?;
        let webhook = self.webhook(&program, &id).await?;
        if !is_done {
            let stretch = self.read(self.store.stretch(&program)).await?;
            return Err(refusals::cursor_too_old(webhook.position, stretch.oldest));
        }
        let webhook = Some(webhook);
        Ok(Response::new(RetryWebhookResponse { webhook }))
    }

    async fn remove_webhook(
        &self,
        request: Request<RemoveWebhookRequest>,
    ) -> Answered<RemoveWebhookResponse> {
        let request = request.get_ref();
        let (program, id) = decode::webhook(&request.program, &request.webhook_id)?;
        self.known_program(&program).await?;
        // One that is not there is gone already: the call may be repeated.
        self.read(self.store.remove_webhook(&program, &id)).await?;
        Ok(Response::new(RemoveWebhookResponse {}))
    }
}

impl Desk {
    /// The webhook, or the refusal of a programme or a webhook that there is not.
    async fn webhook(&self, program: &ProgramId, id: &str) -> Result<proto::Webhook, Status> {
        let mut found = self.read(self.store.webhooks(program, Some(id))).await?;
        match found.pop() {
            Some(webhook) => Ok(shown(webhook)),
            None => {
                self.known_program(program).await?;
                Err(refusals::unknown_webhook(id))
            }
        }
    }
}

fn shown(webhook: Webhook) -> proto::Webhook {
    proto::Webhook {
        webhook_id: webhook.id,
        url: webhook.url,
        types: webhook.types,
        position: webhook.position,
        lag: webhook.lag,
        attempts: webhook.attempts,
        next_attempt_time: webhook.next_attempt_at.map(encode::timestamp),
        parked: webhook.parked,
        last_error: webhook.last_error,
    }
}
