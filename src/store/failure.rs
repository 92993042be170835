//! What can go wrong between the service and PostgreSQL, and what to do about it.

use std::borrow::Cow;

/// Why a batch or a read was not answered. Nothing of PostgreSQL's own words leaves the house.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The database cannot be reached or is too busy. Nothing was done.
    #[error("the database is not available")]
    Unavailable,
    /// The answer to a commit was lost, and it could not be looked up in time.
    #[error("the outcome of a commit is unknown")]
    OutcomeUnknown,
    /// Something that should not happen; the number stands in the log, beside the cause.
    #[error("incident {0}")]
    Incident(uuid::Uuid),
}

impl Failure {
    /// Logs an error that should not happen, once and with its whole chain, and numbers it.
    pub(super) fn incident(error: &(dyn std::error::Error + 'static)) -> Self {
        let incident = uuid::Uuid::new_v4();
        let chain: Vec<String> =
            std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string).collect();
        tracing::error!(%incident, cause = chain.join(": "), "a statement failed");
        Self::Incident(incident)
    }

    /// What the error means for a read.
    pub(super) fn of_read(error: &sqlx::Error) -> Self {
        if classify(error) == Fault::Lasting {
            return Self::incident(error);
        }
        tracing::debug!(%error, "a read found the database not available");
        Self::Unavailable
    }
}

/// What an error of sqlx means for a transaction that has not been committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Another transaction was in the way, or the connection broke: the same again may go through.
    Transient(&'static str),
    /// It will not.
    Lasting,
}

/// Tells transient errors from lasting ones, by SQLSTATE: constraint names differ between shards.
pub(super) fn classify(error: &sqlx::Error) -> Fault {
    match error {
        sqlx::Error::Database(database) => {
            match database.code().unwrap_or(Cow::Borrowed("")).as_ref() {
                "40001" => Fault::Transient("serialization"),
                "40P01" => Fault::Transient("deadlock"),
                // An id that was new when the batch looked has just been used by another.
                "23505" => Fault::Transient("duplicate"),
                "55P03" => Fault::Transient("lock_timeout"),
                "57014" => Fault::Transient("statement_timeout"),
                "0A000" | "26000" => Fault::Transient("stale_plan"),
                "53300" | "53100" | "53200" => Fault::Transient("resources"),
                "25P03" | "25P04" => Fault::Transient("session_timeout"),
                code if code.starts_with("08") || code.starts_with("57P") => {
                    Fault::Transient("connection")
                }
                _ => Fault::Lasting,
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::BeginFailed
        | sqlx::Error::WorkerCrashed => Fault::Transient("connection"),
        _ => Fault::Lasting,
    }
}

/// Whether a failed COMMIT may have been done all the same. A broken connection does not say, and
/// neither does a statement timeout; every other error is PostgreSQL's own word that it was not.
pub(super) fn is_in_doubt(error: &sqlx::Error) -> bool {
    matches!(classify(error), Fault::Transient("connection" | "statement_timeout"))
}
