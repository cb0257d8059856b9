//! What must never be on disk without something else, wherever the power is cut and whichever operation fails: a watermark
//! without its page, a refused save without its refusal, a wiped database with its key. And what must never be there at all:
//! temporary files.

use std::collections::BTreeSet;
use std::sync::Arc;

use anydoor_core::acts::{Ledger, Plan};
use anydoor_core::base::ids::MemberId;
use anydoor_core::delivery::WipeReason;
use anydoor_core::fhir::Document;
use anydoor_core::note::Draft;
use anydoor_core::store::disk::Disk;
use anydoor_core::store::keys::{KeyFile, recovery_key_pair};
use anydoor_core::store::{Escalations, Incoming, Key, Store, StoreError};
use anydoor_tests::disk::{Ails, SimDisk};
use anydoor_tests::fixtures::{author, note, sign};
use serde_json::json;

fn key() -> Key {
    Key::new(&[6; 32]).unwrap()
}

fn at() -> anydoor_core::base::clock::Instant {
    "2026-11-25T02:00:00Z".parse().unwrap()
}

fn plan() -> Plan {
    Plan::new("test", &MemberId::derived("ana"), at(), "v")
}

struct Phone {
    disk: SimDisk,
    shared: Arc<dyn Disk>,
}

impl Phone {
    fn new() -> Self {
        let disk = SimDisk::new();
        Self { shared: Arc::new(disk.clone()), disk }
    }

    fn open(&self) -> Result<Store, StoreError> {
        Store::open_on(&self.shared, &self.disk.path("work.db"), &key(), "agency")
    }

    fn cut_after(&self, operations: u64) {
        self.disk.set(Ails { power_for: Some(self.disk.operations() + operations), ..Ails::default() });
    }

    fn fails_after(&self, operations: u64) {
        self.disk.set(Ails { fails_at: Some(self.disk.operations() + operations), ..Ails::default() });
    }

    /// Whether the power was still on.
    fn lasted(&self) -> bool {
        self.disk.ails().power_for.is_none_or(|last| self.disk.operations() < last)
    }

    /// Cuts the power: of what was not synced a different part is there each time.
    fn power_cut(&self, mut seed: u64) {
        self.disk.power_cut(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 63 == 0
        });
    }
}

fn page(id: &str, minute: u8) -> Incoming {
    let meta = json!({ "versionId": "1", "lastUpdated": format!("2026-11-25T02:{minute:02}:00Z") });
    let document = Document::from_value(json!({ "resourceType": "Basic", "id": id, "meta": meta })).unwrap();
    let upto = format!("2026-11-25T02:{minute:02}:00Z").parse().unwrap();
    Incoming { documents: vec![document], read_upto: Some((vec!["Basic?".into(), "Basic?author=x".into()], upto)) }
}

fn holds(store: &Store, pages: u8) -> (u8, u8) {
    let there = (1..=pages).filter(|at| store.document("Basic", &format!("b{at}")).unwrap().is_some()).count();
    let read = store.watermark("Basic?").unwrap().map_or(0, |upto| upto.strftime("%M").to_string().parse().unwrap());
    assert_eq!(store.watermark("Basic?").unwrap(), store.watermark("Basic?author=x").unwrap());
    (u8::try_from(there).unwrap(), read)
}

#[test]
fn a_watermark_is_never_there_without_its_page_wherever_the_power_is_cut_or_the_disk_fails() {
    const PAGES: u8 = 3;
    for fails in [false, true] {
        let mut seen = BTreeSet::new();
        for after in 1.. {
            let phone = Phone::new();
            let mut store = phone.open().unwrap();
            if fails {
                phone.fails_after(after)
            } else {
                phone.cut_after(after)
            }
            let took = (1..=PAGES).take_while(|at| store.take_found(&page(&format!("b{at}"), *at)).is_ok()).count();
            let done =
                took == usize::from(PAGES) && phone.lasted() && phone.disk.ails().fails_at.is_none_or(|at| at > phone.disk.operations());
            drop(store);
            phone.power_cut(after);
            let store = phone.open().unwrap();
            let (there, read) = holds(&store, PAGES);
            assert_eq!(there, read, "after {after} operations, failing {fails}: pages and watermark are apart");
            assert!(usize::from(there) >= took, "after {after} operations: a page was taken and is gone");
            seen.insert(there);
            drop(store);
            phone.disk.forget();
            if done {
                break;
            }
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), (0..=PAGES).collect::<Vec<_>>(), "failing {fails}");
    }
}

/// A page that cannot be taken moves nothing: here because what stands in its place cannot be read.
#[test]
fn a_page_that_was_not_taken_moves_no_watermark() {
    let phone = Phone::new();
    let mut store = phone.open().unwrap();
    store.take_found(&page("b1", 1)).unwrap();
    phone.disk.set(Ails { full: true, ..Ails::default() });
    let mut large = page("b2", 2);
    let words = "word ".repeat(200_000);
    large.documents.push(Document::from_value(json!({ "resourceType": "Basic", "id": "b3", "author": { "display": words } })).unwrap());
    assert!(store.take_found(&large).is_err());
    assert_eq!(holds(&store, 3), (1, 1));
    phone.disk.forget();
}

