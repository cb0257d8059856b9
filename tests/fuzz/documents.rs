//! FHIR as bytes: resources, bundles, OperationOutcomes.

use anydoor_core::base::ids;
use anydoor_core::fhir::behaviour::{ServerBehaviour, statement};
use anydoor_core::fhir::{Document, bundle};
use anydoor_core::http::Answer;

use crate::mangle::{json_bytes, mangles};
use crate::{fuzz, seeds};

#[test]
fn a_resource_that_is_read_says_the_same_when_it_is_written() {
    let seeds = seeds::fhir();
    fuzz!(mangles(), |(seed, mangles)| {
        let bytes = json_bytes(&seeds[usize::from(*seed) % seeds.len()], mangles);
        let Ok(document) = Document::parse(&bytes) else { return };
        let again = Document::parse(document.to_text().as_bytes()).unwrap();
        assert_eq!(again, document);
        assert_eq!(again.first_difference(&document), None);
        assert!(document.id().is_empty() || ids::is_legal(document.id()));
        for (_, target) in document.references() {
            assert!(target.contains('/'), "{target}");
        }
    });
}

#[test]
fn a_bundle_is_read_entry_by_entry_or_refused_whole() {
    let seed = seeds::json(seeds::BUNDLE);
    fuzz!(mangles(), |(_, mangles)| {
        let bytes = json_bytes(&seed, mangles);
        let Ok(page) = bundle::read(&bytes) else { return };
        assert!(page.entries.len() + page.refused.len() <= bundle::MOST_ENTRIES);
        for resource in page.entries.iter().filter_map(|entry| entry.resource.as_ref()) {
            assert_eq!(&Document::parse(resource.to_text().as_bytes()).unwrap(), resource);
        }
        assert_eq!(bundle::read(&bytes).unwrap(), page);
    });
}

#[test]
fn what_a_refusal_says_is_short_and_whole() {
    let seed = seeds::json(seeds::OUTCOME);
    fuzz!(mangles(), |(status, mangles)| {
        let answer = Answer { status: *status, body: json_bytes(&seed, mangles), ..Answer::default() };
        let _ = answer.is_fhir();
        if let Some(said) = answer.diagnostics() {
            assert!(said.chars().count() <= 500);
        }
    });
}

#[test]
fn what_a_server_says_of_itself_is_short_and_read_or_left() {
    let seed = seeds::json(seeds::CAPABILITY);
    fuzz!(mangles(), |(_, mangles)| {
        let Ok(document) = Document::parse(&json_bytes(&seed, mangles)) else { return };
        let Some(said) = statement(&document) else { return };
        assert!(said.software.chars().count() <= 201);
        assert!(!said.is_r4 || document.text("/fhirVersion").is_some_and(|version| version.starts_with("4.0")));
    });
}

#[test]
fn what_a_probe_found_is_read_whole_or_not_at_all() {
    let mut found = ServerBehaviour::unknown("2026-11-20T00:00:00Z".parse().unwrap(), "x 2");
    found.versioned_update = true;
    let seed = found.write("probe").into_value();
    fuzz!(mangles(), |(_, mangles)| {
        let Ok(document) = Document::parse(&json_bytes(&seed, mangles)) else { return };
        if let Some(read) = ServerBehaviour::among(std::slice::from_ref(&document)) {
            assert_eq!(ServerBehaviour::among(&[read.write("again")]), Some(read));
        }
    });
}
