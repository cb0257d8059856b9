//! What an EIDO must and must not do. The documents that several tests share stand here.

mod hostile;
mod leaves;
mod merging;
mod round;
mod schema;
mod trouble;

use serde_json::{Value, json};

use super::*;
use crate::base::{Code, Position};
use crate::door::{Arrival, Severity};
use crate::incident::*;

/// The official sample, where the shared data is.
fn sample() -> Option<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/eido/call-transfer.eido.json");
    let bytes = std::fs::read(path).ok();
    if bytes.is_none() {
        eprintln!("SKIPPED: the official sample is not at {path}");
    }
    bytes
}

fn read_json(value: &Value) -> Arrival {
    read(value.to_string().as_bytes()).unwrap()
}

fn part(id: &str, minute: u8, agency: &str, mut rest: Value) -> Value {
    let mut map = json!({
        "$id": id,
        "lastUpdateTimeStamp": format!("2026-11-23T01:{minute:02}:00.5-05:00"),
        "updatedByAgencyReference": { "$ref": agency },
        "updatedByAgentReference": { "$ref": format!("agent{minute}@{agency}") },
    });
    map.as_object_mut().unwrap().append(rest.as_object_mut().unwrap());
    map
}

fn at(inner: &str) -> String {
    format!(
        "<presence xmlns:g='http://www.opengis.net/gml'><tuple><status><geopriv><location-info>{inner}</location-info>\
         <method>Wiremap</method></geopriv></status></tuple></presence>"
    )
}

