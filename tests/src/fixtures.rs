//! What several tests begin with.

use anydoor_core::acts::{ActError, Actor, Plan, sign};
use anydoor_core::base::ids::{AssignmentId, NoteId};
use anydoor_core::note::{Draft, Note, NoteError};
use anydoor_core::records::Memory;

/// The assignment that notes of tests belong to.
pub fn lane() -> AssignmentId {
    AssignmentId::parse("lane").unwrap()
}

/// Signs a note that was never at the agency.
///
/// # Errors
/// As [`sign::sign`].
pub fn sign(note: Note, actor: &Actor) -> Result<(Plan, NoteId), ActError<NoteError>> {
    sign::sign(&Memory::default(), &Draft::of(note), &lane(), actor)
}
