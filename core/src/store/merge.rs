//! What reconcile decided, put at rest: our change on a newer version, or both versions whole.

use rusqlite::{Connection, params};

use super::commit::Hand;
use super::{Store, StoreError, documents, outbox, project};
use crate::fhir::{Document, Revision};

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
    outbox::end(tx, seq)?;
    documents::replace(tx, theirs, false)?;
    project::touched(tx, [theirs])
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
    /// Shows the server's version, where ours was never more than that: the intent ends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_theirs(&mut self, seq: i64, theirs: &Document) -> Result<(), StoreError> {
        let tx = self.connection.transaction()?;
        take_theirs(&tx, seq, theirs)?;
        Ok(tx.commit()?)
    }
}
