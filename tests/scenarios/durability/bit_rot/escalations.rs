//! The files of calls rot, are cut short, swapped or lost: every call of which either copy reads goes on, nothing is wrong, and
//! what is gone is said (P9, P10, P27).

use anydoor_core::store::Escalations;

use super::*;

const CALLS: usize = 30;
/// The first of them that the server has not got.
const UNSENT: usize = 20;
const FILES: [&str; 2] = ["help.calls-1", "help.calls-1-copy"];

fn call(at: usize) -> Document {
    let mut task = Document::new("Task", &format!("call-{at}"));
    task.set("status", json!("requested")).set("description", json!(format!("call {at}: {}", "help at the bridge; ".repeat(30))));
    task
}

fn open(folder: &Path) -> Escalations {
    Escalations::open(&folder.join("help.db"), &key())
}

/// The files as a crash leaves them: calls that the server has, one that the receiver has answered, and calls unsent; and the
/// heads that the work database's chain took in.
fn calls_made() -> (BTreeMap<String, Vec<u8>>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut file = open(folder.path());
    for at in 0..CALLS {
        assert_eq!(file.keep(&call(at), None).unwrap(), 2);
        if at < UNSENT {
            file.arrived(&format!("call-{at}"), "1").unwrap();
        }
    }
    let mut answered = call(0);
    answered.set("meta", json!({ "versionId": "2" })).set("status", json!("accepted"));
    assert_eq!(file.heard(&answered).unwrap().0.len(), 1);
    let heads = file.heads().unwrap();
    drop(file);
    let read = |entry: std::fs::DirEntry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap());
    (std::fs::read_dir(folder.path()).unwrap().map(|entry| read(entry.unwrap())).collect(), heads)
}

/// Opens the files of this folder twice and reads them: no call that is there is wrong, and the next one is kept. Returns how many
/// calls are gone, and whether that shows against the heads.
fn opened(folder: &Path, heads: &str, what: &str) -> (usize, bool) {
    let file = open(folder);
    let rows = file.all();
    for row in &rows {
        let at: usize = row.task.id().strip_prefix("call-").unwrap().parse().unwrap();
        assert_eq!(row.task.text("/description"), call(at).text("/description"), "{what}: call {at} is wrong");
        assert!(row.version.is_none() || at < UNSENT, "{what}: call {at} was never sent");
        assert!(row.task.text("/status") != Some("accepted") || at == 0, "{what}: call {at}");
    }
    let shows = !file.lost_since(heads).is_empty() || file.first_break().is_some();
    drop(file);
    let mut again = open(folder);
    assert_eq!(again.all(), rows, "{what}");
    again.keep(&Document::new("Task", "the-next"), None).unwrap_or_else(|error| panic!("{what}: the next call is not kept: {error}"));
    (CALLS - rows.len(), shows)
}

