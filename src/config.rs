//! What a server is told at its start: plain data, already checked, without a flag or an
//! environment variable in it. `cli` makes it, `app` reads it.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::TimeDelta;

/// What `serve` is told.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Where to listen for gRPC; port 0 = any free one.
    pub listen: SocketAddr,
    /// Where the data is.
    pub database: Database,
    /// Whether to bring the schema up to date before serving.
    pub migrate: bool,
    /// How waiting writes share transactions.
    pub combining: Combining,
    /// Calls in the server at once; more are refused with `BUSY`.
    pub calls_max: usize,
    /// Whether callers that nobody vouches for may come from other machines.
    pub accept_unauthenticated: bool,
    /// Connections to PostgreSQL, lanes and reads together.
    pub connections_max: u32,
    /// Who hears of events.
    pub events: Events,
    /// For how long what only grows is kept.
    pub keeping: Keeping,
}

/// For how long what only grows is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// Events in their streams; `None` = for ever.
    pub events: Option<TimeDelta>,
    /// Single lines of the ledger; `None` = for ever.
    pub ledger: Option<TimeDelta>,
}

/// Who hears of events, and how much may be spent on that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// Calls of Watch at once; more are refused with `BUSY`.
    pub watchers_max: usize,
    /// How often an event may fail at a webhook before that is parked.
    pub webhook_attempts_max: i32,
    /// A NATS server with JetStream that gets every event.
    pub nats: Option<Nats>,
    /// Whether events are written to stdout, for trying out.
    pub on_stdout: bool,
}

/// A NATS server with JetStream.
#[derive(Clone, PartialEq, Eq)]
pub struct Nats {
    /// Where it is, as `nats://` URLs with commas between them. May hold a password.
    pub url: String,
    /// The first part of the subjects.
    pub prefix: String,
}

/// How waiting writes share transactions. It is about speed only: every answer is the same with any
/// of these numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Combining {
    /// Writes in one transaction at most; 1 = each has its own.
    pub batch_max: usize,
    /// Transactions under way at once.
    pub lanes_max: usize,
    /// Writes waiting at once; more are refused with `BUSY`.
    pub waiting_max: usize,
}

/// Where the data is.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A PostgreSQL server that somebody else runs, as a `postgres://` URL.
    Url(String),
    /// A private PostgreSQL, started from the machine's own binaries.
    Embedded {
        /// The folder that belongs to it alone.
        data_dir: PathBuf,
    },
}

impl Default for Combining {
    fn default() -> Self {
        // More lanes than processors make smaller batches, not faster ones.
        let processors = std::thread::available_parallelism().map_or(4, usize::from);
        Self { batch_max: 256, lanes_max: processors.clamp(2, 8), waiting_max: 16_384 }
    }
}

impl Default for Events {
    fn default() -> Self {
        Self { watchers_max: 256, webhook_attempts_max: 12, nats: None, on_stdout: false }
    }
}

impl Keeping {
    /// So many days; 0 = for ever.
    #[must_use]
    pub fn days(events: u32, ledger: u32) -> Self {
        let days = |days: u32| (days > 0).then(|| TimeDelta::days(days.into()));
        Self { events: days(events), ledger: days(ledger) }
    }

    /// Events are read from the ledger, so its lines are kept as long.
    fn check(self) -> anyhow::Result<()> {
        let Some(ledger) = self.ledger else { return Ok(()) };
        let (ledger, most) = (ledger.num_days(), ledger);
        match self.events {
            Some(events) => anyhow::ensure!(
                events <= most,
                "--keep-ledger-days {ledger} is less than --keep-events-days {}: events are read \
                 from the ledger, so its lines are kept at least as long",
                events.num_days()
            ),
            None => anyhow::bail!(
                "--keep-ledger-days {ledger} with --keep-events-days 0, which keeps events for \
                 ever: events are read from the ledger, so its lines are kept at least as long"
            ),
        }
        Ok(())
    }
}

impl Default for Keeping {
    fn default() -> Self {
        Self::days(KEEP_EVENTS_DAYS_DEFAULT, 0)
    }
}

