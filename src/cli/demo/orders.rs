//! Reads a merchant's invoices from CSV: what is an order, what is a cancellation, and what is
//! neither.
//!
//! Nothing is mended. What cannot be sent is left out and counted; what is merely odd is sent as it
//! is.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Context;
use csv::ByteRecord;

/// The invoices that `demo` sends unless it is told otherwise.
pub const SAMPLE: &[u8] = include_bytes!("../../../data/online-retail-sample.csv");

/// As long as the service takes them.
const ID_LENGTH_MAX: usize = 64;
/// Shorter, since request ids are made of it.
const INVOICE_LENGTH_MAX: usize = 24;
const TITLE_LENGTH_MAX: usize = 256;
const QUANTITY_MAX: i64 = 1_000_000_000;

/// A file of invoices, as far as it can be sent.
#[derive(Debug, Default)]
pub struct OrderFile {
    /// In the order of the file.
    pub invoices: Vec<Invoice>,
    /// The title of each stock code that an invoice orders.
    pub titles: BTreeMap<String, String>,
    /// Lines whose SKU came before in the same invoice; they are sent like any other.
    pub repeated_lines: u64,
    /// Lines that cannot be sent.
    pub left_out: LeftOut,
}

/// Lines that cannot be sent, by reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Postage, discounts, fees: charges that no warehouse holds.
    pub not_goods: u64,
    /// Zero, the wrong sign for the invoice, or more than a call may ask for.
    pub quantity: u64,
    /// An invoice number or stock code with characters that an id cannot have.
    pub not_an_id: u64,
}

/// What one customer ordered, or cancelled, at once.
#[derive(Debug, PartialEq, Eq)]
pub struct Invoice {
    /// The merchant's number.
    pub number: String,
    /// Who ordered; none for guests.
    pub customer: Option<String>,
    /// Whether it takes back what another invoice ordered.
    pub cancels: bool,
    /// In the order of the file.
    pub lines: Vec<Units>,
}

/// So many units of one SKU, at least 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    /// The stock code, byte by byte.
    pub sku: String,
    /// Units.
    pub quantity: i64,
}

/// Where the columns are that count.
struct Columns {
    invoice: usize,
    sku: usize,
    quantity: usize,
    title: Option<usize>,
    customer: Option<usize>,
}

/// One line of the file, before anything is decided about it.
struct Row {
    invoice: String,
    sku: String,
    quantity: i64,
    title: String,
    customer: String,
}

/// Reads a whole file.
///
/// # Errors
/// It is not CSV, lacks a column, holds a quantity that is no whole number, or orders nothing.
pub fn read(csv: &[u8]) -> anyhow::Result<OrderFile> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv);
    let columns = Columns::find(reader.byte_headers().context("line 1 cannot be read")?)?;
    let mut file = OrderFile::default();
    let mut places = HashMap::new();
    for record in reader.byte_records() {
        let record = record.context("this is no CSV")?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = columns.row(&record).with_context(|| format!("line {line}"))?;
        file.add(row, &mut places);
    }
    file.count_repeated();
    anyhow::ensure!(
        file.invoices.iter().any(|invoice| !invoice.cancels),
        "there is no order in it"
    );
    Ok(file)
}

impl OrderFile {
    fn add(&mut self, row: Row, places: &mut HashMap<String, usize>) {
        let cancels = row.invoice.starts_with('C');
        let Some(units) = self.units(&row, cancels) else { return };
        if !cancels {
            self.titles.entry(units.sku.clone()).or_insert(row.title);
        }
        let next = self.invoices.len();
        let place = *places.entry(row.invoice.clone()).or_insert(next);
        if place == next {
            let customer = Some(row.customer).filter(|customer| is_id(customer));
            self.invoices.push(Invoice {
                number: row.invoice,
                customer,
                cancels,
                lines: Vec::new(),
            });
        }
        self.invoices[place].lines.push(units);
    }

    /// The units of a row, or none where it is left out.
    fn units(&mut self, row: &Row, cancels: bool) -> Option<Units> {
        let quantity = if cancels { row.quantity.checked_neg()? } else { row.quantity };
        if is_charge(&row.sku) {
            self.left_out.not_goods += 1;
        } else if !is_id(&row.sku) || !is_id(&row.invoice) || row.invoice.len() > INVOICE_LENGTH_MAX
        {
            self.left_out.not_an_id += 1;
        } else if !(1..=QUANTITY_MAX).contains(&quantity) {
            self.left_out.quantity += 1;
        } else {
            return Some(Units { sku: row.sku.clone(), quantity });
        }
        None
    }

    fn count_repeated(&mut self) {
        for invoice in &self.invoices {
            let mut seen = HashSet::new();
            let repeated = invoice.lines.iter().filter(|line| !seen.insert(&line.sku)).count();
            self.repeated_lines += repeated as u64;
        }
    }
}

