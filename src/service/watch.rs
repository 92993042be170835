//! Watch: the stream of a programme's events, as fast as the caller takes them.
//!
//! A watcher holds at most one page of events, and reads the next when the caller has taken the
//! last of it. It waits without asking the database. It ends when the server shuts down, since the
//! drain waits for open calls, and when the caller's deadline has passed.

use std::collections::{HashSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

use super::{Desk, decode, encode, refusals};
use crate::domain::{Interest, ProgramId, Sku};
use crate::edge::Deadline;
use crate::proto::{WatchRequest, WatchResponse};
use crate::store::Store;
use crate::store::feed::{Published, Stretch};

/// Most events that a watcher holds.
const PAGE_EVENTS: i64 = 256;
/// After so many events that filters left out, the caller is told how far the stream has come.
const LEFT_OUT_MAX: i64 = 256;
/// After so long without an event, too: a caller that is gone is noticed by that.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// What calls of Watch share.
#[derive(Clone, Debug)]
pub struct Watching {
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Watching {
    /// At most so many at once, until `stop`.
    #[must_use]
    pub fn new(watchers_max: usize, stop: CancellationToken) -> Self {
        Self { places: Arc::new(Semaphore::new(watchers_max)), stop }
    }
}

/// What a caller of Watch asks for.
pub(super) struct Asked {
    pub program: ProgramId,
    pub after: Option<i64>,
    pub interest: Interest,
    /// Empty = all.
    pub skus: HashSet<Sku>,
}

/// The answers of one call.
pub(super) type Answers = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

/// Begins a call.
pub(super) async fn watch(desk: &Desk, request: Request<WatchRequest>) -> Result<Answers, Status> {
    let asked = decode::watch(request.get_ref())?;
    let deadline = request.extensions().get::<Deadline>().map(|deadline| deadline.0);
    let Ok(place) = Arc::clone(&desk.watching.places).try_acquire_owned() else {
        return Err(refusals::busy("as many callers watch as the server allows"));
    };
    desk.known_program(&asked.program).await?;
    let heads = desk.store.heads().follow(&asked.program);
    let stretch = desk.read(desk.store.stretch(&asked.program)).await?;
    let position = begin(asked.after, stretch)?;
    let now = Instant::now();
    let watcher = Watcher {
        store: desk.store.clone(),
        stop: desk.watching.stop.clone(),
        heads,
        deadline,
        // Who asks for what is new, or for all that is kept, is told at once where that begins.
        tell_at: if asked.after == Some(position) { now + TELL_EVERY } else { now },
        position,
        told: position,
        page: VecDeque::new(),
        is_over: false,
        asked,
        _place: place,
    };
    Ok(Box::pin(futures::stream::unfold(watcher, Watcher::answer)))
}

/// The cursor from which events are read on: behind `after`, 0 being the first that is kept;
/// without one, what happens from now on.
///
/// # Errors
///
/// The stream has not come so far, or what follows is kept no more.
pub(super) fn begin(after: Option<i64>, stretch: Stretch) -> Result<i64, Status> {
    let Stretch { oldest, newest } = stretch;
    match after {
        None => Ok(newest),
        Some(0) => Ok(oldest),
        Some(after) if after > newest => {
            let rule = format!("must be at most {newest}, the newest position, not {after}");
            Err(refusals::malformed(&[("after".to_owned(), rule)]))
        }
        Some(after) if after < oldest => Err(refusals::cursor_too_old(after, oldest)),
        Some(after) => Ok(after),
    }
}

/// One call under way.
struct Watcher {
    store: Store,
    stop: CancellationToken,
    heads: watch::Receiver<i64>,
    deadline: Option<Instant>,
    asked: Asked,
    /// The last place that was looked at.
    position: i64,
    /// The last place that the caller was told.
    told: i64,
    /// When the caller is told again, whatever happens.
    tell_at: Instant,
    page: VecDeque<Published>,
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

/// What a watcher waits for.
enum Woken {
    Events,
    Clock,
    Stop,
}

impl Watcher {
    /// The next answer, or the end.
    async fn answer(mut self) -> Option<(Result<WatchResponse, Status>, Self)> {
        if self.is_over {
            return None;
        }
        let answer = self.next().await;
        self.is_over = answer.is_err();
        Some((answer, self))
    }

    async fn next(&mut self) -> Result<WatchResponse, Status> {
        loop {
            self.may_go_on()?;
            if let Some(event) = self.wanted() {
                return Ok(self.tell(Some(&event)));
            }
            if self.position - self.told >= LEFT_OUT_MAX || self.tell_at <= Instant::now() {
                return Ok(self.tell(None));
            }
            if *self.heads.borrow_and_update() > self.position {
                self.turn_page().await?;
                continue;
            }
            match self.wait().await {
                Woken::Events | Woken::Stop => {}
                Woken::Clock => return Ok(self.tell(None)),
            }
        }
    }

    fn may_go_on(&self) -> Result<(), Status> {
        if self.stop.is_cancelled() {
            return Err(refusals::busy("the server is shutting down"));
        }
        // The edge keeps the deadline of a stream that waits; this one may never have to.
        match self.deadline {
            Some(deadline) if deadline <= Instant::now() => {
                Err(Status::deadline_exceeded("the deadline of the call has passed"))
            }
            _ => Ok(()),
        }
    }

    /// The next event of the page that the caller asked for.
    fn wanted(&mut self) -> Option<Published> {
        while let Some(event) = self.page.pop_front() {
            self.position = event.position;
            let Asked { interest, skus, .. } = &self.asked;
            if interest.wants(event.what.name()) && (skus.is_empty() || skus.contains(&event.sku)) {
                return Some(event);
            }
        }
        None
    }

    fn tell(&mut self, event: Option<&Published>) -> WatchResponse {
        self.told = self.position;
        self.tell_at = Instant::now() + TELL_EVERY;
        WatchResponse { event: event.map(encode::event), position: self.position }
    }

    async fn turn_page(&mut self) -> Result<(), Status> {
        let events = self.store.events(&self.asked.program, self.position, PAGE_EVENTS).await;
        self.page = events.map_err(|unread| refusals::unread(&unread, self.position))?.into();
        if self.page.is_empty() {
            // Places are never taken back, unless the database itself was put back in time.
            return Err(refusals::busy("the stream ends before a place that it had reached"));
        }
        Ok(())
    }

    async fn wait(&mut self) -> Woken {
        tokio::select! {
            () = self.stop.cancelled() => Woken::Stop,
            // The store, and so the sender, lives as long as this.
            _ = self.heads.changed() => Woken::Events,
            () = sleep_until(self.tell_at) => Woken::Clock,
        }
    }
}
