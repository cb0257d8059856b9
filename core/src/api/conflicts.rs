//! Conflicts: both versions whole, and the person's decision (P16).

use super::{Anydoor, AnydoorError, ConflictRow, Result};
use crate::fhir::Document;
use crate::store::{Held, ParkReason, Store, Stored};
use crate::sync::{in_our_favour, reconcile};

/// A parked conflict with both versions.
fn conflict(store: &Store, item: i64) -> Result<(Held, Stored, Document)> {
    let missing = || AnydoorError::NotFound { what: "conflict".into() };
    let parked = store.parked()?.into_iter().find(|h| h.intent.seq == item && h.reason == ParkReason::ChangedElsewhere);
    let held = parked.ok_or_else(missing)?;
    let stored = store.stored(&held.intent.kind, &held.intent.id)?.ok_or_else(missing)?;
    let theirs = stored.theirs.clone().ok_or_else(missing)?;
    Ok((held, stored, theirs))
}

fn base(stored: &Stored) -> Document {
    stored.base.clone().unwrap_or_else(|| Document::new(stored.document.kind(), stored.document.id()))
}

#[uniffi::export]
impl Anydoor {
    /// Both versions of a parked conflict.
    ///
    /// # Errors
    /// `NotFound` where this item is no conflict.
    pub fn conflict(&self, item: i64) -> Result<ConflictRow> {
        self.inner.store(|store| {
            let (held, stored, theirs) = conflict(store, item)?;
            Ok(ConflictRow {
                item,
                document: format!("{}/{}", held.intent.kind, held.intent.id),
                elements: reconcile(&base(&stored), &stored.document, &theirs).conflicts,
                ours: stored.document.to_text(),
                theirs: theirs.to_text(),
                theirs_at: theirs.last_updated().map(|at| at.to_string()),
            })
        })
    }

    /// The person decides for ours: theirs with our changes on it goes out at the next sync. The server keeps theirs in its
    /// history. On return the decision is on disk.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn keep_ours(&self, item: i64) -> Result<()> {
        self.inner.store(|store| {
            let (_, stored, theirs) = conflict(store, item)?;
            store.rebase(&in_our_favour(&base(&stored), &stored.document, &theirs), &theirs)?;
            Ok(store.retry(item)?)
        })?;
        self.inner.tell();
        Ok(())
    }

    /// The person decides for theirs: it is what this phone shows from now on, and our change ends.
    ///
    /// # Errors
    /// `NotFound`; `NotAllowed` for a signed note, which never changes.
    pub fn keep_theirs(&self, item: i64) -> Result<()> {
        self.inner.store(|store| {
            let (_, _, theirs) = conflict(store, item)?;
            Ok(store.take_theirs(item, &theirs)?)
        })?;
        self.inner.tell();
        Ok(())
    }
}
