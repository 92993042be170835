//! A gRPC client without opinions, on bare HTTP/2: it sends the headers it is given and keeps no
//! deadline of its own, so what it reads is the server's answer.

// Each test program uses the part of it that it needs; a panic is how a test fails.
#![allow(dead_code, clippy::unwrap_used)]

use std::net::SocketAddr;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use http::{HeaderMap, Request};
use tokio::net::TcpStream;
use tonic::Status;

/// An empty message in its gRPC frame.
pub const EMPTY_MESSAGE: &[u8] = &[0; 5];

/// One connection.
#[derive(Clone)]
pub struct Client {
    requests: SendRequest<Bytes>,
    address: SocketAddr,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// The framed messages, one after the other.
    pub messages: Vec<u8>,
    /// The status, from the trailers or else from the headers.
    pub status: Status,
}

impl Client {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (requests, connection) = h2::client::handshake(stream).await.unwrap();
        // It ends, well or badly, with the server or the client that it belongs to.
        tokio::spawn(async move { drop(connection.await) });
        Self { requests, address }
    }

    /// Sends an empty message to `path` and reads the answer to its end.
    pub async fn call(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        read(self.begin(path, headers).await).await
    }

    /// Sends an empty message to `path`. Dropping what it returns hangs up.
    pub async fn begin(&self, path: &str, headers: &[(&str, &str)]) -> ResponseFuture {
        let mut request = Request::post(format!("http://{}{path}", self.address))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut requests = self.requests.clone().ready().await.unwrap();
        let (response, mut body) = requests.send_request(request.body(()).unwrap(), false).unwrap();
        // A server may answer before it was asked in full, and is deaf from then on.
        drop(body.send_data(Bytes::from_static(EMPTY_MESSAGE), true));
        response
    }
}

/// Reads an answer to its end.
pub async fn read(response: ResponseFuture) -> Answer {
    let (head, mut body) = response.await.unwrap().into_parts();
    let mut messages = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        messages.extend_from_slice(&data);
    }
    let trailers = body.trailers().await.unwrap().unwrap_or_else(HeaderMap::new);
    let status =
        Status::from_header_map(&trailers).or_else(|| Status::from_header_map(&head.headers));
    Answer { messages, status: status.expect("an answer without a status") }
}
