//! The file: opened, or made with room for what it is for.
//!
//! Rule: its pages and its journal are allocated when it is made, so that a full disk does not stop a call for help. One that
//! is damaged is moved aside unchanged, and `carry_over` says what of it goes on. Neighbours: `calls` writes, `chain` links.

use std::path::Path;

use rusqlite::{Connection, params};

use super::{carry_over, chain};
use crate::store::aside::{aside, last_aside};
use crate::store::audit::chained;
use crate::store::connection::connect;
use crate::store::database::Opening;
use crate::store::disk::{Disk, RealDisk};
use crate::store::error::StoreError;
use crate::store::key::Key;

/// The open file.
pub struct Escalations {
    pub(super) connection: Connection,
    opening: Opening,
}

impl std::fmt::Debug for Escalations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Escalations").finish_non_exhaustive()
    }
}

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS escalations (
  id      TEXT PRIMARY KEY,
  body    TEXT NOT NULL,              -- the Task
  version TEXT,                       -- the server's version id
  unknown INTEGER NOT NULL DEFAULT 0, -- sent, no answer yet
  made    INTEGER NOT NULL            -- order of making
);
CREATE TABLE IF NOT EXISTS chain (    -- what was asked and what came of it; a gap shows
  seq  INTEGER PRIMARY KEY,
  id   TEXT NOT NULL,
  what TEXT NOT NULL,                 -- made | arrived | heard | salvaged
  sum  TEXT NOT NULL,                 -- SHA-256 of the Task as it was then, or the server's version id
  hash TEXT NOT NULL                  -- SHA-256 over the hash before it and this row
);
CREATE TRIGGER IF NOT EXISTS chain_never_changes BEFORE UPDATE ON chain BEGIN SELECT RAISE(ABORT, 'chain is immutable'); END;
CREATE TRIGGER IF NOT EXISTS chain_never_shrinks BEFORE DELETE ON chain BEGIN SELECT RAISE(ABORT, 'chain is immutable'); END;
PRAGMA user_version = 2;";

/// A rollback journal that stays allocated: a write-ahead log would have to grow when the disk is full.
const SETTINGS: &str = "PRAGMA journal_mode = PERSIST; PRAGMA journal_size_limit = -1; PRAGMA cache_size = -512;";

/// Pages held ready, of 4 KB: some forty escalations.
const PAGES_AHEAD: i64 = 64;

impl Escalations {
    /// Opens the file, made where there is none. One that is damaged is moved aside unchanged, and what of it still reads
    /// goes on in a new one; [`Escalations::opening`] tells.
    ///
    /// # Errors
    /// [`StoreError::KeyOrFile`] leaves the file untouched.
    pub fn open(path: &Path, key: &Key) -> Result<Self, StoreError> {
        Self::open_on(&RealDisk, path, key)
    }

    /// As [`Escalations::open`], on this disk.
    ///
    /// # Errors
    /// As [`Escalations::open`].
    pub fn open_on(disk: &dyn Disk, path: &Path, key: &Key) -> Result<Self, StoreError> {
        let mut opened = match Self::ready(disk, path, key) {
            Err(StoreError::Damaged) => Self::anew(disk, path, key)?,
            Err(StoreError::KeyOrFile) if carry_over::is_the_key(disk, path, key) => Self::anew(disk, path, key)?,
            other => other?,
        };
        if opened.head()?.is_none() {
            opened.take_over(disk, path, key)?;
        }
        // Where the disk is full already, what is there must do; the next opening tries again.
        let _ = carry_over::name_the_key(disk, path, key).and_then(|()| Ok(allocate(&opened.connection)?));
        Ok(opened)
    }

    fn ready(disk: &dyn Disk, path: &Path, key: &Key) -> Result<Self, StoreError> {
        let connection = connect(disk, path, key, SETTINGS)?;
        every_page_reads(&connection)?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version < 2 {
            connection.execute_batch(SCHEMA)?;
        }
        Ok(Self { connection, opening: Opening::default() })
    }

