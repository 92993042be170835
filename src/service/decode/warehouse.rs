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
    let lines = form.each("lines", &request.lines, receipt_line);
    let receipt = Receipt {
        id: form.id("receipt_id", &request.receipt_id, ReceiptId::parse, ReceiptId::stored),
        location: form.optional("location", &request.location, Location::parse),
        lines,
        dry_run,
    };
    let hash = hash::of("Receive", &request);
    form.done((program, Request { id, hash, command: Command::Receive(receipt) }))
}

fn receipt_line(form: &mut Form, line: &proto::ReceiptLine) -> ReceiptLine {
    let good = form.units("good", line.good, 0);
    let damaged = form.units("damaged", line.damaged, 0);
    if good == 0 && damaged == 0 {
        form.fault("good", "and damaged must be at least 1 together");
    }
    let inbound = form.optional("inbound_id", &line.inbound_id, InboundId::parse);
    let closes_inbound = line.closes_inbound;
    if closes_inbound && line.inbound_id.is_empty() {
        form.fault("closes_inbound", "needs inbound_id: which supply is closed");
    }
    let sku = form.sku("sku", &line.sku);
    ReceiptLine { sku, good, damaged, inbound, closes_inbound }
}

/// Adjust.
pub(in crate::service) fn adjust(mut request: proto::AdjustRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    let location = form.optional("location", &request.location, Location::parse);
    form.count("adjustments", request.adjustments.len(), 1, ROWS_MAX);
    form.unique("adjustments", request.adjustments.iter().map(|change| change.sku.as_str()));
    let adjustments = form.each("adjustments", &request.adjustments, adjustment);
    let hash = hash::of("Adjust", &request);
    let command = Command::Adjust { location, adjustments };
    form.done((program, Request { id: Some(id), hash, command }))
}

fn adjustment(form: &mut Form, adjustment: &proto::Adjustment) -> Adjustment {
    use proto::adjustment::Change as Asked;
    let sku = form.sku("sku", &adjustment.sku);
    let change = match adjustment.change {
        Some(Asked::Delta(delta)) => {
            let size = delta.checked_abs().unwrap_or(i64::MAX);
            form.units("delta", size, 1);
            Change::Delta(delta)
        }
        Some(Asked::Count(count)) => Change::Count(form.units("count", count, 0)),
        None => {
            form.fault("change", "must be a delta or a count");
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
            form.fault("reason", "must be one of AdjustReason");
            ""
        }
    };
    Adjustment { sku, change, reason }
}
