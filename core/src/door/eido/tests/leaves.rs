//! Every leaf that was sent is somewhere.

use super::*;
use crate::base::json::child;

fn leaves(value: &Value, path: &str, out: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(map) if !map.is_empty() => map.iter().for_each(|(key, value)| leaves(value, &child(path, key), out)),
        Value::Array(list) if !list.is_empty() => list.iter().enumerate().for_each(|(i, value)| leaves(value, &format!("{path}/{i}"), out)),
        leaf => out.push((path.to_owned(), leaf.clone())),
    }
}

fn all_leaves(document: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    leaves(document, "", &mut all);
    all
}

/// Everything that the arrival holds in fields, as text.
fn fields(arrival: &Arrival) -> String {
    format!("{:?}", Arrival { also_sent: Vec::new(), ..arrival.clone() })
}

/// Members whose value is held as a code of ours, or as the relation that they stand for.
const AS_CODES: [&str; 9] = [
    "$ref",
    "linkDirectionCode",
    "incidentMergeDirectionCode",
    "cautionSeverity",
    "personIncidentRoleRegistryText",
    "standardSecondaryCallType",
    "incidentOwningAgencyIndicator",
    "ncPersonSexText",
    "callIdentifier",
];

fn is_held(arrival: &Arrival, fields: &str, path: &str, leaf: &Value) -> bool {
    let text = leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned);
    let inside = format!("{path}#");
    let sent = arrival.also_sent.iter().any(|also| also.path == path && also.text == text || also.path.starts_with(&inside));
    let time = text.parse::<jiff::Timestamp>().map(|time| fields.contains(&time.to_string())).unwrap_or(false);
    let quoted = format!("{text:?}");
    let words = html::words(&text).text;
    let coded = path.split('/').any(|step| AS_CODES.contains(&step));
    sent || time || coded || fields.contains(quoted.trim_matches('"')) || fields.contains(format!("{words:?}").trim_matches('"'))
}

fn assert_all_held(document: &Value) {
    let arrival = read_json(document);
    let fields = fields(&arrival);
    for (path, leaf) in all_leaves(document) {
        assert!(is_held(&arrival, &fields, &path, &leaf), "{path} = {leaf} is nowhere");
    }
}

#[test]
fn every_leaf_of_the_official_sample_is_somewhere() {
    let Some(bytes) = sample() else { return };
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    assert_all_held(&document);
    let arrival = read(&bytes).unwrap();
    eprintln!(
        "official sample: {} leaves, {} also sent, of which {} are wiring",
        all_leaves(&document).len(),
        arrival.also_sent.len(),
        arrival.also_sent.iter().filter(|also| also.wiring).count()
    );
}

#[test]
fn every_leaf_of_a_full_document_is_somewhere() {
    assert_all_held(&full());
}

/// The stricter form: whatever word stands in a leaf, that very word comes out.
#[test]
fn whatever_word_is_put_into_a_leaf_comes_out_again() {
    let sample: Option<Value> = sample().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    for document in [Some(full()), sample].into_iter().flatten() {
        assert_no_leaf_swallows_a_word(&document);
    }
}

fn assert_no_leaf_swallows_a_word(document: &Value) {
    for (path, leaf) in all_leaves(document) {
        if !leaf.is_string() || path == "/lastUpdateTimeStamp" {
            continue;
        }
        let mut changed = document.clone();
        *changed.pointer_mut(&path).unwrap() = json!("zqcanary");
        let arrival = read_json(&changed);
        let sent = arrival.also_sent.iter().any(|also| also.path == path && also.text == "zqcanary");
        assert!(sent || fields(&arrival).contains("zqcanary"), "{path} swallows a word");
    }
}

#[test]
fn every_text_inside_xml_is_somewhere() {
    let arrival = read_json(&full());
    let held = |path: &str, text: &str| arrival.also_sent.iter().any(|also| also.path == path && also.text == text);
    assert!(held("/locationComponent/0/locationByValue#/presence/tuple/status/geopriv/method", "Wiremap"));
    assert!(held("/locationComponent/0/locationByValue#/presence/tuple/status/geopriv/location-info/civicAddress/country", "US"));
    assert!(held("/locationComponent/0/crossStreetByValue/0#/x/RD", "Oak"));
    assert!(held("/additionalDataComponent/0/additionalDataByValue#/EmergencyCallData.Comment/Extra", "more"));
    assert!(!arrival.also_sent.iter().any(|also| also.path.ends_with("/pos")), "what has a field is not also sent");
}

#[test]
fn numbers_that_nobody_reads_stay_as_they_were_written() {
    let bytes = full().to_string().replacen("[1.5,", "[1.50,", 1);
    let arrival = read(bytes.as_bytes()).unwrap();
    assert!(arrival.also_sent.iter().any(|also| also.path == "/somethingOfTheirs/depth/0" && also.text == "1.50"));
}
