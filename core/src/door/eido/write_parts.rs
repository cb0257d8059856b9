//! The components of an EIDO that goes out.

use serde_json::{Map, Value, json};

use super::write::Outgoing;
use super::{CAUTION_TYPE, DISPOSITION, INCIDENT_STATUS, INCIDENT_TYPE, LOCATION_TYPE, OURS, carried, html};
use crate::base::Code;
use crate::base::clock::Instant;
use crate::door::{Merge, Severity, Unit, pidf};
use crate::incident::{About, Fact, FactKind, Linked, Person, Place, Role};

fn pointer(id: &str) -> Value {
    json!({ "$ref": id })
}

/// What every component begins with: its id, when it was changed, by which agency and agent.
pub fn prologue(out: &Outgoing<'_>, id: &str, at: Instant) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("$id".into(), json!(id));
    map.insert("lastUpdateTimeStamp".into(), json!(at.to_string()));
    map.insert("updatedByAgencyReference".into(), pointer(&out.sender.agency.id.value));
    map.insert("updatedByAgentReference".into(), pointer(&out.sender.agent.id));
    map
}

/// The same for a component that tells a fact. Where our members are not carried, who said it stands here.
pub fn prologue_of(out: &Outgoing<'_>, fact: &Fact) -> Map<String, Value> {
    let mut map = prologue(out, fact.id.as_str(), fact.said);
    if out.carry {
        return map;
    }
    if let Some(agency) = &fact.source.agency {
        map.insert("updatedByAgencyReference".into(), pointer(&agency.value));
    }
    map.insert("updatedByAgentReference".into(), pointer(&fact.source.who));
    map
}

/// Marks a component as ours: its facts stand in notes and are not told twice.
fn marked(out: &Outgoing<'_>, mut map: Map<String, Value>) -> Value {
    if out.carry {
        map.entry(OURS).or_insert_with(|| json!({}));
    }
    Value::Object(map)
}

/// The call that the incident began with. Ours are not written: a 988 call is no 911 call.
pub fn calls(out: &Outgoing<'_>) -> Vec<Value> {
    let Some(first) = out.packet.incident().first_contact.filter(|_| !out.carry) else { return Vec::new() };
    let mut map = prologue(out, &format!("{}.call", out.packet.incident().id), first);
    map.insert("standardPrimaryCallType".into(), json!("emergency"));
    map.insert("direction".into(), json!("incoming"));
    map.insert("callStartTimestamp".into(), json!(first.to_string()));
    map.insert("callStateRegistryText".into(), json!("callAnswered"));
    vec![Value::Object(map)]
}

/// A person: roles by NENA's registry, the name as NIEM has it, and, where it is carried, everything else.
pub fn person(out: &Outgoing<'_>, person: &Person) -> Value {
    let mut map = prologue(out, person.id.as_str(), out.now);
    let mut roles: Vec<&str> = person.roles.iter().map(|role| role_text(*role)).collect();
    roles.dedup();
    if roles.is_empty() {
        roles.push("InvolvedPerson");
    }
    map.insert("personIncidentRoleRegistryText".into(), json!(roles));
    let niem = niem(person);
    if !niem.is_empty() {
        map.insert("ncPersonComponent".into(), Value::Object(niem));
    }
    if !person.contacts.is_empty() {
        map.insert("callBackReference".into(), pointer(&format!("{}.callback", person.id)));
    }
    let mut notes: Vec<Value> = Vec::new();
    if !out.carry {
        let about =
            out.packet.incident().facts.iter().filter(|fact| fact.about == About::Person(person.id.clone()) && in_a_note(out, fact));
        notes.extend(about.map(|fact| pointer(fact.id.as_str())));
    }
    if !notes.is_empty() {
        map.insert("notesReference".into(), Value::Array(notes));
    }
    if out.carry {
        map.insert(OURS.to_owned(), carried::of_person(person));
    }
    Value::Object(map)
}

fn role_text(role: Role) -> &'static str {
    match role {
        Role::InCrisis => "Patient",
        Role::Caller => "Caller",
        Role::Bystander => "Witness",
        Role::Dependant | Role::OtherStaff | Role::Support | Role::Unmatched => "InvolvedPerson",
    }
}

fn niem(person: &Person) -> Map<String, Value> {
    let mut map = Map::new();
    if let Some(name) = &person.name {
        let mut parts = Map::new();
        if !name.given.is_empty() {
            parts.insert("ncPersonGivenName".into(), json!(name.given));
        }
        name.family.iter().for_each(|family| drop(parts.insert("ncPersonSurName".into(), json!(family))));
        name.goes_by.iter().for_each(|full| drop(parts.insert("ncPersonFullName".into(), json!(full))));
        if !parts.is_empty() {
            map.insert("ncPersonName".into(), Value::Object(parts));
        }
    }
    let mut put = |key: &str, value: &Option<String>| value.iter().for_each(|text| drop(map.insert(key.to_owned(), json!(text))));
    put("ncPersonDescriptionText", &person.description);
    put("ncPersonBirthDate", &person.born);
    put("ncPersonSexText", &person.gender);
    map
}

