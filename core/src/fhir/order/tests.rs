//! What an order says, however it is written.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::incident::{About, FactKind};

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
    // Words are searched for nothing: a flag without a code of ours is a caution.
    assert_eq!((arrival.incident.facts[1].kind, arrival.incident.facts[1].life_saving), (FactKind::Caution, false));
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

/// One of the shared orders that went wrong, where the shared data is.
fn trouble(name: &str) -> Option<Arrival> {
    let path = format!("{}/../../shared/data/trouble/order/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("SKIPPED: {name} is not in the shared data");
        return None;
    };
    let arrival = read(&bytes).unwrap();
    assert_eq!(arrival.received.bytes, bytes, "the bytes as received are kept");
    Some(arrival)
}

fn assert_the_person_is_known(arrival: &Arrival) {
    let [person] = arrival.incident.people.as_slice() else { panic!("{:?}", arrival.incident.people) };
    assert_eq!(person.shown_as().as_deref(), Some("Sam Okafor"));
    assert_eq!(person.contacts, ["+12155550101"]);
    assert_eq!(person.language.as_deref(), Some("es"));
    let caution = arrival.incident.facts.iter().find(|fact| fact.text.contains("firearm")).unwrap();
    assert_eq!((caution.kind, &caution.about), (FactKind::Caution, &About::Person(person.id.clone())));
    assert_eq!(arrival.stand_in, None);
}

#[test]
fn the_person_is_known_however_the_order_refers_to_them() {
    for name in ["order_urn_uuid", "order_contained_patient", "order_absolute_refs", "order_control"] {
        let Some(arrival) = trouble(name) else { return };
        assert_the_person_is_known(&arrival);
        assert!(arrival.incident.place.position.is_some(), "{name}");
    }
}

