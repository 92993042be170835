//! What a warehouse reports: Receive and Adjust.

use tonic::Status;

use super::{Form, ROWS_MAX};
use crate::domain::command::{Adjustment, Change, Receipt, ReceiptLine};
use crate::domain::{Command, InboundId, Location, ProgramId, ReceiptId, Request};
use crate::proto;
use crate::service::hash;

/// A programme and a request to it.
type Decoded = Result<(ProgramId, Request), Status>;

/// Receive.
pub(in crate::service) fn receive(mut request: proto::ReceiveRequest) -> Decoded {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    request.program = program.to_string();
    let dry_run = request.validate_only;
    let id = (!dry_run).then(|| form.request_id("request_id", &request.request_id));
    form.count("lines", request.lines.len(), 1, ROWS_MAX);
    form.unique("lines", request.lines.iter().map(|line| line.sku.as_str()));
    let lines = request.lines.iter().enumerate();
    let lines = lines.map(|(index, line)| receipt_line(&mut form, index, line)).collect();
    let receipt = Receipt {
        id: form.id("receipt_id", &request.receipt_id, ReceiptId::parse, ReceiptId::stored),
        location: form.optional("location", &request.location, Location::parse),
        lines,
        dry_run,
    };
    let hash = hash::of("Receive", &request);
    form.done((program, Request { id, hash, command: Command::Receive(receipt) }))
}

fn receipt_line(form: &mut Form, index: usize, line: &proto::ReceiptLine) -> ReceiptLine {
    let field = |name: &str| format!("lines[{index}].{name}");
    let good = form.units(field("good"), line.good, 0);
    let damaged = form.units(field("damaged"), line.damaged, 0);
    if good == 0 && damaged == 0 {
        form.fault(field("good"), "and damaged must be at least 1 together");
    }
    let inbound = form.optional(&field("inbound_id"), &line.inbound_id, InboundId::parse);
    let closes_inbound = line.closes_inbound;
    if closes_inbound && line.inbound_id.is_empty() {
        form.fault(field("closes_inbound"), "needs inbound_id: which supply is closed");
    }
    let sku = form.sku(field("sku"), &line.sku);
    ReceiptLine { sku, good, damaged, inbound, closes_inbound }
}

/// Adjust.
pub(in crate::service) fn adjust(mut request: proto::AdjustRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    let location = form.optional("location", &request.location, Location::parse);
    form.count("adjustments", request.adjustments.len(), 1, ROWS_MAX);
    form.unique("adjustments", request.adjustments.iter().map(|change| change.sku.as_str()));
    let adjustments = request.adjustments.iter().enumerate();
    let adjustments = adjustments.map(|(index, change)| adjustment(&mut form, index, change));
    let adjustments = adjustments.collect();
    let hash = hash::of("Adjust", &request);
    let command = Command::Adjust { location, adjustments };
    form.done((program, Request { id: Some(id), hash, command }))
}

fn adjustment(form: &mut Form, index: usize, adjustment: &proto::Adjustment) -> Adjustment {
    use proto::adjustment::Change as Asked;
    let field = |name: &str| format!("adjustments[{index}].{name}");
    let sku = form.sku(field("sku"), &adjustment.sku);
    let change = match adjustment.change {
        Some(Asked::Delta(delta)) => {
            let size = delta.checked_abs().unwrap_or(i64::MAX);
            form.units(field("delta"), size, 1);
            Change::Delta(delta)
        }
        Some(Asked::Count(count)) => Change::Count(form.units(field("count"), count, 0)),
        None => {
            form.fault(field("change"), "must be a delta or a count");
            Change::Delta(0)
        }
    };
    let reason = match proto::AdjustReason::try_from(adjustment.reason) {
        Ok(proto::AdjustReason::Count) => "count",
        Ok(proto::AdjustReason::Damaged) => "damaged",
        Ok(proto::AdjustReason::Lost) => "lost",
        Ok(proto::AdjustReason::Found) => "found",
        Ok(proto::AdjustReason::Returned) => "returned",
        Ok(proto::AdjustReason::Unspecified) | Err(_) => {
            form.fault(field("reason"), "must be one of AdjustReason");
            ""
        }
    };
    Adjustment { sku, change, reason }
}
