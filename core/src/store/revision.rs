//! Revisions: each content that leaves this phone has one of its own, and every one that was shown here is remembered.
//!
//! Rule: an old state that comes back is known by its revision, so none is ever used twice (decision 7). Neighbours: `commit`,
//! `rebase` and `arrivals` write them; [`arrive`](crate::arrive) compares them.

use rusqlite::{Connection, Transaction};

use super::error::StoreError;
use crate::fhir::{Document, Revision};

/// Who writes on this phone, and for whom.
pub(super) struct RevisionAuthor<'a> {
    pub writer: &'a str,
    pub agency: &'a str,
}

impl RevisionAuthor<'_> {
    /// Gives a document a new revision of ours, made from `parent`. Every content that leaves this phone has one of its own:
    /// an old one that comes back is known by it.
    pub fn revise(
        &self,
        tx: &Connection,
        document: &mut Document,
        parent: Option<&Document>,
        by: Option<String>,
    ) -> Result<(), StoreError> {
        // A Binary has no extensions; the document that names it carries the revision, and the content's hash.
        if document.kind() == crate::fhir::attachment::CONTENT {
            return Ok(());
        }
        let parent = parent.and_then(Revision::of).map(|revision| revision.name());
        let revision = Revision { writer: self.writer.to_owned(), counter: next_counter(tx)?, parent, by };
        revision.write(self.agency, document);
        Ok(())
    }
}

pub(super) fn counter_at_least(tx: &Transaction<'_>, counter: u64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO settings VALUES ('counter', ?1) ON CONFLICT DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(?1 AS INTEGER))",
    )?
    .execute([counter.to_string()])?;
    Ok(())
}

fn next_counter(tx: &Connection) -> Result<u64, StoreError> {
    let next: i64 = tx
        .prepare_cached(
            "INSERT INTO settings VALUES ('counter', '1') ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING CAST(value AS INTEGER)",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(next.unsigned_abs())
}

/// Remembers the revision of what is shown here, so that an older one is known when it comes back.
pub(super) fn record_revision(connection: &Connection, document: &Document) -> Result<(), StoreError> {
    if let Some(revision) = Revision::of(document) {
        connection.prepare_cached("INSERT OR IGNORE INTO seen_revisions VALUES (?, ?, ?)")?.execute([
            document.kind(),
            document.id(),
            &revision.name(),
        ])?;
    }
    Ok(())
}

/// Whether this state of a document has been shown here.
pub(super) fn was_shown(tx: &Connection, document: &Document) -> Result<bool, StoreError> {
    let Some(revision) = Revision::of(document) else { return Ok(false) };
    Ok(tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM seen_revisions WHERE kind = ? AND id = ? AND name = ?)")?
        .query_row([document.kind(), document.id(), &revision.name()], |row| row.get(0))?)
}
