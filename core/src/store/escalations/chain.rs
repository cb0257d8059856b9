//! The escalations' own hash chain: what was asked and what came of it (P27).
//!
//! Rule: a row is added in the commit that it tells of, and none ever changes. Neighbours: `calls` and `file` add; the work
//! database's `audit` takes in the head.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::store::audit::chained;
use crate::store::error::StoreError;

/// Adds a row: `sum` is the SHA-256 of the Task as it was then, or the server's version id.
pub(super) fn link(tx: &Transaction<'_>, id: &str, what: &str, sum: &str) -> Result<(), StoreError> {
    let last: Option<(i64, String)> =
        tx.query_row("SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (seq, last) = last.unwrap_or_default();
    tx.execute("INSERT INTO chain VALUES (?, ?, ?, ?, ?)", params![seq + 1, id, what, sum, chained(&[&last, id, what, sum])])?;
    Ok(())
}

/// The hash of the newest row; `None` before the first.
pub(super) fn head(connection: &Connection) -> Result<Option<String>, StoreError> {
    Ok(connection.query_row("SELECT hash FROM chain ORDER BY seq DESC LIMIT 1", [], |row| row.get(0)).optional()?)
}

/// The number of the first row that does not follow from the one before it.
pub(super) fn first_break(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare("SELECT seq, id, what, sum, hash FROM chain ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let (mut last, mut expected) = (String::new(), 1_i64);
    while let Some(row) = rows.next()? {
        let text = |index| row.get::<_, String>(index);
        let (seq, hash): (i64, String) = (row.get(0)?, text(4)?);
        if seq != expected || hash != chained(&[&last, &text(1)?, &text(2)?, &text(3)?]) {
            return Ok(Some(seq));
        }
        (last, expected) = (hash, seq + 1);
    }
    Ok(None)
}
