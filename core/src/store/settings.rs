//! The phone's own few values: who writes here, which page size the last pull ended with, what software the server is.
//!
//! Rule: no personal data, and nothing that an act depends on. Neighbours: `open` and `sync` keep theirs here.

use rusqlite::OptionalExtension;

use super::database::Store;
use super::error::StoreError;

impl Store {
    /// One value.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.connection.prepare_cached("SELECT value FROM settings WHERE name = ?")?.query_row([name], |row| row.get(0)).optional()?)
    }

    /// Stores one value; on disk when it returns.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value")?
            .execute([name, value])?;
        Ok(())
    }
}
