//! References in every form that FHIR has: one odd record costs itself, and an absolute reference of this server is as good as a
//! relative one.

use anydoor_core::acts::Actor;
use anydoor_core::acts::respond;
use anydoor_core::assignment::AloneReason;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{MemberId, OrganizationId, TeamId};
use anydoor_core::fhir::Document;
use anydoor_core::fhir::reference::ServerBase;
use anydoor_core::http::{Answer, Request};
use anydoor_core::incident::{Place, Urgency};
use anydoor_core::store::{Key, Store};
use anydoor_core::sync::{Engine, Next, Report, Scope};
use serde_json::{Value, json};

const BASE: &str = "http://h/fhir";

fn now() -> Instant {
    "2026-11-23T05:00:00Z".parse().unwrap()
}

/// What a visit writes, as a server would hold it.
fn visit() -> Vec<Value> {
    let actor = Actor::new(MemberId::fresh(), TeamId::derived("t"), OrganizationId::fresh(), "another", now());
    let said = respond::OnView {
        headline: "crying man".into(),
        urgency: Urgency::Urgent,
        place: Place::default(),
        description: None,
        crew: vec![],
        alone: Some(AloneReason::NobodyElse),
    };
    let plan = respond::on_view(said, &actor).unwrap().plan;
    plan.writes.iter().map(|write| held(write.document.value().clone())).collect()
}

fn held(mut body: Value) -> Value {
    body["meta"] = json!({ "versionId": "1", "lastUpdated": "2026-11-23T04:00:00Z" });
    body
}

/// A server of these documents. It finds Tasks by owner, and everything else by its id.
fn find(documents: &[Value], request: &Request) -> Answer {
    assert!(!request.path.contains("://"), "a foreign address in a search: {}", request.path);
    let (kind, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let fits = |body: &&Value| match query.split_once('=') {
        Some(("owner", _)) => body["resourceType"] == "Task",
        Some(("_id", ids)) => {
            let ids: Vec<&str> = ids.split('&').next().unwrap().split(',').collect();
            body["resourceType"] == kind && ids.contains(&body["id"].as_str().unwrap())
        }
        _ => false,
    };
    let entries: Vec<Value> = documents.iter().filter(fits).map(|body| json!({ "resource": body })).collect();
    let body = json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries });
    Answer { status: 200, body: body.to_string().into_bytes(), base: ServerBase::new(BASE), ..Answer::default() }
}

fn synced(documents: &[Value]) -> (tempfile::TempDir, Store, Report) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("work.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
    let mut engine = Engine::new(Scope { team: Some(TeamId::derived("t")), full: false });
    loop {
        match engine.next(&mut store, now()).unwrap() {
            Next::Done(report) => return (folder, store, report),
            Next::Send(request) => {
                let answer = find(documents, &request);
                engine.hear(&mut store, Ok(answer), now()).unwrap();
            }
        }
    }
}

/// The documents of a visit with every reference spelled by `spell`.
fn spelled(mut documents: Vec<Value>, spell: impl Fn(&str) -> String + Copy) -> Vec<Value> {
    fn each(value: &mut Value, spell: impl Fn(&str) -> String + Copy) {
        match value {
            Value::Object(map) => map.iter_mut().for_each(|(key, inner)| match inner {
                Value::String(text) if key == "reference" => *text = spell(text),
                inner => each(inner, spell),
            }),
            Value::Array(items) => items.iter_mut().for_each(|inner| each(inner, spell)),
            _ => {}
        }
    }
    documents.iter_mut().for_each(|document| each(document, spell));
    documents
}

#[test]
fn absolute_references_of_this_server_and_versioned_ones_are_the_same_as_relative_ones() {
    let spellings: [fn(&str) -> String; 3] =
        [str::to_owned, |text| format!("{BASE}/{text}"), |text| format!("HTTP://H:80/fhir/{text}/_history/1")];
    let mut shown = Vec::new();
    for spell in spellings {
        let documents = visit();
        let (_folder, store, report) = synced(&spelled(documents, spell));
        assert_eq!((report.stop, report.unreadable), (None, 0));
        let rows = store.queue(5).unwrap();
        let row = &rows[0].row;
        assert!(row.readable && row.incident.is_some() && row.team == Some(TeamId::derived("t")), "{row:?}");
        shown.push((row.headline.clone(), row.state, rows.len(), store.everything().unwrap().len()));
    }
    assert_eq!(shown[0].0, "crying man");
    assert!(shown.iter().all(|one| *one == shown[0]), "{shown:?}");
}

#[test]
fn a_task_whose_focus_leads_nowhere_here_is_shown_as_such_and_everything_else_goes_on() {
    let mut documents = visit();
    let focuses = [
        json!({ "reference": "http://elsewhere.example/fhir/ServiceRequest/x" }),
        json!({ "reference": "http://127.0.0.1:41469/fhir/ServiceRequest/nowhere" }),
        json!({ "reference": "urn:uuid:7e2a94fc-5119-5257-93bd-346c8c85221f" }),
        json!({ "reference": "#p" }),
        json!({ "identifier": { "system": "urn:x", "value": "1" } }),
        json!({ "reference": "no reference at all" }),
        json!({ "reference": "ServiceRequest/x,y&_id=z" }),
        json!("text"),
        Value::Null,
    ];
    for (number, focus) in focuses.iter().enumerate() {
        documents.push(odd(&format!("odd{number}"), focus));
    }
    let (_folder, store, report) = synced(&documents);
    assert_eq!(report.stop, None);
    let rows = store.queue(50).unwrap();
    assert_eq!(rows.len(), focuses.len() + 1);
    for shown in rows {
        let is_odd = shown.row.assignment.as_str().starts_with("odd");
        assert_eq!((shown.row.readable, shown.row.headline == "crying man"), (!is_odd, !is_odd), "{:?}", shown.row);
    }
}

fn odd(id: &str, focus: &Value) -> Value {
    held(json!({ "resourceType": "Task", "id": id, "status": "requested", "intent": "order", "focus": focus,
        "owner": { "reference": format!("CareTeam/{}", TeamId::derived("t")) },
        "code": { "coding": [{ "system": "urn:anydoor:1:task", "code": "assignment" }] } }))
}

/// The report of the field, where its data lies beside the project.
#[test]
fn the_task_that_stopped_every_phone_of_a_team_is_shown_as_one_that_cannot_be_read_here() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/trouble/fhir/task_absolute_focus.json");
    let Ok(text) = std::fs::read(&data) else {
        println!("skipped: no {}", data.display());
        return;
    };
    let mut task = Document::parse(&text).unwrap();
    task.set("owner", json!({ "reference": format!("CareTeam/{}", TeamId::derived("t")) }));
    let mut documents = visit();
    documents.push(held(task.value().clone()));
    let (_folder, store, report) = synced(&documents);
    assert_eq!(report.stop, None);
    let rows = store.queue(5).unwrap();
    let readable: Vec<bool> = rows.iter().map(|shown| shown.row.readable).collect();
    assert_eq!((rows.len(), readable.iter().filter(|readable| **readable).count()), (2, 1));
}
