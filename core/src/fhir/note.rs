//! Note ↔ DocumentReference with the text inline.

use base64::Engine as _;
use serde_json::{Value, json};

use super::document::id_of;
use super::element::{concept, extension, extension_text, reference};
use super::{Document, ReadError};
use crate::base::ids::{IncidentId, MemberId, NoteId, PersonId};
use crate::note::{Note, Standing};

/// The code that tells a note from other documents.
pub const NOTE: &str = "note";

/// Writes a note.
pub fn write(note: &Note) -> Document {
    let mut doc = Document::new("DocumentReference", note.id.as_str());
    doc.set("extension", json!([extension("sha256", "valueString", note.digest())]));
    let (doc_status, relates) = match &note.standing {
        Standing::Draft => ("preliminary", None),
        Standing::Signed { draft } => ("final", draft.as_ref().map(|draft| ("replaces", draft))),
        Standing::Addendum { to } => ("final", Some(("appends", to))),
    };
    doc.set("status", json!("current")).set("docStatus", json!(doc_status)).set("type", concept("document", NOTE));
    doc.set("subject", reference("Patient", note.person.as_str())).set("date", json!(note.at.to_string()));
    doc.set("author", json!([reference("Practitioner", note.author.as_str())]));
    if let Some((code, target)) = relates {
        doc.set("relatesTo", json!([{ "code": code, "target": reference("DocumentReference", target.as_str()) }]));
    }
    let data = base64::engine::general_purpose::STANDARD.encode(&note.text);
    doc.set("content", json!([{ "attachment": { "contentType": "text/plain; charset=utf-8", "data": data } }]));
    doc.set("context", json!({ "related": [reference("ServiceRequest", note.incident.as_str())] }));
    doc
}

/// Whether a document is a note of ours.
pub fn is_note(doc: &Document) -> bool {
    doc.kind() == "DocumentReference" && doc.at("/type").and_then(|c| super::element::code_in(c, "document")) == Some(NOTE)
}

/// Whether the database itself must hold it: signed notes and addenda.
pub fn is_signed(doc: &Document) -> bool {
    is_note(doc) && doc.text("/docStatus") == Some("final")
}

/// Reads a note.
///
/// # Errors
/// [`ReadError`] naming the element; a text that does not have its SHA-256 is an error.
pub fn read(doc: &Document) -> Result<Note, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let bytes = super::incident::received_bytes(doc).ok_or_else(|| wrong("content"))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("content"))?;
    if extension_text(doc.value(), "sha256", "valueString").is_some_and(|sum| sum != crate::note::digest(&text)) {
        return Err(wrong("extension(sha256)"));
    }
    let target = doc.target("/relatesTo/0/target").and_then(|r| id_of(r, "DocumentReference")).and_then(|id| NoteId::parse(id).ok());
    let standing = match (doc.text("/docStatus"), doc.text("/relatesTo/0/code"), target) {
        (Some("final"), Some("appends"), Some(to)) => Standing::Addendum { to },
        (Some("final"), _, draft) => Standing::Signed { draft },
        (Some("preliminary"), ..) => Standing::Draft,
        _ => return Err(wrong("docStatus")),
    };
    let id = |pointer: &str, kind: &str| doc.text(pointer).and_then(|r| id_of(r, kind)).map(str::to_owned);
    let related = doc.list("/context/related").iter().filter_map(|r: &Value| id_of(r.get("reference")?.as_str()?, "ServiceRequest"));
    Ok(Note {
        id: NoteId::parse(doc.id()).map_err(|_| wrong("id"))?,
        incident: related.filter_map(|id| IncidentId::parse(id).ok()).next().ok_or_else(|| wrong("context"))?,
        person: id("/subject/reference", "Patient").and_then(|id| PersonId::parse(&id).ok()).ok_or_else(|| wrong("subject"))?,
        author: id("/author/0/reference", "Practitioner").and_then(|id| MemberId::parse(&id).ok()).ok_or_else(|| wrong("author"))?,
        standing,
        at: doc.instant("/date").ok_or_else(|| wrong("date"))?,
        text,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_note_goes_out_and_comes_back_the_same(text in ".{1,200}", standing in 0..4) {
            let standing = match standing {
                0 => Standing::Draft,
                1 => Standing::Signed { draft: None },
                2 => Standing::Signed { draft: Some(NoteId::fresh()) },
                _ => Standing::Addendum { to: NoteId::fresh() },
            };
            let note = Note { id: NoteId::fresh(), incident: IncidentId::fresh(), person: PersonId::fresh(), author: MemberId::fresh(),
                standing, at: "2026-11-23T05:00:00.125Z".parse().unwrap(), text };
            prop_assert_eq!(read(&write(&note)).unwrap(), note);
        }
    }

    #[test]
    fn a_text_that_was_changed_on_the_way_is_noticed() {
        let note = Note {
            id: NoteId::fresh(),
            incident: IncidentId::fresh(),
            person: PersonId::fresh(),
            author: MemberId::fresh(),
            standing: Standing::Draft,
            at: jiff::Timestamp::UNIX_EPOCH,
            text: "calm".into(),
        };
        let mut doc = write(&note);
        doc.set("content", json!([{ "attachment": { "data": "dXBzZXQ=" } }]));
        assert_eq!(read(&doc).unwrap_err().element, "extension(sha256)");
    }
}