    /// Moves the file aside and makes a new one.
    fn anew(disk: &dyn Disk, path: &Path, key: &Key) -> Result<Self, StoreError> {
        let moved_aside = aside(disk, path)?;
        let mut opened = Self::ready(disk, path, key)?;
        opened.opening.moved_aside = moved_aside;
        Ok(opened)
    }

    /// Carries over what still reads of the file that was moved aside last: into a new file in which nothing was kept yet,
    /// so that a process that ends in between costs nothing.
    fn take_over(&mut self, disk: &dyn Disk, path: &Path, key: &Key) -> Result<(), StoreError> {
        let Some(damaged) = last_aside(disk, path)? else { return Ok(()) };
        let calls = carry_over::readable(disk, &damaged, key);
        let tx = self.connection.transaction()?;
        for (made, call) in (1_i64..).zip(&calls) {
            let (id, body) = (call.task.id(), call.task.to_text());
            tx.execute("INSERT INTO escalations VALUES (?, ?, ?, ?, ?)", params![id, body, call.version, call.unknown, made])?;
            chain::link(&tx, id, "salvaged", &chained(&[&body]))?;
        }
        tx.commit()?;
        self.opening.salvaged = u32::try_from(calls.len()).unwrap_or(u32::MAX);
        Ok(())
    }

    /// The head of the chain: the hash of its last row; `None` before the first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn head(&self) -> Result<Option<String>, StoreError> {
        chain::head(&self.connection)
    }

    /// The number of the first row of the chain that does not follow from the one before it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn first_break(&self) -> Result<Option<i64>, StoreError> {
        chain::first_break(&self.connection)
    }

    /// What this opening found and did.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }
}

/// Damage is found now and not when somebody calls for help.
fn every_page_reads(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare("PRAGMA cipher_integrity_check")?;
    let damaged = statement.query([])?.next()?.is_some();
    if damaged { Err(StoreError::Damaged) } else { Ok(()) }
}

/// Fills pages and lets them go again: they stay in the file, and so does the room in the journal that they needed.
fn allocate(connection: &Connection) -> rusqlite::Result<()> {
    let free: i64 = connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    if free >= PAGES_AHEAD / 4 {
        return Ok(());
    }
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; CREATE TABLE ahead (page BLOB);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PAGES_AHEAD})
         INSERT INTO ahead SELECT zeroblob(3800) FROM n; COMMIT;
         BEGIN IMMEDIATE; UPDATE ahead SET page = zeroblob(3801); DROP TABLE ahead; COMMIT;"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::Document;

    fn open(folder: &tempfile::TempDir) -> Escalations {
        Escalations::open(&folder.path().join("help.escalations"), &Key::new(&[2; 32]).unwrap()).unwrap()
    }

    #[test]
    fn the_file_does_not_grow_with_the_first_calls_for_help() {
        let folder = tempfile::tempdir().unwrap();
        let sizes = || -> Vec<u64> {
            ["help.escalations", "help.escalations-journal"].map(|n| std::fs::metadata(folder.path().join(n)).unwrap().len()).to_vec()
        };
        let mut file = open(&folder);
        let ready = sizes();
        for at in 0..20 {
            let mut task = Document::new("Task", &format!("t-{at}"));
            task.set("description", serde_json::json!("help ".repeat(300)));
            file.keep(&task).unwrap();
            file.arrived(task.id(), "1").unwrap();
        }
        assert_eq!(sizes(), ready, "a full disk would have stopped one of these");
    }

    #[test]
    fn a_row_taken_out_of_the_chain_shows() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = open(&folder);
        for id in ["a", "b", "c"] {
            file.keep(&Document::new("Task", id)).unwrap();
        }
        assert_eq!(file.first_break().unwrap(), None);
        assert!(file.connection.execute("DELETE FROM chain WHERE seq = 2", []).is_err());
        file.connection.execute_batch("DROP TRIGGER chain_never_shrinks; DELETE FROM chain WHERE seq = 2").unwrap();
        assert_eq!(file.first_break().unwrap(), Some(3));
    }
}
