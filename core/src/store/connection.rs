//! A connection to an encrypted SQLite file, with the settings that make a commit durable.
//!
//! Rule: nothing is created over, and nothing is written before the key and the schema are known to be good. Neighbours:
//! `open` for the work database, `escalations` for their own.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, ffi};

use super::disk::Disk;
use super::error::StoreError;
use super::key::{Key, leaving_no_trace};
use super::migrations::SCHEMA;

pub(super) fn connection(disk: &dyn Disk, path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match disk.vfs() {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs),
        None => Connection::open_with_flags(path, flags),
    }
}

/// Opens a SQLCipher file, made where there is none, with the settings that make a commit durable.
pub(super) fn connect(disk: &dyn Disk, path: &Path, key: &Key, settings: &str) -> Result<Connection, StoreError> {
    refuse_what_is_no_database(disk, path, key)?;
    let connection = connection(disk, path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    give_key(&connection, key)?;
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    connection.execute_batch(settings)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
    )?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// Gives SQLCipher the key by the call that is made for it, which wipes its copies: `PRAGMA key` would leave the statement's text in
/// memory that SQLite has freed.
#[allow(unsafe_code)]
pub(super) fn give_key(connection: &Connection, key: &Key) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    let text = key.in_hex();
    let length = std::ffi::c_int::try_from(text.len()).unwrap_or_default();
    // SAFETY: the handle is this open connection's own, and the text outlives the call, which copies what it needs.
    let code = leaving_no_trace(|| unsafe { ffi::sqlite3_key(connection.handle(), text.as_ptr().cast(), length) });
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)) }
}

/// Looks at an existing file read-only, so that a wrong key or a newer schema leaves every byte as it was.
fn refuse_what_is_no_database(disk: &dyn Disk, path: &Path, key: &Key) -> Result<(), StoreError> {
    if disk.length(path)?.unwrap_or(0) == 0 {
        return Ok(());
    }
    let looking = connection(disk, path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    give_key(&looking, key)?;
    let found: i64 = match looking.query_row("PRAGMA user_version", [], |row| row.get(0)) {
        // A commit that was cut short waits to be rolled back, which needs writing and brings back bytes that were there.
        Err(rusqlite::Error::SqliteFailure(failure, _)) if failure.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK => {
            return Ok(());
        }
        found => found?,
    };
    looking.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    if found > SCHEMA { Err(StoreError::Newer { found, known: SCHEMA }) } else { Ok(()) }
}
