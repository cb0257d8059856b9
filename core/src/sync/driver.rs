//! Drives a run over a connection: asks it what to send, carries that, and tells it what came.

use super::attachments::{AttachmentStep, Attachments};
use super::lane::{Lane, LaneStep};
use super::{Engine, Next, Report, Scope, Stop};
use crate::base::clock::Clock;
use crate::http::Transport;
use crate::store::{Escalations, Store, StoreError};

/// Where the driver finds a store: locked only between requests, never across one.
pub trait Locked<T> {
    /// Runs `f` on the store; `None` where it is closed.
    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R>;
}

impl<T> Locked<T> for std::sync::Mutex<Option<T>> {
    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut guard = self.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        guard.as_mut().map(f)
    }
}

/// Runs one sync to its end. `heard` gets the server's time of each answer.
///
/// # Errors
/// [`StoreError`].
pub async fn run(
    transport: &Transport,
    store: &impl Locked<Store>,
    scope: Scope,
    clock: &dyn Clock,
    heard: impl Fn(crate::base::clock::Instant),
) -> Result<Report, StoreError> {
    let mut engine = Engine::new(scope);
    loop {
        let closed = || Err(StoreError::Missing { kind: "open database" });
        let next = store.with(|store| engine.next(store, clock.now())).unwrap_or_else(closed)?;
        let request = match next {
            Next::Send(request) => request,
            Next::Done(report) => return Ok(report),
        };
        let outcome = transport.send(&request).await;
        outcome.as_ref().ok().and_then(|answer| answer.date).into_iter().for_each(&heard);
        let closed = || Err(StoreError::Missing { kind: "open database" });
        store.with(|store| engine.hear(store, outcome, clock.now())).unwrap_or_else(closed)?;
    }
}

/// Runs the escalation lane to its end. Returns what changed and why it stopped early.
///
/// # Errors
/// [`StoreError`].
pub async fn run_lane(
    transport: &Transport,
    store: &impl Locked<Escalations>,
    clock: &dyn Clock,
) -> Result<(Vec<String>, Option<Stop>), StoreError> {
    let closed = || StoreError::Missing { kind: "open database" };
    let mut lane = store.with(|store| Lane::new(store)).ok_or_else(closed)??;
    loop {
        match store.with(|store| lane.next(store)).ok_or_else(closed)?? {
            LaneStep::Send(request) => {
                let outcome = transport.send(&request).await;
                store.with(|store| lane.hear(store, outcome, clock.now())).ok_or_else(closed)??;
            }
            LaneStep::Done(stop) => return Ok((lane.changed, stop)),
        }
    }
}

/// Runs the lane of attachments to its end. Returns it, and why it stopped early.
///
/// # Errors
/// [`StoreError`].
pub async fn run_attachments(
    transport: &Transport,
    store: &impl Locked<Store>,
    clock: &dyn Clock,
) -> Result<(Attachments, Option<Stop>), StoreError> {
    let closed = || StoreError::Missing { kind: "open database" };
    let mut lane = store.with(|store| Attachments::new(store)).ok_or_else(closed)??;
    loop {
        match store.with(|store| lane.next(store)).ok_or_else(closed)?? {
            AttachmentStep::Send(request) => {
                let outcome = transport.send(&request).await;
                store.with(|store| lane.hear(store, outcome, clock.now())).ok_or_else(closed)??;
            }
            AttachmentStep::Done(stop) => return Ok((lane, stop)),
        }
    }
}
