//! Flags that several verbs share.

use std::path::PathBuf;

use clap::Args;

use crate::config::{Database, Nats};
use crate::store::embedded;

/// Where the data is. With neither, a private PostgreSQL in the default folder.
#[derive(Args, Clone, Default)]
pub struct DatabaseArgs {
    /// The folder of a private PostgreSQL, started from this machine's own binaries [default: the
    /// platform's data folder].
    #[arg(long, env = "BACKSTOCK_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// A PostgreSQL server to use instead, 15 or later: postgres://user:password@host/database.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
}

impl DatabaseArgs {
    /// The database that the flags and the environment name.
    ///
    /// # Errors
    /// Both a folder and a URL were given.
    pub fn database(self) -> anyhow::Result<Database> {
        // An empty variable means none, as in compose files that pass `${DATABASE_URL:-}` on.
        let url = self.database_url.filter(|url| !url.is_empty());
        let folder = self.data_dir.filter(|folder| !folder.as_os_str().is_empty());
        match (url, folder) {
            (Some(_), Some(folder)) => anyhow::bail!(
                "two databases are named: --database-url (or DATABASE_URL), and --data-dir (or \
                 BACKSTOCK_DATA_DIR) {}; give one of them",
                folder.display()
            ),
            (Some(url), None) => Ok(Database::Url(url)),
            (None, Some(data_dir)) => Ok(Database::Embedded { data_dir }),
            (None, None) => Ok(Database::Embedded { data_dir: embedded::default_data_dir() }),
        }
    }
}

impl std::fmt::Debug for DatabaseArgs {
    /// Never shows a URL: it may hold a password.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "DatabaseArgs({:?}, url: {})", self.data_dir, self.database_url.is_some())
    }
}

/// A NATS server with JetStream that gets every event.
#[derive(Args, Clone, Default)]
pub struct NatsArgs {
    /// A NATS server with JetStream that gets every event: nats://host:4222.
    #[arg(long, env = "BACKSTOCK_NATS_URL", value_name = "URL", hide_env_values = true)]
    nats_url: Option<String>,

    /// The first part of the subjects of events at NATS.
    #[arg(long, env = "BACKSTOCK_NATS_SUBJECT_PREFIX", value_name = "PREFIX",
          default_value = "backstock", value_parser = subject_prefix)]
    nats_subject_prefix: String,
}

impl NatsArgs {
    /// The server, if one is named. An empty variable means none.
    #[must_use]
    pub fn nats(self) -> Option<Nats> {
        let url = self.nats_url.filter(|url| !url.is_empty())?;
        Some(Nats { url, prefix: self.nats_subject_prefix })
    }
}

impl std::fmt::Debug for NatsArgs {
    /// Never shows a URL: it may hold a password.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "NatsArgs(url: {})", self.nats_url.is_some())
    }
}

/// Reads the first part of subjects: words of letters, digits, `-` and `_`, with full stops between
/// them.
fn subject_prefix(text: &str) -> Result<String, String> {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    if text.len() <= 64 && text.split('.').all(is_word) {
        Ok(text.to_owned())
    } else {
        Err("give words of letters, digits, - and _, with full stops between".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(data_dir: Option<&str>, url: Option<&str>) -> anyhow::Result<Database> {
        let database_url = url.map(str::to_owned);
        DatabaseArgs { data_dir: data_dir.map(PathBuf::from), database_url }.database()
    }

    #[test]
    fn one_database_or_the_other() {
        let url = named(None, Some("postgres://host/db")).expect("a URL");
        assert_eq!(url, Database::Url("postgres://host/db".into()));
        let folder = named(Some("/data"), Some("")).expect("an empty variable is none");
        assert_eq!(folder, Database::Embedded { data_dir: "/data".into() });
        assert!(matches!(named(None, None), Ok(Database::Embedded { .. })));
        let both = named(Some("/data"), Some("postgres://me:secret@host/db"));
        let both = both.expect_err("two").to_string();
        assert!(both.contains("--data-dir") && !both.contains("secret"), "{both}");
    }
}
