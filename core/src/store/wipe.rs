//! The named wipe: the only way in which this client removes unsent work (P6).
//!
//! Rule: whoever wipes says how many unsent things that destroys; a wrong number destroys nothing. Before the first file
//! goes, a record stands beside them on disk (`wiping`); a wipe that was cut short is finished before anything else is made
//! in its place. With the last file gone the record says so (`wiped`) and removes nothing any more; the next database
//! begins its audit chain with it, so that the gap shows (P27).
//! Neighbours: `open` finishes and notes, `api` names.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::audit;
use super::database::Store;
use super::disk::{Disk, write_new};
use super::error::StoreError;
use super::frame::Work;
use crate::base::Code;
use crate::base::clock::Instant;
use crate::delivery::WipeReason;

const FORMAT: u32 = 1;
/// The longest record that is read, in bytes.
const MOST: u64 = 4_096;

/// What stays of a wiped database: no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    format: u32,
    at: String,
    who: String,
    reason: String,
    /// Unsent things that were destroyed.
    unsent: u32,
    /// The last hash of the audit chain that was destroyed.
    head: Option<String>,
}

impl Record {
    fn subject(&self) -> String {
        format!("{}, {} unsent, chain {}", self.reason, self.unsent, self.head.as_deref().unwrap_or("empty"))
    }
}

/// A wipe that has been named and stands on disk; [`Wipe::finish`] removes the files.
#[derive(Debug)]
pub struct Wipe {
    path: PathBuf,
}

/// The record while files go.
fn begun(path: &Path) -> PathBuf {
    path.with_extension("wiping")
}

/// The record once all are gone.
fn ended(path: &Path) -> PathBuf {
    path.with_extension("wiped")
}

fn read(disk: &dyn Disk, record: &Path) -> Result<Option<Record>, StoreError> {
    if disk.length(record)?.is_none() {
        return Ok(None);
    }
    // Written whole or not at all, under a name that nothing else has.
    serde_json::from_slice(&disk.read(record, MOST)?).map(Some).map_err(|_| StoreError::File(std::io::ErrorKind::InvalidData))
}

impl Wipe {
    /// Removes every file of the database: its key file first, then the rest. On return they are gone from the disk.
    ///
    /// # Errors
    /// [`StoreError::File`]; the next opening goes on with it.
    pub fn finish(self, disk: &dyn Disk) -> Result<(), StoreError> {
        remove(disk, &self.path)
    }
}

/// Everything of this database, but the record; then the record says that it is done.
fn remove(disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
    let (Some(folder), Some(stem)) = (path.parent(), path.file_stem()) else { return Ok(()) };
    let (own, records) = (format!("{}.", stem.to_string_lossy()), [begun(path), ended(path)]);
    let mut files = disk.list(folder)?;
    files.retain(|file| !records.contains(file) && file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&own)));
    files.sort_by_key(|file| file.extension().is_none_or(|kind| kind != "key"));
    for file in files {
        disk.remove(&file)?;
    }
    Ok(disk.rename(&begun(path), &ended(path))?)
}

/// Goes on with a wipe of the database at `path` that was cut short: nothing of the old one is read any more. Comes before
/// anything new is made under its name: a key file, a database, a file of escalations.
///
/// # Errors
/// [`StoreError::File`]; then nothing is to be made there yet.
pub fn finish_begun(disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
    match read(disk, &begun(path))? {
        Some(_) => remove(disk, path),
        None => Ok(()),
    }
}

