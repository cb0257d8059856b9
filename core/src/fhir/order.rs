//! A 988 centre's order → [`Arrival`]: a bundle of ServiceRequest, Task, Patient and Flag, as plain R4 with no
//! extension of ours. What we have no field for is shown under "also sent".

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::document::Document;
use crate::base::clock::Instant;
use crate::base::ids::{FactId, IncidentId, PersonId};
use crate::base::json;
use crate::door::{Arrival, DoorError, Offer, Received};
use crate::incident::{About, AskedBy, Channel, Door, Fact, FactKind, Identifier, Incident, Label, Person, Place, Role, Source};

/// The media type of an order.
pub const MEDIA_TYPE: &str = "application/fhir+json";

/// How much "also sent" may weigh with its paths: a long key above many leaves would be copied into each.
const ALSO_SENT_BYTES: usize = 32 << 20;
/// An order is a handful of resources.
const LIMITS: json::Limits = json::Limits { values: 200_000, ..json::Limits::MESSAGE };

/// Leaves that a field holds in another form than their text: times, codes, numbers.
const CONVERTED: [&str; 8] = [
    "/priority",
    "/authoredOn",
    "/occurrenceDateTime",
    "/gender",
    "/birthDate",
    "/period/start",
    "/position/latitude",
    "/position/longitude",
];

fn missing(path: &str, needed: &'static str) -> DoorError {
    DoorError::Missing { path: path.to_owned(), needed }
}

/// Reads an order: a FHIR bundle with exactly one ServiceRequest.
///
/// # Errors
/// [`DoorError`] naming the place; nothing is kept.
pub fn read(bytes: &[u8]) -> Result<Arrival, DoorError> {
    let mut root = json::read(bytes, LIMITS)?;
    let entries = root.get_mut("entry").and_then(Value::as_array_mut).ok_or_else(|| missing("/entry", "a list of entries"))?;
    let mut documents = Vec::new();
    for (index, entry) in entries.iter_mut().enumerate() {
        let resource = entry.get_mut("resource").map(Value::take).unwrap_or_default();
        let document = Document::from_value(resource).map_err(|_| missing(&format!("/entry/{index}/resource"), "a resource"))?;
        documents.push((format!("/entry/{index}/resource"), document));
    }
    let of = |kind: &str| documents.iter().filter(move |(_, d)| d.kind() == kind).map(|(_, d)| d).collect::<Vec<&Document>>();
    let requests = of("ServiceRequest");
    let [request] = requests.as_slice() else { return Err(missing("/entry", "exactly one ServiceRequest")) };
    let determined = request.instant("/authoredOn").ok_or_else(|| missing("ServiceRequest.authoredOn", "an instant"))?;
    let identifiers = identifiers(request);
    let first = identifiers.first().ok_or_else(|| missing("ServiceRequest.identifier", "the centre's contact id"))?;
    let id = IncidentId::derived(&format!("{}|{}", first.system, first.value));
    let mut people = Vec::new();
    let mut ids = BTreeMap::new();
    let mut used = HashMap::new();
    for patient in of("Patient") {
        let mut person =
            super::person::read(patient, vec![Role::InCrisis]).unwrap_or_else(|_| Person::unnamed(PersonId::derived(""), Role::InCrisis));
        person.id = PersonId::derived(&unique(&mut used, format!("{id}/{}", patient.id())));
        ids.entry(patient.reference()).or_insert_with(|| person.id.clone());
        people.push(person);
    }
    let stand_in = people.is_empty().then(|| PersonId::derived(&format!("{id}/subject")));
    people.extend(stand_in.clone().map(|id| Person::unnamed(id, Role::InCrisis)));
    let sender = first.system.clone();
    let centre = request.text("/requester/display").unwrap_or("988 counsellor").to_owned();
    let facts = facts(&id, request, &of("Flag"), &of("Task"), &centre, determined, &ids);
    let incident = Incident {
        id,
        identifiers,
        door: Door::Line988,
        asked_by: AskedBy::Person,
        channel: Channel::Voice,
        urgency: super::incident::urgency(request.text("/priority")),
        headline: request.text("/code/text").or_else(|| request.text("/code/coding/0/display")).unwrap_or("988 request").to_owned(),
        first_contact: request.instant("/occurrenceDateTime"),
        determined,
        place: of("Location").first().map(|l| place(l)).or_else(|| of("Patient").first().map(|p| home(p))).unwrap_or_default(),
        people,
        facts,
        received: Vec::new(),
    };
    Ok(Arrival {
        also_sent: also_sent(&documents, &incident)?,
        offer: Offer { urgency: Some(incident.urgency), needs: Vec::new(), team: None },
        incident,
        linked: Vec::new(),
        merges: Vec::new(),
        units: Vec::new(),
        agencies: Vec::new(),
        cautions: Vec::new(),
        places: Vec::new(),
        carried: Vec::new(),
        sender,
        stated: None,
        stand_in,
        received: Received::new(MEDIA_TYPE, bytes),
    })
}

