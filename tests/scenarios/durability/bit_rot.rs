//! Bits that flip at rest: never a silent wrong or missing read, and every unsent item comes back (P2, P3).

use std::collections::BTreeMap;
use std::path::Path;

use anydoor_core::acts::Ledger;
use anydoor_core::fhir::Document;
use anydoor_core::note::Draft;
use anydoor_core::note::Note;
use anydoor_core::store::{Incoming, Key, Store, StoreError};
use anydoor_tests::fixtures::{self, sign};
use serde_json::json;

mod escalations;

const NOTES: usize = 12;
const FROM_THE_SERVER: usize = 60;

fn key() -> Key {
    Key::new(&[5; 32]).unwrap()
}

fn note(at: usize) -> Note {
    fixtures::note(&format!("note {at}"), format!("note {at}: {}", "what was said, and by whom; ".repeat(40)))
}

fn their(at: usize) -> Document {
    let mut document = Document::new("Observation", &format!("o-{at}"));
    document.set("meta", json!({ "versionId": "1" })).set("status", json!("final")).set("valueString", json!("said ".repeat(300)));
    document
}

/// A database with unsent notes, a draft and rows from the server, as the files that a crash leaves: WAL and all.
fn files() -> BTreeMap<&'static str, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.db");
    let mut store = Store::open(&path, &key(), "agency").unwrap();
    let actor = fixtures::author();
    let half = |store: &mut Store, from: usize, to: usize| {
        store.take(&Incoming { documents: (from * 5..to * 5).map(their).collect(), read_upto: None }).unwrap();
        for at in from..to {
            store.commit(&sign(note(at), &actor).unwrap().0).unwrap();
        }
    };
    half(&mut store, 0, NOTES / 2);
    store.close().unwrap(); // the first half rests in the main file, the second in the write-ahead log
    let mut store = Store::open(&path, &key(), "agency").unwrap();
    half(&mut store, NOTES / 2, NOTES);
    let draft = note(99);
    store.save_draft(&Draft::of(draft)).unwrap();
    let mut found = BTreeMap::new();
    for name in ["work.db", "work.db-wal", "work.journal"] {
        found.insert(name, std::fs::read(folder.path().join(name)).unwrap());
    }
    found
}

fn lay(folder: &Path, files: &BTreeMap<&str, Vec<u8>>) {
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// What came of one damaged set of files.
#[derive(Debug, Default, Clone, Copy)]
struct Outcome {
    salvaged: bool,
    rolled_forward: bool,
    mended: bool,
}

/// Opens and reads everything; mends where damage is met. Every unsent item must be there and be right, and what came
/// from the server must be right, or be missing only where a salvage said so.
fn look(folder: &Path, what: &str) -> Outcome {
    let path = folder.join("work.db");
    let mut store = Store::open(&path, &key(), "agency").unwrap_or_else(|error| panic!("{what}: does not open: {error}"));
    let mut outcome =
        Outcome { salvaged: !store.opening().moved_aside.is_empty(), rolled_forward: store.opening().rolled_forward > 0, mended: false };
    if let Err(error) = read_all(&store, what, outcome) {
        assert!(matches!(error, StoreError::Damaged), "{what}: {error}");
        store = store.mend().unwrap_or_else(|error| panic!("{what}: does not mend: {error}"));
        outcome.mended = true;
        read_all(&store, what, outcome).unwrap_or_else(|error| panic!("{what}: damaged after mending: {error}"));
    }
    drop(store);
    // And again: an opening that mended leaves something that stays.
    let store = Store::open(&path, &key(), "agency").unwrap();
    read_all(&store, what, outcome).unwrap();
    outcome
}

fn read_all(store: &Store, what: &str, outcome: Outcome) -> Result<(), StoreError> {
    let mut unsent = Vec::new();
    for intent in store.unsent()? {
        let document = store.document(&intent.kind, &intent.id)?;
        unsent.push(anydoor_core::fhir::note::read(&document.expect("an intent without its document")).unwrap().text);
    }
    for at in 0..NOTES {
        assert!(unsent.contains(&note(at).text), "{what}: note {at} is not in the outbox: {outcome:?}");
    }
    let drafts = store.drafts()?;
    assert_eq!(drafts.len(), 1, "{what}: the draft is gone");
    assert_eq!(drafts[0].body.text(), note(99).text, "{what}");
    for at in 0..FROM_THE_SERVER {
        match store.document("Observation", &format!("o-{at}"))? {
            Some(there) => assert_eq!(there.at("/valueString"), their(at).at("/valueString"), "{what}"),
            // What was lost with the log is read again from the server: the watermarks were lost with it.
            None => assert!(outcome.salvaged || outcome.mended || outcome.rolled_forward, "{what}: row {at} is silently missing"),
        }
    }
    store.search_notes("whom", 50)?;
    store.first_break_in_audit()?;
    Ok(())
}

/// A small generator: the same places in every run.
fn places(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    }
}

