//! What goes out through a door: one document per kind of recipient, holding what this recipient may have, and what
//! was withheld with its reason beside it.

use serde_json::{Value, json};

use super::Actor;
use crate::base::Code;
use crate::base::ids::{AssignmentId, IncidentId};
use crate::door::{Agency, eido};
use crate::fhir::element::{concept, extension_of, part, reference};
use crate::fhir::{self, Document};
use crate::handoff::{Packet, Recipient, packet};
use crate::incident::{Identifier, Incident, Person};

/// The EIDO for a 911 call-taker: what this recipient may have of the incident. `issuer` is our system's domain name.
pub fn for_psap(incident: &Incident, police_read: bool, issuer: &str, actor: &Actor) -> (Value, Packet) {
    let at = actor.time();
    let parted = packet(&incident.facts, None, &Recipient::Psap { police_read }, &[], at);
    let agency = Agency {
        id: Identifier { system: "urn:nena:agency".into(), value: issuer.to_owned() },
        roles: vec!["Assisting".into()],
        kinds: Vec::new(),
        owns: None,
    };
    let sender = eido::Sender {
        issuer: issuer.to_owned(),
        agency,
        agent: eido::Agent { id: format!("{}@{issuer}", actor.member), roles: Vec::new() },
    };
    let document = eido::write(&eido::Outgoing {
        incident,
        people: incident.people.iter().collect::<Vec<&Person>>(),
        facts: parted.told.iter().collect(),
        cautions: &[],
        places: &[],
        links: &[],
        merges: &[],
        units: &[],
        dispositions: &[],
        agencies: &[],
        sender: &sender,
        carry: true,
        now: at,
    });
    (document, parted)
}

/// A brief in words: one line a fact, with who said it and when; and how many were withheld.
pub fn in_words(own: &str, parted: &Packet) -> String {
    let mut lines: Vec<String> = (!own.trim().is_empty()).then(|| own.trim().to_owned()).into_iter().collect();
    lines.extend(parted.told.iter().map(|fact| format!("{}: {} ({}, {})", fact.kind.code(), fact.text, fact.source.who, fact.said)));
    lines.join("\n")
}

/// The document that goes out, kept with what was withheld.
pub fn document(
    kind: &str,
    assignment: &AssignmentId,
    incident: &IncidentId,
    media_type: &str,
    bytes: &[u8],
    parted: &Packet,
    actor: &Actor,
) -> Document {
    let id = crate::base::ids::ReceivedId::fresh();
    let mut doc = fhir::incident::write_received(&id, incident, media_type, bytes, actor.time());
    doc.set("type", concept("document", kind));
    let withheld: Vec<Value> = parted
        .withheld
        .iter()
        .map(|w| extension_of("withheld", vec![part("fact", "valueString", w.fact.as_str()), part("reason", "valueCode", w.reason.code())]))
        .collect();
    doc.set("extension", if withheld.is_empty() { Value::Null } else { Value::Array(withheld) });
    doc.set("context", json!({ "related": [reference("ServiceRequest", incident.as_str()), reference("Task", assignment.as_str())] }));
    doc
}