fn identifiers(document: &Document) -> Vec<Identifier> {
    let one =
        |value: &Value| Some(Identifier { system: value.get("system")?.as_str()?.into(), value: value.get("value")?.as_str()?.into() });
    document.list("/identifier").iter().filter_map(one).collect()
}

/// The name, numbered from its second use on: two resources may share an id, and neither may be lost.
fn unique(used: &mut HashMap<String, usize>, name: String) -> String {
    let times = used.entry(name.clone()).or_insert(0);
    *times += 1;
    if *times == 1 { name } else { format!("{name}/{times}") }
}

fn place(location: &Document) -> Place {
    let mut place = super::incident::read_place(location);
    place.access = place.access.or_else(|| location.text("/description").map(str::to_owned));
    place
}

fn home(patient: &Document) -> Place {
    Place {
        address: patient.text("/address/0/text").map(str::to_owned),
        locality: patient.text("/address/0/city").map(str::to_owned),
        ..Place::default()
    }
}

fn facts(
    id: &IncidentId,
    request: &Document,
    flags: &[&Document],
    tasks: &[&Document],
    centre: &str,
    said: Instant,
    people: &BTreeMap<String, PersonId>,
) -> Vec<Fact> {
    let (mut facts, mut used) = (Vec::new(), HashMap::new());
    let mut tell = |name: String, kind, text: &str, about: About, said, who: &str, label| {
        facts.push(Fact {
            id: FactId::derived(&unique(&mut used, format!("{id}/{name}"))),
            about,
            kind,
            text: text.to_owned(),
            code: None,
            source: Source { who: who.to_owned(), agency: None },
            door: Door::Line988,
            said,
            label,
            life_saving: matches!(
                kind,
                FactKind::Weapon | FactKind::Substance | FactKind::Breathing | FactKind::Injury | FactKind::Pregnancy | FactKind::Medicine
            ),
        });
    };
    for (index, reason) in request.list("/reasonCode").iter().enumerate() {
        let text = reason.get("text").or_else(|| reason.pointer("/coding/0/display")).and_then(Value::as_str);
        text.iter().for_each(|t| tell(format!("reason/{index}"), FactKind::Complaint, t, About::Incident, said, centre, Label::Call));
    }
    let notes = |document: &Document| -> Vec<(String, Instant, String)> {
        let one = |note: &Value| {
            let at = note.get("time").and_then(Value::as_str).and_then(|t| t.parse().ok()).unwrap_or(said);
            let who = note.get("authorString").and_then(Value::as_str).unwrap_or(centre).to_owned();
            Some((note.get("text")?.as_str()?.to_owned(), at, who))
        };
        document.list("/note").iter().filter_map(one).collect()
    };
    for (index, (text, at, who)) in notes(request).into_iter().enumerate() {
        tell(format!("note/{index}"), FactKind::Remark, &text, About::Incident, at, &who, Label::Call);
    }
    for (task, document) in tasks.iter().enumerate() {
        for (index, (text, at, who)) in notes(document).into_iter().enumerate() {
            tell(format!("task/{task}/{index}"), FactKind::Remark, &text, About::Incident, at, &who, Label::Call);
        }
    }
    if let Some(text) = request.text("/patientInstruction") {
        tell("instruction".into(), FactKind::Wish, text, About::Incident, said, centre, Label::Call);
    }
    for flag in flags {
        let about = flag.text("/subject/reference").and_then(|r| people.get(r)).map_or(About::Place, |p| About::Person(p.clone()));
        let text = flag.text("/code/text").or_else(|| flag.text("/code/coding/0/display")).unwrap_or_default();
        let at = flag.instant("/period/start").unwrap_or(said);
        let kind = if text.to_lowercase().contains("weapon") || text.to_lowercase().contains("firearm") {
            FactKind::Weapon
        } else {
            FactKind::Caution
        };
        tell(format!("flag/{}", flag.id()), kind, text, about, at, flag.text("/author/display").unwrap_or(centre), label(flag));
    }
    facts
}

