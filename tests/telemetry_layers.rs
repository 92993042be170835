//! The column of the edge, met from outside: a real server, real connections, and a client that
//! keeps no deadlines of its own.

// A panic is how a test fails.
#![allow(clippy::unwrap_used)]

mod probe;
mod raw;

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use backstock::edge::Deadline;
use futures::FutureExt;
use futures::future::{join_all, pending};
use probe::{Step, answer, ok, serve};
use raw::{Client, read};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};
use tonic::{Code, Status};
use tonic_types::StatusExt;

const HEALTH_CHECK: &str = "/grpc.health.v1.Health/Check";
const HEALTH_WATCH: &str = "/grpc.health.v1.Health/Watch";
const PATIENCE: Duration = Duration::from_secs(30);

fn path(method: &str) -> String {
    format!("/probe.v1.Probe/{method}")
}

/// `reason` and `domain`, which every refusal has once.
fn reason(status: &Status) -> String {
    let info = status.get_details_error_info().expect("no ErrorInfo");
    assert_eq!(info.domain, "backstock.v1");
    info.reason
}

#[tokio::test]
async fn calls_pass_through_the_column() {
    let server = serve(&["Ok"], 8, |_, _| async { ok() }.boxed()).await;
    let client = Client::connect(server.address).await;
    let answer = client.call(&path("Ok"), &[]).await;
    assert_eq!(answer.status.code(), Code::Ok);
    assert_eq!(answer.messages, raw::EMPTY_MESSAGE);
    let health = client.call(HEALTH_CHECK, &[]).await;
    assert_eq!((health.status.code(), health.messages.len()), (Code::Ok, 7));
    let unknown = client.call("/probe.v2.Probe/Ok", &[]).await;
    assert_eq!(unknown.status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_malformed_deadline_is_refused_by_name() {
    let server = serve(&["Ok"], 8, |_, _| async { ok() }.boxed()).await;
    let client = Client::connect(server.address).await;
    for value in ["", "S", "5", "+5S", "5s", "123456789m"] {
        for path in [path("Ok"), HEALTH_CHECK.to_owned()] {
            let status = client.call(&path, &[("grpc-timeout", value)]).await.status;
            assert_eq!(status.code(), Code::InvalidArgument, "{value:?}");
            assert_eq!(reason(&status), "MALFORMED");
            let info = status.get_details_error_info().unwrap();
            assert_eq!(info.metadata["fields"], "grpc-timeout");
            let fault = status.get_details_bad_request().unwrap();
            assert_eq!(fault.field_violations[0].field, "grpc-timeout");
        }
    }
    let well_formed = client.call(&path("Ok"), &[("grpc-timeout", "99999999H")]).await;
    assert_eq!(well_formed.status.code(), Code::Ok);
}

#[tokio::test]
async fn the_handler_is_told_the_deadline() {
    let (told, mut deadlines) = mpsc::unbounded_channel();
    let server = serve(&["Ok"], 8, move |_, request| {
        told.send(request.extensions().get::<Deadline>().copied()).unwrap();
        async { ok() }.boxed()
    })
    .await;
    let client = Client::connect(server.address).await;
    let before = Instant::now();
    client.call(&path("Ok"), &[("grpc-timeout", "60S")]).await;
    let after = Instant::now();
    let minute = Duration::from_secs(60);
    let Deadline(at) = deadlines.recv().await.unwrap().expect("no deadline");
    assert!(before + minute <= at && at <= after + minute);
    client.call(&path("Ok"), &[]).await;
    assert_eq!(deadlines.recv().await.unwrap(), None);
}

/// tonic answers a passed deadline with CANCELLED. It may get a word in where the machine stops a
/// thread at the worst of moments, which is rare even with deadlines as short as these.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passed_deadlines_are_deadline_exceeded_in_a_crowd() {
    let server = serve(&["Never"], 10_000, |_, _| pending().boxed()).await;
    let client = Client::connect(server.address).await;
    let mut cancelled = 0;
    for round in 0..20 {
        let calls = (0..100).map(|call| {
            let (client, micros) = (client.clone(), 200 * call + round);
            async move {
                let deadline = format!("{micros}u");
                client.call(&path("Never"), &[("grpc-timeout", &deadline)]).await.status.code()
            }
        });
        for code in timeout(PATIENCE, join_all(calls)).await.unwrap() {
            match code {
                Code::DeadlineExceeded => {}
                Code::Cancelled => cancelled += 1,
                other => panic!("a passed deadline was {other:?}"),
            }
        }
    }
    assert!(cancelled <= 20, "{cancelled} of 2,000 were answered by tonic");
}

#[tokio::test]
async fn a_call_whose_deadline_has_passed_is_not_begun() {
    let server = serve(&["Ok"], 8, |_, _| panic!("it was begun")).await;
    let client = Client::connect(server.address).await;
    let status = client.call(&path("Ok"), &[("grpc-timeout", "0m")]).await.status;
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn calls_and_streams_end_at_their_deadline_and_not_before() {
    let server = serve(&["Never", "Stream"], 8, |method, _| match &*method {
        "Never" => pending().boxed(),
        _ => async { answer([Step::Message, Step::Never]) }.boxed(),
    })
    .await;
    let client = Client::connect(server.address).await;
    let cases = [(path("Never"), 0), (path("Stream"), 5), (HEALTH_WATCH.to_owned(), 7)];
    for (path, bytes) in cases {
        let began = Instant::now();
        let call = client.call(&path, &[("grpc-timeout", "100m")]);
        let answer = timeout(PATIENCE, call).await.expect("the call went on");
        assert_eq!(answer.status.code(), Code::DeadlineExceeded, "{path}");
        assert_eq!(answer.messages.len(), bytes, "{path}");
        assert!(began.elapsed() >= Duration::from_millis(100), "{path}");
    }
}

#[tokio::test]
async fn a_panic_is_an_incident_wherever_it_happens() {
    let lines = logged();
    let server = serve(&["Future", "Call", "Stream", "Ok"], 8, |method, _| match &*method {
        "Future" => async { panic!("the secret is out") }.boxed(),
        "Call" => panic!("the secret is out"),
        "Stream" => async { answer([Step::Message, Step::Panic("the secret is out")]) }.boxed(),
        _ => async { ok() }.boxed(),
    })
    .await;
    let client = Client::connect(server.address).await;
    for method in ["Future", "Call", "Stream"] {
        let status = client.call(&path(method), &[]).await.status;
        assert_eq!(status.code(), Code::Internal, "{method}");
        assert_eq!(reason(&status), "INTERNAL");
        let incident = status.get_details_error_info().unwrap().metadata["incident"].clone();
        assert!(status.message().contains(&incident));
        assert!(!format!("{status:?}").contains("secret"), "{status:?}");
        assert!(!String::from_utf8_lossy(status.details()).contains("secret"));

        // The connection lives on, and by its next answer the log of this one is complete.
        assert_eq!(client.call(&path("Ok"), &[]).await.status.code(), Code::Ok);
        let line = only_line_with(&lines, &incident);
        assert_eq!(line["level"], "ERROR");
        assert_eq!(line["fields"]["method"], format!("probe.v1.Probe/{method}"));
        assert!(line["fields"]["text"].as_str().unwrap().contains("the secret is out"));
    }
}

#[tokio::test]
async fn failures_are_logged_and_answers_are_not() {
    let lines = logged();
    let server = serve(&["LostData", "NotFound"], 8, |method, _| {
        let status = match &*method {
            "LostData" => Status::data_loss("a page is gone\nfor good"),
            _ => Status::not_found("no such thing"),
        };
        async move { status.into_http() }.boxed()
    })
    .await;
    let client = Client::connect(server.address).await;
    client.call(&path("NotFound"), &[]).await;
    client.call(&path("LostData"), &[]).await;
    let line = only_line_with(&lines, "probe.v1.Probe/LostData");
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["fields"]["code"], "DATA_LOSS");
    assert_eq!(line["fields"]["message"], "call failed");
    assert_eq!(line["fields"]["answer"], "\"a page is gone\\nfor good\"");
    assert!(!lines.text().contains("probe.v1.Probe/NotFound"));
}

#[tokio::test]
async fn calls_beyond_the_limit_are_told_when_to_come_back() {
    let (begun, mut begins) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let server = serve(&["Hold"], 2, move |_, _| {
        let (begun, held) = (begun.clone(), Arc::clone(&held));
        async move {
            begun.send(()).unwrap();
            drop(held.acquire_owned().await.unwrap());
            ok()
        }
        .boxed()
    })
    .await;
    // Two connections: the limit is for all of them together.
    let (one, two) = (Client::connect(server.address).await, Client::connect(server.address).await);
    let first = one.begin(&path("Hold"), &[]).await;
    let second = two.begin(&path("Hold"), &[]).await;
    begins.recv().await.unwrap();
    begins.recv().await.unwrap();

    let refused = one.call(&path("Hold"), &[]).await.status;
    assert_eq!((refused.code(), &*reason(&refused)), (Code::Unavailable, "BUSY"));
    let delay = refused.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!((Duration::from_millis(100)..=Duration::from_secs(1)).contains(&delay), "{delay:?}");
    assert_eq!(one.call(HEALTH_CHECK, &[]).await.status.code(), Code::Ok);

    // A caller that hangs up gives its place back, and so does an answer.
    drop(second);
    let third = began(&one, &mut begins).await;
    gate.add_permits(2);
    for held in [first, third] {
        assert_eq!(read(held).await.status.code(), Code::Ok);
    }
    gate.add_permits(1);
    assert_eq!(two.call(&path("Hold"), &[]).await.status.code(), Code::Ok);
}

/// A call that has found its place, tried until there is one.
async fn began(
    client: &Client,
    begins: &mut mpsc::UnboundedReceiver<()>,
) -> h2::client::ResponseFuture {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut call = client.begin(&path("Hold"), &[]).await;
        tokio::select! {
            begun = begins.recv() => { begun.unwrap(); return call }
            refused = &mut call => drop(refused),
        }
        assert!(Instant::now() < until, "no place came free");
    }
}

/// What the process logged at info and above, as JSON lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One log for all tests of the process; each looks for lines that only it can have caused.
fn logged() -> Lines {
    static LINES: OnceLock<Lines> = OnceLock::new();
    let start = || {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing_subscriber::fmt().json().with_writer(move || writer.clone()).init();
        lines
    };
    LINES.get_or_init(start).clone()
}

fn only_line_with(lines: &Lines, text: &str) -> serde_json::Value {
    let all = lines.text();
    let found: Vec<&str> = all.lines().filter(|line| line.contains(text)).collect();
    assert_eq!(found.len(), 1, "lines with {text}: {found:?}");
    serde_json::from_str(found[0]).unwrap()
}
