//! `import items`: rows become PutItems.

use prost::Message;

use super::batch::{Batch, Ids, Plan, ROWS_MAX, Request};
use super::row::Seen;
use super::sheet::{Columns, Fault, Sheet};
use crate::proto;

const COLUMNS: Columns =
    Columns { required: &["sku"], optional: &["listing", "title", "safety_stock", "low_stock"] };
/// Most bytes of the items of a call: the server takes messages of 1 MiB.
const BYTES_MAX: usize = 900_000;

/// Reads a file of items.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(bytes: &[u8], ids: &Ids) -> Result<Plan, Vec<Fault>> {
    let mut sheet = Sheet::read(bytes, COLUMNS);
    let mut seen = Seen::default();
    let rows = sheet.each(|row| {
        let item = proto::Item {
            sku: row.id("sku"),
            listing: row.optional_id("listing"),
            title: row.text("title"),
            safety_stock: row.units("safety_stock", 0),
            low_stock: row.units("low_stock", 0),
        };
        seen.check(row, "sku", item.sku.clone());
        (row.line, item)
    });
    if !sheet.faults.is_empty() {
        return Err(sheet.faults);
    }
    let count = rows.len();
    let batches = gathered(rows).into_iter().map(|rows| batch(ids, rows)).collect();
    Ok(Plan { rows: count, batches, skus: Vec::new(), locations: Vec::new() })
}

/// Rows in groups that fit into a call.
fn gathered(rows: Vec<(u64, proto::Item)>) -> Vec<Vec<(u64, proto::Item)>> {
    let mut groups: Vec<Vec<(u64, proto::Item)>> = Vec::new();
    let mut bytes = 0;
    for row in rows {
        bytes += row.1.encoded_len() + 8;
        match groups.last_mut() {
            Some(group) if group.len() < ROWS_MAX && bytes <= BYTES_MAX => group.push(row),
            _ => {
                bytes = row.1.encoded_len() + 8;
                groups.push(vec![row]);
            }
        }
    }
    groups
}

fn batch(ids: &Ids, rows: Vec<(u64, proto::Item)>) -> Batch {
    let first = rows.first().map_or(0, |(line, _)| *line);
    let places = rows.iter().map(|(line, item)| (*line, item.sku.clone())).collect();
    let request = Request::Items(proto::PutItemsRequest {
        program: ids.program(),
        request_id: ids.request(first),
        items: rows.into_iter().map(|(_, item)| item).collect(),
    });
    Batch { rows: places, request }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Result<Plan, Vec<Fault>> {
        read(bytes, &Ids::of("default", "items", bytes, None))
    }

    #[test]
    fn a_thousand_rows_are_a_call_and_fewer_where_they_are_long() {
        let many: String = (0..2_500).map(|n| format!("SKU-{n}\n")).collect();
        let plan = of(format!("sku\n{many}").as_bytes()).expect("good");
        let sizes: Vec<usize> = plan.batches.iter().map(|batch| batch.rows.len()).collect();
        assert_eq!((plan.rows, sizes), (2_500, vec![1_000, 1_000, 500]));
        assert_eq!(plan.batches[1].rows[0], (1_002, "SKU-1000".to_owned()));
        let title = "語".repeat(256);
        let many: String = (0..2_000).map(|n| format!("SKU-{n},{title}\n")).collect();
        let plan = of(format!("sku,title\n{many}").as_bytes()).expect("good");
        assert_eq!(plan.batches.iter().map(|batch| batch.rows.len()).sum::<usize>(), 2_000);
        for batch in plan.batches {
            let Request::Items(request) = batch.request else { panic!("PutItems") };
            assert!(request.encoded_len() < 1 << 20, "{}", request.encoded_len());
        }
    }

    #[test]
    fn a_sku_that_comes_twice_is_told_with_both_lines() {
        let faults = of(b"sku,safety_stock\nA,1\nB,-1\nA,2\n").expect_err("two faults");
        let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(lines[0], "3: safety_stock must be a whole number, 0 to 1,000,000,000");
        assert_eq!(lines[1], "4: sku is that of line 2 again");
    }
}
