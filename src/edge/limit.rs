//! A bound on the calls that are worked on at once.
//!
//! Beyond it a call is turned away at once, with a time to come back: a queue that nobody can see
//! only makes every caller late. A call holds its place until its handler has answered; a stream
//! that goes on after that is bounded by the connections' own limits, else a few idle watchers
//! could fill the house.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tower::Service;

use super::refuse;

/// Health is asked by those who restart what is ill. A busy server is not ill, so it always answers
/// them; the answer costs next to nothing.
const ALWAYS_SERVED: &str = "/grpc.health.v1.Health/";

/// Makes [`Limited`]; all that it makes share one bound.
#[derive(Clone)]
pub struct Layer {
    places: Arc<Semaphore>,
}

impl Layer {
    pub(super) fn new(in_flight_max: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(in_flight_max.min(Semaphore::MAX_PERMITS))) }
    }
}

impl<S> tower::Layer<S> for Layer {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited { inner, places: Arc::clone(&self.places) }
    }
}

/// A service with a bound on the calls in flight.
#[derive(Clone)]
pub struct Limited<S> {
    inner: S,
    places: Arc<Semaphore>,
}

impl<S, A, B> Service<Request<A>> for Limited<S>
where
    S: Service<Request<A>, Response = Response<B>, Error = Infallible>,
    B: Default,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = LimitedCall<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => Some(place),
            Err(_) if request.uri().path().starts_with(ALWAYS_SERVED) => None,
            Err(_) => return LimitedCall::Refused { status: Some(Box::new(refuse::busy())) },
        };
        LimitedCall::Running { inner: self.inner.call(request), place }
    }
}

pin_project! {
    /// A call in its place, or one that found none.
    #[project = LimitedCallProjection]
    pub enum LimitedCall<F> {
        /// Turned away.
        Refused { status: Option<Box<Status>> },
        /// At work.
        Running { #[pin] inner: F, place: Option<OwnedSemaphorePermit> },
    }
}

impl<F, B> Future for LimitedCall<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
    B: Default,
{
    type Output = Result<Response<B>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            LimitedCallProjection::Refused { status } => match status.take() {
                Some(status) => Poll::Ready(Ok(status.into_http())),
                None => Poll::Pending,
            },
            LimitedCallProjection::Running { inner, place } => {
                let response = ready!(inner.poll(context));
                drop(place.take());
                Poll::Ready(response)
            }
        }
    }
}
