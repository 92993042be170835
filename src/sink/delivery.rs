//! Delivers the events of one programme to one sink, one after the other.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::Sink;
use crate::store::feed::{Published, Unread};
use crate::store::sinks::{Duty, Lease};
use crate::store::{Failure, Store};
use crate::telemetry::metrics::metrics;

/// Most events that are read at once.
const PAGE_EVENTS: i64 = 64;
/// How often the lease is renewed while a sink takes its time; a lease lasts five seconds.
const RENEW_EVERY: Duration = Duration::from_millis(1500);
/// After so long at the latest it is written down how far the sink has come: what was delivered
/// since is delivered again after a crash.
const WRITE_EVERY: Duration = Duration::from_millis(100);
/// How long the lease is kept when everything is delivered, for what may come.
const LINGER: Duration = Duration::from_secs(2);
/// How long a stop waits for what is being sent.
const FAREWELL: Duration = Duration::from_secs(2);
/// The pause after the first failure; each further one is twice as long, up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(500);
/// The longest pause between two attempts at a webhook.
const PAUSE_MAX: Duration = Duration::from_secs(3600);
/// The longest pause between two attempts at a sink that is never parked.
const PAUSE_MAX_FOR_EVER: Duration = Duration::from_secs(15);
/// Most characters of the reason of a failure.
const REASON_MAX: usize = 256;

/// How to deliver.
pub(super) struct Delivery {
    pub store: Store,
    pub stop: CancellationToken,
    /// After how many failures the sink is parked; `None` = never.
    pub attempts_max: Option<i32>,
}

/// Why a delivery ends.
enum End {
    /// The lease is lost: another delivers now, or the sink was changed.
    Lost,
    /// The event failed.
    Failed(String),
    /// The service ends.
    Stopped,
}

impl Delivery {
    /// Delivers until there is nothing left, the sink fails, or another may deliver.
    pub(super) async fn run(
        &self,
        duty: &Duty,
        sink: impl FnOnce(&Lease) -> Option<Box<dyn Sink>>,
    ) -> Result<(), Failure> {
        let mut heads = self.store.heads().follow(&duty.program);
        let Some(mut lease) = self.store.lease(duty).await? else { return Ok(()) };
        let Some(sink) = sink(&lease) else { return Ok(()) };
        loop {
            let page = self.store.events(&duty.program, lease.position, PAGE_EVENTS).await;
            let page = match page {
                Ok(page) => page,
                Err(Unread::Failed(failure)) => return Err(failure),
                Err(Unread::TooOld { oldest }) if self.attempts_max.is_some() => {
                    return self.park(lease, oldest).await;
                }
                Err(Unread::TooOld { oldest }) => {
                    self.pass_over(&mut lease, oldest).await?;
                    continue;
                }
            };
            if !page.is_empty() {
                let mut passed = lease.position;
                let ended = self.send_all(&*sink, &mut lease, &page, &mut passed).await?;
                match ended {
                    None => continue,
                    Some(End::Lost) => return Ok(()),
                    Some(End::Failed(reason)) => return self.failed(lease, passed, &reason).await,
                    Some(End::Stopped) => {
                        self.store.advance(&mut lease, passed).await?;
                    }
                }
            }
            let more = heads.wait_for(|head| *head > lease.position);
            let is_more = tokio::select! {
                () = self.stop.cancelled() => false,
                more = timeout(LINGER, more) => more.is_ok(),
            };
            if !is_more {
                self.store.release(lease).await?;
                return Ok(());
            }
        }
    }

    /// Sends a page of events. `passed` is the place up to which that is done.
    async fn send_all(
        &self,
        sink: &dyn Sink,
        lease: &mut Lease,
        page: &[Published],
        passed: &mut i64,
    ) -> Result<Option<End>, Failure> {
        let mut written = Instant::now();
        for event in page {
            if self.stop.is_cancelled() {
                return Ok(Some(End::Stopped));
            }
            if lease.interest.wants(event.what.name())
                && let Err(end) = self.send(sink, lease, event).await
            {
                return Ok(Some(end));
            }
            *passed = event.position;
            if written.elapsed() > WRITE_EVERY {
                written = Instant::now();
                if !self.store.advance(lease, *passed).await? {
                    return Ok(Some(End::Lost));
                }
            }
        }
        let is_ours = lease.position == *passed || self.store.advance(lease, *passed).await?;
        Ok((!is_ours).then_some(End::Lost))
    }

