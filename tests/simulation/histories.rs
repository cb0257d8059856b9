//! What each phone wrote, was shown and showed, recorded from outside, and the guarantees of a session checked from it
//! (Terry et al. 1994): read your writes, monotonic reads, monotonic writes, writes follow reads; and that what one act
//! made is there for others whole or not at all.

use std::collections::{BTreeSet, HashMap, HashSet};

use anydoor_core::fhir::{Document, Revision};

use crate::phone::Phone;
use crate::server::{Server, Wrote};

/// A revision's name, `writer#counter`.
type Name = String;

#[derive(Debug, Default)]
pub struct Histories {
    /// From which revision each was made, as the phones said when they accepted it or the server when it had it.
    made_from: HashMap<Name, Option<Name>>,
    /// Every revision of each document that the server has had, and in which request it came first.
    at_server: HashMap<(String, Name), u64>,
    /// The newest count of each writer on each document that the server has had.
    newest: HashMap<(String, String), u64>,
    /// The newest version of each document that each phone showed.
    shown: HashMap<String, HashMap<String, u64>>,
    /// What one act made at once, as `Type/id`, by the phone's name.
    units: Vec<(String, Vec<String>)>,
    /// In which request each document was first at the server.
    first: HashMap<String, u64>,
    /// Phones on whose transaction the server failed, or which it refused: what was in it goes apart, so that one bad item
    /// holds up nothing else.
    refused: BTreeSet<String>,
    /// What stands under each name of a revision, of each document.
    contents: HashMap<(String, Name), String>,
    /// The newest version of each of its team's Tasks that each phone showed.
    own: HashMap<String, HashMap<String, u64>>,
    /// Versions that put an older content of a writer over a newer one: an old copy that came late.
    set_back: HashSet<(String, usize)>,
}

impl Histories {
    /// An act was accepted on this phone: these documents, as they are stored.
    pub fn accepted(&mut self, phone: &str, written: &[(Document, bool)]) {
        for (document, _) in written {
            self.learn(document);
        }
        let new: Vec<String> = written.iter().filter(|(_, new)| *new).map(|(document, _)| document.reference()).collect();
        // A content goes by itself, behind everything else.
        if new.len() > 1 && !new.iter().any(|reference| reference.starts_with("Binary/")) {
            self.units.push((phone.to_owned(), new));
        }
    }

    fn learn(&mut self, document: &Document) -> Option<Revision> {
        let revision = Revision::of(document)?;
        self.made_from.entry(revision.name()).or_insert_with(|| revision.parent.clone());
        Some(revision)
    }

    /// The server refused a transaction of this phone, or failed on it.
    pub fn refused(&mut self, phone: &str) {
        self.refused.insert(phone.to_owned());
    }

    /// Takes what the server wrote since; returns how often an old copy went over a newer content.
    pub fn take(&mut self, server: &mut Server) -> u64 {
        let mut set_back = 0;
        for Wrote { reference, version, request } in server.take_wrote() {
            self.first.entry(reference.clone()).or_insert(request);
            let Some(document) = server.version(&reference, &version.to_string()).cloned() else { continue };
            let Ok(document) = Document::from_value(document) else { continue };
            let Some(revision) = self.learn(&document) else { continue };
            self.writes_follow_reads(&reference, &revision, request);
            let key = (reference.clone(), revision.name());
            let content = meaning(document.value()).to_string();
            let first = self.contents.entry(key.clone()).or_insert_with(|| content.clone());
            assert_eq!(*first, content, "{reference}: one name, {}, for two contents", revision.name());
            let newest = self.newest.entry((reference.clone(), revision.writer.clone())).or_default();
            if revision.counter < *newest {
                self.set_back.insert((reference, version));
                set_back += 1;
            }
            *newest = revision.counter.max(*newest);
            self.at_server.entry(key).or_insert(request);
        }
        set_back
    }

    /// What a phone wrote was made from what the server had, or from what the same phone had made on top of that.
    fn writes_follow_reads(&self, reference: &str, revision: &Revision, request: u64) {
        let mut parent = revision.parent.clone();
        let mut steps = 0;
        while let Some(name) = parent {
            if self.at_server.contains_key(&(reference.to_owned(), name.clone())) {
                return;
            }
            let own = name.split('#').next() == Some(revision.writer.as_str());
            assert!(own, "request {request}: {reference} was made from {name}, which the server never had");
            parent = self.made_from.get(&name).cloned().flatten();
            steps += 1;
            assert!(steps < 10_000, "{reference}: revisions in a circle");
        }
    }

