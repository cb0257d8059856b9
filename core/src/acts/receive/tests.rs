use serde_json::{Value, json};

use super::*;
use crate::base::ids::IncidentId;
use crate::door::eido;
use crate::fhir::order;
use crate::records::{AgencyKind, Memory};

/// A server's documents; what is not among them is not there.
#[derive(Debug, Clone, Default, PartialEq)]
struct Server(Memory);

impl Server {
    fn all(&self) -> &[Document] {
        self.0.documents()
    }
    fn get(&self, reference: &str) -> &Document {
        self.all().iter().find(|document| document.reference() == reference).unwrap()
    }
    fn take(&mut self, bytes: &[u8]) -> Intake {
        let taken = receive(&self.0, eido::read(bytes).unwrap(), None, &to()).unwrap();
        for write in &taken.plan.writes {
            let is_there = self.all().iter().any(|document| document.reference() == write.document.reference());
            assert_eq!(is_there, write.act == crate::delivery::Act::Change, "{}", write.document.reference());
            self.0.put(write.document.clone());
        }
        taken
    }
    fn change(&mut self, reference: &str, element: &str, value: Value) {
        let mut document = self.get(reference).clone();
        document.set(element, value);
        self.0.put(document);
    }
    /// Takes the first so many documents of a plan, as a delivery that ended there.
    fn take_part(&mut self, plan: &Plan, most: usize) {
        plan.writes.iter().take(most).for_each(|write| self.0.put(write.document.clone()));
    }
    fn request(&self) -> &Document {
        self.all().iter().find(|d| d.kind() == "ServiceRequest").unwrap()
    }
    fn facts(&self) -> Vec<&str> {
        self.all().iter().filter(|d| d.kind() == "Observation").filter_map(|d| d.text("/valueString")).collect()
    }
    fn count(&self, kind: &str) -> usize {
        self.all().iter().filter(|d| d.kind() == kind).count()
    }
    /// What it holds, in whichever order it came.
    fn holds(&self) -> BTreeMap<String, &Document> {
        self.all().iter().map(|document| (document.reference(), document)).collect()
    }
}

fn to() -> Receiver {
    Receiver {
        member: MemberId::derived("gateway"),
        agency: OrganizationId::derived("agency"),
        now: "2026-11-23T06:00:00Z".parse().unwrap(),
    }
}

/// A foreign CAD's document of this minute.
fn document(minute: u8, parts: Value) -> Value {
    let mut root = json!({ "$id": "urn:emergency:uid:incidentid:77:psap.example", "eidoVersion": "1.0",
        "issuingElementIdentification": "cad.psap.example", "lastUpdateTimeStamp": at(minute),
        "incidentComponent": [{ "$id": "inc", "lastUpdateTimeStamp": at(minute), "incidentTypeInternalText": "welfare check" }] });
    root.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    root
}

fn at(minute: u8) -> String {
    format!("2026-11-23T05:{minute:02}:00Z")
}

fn note(id: &str, minute: u8, text: &str) -> Value {
    json!({ "$id": id, "lastUpdateTimeStamp": at(minute), "notesActionComments": text })
}

fn person(id: &str, role: &str, surname: &str) -> Value {
    json!({ "$id": id, "personIncidentRoleRegistryText": [role], "ncPersonComponent": { "ncPersonName": { "ncPersonSurName": surname } } })
}

fn bytes(document: &Value) -> Vec<u8> {
    document.to_string().into_bytes()
}

fn first() -> Value {
    document(1, json!({ "notesComponent": [note("n1", 1, "shouting heard")], "personComponent": [person("p1", "Patient", "Ruiz")] }))
}

#[test]
fn an_update_adds_its_facts_and_touches_neither_task_nor_visit() {
    let mut server = Server::default();
    let taken = server.take(&bytes(&first()));
    assert_eq!(taken.news, News::First);
    let task = format!("Task/{}", taken.assignment);
    server.change(&task, "owner", json!({ "reference": "CareTeam/ours" }));
    let update = document(
        2,
        json!({ "notesComponent": [note("n1", 1, "shouting heard"), note("n2", 2, "a dog in the yard")],
        "personComponent": [person("p1", "Patient", "Ruiz")] }),
    );
    let taken = server.take(&bytes(&update));
    assert_eq!(taken.news, News::Update);
    let written: Vec<&str> = taken.plan.writes.iter().map(|write| write.document.kind()).collect();
    assert_eq!(written, ["DocumentReference", "Observation", "ServiceRequest"]);
    assert_eq!(server.facts().iter().filter(|text| text.contains("dog")).count(), 1);
    assert_eq!(server.get(&task).text("/owner/reference"), Some("CareTeam/ours"));
}

