//! The named wipe: the only way in which this client removes unsent work (P6).
//!
//! Rule: whoever wipes says how many unsent things that destroys; a wrong number destroys nothing. Before the first file
//! goes, a record stands beside them on disk (`wiping`); a wipe that was cut short is finished before anything else is made
//! in its place. The record holds a word that only the database's key gives, and whose hash the database has laid down in its
//! lock file: a record that nobody wrote with that key destroys nothing and bars nothing, and is moved aside. With the last file
//! gone the record says so (`wiped`) and removes nothing any more; the next database begins its audit chain with it, so that the
//! gap shows (P27).
//! Neighbours: `open` finishes and notes, `api` names.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::aside::aside;
use super::audit::{self, chained};
use super::database::Store;
use super::disk::{Disk, write_new};
use super::error::StoreError;
use super::frame::Work;
use super::key::Key;
use super::lock;
use crate::base::Code;
use crate::base::clock::Instant;
use crate::delivery::WipeReason;

/// 1 held no proof and is not believed any more.
const FORMAT: u32 = 2;
/// What the word that proves a record is for.
const PURPOSE: &[u8] = b"anydoor wipe 2";
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
    /// The word that only the database's key gives.
    #[serde(default)]
    proof: String,
    /// The names of the files of calls for help that go: what is called after is no part of this.
    #[serde(default)]
    calls: Vec<String>,
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

/// Reads a record; one that is none is moved aside.
fn read(disk: &dyn Disk, record: &Path) -> Result<Option<Record>, StoreError> {
    if disk.length(record)?.is_none() {
        return Ok(None);
    }
    match disk.read(record, MOST).map(|bytes| serde_json::from_slice(&bytes)) {
        Ok(Ok(read)) => Ok(Some(read)),
        Ok(Err(_)) => aside(disk, record).map(|_| None),
        Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => aside(disk, record).map(|_| None),
        Err(error) => Err(error.into()),
    }
}

/// The word that only this key gives: it proves that a wipe was named by whoever had the database open.
fn proof(key: &Key) -> Result<String, StoreError> {
    key.word(PURPOSE)
}

/// What the lock file lays down of that word.
fn seal(proof: &str) -> String {
    chained(&[proof])
}

fn is_proven(disk: &dyn Disk, path: &Path, record: &Record) -> Result<bool, StoreError> {
    let laid_down = match disk.read(&lock::beside(path), MOST) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        read => read?,
    };
    Ok(record.format == FORMAT && laid_down == seal(&record.proof).as_bytes())
}

/// The files of calls for help that a wipe which was cut short is about to take along.
pub(super) fn going(disk: &dyn Disk, path: &Path) -> Vec<String> {
    let record: Option<Record> = disk.read(&begun(path), MOST).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    record.filter(|record| is_proven(disk, path, record).unwrap_or_default()).map(|record| record.calls).unwrap_or_default()
}

/// The names of every file of calls, with their copies and locks: what a wipe takes along.
fn files_of_calls(disk: &dyn Disk, path: &Path) -> Result<Vec<String>, StoreError> {
    let (Some(folder), Some(stem)) = (path.parent(), path.file_stem()) else { return Ok(Vec::new()) };
    let calls = format!("{}.calls-", stem.to_string_lossy());
    let files = disk.list(folder)?;
    let names = files.iter().filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned()));
    Ok(names.filter(|name| name.starts_with(&calls)).collect())
}

/// Lays down in the lock file by which word a wipe of this database is known. In place: the lock hangs on the file.
pub(super) fn lay_down_proof(disk: &dyn Disk, path: &Path, key: &Key) -> Result<(), StoreError> {
    let (lock, seal) = (lock::beside(path), seal(&proof(key)?));
    if disk.read(&lock, MOST)? == seal.as_bytes() {
        return Ok(());
    }
    let mut file = disk.open(&lock, false)?;
    file.write_at(0, seal.as_bytes())?;
    Ok(file.sync()?)
}

