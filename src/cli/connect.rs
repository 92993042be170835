//! The way from a client's `--server` to a channel.

use std::time::Duration;

use anyhow::Context;
use tonic::transport::{Channel, Endpoint};

const CONNECT_SECONDS_MAX: u64 = 5;

/// Connects to `address`, for example `127.0.0.1:50051`. Every call on the channel ends after
/// `call_seconds_max`, with or without an answer.
///
/// # Errors
/// The address cannot be read, asks for TLS, or nobody listens there.
pub async fn connect(address: &str, call_seconds_max: u64) -> anyhow::Result<Channel> {
    endpoint(address)?
        .connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
        .timeout(Duration::from_secs(call_seconds_max))
        .tcp_nodelay(true)
        .connect()
        .await
        .with_context(|| format!("no server answers on {address}"))
}

fn endpoint(address: &str) -> anyhow::Result<Endpoint> {
    anyhow::ensure!(
        !address.starts_with("https://"),
        "{address}: this client speaks without TLS; give HOST:PORT"
    );
    let plain = address.strip_prefix("http://").unwrap_or(address).trim_end_matches('/');
    let port = plain.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    anyhow::ensure!(port.is_some(), "{address}: give HOST:PORT, for example 127.0.0.1:50051");
    Endpoint::from_shared(format!("http://{plain}"))
        .with_context(|| format!("{address} is no address; give HOST:PORT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_and_without_a_scheme() {
        for address in ["127.0.0.1:50051", "http://localhost:1", "[::1]:50051", "http://db:7/"] {
            endpoint(address).expect(address);
        }
        for address in ["", "localhost", "https://localhost:1", "127.0.0.1:", "a b:1", ":x"] {
            assert!(endpoint(address).is_err(), "{address}");
        }
    }
}