/// Who may be told. What was said in a call to 988 is told to those who respond; what comes from a record carries its
/// security label, and a label that is not known counts as the narrowest.
fn label(document: &Document) -> Label {
    let codes: Vec<&str> = document.list("/meta/security").iter().filter_map(|c| c.get("code")?.as_str()).collect();
    match codes.as_slice() {
        [] => Label::Call,
        codes if codes.iter().all(|code| matches!(*code, "U" | "L" | "M" | "N")) => Label::Call,
        codes if codes.iter().all(|code| matches!(*code, "N" | "R")) => Label::Health,
        _ => Label::Part2,
    }
}

/// Every leaf whose text stands in no field and no fact, with its place. What only holds the bundle together is wiring.
fn also_sent(documents: &[(String, Document)], incident: &Incident) -> Result<Vec<crate::door::AlsoSent>, DoorError> {
    let held = held(incident);
    let (mut rest, mut bytes_left) = (Vec::new(), ALSO_SENT_BYTES);
    for (path, document) in documents {
        for (element, value) in document.value().as_object().into_iter().flatten() {
            let wiring = matches!(element.as_str(), "resourceType" | "id" | "meta" | "status" | "intent");
            let read = leaves(&format!("/{element}"), value, wiring, &mut |place, text, wiring| {
                bytes_left = bytes_left.checked_sub(path.len() + place.len() + text.len())?;
                let known = held.contains(text) || CONVERTED.contains(&place) || (place.starts_with("/note/") && place.ends_with("/time"));
                if !known || wiring {
                    rest.push(crate::door::AlsoSent { path: format!("{path}{place}"), text: text.to_owned(), wiring });
                }
                Some(())
            });
            read.ok_or(DoorError::TooMuch)?;
        }
    }
    Ok(rest)
}

/// Every text that the incident holds.
fn held(incident: &Incident) -> std::collections::BTreeSet<String> {
    let mut held = std::collections::BTreeSet::from([incident.headline.clone()]);
    let place = &incident.place;
    held.extend([&place.address, &place.locality, &place.access].into_iter().flatten().cloned());
    held.extend(incident.identifiers.iter().flat_map(|i| [i.system.clone(), i.value.clone()]));
    for person in &incident.people {
        let name = person.name.clone().unwrap_or_default();
        held.extend(
            name.given.into_iter().chain(name.family).chain(name.goes_by).chain(person.language.clone()).chain(person.contacts.clone()),
        );
    }
    held.extend(incident.facts.iter().flat_map(|fact| [fact.text.clone(), fact.source.who.clone()]));
    held
}

