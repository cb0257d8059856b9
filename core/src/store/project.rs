//! Projections: slim rows computed from documents, before they are read and once, however much changed. They may be
//! rebuilt at any time.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::records::Rows;
use super::{Store, StoreError, documents, teams};
use crate::base::Code;
use crate::fhir::{self, Document};
use crate::records::RecordsError;
use crate::views::queue;

/// Names the assignments and teams that the changed documents touch, to be recomputed before the next read, and keeps the words of
/// signed notes.
pub(super) fn touched<'a>(tx: &Connection, changed: impl IntoIterator<Item = &'a Document>) -> Result<(), StoreError> {
    let mut stale = BTreeSet::new();
    for document in changed {
        stale.extend(teams::touched_by(tx, document)?);
        match document.kind() {
            "Task" if fhir::assignment::is_assignment(document) => {
                stale.insert(document.reference());
            }
            "Provenance" => stale.extend(document.text("/target/0/reference").map(str::to_owned)),
            "ServiceRequest" => stale.extend(pointing(tx, "Task", "focus", &document.reference())?),
            "Patient" => {
                for request in pointing(tx, "ServiceRequest", "subject", &document.reference())? {
                    stale.extend(pointing(tx, "Task", "focus", &request)?);
                }
            }
            "Location" => {
                for request in pointing(tx, "ServiceRequest", "locationReference", &document.reference())? {
                    stale.extend(pointing(tx, "Task", "focus", &request)?);
                }
            }
            "DocumentReference" if fhir::in_error::is_in_error(document) => forget_note(tx, document.id())?,
            "DocumentReference" if fhir::note::is_signed(document) => note(tx, document)?,
            _ => {}
        }
    }
    for reference in stale {
        tx.prepare_cached("INSERT OR IGNORE INTO stale VALUES (?)")?.execute([reference])?;
    }
    Ok(())
}

impl Store {
    /// Reads rows, after those that are stale were recomputed; every read of them comes through here. A full disk keeps
    /// nobody from reading: then the rows are right, and are recomputed at the next read again (P23).
    pub(super) fn fresh<R>(&self, read: impl FnOnce(&Self) -> Result<R, StoreError>) -> Result<R, StoreError> {
        let any: bool = self.connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM stale)")?.query_row([], |row| row.get(0))?;
        if !any {
            return read(self);
        }
        // One connection, and no transaction is open while a read begins.
        let tx = self.connection.unchecked_transaction()?;
        let stale: Vec<String> =
            tx.prepare_cached("SELECT assignment FROM stale")?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for reference in stale {
            match load(&tx, &reference)? {
                Some(task) if fhir::assignment::is_assignment(&task) => assignment(&tx, &task)?,
                Some(team) if team.kind() == "CareTeam" => teams::recompute(&tx, &team)?,
                _ => {}
            }
        }
        tx.execute("DELETE FROM stale", [])?;
        let found = read(self)?;
        match tx.commit().map_err(StoreError::from) {
            Ok(()) | Err(StoreError::Full) => Ok(found),
            Err(error) => Err(error),
        }
    }
}

fn load(tx: &Connection, reference: &str) -> Result<Option<Document>, StoreError> {
    let Some((kind, id)) = reference.split_once('/') else { return Ok(None) };
    let body: Option<String> =
        tx.prepare_cached("SELECT body FROM documents WHERE kind = ? AND id = ?")?.query_row([kind, id], |row| row.get(0)).optional()?;
    body.as_deref().map(documents::parse).transpose()
}

pub(super) fn pointing(tx: &Connection, kind: &str, element: &str, target: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare_cached(
        "SELECT d.kind || '/' || d.id FROM refs r JOIN documents d ON d.row = r.row WHERE r.target = ? AND r.element = ? AND d.kind = ?",
    )?;
    Ok(statement.query_map([target, element, kind], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Writes the slim row of one assignment anew.
fn assignment(tx: &Connection, task: &Document) -> Result<(), StoreError> {
    let row = match queue::row(&Rows(tx), task) {
        // One that has no legal id costs itself.
        Err(RecordsError::Unreadable { .. }) => return Ok(()),
        row => row?,
    };
    tx.prepare_cached("INSERT OR REPLACE INTO assignments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        row.assignment.as_str(),
        row.incident.as_ref().map_or("", |id| id.as_str()),
        row.team.as_ref().map(|id| id.as_str()),
        row.state.code(),
        !row.state.is_terminal(),
        row.urgency as i64,
        row.determined.map(|at| at.to_string()).unwrap_or_default(),
        row.headline,
        row.person,
        row.place,
        row.door.map_or("", Code::code),
        row.cards,
        row.readable,
    ])?;
    Ok(())
}

/// A slim row and the words of a signed note. A note that cannot be read keeps its document and gets no row.
fn note(tx: &Connection, document: &Document) -> Result<(), StoreError> {
    let Ok(note) = fhir::note::read(document) else { return Ok(()) };
    if tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM notes WHERE id = ?)")?.query_row([note.id.as_str()], |row| row.get(0))? {
        return Ok(());
    }
    let standing = if matches!(note.standing, crate::note::Standing::Addendum { .. }) { "addendum" } else { "signed" };
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

/// Removes the slim rows of what is gone.
pub(super) fn forget(tx: &Connection, kind: &str, id: &str) -> Result<(), StoreError> {
    let still: bool =
        tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM documents WHERE kind = ? AND id = ?)")?.query_row([kind, id], |row| row.get(0))?;
    if still {
        return Ok(());
    }
    match kind {
        "Task" => drop(tx.prepare_cached("DELETE FROM assignments WHERE id = ?")?.execute([id])?),
        "DocumentReference" => forget_note(tx, id)?,
        "CareTeam" => teams::forget(tx, id)?,
        _ => {}
    }
    Ok(())
}

/// Takes a note out of what is listed and searched.
fn forget_note(tx: &Connection, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO note_words (note_words, rowid, text) SELECT 'delete', row, text FROM notes WHERE id = ?")?
        .execute([id])?;
    tx.prepare_cached("DELETE FROM notes WHERE id = ?")?.execute([id])?;
    Ok(())
}