/// A CAD's document with every component that the schema has.
fn full() -> Value {
    let (psap, police) = ("psap.example", "police.example");
    let mut root = part("urn:emergency:uid:incidentid:77:psap.example", 30, psap, json!({}));
    let parts = json!({
        "eidoVersion": "1.0",
        "issuingElementIdentification": "cad.psap.example",
        "incidentComponent": [part("inc", 1, psap, json!({
            "incidentTypeInternalCode": "P25B",
            "incidentTypeInternalText": "Psychiatric, not violent",
            "incidentTypeCommonRegistryText": "EDP",
            "incidentStatusInternalText": ["held for a crisis unit"],
            "incidentStatusCommonRegistryText": ["ResourcesAssigned"],
            "internalIncidentId": "26-118",
            "agentReference": [{ "$ref": "agent1@psap.example" }, { "$ref": "agent9@psap.example" }],
            "locationReference": [{ "$ref": "loc-now" }],
            "personReference": [{ "$ref": "p-edp" }],
            "documentIdentification": ["R-1", "R-2"],
            "reportNumberType": "New",
            "incidentPriorityInternalText": "1-ALPHA",
            "incidentCommonPriorityNumber": 9,
            "beatOrDispatchGroupText": "B4",
            "dispositionComponent": [part("disp", 2, psap, json!({
                "dispositionCommonRegistryCode": "13", "dispositionPrimaryIndicator": false, "dispositionCategoryText": "info",
                "dispositionDescriptionText": "first unit sent back" }))],
            "notesReference": [{ "$ref": "note-1" }],
        }))],
        "callComponent": [part("call", 3, psap, json!({
            "relatedCallIdentifier": ["urn:emergency:uid:callid:0:x"], "queueIdentifier": "sos@psap.example",
            "standardPrimaryCallType": "emergency", "standardSecondaryCallType": "text", "localCallType": "T1", "direction": "incoming",
            "priorityIdentifier": "normal", "callStartTimestamp": "2026-11-23T00:59:01-05:00", "answerDate": "2026-11-23T00:59:09-05:00",
            "callStateRegistryText": "callAnswered", "callBackReference": { "$ref": "cb" }, "personReference": [{ "$ref": "p-caller" }],
        }))],
        "callbackComponent": [
            part("cb", 4, psap, json!({ "callBackInformationUri": ["tel:+12155550100"], "deviceContactHeader": "sip:dev@host",
                "updatedCbn": part("ucb", 5, psap, json!({ "updatedCbnIdentifierUri": "tel:+12155550199", "updatedCbnCallerDescription": "work, after five" })) })),
            part("cb-nobody", 4, psap, json!({ "callBackInformationUri": ["tel:+12155550177"] })),
        ],
        "agencyComponent": [
            part(psap, 6, psap, json!({ "agencyJcard": "[\"vcard\"]", "agencyRoleDescriptionRegistryText": ["CallReceiving", "Dispatching"],
                "agencyType": ["psap"], "incidentOwningAgencyIndicator": true })),
            part(police, 6, police, json!({ "agencyRoleDescriptionRegistryText": ["Assisting"], "agencyType": ["Police"] })),
        ],
        "agentComponent": [part("agent1@psap.example", 6, psap, json!({ "agentRoleRegistryText": ["Call Taking"], "agentWorkstationPositionIdentification": "5",
            "agencyReference": { "$ref": psap } }))],
        "additionalDataComponent": [
            part("add-1", 7, psap, json!({ "additionalDataByValue": "<c:EmergencyCallData.Comment xmlns:c='x'><c:Comment>Call the side door.</c:Comment><c:Extra>more</c:Extra></c:EmergencyCallData.Comment>" })),
            part("add-2", 7, psap, json!({ "additionalDataByReferenceUrl": "https://adr.example/1", "urlPurpose": "SubscriberInfo" })),
        ],
        "locationComponent": [
            part("loc-now", 8, psap, json!({ "locationTypeDescriptionRegistryText": "CurrentIncident", "locationDescriptionText": "gate code 44",
                "locationByValue": at("<g:Point><g:pos>40.125 -75.25</g:pos></g:Point><civicAddress><country>US</country><A3>Norristown</A3><HNO>12</HNO><RD>Elm</RD></civicAddress>"),
                "crossStreetByValue": ["<x><RD>Oak</RD></x>"], "notesReference": [{ "$ref": "note-place" }] })),
            part("loc-first", 7, psap, json!({ "locationTypeDescriptionRegistryText": "InitialIncident", "locationByValue": at("<g:Point><g:pos>41.5 -76.5</g:pos></g:Point>") })),
            part("loc-stage", 7, psap, json!({ "locationTypeDescriptionRegistryText": "Staging", "locationDescriptionText": "school car park" })),
            part("loc-url", 7, psap, json!({ "locationTypeDescriptionRegistryText": "Caller", "locationByReferenceUrl": "https://lrf.example?x" })),
        ],
        "personComponent": [
            part("p-caller", 9, psap, json!({ "personIncidentRoleRegistryText": ["Caller", "PatientRelative"], "callIdentifier": ["call"],
                "ncPersonComponent": { "nc:PersonName": { "nc:PersonGivenName": "Rosa", "nc:PersonSurName": "Ruiz" } } })),
            part("p-edp", 9, psap, json!({ "personIncidentRoleRegistryText": ["InvolvedPerson"], "notesReference": [{ "$ref": "note-person" }],
                "ncPersonComponent": { "ncPersonName": { "ncPersonGivenName": ["Ana", "Maria"], "ncPersonSurName": "Ruiz" }, "ncPersonBirthDate": { "date": "1984-05-06" },
                    "ncPersonSexText": "F", "ncPersonDescriptionText": "red coat", "ncPersonHairColorText": "black" } })),
        ],
        "vehicleComponent": [part("veh", 10, psap, json!({ "vehicleRelationshipType": ["InvolvedVehicle"], "vehicleRelationshipTimeStamp": "2026-11-23T01:00:00-05:00",
            "ncVehicleComponent": { "plate": "ABC123" } }))],
        "organizationComponent": [part("org", 10, psap, json!({ "organizationIncidentRoleRegistryText": ["Shelter"], "ncOrganizationComponent": { "name": "Harbor House" } }))],
        "notesComponent": [
            part("note-1", 11, psap, json!({ "notesActionComments": "<p>Says she took <b>pills</b> at noon.</p>", "agentReference": { "$ref": "agent77@psap.example" },
                "cautionReference": [{ "$ref": "caut-1" }] })),
            part("note-person", 12, police, json!({ "notesActionComments": "Known to officers, calm with women." })),
            part("note-place", 12, psap, json!({ "notesActionComments": "BP <90 & falling" })),
        ],
        "cautionComponent": [
            part("caut-1", 13, police, json!({ "cautionTypeInternalText": "Handgun in bedside drawer", "cautionTypeCommonRegistryText": "Weapon", "cautionSeverity": "high",
                "cautionTypeCommonSubRegistryText": ["Handgun"], "cautionSource": "officer 12", "startDate": "2025-01-02T03:04:05Z" })),
            part("caut-2", 13, psap, json!({ "cautionTypeInternalText": "Dog loose", "cautionTypeCommonRegistryText": "Animal", "cautionSeverity": "somewhat" })),
        ],
        "linkComponent": [part("link-1", 14, psap, json!({ "incidentTrackingIdentifier": "urn:emergency:uid:incidentid:66:psap.example", "linkDirectionCode": "RELATED",
            "transactionReasonText": "same block", "involvedAgencyReference": { "$ref": police } }))],
        "mergeComponent": [part("merge-1", 15, psap, json!({ "incidentTrackingIdentifier": "urn:emergency:uid:incidentid:55:psap.example", "incidentMergeDirectionCode": "REPLACING" }))],
        "dispatchComponent": [part("dispatch-1", 16, psap, json!({ "agencyReference": { "$ref": "crisis.example" }, "emergencyResourceReference": [{ "$ref": "unit-1" }] }))],
        "emergencyResourceComponent": [
            part("unit-1", 17, psap, json!({ "emergencyResourceTypeCommonRegistryText": "CrisisInterventionUnit", "emergencyResourceName": "Crisis 1", "emergencyResourceTypeInternalText": "CR",
                "resourceAttributeRegistryText": ["Bilingual"], "primaryUnitStatusRegistryText": "NotAvailable", "secondaryUnitStatusRegistryText": ["Dispatched"],
                "agentReference": [{ "$ref": "a1" }, { "$ref": "a2" }], "eta": "2026-11-23T01:40:00-05:00", "activeOnIncidentId": "urn:emergency:uid:incidentid:77:psap.example" })),
            part("unit-2", 18, police, json!({ "emergencyResourceTypeCommonRegistryText": "PatrolUnit", "resourceAttributeRegistryText": [],
                "primaryUnitStatusRegistryText": "ConditionallyAvailable", "secondaryUnitStatusRegistryText": ["Staging"], "agentReference": [] })),
        ],
        "alarmsSensorsComponent": [part("alarm", 19, psap, json!({ "csaaAlarmInformation": "panic button" }))],
        "mediaComponent": [part("media", 19, psap, json!({ "uri": "https://m.example/1.jpg", "contentType": "image/jpeg", "label": "front door" }))],
        "sharedCommunicationResourceComponent": [part("radio", 19, psap, json!({ "sharedCommunicationResourceType": "TalkGroup" }))],
        "externalInformationSourceComponent": [part("ext", 19, psap, json!({ "externalSourceRegistryText": "FloorPlans" }))],
        "somethingOfTheirs": { "depth": [1.50, true, null, {}, []] },
        "@context": { "@vocab": "x" },
    });
    root.as_object_mut().unwrap().append(&mut parts.as_object().unwrap().clone());
    root
}

