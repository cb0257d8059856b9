//! Opening: nothing is created over, and nothing is written before the key and the schema are known to be good.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};
use zeroize::Zeroizing;

use super::disk::{Disk, RealDisk};
use super::keys::KeyFile;
use super::second_copy::{Opening, SecondCopy};
use super::{Store, StoreError, journal, salvage};

/// A raw 32-byte key, as the phone's key store unwraps it. Wiped when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Takes a key.
    ///
    /// # Errors
    /// [`StoreError::KeyOrFile`] where it is not 32 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, StoreError> {
        Ok(Self(Zeroizing::new(bytes.try_into().map_err(|_| StoreError::KeyOrFile)?)))
    }
    /// The bytes, for the agency's recovery: what gives them out must know who asks.
    pub fn revealed(&self) -> &[u8] {
        self.0.as_slice()
    }
    /// The bytes, for deriving other keys.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
    /// SQLCipher's raw form, which skips the 390 ms of passphrase stretching.
    pub(super) fn pragma(&self) -> Zeroizing<String> {
        let hex: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        Zeroizing::new(format!("PRAGMA key = \"x'{hex}'\";"))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The name of the database of this server, agency and user: another user of the same phone has another file.
pub fn file_name(server: &str, agency: &str, user: &str) -> String {
    format!("work-{}.db", crate::base::ids::derived("database", &format!("{server}\n{agency}\n{user}")))
}

/// A write-ahead log, and a cache that holds a shift's pages (a page costs its decryption each time it is read anew).
const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536;";

fn migrations() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(include_str!("../../migrations/0001_first_shift.sql")),
        M::up(include_str!("../../migrations/0002_second_copy.sql")),
        M::up(include_str!("../../migrations/0003_entered_in_error.sql")),
        M::up(include_str!("../../migrations/0004_teams.sql")),
    ])
}

pub(super) fn connection(disk: &dyn Disk, path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match disk.vfs() {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs),
        None => Connection::open_with_flags(path, flags),
    }
}

