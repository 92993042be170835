//! `backstock webhook`: where events are sent to.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use sha2::{Digest, Sha256};

use super::input::instant_text;
use super::list::{self, Row};
use super::output::{Column, Output, answer, json_line};
use super::session::{Session, SessionArgs, ask};
use crate::cli::terminal;
use crate::proto;

const EXAMPLES: &str = "\
Examples:
  backstock webhook add https://shop.example/events --types 'promise.*' --id shop
  backstock webhook list
  backstock webhook retry shop --skip";

/// Where events are sent to.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct WebhookArgs {
    #[command(flatten)]
    session: SessionArgs,

    #[command(subcommand)]
    verb: WebhookVerb,
}

#[derive(Subcommand, Debug)]
enum WebhookVerb {
    /// Add a webhook, or change the URL and types of the one with that id.
    Add(AddArgs),
    /// List the programme's webhooks, and how far each has come.
    List(ListArgs),
    /// Go on with a webhook that was parked, at the event that failed.
    Retry(RetryArgs),
    /// Remove a webhook.
    Remove(RemoveArgs),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock webhook add https://shop.example/events --types 'promise.*,backorder.accepted' \\
    --id shop")]
struct AddArgs {
    /// Where events are sent.
    #[arg(value_name = "URL")]
    url: String,

    /// Only events of these types; `promise.*` for all that begin so [default: all].
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,

    /// Its id [default: one that follows from the URL].
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// The key of its signatures, `whsec_` and base64 [default: one is made, and shown once].
    #[arg(
        long,
        value_name = "KEY",
        env = "BACKSTOCK_WEBHOOK_SECRET",
        hide_env_values = true,
        default_value = "",
        hide_default_value = true
    )]
    secret: String,

    /// A new one gets the events after this position; 0 = from the first that is kept
    /// [default: from now on].
    #[arg(long, value_name = "POSITION")]
    after: Option<i64>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock webhook list --output json | jq -r 'select(.parked) | .webhook_id'")]
struct ListArgs {}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock webhook retry shop --skip")]
struct RetryArgs {
    /// The webhook.
    #[arg(value_name = "ID")]
    id: String,

    /// Leave out the event that failed, and go on behind it.
    #[arg(long)]
    skip: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  backstock webhook remove shop")]
struct RemoveArgs {
    /// The webhook.
    #[arg(value_name = "ID")]
    id: String,
}

impl Row for proto::Webhook {
    const COLUMNS: &'static [Column] = &[
        Column::Text("webhook"),
        Column::Text("URL"),
        Column::Text("types"),
        Column::Number("position"),
        Column::Number("lag"),
        Column::Number("attempts"),
        Column::Text("next attempt"),
        Column::Text("parked"),
        Column::Text("last error"),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.webhook_id.clone(),
            self.url.clone(),
            if self.types.is_empty() { "all".to_owned() } else { self.types.join(", ") },
            self.position.to_string(),
            self.lag.to_string(),
            self.attempts.to_string(),
            instant_text(self.next_attempt_time.as_ref()),
            if self.parked { "yes".to_owned() } else { String::new() },
            self.last_error.clone(),
        ]
    }
}

/// Adds, lists, goes on or removes.
///
/// # Errors
/// The server does not answer, or refuses.
pub async fn run(args: WebhookArgs) -> anyhow::Result<ExitCode> {
    let session = args.session.connect().await?;
    match args.verb {
        WebhookVerb::Add(args) => add(&session, args).await?,
        WebhookVerb::List(ListArgs {}) => list_webhooks(&session).await?,
        WebhookVerb::Retry(args) => retry(&session, args).await?,
        WebhookVerb::Remove(args) => remove(&session, args.id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(session: &Session, args: AddArgs) -> anyhow::Result<()> {
    let webhook = proto::Webhook {
        webhook_id: args.id.unwrap_or_else(|| id_of(&args.url)),
        url: args.url,
        types: args.types,
        ..Default::default()
    };
    let request = proto::PutWebhookRequest {
        program: session.program.clone(),
        webhook: Some(webhook),
        after: args.after,
        secret: args.secret,
    };
    let call = async |request| session.webhooks().put_webhook(request).await;
    let done = ask(request, call).await?;
    answer(session.output, &done, |done| list::rows(done.webhook.as_slice()))?;
    if session.output == Output::Table && !done.secret.is_empty() {
        terminal::say(&format!("secret, shown only now: {}", done.secret))?;
    }
    Ok(())
}

/// The same URL has the same id, so that adding it again changes the webhook that there is.
fn id_of(url: &str) -> String {
    let hash = Sha256::digest(url.as_bytes());
    let hex: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("hook-{hex}")
}

async fn list_webhooks(session: &Session) -> anyhow::Result<()> {
    let request = proto::ListWebhooksRequest { program: session.program.clone() };
    let call = async |request| session.webhooks().list_webhooks(request).await;
    let found = ask(request, call).await?.webhooks;
    list::show_all(session.output, &found, "the programme has no webhooks")
}

async fn retry(session: &Session, args: RetryArgs) -> anyhow::Result<()> {
    let program = session.program.clone();
    let request = proto::RetryWebhookRequest { program, webhook_id: args.id, skip: args.skip };
    let call = async |request| session.webhooks().retry_webhook(request).await;
    let done = ask(request, call).await?;
    answer(session.output, &done, |done| list::rows(done.webhook.as_slice()))
}

async fn remove(session: &Session, webhook_id: String) -> anyhow::Result<()> {
    let program = session.program.clone();
    let request = proto::RemoveWebhookRequest { program, webhook_id: webhook_id.clone() };
    let call = async |request| session.webhooks().remove_webhook(request).await;
    let done = ask(request, call).await?;
    match session.output {
        Output::Json => terminal::say(&json_line(&done)?)?,
        Output::Table | Output::Toml => terminal::say(&format!("{webhook_id} is removed"))?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_one_id() {
        let id = id_of("https://shop.example/events");
        assert_eq!(id, id_of("https://shop.example/events"));
        assert_ne!(id, id_of("https://shop.example/other"));
        assert!(id.len() == 17 && id.starts_with("hook-"), "{id}");
    }
}
