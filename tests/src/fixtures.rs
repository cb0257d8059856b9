//! What several tests begin with.

use anydoor_core::acts::respond::OnView;
use anydoor_core::acts::{ActError, Actor, Plan, sign};
use anydoor_core::assignment::AloneReason;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{AssignmentId, IncidentId, MemberId, NoteId, OrganizationId, PersonId, TeamId};
use anydoor_core::incident::{Place, Urgency};
use anydoor_core::note::{Draft, Note, NoteError, Standing};
use anydoor_core::records::Memory;

/// The assignment that notes of tests belong to.
pub fn lane() -> AssignmentId {
    AssignmentId::parse("lane").unwrap()
}

/// When everything happens that tests do not time themselves.
fn now() -> Instant {
    "2026-11-23T05:00:00Z".parse().unwrap()
}

/// The member who wrote the notes of tests.
pub fn author() -> Actor {
    Actor::new(MemberId::derived("author"), TeamId::derived("team"), OrganizationId::derived("agency"), "phone", now())
}

/// What [`author`] typed about the one person of the one case of tests; `name` tells notes apart.
pub fn note(name: &str, text: impl Into<String>) -> Note {
    Note {
        id: NoteId::derived(name),
        incident: IncidentId::derived("case"),
        person: PersonId::derived("person"),
        author: MemberId::derived("author"),
        standing: Standing::Draft,
        at: now(),
        text: text.into(),
    }
}

/// Signs a note that was never at the agency.
///
/// # Errors
/// As [`sign::sign`].
pub fn sign(note: Note, actor: &Actor) -> Result<(Plan, NoteId), ActError<NoteError>> {
    sign::sign(&Memory::default(), &Draft::of(note), &lane(), actor)
}

/// What a crew of one says when it comes upon somebody: the least there can be.
pub fn seen() -> OnView {
    OnView {
        headline: "x".into(),
        urgency: Urgency::Urgent,
        place: Place::default(),
        description: None,
        crew: vec![],
        alone: Some(AloneReason::NobodyElse),
    }
}
