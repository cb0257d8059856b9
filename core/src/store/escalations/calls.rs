//! The calls for help: kept before anybody is told, and what came of each.
//!
//! Rule: every change of one is a row of the chain in the same commit; "sent" is a version of the server's. Neighbours: `file`
//! opens, `chain` links, `sync::escalations` sends.

use rusqlite::{OptionalExtension, params};

use super::chain::link;
use super::file::Escalations;
use super::row::EscalationRow;
use crate::fhir::Document;
use crate::store::audit::chained;
use crate::store::database::Changes;
use crate::store::documents;
use crate::store::error::StoreError;

impl Escalations {
    /// Keeps a new escalation; on disk when it returns.
    ///
    /// # Errors
    /// [`StoreError`]; then it was not kept, and the caller must say so.
    pub fn keep(&mut self, task: &Document) -> Result<(), StoreError> {
        let tx = self.connection.transaction()?;
        tx.execute(
            "INSERT INTO escalations (id, body, made) VALUES (?, ?, (SELECT coalesce(max(made), 0) + 1 FROM escalations))",
            params![task.id(), task.to_text()],
        )?;
        link(&tx, task.id(), "made", &chained(&[&task.to_text()]))?;
        Ok(tx.commit()?)
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
        let tx = self.connection.transaction()?;
        tx.execute("UPDATE escalations SET version = ?, unknown = 0 WHERE id = ?", [version, id])?;
        link(&tx, id, "arrived", version)?;
        Ok(tx.commit()?)
    }

    /// What the server says of it now (an acknowledgement, a cancellation). Only for one that the server had.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn heard(&mut self, task: &Document) -> Result<Changes, StoreError> {
        if task.version().is_none() {
            return Ok(Changes::default());
        }
        let tx = self.connection.transaction()?;
        let changed = tx.execute(
            "UPDATE escalations SET body = ?1, version = ?2, unknown = 0 WHERE id = ?3 AND version IS NOT ?2 AND (version IS NOT NULL OR unknown = 1)",
            params![task.to_text(), task.version(), task.id()],
        )?;
        if changed > 0 {
            link(&tx, task.id(), "heard", &chained(&[&task.to_text()]))?;
        }
        tx.commit()?;
        Ok(Changes(if changed > 0 { vec![task.reference()] } else { Vec::new() }))
    }
}
