//! Broken, huge and hostile documents: an answer each time, never a panic, nothing half read.

use proptest::prelude::*;

use super::*;
use crate::base::json::{Refusal, child};
use crate::door::DoorError;

fn refusal(bytes: &[u8]) -> Refusal {
    match read(bytes) {
        Err(DoorError::Json(error)) => error.what,
        other => panic!("{:?}", other.map(|_| ())),
    }
}

fn nodes(value: &Value, path: &str, out: &mut Vec<String>) {
    out.push(path.to_owned());
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| nodes(value, &child(path, key), out)),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, value)| nodes(value, &format!("{path}/{i}"), out)),
        _ => {}
    }
}

#[test]
fn a_document_cut_short_is_refused_wherever_it_is_cut() {
    let bytes = sample().unwrap_or_else(|| full().to_string().into_bytes());
    let end = bytes.trim_ascii_end().len();
    for cut in (0..end).step_by(97) {
        assert_eq!(refusal(&bytes[..cut]), Refusal::Malformed, "cut at {cut}");
    }
}

#[test]
fn a_wrong_type_at_any_place_costs_only_that_place() {
    let document = full();
    let mut all = Vec::new();
    nodes(&document, "", &mut all);
    let wrong = [
        json!(null),
        json!(true),
        json!(7),
        json!(-1.5e300),
        json!("x"),
        json!([]),
        json!({}),
        json!([[["x"]]]),
        json!({ "$ref": {}, "$id": [] }),
    ];
    for path in &all {
        for value in &wrong {
            let mut changed = document.clone();
            *changed.pointer_mut(path).unwrap() = value.clone();
            let answer = read(changed.to_string().as_bytes());
            let needed = ["", "/$id", "/lastUpdateTimeStamp"].contains(&path.as_str());
            assert!(answer.is_ok() || needed, "{path} = {value}: {:?}", answer.err());
        }
    }
}

#[test]
fn what_nothing_can_be_read_without_is_named() {
    for (key, value) in
        [("$id", json!(7)), ("lastUpdateTimeStamp", json!("yesterday")), ("lastUpdateTimeStamp", json!("2026-11-23T01:00:00"))]
    {
        let mut document = full();
        document[key] = value;
        let error = read(document.to_string().as_bytes()).unwrap_err();
        assert!(matches!(&error, DoorError::Missing { path, .. } if path == &format!("/{key}")), "{error}");
        assert!(!error.to_string().contains("yesterday"));
    }
}

#[test]
fn depth_bombs_and_duplicate_keys_are_refused_with_their_place() {
    assert_eq!(refusal("[".repeat(1_000_000).as_bytes()), Refusal::TooDeep);
    assert_eq!(refusal(format!("{}1", "{\"a\":".repeat(200)).as_bytes()), Refusal::TooDeep);
    let twice = full().to_string().replacen("\"eidoVersion\":\"1.0\"", "\"eidoVersion\":\"1.0\",\"eidoVersion\":\"1.0\"", 1);
    let Err(DoorError::Json(error)) = read(twice.as_bytes()) else { panic!("read") };
    assert_eq!((error.what, error.path.as_str()), (Refusal::DuplicateKey, "/eidoVersion"));
    assert_eq!(refusal(&vec![b' '; (64 << 20) + 1]), Refusal::TooLarge);
}

