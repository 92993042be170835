//! How a call ended, for the layers that only watch.
//!
//! A gRPC status is in the headers of an answer without a body, in the trailers of any other, and
//! nowhere when the caller hangs up: then the call is dropped, which counts as CANCELLED.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::{Code, Status};

/// One that watches a call.
pub trait Observer {
    /// Runs one poll of the call.
    fn during<T>(&self, poll: impl FnOnce() -> T) -> T {
        poll()
    }

    /// Told once, at the end of the call. `status` is where the status was found, details included.
    fn ended(self, code: Code, status: Option<&HeaderMap>);
}

/// An observer that was not told yet. Dropped, it tells of a call that nobody waited for.
struct Watch<O: Observer>(Option<O>);

impl<O: Observer> Watch<O> {
    fn during<T>(&self, poll: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(observer) => observer.during(poll),
            None => poll(),
        }
    }

    fn end(&mut self, code: Code, status: Option<&HeaderMap>) {
        if let Some(observer) = self.0.take() {
            observer.ended(code, status);
        }
    }

    /// Ends when `headers` hold a status.
    fn look(&mut self, headers: &HeaderMap) {
        if let Some(code) = headers.get(Status::GRPC_STATUS) {
            self.end(Code::from_bytes(code.as_bytes()), Some(headers));
        }
    }
}

impl<O: Observer> Drop for Watch<O> {
    fn drop(&mut self) {
        self.end(Code::Cancelled, None);
    }
}

pin_project! {
    /// A call until its headers are there.
    pub struct Observed<F, O: Observer> {
        #[pin]
        inner: F,
        watch: Option<Watch<O>>,
    }
}

impl<F, O: Observer> Observed<F, O> {
    pub(super) fn new(inner: F, observer: O) -> Self {
        Self { inner, watch: Some(Watch(Some(observer))) }
    }
}

impl<F, B, O> Future for Observed<F, O>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
    O: Observer,
{
    type Output = Result<Response<ObservedBody<B, O>>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let inner = this.inner;
        let response = match this.watch.as_ref() {
            Some(watch) => ready!(watch.during(|| inner.poll(context))),
            None => ready!(inner.poll(context)),
        };
        let Ok(response) = response;
        let mut watch = this.watch.take().unwrap_or(Watch(None));
        watch.look(response.headers());
        Poll::Ready(Ok(response.map(|inner| ObservedBody { inner, watch })))
    }
}

pin_project! {
    /// The rest of the call: its messages and its trailers.
    pub struct ObservedBody<B, O: Observer> {
        #[pin]
        inner: B,
        watch: Watch<O>,
    }
}

/// The body of an answer that never came to be, which nobody watches.
impl<B: Default, O: Observer> Default for ObservedBody<B, O> {
    fn default() -> Self {
        Self { inner: B::default(), watch: Watch(None) }
    }
}

impl<B: Body, O: Observer> Body for ObservedBody<B, O> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let inner = this.inner;
        let frame = ready!(this.watch.during(|| inner.poll_frame(context)));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    this.watch.look(trailers);
                }
            }
            // The caller of a broken stream, or of one without a status, reads UNKNOWN.
            Some(Err(_)) | None => this.watch.end(Code::Unknown, None),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
