//! What needs a person: refusals, lost claims, conflicts.

use super::{Anydoor, Result};
use crate::acts::decide;
use crate::base::Code;
use crate::delivery::Parked;
use crate::views::needs_you as view;

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NeedsYouRow {
    /// Its number, for [`Anydoor::retry`].
    pub item: i64,
    /// `Type/id`.
    pub document: String,
    /// The visit.
    pub lane: String,
    /// The code of the reason.
    pub reason: String,
    /// What the server said.
    pub detail: Option<String>,
}

impl From<Parked> for NeedsYouRow {
    fn from(Parked { intent, reason, detail }: Parked) -> Self {
        Self { item: intent.seq, document: intent.reference(), lane: intent.lane, reason: reason.code().into(), detail }
    }
}

#[uniffi::export]
impl Anydoor {
    /// What needs a person, oldest first.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn needs_you(&self) -> Result<Vec<NeedsYouRow>> {
        self.inner.store(|store| Ok(view::needs_you(store)?.into_iter().map(Into::into).collect()))
    }

    /// Lets a parked item try again.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn retry(&self, item: i64) -> Result<()> {
        self.inner.plan(|store, actor| decide::retry(store, item, actor))
    }

    /// The person has seen that another team has the assignment they asked for.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn seen_lost_claim(&self, item: i64) -> Result<()> {
        self.inner.plan(|store, actor| decide::seen_lost_claim(store, item, actor))
    }

    /// Puts another text in place of a parked document, after its refusal was read: the whole document as JSON, the same
    /// type and id. It goes out at the next sync.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` where it is no document or another one; `NotAllowed` for what is signed.
    pub fn edit_parked(&self, item: i64, document: &str) -> Result<()> {
        self.inner.plan(|store, actor| decide::edit_parked(store, item, document, actor))
    }
}
