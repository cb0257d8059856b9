//! InError ↔ Task on the note; the note's own last change; what its receivers are told.

use serde_json::{Value, json};

use super::document::id_of;
use super::element::{concept, extension, extension_text, reference};
use super::{Document, ReadError};
use crate::base::Code;
use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, InErrorId, MemberId, NoteId, PersonId, TeamId};
use crate::note::{InError, InErrorReason};

/// The code that tells this Task from others.
pub const NOTE_IN_ERROR: &str = "note-in-error";

/// Writes what one member has marked, and another has perhaps confirmed.
pub fn write(marked: &InError) -> Document {
    let mut doc = Document::new("Task", marked.id.as_str());
    let mut extra = vec![extension("reason", "valueCode", marked.reason.code())];
    let member = |id: &MemberId| reference("Practitioner", id.as_str());
    extra.extend(marked.right.iter().map(|person| extension("right-person", "valueReference", reference("Patient", person.as_str()))));
    extra.extend(marked.second.iter().map(|second| extension("confirmed-by", "valueReference", member(second))));
    doc.set("extension", Value::Array(extra));
    doc.set("partOf", json!([reference("Task", marked.assignment.as_str())]));
    doc.set("status", json!(if marked.second.is_some() { "completed" } else { "requested" })).set("intent", json!("order"));
    doc.set("code", concept("task", NOTE_IN_ERROR)).set("focus", reference("DocumentReference", marked.note.as_str()));
    doc.set("authoredOn", json!(marked.at.to_string())).set("requester", member(&marked.first));
    doc.set("owner", reference("CareTeam", marked.team.as_str()));
    if let Some(anew) = &marked.anew {
        doc.set("output", json!([{ "type": concept("output", "note"), "valueReference": reference("DocumentReference", anew.as_str()) }]));
    }
    doc
}

/// Whether a Task is such a mark.
pub fn is_mark(doc: &Document) -> bool {
    super::safety::task_code(doc) == Some(NOTE_IN_ERROR)
}

/// Reads it.
///
/// # Errors
/// [`ReadError`] naming the element; a reason that this release does not know is an error.
pub fn read(doc: &Document) -> Result<InError, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let id = |pointer: &str, kind: &str| doc.text(pointer).and_then(|r| id_of(r, kind)).map(str::to_owned);
    let named = |name: &str, kind: &str| {
        let found = super::element::extensions(doc.value(), name).next()?;
        id_of(found.pointer("/valueReference/reference")?.as_str()?, kind).map(str::to_owned)
    };
    let reason = extension_text(doc.value(), "reason", "valueCode").and_then(InErrorReason::from_code);
    Ok(InError {
        id: InErrorId::parse(doc.id()).map_err(|_| wrong("id"))?,
        note: id("/focus/reference", "DocumentReference").and_then(|id| NoteId::parse(&id).ok()).ok_or_else(|| wrong("focus"))?,
        assignment: id("/partOf/0/reference", "Task").and_then(|id| AssignmentId::parse(&id).ok()).ok_or_else(|| wrong("partOf"))?,
        team: id("/owner/reference", "CareTeam").and_then(|id| TeamId::parse(&id).ok()).ok_or_else(|| wrong("owner"))?,
        first: id("/requester/reference", "Practitioner").and_then(|id| MemberId::parse(&id).ok()).ok_or_else(|| wrong("requester"))?,
        reason: reason.ok_or_else(|| wrong("extension(reason)"))?,
        right: named("right-person", "Patient").and_then(|id| PersonId::parse(&id).ok()),
        at: doc.instant("/authoredOn").ok_or_else(|| wrong("authoredOn"))?,
        second: named("confirmed-by", "Practitioner").and_then(|id| MemberId::parse(&id).ok()),
        anew: id("/output/0/valueReference/reference", "DocumentReference").and_then(|id| NoteId::parse(&id).ok()),
    })
}

/// Whether a document says that it was entered in error.
pub fn is_in_error(doc: &Document) -> bool {
    doc.kind() == "DocumentReference" && doc.text("/status") == Some("entered-in-error")
}

/// The only change of a signed note: everything else of it stays, for audit.
pub fn in_error(note: &Document) -> Document {
    let mut changed = note.clone();
    changed.set("status", json!("entered-in-error"));
    changed
}

/// What a receiver is told: that this note was entered in error, and by whose referral they may have had it.
pub fn told(id: &str, note: &str, handoff: &Document, by: &MemberId, at: Instant) -> Option<Document> {
    let receiver = handoff.target("/owner").filter(|owner| id_of(owner, "Organization").is_some())?;
    let mut doc = Document::new("Communication", id);
    doc.set("partOf", json!([{ "reference": handoff.reference() }])).set("status", json!("completed"));
    doc.set("category", json!([concept("communication", NOTE_IN_ERROR)]));
    doc.set("about", json!([reference("DocumentReference", note)])).set("recipient", json!([{ "reference": receiver }]));
    doc.set("sender", reference("Practitioner", by.as_str())).set("sent", json!(at.to_string()));
    doc.set("payload", json!([{ "contentReference": reference("DocumentReference", note) }]));
    Some(doc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_goes_out_and_comes_back_the_same() {
        for (second, anew) in [(None, None), (Some(MemberId::fresh()), Some(NoteId::fresh()))] {
            let marked = InError {
                id: InErrorId::fresh(),
                note: NoteId::fresh(),
                assignment: AssignmentId::fresh(),
                team: TeamId::fresh(),
                first: MemberId::fresh(),
                reason: InErrorReason::WrongPerson,
                right: Some(PersonId::fresh()),
                at: jiff::Timestamp::UNIX_EPOCH,
                second,
                anew,
            };
            assert_eq!(read(&write(&marked)).unwrap(), marked);
        }
    }
}
