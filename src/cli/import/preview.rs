//! What the server would refuse, looked for before anything is sent.

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt, stream};

use super::batch::{Batch, Plan, Request};
use super::sheet::Fault;
use crate::cli::manage::{Refused, Session, ask};
use crate::proto;

/// Most SKUs of one GetAvailability, and items of one page.
const PAGE_MAX: usize = 1000;
/// Calls under way at once.
const CALLS_MAX: usize = 4;

/// Rows that name an item, a location or supply that there is not, and receipts that would be
/// refused.
///
/// # Errors
/// The server does not answer, or does not know the programme.
pub async fn look(session: &Session, plan: &Plan) -> Result<Vec<Fault>, Refused> {
    let mut faults = locations(session, &plan.locations).await?;
    faults.extend(items(session, &plan.skus).await?);
    // A receipt of an item that there is not would only be refused for that again.
    if faults.is_empty() {
        let looked = stream::iter(&plan.batches).map(|batch| receipt(session, batch));
        let looked: Vec<_> = looked.buffered(CALLS_MAX).try_collect().await?;
        faults.extend(looked.into_iter().flatten());
    }
    Ok(faults)
}

async fn locations(session: &Session, named: &[(u64, String)]) -> Result<Vec<Fault>, Refused> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let request = proto::GetProgramRequest { program: session.program.clone() };
    let call = async |request| session.plans().get_program(request).await;
    let known = ask(request, call).await?.locations.into_iter().map(|place| place.location);
    Ok(unknown("location", named, &known.collect()))
}

async fn items(session: &Session, named: &[(u64, String)]) -> Result<Vec<Fault>, Refused> {
    for chunk in named.chunks(PAGE_MAX) {
        let skus = chunk.iter().map(|(_, sku)| sku.clone()).collect();
        let program = session.program.clone();
        let call = async |request| session.insight().get_availability(request).await;
        match ask(proto::GetAvailabilityRequest { program, skus }, call).await {
            Ok(_) => {}
            // It names one; a look at the whole programme finds them all.
            Err(refused) if refused.reason().as_deref() == Some("UNKNOWN_ITEM") => {
                return Ok(unknown("sku", named, &all_items(session).await?));
            }
            Err(refused) => return Err(refused),
        }
    }
    Ok(Vec::new())
}

async fn all_items(session: &Session) -> Result<HashSet<String>, Refused> {
    every_page(async |page_token| {
        let (program, page_size) = (session.program.clone(), 1000);
        let request = proto::ListItemsRequest { program, page_size, page_token };
        let call = async |request| session.plans().list_items(request).await;
        let page = ask(request, call).await?;
        Ok((page.items.into_iter().map(|item| item.sku).collect(), page.next_page_token))
    })
    .await
}

fn unknown(column: &str, named: &[(u64, String)], known: &HashSet<String>) -> Vec<Fault> {
    let missing = named.iter().filter(|(_, name)| !known.contains(name));
    let fault = |(line, name): &(u64, String)| Fault {
        line: *line,
        column: column.to_owned(),
        description: format!("{name} is not there; put it first"),
    };
    missing.map(fault).collect()
}

/// A receipt as a dry run; the other calls have none.
async fn receipt(session: &Session, batch: &Batch) -> Result<Vec<Fault>, Refused> {
    let Request::Receive(request) = &batch.request else { return Ok(Vec::new()) };
    let request_id = String::new();
    let request = proto::ReceiveRequest { request_id, validate_only: true, ..request.clone() };
    let call = async |request| session.inventory().receive(request).await;
    match ask(request, call).await {
        Ok(_) => Ok(Vec::new()),
        // It was counted by an earlier run of the same file.
        Err(refused) if refused.reason().as_deref() == Some("RECEIPT_EXISTS") => Ok(Vec::new()),
        // It names one; a look at what is announced finds them all.
        Err(refused) if refused.reason().as_deref() == Some("UNKNOWN_INBOUND") => {
            let missing = unannounced(session, batch).await?;
            Ok(if missing.is_empty() { batch.faults(&refused) } else { missing })
        }
        Err(refused) if refused.is_answer() => Ok(batch.faults(&refused)),
        Err(refused) => Err(refused),
    }
}

/// Rows of a receipt that name supply which nobody announced.
async fn unannounced(session: &Session, batch: &Batch) -> Result<Vec<Fault>, Refused> {
    let Request::Receive(request) = &batch.request else { return Ok(Vec::new()) };
    let rows = batch.rows.iter().zip(&request.lines);
    let rows: Vec<_> = rows.filter(|(_, line)| !line.inbound_id.is_empty()).collect();
    // Each SKU stands once in a receipt.
    let looked = rows.iter().map(|(_, line)| announced(session, &line.sku));
    let looked: Vec<_> = stream::iter(looked).buffered(CALLS_MAX).try_collect().await?;
    let missing = rows.iter().zip(&looked);
    let missing = missing.filter(|((_, line), known)| !known.contains(&line.inbound_id));
    let fault = |(((line, sku), named), _): (&(&(u64, String), &proto::ReceiptLine), _)| Fault {
        line: *line,
        column: "inbound_id".to_owned(),
        description: format!("{} is not announced for {sku}; announce it first", named.inbound_id),
    };
    Ok(missing.map(fault).collect())
}

/// The ids of all supply that was ever announced for a SKU.
async fn announced(session: &Session, sku: &str) -> Result<HashSet<String>, Refused> {
    every_page(async |page_token| {
        let request = proto::ListInboundRequest {
            program: session.program.clone(),
            sku: sku.to_owned(),
            open_only: false,
            page_size: 1000,
            page_token,
        };
        let call = async |request| session.plans().list_inbound(request).await;
        let page = ask(request, call).await?;
        let ids = page.inbound.into_iter().map(|inbound| inbound.inbound_id);
        Ok((ids.collect(), page.next_page_token))
    })
    .await
}

/// The names on all pages. `page` answers with those of the page that a token stands for, and the
/// token of the next.
async fn every_page(
    page: impl AsyncFn(String) -> Result<(Vec<String>, String), Refused>,
) -> Result<HashSet<String>, Refused> {
    let (mut names, mut token) = (HashSet::new(), String::new());
    loop {
        let (found, next) = page(token).await?;
        names.extend(found);
        if next.is_empty() {
            return Ok(names);
        }
        token = next;
    }
}
