//! Drives a run over a connection: asks it what to send, carries that, and tells it what came.
//!
//! Rule: the store is locked between requests and never across one. Neighbours: `run` is what it drives, `http` carries, `api`
//! calls.

use super::attachments::AttachmentRun;
use super::engine::Engine;
use super::escalations::EscalationRun;
use super::run::{Report, Run, Scope, StopReason};
use crate::base::clock::{Clock, Instant};
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

fn closed() -> StoreError {
    StoreError::Closed
}

/// Drives `run` to its end. `heard` gets the server's time of each answer.
///
/// # Errors
/// [`StoreError`].
pub async fn drive<R: Run>(
    run: &mut R,
    transport: &Transport,
    store: &impl Locked<R::Store>,
    clock: &dyn Clock,
    heard: impl Fn(Instant),
) -> Result<(), StoreError> {
    while let Some(request) = store.with(|store| run.next(store, clock.now())).ok_or_else(closed)?? {
        let outcome = transport.send(&request).await;
        outcome.as_ref().ok().and_then(|answer| answer.date).into_iter().for_each(&heard);
        store.with(|store| run.hear(store, outcome, clock.now())).ok_or_else(closed)??;
    }
    Ok(())
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
    heard: impl Fn(Instant),
) -> Result<Report, StoreError> {
    let mut engine = Engine::new(scope);
    drive(&mut engine, transport, store, clock, heard).await?;
    Ok(engine.into_report())
}

/// Sends and asks after the escalations. `heard` gets the server's time of each answer. Returns what changed and why it stopped
/// early.
///
/// # Errors
/// [`StoreError`].
pub async fn run_escalations(
    transport: &Transport,
    store: &impl Locked<Escalations>,
    clock: &dyn Clock,
    heard: impl Fn(Instant),
) -> Result<(Vec<String>, Option<StopReason>), StoreError> {
    let mut run = store.with(|store| EscalationRun::new(store)).ok_or_else(closed)?;
    drive(&mut run, transport, store, clock, heard).await?;
    Ok((run.changed, run.stop))
}

/// Sends the attachments. Returns the run, and why it stopped early.
///
/// # Errors
/// [`StoreError`].
pub async fn run_attachments(
    transport: &Transport,
    store: &impl Locked<Store>,
    clock: &dyn Clock,
) -> Result<(AttachmentRun, Option<StopReason>), StoreError> {
    let mut run = store.with(|store| AttachmentRun::new(store)).ok_or_else(closed)??;
    drive(&mut run, transport, store, clock, |_| {}).await?;
    let stop = run.stop;
    Ok((run, stop))
}
