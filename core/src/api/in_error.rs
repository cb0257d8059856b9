//! Notes on the wrong person: marked by one member, confirmed by another, written anew by their author (P14).

use super::input::code;
use super::{Anydoor, ItemTruth, Result};
use crate::acts::mark_in_error as acts;
use crate::base::Code;
use crate::base::ids::{AssignmentId, InErrorId, NoteId, PersonId};
use crate::note::InErrorReason;
use crate::views::in_error::{self as view, InErrorView};

/// A signed note that a member marked as in error.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InErrorRow {
    /// The mark's id.
    pub id: String,
    /// The note's.
    pub note: String,
    /// The code of why, of the set `in-error-reason`.
    pub reason: String,
    /// Who marked it, as a member's id.
    pub first: String,
    /// Who confirmed; until somebody has, the note stands.
    pub second: Option<String>,
    /// Whom it is about, where known.
    pub right_person: Option<String>,
    /// The note that its author wrote anew.
    pub anew: Option<String>,
    /// How many services were told.
    pub told: u32,
    /// Where the mark is.
    pub truth: ItemTruth,
}

impl From<InErrorView> for InErrorRow {
    fn from(InErrorView { mark, told, truth }: InErrorView) -> Self {
        Self {
            id: mark.id.into(),
            note: mark.note.into(),
            reason: mark.reason.code().into(),
            first: mark.first.into(),
            second: mark.second.map(Into::into),
            right_person: mark.right.map(Into::into),
            anew: mark.anew.map(Into::into),
            told: u32::try_from(told).unwrap_or(u32::MAX),
            truth: truth.into(),
        }
    }
}

#[uniffi::export]
impl Anydoor {
    /// Marks a signed note as in error, with a reason of the set `in-error-reason` and the person it is about, where known.
    /// The note stands until another member confirms. Returns the mark's id.
    ///
    /// # Errors
    /// `Invalid` where the note does not stand, the reason is none, or the person is the one it is on; `NotFound`.
    pub fn mark_in_error(&self, note_id: &str, reason: &str, right_person: Option<String>, assignment: &str) -> Result<String> {
        let (note, reason) = (NoteId::parse(note_id)?, code::<InErrorReason>(reason, "reason")?);
        let (right, assignment) = (right_person.as_deref().map(PersonId::parse).transpose()?, AssignmentId::parse(assignment)?);
        Ok(self.inner.act(|store, actor| acts::mark(store, &note, reason, right.as_ref(), &assignment, actor))?.into())
    }

    /// Another member confirms. On return the note is entered in error on this phone: in no list, search or packet, with
    /// every word of it kept for audit; and each service that was handed this person since is told.
    ///
    /// # Errors
    /// `NotAllowed` with `same-person` for the member who marked it, `Changed` where it is confirmed already, `NotFound`.
    pub fn confirm_in_error(&self, id: &str) -> Result<()> {
        let id = InErrorId::parse(id)?;
        self.inner.plan(|store, actor| acts::confirm(store, &id, actor))
    }

    /// The note's author signs the same words under the right person. Returns the new note's id.
    ///
    /// # Errors
    /// `NotAllowed` with `author` for anybody else, `Invalid` where no right person is known, `Changed` where it was done.
    pub fn write_anew(&self, id: &str) -> Result<String> {
        let id = InErrorId::parse(id)?;
        Ok(self.inner.act(|store, actor| acts::write_anew(store, &id, actor))?.into())
    }

    /// The notes of an assignment that were marked as in error: what waits for a second member, and what was done.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn notes_in_error(&self, assignment: &str) -> Result<Vec<InErrorRow>> {
        let id = AssignmentId::parse(assignment)?;
        self.inner.store(|store| Ok(view::notes_in_error(store, &id)?.into_iter().map(Into::into).collect()))
    }
}
