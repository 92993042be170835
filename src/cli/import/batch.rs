//! Rows gathered into calls, and the ids that make each of them safe to repeat.

use sha2::{Digest, Sha256};

use super::sheet::Fault;
use crate::cli::manage::Refused;
use crate::proto;

/// Most rows of a call, as the contract has it.
pub const ROWS_MAX: usize = 1000;

/// What is to be done with a file.
#[derive(Debug)]
pub struct Plan {
    /// Rows of the file.
    pub rows: usize,
    /// The calls; each row is in one of them.
    pub batches: Vec<Batch>,
    /// SKUs that must be there already, each with the line that names it first.
    pub skus: Vec<(u64, String)>,
    /// Locations that must be there already, likewise.
    pub locations: Vec<(u64, String)>,
}

/// A call, and where its rows stand.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Line and SKU of each of its rows, in the order of the call.
    pub rows: Vec<(u64, String)>,
    /// The call.
    pub request: Request,
}

/// A call that an import makes.
#[derive(Clone, Debug)]
pub enum Request {
    /// PutItems.
    Items(proto::PutItemsRequest),
    /// Receive.
    Receive(proto::ReceiveRequest),
    /// Adjust.
    Adjust(proto::AdjustRequest),
    /// AnnounceInbound; or, where that supply was announced before, perhaps UpdateInbound.
    Announce {
        /// The announcement.
        request: proto::AnnounceInboundRequest,
        /// Whether one that is there already is changed.
        update: bool,
    },
}

/// The ids of a file's requests and receipts. They follow from the content, so that the same file
/// has the same ids for ever: how rows are gathered into calls must therefore never change for a
/// file of arrivals.
#[derive(Clone, Debug)]
pub struct Ids {
    program: String,
    content: String,
    requests: String,
}

impl Ids {
    /// The ids of a file with that content.
    pub fn of(program: &str, what: &str, bytes: &[u8], requests: Option<&str>) -> Self {
        let hash = Sha256::new().chain_update(what).chain_update([0]).chain_update(bytes);
        let hash: String = hash.finalize().iter().take(12).map(|b| format!("{b:02x}")).collect();
        let content = format!("import-{hash}");
        let requests = requests.map_or_else(|| content.clone(), str::to_owned);
        Self { program: program.to_owned(), content, requests }
    }

    /// The programme.
    pub fn program(&self) -> String {
        self.program.clone()
    }

    /// The id of the request whose first row stands on that line.
    pub fn request(&self, line: u64) -> String {
        format!("{}-{line}", self.requests)
    }

    /// The receipt whose first row stands on that line. It does not depend on the requests' ids:
    /// what has arrived counts once, however often it is asked for.
    pub fn receipt(&self, line: u64) -> String {
        format!("{}-{line}", self.content)
    }
}

impl Batch {
    /// What a refusal says of the rows: each field at fault with its line.
    pub fn faults(&self, refused: &Refused) -> Vec<Fault> {
        let fields = refused.fields();
        if fields.is_empty() {
            let sku = refused.metadata("sku");
            let row = self.rows.iter().find(|(_, of)| Some(of) == sku.as_ref());
            let line = row.or(self.rows.first()).map_or(1, |(line, _)| *line);
            let description = refused.sentence();
            return vec![Fault { line, column: String::new(), description }];
        }
        let fault = |field: crate::cli::manage::FieldFault| {
            let index = field.field.split(['[', ']']).nth(1).and_then(|index| index.parse().ok());
            let row = self.rows.get(index.unwrap_or(0)).or(self.rows.first());
            Fault {
                line: row.map_or(1, |(line, _)| *line),
                column: field.field.rsplit('.').next().unwrap_or_default().to_owned(),
                description: field.description,
            }
        };
        fields.into_iter().map(fault).collect()
    }
}

/// The first line that names each thing, in the order of the file.
pub fn first_lines<'r>(rows: impl Iterator<Item = (u64, &'r String)>) -> Vec<(u64, String)> {
    let mut seen = std::collections::HashSet::new();
    let named = rows.filter(|(_, name)| !name.is_empty() && seen.insert(*name));
    named.map(|(line, name)| (line, name.clone())).collect()
}

#[cfg(test)]
mod tests {
    use tonic::{Code, Status};
    use tonic_types::{ErrorDetails, StatusExt};

    use super::*;

    fn batch() -> Batch {
        let rows = vec![(2, "A".to_owned()), (3, "B".to_owned()), (7, "C".to_owned())];
        Batch { rows, request: Request::Adjust(proto::AdjustRequest::default()) }
    }

    fn refused(details: ErrorDetails) -> Refused {
        Status::with_error_details(Code::InvalidArgument, "no", details).into()
    }

    #[test]
    fn ids_follow_from_content_and_line_and_fit() {
        let ids = |bytes: &[u8], requests| Ids::of("default", "stock", bytes, requests);
        let (first, again) = (ids(b"sku\nA\n", None), ids(b"sku\nA\n", None));
        assert_eq!(first.request(2), again.request(2));
        assert_ne!(first.request(2), first.request(3));
        assert_ne!(first.request(2), ids(b"sku\nB\n", None).request(2));
        assert!(first.request(1_000_000_000).len() <= 64);
        let anew = ids(b"sku\nA\n", Some("second"));
        assert_eq!(anew.request(2), "second-2");
        assert_eq!(anew.receipt(2), first.receipt(2));
    }

    #[test]
    fn a_refusal_finds_the_line_of_its_row() {
        let mut details = ErrorDetails::with_error_info("MALFORMED", "backstock.v1", []);
        details.add_bad_request_violation("adjustments[2].count", "must be less");
        let faults = batch().faults(&refused(details));
        assert_eq!((faults[0].line, faults[0].column.as_str()), (7, "count"));
        let sku = [("sku".to_owned(), "B".to_owned())];
        let details = ErrorDetails::with_error_info("UNKNOWN_ITEM", "backstock.v1", sku);
        let faults = batch().faults(&refused(details));
        assert_eq!((faults[0].line, faults[0].description.as_str()), (3, "UNKNOWN_ITEM: no"));
    }
}
