//! `import stock`: rows become Receives, or Adjusts to what was counted.

use std::collections::HashSet;

use super::batch::{Batch, Ids, Plan, ROWS_MAX, Request, first_lines};
use super::row::{Row, Seen};
use super::sheet::{Columns, Fault, Sheet};
use crate::proto;

const COLUMNS: Columns = Columns {
    required: &["sku"],
    optional: &["location", "count", "good", "damaged", "inbound_id", "closes_inbound"],
};

/// A row of the file.
#[derive(Debug)]
struct Stock {
    line: u64,
    sku: String,
    /// Empty = the programme's default location.
    location: String,
    change: Change,
}

#[derive(Debug)]
enum Change {
    Counted(i64),
    Arrived(proto::ReceiptLine),
}

/// Reads a file of stock.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(bytes: &[u8], ids: &Ids) -> Result<Plan, Vec<Fault>> {
    let mut sheet = Sheet::read(bytes, COLUMNS);
    let is_count = sheet.has("count");
    let arrival = ["good", "damaged", "inbound_id", "closes_inbound"];
    let arrived = arrival.iter().find(|column| sheet.has(column));
    match (is_count, arrived) {
        (true, Some(column)) => sheet.fault(1, column, "cannot stand beside count"),
        (false, _) if !sheet.has("good") => {
            sheet.fault(1, "count", "is missing: give count, or good for what arrived");
        }
        _ => {}
    }
    let mut seen = Seen::default();
    let rows = if sheet.faults.iter().any(|fault| fault.line <= 1) {
        Vec::new()
    } else {
        sheet.each(|row| stock(row, is_count, &mut seen))
    };
    if !sheet.faults.is_empty() {
        return Err(sheet.faults);
    }
    Ok(Plan {
        rows: rows.len(),
        skus: first_lines(rows.iter().map(|row| (row.line, &row.sku))),
        locations: first_lines(rows.iter().map(|row| (row.line, &row.location))),
        batches: gathered(rows).into_iter().map(|rows| batch(ids, rows)).collect(),
    })
}

fn stock(row: &mut Row<'_>, is_count: bool, seen: &mut Seen<(String, String, String)>) -> Stock {
    let (sku, location) = (row.id("sku"), row.optional_id("location"));
    let inbound_id = row.optional_id("inbound_id");
    seen.check(row, "sku", (sku.clone(), location.clone(), inbound_id.clone()));
    let change = if is_count {
        Change::Counted(row.counted("count"))
    } else {
        let (good, damaged) = (row.units("good", 0), row.units("damaged", 0));
        if good + damaged == 0 {
            row.fault("good", "must be at least 1, together with damaged");
        }
        let closes_inbound = row.flag("closes_inbound");
        if closes_inbound && inbound_id.is_empty() {
            row.fault("closes_inbound", "needs an inbound_id");
        }
        let sku = sku.clone();
        Change::Arrived(proto::ReceiptLine { sku, good, damaged, inbound_id, closes_inbound })
    };
    Stock { line: row.line, sku, location, change }
}

/// Rows of one location in groups that fit into a call, where each SKU comes once. The newest group
/// that has room takes a row, so that long files are gathered quickly.
fn gathered(rows: Vec<Stock>) -> Vec<Vec<Stock>> {
    let mut groups: Vec<(HashSet<String>, Vec<Stock>)> = Vec::new();
    for row in rows {
        let fits = |group: &&mut (HashSet<String>, Vec<Stock>)| {
            group.1.len() < ROWS_MAX
                && group.1.first().is_some_and(|first| first.location == row.location)
                && !group.0.contains(&row.sku)
        };
        let group = match groups.iter_mut().rev().find(fits) {
            Some(group) => group,
            None => {
                groups.push(Default::default());
                let last = groups.len() - 1;
                &mut groups[last]
            }
        };
        group.0.insert(row.sku.clone());
        group.1.push(row);
    }
    groups.into_iter().map(|(_, rows)| rows).collect()
}

fn batch(ids: &Ids, rows: Vec<Stock>) -> Batch {
    let first = rows.first().map_or(0, |row| row.line);
    let location = rows.first().map(|row| row.location.clone()).unwrap_or_default();
    let places = rows.iter().map(|row| (row.line, row.sku.clone())).collect();
    let (mut adjustments, mut lines) = (Vec::new(), Vec::new());
    for row in rows {
        match row.change {
            Change::Counted(count) => adjustments.push(proto::Adjustment {
                sku: row.sku,
                change: Some(proto::adjustment::Change::Count(count)),
                reason: proto::AdjustReason::Count.into(),
            }),
            Change::Arrived(line) => lines.push(line),
        }
    }
    let (program, request_id) = (ids.program(), ids.request(first));
    let request = if lines.is_empty() {
        Request::Adjust(proto::AdjustRequest { program, request_id, location, adjustments })
    } else {
        let receipt_id = ids.receipt(first);
        let validate_only = false;
        Request::Receive(proto::ReceiveRequest {
            program,
            request_id,
            receipt_id,
            location,
            lines,
            validate_only,
        })
    };
    Batch { rows: places, request }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Result<Plan, Vec<Fault>> {
        read(bytes, &Ids::of("default", "stock", bytes, None))
    }

    fn faults(bytes: &[u8]) -> Vec<String> {
        of(bytes).expect_err("faults").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_location_has_calls_of_its_own() {
        let text = b"sku,location,count\nA,east,3\nB,,4\nC,east,0\n";
        let plan = of(text).expect("good");
        let lines: Vec<Vec<u64>> = plan
            .batches
            .iter()
            .map(|batch| batch.rows.iter().map(|(line, _)| *line).collect())
            .collect();
        assert_eq!(lines, [vec![2, 4], vec![3]]);
        assert_eq!(plan.locations, [(2, "east".to_owned())]);
        let Request::Adjust(request) = &plan.batches[0].request else { panic!("Adjust") };
        assert_eq!((request.location.as_str(), request.adjustments.len()), ("east", 2));
    }

    #[test]
    fn arrivals_of_one_sku_from_two_orders_are_two_receipts() {
        let plan = of(b"sku,good,damaged,inbound_id\nA,3,1,PO-1\nA,2,,PO-2\n").expect("good");
        let receipts: HashSet<String> = plan
            .batches
            .iter()
            .map(|batch| match &batch.request {
                Request::Receive(request) => request.receipt_id.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(receipts.len(), 2);
    }

    #[test]
    fn a_file_is_a_count_or_arrivals() {
        assert_eq!(faults(b"sku,count,good\nA,1,1\n"), ["1: good cannot stand beside count"]);
        let missing = "1: count is missing: give count, or good for what arrived";
        assert_eq!(faults(b"sku,location\nA,east\n"), [missing]);
        let count = faults(b"sku,count\nA,\nA,4\n");
        assert_eq!(count[0], "2: count must be a whole number, 0 to 1,000,000,000");
        assert_eq!(count[1], "3: sku is that of line 2 again");
        let good = faults(b"sku,good,closes_inbound\nA,0,true\n");
        assert_eq!(good[0], "2: good must be at least 1, together with damaged");
        assert_eq!(good[1], "2: closes_inbound needs an inbound_id");
    }
}
