//! A process that writes is killed at any moment (kill -9): what it had accepted is there, and nothing is half there.
//! `ANYDOOR_KILLS` sets how often (the soak runs thousands).

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anydoor_core::acts::respond::{OnView, on_view};
use anydoor_core::acts::{Actor, Ledger, stamp};
use anydoor_core::assignment::{AloneReason, Capture, StampKind};
use anydoor_core::fhir::assignment::read_visit;
use anydoor_core::incident::{Place, Urgency};
use anydoor_core::note::Draft;
use anydoor_core::records::lookup;
use anydoor_core::store::{Key, Store};
use anydoor_tests::fixtures::{self, note, sign};

const KEY: [u8; 32] = [7; 32]; // also that of the golden databases

fn kills() -> u64 {
    std::env::var("ANYDOOR_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(30)
}

fn open(path: &Path) -> Store {
    Store::open(path, &Key::new(&KEY).unwrap(), "agency").unwrap()
}

/// One visit up to contact, all taps of a moment.
fn visit(store: &mut Store, round: usize, actor: &Actor) {
    let said = OnView {
        headline: format!("visit {round}"),
        urgency: Urgency::Urgent,
        place: Place::default(),
        description: None,
        crew: vec![],
        alone: Some(AloneReason::NobodyElse),
    };
    let started = on_view(said, actor).unwrap();
    store.commit(&started.plan).unwrap();
    for kind in [StampKind::OnScene, StampKind::Contact] {
        let plan = stamp::tap(store, &started.assignment, kind, Capture::Tap, actor).unwrap();
        store.commit(&plan).unwrap();
    }
}

/// How many visits have begun; contact without its visit begun, or the reverse, is a failure.
fn visits_begun(store: &Store, kill: u64) -> usize {
    let mut begun = 0;
    for task in store.of_kind("Task").unwrap() {
        let stamps = lookup::stamps(store, task.id()).unwrap().read;
        let contact = stamps.iter().any(|stamp| stamp.kind == StampKind::Contact);
        let visit = read_visit(&lookup::visits(store, &task).unwrap()[0]).unwrap();
        assert_eq!(contact, visit.began.is_some(), "kill {kill}: contact and the visit are apart");
        begun += usize::from(contact);
    }
    begun
}

/// The writing process: taps visits, signs notes, saves drafts, writes its journal anew and moves its log into the main file, and says
/// each time what it has accepted.
#[test]
fn as_the_process_that_is_killed() {
    let Ok(path) = std::env::var("ANYDOOR_KILL_WRITER") else { return };
    let actor = fixtures::author();
    let mut out = std::io::stdout();
    let mut store = open(Path::new(&path));
    let notes = store.unsent().unwrap().iter().filter(|intent| intent.kind == "DocumentReference").count();
    writeln!(out, "open").unwrap();
    for round in notes.. {
        let text = format!("note {round} {}", "long ".repeat(round % 7 * 400));
        store.commit(&sign(note("note", text), &actor).unwrap().0).unwrap();
        writeln!(out, "note {round}").unwrap();
        visit(&mut store, round, &actor);
        writeln!(out, "contact {round}").unwrap();
        let draft = note("draft", format!("draft {round} {}", "typed ".repeat(round % 5 * 900)));
        let draft = Draft::of(draft);
        store.save_draft(&draft).unwrap();
        writeln!(out, "draft {round}").unwrap();
        if round % 5 == 4 {
            store.close().unwrap();
            store = open(Path::new(&path));
        }
    }
}

fn writer(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::kill::as_the_process_that_is_killed", "--nocapture", "--test-threads=1"])
        .env("ANYDOOR_KILL_WRITER", path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs the writer, kills it this long after its start or after its database was open, and returns what it had accepted.
fn run_and_kill(path: &Path, after: Duration, wait_for_open: bool) -> Vec<String> {
    let mut child = writer(path);
    let lines = BufReader::new(child.stdout.take().unwrap());
    let (tell, told) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut accepted = Vec::new();
        for line in lines.lines().map_while(Result::ok) {
            if line.ends_with("open") {
                let _ = tell.send(());
            }
            accepted.push(line);
        }
        accepted
    });
    if wait_for_open {
        told.recv_timeout(Duration::from_secs(60)).unwrap();
    }
    std::thread::sleep(after);
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    reader.join().unwrap()
}

fn number(line: &str, what: &str) -> Option<usize> {
    line.strip_prefix(what)?.split(' ').next()?.parse().ok()
}

fn micros(at: u64, most: u64) -> Duration {
    Duration::from_micros(at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) % most)
}

#[test]
fn what_was_accepted_survives_kill_nine() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.db");
    let (mut notes, mut draft, mut rolled, mut contacts) = (BTreeSet::new(), 0, 0, 0);
    for at in 0..kills() {
        for line in run_and_kill(&path, micros(at, 240_000), true) {
            notes.extend(number(&line, "note "));
            contacts += usize::from(number(&line, "contact ").is_some());
            draft = number(&line, "draft ").unwrap_or(draft);
        }
        let store = open(&path);
        rolled += store.opening().rolled_forward;
        assert_eq!(store.opening().moved_aside, Vec::<String>::new(), "kill {at}");
        let mut there = BTreeSet::new();
        for intent in store.unsent().unwrap().iter().filter(|intent| intent.kind == "DocumentReference") {
            let document = store.document(&intent.kind, &intent.id).unwrap().unwrap();
            there.extend(number(&anydoor_core::fhir::note::read(&document).unwrap().text, "note "));
        }
        let lost: Vec<_> = notes.difference(&there).collect();
        assert!(lost.is_empty(), "kill {at}: lost {lost:?}");
        let kept = store.drafts().unwrap().first().and_then(|d| number(d.body.text(), "draft ")).unwrap_or(0);
        assert!(kept >= draft, "kill {at}: the draft went back from {draft} to {kept}");
        assert!(visits_begun(&store, at) >= contacts, "kill {at}: a contact that was accepted is gone");
        assert_eq!(store.first_break_in_audit().unwrap(), None, "kill {at}");
    }
    println!(
        "{} kills, {contacts} contacts, {} notes accepted and kept, {rolled} saves rolled forward from the journal",
        kills(),
        notes.len()
    );
    assert!(notes.len() > usize::try_from(kills()).unwrap() && contacts > 0, "too few were written for the test to mean anything");
}

#[test]
fn a_migration_that_is_killed_leaves_the_old_or_the_new_schema_with_everything_in_it() {
    let golden: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/schema-1.db");
    for at in 0..kills() / 2 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work.db");
        std::fs::copy(&golden, &path).unwrap();
        run_and_kill(&path, micros(at, 30_000), false);
        let store = open(&path);
        assert!(store.unsent().unwrap().len() >= 7 && !store.drafts().unwrap().is_empty(), "kill {at}");
        assert_eq!(store.parked().unwrap().len(), 2, "kill {at}");
    }
}
