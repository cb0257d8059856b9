//! A database that is behind its journal is brought up to it at the opening, and says so (P3).
//!
//! Rule: entries above the database's number are taken in order, each with its number in one commit; what was aborted is
//! left out; a journal that does not read is moved aside. Neighbours: `second_copy` writes the numbers, `commit` takes acts.

use rusqlite::{Connection, Transaction};

use super::aside::aside;
use super::commit::apply;
use super::database::Opening;
use super::disk::Disk;
use super::drafts;
use super::error::StoreError;
use super::frame::{Entry, What};
use super::journal;
use super::key::Key;
use super::migrations::SCHEMA;
use super::sealed::Contents;
use super::second_copy::{SecondCopy, number, set_number};

/// Brings a database that is behind up to the journal. On return it holds everything that the journal does.
pub(super) fn roll_forward(
    copy: &mut SecondCopy,
    connection: &mut Connection,
    writer: &str,
    opening: &mut Opening,
) -> Result<(), StoreError> {
    let (disk, _, key) = copy.place();
    let entries = entries(disk.as_ref(), copy, &key, opening)?;
    let known = number(connection)?;
    let aborted: Vec<u64> = entries.iter().filter(|e| matches!(e.what, What::Abort)).map(|e| e.number).collect();
    for entry in entries.iter().filter(|e| known.is_none_or(|known| e.number > known) && !aborted.contains(&e.number)) {
        let tx = connection.transaction()?;
        if take(&tx, &entry.what, writer)? {
            opening.rolled_forward += 1;
        }
        set_number(&tx, entry.number)?;
        tx.commit()?;
    }
    copy.go_on_after(entries.iter().map(|e| e.number).max().max(known).unwrap_or(0), !entries.is_empty());
    Ok(())
}

fn entries(disk: &dyn Disk, copy: &SecondCopy, key: &Key, opening: &mut Opening) -> Result<Vec<Entry>, StoreError> {
    let contents = match journal::read(disk, copy.path(), key) {
        Ok(found) => found.unwrap_or_default(),
        Err(StoreError::KeyOrFile) => {
            opening.moved_aside.extend(aside(disk, copy.path())?);
            Contents::default()
        }
        Err(error) => return Err(error),
    };
    opening.damaged_frames = contents.damaged;
    // A frame of a later release is not dropped: the journal is not written anew while this one does not know it.
    let newer = |_| StoreError::Newer { found: SCHEMA + 1, known: SCHEMA };
    contents.frames.iter().map(|(text, _)| serde_json::from_slice::<Entry>(text).map_err(newer)).collect()
}

/// Takes an entry into a database that may not have it. Whether it brought anything.
pub(super) fn take(tx: &Transaction<'_>, what: &What, writer: &str) -> Result<bool, StoreError> {
    match what {
        What::Work(work) => apply(tx, work, writer),
        What::Draft(draft) => {
            drafts::save(tx, draft)?;
            Ok(true)
        }
        What::Abort => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::acts::{Ledger, Plan};
    use crate::base::ids::MemberId;
    use crate::fhir::{Document, Revision};
    use crate::store::Store;

    fn open(path: &Path) -> Store {
        Store::open(path, &Key::new(&[1; 32]).unwrap(), "agency").unwrap()
    }

    fn plan() -> Plan {
        Plan::new("test", &MemberId::derived("ana"), "2026-11-25T02:00:00Z".parse().unwrap(), "v")
    }

    fn writes(store: &mut Store, at: usize) {
        let id = format!("b{at}");
        store.commit(&plan().create(Document::new("Basic", &id))).unwrap();
        let mut changed = store.document("Basic", &id).unwrap().unwrap();
        changed.set("author", json!({ "display": at.to_string() }));
        store.commit(&plan().change(changed)).unwrap();
    }

    /// The revisions of everything here, by their names.
    fn names(store: &Store) -> Vec<String> {
        store.of_kind("Basic").unwrap().iter().map(|document| Revision::of(document).unwrap().name()).collect()
    }

    /// The database as it was after any of its acts, with the journal as it was at the end.
    #[test]
    fn a_database_that_was_behind_gives_no_name_twice() {
        const ACTS: usize = 4;
        for behind in 0..=ACTS {
            let folder = tempfile::tempdir().unwrap();
            let (path, kept) = (folder.path().join("w.db"), folder.path().join("kept.db"));
            let mut store = open(&path);
            for at in 0..ACTS {
                if at == behind {
                    store.close().unwrap();
                    std::fs::copy(&path, &kept).unwrap();
                    store = open(&path);
                }
                writes(&mut store, at);
            }
            let (used, counter) = (names(&store), store.setting("counter").unwrap());
            drop(store);
            if behind < ACTS {
                for log in ["db-wal", "db-shm"] {
                    let _ = std::fs::remove_file(path.with_extension(log));
                }
                std::fs::rename(&kept, &path).unwrap();
            }
            let mut store = open(&path);
            assert_eq!(store.opening().rolled_forward as usize, 2 * (ACTS - behind), "{behind} acts were there");
            assert_eq!(names(&store), used, "{behind} acts were there");
            assert_eq!(store.setting("counter").unwrap(), counter, "{behind} acts were there");
            writes(&mut store, ACTS);
            let now = names(&store);
            let once: std::collections::BTreeSet<&String> = now.iter().collect();
            assert_eq!(once.len(), ACTS + 1, "{behind} acts were there: {now:?}");
        }
    }
}