/// Whether this is the database's key, whatever the database says: the key file names it, or it opens a frame of the journal.
fn key_is_right(disk: &dyn Disk, path: &Path, key: &Key) -> Result<bool, StoreError> {
    if let Ok(Some(file)) = KeyFile::read(disk, path) {
        return Ok(file.fits(key));
    }
    match journal::read(disk, &journal::beside(path), key) {
        Ok(found) => Ok(found.is_some()),
        Err(StoreError::KeyOrFile) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Opens a SQLCipher file, made where there is none, with the settings that make a commit durable.
pub(super) fn connect(disk: &dyn Disk, path: &Path, key: &Key, settings: &str) -> Result<Connection, StoreError> {
    refuse_what_is_no_database(disk, path, key)?;
    let connection = connection(disk, path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    connection.execute_batch(&key.pragma())?;
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    connection.execute_batch(settings)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
    )?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// Looks at an existing file read-only, so that a wrong key or a newer schema leaves every byte as it was.
fn refuse_what_is_no_database(disk: &dyn Disk, path: &Path, key: &Key) -> Result<(), StoreError> {
    if disk.length(path)?.unwrap_or(0) == 0 {
        return Ok(());
    }
    let looking = connection(disk, path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    looking.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    looking.execute_batch(&key.pragma())?;
    let found: i64 = match looking.query_row("PRAGMA user_version", [], |row| row.get(0)) {
        // A commit that was cut short waits to be rolled back, which needs writing and brings back bytes that were there.
        Err(rusqlite::Error::SqliteFailure(failure, _)) if failure.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK => {
            return Ok(());
        }
        found => found?,
    };
    looking.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    if found > Store::SCHEMA { Err(StoreError::Newer { found, known: Store::SCHEMA }) } else { Ok(()) }
}

impl Store {
    /// The newest schema that this release knows.
    pub const SCHEMA: i64 = 4;

    /// Opens the database at `path`, made where there is none, for this agency.
    ///
    /// On return the schema is current and this phone's writer name is stored.
    ///
    /// # Errors
    /// [`StoreError::KeyOrFile`] and [`StoreError::Newer`] leave the file untouched.
    pub fn open(path: &Path, key: &Key, agency: &str) -> Result<Self, StoreError> {
        Self::open_on(&RealDisk::shared(), path, key, agency)
    }

    /// As [`Store::open`], on this disk.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_on(disk: &Arc<dyn Disk>, path: &Path, key: &Key, agency: &str) -> Result<Self, StoreError> {
        super::wipe::finish_begun(disk.as_ref(), path)?;
        match Self::ready(disk, path, key, agency) {
            // A page that does not read, where the key is known to be right: the file is damaged, and nothing else.
            Err(StoreError::Damaged) => Self::salvaged(disk, path, key, agency),
            Err(StoreError::KeyOrFile) if key_is_right(disk.as_ref(), path, key)? => Self::salvaged(disk, path, key, agency),
            other => other,
        }
    }

    /// Lets go of the connection and makes a new one: after one read that failed, SQLCipher refuses everything on the old one.
    ///
    /// # Errors
    /// As [`Store::open`]; then the old connection stays.
    pub fn reconnect(&mut self) -> Result<(), StoreError> {
        let (disk, path, key) = self.copy.place();
        self.connection = connect(disk.as_ref(), &path, &key, SETTINGS)?;
        Ok(())
    }

    /// Closes a database in which a page was found damaged, moves it aside, and opens a new one with all that was unsent.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn mend(self) -> Result<Self, StoreError> {
        let Self { connection, agency, copy, .. } = self;
        drop(connection);
        let (disk, path, key) = copy.place();
        drop(copy);
        Self::salvaged(&disk, &path, &key, &agency)
    }

    fn salvaged(disk: &Arc<dyn Disk>, path: &Path, key: &Key, agency: &str) -> Result<Self, StoreError> {
        let aside = salvage::aside(disk.as_ref(), path)?;
        let mut store = Self::ready(disk, path, key, agency)?;
        store.opening.salvaged = std::mem::take(&mut store.opening.rolled_forward);
        if let Some(damaged) = aside.first() {
            let damaged = path.with_file_name(damaged);
            store.opening.salvaged += salvage::rescue(disk.as_ref(), &damaged, key, &mut store.connection, &store.writer)?;
        }
        store.opening.moved_aside.extend(aside);
        store.copy.renew(&store.connection, 0);
        Ok(store)
    }

    fn ready(disk: &Arc<dyn Disk>, path: &Path, key: &Key, agency: &str) -> Result<Self, StoreError> {
        let mut connection = connect(disk.as_ref(), path, key, SETTINGS)?;
        migrations().to_latest(&mut connection).map_err(|error| match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
            _ => StoreError::Database { code: 0 },
        })?;
        let copy = SecondCopy::new(disk, path, key);
        let mut store = Self { connection, writer: String::new(), agency: agency.to_owned(), copy, opening: Opening::default() };
        store.read_what_is_unsent()?;
        store.writer = match store.setting("writer")? {
            Some(writer) => writer,
            None => {
                let fresh = crate::base::ids::fresh();
                store.set_setting("writer", &fresh)?;
                fresh
            }
        };
        store.note_wipe()?;
        store.copy.roll_forward(&mut store.connection, &store.writer, &mut store.opening)?;
        if store.opening.damaged_frames > 0 || !store.opening.moved_aside.is_empty() {
            store.copy.renew(&store.connection, 0);
        }
        Ok(store)
    }

    /// Reads every page that holds unsent work, so that damage there is found now and not when it is needed.
    fn read_what_is_unsent(&self) -> Result<(), StoreError> {
        let all = "SELECT max(substr(d.body, -1)), max(substr(d.base_body, -1)), max(i.sent) FROM unproven u
                   LEFT JOIN documents d ON d.kind = u.kind AND d.id = u.id LEFT JOIN intents i ON i.kind = u.kind AND i.id = u.id";
        self.connection.query_row(all, [], |_| Ok(()))?;
        Ok(self.connection.query_row("SELECT max(substr(text, -1)) FROM drafts", [], |_| Ok(()))?)
    }

    /// The name under which this phone writes revisions and stamps.
    pub fn writer(&self) -> &str {
        &self.writer
    }

    /// Writes everything into the main file and closes: iOS kills an app that holds a lock when it is suspended. On return
    /// the journal holds what is unsent and the drafts, and nothing else.
    ///
    /// # Errors
    /// [`StoreError`] where the checkpoint fails; the work is still in the write-ahead log.
    pub fn close(mut self) -> Result<(), StoreError> {
        if self.copy.has_grown() {
            self.copy.renew(&self.connection, 0);
        }
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.connection.close().map_err(|(_, error)| error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new(&[byte; 32]).unwrap()
    }

    #[test]
    fn the_migrations_are_sound() {
        migrations().validate().unwrap();
    }

    #[test]
    fn a_wrong_key_is_refused_and_the_file_is_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("work.db");
        Store::open(&path, &key(1), "agency").unwrap().close().unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(Store::open(&path, &key(2), "agency"), Err(StoreError::KeyOrFile)));
        assert_eq!(std::fs::read(&path).unwrap(), before);
        Store::open(&path, &key(1), "agency").unwrap();
    }

    #[test]
    fn a_file_that_is_no_database_is_refused_and_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("work.db");
        std::fs::write(&path, "not a database, but somebody's letter".repeat(200)).unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(Store::open(&path, &key(1), "agency"), Err(StoreError::KeyOrFile)));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_newer_schema_is_refused_and_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("work.db");
        let store = Store::open(&path, &key(1), "agency").unwrap();
        store.connection.execute_batch("PRAGMA user_version = 99").unwrap();
        store.close().unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(Store::open(&path, &key(1), "agency"), Err(StoreError::Newer { found: 99, known: Store::SCHEMA })));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn nothing_readable_is_on_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("work.db");
        let store = Store::open(&path, &key(1), "agency").unwrap();
        store.set_setting("word", "canary-canary").unwrap();
        store.close().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(6).any(|w| w == b"canary" || w == b"SQLite"));
    }
}