/// A save that was refused is not there afterwards, also where the power goes as soon as that was said.
#[test]
fn what_was_refused_does_not_come_back_with_the_next_opening() {
    let (mut refused, mut unclear) = (0, 0);
    for after in 1.. {
        let phone = Phone::new();
        let mut store = phone.open().unwrap();
        store.save_draft(&Draft::of(note("draft", "before"))).unwrap();
        phone.fails_after(after);
        let plan = sign(note("note", "said to be kept or not"), &author()).unwrap().0;
        let told = store.commit(&plan);
        let failed = phone.disk.operations() >= phone.disk.ails().fails_at.unwrap();
        drop(store);
        // Nothing survives that was not synced.
        phone.disk.power_cut(|| false);
        let store = phone.open().unwrap();
        let there = store.document(plan.writes[0].document.kind(), plan.writes[0].document.id()).unwrap().is_some();
        match told {
            Ok(()) => assert!(there, "operation {after} failed: it was accepted and is gone"),
            Err(StoreError::MaybeKept) => unclear += 1,
            Err(error) => {
                refused += 1;
                assert!(!there, "operation {after} failed: it was refused ({error}) and is there");
            }
        }
        drop(store);
        phone.disk.forget();
        if !failed {
            break;
        }
    }
    assert!(refused > 3, "{refused} refused, {unclear} unclear");
}

fn names(phone: &Phone) -> BTreeSet<String> {
    phone.disk.names().into_iter().collect()
}

/// The key file goes before anything that it opens: from the first removal on nobody reads what is left.
#[test]
fn a_wipe_takes_the_key_away_before_anything_that_it_opens() {
    let (_, agency) = recovery_key_pair().unwrap();
    let mut cut_in_between = 0;
    for after in 1.. {
        let phone = Phone::new();
        let path = phone.disk.path("work.db");
        // As the one that holds the work leaves it.
        phone.disk.lay("work.lock", Vec::new());
        KeyFile::new(&key(), b"wrapped", &agency).unwrap().write(phone.shared.as_ref(), &path).unwrap();
        let mut store = phone.open().unwrap();
        drop(Escalations::open_on(&phone.shared, &path, &key()));
        store.keep_attachment("photo", &[7; 5_000]).unwrap();
        store.commit(&plan().create(Document::new("Basic", "b"))).unwrap();
        let wipe = store.name_wipe(1, WipeReason::Ordered, "ana", at()).unwrap();
        drop(store);
        let before = names(&phone);
        phone.cut_after(after);
        let done = wipe.finish(phone.shared.as_ref()).is_ok();
        phone.disk.process_gone();
        phone.disk.set(Ails::default());
        let left = names(&phone);
        let gone: Vec<&String> = before.iter().filter(|name| !left.contains(*name)).collect();
        assert!(gone.is_empty() || gone.contains(&&"work.key".to_owned()), "after {after} operations the key is there without {gone:?}");
        cut_in_between += u32::from(!gone.is_empty() && !done);
        phone.disk.forget();
        if done {
            assert_eq!(left.into_iter().collect::<Vec<_>>(), ["work.lock", "work.wiped"]);
            break;
        }
    }
    assert!(cut_in_between > 3, "the wipe was never cut short");
}

/// Much at once, as makes a database write to temporary files where it may: it may not.
#[test]
fn nothing_is_ever_in_a_temporary_file() {
    let phone = Phone::new();
    let mut store = phone.open().unwrap();
    let mut lane = Escalations::open_on(&phone.shared, &phone.disk.path("work.db"), &key());
    let known = |name: &String| {
        ["work.db", "work.db-wal", "work.db-shm", "work.journal"].contains(&name.as_str()) || name.starts_with("work.calls-")
    };
    let look = |after: &str| {
        let strange: Vec<String> = names(&phone).into_iter().filter(|name| !known(name)).collect();
        assert!(strange.is_empty(), "after {after}: {strange:?}");
        assert_eq!(phone.disk.temporary_files(), 0, "after {after}");
    };
    let words = "word ".repeat(4_000);
    let document = |id: usize| {
        let more = json!({ "resourceType": "Observation", "id": format!("o{id}"), "meta": { "versionId": "1" }, "valueString": words,
            "focus": [{ "reference": format!("ServiceRequest/r{}", id % 7) }] });
        Document::from_value(more).unwrap()
    };
    store.take(&Incoming { documents: (0..2_000).map(document).collect(), read_upto: None }).unwrap();
    look("a page of forty megabytes");
    let plan = (0..200).fold(plan(), |plan, id| plan.create(Document::new("Basic", &format!("b{id}"))));
    store.commit(&plan).unwrap();
    look("an act");
    store.save_draft(&Draft::of(note("draft", words.clone()))).unwrap();
    look("a draft");
    store.leave_scope(&(0..2_000).map(|id| format!("Observation/o{id}")).collect::<Vec<_>>()).unwrap();
    look("what left scope");
    lane.keep(&Document::new("Task", "help"), None).unwrap();
    look("a call for help");
    assert!(store.everything().unwrap().len() == 200 && store.search_notes("word", 10).is_ok());
    look("screens");
    store.close().unwrap();
    look("a closing");
    phone.disk.forget();
}
