//! The escalations' own file rots: what reads goes on, nothing is wrong, the damaged file is kept as it was (P2, P10).

use anydoor_core::store::Escalations;

use super::*;

const CALLS: usize = 30;
/// The first of them that the server has not got.
const UNSENT: usize = 20;

fn call(at: usize) -> Document {
    let mut task = Document::new("Task", &format!("call-{at}"));
    task.set("status", json!("requested")).set("description", json!(format!("call {at}: {}", "help at the bridge; ".repeat(30))));
    task
}

/// The files as a crash leaves them: calls that the server has, one that the receiver has answered, and calls unsent.
fn calls_made() -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let mut file = Escalations::open(&folder.path().join("help.escalations"), &key()).unwrap();
    for at in 0..CALLS {
        file.keep(&call(at)).unwrap();
        if at < UNSENT {
            file.arrived(&format!("call-{at}"), "1").unwrap();
        }
    }
    let mut answered = call(0);
    answered.set("meta", json!({ "versionId": "2" })).set("status", json!("accepted"));
    assert_eq!(file.heard(&answered).unwrap().0.len(), 1);
    drop(file);
    let read = |entry: std::fs::DirEntry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap());
    std::fs::read_dir(folder.path()).unwrap().map(|entry| read(entry.unwrap())).collect()
}

/// What came of one damaged file.
#[derive(Debug, Default, Clone, Copy)]
struct Rotten {
    aside: bool,
    lost: usize,
}

/// Opens the file of this folder twice and reads it: every call that is there is right, and one that is not there was in a
/// file that was moved aside, is kept byte for byte, and is named.
fn opened(folder: &Path, damaged: &[u8], what: &str) -> Rotten {
    let path = folder.join("help.escalations");
    let file = Escalations::open(&path, &key()).unwrap_or_else(|error| panic!("{what}: does not open: {error}"));
    let opening = file.opening().clone();
    let rows = file.all().unwrap_or_else(|error| panic!("{what}: does not read: {error}"));
    assert_eq!(file.first_break().unwrap(), None, "{what}");
    for row in &rows {
        let at: usize = row.task.id().strip_prefix("call-").unwrap().parse().unwrap();
        assert_eq!(row.task.text("/description"), call(at).text("/description"), "{what}: call {at} is wrong");
        assert_eq!(row.version.is_some(), at < UNSENT, "{what}: call {at} has another standing");
        assert_eq!(row.task.text("/status") == Some("accepted"), at == 0, "{what}: call {at}");
    }
    let aside = !opening.moved_aside.is_empty();
    let lost = CALLS - rows.len();
    if aside {
        assert_eq!(opening.salvaged as usize, rows.len(), "{what}");
        assert_eq!(std::fs::read(folder.join(&opening.moved_aside[0])).unwrap(), damaged, "{what}: the damaged file was changed");
        assert!(rows.iter().filter(|row| row.version.is_none()).all(|row| row.unknown), "{what}: an unsent call is looked for first");
    }
    assert!(aside || lost == 0, "{what}: {lost} calls are silently gone");
    drop(file);
    let mut again = Escalations::open(&path, &key()).unwrap();
    assert!(again.opening().moved_aside.is_empty(), "{what}: the new file is damaged");
    assert_eq!(again.all().unwrap(), rows, "{what}");
    again.keep(&Document::new("Task", "the-next")).unwrap_or_else(|error| panic!("{what}: the next call is not kept: {error}"));
    Rotten { aside, lost }
}

fn lay_all(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

#[test]
fn three_hundred_flipped_bits_change_no_call_for_help_and_every_readable_one_goes_on() {
    const MAIN: &str = "help.escalations";
    let whole = calls_made();
    let mut below = places(23);
    let (mut aside, mut lost, mut worst) = (0, 0, 0);
    for flip in 0..300 {
        let folder = tempfile::tempdir().unwrap();
        let mut files = whole.clone();
        // Every tenth in one of the files beside it.
        let names: Vec<String> = files.keys().cloned().collect();
        let name = if flip % 10 == 0 { names[below(names.len())].clone() } else { MAIN.to_owned() };
        let bytes = files.get_mut(&name).unwrap();
        let at = below(bytes.len());
        bytes[at] ^= 1 << below(8);
        lay_all(folder.path(), &files);
        let outcome = opened(folder.path(), &files[MAIN], &format!("bit in byte {at} of {name}"));
        aside += usize::from(outcome.aside);
        lost += outcome.lost;
        worst = worst.max(outcome.lost);
    }
    println!("300 flips · {aside} moved aside · {lost} of {} calls did not read · {worst} at most in one", aside * CALLS);
    assert!(aside > 200, "the flips reached nothing");
}

#[test]
fn a_page_that_tears_costs_only_the_calls_on_it() {
    const PAGE: usize = 4096;
    let whole = calls_made();
    let pages = whole["help.escalations"].len() / PAGE;
    let mut lost = Vec::new();
    for page in 0..pages {
        let folder = tempfile::tempdir().unwrap();
        let mut files = whole.clone();
        let bytes = files.get_mut("help.escalations").unwrap();
        bytes[page * PAGE + PAGE / 2..(page + 1) * PAGE].fill(0);
        lay_all(folder.path(), &files);
        lost.push(opened(folder.path(), &files["help.escalations"], &format!("torn page {page}")).lost);
    }
    let whole_file = lost.iter().filter(|lost| **lost == CALLS).count();
    println!("{pages} pages torn in turn · calls lost by page: {:?}", lost.iter().filter(|lost| **lost > 0).collect::<Vec<_>>());
    assert!(whole_file <= 2, "only the first page and the table's own root hold all the others: {lost:?}");
}

#[test]
fn a_wrong_key_is_no_damage() {
    let (whole, folder) = (calls_made(), tempfile::tempdir().unwrap());
    lay_all(folder.path(), &whole);
    let path = folder.path().join("help.escalations");
    assert!(matches!(Escalations::open(&path, &Key::new(&[6; 32]).unwrap()), Err(StoreError::KeyOrFile)));
    assert_eq!(std::fs::read(&path).unwrap(), whole["help.escalations"]);
    assert_eq!(Escalations::open(&path, &key()).unwrap().all().unwrap().len(), CALLS);
}

#[test]
fn a_process_that_ends_between_the_moving_and_the_carrying_costs_nothing() {
    let (mut files, folder) = (calls_made(), tempfile::tempdir().unwrap());
    for name in ["help.escalations", "help.escalations-journal"] {
        let bytes = files.remove(name).unwrap();
        files.insert(name.replace("escalations", "escalations.damaged-1"), bytes);
    }
    lay_all(folder.path(), &files);
    let file = Escalations::open(&folder.path().join("help.escalations"), &key()).unwrap();
    assert_eq!((file.all().unwrap().len(), file.opening().salvaged as usize), (CALLS, CALLS));
}
