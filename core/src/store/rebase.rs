//! Ours put onto a newer version of the server's, or given up for it.
//!
//! Rule: what goes out on top of theirs has a revision of its own, made from theirs. Neighbours: `arrivals` and `commit` say
//! when, [`reconcile`](crate::reconcile) has joined the two.

use rusqlite::{Connection, params};

use super::database::Store;
use super::error::StoreError;
use super::projections::changed;
use super::revision::RevisionAuthor;
use super::{documents, outbox, references, revision};
use crate::fhir::{Document, Revision};

pub(super) fn rebase(tx: &Connection, author: &RevisionAuthor<'_>, merged: &Document, theirs: &Document) -> Result<(), StoreError> {
    let mut merged = merged.clone();
    if !merged.same_meaning(theirs) {
        let by = Revision::of(&merged).and_then(|revision| revision.by);
        author.revise(tx, &mut merged, Some(theirs), by)?;
        revision::record_revision(tx, &merged)?;
    }
    tx.execute(
        "UPDATE documents SET body = ?, base_body = ?, server_body = NULL, version = ? WHERE kind = ? AND id = ?",
        params![merged.to_text(), theirs.to_text(), theirs.version(), merged.kind(), merged.id()],
    )?;
    let row = tx.query_row("SELECT row FROM documents WHERE kind = ? AND id = ?", [merged.kind(), merged.id()], |row| row.get(0))?;
    revision::record_revision(tx, theirs)?;
    references::index(tx, row, &merged, false)?;
    changed::touched(tx, [&merged])
}

/// Shows the server's version; the intent ends.
pub(super) fn take_theirs(tx: &Connection, seq: i64, theirs: &Document) -> Result<(), StoreError> {
    outbox::end(tx, seq)?;
    documents::replace(tx, theirs, false)?;
    changed::touched(tx, [theirs])
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