fn fact<'a>(arrival: &'a Arrival, text: &str) -> &'a Fact {
    arrival.incident.facts.iter().find(|fact| fact.text == text).unwrap_or_else(|| panic!("no fact {text}"))
}

#[test]
fn the_official_sample_becomes_an_incident_with_its_caller_and_someone_in_crisis() {
    let Some(bytes) = sample() else { return };
    let arrival = read(&bytes).unwrap();
    let incident = &arrival.incident;
    assert_eq!(
        incident.identifiers,
        [Identifier { system: EIDO_INCIDENT.into(), value: "urn:emergency:uid:incidentid:a56e556d871:bcf.state.pa.us".into() }]
    );
    assert_eq!(incident.first_contact, "2021-04-30T18:40:00Z".parse().ok());
    assert_eq!((incident.door, incident.urgency, incident.asked_by), (Door::Line911, Urgency::Urgent, AskedBy::Unknown));
    let [unnamed, caller] = incident.people.as_slice() else { panic!("{:?}", incident.people) };
    assert_eq!((unnamed.roles.as_slice(), &unnamed.name), ([Role::InCrisis].as_slice(), &None));
    assert_eq!(
        (caller.roles.as_slice(), caller.contacts.as_slice()),
        ([Role::Caller].as_slice(), ["sip:8195551212@osp.com".to_owned(), "tel:8195551212".to_owned()].as_slice())
    );
    let comment = fact(&arrival, "This is an example text.");
    assert_eq!((comment.source.who.as_str(), comment.label), ("state.pa.us", Label::Call911));
    assert_eq!(comment.said, "2021-04-30T18:40:00Z".parse().unwrap());
    assert_eq!(incident.place, Place::default(), "how a call was routed is not the scene");
    assert_eq!(arrival.places[0].place.address.as_deref(), Some("42 W Cellular Street"));
    assert_eq!(arrival.received.bytes, bytes);
}

#[test]
fn a_cads_document_keeps_who_said_what_when_and_who_may_be_told() {
    let arrival = read_json(&full());
    let note = fact(&arrival, "Says she took pills at noon.\n");
    assert_eq!((note.source.who.as_str(), note.kind, note.label), ("agent77@psap.example", FactKind::Remark, Label::Call911));
    assert_eq!(note.said, "2026-11-23T06:11:00.5Z".parse().unwrap());
    let known = fact(&arrival, "Known to officers, calm with women.");
    assert_eq!((known.label, known.about.clone()), (Label::Police, About::Person(arrival.incident.people[0].id.clone())));
    assert_eq!(fact(&arrival, "BP <90 & falling").about, About::Place);
    let gun = fact(&arrival, "Handgun in bedside drawer");
    assert_eq!((gun.kind, gun.life_saving, gun.source.who.as_str(), gun.label), (FactKind::Weapon, true, "officer 12", Label::Police));
    let complaint = fact(&arrival, "Psychiatric, not violent");
    assert_eq!(complaint.code, Some(Identifier { system: INCIDENT_TYPE.into(), value: "EDP".into() }));
}

