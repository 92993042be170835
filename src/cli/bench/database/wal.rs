//! What a workload writes, as PostgreSQL's log of changes has it: exact, and known at once, while
//! the server's own statistics come late.

use serde::Serialize;

use super::Observer;

/// More of the log than this takes longer to count than it is worth, in bytes.
const COUNTED_BYTES_MAX: i64 = 256 << 20;

/// Rows that were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Rows {
    /// New rows.
    pub inserted: f64,
    /// Changed rows.
    pub updated: f64,
    /// Of those, changed within their page and without touching an index.
    pub heap_only: f64,
    /// Entries added to indexes.
    pub index_entries: f64,
    /// Transactions.
    pub commits: f64,
}

impl Rows {
    fn add(&mut self, kind: &str, count: f64) {
        match kind.trim_end_matches("+INIT") {
            "Heap/INSERT" => self.inserted += count,
            "Heap/UPDATE" => self.updated += count,
            "Heap/HOT_UPDATE" => {
                self.updated += count;
                self.heap_only += count;
            }
            "Btree/INSERT_LEAF" => self.index_entries += count,
            "Transaction/COMMIT" => self.commits += count,
            _ => {}
        }
    }

    /// The same for each of so many calls.
    #[must_use]
    pub fn for_each(self, calls: u64) -> Self {
        let part = |count: f64| count / calls.max(1) as f64;
        Self {
            inserted: part(self.inserted),
            updated: part(self.updated),
            heap_only: part(self.heap_only),
            index_entries: part(self.index_entries),
            commits: part(self.commits),
        }
    }
}

impl Observer {
    /// How far the log of changes is, in bytes; none where the database does not say.
    pub async fn wal_end(&mut self) -> Option<i64> {
        let read = sqlx::query_scalar(include_str!("sql/read_wal_end.sql"));
        read.fetch_one(&mut self.connection).await.ok()
    }

    /// The rows that were written between two places of the log; none where the database does not
    /// say, or where they are too many to count.
    pub async fn rows(&mut self, from: i64, to: i64) -> Option<Rows> {
        if !self.counts_rows || to <= from || to - from > COUNTED_BYTES_MAX {
            return None;
        }
        let counts: Vec<(String, i64)> = sqlx::query_as(include_str!("sql/count_wal.sql"))
            .bind(from)
            .bind(to)
            .fetch_all(&mut self.connection)
            .await
            .ok()?;
        let mut rows = Rows::default();
        for (kind, count) in counts {
            rows.add(&kind, count as f64);
        }
        Some(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_from_what_else_the_log_holds() {
        let mut rows = Rows::default();
        let log = [
            ("Heap/INSERT", 6.0),
            ("Heap/INSERT+INIT", 2.0),
            ("Heap/HOT_UPDATE", 3.0),
            ("Heap/UPDATE", 1.0),
            ("Heap/LOCK", 9.0),
            ("Btree/INSERT_LEAF", 10.0),
            ("Transaction/COMMIT", 2.0),
        ];
        log.iter().for_each(|(kind, count)| rows.add(kind, *count));
        let each =
            Rows { inserted: 4.0, updated: 2.0, heap_only: 1.5, index_entries: 5.0, commits: 1.0 };
        assert_eq!(rows.for_each(2), each);
    }
}
