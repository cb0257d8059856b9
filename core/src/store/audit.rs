//! The audit: one row an act, in a hash chain whose gap shows (P27).
//!
//! Rule: rows are appended and never changed, which the database itself holds. Neighbours: `commit` and `wipe` append,
//! `escalations` has a chain of its own, whose head goes in here.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::database::Store;
use super::error::StoreError;
use super::frame::Work;
use crate::base::clock::Instant;

pub(super) fn append(tx: &Transaction<'_>, work: &Work, subject: &str) -> Result<(), StoreError> {
    let last = head(tx)?;
    let hash = hash(last.as_deref().unwrap_or_default(), &work.at, &work.who, &work.name, subject);
    tx.prepare_cached("INSERT INTO audit (at, who, act, subject, hash) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![work.at, work.who, work.name, subject, hash])?;
    Ok(())
}

fn head(connection: &Connection) -> Result<Option<String>, StoreError> {
    Ok(connection.prepare_cached("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1")?.query_row([], |row| row.get(0)).optional()?)
}

fn hash(last: &str, at: &str, who: &str, act: &str, subject: &str) -> String {
    chained(&[last, at, who, act, subject])
}

/// The hash of a row of a chain: SHA-256 over the hash before it and the row's parts, each with its length.
pub(super) fn chained(parts: &[&str]) -> String {
    let mut sum = Sha256::new();
    for part in parts {
        sum.update(part.len().to_le_bytes());
        sum.update(part);
    }
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// Takes the head of the escalations' own chain into the audit chain, where it is not its newest already (P27).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note_escalations(&mut self, head: &str, who: &str, at: Instant) -> Result<(), StoreError> {
        let tx = self.connection.transaction()?;
        let noted: Option<String> = tx
            .query_row("SELECT subject FROM audit WHERE act = 'escalations' ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))
            .optional()?;
        if noted.as_deref() != Some(head) {
            let work = Work { name: "escalations".into(), who: who.to_owned(), at: at.to_string(), ..Work::default() };
            append(&tx, &work, head)?;
        }
        Ok(tx.commit()?)
    }

    /// Every head of the escalations' chains that was ever taken in, separated by spaces.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn noted_escalations(&self) -> Result<String, StoreError> {
        Ok(self.audit_rows("escalations")?.join(" "))
    }

    /// The hash of the newest row of the audit chain; `None` before the first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit_head(&self) -> Result<Option<String>, StoreError> {
        head(&self.connection)
    }

    /// What the audit rows of one act were about, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit_rows(&self, act: &str) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT subject FROM audit WHERE act = ? ORDER BY seq")?;
        Ok(statement.query_map([act], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Follows the audit chain from its start. Returns the number of the first row that does not follow from the one
    /// before it; `None` where the chain is whole.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn first_break_in_audit(&self) -> Result<Option<i64>, StoreError> {
        let mut statement = self.connection.prepare("SELECT seq, at, who, act, subject, hash FROM audit ORDER BY seq")?;
        let mut rows = statement.query([])?;
        let (mut last, mut expected) = (String::new(), 1_i64);
        while let Some(row) = rows.next()? {
            let text = |index| row.get::<_, String>(index);
            let (seq, stored): (i64, String) = (row.get(0)?, text(5)?);
            if seq != expected || stored != hash(&last, &text(1)?, &text(2)?, &text(3)?, &text(4)?) {
                return Ok(Some(seq));
            }
            (last, expected) = (stored, seq + 1);
        }
        Ok(None)
    }
}
