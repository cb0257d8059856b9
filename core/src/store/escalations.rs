//! The escalations' own small file, with a key of its own that is readable after first unlock (P10).
//!
//! Rule: it holds nothing but the call for help, the number to call back and the place, so that it opens while the
//! work database is locked, migrating or damaged. Neighbours: `sync::lane` sends from here before anything else.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use super::disk::{Disk, RealDisk};
use super::open::{Key, connect};
use super::{Changes, StoreError, documents};
use crate::fhir::Document;

/// One escalation and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct EscalationRow {
    /// The Task, as the server last told, or as made here.
    pub task: Document,
    /// The server's version id; `None`: not sent, or sent without an answer.
    pub version: Option<String>,
    /// Whether it was sent without an answer: look before sending again.
    pub unknown: bool,
}

/// The open file.
pub struct Escalations {
    connection: Connection,
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
); PRAGMA user_version = 1;";

impl Escalations {
    /// Opens the file, made where there is none.
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
        let connection = connect(disk, path, key, 512)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection })
    }

    /// Keeps a new escalation; on disk when it returns.
    ///
    /// # Errors
    /// [`StoreError`]; then it was not kept, and the caller must say so.
    pub fn keep(&mut self, task: &Document) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO escalations (id, body, made) VALUES (?, ?, (SELECT coalesce(max(made), 0) + 1 FROM escalations))",
            params![task.id(), task.to_text()],
        )?;
        Ok(())
    }

    fn rows(&self, which: &str) -> Result<Vec<EscalationRow>, StoreError> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT body, version, unknown FROM escalations {which} ORDER BY made"))?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?;
        rows.map(|row| {
            let (body, version, unknown) = row?;
            Ok(EscalationRow { task: documents::parse(&body)?, version, unknown })
        })
        .collect()
    }

    /// What the server has not got, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unsent(&self) -> Result<Vec<EscalationRow>, StoreError> {
        self.rows("WHERE version IS NULL")
    }

    /// Everything, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all(&self) -> Result<Vec<EscalationRow>, StoreError> {
        self.rows("")
    }

    /// One escalation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, id: &str) -> Result<Option<EscalationRow>, StoreError> {
        let found: Option<(String, Option<String>, bool)> = self
            .connection
            .prepare_cached("SELECT body, version, unknown FROM escalations WHERE id = ?")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        found.map(|(body, version, unknown)| Ok(EscalationRow { task: documents::parse(&body)?, version, unknown })).transpose()
    }

    /// Sent, no answer yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mark_unknown(&mut self, id: &str) -> Result<(), StoreError> {
        self.connection.execute("UPDATE escalations SET unknown = 1 WHERE id = ?", [id])?;
        Ok(())
    }

    /// It did not leave, or the server has not got it: it may be sent again as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mark_unsent(&mut self, id: &str) -> Result<(), StoreError> {
        self.connection.execute("UPDATE escalations SET unknown = 0 WHERE id = ? AND version IS NULL", [id])?;
        Ok(())
    }

    /// The server has it under this version.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn arrived(&mut self, id: &str, version: &str) -> Result<(), StoreError> {
        self.connection.execute("UPDATE escalations SET version = ?, unknown = 0 WHERE id = ?", [version, id])?;
        Ok(())
    }

    /// What the server says of it now (an acknowledgement, a cancellation). Only for one that the server had.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn heard(&mut self, task: &Document) -> Result<Changes, StoreError> {
        if task.version().is_none() {
            return Ok(Changes::default());
        }
        let changed = self.connection.execute(
            "UPDATE escalations SET body = ?1, version = ?2, unknown = 0 WHERE id = ?3 AND version IS NOT ?2 AND (version IS NOT NULL OR unknown = 1)",
            params![task.to_text(), task.version(), task.id()],
        )?;
        Ok(Changes(if changed > 0 { vec![task.reference()] } else { Vec::new() }))
    }
}
