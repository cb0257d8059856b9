//! The views of FHIR resources: each reads any resource whatever, refuses by element what it cannot, and what it reads
//! it reads again from what it writes.

use std::fmt::Debug;

use anydoor_core::assignment::State;
use anydoor_core::base::ids::PersonId;
use anydoor_core::fhir::{self, Document, Revision};
use anydoor_core::incident::Role;

use crate::mangle::{Mangle, json_bytes, mangles};
use crate::{fuzz, seeds};

/// What was read stays the same once it has been written: what says nothing (an empty text) is left out the first time.
#[track_caller]
fn settles<T: Debug + PartialEq, E: Debug>(read: impl Fn(&Document) -> Result<T, E>, write: impl Fn(&T) -> Document, document: &Document) {
    let Ok(first) = read(document) else { return };
    let second = read(&write(&first)).unwrap();
    let third = read(&write(&second)).unwrap();
    assert_eq!(second, third);
}

fn every_view(document: &Document, others: &[Document]) {
    let find = |reference: &str| others.iter().find(|d| reference.starts_with(d.kind())).cloned();
    let subject = PersonId::parse("subject").unwrap();
    settles(fhir::assignment::read, |a| fhir::assignment::write(a, State::Offered, &subject, "agency"), document);
    settles(fhir::assignment::read_stamp, fhir::assignment::write_stamp, document);
    settles(fhir::assignment::read_visit, |v| fhir::assignment::write_visit(v, &[]), document);
    settles(fhir::escalation::read, fhir::escalation::write, document);
    settles(fhir::safety::read_step_down, fhir::safety::write_step_down, document);
    settles(fhir::basis::read, fhir::basis::write, document);
    settles(fhir::handoff::read_follow_up, fhir::handoff::write_follow_up, document);
    settles(fhir::note::read, fhir::note::write, document);
    settles(fhir::in_error::read, fhir::in_error::write, document);
    settles(fhir::attachment::read, |a| fhir::attachment::write(a)[1].clone(), document);
    let _ = (fhir::attachment::data(document), fhir::in_error::is_in_error(document));
    settles(|d| fhir::person::read(d, vec![Role::InCrisis]), |p| fhir::person::write(p, &subject), document);
    let _ = fhir::team::read(document, &find);
    let _ = fhir::directory::read(document, &find);
    let _ = fhir::agency::follow_up_hours(std::slice::from_ref(document));
    if let Some(people) = fhir::population::read(std::slice::from_ref(document)) {
        assert_eq!(fhir::population::read(&[fhir::population::write("p", &people)]), Some(people));
    }
    let _ = fhir::incident::read_place(document);
    let _ = fhir::incident::listed_people(document);
    let _ = fhir::incident::received_bytes(document);
    let _ = fhir::join::members(document);
    let _ = (fhir::assignment::is_called_off(document), fhir::assignment::is_stamp(document), fhir::note::is_signed(document));
    let _ = (fhir::escalation::acknowledgement(document), fhir::safety::why_back(document), fhir::safety::task_code(document));
    let _ = (fhir::handoff::read_state(document), fhir::handoff::attempt_outcome(document));
    incident(document, others, &find);
}

fn incident(document: &Document, others: &[Document], find: &dyn Fn(&str) -> Option<Document>) {
    let facts: Vec<Document> = others.iter().chain([document]).filter(|d| d.kind() == "Observation").cloned().collect();
    let Ok(read) = fhir::incident::read(document, find, &facts) else { return };
    let written = fhir::incident::write(&read);
    let again = |reference: &str| written.iter().find(|d| d.reference() == reference).cloned();
    let told: Vec<Document> = written.iter().filter(|d| d.kind() == "Observation").cloned().collect();
    let request = written.iter().find(|d| d.kind() == "ServiceRequest").unwrap();
    let back = fhir::incident::read(request, &again, &told).unwrap();
    assert_eq!((&back.id, back.urgency, back.door, back.determined), (&read.id, read.urgency, read.door, read.determined));
    assert_eq!(back.facts.len(), read.facts.len());
    for (back, read) in back.facts.iter().zip(&read.facts) {
        assert_eq!((&back.id, &back.text, back.label, back.life_saving), (&read.id, &read.text, read.label, read.life_saving));
    }
}

