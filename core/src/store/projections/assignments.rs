//! The slim rows of assignments.
//!
//! Rule: [`queue::row`] says what stands in one. Neighbours: `changed` calls, `store::queue` reads.

use rusqlite::{Connection, params};

use crate::base::Code;
use crate::fhir::Document;
use crate::records::RecordsError;
use crate::store::error::StoreError;
use crate::store::records::Rows;
use crate::views::queue;

/// Writes the slim row of one assignment anew.
pub(super) fn write(tx: &Connection, task: &Document) -> Result<(), StoreError> {
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

/// Removes the row of an assignment that is gone.
pub(super) fn forget(tx: &Connection, id: &str) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM assignments WHERE id = ?")?.execute([id])?;
    Ok(())
}