/// Every leaf with its place, until `found` has enough (`None`).
fn leaves(place: &str, value: &Value, wiring: bool, found: &mut dyn FnMut(&str, &str, bool) -> Option<()>) -> Option<()> {
    match value {
        Value::Object(map) => {
            map.iter().try_for_each(|(key, inner)| leaves(&format!("{place}/{key}"), inner, wiring || key == "reference", found))
        }
        Value::Array(list) => {
            list.iter().enumerate().try_for_each(|(index, inner)| leaves(&format!("{place}/{index}"), inner, wiring, found))
        }
        Value::String(text) => found(place, text, wiring),
        leaf => found(place, &leaf.to_string(), wiring),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn order() -> Value {
        json!({ "resourceType": "Bundle", "type": "message", "entry": [
            { "resource": { "resourceType": "ServiceRequest", "id": "r", "status": "active", "intent": "order", "priority": "urgent",
                "identifier": [{ "system": "urn:centre:contact", "value": "c-1" }], "code": { "text": "suicidal thoughts" }, "subject": { "reference": "Patient/p" },
                "authoredOn": "2026-11-23T05:00:00Z", "reasonCode": [{ "text": "plan, no means at hand" }], "quantityQuantity": { "value": 1.50 } } },
            { "resource": { "resourceType": "Patient", "id": "p", "name": [{ "given": ["Sam"] }], "maritalStatus": { "text": "single" } } },
            { "resource": { "resourceType": "Flag", "id": "f", "status": "active", "code": { "text": "firearm in the home, locked" }, "subject": { "reference": "Patient/p" } } },
        ] })
    }

    #[test]
    fn an_order_becomes_an_incident_and_what_has_no_field_is_shown() {
        let arrival = read(order().to_string().as_bytes()).unwrap();
        assert_eq!(arrival.incident.people[0].shown_as().as_deref(), Some("Sam"));
        assert_eq!(arrival.incident.facts.len(), 2);
        assert!(arrival.incident.facts[1].life_saving);
        let shown: Vec<(&str, &str)> = arrival.also_sent.iter().filter(|a| !a.wiring).map(|a| (a.path.as_str(), a.text.as_str())).collect();
        assert_eq!(shown, [("/entry/0/resource/quantityQuantity/value", "1.5"), ("/entry/1/resource/maritalStatus/text", "single")]);
    }

    #[test]
    fn the_same_order_twice_is_the_same_incident() {
        let bytes = order().to_string();
        assert_eq!(read(bytes.as_bytes()).unwrap(), read(bytes.as_bytes()).unwrap());
    }

    #[test]
    fn two_resources_of_one_id_are_both_kept() {
        let mut twice = order();
        let (patient, flag) = (twice["entry"][1].clone(), twice["entry"][2].clone());
        twice["entry"].as_array_mut().unwrap().extend([patient, flag]);
        let incident = read(twice.to_string().as_bytes()).unwrap().incident;
        let ids: std::collections::BTreeSet<_> = incident.facts.iter().map(|fact| &fact.id).collect();
        assert_eq!((incident.facts.len(), ids.len(), incident.people.len()), (3, 3, 2));
        assert_ne!(incident.people[0].id, incident.people[1].id);
    }

    #[test]
    fn a_long_key_is_not_copied_into_each_leaf_below_it() {
        let mut long = order();
        long["entry"][0]["resource"]["k".repeat(4 << 20)] = json!(vec![1; 1000]);
        assert_eq!(read(long.to_string().as_bytes()), Err(DoorError::TooMuch));
    }

    #[test]
    fn an_order_without_its_contact_id_or_time_is_refused_by_place() {
        for (pointer, place) in
            [("/entry/0/resource/identifier", "ServiceRequest.identifier"), ("/entry/0/resource/authoredOn", "ServiceRequest.authoredOn")]
        {
            let mut order = order();
            *order.pointer_mut(pointer).unwrap() = Value::Null;
            assert!(matches!(read(order.to_string().as_bytes()), Err(DoorError::Missing { path, .. }) if path == place));
        }
    }

    proptest! {
        #[test]
        fn an_order_damaged_anywhere_is_an_answer_and_never_a_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = order().to_string().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = read(&bytes);
        }
    }
}