impl Columns {
    fn find(headers: &ByteRecord) -> anyhow::Result<Self> {
        let place = |names: &[&str]| {
            // The whole data set comes from a spreadsheet, which likes to put a byte order mark
            // first.
            let bare = |header: &[u8]| {
                let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header);
                String::from_utf8_lossy(header).replace(' ', "").to_ascii_lowercase()
            };
            headers.iter().position(|header| names.contains(&bare(header).as_str()))
        };
        Ok(Self {
            invoice: place(&["invoiceno", "invoice"]).context("no column InvoiceNo")?,
            sku: place(&["stockcode"]).context("no column StockCode")?,
            quantity: place(&["quantity"]).context("no column Quantity")?,
            title: place(&["description"]),
            customer: place(&["customerid"]),
        })
    }

    fn row(&self, record: &ByteRecord) -> anyhow::Result<Row> {
        // The data set is published in Latin-1; a title that is not UTF-8 is shown as well as it
        // can be.
        let text = |place: usize| {
            let field = record.get(place).unwrap_or_default();
            String::from_utf8_lossy(field).trim().to_owned()
        };
        let quantity = text(self.quantity);
        let title = self.title.map(text).unwrap_or_default();
        Ok(Row {
            invoice: text(self.invoice),
            sku: text(self.sku),
            quantity: quantity
                .parse()
                .with_context(|| format!("the quantity `{quantity}` is no whole number"))?,
            title: title.chars().filter(|c| !c.is_control()).take(TITLE_LENGTH_MAX).collect(),
            customer: self.customer.map(text).unwrap_or_default(),
        })
    }
}

/// Whether a code stands for a charge and no goods: POST, D, M, DOT, BANK CHARGES and their like
/// have no digit, every product has one; C2 is the carriage.
fn is_charge(sku: &str) -> bool {
    sku == "C2" || !sku.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether the service takes the text for an id.
fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/+#-".contains(&byte);
    (1..=ID_LENGTH_MAX).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "InvoiceNo,StockCode,Description,Quantity,CustomerID\n";

    fn read_lines(lines: &str) -> OrderFile {
        read(format!("{HEAD}{lines}").as_bytes()).expect(lines)
    }

    fn units(sku: &str, quantity: i64) -> Units {
        Units { sku: sku.to_owned(), quantity }
    }

    #[test]
    fn the_sample_is_what_its_readme_says() {
        let file = read(SAMPLE).expect("the sample");
        let cancellations = file.invoices.iter().filter(|invoice| invoice.cancels).count();
        // 66 invoices, of which C536379 holds nothing but a discount.
        assert_eq!((file.invoices.len(), cancellations), (65, 3));
        assert_eq!(file.left_out, LeftOut { not_goods: 3, quantity: 0, not_an_id: 0 });
        assert_eq!(file.repeated_lines, 55);
        assert_eq!(file.titles["85123A"], "WHITE HANGING HEART T-LIGHT HOLDER");
        assert!(!file.titles.contains_key("POST"));
        let lines: usize = file.invoices.iter().map(|invoice| invoice.lines.len()).sum();
        assert_eq!(lines, 999 - 3);
    }

    #[test]
    fn lines_of_one_invoice_come_together_and_repeated_ones_stay() {
        let file = read_lines("1,A1,x,2,7\n2,B1,y,1,8\n1,A1,x,3,7\n1,a1,x,4,7\n");
        assert_eq!(file.invoices.len(), 2);
        assert_eq!(file.invoices[0].lines, [units("A1", 2), units("A1", 3), units("a1", 4)]);
        assert_eq!(file.repeated_lines, 1);
        assert_eq!(file.titles.keys().collect::<Vec<_>>(), ["A1", "B1", "a1"]);
    }

    #[test]
    fn cancellations_have_positive_units() {
        let file = read_lines("1,A1,x,2,7\nC2,A1,x,-2,7\n");
        let cancelled = &file.invoices[1];
        assert!(cancelled.cancels);
        assert_eq!(cancelled.lines, [units("A1", 2)]);
    }

    #[test]
    fn what_cannot_be_sent_is_left_out_and_counted() {
        let file = read_lines(concat!(
            "1,A1,good,1,7\n1,POST,postage,1,7\n1,C2,carriage,1,7\n1,BANK CHARGES,,1,7\n",
            "1,A1,none,0,7\n1,A1,returned?,-3,7\nC2,A1,cancelled?,3,7\n",
            "1,A1,too many,1000000001,7\n",
            "1,gift 10,space,1,7\n1 1,A1,space,1,7\n1,\u{e4}1,umlaut,1,7\n",
        ));
        assert_eq!(file.left_out, LeftOut { not_goods: 3, quantity: 4, not_an_id: 3 });
        assert_eq!(file.invoices.len(), 1);
        assert_eq!(file.invoices[0].lines, [units("A1", 1)]);
    }

    #[test]
    fn a_guest_has_no_number() {
        let file = read_lines("1,A1,x,2,\n2,A1,x,2,not an id\n3,A1,x,2,17850\n");
        let customers: Vec<_> = file.invoices.iter().map(|i| i.customer.as_deref()).collect();
        assert_eq!(customers, [None, None, Some("17850")]);
    }

    #[test]
    fn latin_1_and_a_byte_order_mark_are_read() {
        let csv = b"\xef\xbb\xbfInvoice,StockCode,Quantity,Description\n1,A1,2,CAF\xc9 \x01SET\n";
        let file = read(csv).expect("read");
        assert_eq!(file.titles["A1"], "CAF\u{fffd} SET");
    }

    #[test]
    fn errors_name_the_line_and_the_field() {
        let quantity = read(format!("{HEAD}1,A1,x,two,7\n").as_bytes()).expect_err("a word");
        let quantity = format!("{quantity:#}");
        assert!(quantity.contains("line 2") && quantity.contains("`two`"), "{quantity}");
        let column = read(b"InvoiceNo,Quantity\n1,2\n").expect_err("no code").to_string();
        assert!(column.contains("StockCode"), "{column}");
        assert!(read(HEAD.as_bytes()).is_err(), "nothing to order");
    }
}
