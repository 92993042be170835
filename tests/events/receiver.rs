//! An HTTP endpoint that gets webhooks, and checks each signature by code of its own.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The key of all webhooks of these tests: `whsec_` and base64 of 32 bytes.
pub const SECRET: &str = "whsec_YmFja3N0b2NrIHRlc3RzIHVzZSB0aGlzIGtleSBvbmx5";

/// What the endpoint does with what it gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Mood {
    /// Takes it.
    Takes,
    /// Answers with this status line and header.
    Answers(&'static str),
    /// Never answers.
    Hangs,
    /// Fails for this event, until it is in another mood.
    Dislikes(String),
    /// Fails for one event the first two times, and for another always.
    Hesitates { twice: &'static str, always: &'static str },
}

/// A message that was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    pub message_id: String,
    pub event: Value,
}

impl Taken {
    /// Where it stands in the ledger.
    pub fn line(&self) -> (String, i64, i32) {
        let data = &self.event["data"];
        let part = data["part"].as_i64().and_then(|part| i32::try_from(part).ok());
        let sku = data["sku"].as_str().expect("a SKU").to_owned();
        (sku, data["item_version"].as_i64().expect("a version"), part.expect("a part"))
    }

    pub fn position(&self) -> i64 {
        self.event["data"]["position"].as_i64().expect("a position")
    }
}

#[derive(Default)]
struct Book {
    taken: Vec<Taken>,
    /// The events that it was asked to take, each time.
    asked: Vec<String>,
}

/// An endpoint. It is gone when this is dropped.
pub struct Receiver {
    pub url: String,
    mood: watch::Sender<Mood>,
    book: Arc<Mutex<Book>>,
    _tasks: JoinSet<()>,
}

impl Receiver {
    pub async fn new(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let (mood, moods) = watch::channel(mood);
        let book = Arc::new(Mutex::new(Book::default()));
        let mut tasks = JoinSet::new();
        let of = book.clone();
        tasks.spawn(async move {
            let mut calls = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                calls.spawn(serve(stream, moods.clone(), of.clone()));
            }
        });
        Self { url, mood, book, _tasks: tasks }
    }

    pub fn turn(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// Everything that it took, in the order in which it came.
    pub fn taken(&self) -> Vec<Taken> {
        self.book.lock().expect("no panic").taken.clone()
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.book.lock().expect("no panic").asked.len()
    }

    /// What it took, each once, in the order in which each came first. Repeats are the same bytes
    /// under the same id.
    pub fn once(&self) -> Vec<Taken> {
        let mut once: Vec<Taken> = Vec::new();
        for taken in self.taken() {
            match once.iter().find(|other| other.message_id == taken.message_id) {
                Some(other) => assert_eq!(*other, taken, "a repeat is the same"),
                None => once.push(taken),
            }
        }
        once
    }
}

fn failure() -> String {
    "500 Internal Server Error\r\ncontent-length: 0\r\n".to_owned()
}

/// One connection, kept open as long as the other side wants.
async fn serve(mut stream: TcpStream, mut moods: watch::Receiver<Mood>, book: Arc<Mutex<Book>>) {
    let mut bytes = Vec::new();
    while let Some((head, body)) = request(&mut stream, &mut bytes).await {
        let taken = checked(&head, &body);
        let id = taken.event["id"].as_str().expect("an id").to_owned();
        let times = {
            let asked = &mut book.lock().expect("no panic").asked;
            asked.push(id.clone());
            asked.iter().filter(|other| **other == id).count()
        };
        let mood = moods.borrow_and_update().clone();
        let answer = match mood {
            Mood::Takes => "204 No Content\r\n".to_owned(),
            Mood::Answers(answer) => format!("{answer}\r\ncontent-length: 0\r\n"),
            Mood::Dislikes(of) if id == of => failure(),
            Mood::Hesitates { twice, .. } if id == twice && times <= 2 => failure(),
            Mood::Hesitates { always, .. } if id == always => failure(),
            Mood::Dislikes(_) | Mood::Hesitates { .. } => {
                "200 OK\r\ncontent-length: 2\r\n".to_owned()
            }
            Mood::Hangs => {
                let _ = moods.changed().await;
                return;
            }
        };
        if answer.starts_with('2') {
            book.lock().expect("no panic").taken.push(taken);
        }
        let body = if answer.starts_with("200") { "ok" } else { "" };
        let answer = format!("HTTP/1.1 {answer}\r\n{body}");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The next request: its head and its body.
async fn request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<(String, String)> {
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8(bytes[..end].to_vec()).expect("text");
            let length: usize = header(&head, "content-length").parse().expect("a length");
            if bytes.len() >= end + 4 + length {
                let rest = bytes.split_off(end + 4 + length);
                let body = String::from_utf8(bytes[end + 4..].to_vec()).expect("text");
                *bytes = rest;
                return Some((head, body));
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(length) if length > 0 => bytes.extend_from_slice(&chunk[..length]),
            _ => return None,
        }
    }
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).expect(name).1
}

/// The event of a request whose signature is right.
fn checked(head: &str, body: &str) -> Taken {
    assert!(head.starts_with("POST /hook HTTP/1.1"), "{head}");
    assert_eq!(header(head, "content-type"), "application/cloudevents+json");
    let (id, timestamp) = (header(head, "webhook-id"), header(head, "webhook-timestamp"));
    let key = STANDARD.decode(&SECRET["whsec_".len()..]).expect("base64");
    let expected = STANDARD.encode(hmac(&key, format!("{id}.{timestamp}.{body}").as_bytes()));
    assert_eq!(header(head, "webhook-signature"), format!("v1,{expected}"));
    let sent: u64 = timestamp.parse().expect("seconds");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    assert!(now.as_secs().abs_diff(sent) < 300, "signed a moment ago");
    let event: Value = serde_json::from_str(body).expect("JSON");
    let event_id = event["id"].as_str().expect("an id");
    assert_eq!(id, format!("default@{event_id}").replace('.', "%2E"));
    Taken { message_id: id.to_owned(), event }
}

/// HMAC-SHA256 as RFC 2104 has it, for keys of at most 64 bytes.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let padded = |byte: u8| -> Vec<u8> {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block.to_vec()
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}
