//! Watches: a reset first, then batches. Ended by `stop()`; dropping also stops.

use std::sync::Arc;
use std::time::Duration;

use super::{Anydoor, Inner, QueueItem, Result};

/// What the shell does with a queue that it watches.
#[uniffi::export(foreign)]
pub trait QueueObserver: Send + Sync {
    /// The whole queue, once at the start and after every gap.
    fn reset(&self, rows: Vec<QueueItem>);
    /// Rows that are new or changed, and ids of assignments that are gone, since the last call.
    fn changed(&self, rows: Vec<QueueItem>, gone: Vec<String>);
}

/// A running watch.
#[derive(uniffi::Object)]
pub struct Watch {
    task: tokio::task::JoinHandle<()>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl Watch {
    pub(super) fn of(task: tokio::task::JoinHandle<()>) -> Self {
        Self { task }
    }
}

#[uniffi::export]
impl Watch {
    /// Ends it. A call that is under way ends; none follows.
    pub fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Changes within this time come as one batch.
const BATCH: Duration = Duration::from_millis(50);

#[uniffi::export]
impl Anydoor {
    /// Watches the first `most` rows of the queue.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn watch_queue(&self, observer: Arc<dyn QueueObserver>, most: u32) -> Result<Arc<Watch>> {
        let inner = self.inner.clone();
        let mut changes = inner.changed.subscribe();
        let mut last = rows(&inner, most)?;
        let handle = self.runtime.as_ref().ok_or(super::AnydoorError::StorageLocked)?.handle();
        let task = handle.spawn(async move {
            observer.reset(last.clone());
            loop {
                let gap = match changes.recv().await {
                    Ok(()) => false,
                    Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => true,
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
                };
                tokio::time::sleep(BATCH).await;
                while changes.try_recv().is_ok() {}
                let Ok(now) = rows(&inner, most) else { continue };
                if gap {
                    observer.reset(now.clone());
                } else {
                    let gone = missing(&last, &now);
                    let new: Vec<QueueItem> = now.iter().filter(|row| !last.contains(row)).cloned().collect();
                    if !new.is_empty() || !gone.is_empty() {
                        observer.changed(new, gone);
                    }
                }
                last = now;
            }
        });
        Ok(Arc::new(Watch { task }))
    }
}

fn rows(inner: &Inner, most: u32) -> Result<Vec<QueueItem>> {
    inner.store(|store| Ok(store.queue(most)?.into_iter().map(QueueItem::from).collect()))
}

fn missing(before: &[QueueItem], now: &[QueueItem]) -> Vec<String> {
    before.iter().filter(|b| !now.iter().any(|n| n.assignment == b.assignment)).map(|b| b.assignment.clone()).collect()
}
