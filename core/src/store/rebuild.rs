//! What is built anew before it leaves: a document that is planned with ids alone, and what belongs to it.
//!
//! Rule: only what was never at the agency and waits in the outbox is built anew, and each content has a revision of its own
//! (decision 7). The journal keeps the plan: what is rolled forward from it is built again. Neighbours: `sync::disclosing`.

use rusqlite::{OptionalExtension, params};

use super::database::Store;
use super::error::StoreError;
use super::projections::changed;
use super::revision::{RevisionAuthor, record_revision};
use super::{documents, references};
use crate::fhir::{Document, Revision};

impl Store {
    /// Puts these documents in the place of what waits under their ids, in one commit. What is not there, is at the agency or
    /// says the same already stays as it is.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn rebuild<'a>(&mut self, built: impl IntoIterator<Item = &'a Document>) -> Result<(), StoreError> {
        let (writer, agency) = (self.writer.clone(), self.agency.clone());
        let author = RevisionAuthor { writer: &writer, agency: &agency };
        let tx = self.connection.transaction()?;
        for document in built {
            let found: Option<(i64, String)> = tx
                .prepare_cached(
                    "SELECT row, body FROM documents d WHERE kind = ?1 AND id = ?2 AND version IS NULL
                     AND EXISTS (SELECT 1 FROM intents WHERE kind = ?1 AND id = ?2)",
                )?
                .query_row([document.kind(), document.id()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((row, body)) = found else { continue };
            let before = documents::parse(&body)?;
            if before.same_meaning(document) {
                continue;
            }
            let mut document = document.clone();
            let by = Revision::of(&before).and_then(|revision| revision.by);
            author.revise(&tx, &mut document, Some(&before), by)?;
            tx.prepare_cached("UPDATE documents SET body = ? WHERE row = ?")?.execute(params![document.to_text(), row])?;
            references::index(&tx, row, &document, false)?;
            record_revision(&tx, &document)?;
            changed::touched(&tx, [&document])?;
        }
        Ok(tx.commit()?)
    }
}
