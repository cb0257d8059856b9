//! Every operation of the disk, and every drawing of randomness, fails once in turn; and the disk fills up. Each time the
//! person is told, nothing that was accepted is lost, and the next try works (P2, P10, P23).

use std::sync::Arc;

use anydoor_core::acts::{Actor, Ledger, attach};
use anydoor_core::arrive::{self, Source};
use anydoor_core::base::ids::{IncidentId, PersonId};
use anydoor_core::base::random::{self, NoRandomness};
use anydoor_core::fhir::Document;
use anydoor_core::note::{AttachmentKind, Draft};
use anydoor_core::store::disk::Disk;
use anydoor_core::store::keys::{KeyFile, recovery_key_pair};
use anydoor_core::store::{Arrival, Escalations, Key, Store, StoreError};
use anydoor_tests::disk::{Ails, SimDisk};
use anydoor_tests::fixtures::{self, lane, note, sign};

const PHOTO: &[u8] = &[7; 5000];

fn key() -> Key {
    Key::new(&[6; 32]).unwrap()
}

fn draft(text: &str) -> Draft {
    Draft::of(note("draft", text))
}

fn actor() -> Actor {
    fixtures::author()
}

struct Phone {
    disk: SimDisk,
    shared: Arc<dyn Disk>,
    refused: u32,
}

impl Phone {
    fn new() -> Self {
        let disk = SimDisk::new();
        Self { shared: Arc::new(disk.clone()), disk, refused: 0 }
    }

    /// Tries until it works: once more than the disk fails.
    fn until<R>(&mut self, mut what: impl FnMut() -> Result<R, StoreError>) -> R {
        let mut last = None;
        for _ in 0..3 {
            match what() {
                Ok(done) => return done,
                Err(error) => {
                    self.refused += 1;
                    last = Some(error);
                }
            }
        }
        panic!("operation {:?} failed, and it never works again: {last:?}", self.disk.ails().fails_at);
    }

    fn open(&mut self) -> Store {
        let (shared, path) = (self.shared.clone(), self.disk.path("work.db"));
        self.until(|| Store::open_on(&shared, &path, &key(), "agency"))
    }

    /// A small day: keys, notes, drafts, a call for help, an acknowledgement, a closing, an opening.
    fn day(&mut self, agency: &[u8]) {
        let (shared, path) = (self.shared.clone(), self.disk.path("work.db"));
        self.until(|| KeyFile::new(&key(), b"wrapped", agency)?.write(shared.as_ref(), &path));
        let mut store = self.open();
        for at in 0..3 {
            self.until(|| store.save_draft(&draft(&format!("draft {at}"))));
            let plan = sign(note("note", format!("note {at}")), &actor()).unwrap().0;
            // Told that it may be kept, the person looks before saying it again.
            self.until(|| match store.commit(&plan) {
                Err(StoreError::MaybeKept) if holds(&store, at) => Ok(()),
                other => other,
            });
        }
        let taken = attach::Capture {
            kind: AttachmentKind::Photo,
            content_type: "image/png",
            content: PHOTO,
            incident: IncidentId::derived("case"),
            person: PersonId::derived("person"),
        };
        let (plan, photo) = attach::attach(taken, &lane(), &actor()).unwrap();
        self.until(|| store.keep_attachment(&photo.content_id(), PHOTO));
        self.until(|| match store.commit(&plan) {
            Err(StoreError::MaybeKept) if store.document("Binary", &photo.content_id()).is_ok_and(|found| found.is_some()) => Ok(()),
            other => other,
        });
        let mut lane = Escalations::open_on(&shared, &path, &key());
        self.until(|| match lane.keep(&Document::new("Task", "help"), None) {
            Err(_) if lane.get("help").is_some() => Ok(()),
            other => other.map(drop),
        });
        let intent = store.unsent().unwrap_or_default().first().cloned();
        if let Some(intent) = intent {
            self.until(|| {
                store.reconnect()?; // as the api does after an error of the database
                store.mark_unknown(&[intent.seq])?;
                let (incoming, source) = (arrive::Incoming::Accepted { version: Some("1") }, Source::Acknowledgement { seq: intent.seq });
                store.arrive(&[Arrival { kind: &intent.kind, id: &intent.id, incoming, source }]).map(drop)
            });
        }
        if store.close().is_err() {
            self.refused += 1;
        }
        self.disk.process_gone();
        drop(self.open());
    }

