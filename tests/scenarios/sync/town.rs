//! A small server in memory for tests of a run: it answers each search as it is asked, and gives each document by its id. A
//! test changes the answers that it is about.

use anydoor_core::base::clock::Instant;
use anydoor_core::http::{Answer, Method, Request};
use anydoor_core::store::{Key, Store};
use anydoor_core::sync::{Engine, Next, Report, Scope};
use serde_json::{Value, json};

/// When everything in the town was last changed.
pub const STAMP: &str = "2026-11-23T04:00:00Z";

/// A phone's time in these tests.
pub fn now() -> Instant {
    "2026-11-23T05:00:00Z".parse().unwrap()
}

pub fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("work.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
    (folder, store)
}

/// A run for the team of the town.
pub fn run(full: bool) -> Engine {
    Engine::new(Scope { team: Some(anydoor_core::base::ids::TeamId::parse("mine").unwrap()), full })
}

pub fn to(reference: &str) -> Value {
    json!({ "reference": reference })
}

pub fn coded(system: &str, code: &str) -> Value {
    json!({ "coding": [{ "system": format!("urn:anydoor:1:{system}"), "code": code }] })
}

/// A document of the town with these elements.
pub fn document(kind: &str, id: &str, more: Value) -> Value {
    let mut body = json!({ "resourceType": kind, "id": id, "meta": { "versionId": "1", "lastUpdated": STAMP } });
    more.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
    body
}

/// A Task of this team, about the one incident.
pub fn task(id: &str) -> Value {
    let more = json!({ "status": "requested", "intent": "order", "code": coded("task", "assignment"), "authoredOn": STAMP,
        "focus": to("ServiceRequest/r"), "owner": to("CareTeam/mine"), "businessStatus": coded("state", "offered") });
    document("Task", id, more)
}

/// An offer that nobody has.
pub fn offer(id: &str) -> Value {
    let mut offer = task(id);
    offer.as_object_mut().unwrap().remove("owner");
    offer["businessStatus"] = coded("state", "open-offer");
    offer["focus"] = to("ServiceRequest/elsewhere");
    offer
}

/// A call for help of this team.
fn escalation() -> Value {
    let more = json!({ "status": "requested", "intent": "order", "code": coded("task", "escalation"), "partOf": [to("Task/a")],
        "groupIdentifier": { "system": "urn:anydoor:1:team", "value": "mine" }, "owner": to("Organization/psap") });
    document("Task", "x", more)
}

/// Everything that a full run asks for, at least one of each.
pub struct Town(pub Vec<Value>);

impl Town {
    pub fn new() -> Self {
        let around = |kind, id, element: &str, target| document(kind, id, json!({ element: target }));
        let request = json!({ "subject": to("Patient/p"), "requester": to("RelatedPerson/q"), "locationReference": [to("Location/l")],
            "supportingInfo": [to("DocumentReference/d")], "status": "active", "intent": "order", "authoredOn": STAMP });
        let of_agency = |kind| document(kind, &format!("of-agency-{}", kind.to_lowercase()), json!({}));
        Self(vec![
            task("a"),
            offer("w"),
            document("ServiceRequest", "r", request),
            around("Observation", "o", "focus", json!([to("ServiceRequest/r")])),
            around("Encounter", "e", "basedOn", json!([to("ServiceRequest/r")])),
            around("DocumentReference", "n", "context", json!({ "related": [to("ServiceRequest/r")] })),
            document(
                "Task",
                "f",
                json!({ "focus": to("ServiceRequest/r"), "partOf": [to("Task/a")], "status": "requested", "intent": "order" }),
            ),
            escalation(),
            around("ServiceRequest", "h", "basedOn", json!([to("ServiceRequest/r")])),
            around("Linkage", "k", "item", json!([{ "resource": to("ServiceRequest/r") }])),
            around("Provenance", "s", "target", json!([to("Task/a")])),
            around("Flag", "g", "subject", to("Patient/p")),
            around("Consent", "c", "patient", to("Patient/p")),
            around("Communication", "m", "partOf", json!([to("Task/f")])),
            document("Patient", "p", json!({})),
            document("RelatedPerson", "q", json!({})),
            document("Location", "l", json!({})),
            document("DocumentReference", "d", json!({})),
            document("Library", "table", json!({ "url": "urn:anydoor:1:population" })),
            of_agency("Questionnaire"),
            of_agency("HealthcareService"),
            of_agency("Practitioner"),
            of_agency("PractitionerRole"),
            document("CareTeam", "mine", json!({})),
            of_agency("Organization"),
            document("Location", "place", json!({ "managingOrganization": to("Organization/agency") })),
        ])
    }

