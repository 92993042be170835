//! Requests about events.

use tonic::Status;

use super::{Form, ROWS_MAX};
use crate::domain::interest::{TYPE_RULE, is_type};
use crate::domain::{Event, Interest, ProgramId, Sku};
use crate::proto;
use crate::service::watch::Asked;
use crate::sink::{Secret, is_url};
use crate::store::sinks::NewWebhook;

/// Watch.
pub(in crate::service) fn watch(request: &proto::WatchRequest) -> Result<Asked, Status> {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    let after = after(&mut form, request.after);
    let interest = Interest::new(types(&mut form, "types", &request.types));
    form.count("skus", request.skus.len(), 0, ROWS_MAX);
    let skus = form.each("skus", &request.skus, |form, sku| form.sku("", sku));
    let skus = skus.into_iter().collect();
    form.done(Asked { program, after, interest, skus })
}

/// Types of events that somebody wants.
fn types(form: &mut Form, field: &'static str, types: &[String]) -> Vec<String> {
    form.count(field, types.len(), 0, Event::NAMES.len());
    form.each(field, types, |form, wanted| {
        if !is_type(wanted) {
            form.fault("", TYPE_RULE);
        }
    });
    types.to_vec()
}

/// PutWebhook: the programme, where a new one begins, and the webhook.
pub(in crate::service) fn put_webhook(
    request: &proto::PutWebhookRequest,
) -> Result<(ProgramId, Option<i64>, NewWebhook), Status> {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    let webhook = request.webhook.clone().unwrap_or_default();
    let id = webhook_id(&mut form, "webhook.webhook_id", &webhook.webhook_id);
    if !is_url(&webhook.url) {
        form.fault(
            "webhook.url",
            "must be an http or https URL of at most 2048 characters, without user and password",
        );
    }
    let types = types(&mut form, "webhook.types", &webhook.types);
    let after = after(&mut form, request.after);
    let secret = Some(&request.secret).filter(|secret| !secret.is_empty());
    let key = secret.and_then(|secret| Secret::parse(secret));
    if key.is_none() && secret.is_some() {
        form.fault("secret", "must be empty, or whsec_ and base64 of 24 to 64 bytes");
    }
    let new = NewWebhook {
        id,
        url: webhook.url,
        types,
        secret: key.map(|key| key.text()),
        made: Secret::make().text(),
        position: 0,
    };
    form.done((program, after, new))
}

/// A webhook that is named.
pub(in crate::service) fn webhook(
    program: &str,
    webhook_id: &str,
) -> Result<(ProgramId, String), Status> {
    let mut form = Form::default();
    let program = form.program("program", program);
    let id = self::webhook_id(&mut form, "webhook_id", webhook_id);
    form.done((program, id))
}

/// The id of a webhook has the form of every other id.
fn webhook_id(form: &mut Form, field: &str, text: &str) -> String {
    form.id(field, text, Sku::parse, Sku::stored).to_string()
}

fn after(form: &mut Form, after: Option<i64>) -> Option<i64> {
    if let Some(after) = after.filter(|after| *after < 0) {
        form.fault("after", format!("must be 0 or a position, not {after}"));
    }
    after
}
