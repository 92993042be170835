//! `import inbound`: each row becomes an announcement.

use super::batch::{Batch, Ids, Plan, Request, first_lines};
use super::row::Seen;
use super::sheet::{Columns, Fault, Sheet};
use crate::proto;

const COLUMNS: Columns =
    Columns { required: &["inbound_id", "sku", "expected", "arrives_on"], optional: &["ships_on"] };

/// Reads a file of announced supply.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(bytes: &[u8], ids: &Ids, update: bool) -> Result<Plan, Vec<Fault>> {
    let mut sheet = Sheet::read(bytes, COLUMNS);
    let mut seen = Seen::default();
    let rows = sheet.each(|row| {
        let inbound = proto::Inbound {
            inbound_id: row.id("inbound_id"),
            sku: row.id("sku"),
            expected: row.units("expected", 1),
            arrives_on: row.date("arrives_on"),
            ships_on: row.optional_date("ships_on"),
            ..Default::default()
        };
        seen.check(row, "inbound_id", (inbound.inbound_id.clone(), inbound.sku.clone()));
        if !inbound.ships_on.is_empty() && inbound.ships_on < inbound.arrives_on {
            row.fault("ships_on", "must not be before arrives_on");
        }
        (row.line, inbound)
    });
    if !sheet.faults.is_empty() {
        return Err(sheet.faults);
    }
    Ok(Plan {
        rows: rows.len(),
        skus: first_lines(rows.iter().map(|(line, inbound)| (*line, &inbound.sku))),
        locations: Vec::new(),
        batches: rows.into_iter().map(|(line, row)| batch(ids, line, row, update)).collect(),
    })
}

fn batch(ids: &Ids, line: u64, inbound: proto::Inbound, update: bool) -> Batch {
    let rows = vec![(line, inbound.sku.clone())];
    let request = proto::AnnounceInboundRequest {
        program: ids.program(),
        request_id: ids.request(line),
        inbound: Some(inbound),
    };
    Batch { rows, request: Request::Announce { request, update } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_repeats_are_told_by_line() {
        let text = b"inbound_id,sku,expected,arrives_on,ships_on\n\
            PO-1,A,10,2027-01-10,2027-01-09\n\
            PO-1,B,10,10.01.2027,\n\
            PO-1,A,0,2027-01-10,\n";
        let ids = Ids::of("default", "inbound", text, None);
        let faults = read(text, &ids, false).expect_err("faults");
        let found: Vec<_> = faults.iter().map(|f| (f.line, f.column.as_str())).collect();
        let expected = [(2, "ships_on"), (3, "arrives_on"), (4, "expected"), (4, "inbound_id")];
        assert_eq!(found, expected);
    }
}
