//! The open database.
//!
//! Rule: one writer; every function of [`Store`] is one short transaction, and when it returns Ok what it wrote is on disk.
//! Neighbours: `open` makes it, every other file here adds what it can do.

use rusqlite::Transaction;

use super::connection::connect;
use super::disk::Held;
use super::error::StoreError;
use super::frame::What;
use super::migrations;
use super::second_copy::{Kept, SecondCopy};

/// The open database. One writer; every function is one short transaction.
pub struct Store {
    pub(super) connection: rusqlite::Connection,
    pub(super) writer: String,
    pub(super) agency: String,
    pub(super) copy: SecondCopy,
    pub(super) opening: Opening,
    /// What tells the database's file from another of its name.
    pub(super) identity: Option<u64>,
    /// Nobody else has this database and its journal open.
    pub(super) held: Held,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// What an opening found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// Saves that were in the journal and not in the database, and are now.
    pub rolled_forward: u32,
    /// Places in the journal that could not be read.
    pub damaged_frames: u32,
    /// The names of files that could not be read and were moved aside. Nothing in them was changed.
    pub moved_aside: Vec<String>,
    /// Documents and drafts that were brought back from what was moved aside.
    pub salvaged: u32,
}

/// What a commit touched, as `Type/id`: what watches are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes(pub Vec<String>);

/// A write-ahead log, and a cache that holds a shift's pages (a page costs its decryption each time it is read anew).
pub(super) const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536;";

impl Store {
    /// The newest schema that this release knows.
    pub const SCHEMA: i64 = migrations::SCHEMA;

    /// The name under which this phone writes revisions and stamps.
    pub fn writer(&self) -> &str {
        &self.writer
    }

    /// What the opening found and did.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// The agency whose work this is, as an Organization's id.
    pub fn agency(&self) -> &str {
        &self.agency
    }

    /// Whether everything that is not yet safe at the agency has two copies on this phone.
    pub fn has_second_copy(&self) -> bool {
        self.copy.is_whole()
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

    /// One transaction with its journal entry: both on disk when it returns Ok. `write` may run twice.
    pub(super) fn keep(&mut self, write: impl Fn(&Transaction<'_>) -> Result<(What, usize), StoreError>) -> Result<(), StoreError> {
        let kept = self.keep_once(write);
        if matches!(kept, Err(StoreError::Database { .. } | StoreError::MaybeKept)) {
            // Where this fails too, the next call says so.
            let _ = self.reconnect();
        }
        kept
    }

    /// Whether the database's file still has its name. One that is gone takes what is written to it along.
    fn is_there(&self) -> Result<bool, StoreError> {
        let (disk, path, _) = self.copy.place();
        Ok(self.identity.is_some() && disk.identity(&path)? == self.identity)
    }

    fn keep_once(&mut self, write: impl Fn(&Transaction<'_>) -> Result<(What, usize), StoreError>) -> Result<(), StoreError> {
        if !self.is_there()? {
            return Err(StoreError::Damaged);
        }
        for _ in 0..2 {
            let tx = self.connection.transaction()?;
            let (what, items) = write(&tx)?;
            let needed = what.size();
            let kept = self.copy.keep(&tx, what, items)?;
            if matches!(kept, Kept::NoRoom) {
                drop(tx);
                self.copy.renew(&self.connection, needed);
                continue;
            }
            let settled = self.copy.settle(kept, tx.commit().map_err(StoreError::from));
            self.copy.mend(&self.connection);
            return settled;
        }
        Err(StoreError::Full)
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
