//! The power is cut at any operation of the disk: what was accepted is there, and nothing is half there (P1, P3).
//! `ANYDOOR_SEEDS` and `ANYDOOR_FROM` choose others than the first 500.

use std::sync::Arc;

use anydoor_core::acts::respond::{OnView, on_view};
use anydoor_core::acts::{Actor, Ledger, stamp};
use anydoor_core::assignment::{AloneReason, Capture, StampKind};
use anydoor_core::base::ids::AssignmentId;
use anydoor_core::fhir::assignment::read_visit;
use anydoor_core::incident::{Place, Urgency};
use anydoor_core::note::Draft;
use anydoor_core::records::lookup;
use anydoor_core::store::disk::Disk;
use anydoor_core::store::{Key, Store, StoreError};
use anydoor_tests::disk::{Ails, SimDisk};
use anydoor_tests::fixtures::{self, note, sign};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn actor() -> Actor {
    fixtures::author()
}

fn draft(text: &str) -> Draft {
    Draft::of(note("draft", text))
}

/// What the person was told.
#[derive(Default)]
struct Told {
    notes: Vec<String>,
    draft: Option<String>,
    /// Saves that failed: each may be there or not.
    unclear: Vec<String>,
}

/// Notes and drafts until the disk gives up.
fn write(store: &mut Store, chance: &mut Chance, told: &mut Told, round: u64) -> Result<(), StoreError> {
    for at in 0..30 {
        let text = format!("{round}-{at} {}", "words ".repeat(usize::try_from(chance.below(300)).unwrap()));
        if chance.below(3) == 0 {
            store.save_draft(&draft(&text)).inspect_err(|_| told.unclear.push(text.clone()))?;
            told.draft = Some(text);
        } else {
            let plan = sign(note("note", text.clone()), &actor()).unwrap().0;
            store.commit(&plan).inspect_err(|_| told.unclear.push(text.clone()))?;
            told.notes.push(text);
        }
    }
    Ok(())
}

fn check(store: &Store, told: &Told, what: &str) {
    let mut there = Vec::new();
    for intent in store.unsent().unwrap() {
        let document = store.document(&intent.kind, &intent.id).unwrap().unwrap();
        there.push(anydoor_core::fhir::note::read(&document).unwrap().text);
    }
    for text in &told.notes {
        assert!(there.contains(text), "{what}: lost a note: {}", &text[..8]);
    }
    for text in &there {
        assert!(told.notes.contains(text) || told.unclear.contains(text), "{what}: nobody wrote {}", &text[..8]);
    }
    let kept = store.drafts().unwrap().first().map(|d| d.body.text().to_owned());
    let fits = kept == told.draft || kept.as_ref().is_some_and(|text| told.unclear.contains(text));
    assert!(fits, "{what}: the draft is {:?}, told {:?}", kept.map(|t| t[..8].to_owned()), told.draft.as_ref().map(|t| &t[..8]));
    assert_eq!(store.first_break_in_audit().unwrap(), None, "{what}");
}

/// One phone that loses power several times. Returns how many saves were accepted, and how many came out of the journal.
fn play(seed: u64, lies: bool) -> (usize, u32) {
    let disk = SimDisk::new();
    let (shared, path): (Arc<dyn Disk>, _) = (Arc::new(disk.clone()), disk.path("work.db"));
    let key = Key::new(&[6; 32]).unwrap();
    let (mut chance, mut told, mut rolled) = (Chance(seed * 2 + 1), Told::default(), 0);
    for round in 0..4 {
        let last = disk.operations() + 40 + chance.below(1200);
        disk.set(Ails { power_for: Some(last), lies, ..Ails::default() });
        if let Ok(mut store) = Store::open_on(&shared, &path, &key, "agency") {
            let _ = write(&mut store, &mut chance, &mut told, round);
            if chance.below(4) == 0 {
                let _ = store.close();
            }
        }
        disk.power_cut(|| chance.below(2) == 0);
        let store = Store::open_on(&shared, &path, &key, "agency").unwrap_or_else(|e| panic!("seed {seed} round {round}: {e}"));
        let opening = store.opening();
        rolled += opening.rolled_forward;
        assert!(opening.moved_aside.is_empty(), "seed {seed} round {round}: {opening:?}");
        check(&store, &told, &format!("seed {seed} round {round}"));
        // What was unclear is decided now.
        let kept = store.drafts().unwrap().first().map(|d| d.body.text().to_owned());
        told.draft = kept;
    }
    disk.forget();
    (told.notes.len(), rolled)
}

#[test]
fn what_was_accepted_survives_a_power_cut() {
    let (from, seeds) = (number("ANYDOOR_FROM", 0), number("ANYDOOR_SEEDS", 500));
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let run = |thread| (from..from + seeds).filter(|seed| seed % threads == thread).map(|seed| play(seed, false)).collect::<Vec<_>>();
    let all: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let (accepted, rolled) = all.iter().fold((0, 0), |(notes, saves), (n, s)| (notes + n, saves + s));
    println!("{seeds} seeds · {} power cuts · {accepted} notes accepted and kept · {rolled} saves from the journal", seeds * 4);
    assert!(accepted > usize::try_from(seeds).unwrap() * 4, "too little was accepted for the test to mean anything");
}

