//! Drafts, signing, addenda and search.

use super::{Anydoor, AnydoorError, ItemTruth, Result};
use crate::acts::sign;
use crate::base::ids::{AssignmentId, IncidentId, NoteId, PersonId};
use crate::delivery::Outbox;
use crate::note::{Draft, DraftBody, Standing};
use crate::store::{NoteRow, Store};
use crate::views::notes::NoteView;

/// A draft, as last saved.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DraftItem {
    /// Its id.
    pub id: String,
    /// The incident.
    pub incident: String,
    /// The person it is about.
    pub person: String,
    /// The member who types it.
    pub author: String,
    /// The text.
    pub text: String,
    /// When it was saved, by this phone's clock, RFC 3339.
    pub changed: String,
}

/// One note.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NoteItem {
    /// The id.
    pub id: String,
    /// The incident.
    pub incident: String,
    /// The person.
    pub person: String,
    /// The author.
    pub author: String,
    /// `draft`, `signed` or `addendum`.
    pub standing: String,
    /// The text.
    pub text: String,
    /// Where it is.
    pub truth: ItemTruth,
}

impl From<NoteView> for NoteItem {
    fn from(view: NoteView) -> Self {
        let standing = match view.standing {
            Standing::Draft => "draft",
            Standing::Signed { .. } => "signed",
            Standing::Addendum { .. } => "addendum",
        };
        Self {
            id: view.id.into(),
            incident: view.incident.into(),
            person: view.person.into(),
            author: view.author.into(),
            standing: standing.into(),
            text: view.text,
            truth: view.truth.into(),
        }
    }
}

impl From<Draft> for DraftItem {
    fn from(draft: Draft) -> Self {
        Self {
            id: draft.id.into(),
            incident: draft.incident.into(),
            person: draft.person.into(),
            author: draft.author.into(),
            text: draft.body.text().to_owned(),
            changed: draft.changed.to_string(),
        }
    }
}

/// A note that a search found.
fn found(store: &Store, row: NoteRow) -> Result<NoteItem> {
    let truth = store.truth_of("DocumentReference", &row.id)?.into();
    let NoteRow { id, incident, person, author, standing, text, .. } = row;
    Ok(NoteItem { id, incident, person, author, standing, text, truth })
}

fn draft(store: &Store, id: &NoteId) -> Result<Draft> {
    store.draft(id)?.ok_or_else(|| AnydoorError::NotFound { what: "draft".into() })
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
        self.inner.store(|store| Ok(store.drafts()?.into_iter().map(DraftItem::from).collect()))
    }

    /// The author leaves the draft: it goes to the agency as it stands, as a draft.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn leave_draft(&self, draft_id: &str, assignment: &str) -> Result<()> {
        let (id, assignment) = (NoteId::parse(draft_id)?, AssignmentId::parse(assignment)?);
        self.inner.plan(|store, actor| {
            let draft = draft(store, &id)?;
            Ok::<_, AnydoorError>(sign::leave_draft(store, &draft, &assignment, actor)?)
        })
    }

    /// Signs a draft. On return the signed note is on disk and can never change. Returns its id.
    ///
    /// # Errors
    /// `Invalid` where it is empty, `NotAllowed` where it is another's.
    pub fn sign(&self, draft_id: &str, assignment: &str) -> Result<String> {
        let (id, assignment) = (NoteId::parse(draft_id)?, AssignmentId::parse(assignment)?);
        let signed = self.inner.act(|store, actor| {
            let draft = draft(store, &id)?;
            Ok::<_, AnydoorError>(sign::sign(store, &draft, &assignment, actor)?)
        })?;
        Ok(signed.into())
    }

    /// Adds to a signed note. Returns the addendum's id.
    ///
    /// # Errors
    /// `Invalid` where it is empty or the note was entered in error, `NotFound`.
    pub fn addend(&self, note: &str, text: &str, assignment: &str) -> Result<String> {
        let (note, assignment) = (NoteId::parse(note)?, AssignmentId::parse(assignment)?);
        Ok(self.inner.act(|store, actor| sign::addend(store, &note, text, &assignment, actor))?.into())
    }

    /// The newest `most` signed notes that hold every one of these words.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn search_notes(&self, words: &str, most: u32) -> Result<Vec<NoteItem>> {
        self.inner.store(|store| store.search_notes(words, most)?.into_iter().map(|row| found(store, row)).collect())
    }
}
