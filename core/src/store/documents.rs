//! The documents that are kept, one row each: what is shown, what ours started from, and what stands beside it.
//!
//! Rule: the JSON that came is what is stored (decision 1). Neighbours: `references` is their index, `records` reads them for
//! acts and views.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::database::Store;
use super::error::StoreError;
use super::{references, revision};
use crate::delivery::Stored;
use crate::fhir::{Document, assignment, note};

pub(super) fn parse(text: &str) -> Result<Document, StoreError> {
    Ok(Document::parse(text.as_bytes())?)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<[Option<String>; 4]> {
    Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
}

/// Shows the server's version from now on. `fresh` tells that it was not here before.
pub(super) fn replace(tx: &Connection, theirs: &Document, fresh: bool) -> Result<(), StoreError> {
    let signed = note::is_signed(theirs) || assignment::is_stamp(theirs);
    let row = tx
        .prepare_cached(
            "INSERT INTO documents (kind, id, body, version, signed) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, base_body = NULL, server_body = NULL, version = excluded.version
             RETURNING row",
        )?
        .query_row(params![theirs.kind(), theirs.id(), theirs.to_text(), theirs.version(), signed], |row| row.get(0))?;
    revision::record_revision(tx, theirs)?;
    references::index(tx, row, theirs, fresh)
}

/// Keeps the server's version beside ours, whole, for a person to decide (P16).
pub(super) fn keep_beside(tx: &Connection, theirs: &Document) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE documents SET server_body = ? WHERE kind = ? AND id = ?")?.execute(params![
        theirs.to_text(),
        theirs.kind(),
        theirs.id()
    ])?;
    Ok(())
}

impl Store {
    /// The document `kind/id` with all that is known of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stored(&self, kind: &str, id: &str) -> Result<Option<Stored>, StoreError> {
        let found = self
            .connection
            .prepare_cached("SELECT body, base_body, server_body, version FROM documents WHERE kind = ? AND id = ?")?
            .query_row([kind, id], stored)
            .optional()?;
        let Some([Some(body), base, theirs, version]) = found else { return Ok(None) };
        Ok(Some(Stored {
            document: parse(&body)?,
            base: base.as_deref().map(parse).transpose()?,
            theirs: theirs.as_deref().map(parse).transpose()?,
            version,
        }))
    }

    /// The document `kind/id`, as this phone shows it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn document(&self, kind: &str, id: &str) -> Result<Option<Document>, StoreError> {
        let body: Option<String> = self
            .connection
            .prepare_cached("SELECT body FROM documents WHERE kind = ? AND id = ?")?
            .query_row([kind, id], |row| row.get(0))
            .optional()?;
        body.as_deref().map(parse).transpose()
    }

    /// The document that a reference `Type/id` names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn referenced(&self, reference: &str) -> Result<Option<Document>, StoreError> {
        match crate::fhir::document::literal(reference).and_then(|plain| plain.split_once('/')) {
            Some((kind, id)) => self.document(kind, id),
            None => Ok(None),
        }
    }

    /// The documents of `kind` that point at `target` by `element`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pointing_at(&self, kind: &str, element: &str, target: &str) -> Result<Vec<Document>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT d.body FROM refs r JOIN documents d ON d.row = r.row WHERE r.target = ? AND r.element = ? AND d.kind = ? ORDER BY d.row",
        )?;
        let bodies = statement.query_map([target, element, kind], |row| row.get::<_, String>(0))?;
        bodies.map(|body| parse(&body?)).collect()
    }

    /// Every document of a kind, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of_kind(&self, kind: &str) -> Result<Vec<Document>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT body FROM documents WHERE kind = ? ORDER BY row")?;
        let bodies = statement.query_map([kind], |row| row.get::<_, String>(0))?;
        bodies.map(|body| parse(&body?)).collect()
    }

    /// `Type/id` and the server's version id of everything here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn everything(&self) -> Result<Vec<(String, Option<String>)>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT kind || '/' || id, version FROM documents ORDER BY row")?;
        Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::acts::{Ledger, Plan};
    use crate::base::ids::MemberId;
    use crate::store::{Incoming, Key};

    fn coded(system: &str, code: &str) -> serde_json::Value {
        json!({ "coding": [crate::fhir::element::coding(system, code)] })
    }

    /// What is signed once and for all: a note, an addendum, a stamp; and what is not: a plan of care, a Task.
    fn kinds() -> [(Document, bool); 4] {
        let mut note = Document::new("DocumentReference", "d");
        note.set("status", json!("current")).set("docStatus", json!("final")).set("type", coded("document", "note"));
        let mut addendum = note.clone();
        addendum.set("relatesTo", json!([{ "code": "appends", "target": { "reference": "DocumentReference/n" } }]));
        let mut stamp = Document::new("Provenance", "d");
        stamp.set("activity", coded("stamp", "on-scene")).set("target", json!([{ "reference": "Task/t" }]));
        let mut task = Document::new("Task", "d");
        task.set("status", json!("requested")).set("code", coded("task", "follow-up"));
        [(note, true), (addendum, true), (stamp, true), (task, false)]
    }

    fn version(document: &Document, number: u8, words: &str) -> Document {
        let mut version = document.clone();
        version.set("description", json!(words));
        version.set("meta", json!({ "versionId": number.to_string(), "lastUpdated": format!("2026-11-25T02:{number:02}:00Z") }));
        version
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        (folder, store)
    }

    /// By whom it was made, and by which way another text for it comes.
    #[test]
    fn what_is_signed_never_changes_here_whoever_signed_it_and_whatever_would_change_it() {
        let (at, ana) = ("2026-11-25T02:00:00Z".parse().unwrap(), MemberId::derived("ana"));
        for (document, signed) in kinds() {
            for here in [true, false] {
                for by in ["an act", "a search", "a read by its id"] {
                    let case = format!("{} signed {signed}, made here {here}, by {by}", document.kind());
                    let (_folder, mut store) = store();
                    let plan = || Plan::new("test", &ana, at, "v");
                    if here {
                        let mut made = version(&document, 1, "as signed");
                        made.set("meta", serde_json::Value::Null);
                        store.commit(&plan().create(made)).unwrap();
                    }
                    let first = Incoming { documents: vec![version(&document, 1, "as signed")], read_upto: None };
                    if here {
                        let (seq, version) = (store.unsent().unwrap()[0].seq, crate::arrive::Incoming::Accepted { version: Some("1") });
                        let source = crate::arrive::Source::Acknowledgement { seq };
                        let said = crate::store::Arrival { kind: document.kind(), id: "d", incoming: version, source };
                        store.arrive(&[said]).unwrap();
                    } else {
                        store.take(&first).unwrap();
                    }
                    let (other, text) = (version(&document, 2, "changed"), |store: &Store| {
                        store.document(document.kind(), "d").unwrap().unwrap().text("/description").map(str::to_owned)
                    });
                    let other_page = Incoming { documents: vec![other.clone()], read_upto: None };
                    let changed = match by {
                        "an act" => store.commit(&plan().change(other)),
                        "a search" => store.take_found(&other_page).map(drop),
                        _ => store.take(&other_page).map(drop),
                    };
                    assert!(changed.is_ok() || signed && matches!(changed, Err(StoreError::Signed)), "{case}: {changed:?}");
                    // Where this phone wrote last a search is never surely news.
                    let waits = here && by == "a search";
                    let expected = if signed || waits { "as signed" } else { "changed" };
                    assert_eq!(text(&store).as_deref(), Some(expected), "{case}");
                }
            }
        }
    }
}