/// One call-back component for each person with numbers, and, from a CAD, one for each number of nobody named.
pub fn callbacks(out: &Outgoing<'_>) -> Vec<Value> {
    let of_people = out.packet.incident().people.iter().filter(|person| !person.contacts.is_empty()).map(|person| {
        let mut map = prologue(out, &format!("{}.callback", person.id), out.now);
        map.insert("callBackInformationUri".into(), json!(person.contacts));
        marked(out, map)
    });
    let known = |fact: &Fact| out.packet.incident().people.iter().any(|person| person.contacts.contains(&fact.text));
    let others =
        out.packet.incident().facts.iter().filter(|fact| !out.carry && fact.kind == FactKind::Callback && !known(fact)).map(|fact| {
            let mut map = prologue_of(out, fact);
            map.insert("callBackInformationUri".into(), json!([fact.text]));
            Value::Object(map)
        });
    of_people.chain(others).collect()
}

/// The scene, then the places beside it.
pub fn locations(out: &Outgoing<'_>) -> Vec<Value> {
    let scene = ("CurrentIncident", &out.packet.incident().place);
    let all = std::iter::once(scene).chain(out.places.iter().map(|given| (given.kind.as_str(), &given.place)));
    all.enumerate().filter_map(|(i, (kind, place))| location(out, i, kind, place)).collect()
}

fn location(out: &Outgoing<'_>, number: usize, kind: &str, place: &Place) -> Option<Value> {
    let value = pidf::write(place);
    if value.is_none() && place.access.is_none() {
        return None;
    }
    let mut map = prologue(out, &format!("{}.location.{number}", out.packet.incident().id), out.now);
    map.insert("locationTypeDescriptionRegistryText".into(), json!(kind));
    value.into_iter().for_each(|xml| drop(map.insert("locationByValue".into(), json!(xml))));
    place.access.iter().for_each(|words| drop(map.insert("locationDescriptionText".into(), json!(words))));
    Some(marked(out, map))
}

/// What the incident component points at.
pub fn incident_references(out: &Outgoing<'_>, of: &mut Map<String, Value>) {
    if location(out, 0, "CurrentIncident", &out.packet.incident().place).is_some() {
        of.insert("locationReference".into(), json!([pointer(&format!("{}.location.0", out.packet.incident().id))]));
    }
    if !out.packet.incident().people.is_empty() {
        of.insert("personReference".into(), out.packet.incident().people.iter().map(|person| pointer(person.id.as_str())).collect());
    }
}

/// Whether a fact goes out as a note. A CAD that is not ours has components for some kinds.
fn in_a_note(out: &Outgoing<'_>, fact: &Fact) -> bool {
    let coded = |system: &str| fact.code.as_ref().is_some_and(|code| code.system == system);
    let has_component = match fact.kind {
        FactKind::Callback | FactKind::Link | FactKind::Responder => true,
        FactKind::Complaint => coded(INCIDENT_TYPE),
        FactKind::Status => coded(INCIDENT_STATUS) || coded(DISPOSITION),
        FactKind::Other => coded(LOCATION_TYPE),
        _ => false,
    };
    out.carry || !has_component
}

fn is_caution(out: &Outgoing<'_>, fact: &Fact) -> bool {
    fact.kind == FactKind::Caution || out.cautions.iter().any(|given| given.fact == fact.id)
}

/// Cautions, and a note for each other fact.
pub fn cautions_and_notes(out: &Outgoing<'_>) -> (Vec<Value>, Vec<Value>) {
    let (cautions, others): (Vec<&Fact>, Vec<&Fact>) = out.packet.incident().facts.iter().partition(|fact| is_caution(out, fact));
    let notes = others.into_iter().filter(|fact| in_a_note(out, fact)).map(|fact| {
        let mut map = prologue_of(out, fact);
        map.insert("notesActionComments".into(), json!(html::written(&fact.text)));
        carrying(out, map, fact)
    });
    (cautions.into_iter().map(|fact| caution(out, fact)).collect(), notes.collect())
}

