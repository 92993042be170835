//! The hash that tells a repeated request from a reused id: over the rpc's name and its message,
//! the programme written out.

use prost::Message;
use sha2::{Digest, Sha256};

/// The hash of a request to an rpc.
pub(super) fn of(rpc: &str, message: &impl Message) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(rpc.as_bytes());
    hasher.update([0]);
    hasher.update(message.encode_to_vec());
    hasher.finalize().into()
}
