//! What several tests begin with.

use anydoor_core::acts::{ActError, Actor, Plan, sign};
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{AssignmentId, MemberId, NoteId, OrganizationId, TeamId};
use anydoor_core::note::{Draft, Note, NoteError};
use anydoor_core::records::Memory;

/// The assignment that notes of tests belong to.
pub fn lane() -> AssignmentId {
    AssignmentId::parse("lane").unwrap()
}

/// The member who wrote the notes of tests, acting at `now`.
pub fn author(now: Instant) -> Actor {
    Actor::new(MemberId::derived("author"), TeamId::derived("team"), OrganizationId::derived("agency"), "phone", now)
}

/// Signs a note that was never at the agency.
///
/// # Errors
/// As [`sign::sign`].
pub fn sign(note: Note, actor: &Actor) -> Result<(Plan, NoteId), ActError<NoteError>> {
    sign::sign(&Memory::default(), &Draft::of(note), &lane(), actor)
}
