//! Traffic that comes again: which of it, in what order, and what may differ afterwards (P18).

use std::collections::BTreeMap;
use std::error::Error;

use anydoor_core::fhir::{Document, assignment, element, in_error, note};
use anydoor_sandbox::county::Seeded;
use anydoor_sandbox::gateway::Gateway;

use crate::proxy::Exchange;

/// A server's documents by their references.
pub type There = BTreeMap<String, Document>;

/// What a visit writes.
const KINDS: [&str; 10] = [
    "Task",
    "Provenance",
    "Encounter",
    "ServiceRequest",
    "Patient",
    "Location",
    "Observation",
    "DocumentReference",
    "Consent",
    "Communication",
];

/// Every document of these kinds at the server.
///
/// # Errors
/// Where the server does not answer.
pub async fn there(gateway: &Gateway) -> Result<There, Box<dyn Error>> {
    let mut all = BTreeMap::new();
    for kind in KINDS {
        for document in gateway.search(&format!("{kind}?_count=500")).await? {
            all.insert(document.reference(), document);
        }
    }
    Ok(all)
}

/// What is never changed once it is written.
pub fn is_immutable(document: &Document) -> bool {
    // A note that was entered in error has had its one change.
    note::is_signed(document) && !in_error::is_in_error(document) || assignment::is_stamp(document) || document.kind() == "Communication"
}

/// The document without who wrote it last: one that is written again after a replay says the same by another revision.
pub fn said(document: &Document) -> Document {
    let mut document = document.clone();
    let revision = element::ours("revision");
    let rest = document.list("/extension").iter().filter(|e| e.get("url").and_then(|u| u.as_str()) != Some(&revision)).cloned();
    let rest: Vec<_> = rest.collect();
    document.set("extension", rest.into());
    document
}

/// What is more, less or other than it was among the documents that `which` picks; meta is aside.
pub fn differences(before: &There, after: &There, which: impl Fn(&Document) -> bool) -> Vec<String> {
    let more = after.keys().filter(|reference| !before.contains_key(*reference)).map(|reference| format!("{reference} is more"));
    let mut all: Vec<String> = more.collect();
    for (reference, was) in before {
        match after.get(reference).map(|is| said(was).first_difference(&said(is))) {
            None => all.push(format!("{reference} is gone")),
            Some(Some(place)) if which(was) => all.push(format!("{reference} differs at {place}")),
            Some(_) => {}
        }
    }
    all
}

/// All of these, one to three times each, in an order of the seed's.
pub fn shuffled(writes: &[Exchange], seed: u64) -> Vec<&Exchange> {
    let mut seeded = Seeded::new(seed);
    let mut all: Vec<&Exchange> = Vec::new();
    for write in writes {
        let times = 1 + seeded.below(3);
        (0..times).for_each(|_| all.push(write));
    }
    for last in (1..all.len()).rev() {
        let other = usize::try_from(seeded.below(last as u64 + 1)).unwrap_or(last);
        all.swap(last, other);
    }
    all
}
