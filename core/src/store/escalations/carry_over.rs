//! The calls of an earlier release, which kept them in one SQLCipher file: they go on in the files of today (P2, P7, P10).
//!
//! Rule: each call is read by itself; one that its hash chain contradicts stays behind, for a wrong call for help is worse than
//! none. A call that was not sent is looked for at the server before it goes again where the file is damaged, since it may not
//! have kept that it went. Where the calls are carried, the file is moved aside unchanged; where the key does not fit it stays.
//! Neighbours: `file` asks for them at each opening.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::frame::Said;
use crate::store::aside::{aside, last_aside};
use crate::store::audit::chained;
use crate::store::connection::{connect, connection, give_key};
use crate::store::disk::Disk;
use crate::store::documents;
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::keys::key_id;

/// Calls that are asked for one by one where the file does not say how many it holds.
const MOST: i64 = 128;
/// What an opening of such a file needs: its own journal is rolled back first.
const SETTINGS: &str = "PRAGMA journal_mode = PERSIST; PRAGMA journal_size_limit = -1; PRAGMA cache_size = -512;";

/// Where an earlier release kept the calls; `base` is the name of the work database.
pub(super) fn earlier(base: &Path) -> PathBuf {
    base.with_extension("escalations")
}

/// Whether a file beside it names this key as the earlier file's.
fn is_the_key(disk: &dyn Disk, path: &Path, key: &Key) -> bool {
    let named = disk.read(&path.with_extension("escalations-key"), 256).unwrap_or_default();
    key_id(key).is_ok_and(|id| id.as_bytes() == named)
}

/// What an earlier release's file holds.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// The calls with their ids, oldest first.
    pub calls: Vec<(String, Said)>,
    /// Whether the file was damaged.
    pub damaged: bool,
}

/// The calls of an earlier release's file; `None` where there is none, or this key does not open it: it stays untouched.
/// `fresh`: no calls were ever carried here, so that a file which was moved aside before counts too.
///
/// # Errors
/// [`StoreError`]; the next opening tries again.
pub(super) fn carried(disk: &dyn Disk, base: &Path, key: &Key, fresh: bool) -> Result<Option<Carried>, StoreError> {
    let path = earlier(base);
    if disk.length(&path)?.is_none() {
        let Some(before) = last_aside(disk, &path)?.filter(|_| fresh) else { return Ok(None) };
        return Ok(Some(Carried { calls: readable(disk, &before, key, true), damaged: true }));
    }
    let damaged = match connect(disk, &path, key, SETTINGS).and_then(|connection| every_page_reads(&connection)) {
        Ok(()) => false,
        Err(StoreError::Damaged) => true,
        Err(StoreError::KeyOrFile) if is_the_key(disk, &path, key) => true,
        Err(StoreError::KeyOrFile) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(Carried { calls: readable(disk, &path, key, damaged), damaged }))
}

/// Moves the earlier file aside, once its calls are kept. Returns its new names.
///
/// # Errors
/// [`StoreError`]; the next opening carries the same calls again, which changes nothing.
pub(super) fn put_aside(disk: &dyn Disk, base: &Path) -> Result<Vec<String>, StoreError> {
    aside(disk, &earlier(base))
}

fn every_page_reads(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare("PRAGMA cipher_integrity_check")?;
    let damaged = statement.query([])?.next()?.is_some();
    if damaged { Err(StoreError::Damaged) } else { Ok(()) }
}

/// Every call in the file that reads and that its chain does not contradict, oldest first.
fn readable(disk: &dyn Disk, path: &Path, key: &Key, damaged: bool) -> Vec<(String, Said)> {
    let reader = Reader { disk, path, key, damaged };
    if reader.ask("SELECT count(*) FROM sqlite_master", [], |_| Ok(())).is_none() {
        return Vec::new();
    }
    let last = reader.ask("SELECT coalesce(max(rowid), 0) FROM escalations", [], |row| row.get(0)).unwrap_or(MOST);
    (1..=last).filter_map(|row| reader.call(row)).collect()
}

struct Reader<'a> {
    disk: &'a dyn Disk,
    path: &'a Path,
    key: &'a Key,
    damaged: bool,
}

impl Reader<'_> {
    /// Asks on a connection of its own: after one page that does not read, SQLCipher refuses everything on the old one.
    fn ask<T>(&self, sql: &str, values: impl rusqlite::Params, read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>) -> Option<T> {
        let connection = self.connection().ok()?;
        connection.query_row(sql, values, read).optional().ok()?
    }

    fn connection(&self) -> rusqlite::Result<Connection> {
        let connection = connection(self.disk, self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        give_key(&connection, self.key)?;
        Ok(connection)
    }

    fn call(&self, row: i64) -> Option<(String, Said)> {
        let (body, version, unknown): (String, Option<String>, bool) =
            self.ask("SELECT body, version, unknown FROM escalations WHERE rowid = ?", [row], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        let task = documents::parse(&body).ok()?;
        let said = "SELECT sum FROM chain WHERE id = ? AND what <> 'arrived' ORDER BY seq DESC LIMIT 1";
        let sum: Option<String> = self.ask(said, [task.id()], |row| row.get(0));
        // A chain that does not read contradicts nothing: each page proves itself, and a call must not wait for another's.
        let contradicted = sum.is_some_and(|sum| sum != chained(&[&body]));
        let unknown = unknown || (self.damaged && version.is_none());
        (!contradicted).then(|| (task.id().to_owned(), Said::Carried { task: body, version, unknown }))
    }
}
