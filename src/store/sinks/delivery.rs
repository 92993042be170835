//! Sinks, as those who deliver see them.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::{Interest, ProgramId};
use crate::store::{Failure, Store, read_clock, statement};

/// How long a lease lasts: so long after a crash another takes over.
const LEASE: Duration = Duration::from_secs(5);

/// What kind of sink it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SinkKind {
    /// An HTTP endpoint.
    Webhook,
    /// A NATS server with JetStream.
    Nats,
}

impl SinkKind {
    /// Its name in rows and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Nats => "nats",
        }
    }
}

/// One sink of one programme.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Duty {
    /// The programme.
    pub program: ProgramId,
    /// What kind of sink.
    pub kind: SinkKind,
    /// Its id: the webhook's, or the first part of NATS's subjects.
    pub sink: String,
}

/// The right to deliver to a sink for a while, and what to deliver.
pub struct Lease {
    /// The sink.
    pub duty: Duty,
    /// Where events are sent.
    pub url: String,
    /// Which of them.
    pub interest: Interest,
    /// The key of its signatures.
    pub secret: String,
    /// The place of the last event that was delivered or filtered out.
    pub position: i64,
    /// How often the next one has failed.
    pub attempts: i32,
    id: Uuid,
    /// The database's clock when the lease was taken, and ours.
    taken_at: (DateTime<Utc>, Instant),
}

/// How the sinks of a kind are.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SinkState {
    /// The kind's name.
    pub kind: String,
    /// How many are parked.
    pub parked: i64,
    /// How many events the last of the others is behind.
    pub lag: i64,
}

#[derive(sqlx::FromRow)]
struct LeaseRow {
    url: String,
    types: Vec<String>,
    secret: String,
    position: i64,
    attempts: i32,
}

impl Lease {
    /// The database's clock, by ours.
    fn now(&self) -> DateTime<Utc> {
        let (clock, since) = self.taken_at;
        clock + TimeDelta::from_std(since.elapsed()).unwrap_or_default()
    }

    fn until(&self) -> DateTime<Utc> {
        self.now() + LEASE
    }
}

