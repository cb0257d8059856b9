//! The CapabilityStatement: exactly what is served, made from the same table that serves it.

use serde_json::{Map, Value, json};

use super::Strictness;
use super::parameters::{self, Kind};
use super::types;

/// The statement as JSON text. `now` is an instant.
pub(super) fn statement(strictness: Strictness, base: &str, now: &str) -> String {
    let references = |kind| parameters::of(kind).filter(|(_, how, _)| *how == Kind::Reference);
    // Every parameter that points at something can be followed backwards.
    let backwards: Vec<String> =
        types::TYPES.iter().flat_map(|kind| references(kind).map(move |(name, ..)| format!("{kind}:{name}"))).collect();
    let resources: Vec<Value> = types::TYPES
        .iter()
        .map(|kind| {
            let mut searched: Vec<Value> = parameters::of(kind).map(|(name, how, _)| json!({ "name": name, "type": how.code() })).collect();
            searched.push(json!({ "name": "_id", "type": "token" }));
            searched.push(json!({ "name": "_lastUpdated", "type": "date" }));
            let included: Vec<String> = references(kind).map(|(name, ..)| format!("{kind}:{name}")).collect();
            let mut resource = object(json!({
                "type": kind,
                "interaction": codes(&["read", "vread", "update", "delete", "history-instance", "history-type", "create", "search-type"]),
                "versioning": "versioned-update", "readHistory": true, "updateCreate": true,
                "conditionalCreate": true, "conditionalRead": "not-match", "conditionalUpdate": false, "conditionalDelete": "not-supported",
                "referencePolicy": if strictness == Strictness::Loose { vec!["literal"] } else { vec!["literal", "enforced", "local"] },
            }));
            if !included.is_empty() {
                resource
                    .extend([("searchInclude", json!(included)), ("searchRevInclude", json!(backwards))].map(|(k, v)| (k.to_owned(), v)));
            }
            resource.insert("searchParam".into(), json!(searched));
            Value::Object(resource)
        })
        .collect();
    json!({
        "resourceType": "CapabilityStatement", "status": "active", "date": now, "kind": "instance", "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "software": { "name": "Anydoor sandbox", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": "For trying and testing only, never for production.", "url": base },
        "rest": [{
            "mode": "server", "resource": resources, "interaction": codes(&["transaction", "batch", "history-system"]),
        }],
    })
    .to_string()
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

fn codes(all: &[&str]) -> Vec<Value> {
    all.iter().map(|code| json!({ "code": code })).collect()
}