fn caution(out: &Outgoing<'_>, fact: &Fact) -> Value {
    let given = out.cautions.iter().find(|given| given.fact == fact.id);
    let kind = fact.code.as_ref().filter(|code| code.system == CAUTION_TYPE).map_or(fact.kind.code(), |code| code.value.as_str());
    let mut map = prologue_of(out, fact);
    map.insert("cautionTypeInternalText".into(), json!(fact.text));
    map.insert("cautionTypeCommonRegistryText".into(), json!(kind));
    map.insert("cautionSeverity".into(), json!(given.map_or(Severity::High, |given| given.severity).code()));
    map.insert("cautionSource".into(), json!(fact.source.who));
    if let Some(since) = given.and_then(|given| given.since) {
        map.insert("startDate".into(), json!(since.to_string()));
    }
    if let Some(given) = given.filter(|given| !given.kinds.is_empty()) {
        map.insert("cautionTypeCommonSubRegistryText".into(), json!(given.kinds));
    }
    carrying(out, map, fact)
}

fn carrying(out: &Outgoing<'_>, mut map: Map<String, Value>, fact: &Fact) -> Value {
    if out.carry {
        map.insert(OURS.to_owned(), carried::of_fact(fact));
    }
    Value::Object(map)
}

/// A link to another incident.
pub fn link(out: &Outgoing<'_>, number: usize, link: &Linked) -> Value {
    let mut map = prologue(out, &format!("{}.link.{number}", out.packet.incident().id), link.said);
    map.insert("incidentTrackingIdentifier".into(), json!(link.other.value));
    map.insert("linkDirectionCode".into(), json!(link.relation.code()));
    link.why.iter().for_each(|why| drop(map.insert("transactionReasonText".into(), json!(why))));
    marked(out, map)
}

/// A merge or a split.
pub fn merge(out: &Outgoing<'_>, number: usize, merge: &Merge) -> Value {
    let mut map = prologue(out, &format!("{}.merge.{number}", out.packet.incident().id), merge.said);
    map.insert("incidentTrackingIdentifier".into(), json!(merge.other.value));
    map.insert("incidentMergeDirectionCode".into(), json!(merge.direction.code()));
    marked(out, map)
}

/// One dispatch that names every unit that was sent.
pub fn dispatch(out: &Outgoing<'_>) -> Vec<Value> {
    let sent: Vec<&Unit> = out.units.iter().filter(|unit| unit.dispatched).collect();
    let Some(first) = sent.iter().map(|unit| unit.said).min() else { return Vec::new() };
    let mut map = prologue(out, &format!("{}.dispatch", out.packet.incident().id), first.min(out.packet.incident().determined.max(first)));
    map.insert("agencyReference".into(), pointer(&out.sender.agency.id.value));
    map.insert("agentReference".into(), pointer(&out.sender.agent.id));
    map.insert("emergencyResourceReference".into(), sent.iter().map(|unit| pointer(&unit.id)).collect());
    vec![marked(out, map)]
}

/// A unit with how far it is.
pub fn unit(out: &Outgoing<'_>, unit: &Unit) -> Value {
    let mut map = prologue(out, &unit.id, unit.said);
    if let Some(agency) = &unit.agency {
        map.insert("updatedByAgencyReference".into(), pointer(&agency.value));
    }
    let kind = if unit.kind.is_empty() { super::registry::CRISIS_UNIT } else { &unit.kind };
    map.insert("emergencyResourceTypeCommonRegistryText".into(), json!(kind));
    unit.name.iter().for_each(|name| drop(map.insert("emergencyResourceName".into(), json!(name))));
    map.insert("resourceAttributeRegistryText".into(), json!(unit.attributes));
    map.insert("primaryUnitStatusRegistryText".into(), json!(unit.primary));
    map.insert("secondaryUnitStatusRegistryText".into(), json!(unit.secondary));
    let agents: Vec<Value> = unit.agents.iter().map(|agent| pointer(agent)).collect();
    map.insert("agentReference".into(), Value::Array(agents));
    unit.eta.iter().for_each(|eta| drop(map.insert("eta".into(), json!(eta.to_string()))));
    marked(out, map)
}

/// Our agency and the others.
pub fn agencies(out: &Outgoing<'_>) -> Vec<Value> {
    let ours = std::iter::once(&out.sender.agency);
    let others = out.agencies.iter().filter(|other| other.id != out.sender.agency.id);
    let written = ours.chain(others).map(|agency| {
        let mut map = prologue(out, &agency.id.value, out.now);
        map.insert("agencyRoleDescriptionRegistryText".into(), json!(agency.roles));
        map.insert("agencyType".into(), json!(agency.kinds));
        agency.owns.iter().for_each(|owns| drop(map.insert("incidentOwningAgencyIndicator".into(), json!(owns))));
        Value::Object(map)
    });
    written.collect()
}

/// The agent who writes.
pub fn agent(out: &Outgoing<'_>) -> Value {
    let mut map = prologue(out, &out.sender.agent.id, out.now);
    map.insert("agentRoleRegistryText".into(), json!(out.sender.agent.roles));
    map.insert("agencyReference".into(), pointer(&out.sender.agency.id.value));
    Value::Object(map)
}