    /// Monotonic reads: no document on this phone goes back. Read your writes: what this phone made is here, or was and has
    /// left its scope, and then the server has it.
    pub fn at_every_step(&mut self, phone: &Phone, server: &Server) {
        let Some(store) = &phone.store else { return };
        // What cannot be read at all is noticed elsewhere: the disk may be failing just now.
        let Ok(all) = store.everything() else { return };
        let shown = self.shown.entry(phone.name.clone()).or_default();
        for (reference, version) in &all {
            let Some(version) = version.as_deref().and_then(|version| version.parse::<u64>().ok()) else { continue };
            match shown.get_mut(reference) {
                Some(newest) => {
                    assert!(version >= *newest, "{}: {reference} went back from version {newest} to {version}", phone.name);
                    *newest = version;
                }
                None => drop(shown.insert(reference.clone(), version)),
            }
        }
        self.what_is_its_teams_stays(phone, &all, server);
        let here: HashSet<&str> = all.iter().map(|(reference, _)| reference.as_str()).collect();
        for (_, unit) in self.units.iter().filter(|(name, _)| *name == phone.name) {
            for reference in unit {
                assert!(
                    here.contains(reference.as_str()) || server.has(reference),
                    "{}: {reference} was made here and is nowhere",
                    phone.name
                );
            }
        }
    }

    /// A visit of this phone's team is not gone from it while the team has it (P6).
    fn what_is_its_teams_stays(&mut self, phone: &Phone, all: &[(String, Option<String>)], server: &Server) {
        let mine = format!("CareTeam/{}", phone.team);
        let owned = |reference: &str, version: u64| {
            let there = server.version(reference, &version.to_string());
            there.and_then(|there| there.pointer("/owner/reference")?.as_str()) == Some(mine.as_str())
        };
        let own = self.own.entry(phone.name.clone()).or_default();
        own.retain(|reference, shown| {
            let newest = server.history(reference).count() as u64;
            let has_it = (*shown..=newest).all(|version| owned(reference, version));
            assert!(!has_it || all.iter().any(|(here, _)| here == reference), "{}: {reference} is this team's, and gone", phone.name);
            has_it
        });
        for (reference, version) in all.iter().filter(|(reference, _)| reference.starts_with("Task/")) {
            let version = version.as_deref().and_then(|version| version.parse().ok());
            if let Some(version) = version.filter(|version| owned(reference, *version)) {
                own.insert(reference.clone(), version);
            }
        }
    }

    /// Monotonic writes, and acts whole: what may only hold when everything has come to rest.
    pub fn at_rest(&self, phones: &[Phone], server: &Server) {
        for (reference, version) in &self.set_back {
            let current = server.history(reference).count();
            let Some(newest) = server.version(reference, &current.to_string()) else { continue };
            let same = server.version(reference, &version.to_string()).is_some_and(|old| meaning(old) == meaning(newest));
            assert!(*version < current || same || healed(newest), "{reference}: an old copy (version {version}) is the last word");
        }
        for (name, unit) in &self.units {
            let held = phones.iter().find(|phone| phone.name == *name).and_then(|phone| phone.store.as_ref()).is_some_and(|store| {
                store.unsent().is_ok_and(|all| all.iter().any(|intent| unit.contains(&format!("{}/{}", intent.kind, intent.id))))
            });
            let requests: BTreeSet<Option<u64>> = unit.iter().map(|reference| self.first.get(reference).copied()).collect();
            assert!(
                requests.len() == 1 || held || self.refused.contains(name),
                "{name}: what one act made came to the agency in parts: {unit:?} by {requests:?}"
            );
        }
    }
}

fn meaning(value: &serde_json::Value) -> serde_json::Value {
    let mut value = value.clone();
    if let Some(map) = value.as_object_mut() {
        map.remove("meta");
    }
    value
}

/// A document that never changes says the same in every copy.
fn healed(newest: &serde_json::Value) -> bool {
    newest.get("resourceType").and_then(serde_json::Value::as_str) == Some("Provenance")
}