fn lay_all(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

#[test]
fn a_flipped_bit_in_either_copy_costs_no_call() {
    let (whole, heads) = calls_made();
    let mut below = places(23);
    for flip in 0..300 {
        let folder = tempfile::tempdir().unwrap();
        let mut files = whole.clone();
        let name = FILES[below(2)];
        let used = files[name].iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let at = below(used);
        files.get_mut(name).unwrap()[at] ^= 1 << below(8);
        lay_all(folder.path(), &files);
        assert_eq!(opened(folder.path(), &heads, &format!("bit in byte {at} of {name}")), (0, false), "flip {flip} in byte {at} of {name}");
    }
}

#[test]
fn what_is_damaged_in_both_copies_costs_itself_and_shows() {
    let (whole, heads) = calls_made();
    let mut below = places(29);
    let mut lost = 0;
    for at in 0..60 {
        let folder = tempfile::tempdir().unwrap();
        let mut files = whole.clone();
        let used = files[FILES[0]].iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let place = 64 + below(used - 64);
        FILES.iter().for_each(|name| files.get_mut(*name).unwrap()[place] ^= 1);
        lay_all(folder.path(), &files);
        let (gone, shows) = opened(folder.path(), &heads, &format!("byte {place} of both"));
        assert!(gone <= 1 && (shows || gone == 0), "byte {place} of both, {at}: {gone} calls are silently gone");
        lost += gone;
    }
    println!("60 places damaged in both copies · {lost} calls did not read");
    assert!(lost > 10, "the damage reached nothing");
}

#[test]
fn one_copy_lost_emptied_or_cut_anywhere_costs_no_call() {
    let (whole, heads) = calls_made();
    for name in FILES {
        for cut in [None, Some(0), Some(10), Some(64), Some(100), Some(4_000), Some(20_000), Some(100_000)] {
            let folder = tempfile::tempdir().unwrap();
            let mut files = whole.clone();
            match cut {
                None => drop(files.remove(name)),
                Some(length) => files.get_mut(name).unwrap().truncate(length),
            }
            lay_all(folder.path(), &files);
            assert_eq!(opened(folder.path(), &heads, &format!("{name} cut to {cut:?}")), (0, false), "{name} cut to {cut:?}");
            assert_eq!(open(folder.path()).can_keep(), 2, "{name} cut to {cut:?}: there are two copies again");
        }
    }
}

#[test]
fn both_copies_lost_cut_or_put_back_to_before_is_said() {
    let (whole, heads) = calls_made();
    let cut = |length: usize| move |bytes: &mut Vec<u8>| bytes.truncate(length);
    for (what, length) in [("cut to a third", 20_000), ("cut to nothing", 0)] {
        let folder = tempfile::tempdir().unwrap();
        let mut files = whole.clone();
        FILES.iter().for_each(|name| cut(length)(files.get_mut(*name).unwrap()));
        lay_all(folder.path(), &files);
        assert_eq!(open(folder.path()).lost_since(&heads), [1], "{what}");
    }
    // An older state of both, as a restored backup would bring it.
    let folder = tempfile::tempdir().unwrap();
    let mut file = open(folder.path());
    file.keep(&call(0), None).unwrap();
    let before: Vec<Vec<u8>> = FILES.iter().map(|name| std::fs::read(folder.path().join(name)).unwrap()).collect();
    file.keep(&call(1), None).unwrap();
    let heads = file.heads().unwrap();
    assert_eq!(file.lost_since(&heads), Vec::<u32>::new());
    drop(file);
    FILES.iter().zip(before).for_each(|(name, bytes)| std::fs::write(folder.path().join(name), bytes).unwrap());
    assert_eq!(open(folder.path()).lost_since(&heads), [1], "put back to before");
    FILES.iter().for_each(|name| std::fs::remove_file(folder.path().join(name)).unwrap());
    assert_eq!(open(folder.path()).lost_since(&heads), [1], "gone");
}

#[test]
fn with_another_key_the_files_stay_as_they_are_and_the_next_call_is_kept() {
    let ((whole, _), folder) = (calls_made(), tempfile::tempdir().unwrap());
    lay_all(folder.path(), &whole);
    let mut other = Escalations::open(&folder.path().join("help.db"), &Key::new(&[6; 32]).unwrap());
    assert_eq!((other.all().len(), other.opening().unread.as_slice()), (0, &[1][..]));
    other.keep(&call(7), None).unwrap();
    FILES.iter().for_each(|name| assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), whole[*name]));
    drop(other);
    assert_eq!(open(folder.path()).all().len(), CALLS);
}

#[test]
fn two_processes_keep_their_calls_apart_and_each_sees_both() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut two) = (open(folder.path()), open(folder.path()));
    one.keep(&call(0), None).unwrap();
    two.keep(&call(1), None).unwrap();
    two.arrived("call-0", "1").unwrap();
    one.arrived("call-1", "4").unwrap();
    for file in [&one, &two] {
        let stands: Vec<(String, Option<String>)> = file.all().into_iter().map(|row| (row.task.id().to_owned(), row.version)).collect();
        assert_eq!(stands, [("call-0".to_owned(), Some("1".to_owned())), ("call-1".to_owned(), Some("4".to_owned()))]);
    }
    drop((one, two));
    // A process that is gone holds nothing: its file is used again.
    let mut third = open(folder.path());
    third.keep(&call(2), None).unwrap();
    assert!(!folder.path().join("help.calls-3").exists());
    assert_eq!(third.all().len(), 3);
}

#[test]
fn a_full_file_is_followed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = open(folder.path());
    for at in 0..300 {
        assert_eq!(file.keep(&call(at), None).unwrap(), 2, "call {at}");
    }
    assert_eq!((file.all().len(), file.first_break()), (300, None));
    drop(file);
    let file = open(folder.path());
    assert_eq!((file.all().len(), file.first_break()), (300, None));
}
