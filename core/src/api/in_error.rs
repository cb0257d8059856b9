//! Notes on the wrong person: marked by one member, confirmed by another, written anew by their author (P14).

use super::{Anydoor, AnydoorError, InErrorRow, Result};
use crate::acts::mark_in_error as acts;
use crate::base::Code;
use crate::base::ids::{AssignmentId, PersonId};
use crate::delivery::Outbox;
use crate::fhir::{self, Document};
use crate::note::{InError, InErrorReason};
use crate::store::Store;

fn marked(store: &Store, id: &str) -> Result<(InError, Document)> {
    let task = store.document("Task", id)?.filter(fhir::in_error::is_mark);
    let task = task.ok_or_else(|| AnydoorError::NotFound { what: "mark".into() })?;
    Ok((fhir::in_error::read(&task)?, task))
}

fn note(store: &Store, id: &str) -> Result<Document> {
    store.document("DocumentReference", id)?.ok_or_else(|| AnydoorError::NotFound { what: "note".into() })
}

/// The referrals of the person that a note is on.
fn handoffs(store: &Store, note: &Document) -> Result<Vec<Document>> {
    let Some(person) = note.text("/subject/reference") else { return Ok(Vec::new()) };
    let tasks = store.pointing_at("Task", "for", person)?;
    Ok(tasks.into_iter().filter(|task| fhir::safety::task_code(task) == Some(fhir::handoff::HANDOFF)).collect())
}

fn row(store: &Store, task: &Document) -> Result<InErrorRow> {
    let mark = fhir::in_error::read(task)?;
    let about = format!("DocumentReference/{}", mark.note);
    let told = store.of_kind("Communication")?.iter().filter(|doc| doc.text("/about/0/reference") == Some(&about)).count();
    Ok(InErrorRow {
        truth: store.truth_of("Task", task.id())?.into(),
        id: mark.id.into(),
        note: mark.note.into(),
        reason: mark.reason.code().into(),
        first: mark.first.into(),
        second: mark.second.map(Into::into),
        right_person: mark.right.map(Into::into),
        anew: mark.anew.map(Into::into),
        told: u32::try_from(told).unwrap_or(u32::MAX),
    })
}

#[uniffi::export]
impl Anydoor {
    /// Marks a signed note as in error, with a reason of the set `in-error-reason` and the person it is about, where known.
    /// The note stands until another member confirms. Returns the mark's id.
    ///
    /// # Errors
    /// `Invalid` where the note does not stand, the reason is none, or the person is the one it is on; `NotFound`.
    pub fn mark_in_error(&self, note_id: &str, reason: &str, right_person: Option<String>, assignment: &str) -> Result<String> {
        let reason = InErrorReason::from_code(reason).ok_or_else(|| AnydoorError::Invalid { what: "reason".into() })?;
        let (right, assignment) = (right_person.as_deref().map(PersonId::parse).transpose()?, AssignmentId::parse(assignment)?);
        let id = self.inner.acted(|store| {
            let actor = self.inner.actor(store.writer());
            Ok(acts::mark(&note(store, note_id)?, reason, right.as_ref(), &assignment, &actor)?)
        })?;
        Ok(id.into())
    }

    /// Another member confirms. On return the note is entered in error on this phone: in no list, search or packet, with
    /// every word of it kept for audit; and each service that was handed this person since is told.
    ///
    /// # Errors
    /// `NotAllowed` with `same-person` for the member who marked it, `Changed` where it is confirmed already, `NotFound`.
    pub fn confirm_in_error(&self, id: &str) -> Result<()> {
        self.inner.acted(|store| {
            let (mark, task) = marked(store, id)?;
            let note = note(store, mark.note.as_str())?;
            let actor = self.inner.actor(store.writer());
            Ok((acts::confirm(&mark, &task, &note, &handoffs(store, &note)?, &actor)?, ()))
        })
    }

    /// The note's author signs the same words under the right person. Returns the new note's id.
    ///
    /// # Errors
    /// `NotAllowed` with `author` for anybody else, `Invalid` where no right person is known, `Changed` where it was done.
    pub fn write_anew(&self, id: &str) -> Result<String> {
        let id = self.inner.acted(|store| {
            let (mark, task) = marked(store, id)?;
            let note = fhir::note::read(&note(store, mark.note.as_str())?)?;
            Ok(acts::write_anew(&mark, &task, &note, &self.inner.actor(store.writer()))?)
        })?;
        Ok(id.into())
    }

    /// The notes of an assignment that were marked as in error: what waits for a second member, and what was done.
    ///
    /// # Errors
    /// `StorageLocked`.
    pub fn notes_in_error(&self, assignment: &str) -> Result<Vec<InErrorRow>> {
        self.inner.store(|store| {
            let tasks = store.pointing_at("Task", "partOf", &format!("Task/{assignment}"))?;
            tasks.iter().filter(|task| fhir::in_error::is_mark(task)).map(|task| row(store, task)).collect()
        })
    }
}