impl ServeConfig {
    /// A server for this machine alone, with the default limits.
    #[must_use]
    pub fn local(listen: SocketAddr, database: Database) -> Self {
        Self {
            listen,
            database,
            migrate: true,
            combining: Combining::default(),
            calls_max: CALLS_MAX_DEFAULT,
            accept_unauthenticated: false,
            connections_max: CONNECTIONS_MAX_DEFAULT,
            events: Events::default(),
            keeping: Keeping::default(),
        }
    }

    /// Says why these settings cannot be served.
    ///
    /// # Errors
    /// An address that other machines can reach, without leave to take callers unseen; fewer
    /// connections than the lanes and one read need; or a ledger kept less long than its events.
    pub fn check(&self) -> anyhow::Result<()> {
        let loopback = self.listen.ip().to_canonical().is_loopback();
        anyhow::ensure!(
            loopback || self.accept_unauthenticated,
            "refusing to listen on {}: other machines can reach it, and there is no \
             authentication yet, so anybody there could take or release stock; listen on \
             127.0.0.1, or pass --accept-unauthenticated-callers if the network itself keeps \
             strangers out",
            self.listen
        );
        let lanes = self.combining.lanes_max;
        anyhow::ensure!(
            usize::try_from(self.connections_max).is_ok_and(|most| most > lanes),
            "--connections {} is too few for {lanes} lanes: each lane holds one while it writes, \
             and reads need at least one more",
            self.connections_max
        );
        self.keeping.check()
    }
}

/// Calls in the server at once, unless set.
pub const CALLS_MAX_DEFAULT: usize = 16_384;
/// Connections to PostgreSQL, unless set.
pub const CONNECTIONS_MAX_DEFAULT: u32 = 16;
/// How many days events are kept, unless set.
pub const KEEP_EVENTS_DAYS_DEFAULT: u32 = 90;

impl std::fmt::Debug for Database {
    /// Never shows a URL: it may hold a password.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(_) => out.write_str("Url(..)"),
            Self::Embedded { data_dir } => write!(out, "Embedded({})", data_dir.display()),
        }
    }
}

impl std::fmt::Debug for Nats {
    /// Never shows the URL: it may hold a password.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Nats(.., {})", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening_on(listen: &str, accept: bool) -> anyhow::Result<()> {
        let database = Database::Embedded { data_dir: "/nowhere".into() };
        let local = ServeConfig::local(listen.parse().expect("an address"), database);
        ServeConfig { accept_unauthenticated: accept, ..local }.check()
    }

    #[test]
    fn loopback_is_served() {
        for listen in ["127.0.0.1:50051", "127.8.9.1:0", "[::1]:50051", "[::ffff:127.0.0.1]:1"] {
            listening_on(listen, false).expect(listen);
        }
    }

    #[test]
    fn another_address_needs_leave_and_the_error_says_why() {
        for listen in ["0.0.0.0:50051", "192.168.1.2:50051", "[::]:50051", "8.8.8.8:1"] {
            let refused = listening_on(listen, false).expect_err(listen).to_string();
            assert!(refused.contains(listen), "{refused}");
            assert!(refused.contains("no authentication yet"), "{refused}");
            assert!(refused.contains("--accept-unauthenticated-callers"), "{refused}");
            listening_on(listen, true).expect(listen);
        }
    }

    #[test]
    fn lanes_leave_a_connection_for_reads() {
        let database = Database::Url("postgres://x".into());
        let mut config = ServeConfig::local("127.0.0.1:0".parse().expect("an address"), database);
        config.combining.lanes_max = 4;
        config.connections_max = 4;
        assert!(config.check().is_err());
        config.connections_max = 5;
        config.check().expect("one more than the lanes");
    }

    #[test]
    fn the_ledger_is_kept_as_long_as_its_events() {
        for (events, ledger) in [(90, 0), (0, 0), (90, 90), (90, 365), (1, 1)] {
            Keeping::days(events, ledger).check().expect("as long");
        }
        for (events, ledger) in [(90, 89), (0, 365)] {
            let error = Keeping::days(events, ledger).check().expect_err("too short").to_string();
            let flag = format!("--keep-ledger-days {ledger} ");
            assert!(error.starts_with(&flag) && error.contains("--keep-events-days"), "{error}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let shown = format!("{:?}", Database::Url("postgres://me:secret@host/db".into()));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