impl Store {
    /// How many unsent things a wipe would destroy: outbox items and drafts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unsent_and_drafts(&self) -> Result<u32, StoreError> {
        Ok(self.connection.query_row("SELECT (SELECT count(*) FROM intents) + (SELECT count(*) FROM drafts)", [], |row| row.get(0))?)
    }

    /// Names a wipe of this database. On return its record is on disk and nothing is removed; the store is to be dropped and
    /// [`Wipe::finish`] called.
    ///
    /// # Errors
    /// [`StoreError::OtherCount`] where `unsent` is not what would be destroyed: nothing was written.
    pub fn name_wipe(&self, unsent: u32, reason: WipeReason, who: &str, at: Instant) -> Result<Wipe, StoreError> {
        let now = self.unsent_and_drafts()?;
        if now != unsent {
            return Err(StoreError::OtherCount { now });
        }
        let head = self.audit_head()?;
        let record = Record { format: FORMAT, at: at.to_string(), who: who.to_owned(), reason: reason.code().to_owned(), unsent, head };
        let (disk, path, _) = self.copy.place();
        let fresh = path.with_extension("wiping-new");
        let text = serde_json::to_vec(&record).map_err(|_| StoreError::Cipher)?;
        write_new(disk.as_ref(), &fresh, &text)?;
        if let Err(error) = disk.rename(&fresh, &begun(&path)) {
            // The record may stand, and would destroy at the next opening what is saved until then. Where it cannot be taken
            // back the wipe goes on, as it was ordered.
            if disk.remove(&begun(&path)).is_ok() {
                return Err(error.into());
            }
        }
        Ok(Wipe { path })
    }

    /// Takes the record of a wipe into this database's audit chain, and lets the record go.
    pub(super) fn note_wipe(&mut self) -> Result<(), StoreError> {
        let (disk, path, _) = self.copy.place();
        let Some(record) = read(disk.as_ref(), &ended(&path))? else { return Ok(()) };
        let noted: bool = self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM audit WHERE act = 'wipe' AND at = ? AND subject = ?)",
            [&record.at, &record.subject()],
            |row| row.get(0),
        )?;
        if !noted {
            let tx = self.connection.transaction()?;
            let work = Work { name: "wipe".into(), who: record.who.clone(), at: record.at.clone(), ..Work::default() };
            audit::append(&tx, &work, &record.subject())?;
            tx.commit()?;
        }
        Ok(disk.remove(&ended(&path))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::{Ledger, Plan};
    use crate::base::ids::MemberId;
    use crate::fhir::Document;
    use crate::store::Key;
    use crate::store::disk::RealDisk;

    fn key() -> Key {
        Key::new(&[7; 32]).unwrap()
    }

    fn at() -> Instant {
        "2026-11-25T02:00:00Z".parse().unwrap()
    }

    fn with_one_unsent(path: &Path) -> Store {
        let mut store = Store::open(path, &key(), "agency").unwrap();
        let plan = Plan::new("test", &MemberId::fresh(), at(), "v").create(Document::new("Basic", "b"));
        store.commit(&plan).unwrap();
        store
    }

    fn files(folder: &Path) -> Vec<String> {
        RealDisk.list(folder).unwrap().iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_wipe_that_does_not_say_what_it_destroys_destroys_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work-1.db");
        let store = with_one_unsent(&path);
        assert!(matches!(store.name_wipe(0, WipeReason::Ordered, "m", at()), Err(StoreError::OtherCount { now: 1 })));
        drop(store);
        assert!(files(folder.path()).iter().all(|name| !name.contains("wiped")));
        assert_eq!(Store::open(&path, &key(), "agency").unwrap().unsent().unwrap().len(), 1);
    }

    #[test]
    fn a_wipe_leaves_nothing_of_its_own_database_and_everything_of_others_and_the_next_chain_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("work-1.db"), folder.path().join("work-12.db"));
        drop(with_one_unsent(&other));
        let others: Vec<String> = files(folder.path());
        let store = with_one_unsent(&path);
        let head = store.audit_head().unwrap().unwrap();
        let wipe = store.name_wipe(1, WipeReason::LeftAgency, "member", at()).unwrap();
        drop(store);
        wipe.finish(&RealDisk).unwrap();
        let mut left = files(folder.path());
        left.retain(|name| !others.contains(name));
        assert_eq!(left, ["work-1.wiped"]);
        let store = Store::open(&path, &key(), "agency").unwrap();
        assert_eq!(store.unsent().unwrap(), []);
        assert_eq!(store.first_break_in_audit().unwrap(), None);
        assert_eq!(store.audit_rows("wipe").unwrap(), [format!("left-agency, 1 unsent, chain {head}")]);
        drop(store);
        // Once, however often it is opened.
        assert_eq!(Store::open(&path, &key(), "agency").unwrap().audit_rows("wipe").unwrap().len(), 1);
        assert!(!files(folder.path()).contains(&"work-1.wiped".to_owned()));
    }

    #[test]
    fn a_wipe_that_was_cut_short_is_finished_at_the_next_opening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work-1.db");
        let store = with_one_unsent(&path);
        let wipe = store.name_wipe(1, WipeReason::PhoneAtRisk, "member", at()).unwrap();
        drop((store, wipe));
        // Killed here: every file is still there, and another key stands for the next member's.
        let store = Store::open(&path, &Key::new(&[8; 32]).unwrap(), "agency").unwrap();
        assert_eq!(store.unsent().unwrap(), []);
        assert_eq!(store.audit_rows("wipe").unwrap().len(), 1);
    }

    #[test]
    fn what_is_made_after_a_wipe_is_not_touched_by_its_record() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work-1.db");
        let store = with_one_unsent(&path);
        let wipe = store.name_wipe(1, WipeReason::PhoneHandedOn, "member", at()).unwrap();
        drop(store);
        wipe.finish(&RealDisk).unwrap();
        // The next key file and a call for help come before the next database.
        std::fs::write(path.with_extension("key"), "wrapped").unwrap();
        std::fs::write(path.with_extension("escalations"), "help").unwrap();
        drop(Store::open(&path, &key(), "agency").unwrap());
        assert!(path.with_extension("key").exists(), "the new database has lost its key");
        assert!(path.with_extension("escalations").exists(), "a call for help is gone");
    }

    /// A disk on which one name cannot be synced.
    #[derive(Debug)]
    struct Unsynced;

    impl Disk for Unsynced {
        fn length(&self, path: &Path) -> std::io::Result<Option<u64>> {
            RealDisk.length(path)
        }
        fn read(&self, path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
            RealDisk.read(path, most)
        }
        fn open(&self, path: &Path, new: bool) -> std::io::Result<Box<dyn crate::store::disk::DiskFile>> {
            RealDisk.open(path, new)
        }
        fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
            RealDisk.rename(from, to)?;
            let record = to.extension().is_some_and(|kind| kind.to_string_lossy().starts_with("wip"));
            if record { Err(std::io::ErrorKind::Other.into()) } else { Ok(()) }
        }
        fn remove(&self, path: &Path) -> std::io::Result<()> {
            RealDisk.remove(path)
        }
        fn list(&self, folder: &Path) -> std::io::Result<Vec<PathBuf>> {
            RealDisk.list(folder)
        }
    }

    #[test]
    fn a_wipe_whose_record_could_not_be_written_destroys_nothing_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work-1.db");
        drop(with_one_unsent(&path));
        let disk: std::sync::Arc<dyn Disk> = std::sync::Arc::new(Unsynced);
        let mut store = Store::open_on(&disk, &path, &key(), "agency").unwrap();
        store.name_wipe(1, WipeReason::Ordered, "member", at()).unwrap_err();
        // The member was told that nothing was removed, and goes on.
        let plan = Plan::new("test", &MemberId::fresh(), at(), "v").create(Document::new("Basic", "after"));
        store.commit(&plan).unwrap();
        drop(store);
        assert_eq!(Store::open(&path, &key(), "agency").unwrap().unsent().unwrap().len(), 2);
    }
}