#[test]
fn a_resource_of_any_kind_is_read_or_refused_by_its_element() {
    let seeds = seeds::fhir();
    let others: Vec<Document> = seeds.iter().map(|seed| Document::from_value(seed.clone()).unwrap()).collect();
    others.iter().for_each(|seed| every_view(seed, &others));
    fuzz!(mangles(), |(seed, mangles)| {
        let bytes = json_bytes(&seeds[usize::from(*seed) % seeds.len()], mangles);
        if let Ok(document) = Document::parse(&bytes) {
            every_view(&document, &others);
        }
    });
}

/// What failed once, as it was found: a photo whose digest says nothing.
#[test]
fn what_failed_once_is_read_or_refused_by_its_element() {
    let seeds = seeds::fhir();
    let others: Vec<Document> = seeds.iter().map(|seed| Document::from_value(seed.clone()).unwrap()).collect();
    let found = [(36_296_usize, [Mangle::Rename { at: 10_506, odd: 225 }, Mangle::Swap { at: 35_913, odd: 169 }])];
    for (seed, mangles) in found {
        let document = Document::parse(&json_bytes(&seeds[seed % seeds.len()], &mangles)).unwrap();
        every_view(&document, &others);
    }
}

#[test]
fn a_revision_is_read_as_it_was_written() {
    let seeds = seeds::fhir();
    fuzz!(mangles(), |(seed, mangles)| {
        let Ok(mut document) = Document::parse(&json_bytes(&seeds[usize::from(*seed) % seeds.len()], mangles)) else { return };
        let Some(read) = Revision::of(&document) else { return };
        read.write("agency", &mut document);
        let Some(again) = Revision::of(&document) else {
            assert!(read.writer.trim().is_empty(), "only a name that says nothing is not written");
            return;
        };
        assert_eq!(again.name(), read.name());
        again.write("agency", &mut document);
        assert_eq!(Revision::of(&document), Some(again));
    });
}

#[test]
fn a_basis_whose_end_cannot_be_read_allows_nothing() {
    let seed = seeds::fhir().into_iter().find(|seed| seed["resourceType"] == "Consent").unwrap();
    let whole = Document::from_value(seed.clone()).unwrap();
    assert!(fhir::basis::read(&whole).unwrap().until.is_some(), "the seed has an end");
    fuzz!(mangles(), |(_, mangles)| {
        let Ok(document) = Document::parse(&json_bytes(&seed, mangles)) else { return };
        let Ok(basis) = fhir::basis::read(&document) else { return };
        assert_eq!(basis.until.is_some(), document.at("/provision/period/end").is_some());
        assert!(document.text("/status") == Some("active") || basis.withdrawn.is_some());
    });
}

#[test]
fn two_versions_mangled_apart_are_joined_or_shown_as_conflicts() {
    use anydoor_core::reconcile::{in_our_favour, reconcile};
    let seeds = seeds::fhir();
    fuzz!((mangles(), mangles()), |((seed, ours), (_, theirs))| {
        let seed = &seeds[usize::from(*seed) % seeds.len()];
        let base = Document::from_value(seed.clone()).unwrap();
        let mangled = |mangles| Document::parse(&json_bytes(seed, mangles)).ok();
        let (Some(ours), Some(theirs)) = (mangled(ours), mangled(theirs)) else { return };
        let joined = reconcile(&base, &ours, &theirs);
        let _ = in_our_favour(&base, &ours, &theirs);
        // What only we changed is ours, what only they changed is theirs.
        assert_eq!(reconcile(&base, &base, &theirs).merged, theirs);
        assert_eq!(reconcile(&base, &ours, &base).conflicts, Vec::<String>::new());
        assert_eq!(joined.merged.kind(), theirs.kind());
    });
}