    fn check(&self, what: &str) {
        self.disk.set(Ails::default());
        let store = Store::open_on(&self.shared, &self.disk.path("work.db"), &key(), "agency").unwrap();
        for at in 0..3 {
            assert!(holds(&store, at), "{what}: note {at} is gone");
        }
        assert_eq!(store.drafts().unwrap()[0].body.text(), "draft 2", "{what}");
        assert!(store.unsent().unwrap().len() <= 5, "{what}: a note stands twice in the outbox");
        let photos = store.of_kind("Binary").unwrap();
        assert_eq!(photos.len(), 1, "{what}: the photo");
        assert_eq!(store.attachment(photos[0].id()).unwrap().as_deref(), Some(PHOTO), "{what}");
        let lane = Escalations::open_on(&self.shared, &self.disk.path("work.db"), &key());
        assert!(lane.get("help").is_some(), "{what}: the call for help is gone");
        assert!(KeyFile::read(self.shared.as_ref(), &self.disk.path("work.db")).unwrap().unwrap().fits(&key()), "{what}");
        assert!(store.opening().moved_aside.is_empty(), "{what}: {:?}", store.opening());
    }
}

fn holds(store: &Store, at: u32) -> bool {
    let wanted = format!("note {at}");
    let all = store.of_kind("DocumentReference").unwrap_or_default();
    all.iter().any(|document| anydoor_core::fhir::note::read(document).is_ok_and(|note| note.text == wanted))
}

#[test]
fn every_operation_of_the_disk_fails_once() {
    let (_, agency) = recovery_key_pair().unwrap();
    let (mut at, mut refused) = (0, 0);
    loop {
        at += 1;
        let mut phone = Phone::new();
        phone.disk.set(Ails { fails_at: Some(at), ..Ails::default() });
        phone.day(&agency);
        let operations = phone.disk.operations();
        phone.check(&format!("operation {at} failed"));
        phone.disk.forget();
        refused += phone.refused;
        if operations < at {
            break;
        }
    }
    println!("{at} operations failed in turn · {refused} times the person was told");
    assert!(at > 100 && refused > 50, "{at} operations, told {refused} times");
}

#[test]
fn every_drawing_of_randomness_fails_once() {
    let (_, agency) = recovery_key_pair().unwrap();
    for at in 1.. {
        let drawn = std::rc::Rc::new(std::cell::Cell::new(0_u64));
        let count = drawn.clone();
        random::on_this_thread(Some(Box::new(move |bytes| {
            count.set(count.get() + 1);
            let now = count.get();
            bytes.iter_mut().enumerate().for_each(|(i, byte)| *byte = u8::try_from((now * 31 + i as u64 * 7) % 251).unwrap());
            if now == at { Err(NoRandomness) } else { Ok(()) }
        })));
        let mut phone = Phone::new();
        phone.day(&agency);
        random::on_this_thread(None);
        phone.check(&format!("drawing {at} failed"));
        phone.disk.forget();
        if drawn.get() < at {
            println!("{at} drawings failed in turn");
            assert!(at > 10);
            return;
        }
    }
}

#[test]
fn a_full_disk_is_loud_and_a_call_for_help_still_fits() {
    let disk = SimDisk::new();
    let (shared, path): (Arc<dyn Disk>, _) = (Arc::new(disk.clone()), disk.path("work.db"));
    let mut store = Store::open_on(&shared, &path, &key(), "agency").unwrap();
    let mut lane = Escalations::open_on(&shared, &path, &key());
    store.save_draft(&draft("before")).unwrap();
    disk.set(Ails { full: true, ..Ails::default() });
    let mut told = 0;
    let mut last = "before".to_owned();
    for at in 0..200 {
        let text = format!("typing goes on {at} {}", "word ".repeat(200));
        match store.save_draft(&draft(&text)) {
            Ok(()) => last = text,
            Err(StoreError::Full) => told += 1,
            Err(other) => panic!("a full disk says {other}"),
        }
        assert_eq!(store.drafts().unwrap()[0].body.text(), last, "half of a save is there");
    }
    assert!(told > 0, "the disk was full and nobody was told");
    for at in 0..10 {
        assert_eq!(lane.keep(&Document::new("Task", &format!("help-{at}")), None).unwrap(), 2);
        lane.arrived(&format!("help-{at}"), "1").unwrap();
    }
    disk.set(Ails::default());
    store.save_draft(&draft("room again")).unwrap();
    assert!(store.has_second_copy());
    drop(store);
    let store = Store::open_on(&shared, &path, &key(), "agency").unwrap();
    assert_eq!(store.drafts().unwrap()[0].body.text(), "room again");
    assert_eq!(lane.all().len(), 10);
}
