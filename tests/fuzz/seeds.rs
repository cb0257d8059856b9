//! The seeds: small documents made for this, one for each thing that is read.

use serde_json::Value;

macro_rules! fhir {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("seeds/fhir/", $name, ".json")))),+] };
}

const FHIR: &[(&str, &str)] = fhir![
    "addendum",
    "brief",
    "careteam",
    "communication",
    "consent",
    "encounter",
    "flag",
    "healthcareservice",
    "library",
    "linkage",
    "location-org",
    "location-scene",
    "location-team",
    "note",
    "observation",
    "organization",
    "patient",
    "practitioner",
    "practitionerrole",
    "provenance",
    "relatedperson",
    "servicerequest",
    "task-assignment",
    "task-escalation",
    "task-follow-up",
    "task-handoff",
    "photo",
    "binary",
    "task-note-in-error",
    "task-step-down",
];

/// An EIDO.
pub const EIDO: &str = include_str!("seeds/eido.json");
/// A 988 order.
pub const ORDER: &str = include_str!("seeds/order.json");
/// A searchset.
pub const BUNDLE: &str = include_str!("seeds/bundle.json");
/// An OperationOutcome.
pub const OUTCOME: &str = include_str!("seeds/outcome.json");
/// A CapabilityStatement.
pub const CAPABILITY: &str = include_str!("seeds/capability.json");
/// An HSDS organisation with its service.
pub const HSDS: &str = include_str!("seeds/hsds.json");
/// A PIDF-LO.
pub const PIDF: &str = include_str!("seeds/pidf.xml");
/// The CSV tables.
pub const TABLES: [(&str, &str); 4] = [
    ("services.csv", include_str!("seeds/services.csv")),
    ("locations.csv", include_str!("seeds/locations.csv")),
    ("service_at_location.csv", include_str!("seeds/service_at_location.csv")),
    ("schedules.csv", include_str!("seeds/schedules.csv")),
];

/// A seed as JSON.
pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Every FHIR resource that the core reads, one of each.
pub fn fhir() -> Vec<Value> {
    FHIR.iter().map(|(_, text)| json(text)).collect()
}
