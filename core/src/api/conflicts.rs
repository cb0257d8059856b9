//! Conflicts: both versions whole, and the person's decision (P16).

use super::{Anydoor, Result};
use crate::acts::decide;
use crate::base::ids::{IncidentId, PersonId};
use crate::views::conflicts::{self as view, ConflictView};

/// Two versions of one document that no rule joins: a person decides.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConflictRow {
    /// Its number, as in [`super::NeedsYouRow`].
    pub item: i64,
    /// `Type/id`.
    pub document: String,
    /// The elements that both changed.
    pub elements: Vec<String>,
    /// Ours, whole, as JSON.
    pub ours: String,
    /// Theirs, whole, as JSON.
    pub theirs: String,
    /// When theirs was written, by the server's clock, RFC 3339.
    pub theirs_at: Option<String>,
    /// Who wrote theirs: a name where it is known here, else what the server's document says of its writer.
    pub theirs_by: Option<String>,
}

impl From<ConflictView> for ConflictRow {
    fn from(view: ConflictView) -> Self {
        Self {
            item: view.item,
            document: view.ours.reference(),
            elements: view.elements,
            ours: view.ours.to_text(),
            theirs: view.theirs.to_text(),
            theirs_at: view.theirs_at.map(|at| at.to_string()),
            theirs_by: view.theirs_by,
        }
    }
}

#[uniffi::export]
impl Anydoor {
    /// Both versions of a parked conflict, or of a claim that another team has.
    ///
    /// # Errors
    /// `NotFound` where this item is no conflict.
    pub fn conflict(&self, item: i64) -> Result<ConflictRow> {
        self.inner.store(|store| Ok(view::conflict_of(store, item)?.into()))
    }

    /// The person decides for ours: theirs with our changes on it goes out at the next sync. The server keeps theirs in its
    /// history. On return the decision is on disk.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn keep_ours(&self, item: i64) -> Result<()> {
        self.inner.plan(|store, actor| decide::keep_ours(store, item, actor))
    }

    /// The person decides for theirs: it is what this phone shows from now on, and our change ends.
    ///
    /// # Errors
    /// `NotFound`; `NotAllowed` for a signed note, which never changes.
    pub fn keep_theirs(&self, item: i64) -> Result<()> {
        self.inner.plan(|store, actor| decide::keep_theirs(store, item, actor))
    }

    /// The person keeps both: theirs stands on the document, and what we had written where both changed becomes a draft note
    /// of the person, for the author to finish and sign. On return both are on disk, in one commit. Returns the draft's id.
    ///
    /// # Errors
    /// `NotFound`; `NotAllowed` for a signed note, which never changes.
    pub fn keep_both(&self, item: i64, incident: &str, person: &str) -> Result<String> {
        let (incident, person) = (IncidentId::parse(incident)?, PersonId::parse(person)?);
        Ok(self.inner.act(|store, actor| decide::keep_both(store, item, &incident, &person, actor))?.into())
    }
}
