//! The store: hostile documents at rest are shown and marked, and no search is an error.

use std::sync::{Mutex, PoisonError};

use anydoor_core::acts::{Actor, Ledger};
use anydoor_core::base::ids::{IncidentId, MemberId, NoteId, OrganizationId, PersonId, TeamId};
use anydoor_core::fhir::Document;
use anydoor_core::note::{Note, Standing};
use anydoor_core::records::lookup;
use anydoor_core::store::{Incoming, Key, Store};
use anydoor_tests::fixtures;
use bolero::produce;

use crate::mangle::{json_value, mangles, text_bytes};
use crate::{fuzz, seeds};

fn store() -> (tempfile::TempDir, Mutex<Store>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("work.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
    (folder, Mutex::new(store))
}

fn sign(store: &mut Store, text: &str) -> Option<NoteId> {
    let actor = Actor::new(
        MemberId::parse("member").unwrap(),
        TeamId::parse("team").unwrap(),
        OrganizationId::parse("agency").unwrap(),
        "phone",
        "2026-11-23T05:00:00Z".parse().unwrap(),
    );
    let note = Note {
        id: NoteId::fresh(),
        incident: IncidentId::parse("incident").unwrap(),
        person: PersonId::parse("person").unwrap(),
        author: actor.member.clone(),
        standing: Standing::Draft,
        at: actor.now,
        text: text.to_owned(),
    };
    let (plan, id) = fixtures::sign(note, &actor).ok()?;
    store.commit(&plan).unwrap();
    Some(id)
}

#[test]
fn what_the_server_sends_is_shown_whatever_it_is() {
    let (_folder, store) = store();
    let seeds = seeds::fhir();
    fuzz!(mangles(), |(seed, mangles)| {
        let store = &mut *store.lock().unwrap_or_else(PoisonError::into_inner);
        let value = json_value(&seeds[usize::from(*seed) % seeds.len()], mangles);
        let Ok(document) = Document::parse(value.to_string().as_bytes()) else { return };
        store.take(&Incoming { documents: vec![document.clone()], read_upto: None }).unwrap();
        if !document.id().is_empty() {
            assert!(store.document(document.kind(), document.id()).unwrap().is_some());
        }
        for row in store.queue(1000).unwrap() {
            lookup::stamps(store, row.row.assignment.as_str()).unwrap().status();
        }
        assert_eq!(store.first_break_in_audit().unwrap(), None);
    });
}

const NOTES: [&str; 6] = [
    "tranquila, habló con su tía; red coat, 30 mg",
    "she's calm — \"no plan\" (said twice), NEAR OR AND NOT",
    "مرحبا، هدأت",
    "他很平静。和姐姐回家",
    "हिन्दी में बात की",
    "e\u{301}te\u{301} ﬁne ½ ² ǅ",
];

#[test]
fn no_search_is_an_error_and_none_brings_more_than_was_asked() {
    let (_folder, store) = store();
    NOTES.iter().for_each(|text| drop(sign(&mut store.lock().unwrap(), text)));
    fuzz!((produce::<u8>(), mangles(), produce::<String>()), |(most, (seed, mangles), any)| {
        let store = &*store.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&text_bytes(NOTES[usize::from(*seed) % NOTES.len()], mangles)).into_owned();
        for words in [&text, any] {
            assert!(store.search_notes(words, u32::from(*most)).unwrap().len() <= usize::from(*most));
        }
    });
}

/// Signs a mangled note and looks for it by each of its words that `wanted` picks.
fn found_by_its_words(wanted: impl Fn(&str) -> bool + std::panic::RefUnwindSafe) {
    let (_folder, store) = store();
    fuzz!(mangles(), |(seed, mangles)| {
        let store = &mut *store.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&text_bytes(NOTES[usize::from(*seed) % NOTES.len()], mangles)).into_owned();
        let Some(id) = sign(store, &text) else { return };
        let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric) && wanted(word));
        for word in words.take(8) {
            let found = store.search_notes(word, 10_000).unwrap();
            assert!(found.iter().any(|row| row.id == id.as_str()), "{word:?} in {text:?}");
        }
    });
}

/// English and Spanish as they are typed: there Rust and FTS5 see the same letters.
fn plain(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii() || ('\u{c0}'..='\u{24f}').contains(&c))
}

#[test]
fn a_note_is_found_by_each_of_its_plain_words() {
    found_by_its_words(plain);
}

#[test]
fn a_note_is_found_by_each_of_its_own_words() {
    // A mark that stands alone is no word to FTS5, though Rust calls it alphabetic.
    found_by_its_words(|word| word.chars().any(|c| c.is_ascii_alphanumeric() || c.is_uppercase()));
}
