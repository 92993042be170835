//! Webhooks, as managers see them.

use chrono::{DateTime, Utc};
use tracing::Instrument;

use crate::domain::ProgramId;
use crate::store::{Failure, Store, read_clock, statement};

/// A webhook and how far it has come.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Webhook {
    /// Its id, unique in the programme.
    #[sqlx(rename = "sink")]
    pub id: String,
    /// Where events are sent.
    pub url: String,
    /// Only events of these types; empty = all.
    pub types: Vec<String>,
    /// The place of the last event that was delivered or filtered out.
    pub position: i64,
    /// Events behind it.
    pub lag: i64,
    /// How often the next event has failed.
    pub attempts: i32,
    /// When it is tried again; `None` = at once, or never.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Whether nothing is sent any more.
    pub parked: bool,
    /// Why the last attempt failed.
    pub last_error: String,
}

/// A webhook that is put.
#[derive(Clone)]
pub struct NewWebhook {
    /// Its id.
    pub id: String,
    /// Where events are sent.
    pub url: String,
    /// Only events of these types; empty = all.
    pub types: Vec<String>,
    /// The key of its signatures, if the caller chose it.
    pub secret: Option<String>,
    /// The key of a new one, if the caller did not.
    pub made: String,
    /// Where a new one begins.
    pub position: i64,
}

impl Store {
    /// Adds a webhook, or changes the one of that id, and gives its key.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn put_webhook(
        &self,
        program: &ProgramId,
        webhook: NewWebhook,
    ) -> Result<String, Failure> {
        let (pool, program) = (self.pool.clone(), program.clone());
        self.detached(async move {
            let now = read_clock(&pool).await?;
            sqlx::query_scalar(include_str!("../sql/upsert_webhook.sql"))
                .bind(program.as_str())
                .bind(webhook.id)
                .bind(webhook.url)
                .bind(webhook.types)
                .bind(webhook.secret)
                .bind(webhook.made)
                .bind(webhook.position)
                .bind(now)
                .fetch_one(&pool)
                .instrument(statement("upsert_webhook"))
                .await
        })
        .await
    }

    /// The webhooks of a programme, by id; or the one of an id.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn webhooks(
        &self,
        program: &ProgramId,
        id: Option<&str>,
    ) -> Result<Vec<Webhook>, Failure> {
        let (pool, program, id) = (self.pool.clone(), program.clone(), id.map(str::to_owned));
        self.detached(async move {
            sqlx::query_as(include_str!("../sql/list_webhooks.sql"))
                .bind(program.as_str())
                .bind(id)
                .fetch_all(&pool)
                .instrument(statement("list_webhooks"))
                .await
        })
        .await
    }

    /// Goes on with a webhook, at the event that failed or behind it; says whether that was done.
    /// It is not where there is no such webhook, or, without `skip`, where the next event is kept
    /// no more.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn retry_webhook(
        &self,
        program: &ProgramId,
        id: &str,
        skip: bool,
    ) -> Result<bool, Failure> {
        let (pool, program, id) = (self.pool.clone(), program.clone(), id.to_owned());
        self.detached(async move {
            let done = sqlx::query(include_str!("../sql/retry_webhook.sql"))
                .bind(program.as_str())
                .bind(id)
                .bind(skip)
                .execute(&pool)
                .instrument(statement("retry_webhook"))
                .await?;
            Ok(done.rows_affected() > 0)
        })
        .await
    }

    /// Removes a webhook, if there is one.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn remove_webhook(&self, program: &ProgramId, id: &str) -> Result<(), Failure> {
        let (pool, program, id) = (self.pool.clone(), program.clone(), id.to_owned());
        self.detached(async move {
            sqlx::query(include_str!("../sql/delete_webhook.sql"))
                .bind(program.as_str())
                .bind(id)
                .execute(&pool)
                .instrument(statement("delete_webhook"))
                .await?;
            Ok(())
        })
        .await
    }
}
