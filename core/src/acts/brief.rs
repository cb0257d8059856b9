//! What goes out through a door: one document per kind of recipient, holding what this recipient may have, and what
//! was withheld with its reason beside it.

use serde_json::{Value, json};

use super::{ActError, Actor, Never, Plan};
use crate::base::Code;
use crate::base::ids::{AssignmentId, IncidentId, ReceivedId};
use crate::door::{Agency, eido};
use crate::fhir::element::{concept, extension_of, part, reference};
use crate::fhir::{self, Document};
use crate::handoff::{Packet, Recipient, packet};
use crate::incident::{Identifier, Incident, Person};
use crate::records::{Records, lookup};

/// Our system's domain name in documents that go out.
const ISSUER: &str = "anydoor.example";

/// The written report behind an escalation: the EIDO for a call-taker whose screen police can read, the thinner one.
///
/// # Errors
/// [`ActError`]; nothing is written.
pub fn brief_911<R: Records + ?Sized>(records: &R, assignment: &AssignmentId, actor: &Actor) -> Result<Plan, ActError<Never>> {
    let incident = lookup::incident_of(records, assignment)?;
    let (eido, parted) = for_psap(&incident, true, ISSUER, actor);
    let bytes = eido.to_string().into_bytes();
    let report = document("brief-911", assignment, &incident.id, "application/json", &bytes, &parted, actor);
    Ok(actor.plan("brief 911", assignment.as_str()).create(report))
}

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

/// A brief in words: the crew's own, then one line a fact.
pub(super) fn in_words(own: &str, parted: &Packet) -> String {
    let own = (!own.trim().is_empty()).then(|| own.trim().to_owned());
    own.into_iter().chain(lines(parted)).collect::<Vec<_>>().join("\n")
}

/// One line a fact that goes, with who said it and when.
pub(super) fn lines(parted: &Packet) -> impl Iterator<Item = String> {
    parted.told.iter().map(|fact| format!("{}: {} ({}, {})", fact.kind.code(), fact.text, fact.source.who, fact.said))
}

/// The document that goes out, kept with what was withheld.
fn document(
    kind: &str,
    assignment: &AssignmentId,
    incident: &IncidentId,
    media_type: &str,
    bytes: &[u8],
    parted: &Packet,
    actor: &Actor,
) -> Document {
    let id: ReceivedId = actor.id("report");
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