    /// Sends one event, and renews the lease meanwhile.
    async fn send(&self, sink: &dyn Sink, lease: &Lease, event: &Published) -> Result<(), End> {
        let kind = lease.duty.kind.name();
        let mut sending = sink.send(event);
        let mut renewal = interval(RENEW_EVERY);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        renewal.reset();
        let mut heard = Instant::now();
        let sent = loop {
            tokio::select! {
                sent = &mut sending => break sent,
                _ = renewal.tick() => match self.store.renew(lease).await {
                    Ok(true) => heard = Instant::now(),
                    Ok(false) => return Err(End::Lost),
                    // Nobody else can take the lease either while the database is gone; but it may
                    // be gone for this process alone.
                    Err(_) if heard.elapsed() < RENEW_EVERY * 3 => {}
                    Err(_) => return Err(End::Lost),
                },
                () = self.stop.cancelled() => {
                    break timeout(FAREWELL, sending).await.map_err(|_| End::Stopped)?;
                }
            }
        };
        metrics().delivered(kind, sent.is_ok());
        sent.map_err(End::Failed)
    }

    /// Parks a sink whose next event is kept no more. What is kept holds back for every sink but a
    /// parked one, so this one was told to go on, or added, at the instant when that went.
    async fn park(&self, lease: Lease, oldest: i64) -> Result<(), Failure> {
        let (program, sink, position) =
            (lease.duty.program.clone(), lease.duty.sink.clone(), lease.position);
        let reason = format!("events up to position {oldest} are kept no more");
        let attempts = lease.attempts.saturating_add(1);
        if self.store.fail(lease, position, attempts, None, &reason).await? {
            tracing::warn!(%program, sink, position, reason, "a sink is parked");
        }
        Ok(())
    }

    /// Goes on at the first event that is kept, for a sink that is never parked, and says so.
    async fn pass_over(&self, lease: &mut Lease, oldest: i64) -> Result<(), Failure> {
        let (program, sink, position) = (&lease.duty.program, &lease.duty.sink, lease.position);
        tracing::warn!(
            %program, sink, position, oldest,
            "events behind the position are kept no more: a sink goes on behind the oldest"
        );
        self.store.advance(lease, oldest).await.map(drop)
    }

    async fn failed(&self, lease: Lease, passed: i64, reason: &str) -> Result<(), Failure> {
        let before = if passed > lease.position { 0 } else { lease.attempts };
        let attempts = before.saturating_add(1);
        let is_over = self.attempts_max.is_some_and(|most| attempts >= most);
        let reason: String = reason.chars().take(REASON_MAX).collect();
        let Duty { program, kind, sink } = lease.duty.clone();
        let (kind, position) = (kind.name(), passed + 1);
        let longest = if self.attempts_max.is_some() { PAUSE_MAX } else { PAUSE_MAX_FOR_EVER };
        let again_in = (!is_over).then(|| pause(attempts, longest));
        let is_ours = self.store.fail(lease, passed, attempts, again_in, &reason).await?;
        if is_over && is_ours {
            tracing::warn!(
                %program, kind, sink, position, attempts, reason,
                "a sink is parked: nothing is sent to it until it is told to go on"
            );
        } else {
            tracing::info!(
                %program, kind, sink, position, attempts, reason,
                "an event could not be delivered; it is tried again"
            );
        }
        Ok(())
    }
}

/// The pause after so many failures: between three quarters and five quarters of the doubled one,
/// so that sinks that failed together do not come back together.
fn pause(attempts: i32, longest: Duration) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(20);
    let whole = (PAUSE * 2_u32.pow(doublings)).min(longest);
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    let share = u32::try_from(random % 512).unwrap_or_default();
    whole * (768 + share) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest_and_are_never_quite_the_same() {
        for attempts in [1, 2, 5, 12, 13, 40, i32::MAX] {
            let doubled = PAUSE * 2_u32.pow(u32::try_from(attempts - 1).unwrap().min(20));
            let whole = doubled.min(PAUSE_MAX);
            for _ in 0..50 {
                let pause = pause(attempts, PAUSE_MAX);
                assert!(pause >= whole * 3 / 4 && pause <= whole * 5 / 4, "{attempts}: {pause:?}");
            }
        }
        let pauses: std::collections::HashSet<_> = (0..50).map(|_| pause(3, PAUSE_MAX)).collect();
        assert!(pauses.len() > 10);
    }
}
