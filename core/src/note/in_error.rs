//! A note that stands on the wrong person, or should not stand at all: marked by one member, confirmed by another (P14).

use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, InErrorId, MemberId, NoteId, PersonId, TeamId};

crate::codes! {
    /// Why a note is in error.
    InErrorReason {
        /// It is about another person.
        WrongPerson = "wrong-person",
        /// It is about another visit of the same person.
        WrongVisit = "wrong-visit",
        /// It was signed by mistake.
        SignedByMistake = "signed-by-mistake",
    }
}

/// A signed note that a member says is in error. The note stands until a second member confirms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InError {
    /// Its id.
    pub id: InErrorId,
    /// The note.
    pub note: NoteId,
    /// The assignment in whose work it is dealt with.
    pub assignment: AssignmentId,
    /// The team that deals with it.
    pub team: TeamId,
    /// Who marked it.
    pub first: MemberId,
    /// Why.
    pub reason: InErrorReason,
    /// The person whom it is about, where known.
    pub right: Option<PersonId>,
    /// When it was marked.
    pub at: Instant,
    /// Who confirmed, once somebody has.
    pub second: Option<MemberId>,
    /// The note that its author has written anew under the right person.
    pub anew: Option<NoteId>,
}

/// Why a note cannot be marked, confirmed or written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InErrorRefused {
    /// Only a signed note or an addendum that stands.
    #[error("only a signed note that stands can be marked")]
    NotStanding,
    /// It takes two people.
    #[error("somebody else confirms")]
    SamePerson,
    /// Somebody has confirmed already.
    #[error("confirmed already")]
    Confirmed,
    /// Each author signs their own note.
    #[error("only its author writes a note anew")]
    NotTheAuthor,
    /// The person that the note was on, or nobody.
    #[error("the right person is needed, and is not the one it was on")]
    NoRightPerson,
    /// It was written anew already.
    #[error("written anew already")]
    Anew,
}

impl InError {
    /// Whether this member may confirm.
    ///
    /// # Errors
    /// [`InErrorRefused::SamePerson`], [`InErrorRefused::Confirmed`].
    pub fn may_confirm(&self, member: &MemberId) -> Result<(), InErrorRefused> {
        if self.second.is_some() {
            return Err(InErrorRefused::Confirmed);
        }
        if &self.first == member { Err(InErrorRefused::SamePerson) } else { Ok(()) }
    }
}