#[test]
fn words_that_a_sender_changes_are_a_new_fact_and_the_old_ones_stay() {
    let mut server = Server::default();
    let said = |minute, text: &str| document(minute, json!({ "notesComponent": [note("n1", minute, text)] }));
    let told = [said(1, "no knife seen"), said(2, "a knife in his hand"), said(3, "a knife in his hand"), said(4, "no knife seen")];
    let mut knives = Vec::new();
    for document in &told {
        server.take(&bytes(document));
        knives.push(server.facts().iter().filter(|text| text.contains("knife")).count());
    }
    assert_eq!(knives, [1, 2, 2, 3], "what is touched and says the same is no news; what is said again after something else is");
    let before = server.clone();
    for document in &told {
        assert_eq!(server.take(&bytes(document)).news, News::Repeated);
    }
    assert_eq!(server, before);
}

#[test]
fn notes_of_an_order_that_moved_are_not_told_twice() {
    let order = |notes: Value| {
        let request = json!({ "resourceType": "ServiceRequest", "id": "r", "status": "active", "intent": "order",
            "identifier": [{ "system": "urn:988", "value": "1" }], "authoredOn": at(0), "subject": { "display": "unnamed" }, "note": notes });
        bytes(&json!({ "resourceType": "Bundle", "type": "message", "entry": [{ "resource": request }] }))
    };
    let mut server = Server::default();
    for notes in [json!([{ "text": "alone" }]), json!([{ "text": "has a plan" }, { "text": "alone" }])] {
        let plan = receive(&server.0, order::read(&order(notes)).unwrap(), None, &to()).unwrap().plan;
        server.take_part(&plan, plan.writes.len());
    }
    assert_eq!(server.facts().len(), 2, "{:?}", server.facts());
}

#[test]
fn an_older_document_that_comes_late_writes_nothing() {
    let mut server = Server::default();
    server.take(&bytes(&first()));
    server.take(&bytes(&document(9, json!({ "notesComponent": [note("n9", 9, "quiet now")] }))));
    let taken = server.take(&bytes(&document(5, json!({ "notesComponent": [note("n5", 5, "louder")] }))));
    assert_eq!((taken.news, taken.plan.writes.len()), (News::Stale, 0));
}

#[test]
fn a_delivery_that_ended_half_way_is_taken_up_where_it_stopped() {
    let mut whole = Server::default();
    whole.take(&bytes(&first()));
    let plan = receive(&Memory::default(), eido::read(&bytes(&first())).unwrap(), None, &to()).unwrap().plan;
    for taken in 0..plan.writes.len() {
        let mut server = Server::default();
        server.take_part(&plan, taken);
        server.take(&bytes(&first()));
        assert_eq!(server.holds(), whole.holds(), "after {taken} documents");
    }
}

#[test]
fn an_update_that_ended_half_way_is_an_update_when_it_is_said_again() {
    let update = document(
        2,
        json!({ "locationComponent": [{ "$id": "l", "locationTypeDescriptionRegistryText": "CurrentIncident",
        "locationDescriptionText": "rear entrance" }], "notesComponent": [note("n2", 2, "a dog")], "personComponent": [person("p1", "Patient", "Ruiz-Lee")] }),
    );
    let mut start = Server::default();
    start.take(&bytes(&first()));
    let mut whole = start.clone();
    let plan = whole.take(&bytes(&update)).plan;
    assert!(plan.writes.len() >= 4);
    for taken in 0..plan.writes.len() {
        let mut server = start.clone();
        server.take_part(&plan, taken);
        server.take(&bytes(&update));
        assert_eq!(server.holds(), whole.holds(), "after {taken} documents");
    }
}

#[test]
fn an_urgency_is_raised_and_never_lowered_by_what_arrives() {
    let urgency = |number: Option<u8>, minute| {
        let mut document = document(minute, json!({}));
        number.into_iter().for_each(|number| document["incidentComponent"][0]["incidentCommonPriorityNumber"] = json!(number));
        bytes(&document)
    };
    let mut server = Server::default();
    server.take(&urgency(None, 1));
    assert_eq!(server.request().text("/priority"), Some("urgent"));
    server.take(&urgency(Some(9), 2));
    assert_eq!(server.request().text("/priority"), Some("stat"));
    let taken = server.take(&urgency(None, 3));
    assert_eq!(server.request().text("/priority"), Some("stat"));
    assert_eq!(taken.kept.iter().map(|kept| (kept.element.as_str(), kept.why)).collect::<Vec<_>>(), [("priority", WhyKept::NeverLowered)]);
}

