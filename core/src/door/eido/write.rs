//! Incident → EIDO.

use serde_json::{Map, Value, json};

use super::carried;
use super::registry::DEFAULT_TYPE;
use super::write_parts as parts;
use super::{DISPOSITION, INCIDENT_STATUS, INCIDENT_TYPE, local};
use crate::base::clock::Instant;
use crate::door::{Agency, CautionGiven, Merge, PlaceGiven, Unit};
use crate::incident::{EIDO_INCIDENT, Fact, FactKind, Identifier, Incident, Linked, Urgency};
use crate::sharing::Packet;

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The agent's identifier.
    pub id: String,
    /// Roles (`Call Taking`, `Dispatching`, …).
    pub roles: Vec<String>,
}

/// The agency and system that a document comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The system that issues it, as a domain name.
    pub issuer: String,
    /// The agency; its identifier's value is its domain name.
    pub agency: Agency,
    /// The agent.
    pub agent: Agent,
}

/// How a call ended, in APCO's codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposition {
    /// EIDO Common Disposition Code, two digits.
    pub code: String,
    /// Our own words for it.
    pub words: String,
    /// Whether it is the agency's main one.
    pub primary: bool,
}

/// Everything that goes out in one document, as a CAD or another agency's system writes it: beside the packet what stands
/// around an incident. Ours write the packet alone ([`write()`]).
#[derive(Debug, Clone)]
pub struct Outgoing<'a> {
    /// The incident as this receiver may know it.
    pub packet: &'a Packet,
    /// How grave a caution among the facts is.
    pub cautions: &'a [CautionGiven],
    /// Places beside the scene.
    pub places: &'a [PlaceGiven],
    /// Links to show.
    pub links: &'a [Linked],
    /// Merges and splits.
    pub merges: &'a [Merge],
    /// Units, ours and others, with how far they are.
    pub units: &'a [Unit],
    /// How it ended.
    pub dispositions: &'a [Disposition],
    /// Other agencies that have a part in it.
    pub agencies: &'a [Agency],
    /// Who writes.
    pub sender: &'a Sender,
    /// Carry our own members, so that each fact comes back as it went out. A CAD that is not ours writes none: then a
    /// fact's kind is what its component says.
    pub carry: bool,
    /// When it is written.
    pub now: Instant,
}

/// The incident's EIDO identifier: the one it has, else one made from our id.
pub fn incident_urn(incident: &Incident, issuer: &str) -> String {
    let has = incident.identifiers.iter().find(|id| id.system == EIDO_INCIDENT);
    has.map_or_else(|| format!("{EIDO_INCIDENT}:{}:{issuer}", incident.id), |id| id.value.clone())
}

/// Writes one EIDO, version 1.0: what this receiver may have, and nothing else.
pub fn write(packet: &Packet, sender: &Sender, now: Instant) -> Value {
    write_around(&Outgoing {
        packet,
        cautions: &[],
        places: &[],
        links: &[],
        merges: &[],
        units: &[],
        dispositions: &[],
        agencies: &[],
        sender,
        carry: true,
        now,
    })
}

/// Writes one EIDO with what stands around an incident, as the desk of another agency does.
pub fn write_around(out: &Outgoing<'_>) -> Value {
    let mut root = parts::prologue(out, &incident_urn(out.packet.incident(), &out.sender.issuer), out.now);
    root.insert("eidoVersion".into(), json!("1.0"));
    root.insert("issuingElementIdentification".into(), json!(out.sender.issuer));
    root.insert("incidentComponent".into(), incident(out));
    let mut put = |key: &str, components: Vec<Value>| {
        if !components.is_empty() {
            root.insert(key.to_owned(), Value::Array(components));
        }
    };
    let (cautions, notes) = parts::cautions_and_notes(out);
    put("callComponent", parts::calls(out));
    put("personComponent", out.packet.incident().people.iter().map(|person| parts::person(out, person)).collect());
    put("callbackComponent", parts::callbacks(out));
    put("locationComponent", parts::locations(out));
    put("notesComponent", notes);
    put("cautionComponent", cautions);
    put("linkComponent", out.links.iter().enumerate().map(|(i, link)| parts::link(out, i, link)).collect());
    put("mergeComponent", out.merges.iter().enumerate().map(|(i, merge)| parts::merge(out, i, merge)).collect());
    put("dispatchComponent", parts::dispatch(out));
    put("emergencyResourceComponent", out.units.iter().map(|unit| parts::unit(out, unit)).collect());
    put("agencyComponent", parts::agencies(out));
    put("agentComponent", vec![parts::agent(out)]);
    Value::Object(root)
}

