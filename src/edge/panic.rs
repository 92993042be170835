//! A panic becomes an answer: INTERNAL with the number under which it is logged.
//!
//! Without this layer a panic takes its whole connection with it, and all other calls on it. The
//! text of a panic stays in the log, since it may hold anything.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Status;
use tower::Service;
use uuid::Uuid;

use super::method::Methods;
use super::refuse;
use crate::telemetry::panic::{Panicked, watched};

/// Makes [`Guarded`].
#[derive(Clone)]
pub struct Layer {
    methods: Methods,
}

impl Layer {
    pub(super) fn new(methods: Methods) -> Self {
        Self { methods }
    }
}

impl<S> tower::Layer<S> for Layer {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, methods: self.methods.clone() }
    }
}

/// A service whose panics are answers.
#[derive(Clone)]
pub struct Guarded<S> {
    inner: S,
    methods: Methods,
}

impl<S, A, B> Service<Request<A>> for Guarded<S>
where
    S: Service<Request<A>, Response = Response<B>, Error = Infallible>,
    B: Default,
{
    type Response = Response<GuardedBody<B>>;
    type Error = Infallible;
    type Future = GuardedCall<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let method = self.methods.name(request.uri().path());
        match watched(|| self.inner.call(request)) {
            Ok(inner) => GuardedCall { inner: Some(inner), panicked: None, method },
            Err(panicked) => GuardedCall { inner: None, panicked: Some(panicked), method },
        }
    }
}

/// Logs the panic, once, and gives the answer to the call that met it.
fn answer(panicked: &Panicked, method: &str) -> Status {
    let incident = Uuid::new_v4();
    let Panicked { text, place } = panicked;
    tracing::error!(%incident, method, ?text, place, "panic in a call");
    refuse::internal(incident)
}

pin_project! {
    /// A call until its headers are there. `inner` is gone once it has panicked.
    pub struct GuardedCall<F> {
        #[pin]
        inner: Option<F>,
        panicked: Option<Panicked>,
        method: Arc<str>,
    }
}

impl<F, B> Future for GuardedCall<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
    B: Default,
{
    type Output = Result<Response<GuardedBody<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = match (this.inner.as_mut().as_pin_mut(), this.panicked.take()) {
            (Some(inner), _) => watched(|| inner.poll(context)),
            (None, Some(panicked)) => Err(panicked),
            (None, None) => return Poll::Pending,
        };
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ok(response))) => {
                let method = Arc::clone(this.method);
                Poll::Ready(Ok(response.map(|inner| GuardedBody { inner: Some(inner), method })))
            }
            Err(panicked) => {
                this.inner.set(None);
                Poll::Ready(Ok(answer(&panicked, this.method).into_http()))
            }
        }
    }
}

pin_project! {
    /// The rest of the call. `inner` is gone once it has panicked.
    pub struct GuardedBody<B> {
        #[pin]
        inner: Option<B>,
        method: Arc<str>,
    }
}

/// The empty body of an answer to a panic.
impl<B> Default for GuardedBody<B> {
    fn default() -> Self {
        Self { inner: None, method: Arc::from("") }
    }
}

impl<B: Body> Body for GuardedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        watched(|| inner.poll_frame(context)).unwrap_or_else(|panicked| {
            this.inner.set(None);
            let trailers = refuse::trailers(&answer(&panicked, this.method));
            Poll::Ready(Some(Ok(Frame::trailers(trailers))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}