#[test]
fn a_cads_document_fills_the_typed_fields() {
    let arrival = read_json(&full());
    let incident = &arrival.incident;
    assert_eq!(
        (incident.headline.as_str(), incident.urgency, incident.channel),
        ("Psychiatric, not violent", Urgency::Emergent, Channel::Text)
    );
    assert_eq!(incident.determined, "2026-11-23T06:16:00.5Z".parse().unwrap(), "the first dispatch");
    assert_eq!(incident.place.address.as_deref(), Some("12 Elm"));
    assert_eq!(incident.place.access.as_deref(), Some("gate code 44"));
    assert_eq!(incident.place.position, Position::new(40.125, -75.25).ok());
    assert_eq!(incident.identifiers.len(), 4);
    let [person, caller] = incident.people.as_slice() else { panic!("{:?}", incident.people) };
    assert_eq!(person.roles, [Role::InCrisis], "the one whom a behavioural call is about");
    assert_eq!(
        (person.born.as_deref(), person.gender.as_deref(), person.description.as_deref()),
        (Some("1984-05-06"), Some("female"), Some("red coat"))
    );
    assert_eq!(person.shown_as().as_deref(), Some("Ana Maria Ruiz"));
    assert_eq!(caller.roles, [Role::Caller, Role::Bystander]);
    assert_eq!(caller.contacts, ["tel:+12155550100", "tel:+12155550199"], "by way of the call that names only her");
    assert_eq!(fact(&arrival, "tel:+12155550177").about, About::Incident);
    assert_eq!(arrival.offer.team, Some(Identifier { system: UNIT.into(), value: "unit-1".into() }));
    assert_eq!(
        arrival.units.iter().map(|unit| (unit.dispatched, unit.secondary[0].as_str())).collect::<Vec<_>>(),
        [(true, "Dispatched"), (false, "Staging")]
    );
    assert_eq!(arrival.linked[0].relation, Relation::Related);
    assert_eq!(arrival.merges[0].direction, MergeDirection::Replacing);
    assert_eq!(
        arrival.cautions.iter().map(|c| c.severity).collect::<Vec<_>>(),
        [Severity::High, Severity::Highest],
        "an unknown word counts as the highest"
    );
    assert_eq!(arrival.agencies.iter().map(|a| a.owns).collect::<Vec<_>>(), [Some(true), None]);
    assert_eq!(arrival.places.iter().map(|p| p.kind.as_str()).collect::<Vec<_>>(), ["InitialIncident", "Staging"]);
    let scene = arrival.incident.facts.iter().find(|fact| fact.code.as_ref().is_some_and(|code| code.value == "CurrentIncident")).unwrap();
    assert_eq!((scene.about.clone(), scene.text.as_str()), (About::Place, "12 Elm, Norristown, 40.125, -75.25, gate code 44"));
}

#[test]
fn two_gateways_that_read_the_same_document_make_the_same_records() {
    assert_eq!(read_json(&full()), read_json(&full()));
}

#[test]
fn an_incident_component_may_be_a_list_or_a_single_object() {
    let list = full();
    let mut single = list.clone();
    single["incidentComponent"] = list["incidentComponent"][0].clone();
    let (list, single) = (read_json(&list), read_json(&single));
    assert_eq!((list.incident.facts, list.incident.headline), (single.incident.facts, single.incident.headline));
}

#[test]
fn two_components_with_one_id_are_both_kept() {
    let mut twice = full();
    let mut second = twice["notesComponent"][0].clone();
    second["notesActionComments"] = json!("another");
    twice["notesComponent"].as_array_mut().unwrap().push(second);
    let arrival = read_json(&twice);
    assert_ne!(fact(&arrival, "another").id, fact(&arrival, "Says she took pills at noon.\n").id);
}

#[test]
fn on_any_other_type_of_incident_nobody_is_guessed_to_be_in_crisis() {
    let mut fire = full();
    fire["incidentComponent"][0]["incidentTypeCommonRegistryText"] = json!("FIRE");
    let arrival = read_json(&fire);
    let in_crisis: Vec<_> = arrival.incident.people_in_crisis().collect();
    assert_eq!((in_crisis.len(), in_crisis[0].shown_as()), (1, None));
}

#[test]
fn a_low_number_lowers_no_urgency() {
    for number in [0, 1, 3, 7] {
        let mut document = full();
        document["incidentComponent"][0]["incidentCommonPriorityNumber"] = json!(number);
        assert_eq!(read_json(&document).incident.urgency, Urgency::Urgent);
    }
}