#[test]
fn every_kind_of_reference_finds_its_person() {
    let patient = |id: &str| json!({ "resourceType": "Patient", "id": id, "name": [{ "text": id }], "identifier": [{ "system": "urn:mrn", "value": id }] });
    let other = json!({ "fullUrl": "https://b.example/Patient/p", "resource": patient("p") });
    for (full_url, reference) in [
        ("https://a.example/fhir/Patient/p", json!({ "reference": "https://a.example/fhir/Patient/p/_history/2" })),
        ("https://a.example/fhir/Patient/p", json!({ "reference": "Patient/p" })),
        ("https://a.example/fhir/Patient/p/_history/3", json!({ "reference": "Patient/p" })),
        ("urn:uuid:c757873d-ec9a-4326-a141-556f43239520", json!({ "reference": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520" })),
        ("urn:oid:1.2.3", json!({ "reference": "urn:oid:1.2.3" })),
        ("urn:oid:1.2.3", json!({ "identifier": { "system": "urn:mrn", "value": "q" } })),
    ] {
        let mut order = order();
        let id = if reference.get("identifier").is_some() { "q" } else { "p" };
        let mut one = patient(id);
        one["name"] = json!([{ "text": "meant" }]);
        order["entry"][0]["fullUrl"] = json!("https://a.example/fhir/ServiceRequest/r");
        order["entry"][0]["resource"]["subject"] = reference.clone();
        order["entry"][1] = other.clone();
        order["entry"].as_array_mut().unwrap().push(json!({ "fullUrl": full_url, "resource": one }));
        let people = read(order.to_string().as_bytes()).unwrap().incident.people;
        assert_eq!((people.len(), people[0].shown_as().as_deref()), (2, Some("meant")), "{full_url} {reference}");
    }
}

#[test]
fn of_several_requests_one_is_the_order_and_the_others_are_told() {
    let mut several = order();
    let first = json!({ "resourceType": "ServiceRequest", "id": "lab", "status": "active", "intent": "order", "code": { "text": "blood test" },
        "subject": { "reference": "Patient/p" }, "authoredOn": "2026-11-22T05:00:00Z", "identifier": [{ "system": "urn:lab", "value": "9" }] });
    several["entry"].as_array_mut().unwrap().insert(0, json!({ "resource": first }));
    let header = json!({ "resourceType": "MessageHeader", "focus": [{ "reference": "ServiceRequest/r" }], "source": { "name": "centre" } });
    several["entry"].as_array_mut().unwrap().insert(0, json!({ "resource": header }));
    let by_header = read(several.to_string().as_bytes()).unwrap();
    several["entry"][0]["resource"] = json!({ "resourceType": "Task", "focus": { "reference": "ServiceRequest/r" } });
    let by_task = read(several.to_string().as_bytes()).unwrap();
    for arrival in [by_header, by_task] {
        assert_eq!(arrival.incident.headline, "suicidal thoughts");
        assert_eq!(arrival.incident.identifiers.len(), 1);
        assert!(arrival.incident.facts.iter().any(|fact| fact.text == "blood test"));
    }
}

#[test]
fn one_resource_that_cannot_be_read_costs_itself() {
    let mut damaged = order();
    let entries = damaged["entry"].as_array_mut().unwrap();
    entries.extend([
        json!({ "resource": { "name": "lost" } }),
        json!({ "request": { "method": "DELETE", "url": "Patient/x" } }),
        json!(null),
    ]);
    entries[1]["resource"]["id"] = json!("not an id!");
    let arrival = read(damaged.to_string().as_bytes()).unwrap();
    assert_eq!(arrival.incident.people[0].shown_as().as_deref(), Some("Sam"));
    assert!(arrival.also_sent.iter().any(|also| also.text == "lost"));
}

#[test]
fn the_current_name_is_shown_and_the_old_one_never() {
    let Some(arrival) = trouble("order_name_old_first") else { return };
    let name = arrival.incident.people[0].name.clone().unwrap();
    assert_eq!(name.family.as_deref(), Some("O'Brien-Núñez"));
    assert_eq!((name.given, name.goes_by.as_deref()), (vec!["José".to_owned(), "María".to_owned()], Some("Pepe")));
    assert!(arrival.also_sent.iter().any(|also| also.text == "Former"), "what was sent is not lost");

    for (names, shown) in [
        (json!([{ "family": "Before", "period": { "end": "2020" } }, { "family": "Now", "period": { "start": "2020" } }]), Some("Now")),
        (json!([{ "use": "maiden", "family": "Born" }, { "use": "usual", "family": "Now", "given": ["Al"] }]), Some("Al Now")),
        (json!([{ "use": "old", "family": "Former" }]), None),
    ] {
        let mut order = order();
        order["entry"][1]["resource"]["name"] = names;
        let people = read(order.to_string().as_bytes()).unwrap().incident.people;
        assert_eq!(people[0].shown_as().as_deref(), shown);
    }
}

#[test]
fn an_address_in_lines_is_an_address() {
    let Some(arrival) = trouble("order_address_lines_no_text") else { return };
    let place = &arrival.incident.place;
    assert_eq!((place.address.as_deref(), place.locality.as_deref()), (Some("12 Elm St, Apt 4"), Some("Norristown")));
}

#[test]
fn a_control_character_costs_itself_and_is_told() {
    let text = order().to_string().replace("plan, no means", r"plan\u0000, \u001b[1mno\u0007 means");
    let arrival = read(text.as_bytes()).unwrap();
    assert_eq!(arrival.received.bytes, text.as_bytes());
    assert_eq!(arrival.incident.facts[0].text, "plan\u{fffd}, \u{fffd}[1mno\u{fffd} means at hand");
    let told: Vec<&str> =
        arrival.also_sent.iter().filter(|also| also.path.ends_with("/reasonCode/0/text")).map(|also| also.text.as_str()).collect();
    assert_eq!(told, [r"\u0000", r"\u001b", r"\u0007"]);
}

fn with_flag(flag: Value) -> Incident {
    let mut order = order();
    order["entry"][2]["resource"] = flag;
    read(order.to_string().as_bytes()).unwrap().incident
}

#[test]
fn no_weapons_is_not_a_weapon_and_a_code_is_one() {
    let flag = |code: Value| json!({ "resourceType": "Flag", "id": "f", "status": "active", "code": code, "subject": { "reference": "Patient/p" } });
    for (code, kind, life_saving) in [
        (json!({ "text": "no weapons seen" }), FactKind::Caution, false),
        (json!({ "text": "asked about a firearm: none" }), FactKind::Caution, false),
        (json!({ "text": "knife", "coding": [{ "system": "urn:anydoor:1:fact", "code": "weapon" }] }), FactKind::Weapon, true),
        (
            json!({ "text": "hört nichts", "coding": [{ "system": "urn:anydoor:1:approach", "code": "cannot-hear" }] }),
            FactKind::Approach,
            false,
        ),
    ] {
        let incident = with_flag(flag(code));
        let fact = incident.facts.iter().find(|fact| !fact.text.contains("plan")).unwrap();
        assert_eq!((fact.kind, fact.life_saving), (kind, life_saving), "{fact:?}");
    }
}

#[test]
fn a_flag_of_somebody_who_is_not_in_the_order_stays_theirs_unmatched() {
    for subject in [
        json!({ "reference": "Patient/other" }),
        json!({ "identifier": { "system": "urn:mrn", "value": "9" } }),
        json!({ "reference": "urn:uuid:0" }),
    ] {
        let incident =
            with_flag(json!({ "resourceType": "Flag", "id": "f", "status": "active", "code": { "text": "hits" }, "subject": subject }));
        let caution = incident.facts.iter().find(|fact| fact.text == "hits").unwrap();
        let About::Person(person) = &caution.about else { panic!("{:?}", caution.about) };
        let unmatched = incident.people.iter().find(|one| &one.id == person).unwrap();
        assert_eq!(unmatched.roles, [Role::Unmatched]);
        assert_eq!(incident.people_in_crisis().count(), 1, "and is nobody's whom the visit is about");
    }
    let nobody = with_flag(json!({ "resourceType": "Flag", "id": "f", "status": "active", "code": { "text": "hits" } }));
    assert_eq!(nobody.facts.iter().find(|fact| fact.text == "hits").unwrap().about, About::Incident, "and not the place's");
}

#[test]
fn who_asked_and_how_are_read_or_unknown() {
    let incident = read(order().to_string().as_bytes()).unwrap().incident;
    assert_eq!((incident.asked_by, incident.channel), (AskedBy::Unknown, Channel::Unknown));
    let mut said = order();
    said["entry"][0]["resource"]["requester"] = json!({ "reference": "Patient/p" });
    said["entry"][0]["resource"]["category"] = json!([{ "coding": [{ "system": PARTICIPATION_MODE, "code": "SMSWRIT" }] }]);
    let incident = read(said.to_string().as_bytes()).unwrap().incident;
    assert_eq!((incident.asked_by, incident.channel), (AskedBy::Person, Channel::Text));
    said["entry"][0]["resource"]["category"] = json!([
        { "coding": [{ "system": "urn:anydoor:1:asked-by", "code": "family" }] },
        { "coding": [{ "system": "urn:anydoor:1:channel", "code": "relay" }] },
    ]);
    let incident = read(said.to_string().as_bytes()).unwrap().incident;
    assert_eq!((incident.asked_by, incident.channel), (AskedBy::Family, Channel::Relay));
}

#[test]
fn every_thing_of_an_order_has_the_label_of_its_resource_or_of_the_bundle() {
    let incident = read(order().to_string().as_bytes()).unwrap().incident;
    assert!(incident.facts.iter().all(|fact| fact.label == Label::Said988) && incident.people[0].label == Label::Said988);
    let part2 = json!([{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2" }]);
    let mut labelled = order();
    labelled["entry"][0]["resource"]["meta"] = json!({ "security": part2 });
    labelled["entry"][1]["resource"]["meta"] = json!({ "security": [{ "code": "N" }] });
    let incident = read(labelled.to_string().as_bytes()).unwrap().incident;
    let label = |text: &str| incident.facts.iter().find(|fact| fact.text.contains(text)).unwrap().label;
    assert_eq!((label("plan"), label("firearm"), incident.people[0].label), (Label::Part2, Label::Said988, Label::Health));
    let mut whole = order();
    whole["meta"] = json!({ "security": part2 });
    let incident = read(whole.to_string().as_bytes()).unwrap().incident;
    assert!(incident.facts.iter().all(|fact| fact.label == Label::Part2) && incident.people[0].label == Label::Part2);
}