impl Wipe {
    /// Removes every file of the database: its key file first, then the rest. On return they are gone from the disk.
    ///
    /// # Errors
    /// [`StoreError::File`]; the next opening goes on with it.
    pub fn finish(self, disk: &dyn Disk) -> Result<(), StoreError> {
        finish_begun(disk, &self.path)
    }
}

/// Everything of this database, but the record, the lock and what was called after; then the record says that it is done.
fn remove(disk: &dyn Disk, path: &Path, record: &Record) -> Result<(), StoreError> {
    let (Some(folder), Some(stem)) = (path.parent(), path.file_stem()) else { return Ok(()) };
    let stay = [begun(path), ended(path), lock::beside(path)];
    let goes = |name: &str| match name.strip_prefix(&*stem.to_string_lossy()) {
        Some(rest) if rest.starts_with(".calls-") => record.calls.iter().any(|call| call == name),
        Some(rest) => rest.starts_with('.'),
        None => false,
    };
    let mut files = disk.list(folder)?;
    files.retain(|file| !stay.contains(file) && file.file_name().is_some_and(|name| goes(&name.to_string_lossy())));
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
        Some(record) if is_proven(disk, path, &record)? => remove(disk, path, &record),
        Some(_) => aside(disk, &begun(path)).map(drop),
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
        let (disk, path, key) = self.copy.place();
        lay_down_proof(disk.as_ref(), &path, &key)?;
        let (at, who, reason) = (at.to_string(), who.to_owned(), reason.code().to_owned());
        let calls = files_of_calls(disk.as_ref(), &path)?;
        let record = Record { format: FORMAT, at, who, reason, unsent, head, proof: proof(&key)?, calls };
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
    use crate::store::Escalations;
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
        assert_eq!(left, ["work-1.lock", "work-1.wiped"]);
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

    #[test]
    fn a_record_that_nobody_wrote_with_the_key_destroys_nothing_and_bars_nothing() {
        let record = |format: u32, proof: &str| {
            serde_json::json!({ "format": format, "at": at().to_string(), "who": "m", "reason": "ordered", "unsent": 1, "head": null, "proof": proof })
                .to_string()
        };
        let others = Key::new(&[8; 32]).unwrap();
        for (what, planted) in [
            ("garbage", "garbage".to_owned()),
            ("nothing", String::new()),
            ("as an earlier release wrote it", record(1, "")),
            ("without a proof", record(2, "")),
            ("with a made-up proof", record(2, &"0".repeat(64))),
            ("with another key's proof", record(2, &proof(&others).unwrap())),
            ("too long", "x".repeat(100_000)),
        ] {
            for key in [key(), others.clone()] {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("work-1.db");
                drop(with_one_unsent(&path));
                std::fs::write(begun(&path), &planted).unwrap();
                std::fs::write(ended(&path), "garbage").unwrap();
                drop(Store::open(&path, &key, "agency"));
                let store = Store::open(&path, &self::key(), "agency").unwrap_or_else(|error| panic!("{what}: barred: {error}"));
                assert_eq!(store.unsent().unwrap().len(), 1, "{what}: the unsent note is gone");
                assert_eq!(std::fs::read_to_string(folder.path().join("work-1.wiping.damaged-1")).unwrap(), planted, "{what}");
            }
        }
    }

    #[test]
    fn a_call_for_help_that_was_made_after_the_record_is_not_wiped_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work-1.db");
        let store = with_one_unsent(&path);
        drop(Escalations::open(&path, &key()));
        drop((store.name_wipe(1, WipeReason::Ordered, "member", at()).unwrap(), store));
        let mut calls = Escalations::open(&path, &key());
        calls.keep(&Document::new("Task", "help"), None).unwrap();
        drop(calls);
        drop(Store::open(&path, &key(), "agency").unwrap());
        assert_eq!(Escalations::open(&path, &key()).all().len(), 1);
        assert!(!path.with_extension("calls-1").exists() && path.with_extension("calls-2").exists());
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
        fn identity(&self, path: &Path) -> std::io::Result<Option<u64>> {
            RealDisk.identity(path)
        }
        fn hold(&self, path: &Path) -> std::io::Result<Option<crate::store::disk::Held>> {
            RealDisk.hold(path)
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
