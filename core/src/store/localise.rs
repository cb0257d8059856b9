//! Documents that were stored before their server's address was known to the store: their absolute references of that very
//! server become relative, and are indexed, once.
//!
//! Rule: what is unsent is left as it is (ours are relative always), and nothing changes but the spelling of references, in
//! what is signed too. Neighbours: `http` does the same to whatever comes, `references` is the index.

use rusqlite::{Transaction, params};

use super::database::Store;
use super::error::StoreError;
use super::projections::changed;
use super::{documents, references};
use crate::fhir::Document;
use crate::fhir::reference::{ServerBase, localise};

/// The setting that names the server whose references are relative here.
const BASE: &str = "server-base";

impl Store {
    /// Makes the absolute references of the server at `address` relative in everything that is stored, once for each address.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn localise(&mut self, address: &str) -> Result<(), StoreError> {
        let Some(base) = ServerBase::new(address) else { return Ok(()) };
        if self.setting(BASE)?.as_deref() == Some(address) {
            return Ok(());
        }
        let tx = self.connection.transaction()?;
        let rewritten = rewrite_all(&tx, &base)?;
        changed::touched(&tx, &rewritten)?;
        tx.prepare_cached("INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value")?
            .execute([BASE, address])?;
        Ok(tx.commit()?)
    }
}

fn rewrite_all(tx: &Transaction<'_>, base: &ServerBase) -> Result<Vec<Document>, StoreError> {
    let mut rewritten: Vec<Document> = Vec::new();
    let mut statement = tx.prepare(
        r#"SELECT row, body, version, signed, base_body, server_body FROM documents d
                 WHERE (instr(body, '"reference":"http') > 0 OR kind = 'DocumentReference')
                 AND NOT EXISTS (SELECT 1 FROM intents i WHERE i.kind = d.kind AND i.id = d.id)"#,
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        // What cannot be read is shown as such; it is not this step's to judge.
        let Ok(mut document) = documents::parse(&row.get::<_, String>(1)?) else { continue };
        if !localise(&mut document, base) {
            continue;
        }
        let number: i64 = row.get(0)?;
        let others = [row.get::<_, Option<String>>(4)?, row.get(5)?].map(|text| text.map(|text| relative(text, base)));
        let (version, signed): (Option<String>, bool) = (row.get(2)?, row.get(3)?);
        // A signed row is never updated (P13): it is put anew, with every word as it was.
        tx.prepare_cached("DELETE FROM documents WHERE row = ?")?.execute([number])?;
        tx.prepare_cached(
            "INSERT INTO documents (row, kind, id, body, base_body, server_body, version, signed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![number, document.kind(), document.id(), document.to_text(), others[0], others[1], version, signed])?;
        references::index(tx, number, &document, true)?;
        rewritten.push(document);
    }
    Ok(rewritten)
}

fn relative(text: String, base: &ServerBase) -> String {
    let Ok(mut document) = documents::parse(&text) else { return text };
    if localise(&mut document, base) { document.to_text() } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::{Incoming, Key};

    #[test]
    fn what_was_stored_with_absolute_references_is_found_by_them_after_one_opening_signed_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        let task = json!({ "resourceType": "Task", "id": "t", "meta": { "versionId": "1" }, "focus": { "reference": "http://h/fhir/ServiceRequest/s" } });
        let stamp = json!({ "resourceType": "Provenance", "id": "p", "meta": { "versionId": "1" }, "target": [{ "reference": "http://h/fhir/Task/t" }] });
        let note = json!({ "resourceType": "DocumentReference", "id": "n", "meta": { "versionId": "1" }, "status": "current", "docStatus": "final",
            "subject": { "reference": "http://elsewhere/fhir/Patient/x" } });
        let documents: Vec<Document> = [task, stamp, note].into_iter().map(|value| Document::from_value(value).unwrap()).collect();
        store.take(&Incoming { documents, read_upto: None }).unwrap();
        assert!(store.pointing_at("Task", "focus", "ServiceRequest/s").unwrap().is_empty());
        for _ in 0..2 {
            store.localise("http://h/fhir/").unwrap();
            assert_eq!(store.pointing_at("Task", "focus", "ServiceRequest/s").unwrap().len(), 1);
            assert_eq!(store.pointing_at("Provenance", "target", "Task/t").unwrap().len(), 1);
        }
        let elsewhere = store.document("DocumentReference", "n").unwrap().unwrap();
        assert_eq!(elsewhere.text("/subject/reference"), Some("http://elsewhere/fhir/Patient/x"));
        assert_eq!(store.everything().unwrap().len(), 3);
    }
}
