//! Opening: a database that cannot be read is moved aside and salvaged, and one that is behind its journal is brought up to it.
//!
//! Rule: a wrong key, a file that is no database and a newer schema leave every byte as it was (P2, P7). One holder has a
//! database and its journal, across processes: two would write to two journals of one name (P3). Neighbours:
//! `connection` looks before it writes, `salvage` and `roll_forward` bring back what is unsent, `wipe` finishes what was cut
//! short.

use std::path::Path;
use std::sync::Arc;

use super::aside::aside;
use super::connection::connect;
use super::database::{Opening, SETTINGS, Store};
use super::disk::{Disk, Held, RealDisk};
use super::error::StoreError;
use super::journal;
use super::key::Key;
use super::keys::KeyFile;
use super::lock::hold;
use super::migrations::migrations;
use super::roll_forward::roll_forward;
use super::salvage::rescue;
use super::second_copy::SecondCopy;
use super::wipe::{finish_begun, lay_down_proof};

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

impl Store {
    /// Opens the database at `path`, made where there is none, for this agency.
    ///
    /// On return the schema is current and this phone's writer name is stored.
    ///
    /// # Errors
    /// [`StoreError::KeyOrFile`] and [`StoreError::Newer`] leave the file untouched; [`StoreError::InUse`] where somebody else has
    /// it open.
    pub fn open(path: &Path, key: &Key, agency: &str) -> Result<Self, StoreError> {
        Self::open_on(&RealDisk::shared(), path, key, agency)
    }

    /// As [`Store::open`], on this disk.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_on(disk: &Arc<dyn Disk>, path: &Path, key: &Key, agency: &str) -> Result<Self, StoreError> {
        let held = hold(disk.as_ref(), path)?;
        finish_begun(disk.as_ref(), path)?;
        let opened = match Self::ready(disk, path, key, agency) {
            // A page that does not read, where the key is known to be right: the file is damaged, and nothing else.
            Err(StoreError::Damaged) => Self::salvaged(disk, path, key, agency),
            Err(StoreError::KeyOrFile) if key_is_right(disk.as_ref(), path, key)? => Self::salvaged(disk, path, key, agency),
            other => other,
        }?;
        // Where the disk is full it is laid down by the next opening, or by the wipe itself.
        drop(lay_down_proof(disk.as_ref(), path, key));
        Ok(opened.held_by(held))
    }

    /// Closes a database in which a page was found damaged, moves it aside, and opens a new one with all that was unsent.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn mend(self) -> Result<Self, StoreError> {
        let Self { connection, agency, copy, held, .. } = self;
        drop(connection);
        let (disk, path, key) = copy.place();
        drop(copy);
        Ok(Self::salvaged(&disk, &path, &key, &agency)?.held_by(held))
    }

    fn held_by(self, held: Held) -> Self {
        Self { held, ..self }
    }

    fn salvaged(disk: &Arc<dyn Disk>, path: &Path, key: &Key, agency: &str) -> Result<Self, StoreError> {
        let aside = aside(disk.as_ref(), path)?;
        let mut store = Self::ready(disk, path, key, agency)?;
        store.opening.salvaged = std::mem::take(&mut store.opening.rolled_forward);
        if let Some(damaged) = aside.first() {
            let damaged = path.with_file_name(damaged);
            store.opening.salvaged += rescue(disk.as_ref(), &damaged, key, &mut store.connection, &store.writer)?;
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
        let mut store = Self {
            connection,
            writer: String::new(),
            agency: agency.to_owned(),
            copy,
            opening: Opening::default(),
            identity: disk.identity(path)?,
            held: Held::by(()),
        };
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
        store.fold_the_rest()?;
        roll_forward(&mut store.copy, &mut store.connection, &store.writer, &mut store.opening)?;
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new(&[byte; 32]).unwrap()
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
