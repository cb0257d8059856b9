//! What the server has acknowledged and not given back since: its second copy stays until it does (P3).
//!
//! Rule: a copy goes with the last word on it, never while anything of the document is unsent. Neighbours: `second_copy` keeps
//! the copies, `arrivals` and the run of attachments say what was given back.

use rusqlite::Connection;

use super::database::Store;
use super::error::StoreError;

/// Lets the second copy of an acknowledged document go.
pub(super) fn confirm_readback(connection: &Connection, kind: &str, id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM unproven WHERE kind = ?1 AND id = ?2 AND NOT EXISTS (SELECT 1 FROM intents WHERE kind = ?1 AND id = ?2)",
        )?
        .execute([kind, id])?;
    Ok(())
}

impl Store {
    /// Documents that the server acknowledged and that have not been read back since, as type and id, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn acknowledged_unverified(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT kind, id FROM unproven u WHERE NOT EXISTS (SELECT 1 FROM intents i WHERE i.kind = u.kind AND i.id = u.id) ORDER BY row",
        )?;
        Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
    }
}
