//! Two processes open one member's work; its files are taken away under it (P1, P3).

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anydoor_core::acts::Ledger;
use anydoor_core::store::{Key, Store, StoreError};
use anydoor_tests::fixtures::{self, note, sign};

fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(path, &Key::new(&[7; 32]).unwrap(), "agency")
}

fn write(store: &mut Store, text: &str) -> Result<(), StoreError> {
    store.commit(&sign(note("note", text.to_owned()), &fixtures::author()).unwrap().0)
}

/// The other process: opens, says what became of it, and stays.
#[test]
fn as_the_other_holder() {
    let Ok(path) = std::env::var("ANYDOOR_OTHER_HOLDER") else { return };
    let opened = open(Path::new(&path));
    println!("\n{}", opened.as_ref().map_or_else(|error| format!("refused: {error:?}"), |_| "holds".into()));
    std::io::stdout().flush().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(60));
}

fn other(path: &Path) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "attacks::holders::as_the_other_holder", "--nocapture", "--test-threads=1"])
        .env("ANYDOOR_OTHER_HOLDER", path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.find(|line| line == "holds" || line.starts_with("refused")).unwrap();
    (child, said)
}

#[test]
fn one_process_holds_a_members_work_and_a_dead_one_holds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.db");
    let mut store = open(&path).unwrap();
    write(&mut store, "first").unwrap();
    assert!(matches!(open(&path), Err(StoreError::InUse)), "within the same process, as of an activity that was made anew");
    let (mut refused, said) = other(&path);
    assert_eq!(said, "refused: InUse");
    refused.kill().unwrap();
    refused.wait().unwrap();
    // What the other tried has cost nothing: both copies are written to.
    write(&mut store, "second").unwrap();
    assert!(store.has_second_copy());
    drop(store);
    let (mut holds, said) = other(&path);
    assert_eq!(said, "holds");
    assert!(matches!(open(&path), Err(StoreError::InUse)));
    holds.kill().unwrap(); // SIGKILL
    holds.wait().unwrap();
    assert_eq!(open(&path).unwrap().unsent().unwrap().len(), 2);
}

#[test]
fn a_journal_that_was_put_in_place_of_ours_is_never_written_beside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.db");
    let mut store = open(&path).unwrap();
    write(&mut store, "first").unwrap();
    let journal = path.with_extension("journal");
    std::fs::rename(&journal, folder.path().join("old")).unwrap();
    std::fs::copy(folder.path().join("old"), &journal).unwrap();
    write(&mut store, "second").unwrap();
    assert!(store.has_second_copy(), "a new journal takes its place");
    drop(store);
    // The database is lost; the journal of that name has both.
    std::fs::remove_file(&path).unwrap();
    let _ = std::fs::remove_file(path.with_extension("db-wal"));
    assert_eq!(open(&path).unwrap().unsent().unwrap().len(), 2);
}

#[test]
fn what_is_written_after_the_database_was_taken_away_is_never_called_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.db");
    let mut store = open(&path).unwrap();
    write(&mut store, "first").unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(write(&mut store, "second"), Err(StoreError::Damaged)), "it goes into a file that has no name");
    // As the api does: mended, it has what was unsent, and takes the next.
    let mut store = store.mend().unwrap();
    write(&mut store, "second").unwrap();
    assert_eq!(store.unsent().unwrap().len(), 2);
    std::fs::remove_dir_all(folder.path()).unwrap();
    assert!(write(&mut store, "third").is_err(), "the folder is gone");
    assert!(store.mend().is_err());
}
