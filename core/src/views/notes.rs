//! The notes of an incident: drafts first, then what is signed, oldest first.

use crate::base::ids::{IncidentId, MemberId, NoteId, PersonId};
use crate::delivery::Truth;
use crate::fhir;
use crate::note::{Draft, Note, Standing};

use super::{LookupError, Phone};

/// One note.
#[derive(Debug, Clone, PartialEq)]
pub struct NoteView {
    /// The id.
    pub id: NoteId,
    /// The incident.
    pub incident: IncidentId,
    /// The person.
    pub person: PersonId,
    /// The author.
    pub author: MemberId,
    /// What it is.
    pub standing: Standing,
    /// The text.
    pub text: String,
    /// Where it is.
    pub truth: Truth,
}

impl NoteView {
    fn of(note: Note, truth: Truth) -> Self {
        let Note { id, incident, person, author, standing, text, .. } = note;
        Self { id, incident, person, author, standing, text, truth }
    }
}

/// The notes of an incident. One that was entered in error is in no list; a draft that went to the agency and is still
/// written here is shown once, as it is here.
///
/// # Errors
/// [`LookupError`].
pub fn notes<P: Phone + ?Sized>(phone: &P, incident: &IncidentId) -> Result<Vec<NoteView>, LookupError> {
    let drafts = phone.drafts()?.into_iter().filter(|draft| &draft.incident == incident);
    let mut all: Vec<NoteView> = drafts.map(|draft: Draft| NoteView::of(draft.note(), Truth::OnThisPhone)).collect();
    let mut signed = Vec::new();
    for document in phone.pointing_at("DocumentReference", "context", &format!("ServiceRequest/{incident}"))? {
        if fhir::note::is_signed(&document)
            && !fhir::in_error::is_in_error(&document)
            && let Ok(note) = fhir::note::read(&document)
        {
            signed.push((note.at, NoteView::of(note, phone.truth_of(document.kind(), document.id())?)));
        }
    }
    signed.sort_by_key(|(at, _)| *at);
    all.extend(signed.into_iter().map(|(_, note)| note));
    Ok(all)
}