#[test]
fn nobody_leaves_an_incident_and_a_stand_in_adds_nobody() {
    let mut server = Server::default();
    server.take(&bytes(&first()));
    let (subject, task) = (server.request().text("/subject/reference").unwrap().to_owned(), server.count("Task"));
    server.take(&bytes(&document(2, json!({}))));
    assert_eq!((server.count("Patient"), server.count("Encounter"), server.count("Task")), (1, 1, task), "nobody named: nobody new");
    let two = json!({ "personComponent": [person("p2", "Patient", "Lee"), person("p3", "Caller", "Moss")] });
    server.take(&bytes(&document(3, two)));
    assert_eq!((server.count("Patient"), server.count("Encounter"), server.count("RelatedPerson")), (2, 2, 1));
    assert_eq!(server.request().text("/subject/reference"), Some(subject.as_str()));
    assert_eq!(fhir::incident::listed_people(server.request()).len(), 3);
    // Who was a caller and is now in crisis is one person, in another role.
    server.take(&bytes(&document(4, json!({ "personComponent": [person("p3", "Patient", "Moss")] }))));
    let listed = fhir::incident::listed_people(server.request());
    assert_eq!((listed.len(), server.count("Patient"), server.count("Encounter")), (3, 3, 3));
    assert!(listed.iter().all(|(reference, _)| reference.starts_with("Patient/")));
}

#[test]
fn what_both_changed_stands_as_it_is_there_and_is_named() {
    let mut server = Server::default();
    server.take(&bytes(&first()));
    let patient = server.request().text("/subject/reference").unwrap().to_owned();
    let name = json!([{ "family": "Ruiz", "given": ["Ana"] }]);
    server.change(&patient, "name", name.clone());
    let taken = server.take(&bytes(&document(2, json!({ "personComponent": [person("p1", "Patient", "Reyes")] }))));
    assert_eq!(server.get(&patient).at("/name"), Some(&name));
    let kept = Kept { document: patient, element: "name".into(), why: WhyKept::ChangedThere };
    assert_eq!(taken.kept, [kept]);
    assert_eq!(server.request().list("/supportingInfo").len(), 2);
}

#[test]
fn another_sender_of_the_same_incident_only_adds() {
    let mut server = Server::default();
    server.take(&bytes(&first()));
    let mut other = document(0, json!({ "notesComponent": [note("o1", 0, "seen from the bridge")] }));
    other["issuingElementIdentification"] = json!("cad.county.example");
    other["incidentComponent"][0]["incidentTypeInternalText"] = json!("noise");
    let taken = server.take(&bytes(&other));
    assert_eq!(taken.news, News::Update, "an older time of another sender is not stale");
    assert_eq!(server.request().text("/code/text"), Some("welfare check"));
    assert!(taken.kept.iter().any(|kept| kept.element == "code"));
    assert!(server.facts().contains(&"seen from the bridge"));
    // The first sender's next word is joined with the first sender's last one.
    let mut update = first();
    update["lastUpdateTimeStamp"] = json!(at(3));
    update["incidentComponent"][0]["incidentTypeInternalText"] = json!("person in crisis");
    server.take(&bytes(&update));
    assert_eq!(server.request().text("/code/text"), Some("person in crisis"));
}

#[test]
fn an_id_of_ours_that_a_sender_claims_writes_over_nothing() {
    let mut server = Server::default();
    let ours = Document::from_value(json!({ "resourceType": "Patient", "id": "ours", "name": [{ "family": "Haddad" }] })).unwrap();
    server.0.put(ours.clone());
    let mut claimed = first();
    claimed["personComponent"][0]["urn:anydoor:1"] =
        json!({ "person": { "id": "ours", "roles": ["in-crisis"], "family": "Nobody", "born": "1990-01-01" } });
    let taken = server.take(&bytes(&claimed));
    assert_eq!(server.get("Patient/ours"), &ours);
    assert_eq!(taken.kept.first().map(|kept| (kept.document.as_str(), kept.why)), Some(("Patient/ours", WhyKept::NotTheirs)));
    assert_eq!(IncidentId::parse(server.request().id()).unwrap(), taken.incident.id);
}

#[test]
fn records_that_do_not_know_say_what_to_fetch() {
    struct Unknown;
    impl Records for Unknown {
        fn document(&self, kind: &str, id: &str) -> Result<Option<Document>, RecordsError> {
            Err(RecordsError::NotFetched(crate::records::Query::Document { kind: kind.into(), id: id.into() }))
        }
        fn pointing_at(&self, _: &str, _: &str, _: &str) -> Result<Vec<Document>, RecordsError> {
            Ok(Vec::new())
        }
        fn of_kind(&self, _: AgencyKind) -> Result<Vec<Document>, RecordsError> {
            Ok(Vec::new())
        }
    }
    let error = receive(&Unknown, eido::read(&bytes(&first())).unwrap(), None, &to()).unwrap_err();
    assert!(matches!(error, ActError::Lookup(crate::records::lookup::LookupError::Records(RecordsError::NotFetched(_)))));
}
