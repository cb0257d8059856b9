//! Drafts, signing, addenda and search.

use super::{Anydoor, AnydoorError, DraftItem, NoteItem, Result};
use crate::acts::sign;
use crate::base::ids::{IncidentId, NoteId, PersonId};
use crate::delivery::Outbox;
use crate::fhir;
use crate::note::{Draft, DraftBody};
use crate::store::{NoteRow, Store};

pub(super) fn item(store: &Store, row: NoteRow) -> Result<NoteItem> {
    let truth = store.truth_of("DocumentReference", &row.id)?.into();
    Ok(NoteItem {
        id: row.id,
        incident: row.incident,
        person: row.person,
        author: row.author,
        standing: row.standing,
        text: row.text,
        truth,
    })
}

fn draft(store: &Store, id: &str) -> Result<Draft> {
    store.draft(&NoteId::parse(id)?)?.ok_or_else(|| AnydoorError::NotFound { what: "draft".into() })
}

#[uniffi::export]
impl Anydoor {
    /// Saves a draft as typed; an empty `draft_id` begins a new one. On return the text is on disk. Returns its id.
    ///
    /// # Errors
    /// `StorageFull`: then the last saved text stands.
    pub fn save_draft(&self, draft_id: &str, incident: &str, person: &str, text: String) -> Result<String> {
        let id = if draft_id.is_empty() { NoteId::fresh() } else { NoteId::parse(draft_id)? };
        let draft = Draft {
            id: id.clone(),
            incident: IncidentId::parse(incident)?,
            person: PersonId::parse(person)?,
            author: self.inner.member.clone(),
            body: DraftBody::Text(text),
            changed: self.inner.clock.now(),
        };
        self.inner.store(|store| Ok(store.save_draft(&draft)?))?;
        Ok(id.into())
    }

    /// Every draft on this phone, the last changed first: what is offered for recovery, each bound to its case (P4).
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn drafts(&self) -> Result<Vec<DraftItem>> {
        self.inner.store(|store| {
            let item = |draft: Draft| DraftItem {
                id: draft.id.into(),
                incident: draft.incident.into(),
                person: draft.person.into(),
                author: draft.author.into(),
                text: draft.body.text().to_owned(),
                changed: draft.changed.to_string(),
            };
            Ok(store.drafts()?.into_iter().map(item).collect())
        })
    }

    /// The author leaves the draft: it goes to the agency as it stands, as a draft.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn leave_draft(&self, draft_id: &str, assignment: &str) -> Result<()> {
        self.inner.acted(|store| {
            let draft = draft(store, draft_id)?;
            let before = store.document("DocumentReference", draft_id)?;
            Ok((sign::leave_draft(&draft.note(), before.as_ref(), assignment, &self.inner.actor(store.writer())), ()))
        })
    }

    /// Signs a draft. On return the signed note is on disk and can never change. Returns its id.
    ///
    /// # Errors
    /// `Invalid` where it is empty, `NotAllowed` where it is another's.
    pub fn sign(&self, draft_id: &str, assignment: &str) -> Result<String> {
        let id = self.inner.acted(|store| {
            let sent = store.document("DocumentReference", draft_id)?.is_some();
            Ok(sign::sign(&draft(store, draft_id)?.note(), sent, assignment, &self.inner.actor(store.writer()))?)
        })?;
        Ok(id.into())
    }

    /// Adds to a signed note. Returns the addendum's id.
    ///
    /// # Errors
    /// `Invalid` where it is empty or the note was entered in error, `NotFound`.
    pub fn addend(&self, note: &str, text: &str, assignment: &str) -> Result<String> {
        let id = self.inner.acted(|store| {
            let document = store.document("DocumentReference", note)?.ok_or_else(|| AnydoorError::NotFound { what: "note".into() })?;
            if fhir::in_error::is_in_error(&document) {
                return Err(AnydoorError::Invalid { what: "note-not-standing".into() });
            }
            Ok(sign::addend(&fhir::note::read(&document)?, text, assignment, &self.inner.actor(store.writer()))?)
        })?;
        Ok(id.into())
    }

    /// The newest `most` signed notes that hold every one of these words.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn search_notes(&self, words: &str, most: u32) -> Result<Vec<NoteItem>> {
        self.inner.store(|store| store.search_notes(words, most)?.into_iter().map(|row| item(store, row)).collect())
    }
}
