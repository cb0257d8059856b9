//! How a server behaves, as a probe found it on a day: agency data, one Library, and what its CapabilityStatement says.
//!
//! Rule: nothing is believed of a server that was not probed, nor of one whose software is another than the probe met.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Document, agency};
use crate::base::clock::Instant;

/// The name of the table.
const SERVER_BEHAVIOUR: &str = "server-manners";

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerBehaviour {
    version: u32,
    /// When.
    pub probed: Instant,
    /// The software and its version, as the CapabilityStatement names them.
    pub software: String,
    /// A PUT creates a resource under an id of ours. Without it phones cannot work.
    pub creates_on_put: bool,
    /// A conditional create (`If-None-Exist`) makes no second copy.
    pub conditional_create: bool,
    /// A PUT with a stale If-Match is refused and changes nothing.
    pub versioned_update: bool,
    /// The same inside a transaction, which then changes nothing at all.
    pub versioned_update_in_transaction: bool,
    /// A PUT with If-Match on an id that is not there creates it all the same.
    pub creates_on_if_match: bool,
    /// `If-None-Match: *` on a PUT keeps an existing resource.
    pub honours_if_none_match: bool,
    /// A type's history since a time holds what was written after it.
    pub history: bool,
    /// That history shows deletions.
    pub deletions_in_history: bool,
    /// An unknown search parameter is refused; otherwise it is ignored, and everything comes back.
    pub refuses_unknown_search: bool,
    /// Search parameters that were tried, and whether each was honoured.
    pub search: BTreeMap<String, bool>,
}

impl ServerBehaviour {
    /// Nothing found out yet.
    pub fn unknown(probed: Instant, software: &str) -> Self {
        Self {
            version: agency::VERSION,
            probed,
            software: software.to_owned(),
            creates_on_put: false,
            conditional_create: false,
            versioned_update: false,
            versioned_update_in_transaction: false,
            creates_on_if_match: false,
            honours_if_none_match: false,
            history: false,
            deletions_in_history: false,
            refuses_unknown_search: false,
            search: BTreeMap::new(),
        }
    }

    /// Writes it as agency data.
    pub fn write(&self, id: &str) -> Document {
        let mut doc = agency::library(SERVER_BEHAVIOUR, id, &serde_json::to_value(self).unwrap_or_default());
        doc.set("date", json!(self.probed.to_string()));
        doc
    }

    /// The newest good result among the agency's Libraries; a bad one leaves the one before.
    pub fn among(libraries: &[Document]) -> Option<Self> {
        let found = agency::tables(libraries, SERVER_BEHAVIOUR).filter_map(|(_, table)| serde_json::from_value::<Self>(table).ok());
        found.max_by_key(|found| found.probed)
    }
}

/// What a CapabilityStatement says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The software and its version.
    pub software: String,
    /// Whether it speaks R4.
    pub is_r4: bool,
}

/// Reads a CapabilityStatement; `None` where the document is none.
pub fn statement(document: &Document) -> Option<Statement> {
    if document.kind() != "CapabilityStatement" {
        return None;
    }
    let part = |pointer: &str| document.text(pointer).unwrap_or_default().chars().take(100).collect::<String>();
    Some(Statement {
        software: format!("{} {}", part("/software/name"), part("/software/version")).trim().to_owned(),
        is_r4: part("/fhirVersion").starts_with("4.0"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_good_probe_counts_and_a_bad_one_does_not() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let mut old = ServerBehaviour::unknown(at("2026-11-01T00:00:00Z"), "x 1");
        old.search.insert("Basic?_id".into(), true);
        let new = ServerBehaviour { versioned_update: true, ..ServerBehaviour::unknown(at("2026-11-20T00:00:00Z"), "x 2") };
        let mut bad = new.write("c");
        bad.set("content", agency::library("x", "x", &json!({ "version": 9 })).at("/content").cloned().unwrap());
        assert_eq!(ServerBehaviour::among(&[old.write("a"), bad, new.write("b")]), Some(new));
        assert_eq!(ServerBehaviour::among(&[old.write("a")]), Some(old));
        assert_eq!(ServerBehaviour::among(&[]), None);
    }

    #[test]
    fn a_statement_says_its_software_and_version_of_fhir() {
        let text = r#"{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","software":{"name":"Some server","version":"8.8.0"}}"#;
        let found = statement(&Document::parse(text.as_bytes()).unwrap()).unwrap();
        assert_eq!(found, Statement { software: "Some server 8.8.0".into(), is_r4: true });
        assert_eq!(statement(&Document::new("Basic", "a")), None);
    }
}
