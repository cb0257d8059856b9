//! Which rows changed documents make stale, and their recomputing before the next read.
//!
//! Rule: a row is recomputed once, however much changed; every read of rows goes through [`Store::fresh`]. Notes are written
//! at once: what is signed does not change. Neighbours: whatever changes documents calls [`touched`].

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::{assignments, notes, teams};
use crate::fhir::{self, Document};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::records::Rows;
use crate::store::references::pointing;

/// Names the assignments and teams that the changed documents touch, to be recomputed before the next read, and keeps the words of
/// signed notes.
pub(in crate::store) fn touched<'a>(tx: &Connection, changed: impl IntoIterator<Item = &'a Document>) -> Result<(), StoreError> {
    let mut stale = BTreeSet::new();
    for document in changed {
        stale.extend(teams::touched_by(tx, document)?);
        match document.kind() {
            "Task" if fhir::assignment::is_assignment(document) => {
                stale.insert(document.reference());
            }
            "Provenance" => stale.extend(document.target("/target/0").map(str::to_owned)),
            "ServiceRequest" => stale.extend(pointing(tx, "Task", "focus", &document.reference())?),
            "RelatedPerson" => notes::renamed(tx, document.id())?,
            "Patient" => {
                notes::renamed(tx, document.id())?;
                for request in pointing(tx, "ServiceRequest", "subject", &document.reference())? {
                    stale.extend(pointing(tx, "Task", "focus", &request)?);
                }
            }
            "Location" => {
                for request in pointing(tx, "ServiceRequest", "locationReference", &document.reference())? {
                    stale.extend(pointing(tx, "Task", "focus", &request)?);
                }
            }
            "DocumentReference" if fhir::in_error::is_in_error(document) => notes::forget(tx, document.id())?,
            "DocumentReference" if fhir::note::is_signed(document) => notes::write(tx, document)?,
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
    pub(in crate::store) fn fresh<R>(&self, read: impl FnOnce(&Self) -> Result<R, StoreError>) -> Result<R, StoreError> {
        let any: bool = self.connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM stale)")?.query_row([], |row| row.get(0))?;
        if !any {
            return read(self);
        }
        // One connection, and no transaction is open while a read begins.
        let tx = self.connection.unchecked_transaction()?;
        let stale: Vec<String> =
            tx.prepare_cached("SELECT assignment FROM stale")?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for reference in stale {
            let document = reference.split_once('/').map(|(kind, id)| Rows(&tx).read(kind, id)).transpose()?;
            match document.flatten() {
                Some(task) if fhir::assignment::is_assignment(&task) => assignments::write(&tx, &task)?,
                Some(team) if team.kind() == "CareTeam" => teams::write(&tx, &team)?,
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

/// Removes the slim rows of what is gone.
pub(in crate::store) fn forget(tx: &Connection, kind: &str, id: &str) -> Result<(), StoreError> {
    let still: bool =
        tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM documents WHERE kind = ? AND id = ?)")?.query_row([kind, id], |row| row.get(0))?;
    if still {
        return Ok(());
    }
    match kind {
        "Task" => assignments::forget(tx, id)?,
        "DocumentReference" => notes::forget(tx, id)?,
        "CareTeam" => teams::forget(tx, id)?,
        _ => {}
    }
    Ok(())
}
