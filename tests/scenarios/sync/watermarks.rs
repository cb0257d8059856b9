//! How far a search has read: each search that a sync makes, against everything that can be missing of its answer.
//!
//! A search is asked again from the beginning until its answer was read whole; then from some minutes before what it showed.

use std::collections::BTreeMap;

use anydoor_core::base::clock::Instant;
use anydoor_core::delivery::SearchRemark;
use anydoor_core::fhir::Document;
use anydoor_core::http::{Answer, Request};
use anydoor_core::store::Incoming;
use serde_json::{Value, json};

use super::town::{STAMP, Town, document, key, now, play, run, since, status, store, to};

/// What is missing of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Lacks {
    Nothing,
    /// One record cannot be read.
    ARecord,
    /// The next page is refused.
    ItsNextPage,
    /// The link to the next page is none that is followed.
    ItsLink,
    /// It is older than what is here.
    News,
    /// The server refuses it.
    Everything,
    /// The server fails at it.
    AnAnswer,
}

const ALL: [Lacks; 7] =
    [Lacks::Nothing, Lacks::ARecord, Lacks::ItsNextPage, Lacks::ItsLink, Lacks::News, Lacks::Everything, Lacks::AnAnswer];

/// Every search of a full run, by its key, with the time from which it first asked.
fn searches(
    full: bool,
    of: &mut anydoor_core::store::Store,
    mut server: impl FnMut(&Request) -> Answer,
) -> BTreeMap<String, Option<Instant>> {
    let mut asked = BTreeMap::new();
    play(of, &mut run(full), now(), |request| {
        if let Some(key) = key(&request.path) {
            asked.entry(key).or_insert_with(|| since(&request.path));
        }
        server(request)
    });
    asked
}

fn every_search() -> Vec<String> {
    let (town, (_folder, mut store)) = (Town::new(), store());
    let all: Vec<String> = searches(true, &mut store, |request| town.answer(request)).into_keys().collect();
    assert!(all.len() >= 24, "the town asks for {all:?} only");
    all
}

fn with_link(answer: &Answer, next: &str) -> Answer {
    let mut bundle: Value = serde_json::from_slice(&answer.body).unwrap();
    bundle["link"] = json!([{ "relation": "next", "url": next }]);
    Answer { body: bundle.to_string().into_bytes(), ..answer.clone() }
}

fn lacking(town: &Town, lacks: Lacks, request: &Request) -> Answer {
    let whole = town.answer(request);
    let kind = request.path.split('?').next().unwrap();
    match lacks {
        Lacks::Nothing | Lacks::News => whole,
        Lacks::ARecord => {
            let mut bundle: Value = serde_json::from_slice(&whole.body).unwrap();
            bundle["entry"].as_array_mut().unwrap().push(json!({ "resource": { "resourceType": kind, "id": "no legal id" } }));
            Answer { body: bundle.to_string().into_bytes(), ..whole }
        }
        Lacks::ItsNextPage => with_link(&whole, "gone"),
        Lacks::ItsLink => with_link(&whole, &format!("page?{}", "x".repeat(9_000))),
        Lacks::Everything => status(403),
        Lacks::AnAnswer => status(500),
    }
}

#[test]
fn a_search_is_asked_from_the_beginning_until_its_answer_was_read_whole() {
    for search in every_search() {
        for lacks in ALL {
            let (town, (_folder, mut store)) = (Town::new(), store());
            if lacks == Lacks::News {
                let later = |body: &Value| {
                    let mut later = body.clone();
                    later["meta"] = json!({ "versionId": "2", "lastUpdated": "2026-11-23T04:30:00Z" });
                    Document::from_value(later).unwrap()
                };
                store.take(&Incoming { documents: town.0.iter().map(later).collect(), read_upto: None }).unwrap();
            }
            let mut reached = false;
            play(&mut store, &mut run(true), now(), |request| match request.path.as_str() {
                "gone" => status(410),
                path if key(path).as_ref() == Some(&search) => {
                    reached = true;
                    lacking(&town, lacks, request)
                }
                _ => town.answer(request),
            });
            assert!(reached, "{search}");
            let again = searches(true, &mut store, |request| town.answer(request));
            assert_eq!(again[&search].is_some(), lacks == Lacks::Nothing, "{search}, of which {lacks:?} was missing");
        }
    }
}