#[test]
fn a_disk_that_lies_about_syncs_is_found_out() {
    let found = (0..40).find(|seed| std::panic::catch_unwind(|| play(*seed, true)).is_err());
    assert!(found.is_some(), "forty seeds on a lying disk, and nothing was lost: the test cannot fail");
}
/// Power that goes between the journal's sync and the database's: the save was never said to be kept, and is there.
#[test]
fn a_database_behind_its_journal_is_rolled_forward() {
    let rolled = (1..30).filter(|cut| {
        let disk = SimDisk::new();
        let (shared, path): (Arc<dyn Disk>, _) = (Arc::new(disk.clone()), disk.path("work.db"));
        let key = Key::new(&[6; 32]).unwrap();
        let mut store = Store::open_on(&shared, &path, &key, "agency").unwrap();
        store.save_draft(&draft("said to be kept")).unwrap();
        disk.set(Ails { power_for: Some(disk.operations() + cut), ..Ails::default() });
        let said = store.save_draft(&draft("cut short"));
        drop(store);
        disk.power_cut(|| false);
        let store = Store::open_on(&shared, &path, &key, "agency").unwrap();
        let kept = store.drafts().unwrap().remove(0).body.text().to_owned();
        assert!(said.is_err() || kept == "cut short", "cut {cut}: told {said:?}, kept {kept}");
        // Where the database had it whole and only the answer was cut off, there is nothing to roll forward.
        assert!(store.opening().rolled_forward == 0 || said.is_err() && kept == "cut short", "cut {cut}");
        disk.forget();
        store.opening().rolled_forward > 0
    });
    assert!(rolled.count() > 0, "the power never went between the two");
}

/// A phone whose crew is on scene, on this disk: the assignment.
fn on_scene(store: &mut Store) -> AssignmentId {
    let said = OnView {
        headline: "man on the bridge".into(),
        urgency: Urgency::Urgent,
        place: Place::default(),
        description: None,
        crew: vec![actor().member],
        alone: Some(AloneReason::NobodyElse),
    };
    let started = on_view(said, &actor()).unwrap();
    store.commit(&started.plan).unwrap();
    tap(store, &started.assignment, StampKind::OnScene).unwrap();
    started.assignment
}

fn tap(store: &mut Store, assignment: &AssignmentId, kind: StampKind) -> Result<(), StoreError> {
    let plan = stamp::tap(store, assignment, kind, Capture::Tap, &actor()).unwrap();
    store.commit(&plan)
}

/// Whether contact is stamped, and whether the visit has begun.
fn met(store: &Store, assignment: &AssignmentId) -> (bool, bool) {
    let stamped = lookup::stamps(store, assignment.as_str()).unwrap().read.iter().any(|stamp| stamp.kind == StampKind::Contact);
    let task = lookup::task(store, assignment).unwrap();
    let visits = lookup::visits(store, &task).unwrap();
    assert_eq!(visits.len(), 1);
    (stamped, read_visit(&visits[0]).unwrap().began.is_some())
}

#[test]
fn a_contact_tap_and_the_visit_that_it_begins_are_never_apart_wherever_the_power_is_cut() {
    let key = Key::new(&[6; 32]).unwrap();
    let (mut cuts, mut kept, mut refused) = (0, 0, 0);
    for after in 0.. {
        let disk = SimDisk::new();
        let (shared, path): (Arc<dyn Disk>, _) = (Arc::new(disk.clone()), disk.path("work.db"));
        let mut store = Store::open_on(&shared, &path, &key, "agency").unwrap();
        let assignment = on_scene(&mut store);
        disk.set(Ails { power_for: Some(disk.operations() + after), ..Ails::default() });
        let told = tap(&mut store, &assignment, StampKind::Contact);
        let whole = disk.operations() < disk.ails().power_for.unwrap();
        drop(store);
        let mut survives = after;
        disk.power_cut(|| {
            survives = survives.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            survives >> 63 == 0
        });
        let mut store = Store::open_on(&shared, &path, &key, "agency").unwrap();
        let (stamped, began) = met(&store, &assignment);
        assert_eq!(stamped, began, "cut after {after} operations: the stamp and the visit are apart");
        assert!(stamped || told.is_err(), "cut after {after} operations: the tap was accepted and is gone");
        if !stamped {
            // What did not happen can be done again.
            tap(&mut store, &assignment, StampKind::Contact).unwrap();
            assert_eq!(met(&store, &assignment), (true, true));
        }
        (cuts, kept, refused) = (cuts + 1, kept + u32::from(stamped), refused + u32::from(!stamped));
        disk.forget();
        if whole {
            break;
        }
    }
    assert!(cuts > 10 && kept > 0 && refused > 0, "{cuts} cuts: {kept} kept, {refused} refused");
}
