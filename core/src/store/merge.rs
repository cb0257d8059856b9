//! What reconcile decided, put at rest: our change on a newer version, or both versions whole.

use rusqlite::{Connection, params};

use super::commit::Hand;
use super::records::Rows;
use super::{Store, StoreError, documents, outbox, project, second_copy};
use crate::base::Code;
use crate::delivery::ParkReason;
use crate::fhir::{Document, Revision};
use crate::records::lookup;

/// What becomes of a document that arrived and was changed by somebody else since.
#[derive(Debug, Clone, PartialEq)]
pub enum Under {
    /// This phone shows theirs, with what was changed here after the sending.
    Joined(Document),
    /// No rule joins these elements: both are kept whole.
    Apart(String),
}

pub(super) fn rebase(tx: &Connection, hand: &Hand<'_>, merged: &Document, theirs: &Document) -> Result<(), StoreError> {
    let mut merged = merged.clone();
    if !merged.same_meaning(theirs) {
        let by = Revision::of(&merged).and_then(|revision| revision.by);
        hand.sign(tx, &mut merged, Some(theirs), by)?;
        documents::saw(tx, &merged)?;
    }
    tx.execute(
        "UPDATE documents SET body = ?, base_body = ?, server_body = NULL, version = ? WHERE kind = ? AND id = ?",
        params![merged.to_text(), theirs.to_text(), theirs.version(), merged.kind(), merged.id()],
    )?;
    let row = tx.query_row("SELECT row FROM documents WHERE kind = ? AND id = ?", [merged.kind(), merged.id()], |row| row.get(0))?;
    documents::saw(tx, theirs)?;
    documents::index(tx, row, &merged, false)?;
    project::touched(tx, [&merged])
}

/// Shows the server's version; the intent ends.
pub(super) fn take_theirs(tx: &Connection, seq: i64, theirs: &Document) -> Result<(), StoreError> {
    tx.execute("DELETE FROM intents WHERE seq = ?", [seq])?;
    project::replace(tx, theirs, false)?;
    project::touched(tx, [theirs])
}

impl Store {
    /// Writes onto a Task what the stamps here say (a projection, recomputed after each merge).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn project_status(&self, task: &mut Document) -> Result<(), StoreError> {
        if crate::fhir::assignment::is_assignment(task) {
            let stamps = lookup::stamps(&Rows(&self.connection), task.id())?;
            if stamps.unread.is_empty() {
                let owned = task.at("/owner").is_some();
                crate::fhir::assignment::project(stamps.status().state, owned, task);
            }
        }
        Ok(())
    }

    /// Our change, put onto a newer server version: `merged` is what this phone shows, under a new revision where it says more
    /// than `theirs`, from which it starts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rebase(&mut self, merged: &Document, theirs: &Document) -> Result<(), StoreError> {
        let hand = Hand { writer: &self.writer, agency: &self.agency };
        let tx = self.connection.transaction()?;
        rebase(&tx, &hand, merged, theirs)?;
        Ok(tx.commit()?)
    }

    /// Ours arrived at the server, and what it shows is `theirs`, made on top of it. In one commit the intent ends with that
    /// version, and what this phone shows and holds beside it is as `under` says: were they two, a crash in between would
    /// leave ours under the name of theirs.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of it was done.
    pub fn settle(&mut self, seq: i64, sent: &Document, theirs: &Document, under: &Under) -> Result<(), StoreError> {
        let hand = Hand { writer: &self.writer, agency: &self.agency };
        let tx = self.connection.transaction()?;
        outbox::arrive(&tx, seq, theirs.version().unwrap_or_default(), sent)?;
        match under {
            Under::Joined(merged) => rebase(&tx, &hand, merged, theirs)?,
            Under::Apart(elements) => {
                let (kind, id) = (theirs.kind(), theirs.id());
                tx.execute("UPDATE documents SET server_body = ? WHERE kind = ? AND id = ?", params![theirs.to_text(), kind, id])?;
                tx.execute(
                    "UPDATE intents SET state = 'parked', reason = ?, detail = ? WHERE kind = ? AND id = ?",
                    params![ParkReason::ChangedElsewhere.code(), elements, kind, id],
                )?;
                project::touched(&tx, [sent])?;
            }
        }
        second_copy::prove(&tx, sent.kind(), sent.id())?;
        Ok(tx.commit()?)
    }

    /// Whether a note that was entered in error here is the same note at the server, still standing.
    pub fn stands_there(&self, ours: &Document, theirs: &Document) -> bool {
        !crate::fhir::in_error::is_in_error(theirs) && project::one_note_in_error(ours, theirs)
    }

    /// Shows the server's version, where ours was never more than that: the intent ends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_theirs(&mut self, seq: i64, theirs: &Document) -> Result<(), StoreError> {
        let tx = self.connection.transaction()?;
        take_theirs(&tx, seq, theirs)?;
        Ok(tx.commit()?)
    }

    /// Keeps the server's version beside ours, whole, for a person to decide (P16).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_both(&mut self, theirs: &Document) -> Result<(), StoreError> {
        self.connection.execute(
            "UPDATE documents SET server_body = ? WHERE kind = ? AND id = ?",
            params![theirs.to_text(), theirs.kind(), theirs.id()],
        )?;
        Ok(())
    }
}