/// A commit that is slower than others is found by the next search, and one that is much slower by the next full one.
#[test]
fn each_search_reads_again_from_five_minutes_and_in_a_full_run_from_an_hour_before_what_it_has_read() {
    let (town, (_folder, mut store)) = (Town::new(), store());
    let stamp: Instant = STAMP.parse().unwrap();
    searches(true, &mut store, |request| town.answer(request));
    for (full, overlap_s) in [(false, 300), (true, 3_600), (false, 300)] {
        let asked = searches(full, &mut store, |request| town.answer(request));
        assert!(asked.len() > 15);
        for (search, since) in asked {
            let since = since.unwrap_or_else(|| panic!("{search} is asked from the beginning"));
            assert!(stamp.duration_since(since).as_secs() >= overlap_s, "{search}: from {since}, full {full}");
        }
    }
}

/// Something of the type of a search that it did not ask for.
fn stranger(search: &str) -> Value {
    let kind = search.split('?').next().unwrap();
    let by_other = json!([{ "url": "urn:anydoor:1:revision", "extension": [{ "url": "agency", "valueReference": to("Organization/other") },
        { "url": "writer", "valueString": "w" }, { "url": "counter", "valueString": "1" }] }]);
    let more = match kind {
        "Library" => json!({ "url": "http://example.org/measure" }),
        "Location" => json!({ "address": { "text": "12 Elm St" } }),
        _ => json!({ "extension": by_other }),
    };
    document(kind, "stranger", more)
}

#[test]
fn what_a_search_brings_and_did_not_ask_for_is_left_out_and_said() {
    for search in every_search() {
        let (town, (_folder, mut store)) = (Town::new(), store());
        let kind = search.split('?').next().unwrap();
        let report = play(&mut store, &mut run(true), now(), |request| {
            let mut answer = town.answer(request);
            if key(&request.path).as_ref() == Some(&search) {
                let mut bundle: Value = serde_json::from_slice(&answer.body).unwrap();
                bundle["entry"].as_array_mut().unwrap().push(json!({ "resource": stranger(&search) }));
                answer.body = bundle.to_string().into_bytes();
            }
            answer
        });
        assert!(store.document(kind, "stranger").unwrap().is_none(), "{search}");
        let said: Vec<&str> = report
            .remarks
            .iter()
            .filter(|remark| remark.what == SearchRemark::FilterIgnored)
            .map(|remark| remark.search.as_str())
            .collect();
        assert!(
            !said.is_empty() && said.iter().all(|name| name.starts_with(kind) || ["open offers", "escalations of the team"].contains(name)),
            "{search}: {said:?}"
        );
    }
}

/// A search with nothing to bring moves no watermark of another.
#[test]
fn what_was_never_read_is_asked_whole_whatever_else_was_read() {
    let (mut town, (_folder, mut store)) = (Town::new(), store());
    searches(true, &mut store, |request| town.answer(request));
    let mut second = super::town::task("b");
    second["focus"] = to("ServiceRequest/r2");
    second["meta"]["lastUpdated"] = json!("2026-11-23T04:40:00Z");
    town.0.push(second);
    town.0.push(document("ServiceRequest", "r2", json!({ "status": "active", "intent": "order", "authoredOn": STAMP })));
    let mut whole = Vec::new();
    play(&mut store, &mut run(false), now(), |request| {
        whole.extend(key(&request.path).filter(|search| search.contains("r2") || search.contains("Task/b")).map(|_| since(&request.path)));
        town.answer(request)
    });
    assert!(whole.len() >= 8 && whole.iter().all(Option::is_none), "{whole:?}");
}