#[test]
fn five_hundred_flipped_bits_lose_nothing_that_is_unsent_and_lie_about_nothing() {
    let whole = files();
    let mut below = places(7);
    let mut counts: BTreeMap<&str, [u32; 4]> = BTreeMap::new();
    for flip in 0..500 {
        let folder = tempfile::tempdir().unwrap();
        let mut files = whole.clone();
        let (&name, bytes) = files.iter_mut().nth(flip % 3).unwrap();
        // In the journal most of the file is allocated ahead and holds nothing.
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let at = below(used);
        bytes[at] ^= 1 << below(8);
        lay(folder.path(), &files);
        let outcome = look(folder.path(), &format!("bit in byte {at} of {name}"));
        let count = counts.entry(name).or_default();
        count[0] += 1;
        count[1] += u32::from(outcome.salvaged);
        count[2] += u32::from(outcome.rolled_forward);
        count[3] += u32::from(outcome.mended);
    }
    for (name, [flips, salvaged, rolled, mended]) in &counts {
        println!("{name}: {flips} flips · {salvaged} moved aside at opening · {rolled} rolled forward · {mended} mended in use");
    }
    assert!(counts["work.db"][1] + counts["work.db"][3] > 0 && counts["work.db-wal"][2] > 0, "the flips reached nothing");
}

#[test]
fn torn_and_swapped_pages_are_noticed() {
    const PAGE: usize = 4096;
    let whole = files();
    let mut below = places(11);
    for round in 0..60 {
        let folder = tempfile::tempdir().unwrap();
        let mut files = whole.clone();
        let bytes = files.get_mut("work.db").unwrap();
        let pages = bytes.len() / PAGE;
        let (one, other) = (below(pages) * PAGE, below(pages) * PAGE);
        let what = if round % 2 == 0 {
            bytes[one + PAGE / 2..one + PAGE].fill(0);
            format!("torn page {}", one / PAGE)
        } else {
            let kept = bytes[one..one + PAGE].to_vec();
            bytes.copy_within(other..other + PAGE, one);
            bytes[other..other + PAGE].copy_from_slice(&kept);
            format!("swapped pages {} and {}", one / PAGE, other / PAGE)
        };
        lay(folder.path(), &files);
        look(folder.path(), &what);
    }
}

#[test]
fn a_database_that_is_gone_comes_back_from_its_journal_and_the_other_way_round() {
    let whole = files();
    for missing in [vec!["work.db", "work.db-wal"], vec!["work.db-wal"], vec!["work.journal"]] {
        let folder = tempfile::tempdir().unwrap();
        let files = whole.iter().filter(|(name, _)| !missing.contains(name)).map(|(name, bytes)| (*name, bytes.clone())).collect();
        lay(folder.path(), &files);
        look(folder.path(), &format!("without {missing:?}"));
    }
}
