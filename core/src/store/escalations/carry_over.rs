//! A damaged file of escalations: what of it still reads goes on in a new one (P2, P10).
//!
//! Rule: the file is moved aside unchanged. Each call is read by itself; one that its hash chain contradicts stays behind,
//! for a wrong call for help is worse than none. A call that was not sent is looked for at the server before it goes again,
//! since the damaged file may not have kept that it went. Whether the key is right, where not even the first page reads, is
//! told by a file beside it that names the key. Neighbours: `file` opens and moves aside.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::row::EscalationRow;
use crate::store::audit::chained;
use crate::store::connection::connection;
use crate::store::disk::{Disk, write_new};
use crate::store::documents;
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::keys::key_id;

/// Calls that are asked for one by one where the file does not say how many it holds.
const MOST: i64 = 128;

fn name_of_key(path: &Path) -> PathBuf {
    path.with_extension("escalations-key")
}

/// Names the key beside the file, for the day on which the file cannot. On return the name is on disk.
///
/// # Errors
/// [`StoreError`]; the next opening tries again.
pub(super) fn name_the_key(disk: &dyn Disk, path: &Path, key: &Key) -> Result<(), StoreError> {
    if is_the_key(disk, path, key) {
        return Ok(());
    }
    Ok(write_new(disk, &name_of_key(path), key_id(key)?.as_bytes())?)
}

/// Whether the file beside it names this key.
pub(super) fn is_the_key(disk: &dyn Disk, path: &Path, key: &Key) -> bool {
    let named = disk.read(&name_of_key(path), 256).unwrap_or_default();
    key_id(key).is_ok_and(|id| id.as_bytes() == named)
}

/// Every call in a damaged file that reads and that its chain does not contradict, oldest first.
pub(super) fn readable(disk: &dyn Disk, damaged: &Path, key: &Key) -> Vec<EscalationRow> {
    let reader = Reader { disk, damaged, key };
    if reader.ask("SELECT count(*) FROM sqlite_master", [], |_| Ok(())).is_none() {
        return Vec::new();
    }
    let last = reader.ask("SELECT coalesce(max(rowid), 0) FROM escalations", [], |row| row.get(0)).unwrap_or(MOST);
    (1..=last).filter_map(|row| reader.call(row)).collect()
}

struct Reader<'a> {
    disk: &'a dyn Disk,
    damaged: &'a Path,
    key: &'a Key,
}

impl Reader<'_> {
    /// Asks on a connection of its own: after one page that does not read, SQLCipher refuses everything on the old one.
    fn ask<T>(&self, sql: &str, values: impl rusqlite::Params, read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>) -> Option<T> {
        let connection = self.connection().ok()?;
        connection.query_row(sql, values, read).optional().ok()?
    }

    fn connection(&self) -> rusqlite::Result<Connection> {
        let connection = connection(self.disk, self.damaged, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
        connection.execute_batch(&self.key.pragma())?;
        Ok(connection)
    }

    fn call(&self, row: i64) -> Option<EscalationRow> {
        let (body, version, unknown): (String, Option<String>, bool) =
            self.ask("SELECT body, version, unknown FROM escalations WHERE rowid = ?", [row], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        let task = documents::parse(&body).ok()?;
        let said = "SELECT sum FROM chain WHERE id = ? AND what <> 'arrived' ORDER BY seq DESC LIMIT 1";
        let sum: Option<String> = self.ask(said, [task.id()], |row| row.get(0));
        // A chain that does not read contradicts nothing: each page proves itself, and a call must not wait for another's.
        let contradicted = sum.is_some_and(|sum| sum != chained(&[&body]));
        let unknown = unknown || version.is_none();
        (!contradicted).then_some(EscalationRow { task, version, unknown })
    }
}
