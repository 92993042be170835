//! Webhooks: HTTP POST, signed as Standard Webhooks asks
//! (<https://www.standardwebhooks.com>).

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt;
use futures::future::BoxFuture;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use sha2::Sha256;
use uuid::Uuid;

use super::{Sink, json};
use crate::store::feed::Published;

/// How long an endpoint may take to be reached.
const CONNECT_MAX: Duration = Duration::from_secs(3);
/// How long it may take to answer, all in all.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// How much of an answer is read, in bytes. Nothing in it matters; a connection whose answer was
/// read can be used again.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Most characters of a URL.
const URL_LENGTH_MAX: usize = 2048;
/// How a key begins.
const KEY_PREFIX: &str = "whsec_";
/// Bytes of a key.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Whether events can be sent there: http or https, with a host, and no password, which lists would
/// show.
#[must_use]
pub fn is_url(text: &str) -> bool {
    text.chars().count() <= URL_LENGTH_MAX
        && Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        })
}

/// The key of signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Reads `whsec_` and base64 of 24 to 64 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let key = STANDARD.decode(text.strip_prefix(KEY_PREFIX)?).ok()?;
        KEY_BYTES.contains(&key.len()).then_some(Self(key))
    }

    /// A new one, of 32 bytes that nobody can guess.
    #[must_use]
    pub fn make() -> Self {
        let halves = [Uuid::new_v4(), Uuid::new_v4()];
        Self(halves.iter().flat_map(|half| *half.as_bytes()).collect())
    }

    /// As callers and rows have it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{KEY_PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The signature of a message.
    fn sign(&self, id: &str, timestamp: u64, body: &str) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }
}

/// The client of all webhooks. It follows no redirect, since a signed message is for one address.
pub(super) fn client() -> anyhow::Result<Client> {
    // Another part of the process may have chosen the same before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("backstock/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(CONNECT_MAX)
        .timeout(ANSWER_MAX)
        .pool_max_idle_per_host(1)
        .no_proxy()
        .build()
        .context("no client for webhooks can be made")
}

/// One endpoint.
pub(super) struct Webhook {
    http: Client,
    url: String,
    secret: Option<Secret>,
}

impl Webhook {
    pub(super) fn new(http: Client, url: &str, secret: &str) -> Self {
        Self { http, url: url.to_owned(), secret: Secret::parse(secret) }
    }

    async fn post(&self, event: &Published) -> Result<(), String> {
        let body = json(event);
        let id = message_id(event);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let signature = self.secret.as_ref().and_then(|secret| secret.sign(&id, now, &body));
        let signature = signature.ok_or("its key cannot be read; put the webhook with another")?;
        let request = self
            .http
            .post(&self.url)
            .header("content-type", "application/cloudevents+json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now)
            .header("webhook-signature", signature)
            .body(body);
        let answer = request.send().await.map_err(|error| reason(&error))?;
        let status = answer.status();
        read(answer).await;
        if status.is_success() { Ok(()) } else { Err(format!("the answer was {status}")) }
    }
}

impl Sink for Webhook {
    fn send<'s>(&'s self, event: &'s Published) -> BoxFuture<'s, Result<(), String>> {
        self.post(event).boxed()
    }
}

/// Unique over all programmes, and without a full stop, which parts what is signed.
fn message_id(event: &Published) -> String {
    format!("{}@{}", event.program, event.id()).replace('.', "%2E")
}

/// Reads what little of an answer may be read.
async fn read(mut answer: Response) {
    let mut length = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        length += chunk.len();
        if length > ANSWER_BYTES_MAX {
            return;
        }
    }
}

/// What went wrong, for people.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() && !error.is_connect() {
        return format!("no answer within {} seconds", ANSWER_MAX.as_secs());
    }
    // The outermost error only repeats the URL.
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    if causes.is_empty() { "it cannot be reached".to_owned() } else { causes.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // The example of https://github.com/standard-webhooks/standard-webhooks.
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_key_is_24_to_64_bytes_of_base64() {
        for length in [24, 32, 64] {
            let text = format!("whsec_{}", STANDARD.encode(vec![7; length]));
            assert_eq!(Secret::parse(&text).unwrap().text(), text);
        }
        for bad in ["", "whsec_", "whsec_!!!!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert!(Secret::parse(bad).is_none(), "{bad}");
        }
        for length in [23, 65] {
            let text = format!("whsec_{}", STANDARD.encode(vec![7; length]));
            assert!(Secret::parse(&text).is_none(), "{length} bytes");
        }
        assert!(Secret::parse(&Secret::make().text()).is_some());
        assert!(Secret::make() != Secret::make());
    }

    #[test]
    fn a_url_is_http_with_a_host_and_without_a_password() {
        for good in ["http://a", "https://a.example:1/b?c=d", "http://127.0.0.1:9/x"] {
            assert!(is_url(good), "{good}");
        }
        let long = format!("http://a/{}", "x".repeat(2048));
        for bad in
            ["", "a", "ftp://a", "http://", "//a", "http://me:secret@a", "http://me@a", &long]
        {
            assert!(!is_url(bad), "{bad}");
        }
    }
}