impl Store {
    /// Sinks with something to deliver now, to whom nobody delivers; at most `limit`. Of NATS only
    /// those of this prefix.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn due_sinks(&self, prefix: Option<&str>, limit: i64) -> Result<Vec<Duty>, Failure> {
        let (pool, prefix) = (self.pool.clone(), prefix.map(str::to_owned));
        let rows: Vec<(String, String, String)> = self
            .detached(async move {
                sqlx::query_as(include_str!("../sql/list_due_sinks.sql"))
                    .bind(prefix)
                    .bind(limit)
                    .fetch_all(&pool)
                    .instrument(statement("list_due_sinks"))
                    .await
            })
            .await?;
        let duty = |(program, kind, sink): (String, String, String)| Duty {
            program: ProgramId::stored(&program),
            kind: if kind == "nats" { SinkKind::Nats } else { SinkKind::Webhook },
            sink,
        };
        Ok(rows.into_iter().map(duty).collect())
    }

    /// Gives every programme with events a cursor for the NATS server of a prefix.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn add_nats(&self, prefix: &str) -> Result<(), Failure> {
        let (pool, prefix) = (self.pool.clone(), prefix.to_owned());
        self.detached(async move {
            let programs: Vec<String> =
                sqlx::query_scalar(include_str!("../sql/list_programs_without_nats.sql"))
                    .bind(&prefix)
                    .fetch_all(&pool)
                    .instrument(statement("list_programs_without_nats"))
                    .await?;
            for program in programs {
                let now = read_clock(&pool).await?;
                sqlx::query(include_str!("../sql/insert_nats.sql"))
                    .bind(program)
                    .bind(&prefix)
                    .bind(now)
                    .execute(&pool)
                    .instrument(statement("insert_nats"))
                    .await?;
            }
            Ok(())
        })
        .await
    }

    /// Takes the right to deliver to a sink. `None` = another has it, or it is not due.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lease(&self, duty: &Duty) -> Result<Option<Lease>, Failure> {
        let (pool, duty, id) = (self.pool.clone(), duty.clone(), Uuid::new_v4());
        self.detached(async move {
            let taken_at = (read_clock(&pool).await?, Instant::now());
            let row: Option<LeaseRow> = sqlx::query_as(include_str!("../sql/lease_sink.sql"))
                .bind(duty.program.as_str())
                .bind(duty.kind.name())
                .bind(&duty.sink)
                .bind(id)
                .bind(taken_at.0)
                .bind(taken_at.0 + LEASE)
                .fetch_optional(&pool)
                .instrument(statement("lease_sink"))
                .await?;
            Ok(row.map(|row| Lease {
                duty,
                url: row.url,
                interest: Interest::new(row.types),
                secret: row.secret,
                position: row.position,
                attempts: row.attempts,
                id,
                taken_at,
            }))
        })
        .await
    }

    /// Keeps the right a while longer; false = it is lost.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn renew(&self, lease: &Lease) -> Result<bool, Failure> {
        let statement = on_lease(include_str!("../sql/renew_lease.sql"), lease);
        self.run(statement.bind(lease.until()), "renew_lease").await
    }

    /// Writes down that everything up to `position` was delivered or filtered out, and keeps the
    /// right a while longer; false = it is lost.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn advance(&self, lease: &mut Lease, position: i64) -> Result<bool, Failure> {
        let statement = on_lease(include_str!("../sql/advance_sink.sql"), lease)
            .bind(lease.position)
            .bind(position)
            .bind(lease.until());
        let is_ours = self.run(statement, "advance_sink").await?;
        (lease.position, lease.attempts) = (position, 0);
        Ok(is_ours)
    }

    /// Writes down that everything up to `position` was delivered or filtered out, that the next
    /// event failed for the `attempts`th time, and when it is tried again; `None` = the sink is
    /// parked. Gives the right back. False = it was lost before.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn fail(
        &self,
        lease: Lease,
        position: i64,
        attempts: i32,
        again_in: Option<Duration>,
        reason: &str,
    ) -> Result<bool, Failure> {
        let now = lease.now();
        let statement = on_lease(include_str!("../sql/fail_sink.sql"), &lease)
            .bind(lease.position)
            .bind(position)
            .bind(attempts)
            .bind(again_in.map(|pause| now + pause))
            .bind(again_in.is_none().then_some(now))
            .bind(reason.to_owned());
        self.run(statement, "fail_sink").await
    }

    /// Gives the right back.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn release(&self, lease: Lease) -> Result<bool, Failure> {
        let statement = on_lease(include_str!("../sql/release_sink.sql"), &lease);
        self.run(statement, "release_sink").await
    }

    /// How the sinks are, by kind.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn sink_states(&self) -> Result<Vec<SinkState>, Failure> {
        let pool = self.pool.clone();
        self.detached(async move {
            sqlx::query_as(include_str!("../sql/sink_states.sql"))
                .fetch_all(&pool)
                .instrument(statement("sink_states"))
                .await
        })
        .await
    }

    /// Runs a statement on one row, and says whether there was such a row.
    async fn run(&self, of: OnLease, name: &'static str) -> Result<bool, Failure> {
        let pool = self.pool.clone();
        self.detached(async move {
            let done = of.execute(&pool).instrument(statement(name)).await?;
            Ok(done.rows_affected() > 0)
        })
        .await
    }
}

/// A statement on the row of a sink.
type OnLease =
    sqlx::query::Query<'static, sqlx::Postgres, <sqlx::Postgres as sqlx::Database>::Arguments>;

fn on_lease(sql: &'static str, lease: &Lease) -> OnLease {
    sqlx::query(sql)
        .bind(lease.duty.program.to_string())
        .bind(lease.duty.kind.name())
        .bind(lease.duty.sink.clone())
        .bind(lease.id)
}
