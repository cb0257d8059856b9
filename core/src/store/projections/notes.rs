//! The slim rows and the words of signed notes.
//!
//! Rule: a note has one row, from when it is signed until it is entered in error. Neighbours: `changed` calls, `store::notes`
//! lists and searches.

use rusqlite::{Connection, params};

use crate::fhir::{self, Document};
use crate::note::Standing;
use crate::store::error::StoreError;

/// A slim row and the words of a signed note. A note that cannot be read keeps its document and gets no row.
pub(super) fn write(tx: &Connection, document: &Document) -> Result<(), StoreError> {
    let Ok(note) = fhir::note::read(document) else { return Ok(()) };
    if tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM notes WHERE id = ?)")?.query_row([note.id.as_str()], |row| row.get(0))? {
        return Ok(());
    }
    let standing = if matches!(note.standing, Standing::Addendum { .. }) { "addendum" } else { "signed" };
    let mut row = note.at.as_microsecond();
    while tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM notes WHERE row = ?)")?.query_row([row], |r| r.get(0))? {
        row += 1;
    }
    tx.prepare_cached("INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        row,
        note.id.as_str(),
        note.incident.as_str(),
        note.person.as_str(),
        note.author.as_str(),
        standing,
        note.text
    ])?;
    tx.prepare_cached("INSERT INTO note_words (rowid, text) VALUES (?, ?)")?.execute(params![row, note.text])?;
    Ok(())
}

/// Takes a note out of what is listed and searched.
pub(super) fn forget(tx: &Connection, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO note_words (note_words, rowid, text) SELECT 'delete', row, text FROM notes WHERE id = ?")?
        .execute([id])?;
    tx.prepare_cached("DELETE FROM notes WHERE id = ?")?.execute([id])?;
    Ok(())
}
