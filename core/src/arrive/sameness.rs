//! When two documents are one and the same thing, or one is made from the other.
//!
//! Rule: told by what they say and by their revisions, never by a clock. Neighbours: the rules of this module ask.

use crate::fhir::in_error::{in_error, is_in_error};
use crate::fhir::{Document, Revision, handoff, safety};

/// Whether two versions of a signed note are one note, which at least one of them says was entered in error.
pub(super) fn one_note_in_error(ours: &Document, theirs: &Document) -> bool {
    (is_in_error(ours) || is_in_error(theirs)) && in_error(ours).same_besides_extensions(&in_error(theirs))
}

/// The note with the revision under which the server holds it.
pub(super) fn with_revision_of(mut note: Document, theirs: &Document) -> Document {
    for element in ["extension", "meta"] {
        note.set(element, theirs.value().get(element).cloned().unwrap_or_default());
    }
    note
}

pub(super) fn has_same_owner(ours: &Document, theirs: &Document) -> bool {
    theirs.target("/owner").is_some() && theirs.target("/owner") == ours.target("/owner")
}

/// Whether `there` is what we sent, or was made from it: it carries our revision, or names it as its parent.
pub(super) fn comes_from(there: &Document, sent: &Document) -> bool {
    let (Some(theirs), Some(ours)) = (Revision::of(there), Revision::of(sent)) else { return false };
    theirs == ours || theirs.parent.as_deref() == Some(ours.name().as_str())
}

/// Whether every writer derives the same id for it (follow-ups): another phone may have made it already.
pub fn is_derived(document: &Document) -> bool {
    safety::task_code(document) == Some(handoff::FOLLOW_UP)
}
