//! One plan, one commit: documents, outbox rows, audit rows, projections.

use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::{Store, StoreError, documents, outbox, project};
use crate::acts::{Act, Ledger, Plan, Write};
use crate::fhir::{Document, Revision};

/// What a commit touched, as `Type/id`: what watches are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes(pub Vec<String>);

impl Ledger for Store {
    type Error = StoreError;

    fn document(&self, kind: &str, id: &str) -> Result<Option<Document>, StoreError> {
        Self::document(self, kind, id)
    }

    /// On return the plan's documents, outbox rows and audit row are on disk in one commit (P1).
    fn commit(&mut self, plan: &Plan) -> Result<(), StoreError> {
        let (writer, agency) = (self.writer.clone(), self.agency.clone());
        let tx = self.connection.transaction()?;
        let unit = crate::ids::fresh();
        for write in &plan.writes {
            put(&tx, plan, write, &unit, &writer, &agency)?;
        }
        if let Some(draft) = &plan.ends_draft {
            tx.prepare_cached("DELETE FROM drafts WHERE id = ?")?.execute([draft.as_str()])?;
        }
        let subject = plan.writes.first().map(|w| w.document.reference()).unwrap_or_default();
        append_audit(&tx, plan, &subject)?;
        project::touched(&tx, plan.writes.iter().map(|w| &w.document))?;
        tx.commit()?;
        Ok(())
    }
}

fn put(tx: &Transaction<'_>, plan: &Plan, write: &Write, unit: &str, writer: &str, agency: &str) -> Result<(), StoreError> {
    let mut document = write.document.clone();
    let (kind, id) = (document.kind().to_owned(), document.id().to_owned());
    let existing: Option<(i64, String, Option<String>)> = tx
        .prepare_cached("SELECT row, body, version FROM documents WHERE kind = ? AND id = ?")?
        .query_row([&kind, &id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    if existing.is_some() && write.act == Act::Create {
        return Ok(()); // two acts may both bring the same person or place; the first one holds
    }
    let parent = existing.as_ref().map(|(_, body, _)| documents::parse(body)).transpose()?;
    let counter = next_counter(tx)?;
    let revision = Revision { writer: writer.to_owned(), counter, parent: parent.as_ref().and_then(Revision::of).map(|r| r.name()) };
    revision.write(agency, &mut document);
    let fresh = existing.is_none();
    let row = match existing {
        Some((row, before, _)) => {
            tx.prepare_cached("UPDATE documents SET body = ?, base_body = coalesce(base_body, CASE WHEN version IS NULL THEN NULL ELSE ? END) WHERE row = ?")?
                .execute(params![document.to_text(), before, row])?;
            row
        }
        None => {
            let signed = crate::fhir::note::is_signed(&document) || crate::fhir::assignment::is_stamp(&document);
            tx.prepare_cached("INSERT INTO documents (kind, id, body, signed) VALUES (?, ?, ?, ?)")?.execute(params![
                kind,
                id,
                document.to_text(),
                signed
            ])?;
            tx.last_insert_rowid()
        }
    };
    documents::index(tx, row, &document, fresh)?;
    outbox::enqueue(tx, plan, write.act, &document, unit)
}

fn next_counter(tx: &Transaction<'_>) -> Result<u64, StoreError> {
    let next: i64 = tx
        .prepare_cached(
            "INSERT INTO settings VALUES ('counter', '1') ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING CAST(value AS INTEGER)",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(next.unsigned_abs())
}

fn append_audit(tx: &Transaction<'_>, plan: &Plan, subject: &str) -> Result<(), StoreError> {
    let last: Option<String> =
        tx.prepare_cached("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1")?.query_row([], |row| row.get(0)).optional()?;
    let hash = audit_hash(last.as_deref().unwrap_or_default(), &plan.at.to_string(), plan.who.as_str(), plan.name, subject);
    tx.prepare_cached("INSERT INTO audit (at, who, act, subject, hash) VALUES (?, ?, ?, ?, ?)")?.execute(params![
        plan.at.to_string(),
        plan.who.as_str(),
        plan.name,
        subject,
        hash
    ])?;
    Ok(())
}

fn audit_hash(last: &str, at: &str, who: &str, act: &str, subject: &str) -> String {
    let mut sum = Sha256::new();
    for part in [last, at, who, act, subject] {
        sum.update(part.len().to_le_bytes());
        sum.update(part);
    }
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// Follows the audit chain from its start. Returns the number of the first row that does not follow from the one
    /// before it; `None` where the chain is whole.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn first_break_in_audit(&self) -> Result<Option<i64>, StoreError> {
        let mut statement = self.connection.prepare("SELECT seq, at, who, act, subject, hash FROM audit ORDER BY seq")?;
        let mut rows = statement.query([])?;
        let (mut last, mut expected) = (String::new(), 1_i64);
        while let Some(row) = rows.next()? {
            let text = |index| row.get::<_, String>(index);
            let (seq, hash): (i64, String) = (row.get(0)?, text(5)?);
            if seq != expected || hash != audit_hash(&last, &text(1)?, &text(2)?, &text(3)?, &text(4)?) {
                return Ok(Some(seq));
            }
            (last, expected) = (hash, seq + 1);
        }
        Ok(None)
    }
}