fn incident(out: &Outgoing<'_>) -> Value {
    let incident = out.packet.incident();
    let mut of = parts::prologue(out, &format!("{}.incident", incident.id), out.now);
    let coded = |system: &str| {
        let codes = out.packet.incident().facts.iter().filter_map(|fact| fact.code.as_ref().filter(|code| code.system == system));
        codes.map(|code| code.value.clone()).collect::<Vec<_>>()
    };
    let kind = coded(INCIDENT_TYPE).into_iter().next().unwrap_or_else(|| DEFAULT_TYPE.to_owned());
    of.insert("incidentTypeCommonRegistryText".into(), json!(kind));
    if !incident.headline.is_empty() {
        of.insert("incidentTypeInternalText".into(), json!(incident.headline));
    }
    let status = coded(INCIDENT_STATUS);
    if !status.is_empty() {
        of.insert("incidentStatusCommonRegistryText".into(), json!(status));
    }
    of.insert("incidentCommonPriorityNumber".into(), json!(priority(incident.urgency)));
    let numbered = |kind: &str| {
        let system = local(kind, &out.sender.issuer);
        incident.identifiers.iter().filter(move |id| id.system == system).map(|id: &Identifier| id.value.clone()).collect::<Vec<_>>()
    };
    if let Some(number) = numbered("incident").into_iter().next() {
        of.insert("internalIncidentId".into(), json!(number));
    }
    let reports = numbered("report");
    if !reports.is_empty() {
        of.insert("documentIdentification".into(), json!(reports));
    }
    parts::incident_references(out, &mut of);
    dispositions(out, &mut of);
    if out.carry {
        of.insert(super::OURS.to_owned(), carried::of_incident(incident));
    }
    Value::Object(of)
}

/// NENA's priority, 0 to 10, 10 being the highest.
fn priority(urgency: Urgency) -> u8 {
    match urgency {
        Urgency::Emergent => 10,
        Urgency::Urgent => 6,
        Urgency::Routine => 2,
    }
}

/// The closing codes: those told as dispositions, and those that came as facts from others.
fn dispositions(out: &Outgoing<'_>, of: &mut Map<String, Value>) {
    let mut all: Vec<Value> = Vec::new();
    for (i, one) in out.dispositions.iter().enumerate() {
        let mut map = parts::prologue(out, &format!("{}.disposition.{i}", out.packet.incident().id), out.now);
        map.insert("dispositionCommonRegistryCode".into(), json!(one.code));
        map.insert("dispositionDescriptionText".into(), json!(one.words));
        map.insert("dispositionPrimaryIndicator".into(), json!(one.primary));
        all.push(Value::Object(map));
    }
    let told = |fact: &&Fact| !out.carry && fact.kind == FactKind::Status;
    for fact in out.packet.incident().facts.iter().filter(told) {
        if let Some(code) = fact.code.as_ref().filter(|code| code.system == DISPOSITION) {
            let mut map = parts::prologue_of(out, fact);
            map.insert("dispositionCommonRegistryCode".into(), json!(code.value));
            map.insert("dispositionDescriptionText".into(), json!(fact.text));
            all.push(Value::Object(map));
        }
    }
    if !all.is_empty() {
        of.insert("dispositionComponent".into(), Value::Array(all));
    }
}
