//! The CapabilityStatement: exactly what is served.

use serde_json::{Value, json};

use super::Manners;
use super::parameters::{self, Kind};

pub(super) fn statement(manners: Manners, now: &str) -> Value {
    let resources: Vec<Value> = parameters::types()
        .into_iter()
        .map(|kind| {
            let own = parameters::TABLE.iter().filter(|(k, ..)| *k == kind).map(|(_, name, how, _)| json!({ "name": name, "type": kind_code(*how) }));
            let mut all: Vec<Value> = own.collect();
            all.extend(["_id", "identifier", "_tag", "_security"].map(|name| json!({ "name": name, "type": "token" })));
            all.push(json!({ "name": "_lastUpdated", "type": "date" }));
            json!({
                "type": kind, "versioning": if manners == Manners::Loose { "versioned" } else { "versioned-update" }, "readHistory": true, "updateCreate": true,
                "conditionalCreate": true, "conditionalUpdate": false,
                "interaction": codes(&["read", "vread", "update", "delete", "history-instance", "history-type", "create", "search-type"]),
                "searchParam": all,
            })
        })
        .collect();
    json!({
        "resourceType": "CapabilityStatement", "status": "active", "date": now, "kind": "instance", "fhirVersion": "4.0.1", "format": ["application/fhir+json"],
        "software": { "name": "Anydoor sandbox", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": "For trying and testing only." },
        "rest": [{ "mode": "server", "resource": resources, "interaction": codes(&["transaction", "batch", "history-system"]) }],
    })
}

fn codes(all: &[&str]) -> Vec<Value> {
    all.iter().map(|code| json!({ "code": code })).collect()
}

fn kind_code(kind: Kind) -> &'static str {
    match kind {
        Kind::Token => "token",
        Kind::Reference => "reference",
        Kind::Date => "date",
        Kind::Text => "string",
        Kind::Uri => "uri",
    }
}
