//! Calls on their way, several at once.

use anyhow::Context;
use futures::{StreamExt, stream};

use super::batch::{Batch, Request};
use super::sheet::Fault;
use crate::cli::manage::{Refused, Session, ask};
use crate::cli::progress::bar;
use crate::proto;

/// Calls under way at once: enough to keep a server busy, few enough to leave room for others.
const CALLS_MAX: usize = 8;

/// What was not taken.
#[derive(Debug, Default)]
pub struct NotTaken {
    /// Rows of calls that were refused.
    pub rows: usize,
    /// Why.
    pub faults: Vec<Fault>,
}

/// Sends all of it. A refusal of one call does not keep the others back.
///
/// # Errors
/// The server stayed away, or failed. What was sent is done; the same command does the rest.
pub async fn all(session: &Session, rows: usize, batches: Vec<Batch>) -> anyhow::Result<NotTaken> {
    let bar = bar("import", rows as u64);
    let mut not_taken = NotTaken::default();
    let mut done = 0;
    let calls = stream::iter(batches).map(|batch| async move {
        let answer = send(session, &batch).await;
        (batch, answer)
    });
    let mut answers = calls.buffer_unordered(CALLS_MAX);
    while let Some((batch, answer)) = answers.next().await {
        match answer {
            Ok(()) => done += batch.rows.len(),
            Err(refused) if refused.is_answer() => {
                not_taken.rows += batch.rows.len();
                not_taken.faults.extend(batch.faults(&refused));
            }
            Err(refused) => {
                bar.abandon();
                let told =
                    format!("{done} of {rows} rows are done; run the same again for the rest");
                return Err(anyhow::Error::from(refused)).context(told);
            }
        }
        bar.inc(batch.rows.len() as u64);
    }
    bar.finish_and_clear();
    Ok(not_taken)
}

async fn send(session: &Session, batch: &Batch) -> Result<(), Refused> {
    match batch.request.clone() {
        Request::Items(request) => {
            let call = async |request| session.plans().put_items(request).await;
            ask(request, call).await.map(drop)
        }
        Request::Adjust(request) => {
            let call = async |request| session.inventory().adjust(request).await;
            ask(request, call).await.map(drop)
        }
        Request::Receive(request) => {
            let call = async |request| session.inventory().receive(request).await;
            match ask(request, call).await {
                // The receipt's number follows from the content: this very file was counted before.
                Err(refused) if refused.reason().as_deref() == Some("RECEIPT_EXISTS") => Ok(()),
                answer => answer.map(drop),
            }
        }
        Request::Announce { request, update } => announce(session, request, update).await,
    }
}

async fn announce(
    session: &Session,
    request: proto::AnnounceInboundRequest,
    update: bool,
) -> Result<(), Refused> {
    let call = async |request| session.plans().announce_inbound(request).await;
    match ask(request.clone(), call).await {
        Err(refused) if update && refused.reason().as_deref() == Some("INBOUND_EXISTS") => {
            let proto::AnnounceInboundRequest { program, request_id, inbound } = request;
            let request_id = format!("{request_id}-update");
            let request = proto::UpdateInboundRequest { program, request_id, inbound };
            let call = async |request| session.plans().update_inbound(request).await;
            ask(request, call).await.map(drop)
        }
        answer => answer.map(drop),
    }
}