    /// The document of this reference.
    pub fn get(&self, reference: &str) -> Option<&Value> {
        self.0.iter().find(|document| format!("{}/{}", text(document, "/resourceType"), text(document, "/id")) == reference)
    }

    /// What a server answers.
    pub fn answer(&self, request: &Request) -> Answer {
        if request.method == Method::Post {
            let bundle: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
            let read = |entry: &Value| match self.get(text(entry, "/request/url")) {
                Some(found) => json!({ "resource": found, "response": { "status": "200 OK" } }),
                None => json!({ "response": { "status": "404 Not Found" } }),
            };
            return bundle_of("batch-response", bundle["entry"].as_array().unwrap().iter().map(read).collect());
        }
        match request.path.split_once('?') {
            Some((kind, query)) => searchset(self.found(kind, query)),
            None if request.path == "metadata" => said(&json!({ "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1" })),
            None => self.get(&request.path).map_or_else(|| status(404), said),
        }
    }

    fn found(&self, kind: &str, query: &str) -> Vec<Value> {
        let of_kind = self.0.iter().filter(|document| text(document, "/resourceType") == kind);
        of_kind
            .filter(|document| query.split('&').filter_map(|part| part.split_once('=')).all(|part| fits(document, part)))
            .cloned()
            .collect()
    }
}

fn fits(document: &Value, (name, value): (&str, &str)) -> bool {
    let body = document.to_string();
    match name {
        "_sort" | "_count" => true,
        "_lastUpdated" => text(document, "/meta/lastUpdated") >= value.trim_start_matches("ge"),
        "_id" => value.split(',').any(|id| id == text(document, "/id")),
        "business-status" => value.ends_with(text(document, "/businessStatus/coding/0/code")) && document.get("businessStatus").is_some(),
        "code" => value.ends_with(&format!("%7C{}", text(document, "/code/coding/0/code"))),
        "group-identifier" => value.ends_with(&format!("%7C{}", text(document, "/groupIdentifier/value"))),
        "organization:missing" => document.get("managingOrganization").is_some(),
        _ => value.split(',').any(|target| body.contains(&format!("\"{target}\""))),
    }
}

pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// A search without what it was asked from and how much at a time: the same in every run.
pub fn key(path: &str) -> Option<String> {
    path.contains('?').then(|| path.split(['&']).next().unwrap_or_default().split("_sort").next().unwrap_or_default().to_owned())
}

/// From when on a search asks, where it does.
pub fn since(path: &str) -> Option<Instant> {
    path.split("_lastUpdated=ge").nth(1)?.split('&').next()?.parse().ok()
}

pub fn said(body: &Value) -> Answer {
    Answer { status: 200, body: body.to_string().into_bytes(), content_type: Some("application/fhir+json".into()), ..Answer::default() }
}

pub fn status(status: u16) -> Answer {
    Answer { status, ..Answer::default() }
}

pub fn bundle_of(kind: &str, entries: Vec<Value>) -> Answer {
    said(&json!({ "resourceType": "Bundle", "type": kind, "entry": entries }))
}

/// One page with these.
pub fn searchset(documents: Vec<Value>) -> Answer {
    bundle_of("searchset", documents.into_iter().map(|document| json!({ "resource": document })).collect())
}

/// A run to its end, with each of its requests answered so.
pub fn play(store: &mut Store, engine: &mut Engine, at: Instant, mut server: impl FnMut(&Request) -> Answer) -> Report {
    for _ in 0..400 {
        match engine.next(store, at).unwrap() {
            Next::Send(request) => engine.hear(store, Ok(server(&request)), at).unwrap(),
            Next::Done(report) => return report,
        }
    }
    panic!("the run does not end");
}