#[test]
fn a_hundred_thousand_components_are_read_each_pointing_at_another() {
    let many = 100_000;
    let mut text =
        String::from(r#"{"$id":"urn:x","lastUpdateTimeStamp":"2026-11-23T01:00:00Z","incidentComponent":{"locationReference":["#);
    text.push_str(&(0..many).map(|i| format!(r#"{{"$ref":"n{i}"}}"#)).collect::<Vec<_>>().join(","));
    text.push_str(r#"]},"notesComponent":["#);
    text.push_str(&(0..many).map(|i| format!(r#"{{"$id":"n{i}","notesActionComments":"t"}}"#)).collect::<Vec<_>>().join(","));
    text.push_str(r#"],"personComponent":["#);
    text.push_str(&(0..many).map(|_| r#"{"$id":"same","notesReference":{"$ref":"n1"}}"#).collect::<Vec<_>>().join(","));
    text.push_str("]}");
    let started = std::time::Instant::now();
    let arrival = read(text.as_bytes()).unwrap();
    eprintln!("{} MB with {} components: {:?}", text.len() >> 20, 2 * many, started.elapsed());
    assert_eq!((arrival.incident.facts.len(), arrival.incident.people.len()), (many, many + 1));
    let ids: std::collections::HashSet<_> = arrival.incident.people.iter().map(|person| &person.id).collect();
    assert_eq!(ids.len(), many + 1);
}

#[test]
fn many_that_point_at_many_cost_no_more_than_their_number() {
    let many = 60_000;
    let refs = |name: &str| (0..many).map(|i| format!(r#"{{"$ref":"{name}{i}"}}"#)).collect::<Vec<_>>().join(",");
    let uris = (0..many).map(|i| format!("\"tel:{i}\"")).collect::<Vec<_>>().join(",");
    let people = (0..many)
        .map(|i| format!(r#"{{"$id":"p{i}","callIdentifier":"call","callBackReference":{{"$ref":"cb"}}}}"#))
        .collect::<Vec<_>>()
        .join(",");
    let text = format!(
        r#"{{"$id":"urn:x","lastUpdateTimeStamp":"2026-11-23T01:00:00Z","callComponent":{{"$id":"call","personReference":[{}]}},
        "callbackComponent":{{"$id":"cb","callBackInformationUri":[{uris}]}},"personComponent":[{people}],
        "incidentComponent":{{"agentReference":[{}],"incidentStatusInternalText":[{uris}]}}}}"#,
        refs("p"),
        refs("a"),
    );
    let started = std::time::Instant::now();
    let arrival = read(text.as_bytes()).unwrap();
    eprintln!("many to many: {:?}", started.elapsed());
    assert_eq!((arrival.incident.facts.len(), arrival.incident.people.len()), (2 * many, many + 1));
}

#[test]
fn long_keys_and_ids_are_not_copied_into_each_leaf_below_them() {
    let key = "k".repeat(4 << 20);
    let leaves = vec!["1"; 1000].join(",");
    let text = format!(r#"{{"$id":"urn:x","lastUpdateTimeStamp":"2026-11-23T01:00:00Z","{key}":[{leaves}]}}"#);
    assert_eq!(read(text.as_bytes()), Err(DoorError::TooMuch));
    let text = format!(
        r#"{{"$id":"urn:x","lastUpdateTimeStamp":"2026-11-23T01:00:00Z","incidentComponent":{{"$id":"{key}","updatedByAgentReference":{{"$ref":"{key}"}},"incidentStatusInternalText":[{}]}}}}"#,
        vec!["\"x\""; 1000].join(","),
    );
    let arrival = read(text.as_bytes()).unwrap();
    assert_eq!((arrival.incident.facts.len(), arrival.incident.facts[0].source.who.as_str()), (1000, "urn:x"));
    assert!(arrival.also_sent.iter().any(|also| also.text == key));
}

#[test]
fn a_document_that_claims_our_ids_cannot_claim_one_twice_and_unknown_labels_are_the_narrowest() {
    let ours = |label: &str, text: &str| {
        part(
            "n",
            1,
            "a",
            json!({ "notesActionComments": text, OURS: { "fact": { "id": "f1", "kind": "remark", "label": label, "door": "988", "who": "x" } } }),
        )
    };
    let mut document = part("urn:x", 1, "a", json!({}));
    document["notesComponent"] = json!([ours("everybody", "first"), ours("call", "second")]);
    let arrival = read_json(&document);
    assert_eq!(fact(&arrival, "first").label, Label::Part2);
    assert_eq!(arrival.carried.len(), 1);
    assert_ne!(fact(&arrival, "second").id, fact(&arrival, "first").id);
}

proptest! {
    #[test]
    fn flipped_bytes_are_an_answer_and_never_a_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = full().to_string().into_bytes();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read(&bytes);
    }
}
