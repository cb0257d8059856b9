//! The sync engine as the state machine that it is: asked for a request, told an answer, no network in between.

use anydoor_core::acts::{Actor, Ledger, respond};
use anydoor_core::assignment::AloneReason;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{AssignmentId, MemberId, OrganizationId, TeamId};
use anydoor_core::delivery::IntentState;
use anydoor_core::http::{Answer, Failure, Request};
use anydoor_core::store::{Key, Store};
use anydoor_core::sync::{Engine, Next, Scope, StopReason};
use anydoor_tests::fixtures::seen;
use serde_json::{Value, json};

struct Bench {
    _folder: tempfile::TempDir,
    store: Store,
    now: Instant,
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("work.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
    let now: Instant = "2026-11-23T05:00:00Z".parse().unwrap();
    let actor = Actor::new(MemberId::fresh(), TeamId::fresh(), OrganizationId::fresh(), "phone", now);
    store.commit(&respond::on_view(seen(), &actor).unwrap().plan).unwrap();
    Bench { _folder: folder, store, now }
}

fn run() -> Engine {
    Engine::new(Scope { team: None, full: false })
}

fn send(engine: &mut Engine, bench: &mut Bench) -> Request {
    match engine.next(&mut bench.store, bench.now).unwrap() {
        Next::Send(request) => request,
        Next::Done(report) => panic!("done: {report:?}"),
    }
}

fn stop(engine: &mut Engine, bench: &mut Bench) -> Option<StopReason> {
    match engine.next(&mut bench.store, bench.now).unwrap() {
        Next::Send(request) => panic!("sends: {}", request.path),
        Next::Done(report) => report.stop,
    }
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, body: body.to_string().into_bytes(), ..Answer::default() }
}

fn entries(request: &Request) -> usize {
    serde_json::from_str::<Value>(request.body.as_deref().unwrap()).unwrap()["entry"].as_array().unwrap().len()
}

fn states(bench: &Bench) -> Vec<IntentState> {
    let mut states: Vec<IntentState> = bench.store.unsent().unwrap().into_iter().map(|i| i.state).collect();
    states.dedup();
    states
}

#[test]
fn one_act_goes_as_one_transaction_and_is_marked_before_it_leaves() {
    let (mut bench, mut engine) = (bench(), run());
    let request = send(&mut engine, &mut bench);
    assert_eq!(entries(&request), bench.store.unsent().unwrap().len());
    assert_eq!(states(&bench), [IntentState::Unknown]);
}

#[test]
fn an_answer_without_versions_proves_nothing() {
    let (mut bench, mut engine) = (bench(), run());
    let request = send(&mut engine, &mut bench);
    let vague: Vec<Value> = (0..entries(&request)).map(|_| json!({ "response": { "status": "201 Created" } })).collect();
    let body = json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": vague });
    engine.hear(&mut bench.store, Ok(answer(200, &body)), bench.now).unwrap();
    assert_eq!(states(&bench), [IntentState::Unknown]);
    let next = send(&mut engine, &mut bench);
    assert!(next.body.unwrap().contains("\"batch\""), "it is read back");
}

#[test]
fn what_did_not_leave_waits_and_what_was_not_answered_is_read_back() {
    for (failure, state) in [(Failure::Unreachable, IntentState::Waiting), (Failure::NoAnswer, IntentState::Unknown)] {
        let (mut bench, mut engine) = (bench(), run());
        send(&mut engine, &mut bench);
        engine.hear(&mut bench.store, Err(failure), bench.now).unwrap();
        assert_eq!(states(&bench), [state]);
        assert_eq!(stop(&mut engine, &mut bench), Some(StopReason::Offline));
    }
}

#[test]
fn a_server_that_asks_to_wait_ends_the_run_for_as_long_as_it_says() {
    let (mut bench, mut engine) = (bench(), run());
    send(&mut engine, &mut bench);
    let later = Answer { status: 429, retry_after: Some("90".into()), ..Answer::default() };
    engine.hear(&mut bench.store, Ok(later), bench.now).unwrap();
    assert_eq!(stop(&mut engine, &mut bench), Some(StopReason::Later(std::time::Duration::from_secs(90))));
    assert_eq!(states(&bench), [IntentState::Waiting]);
}

#[test]
fn a_refused_act_is_taken_apart_until_only_the_bad_item_is_parked() {
    let (mut bench, mut engine) = (bench(), run());
    let refusal = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "invalid", "diagnostics": "no such place" }] });
    let mut version = 0;
    while let Next::Send(request) = engine.next(&mut bench.store, bench.now).unwrap() {
        let bad = request.body.as_deref().unwrap().contains("\"resourceType\":\"Location\"");
        version += 1;
        let outcome =
            if bad { answer(422, &refusal) } else { Answer { status: 201, etag: Some(format!("W/\"{version}\"")), ..Answer::default() } };
        engine.hear(&mut bench.store, Ok(outcome), bench.now).unwrap();
    }
    let parked = bench.store.parked().unwrap();
    assert_eq!(parked.iter().map(|p| p.intent.kind.as_str()).collect::<Vec<_>>(), ["Location"]);
    assert_eq!(parked[0].detail.as_deref(), Some("no such place"));
    // The person does not need the place and went; what refers to the place waits for it.
    let waiting: Vec<String> = bench.store.unsent().unwrap().into_iter().map(|i| i.kind).collect();
    assert!(!waiting.contains(&"Patient".to_owned()) && waiting.contains(&"ServiceRequest".to_owned()));
}

#[test]
fn an_answer_of_nonsense_is_trouble_and_never_a_panic() {
    for body in ["", "{", "[]", "{\"resourceType\":\"Bundle\"}", "{\"resourceType\":\"Bundle\",\"entry\":[{}]}", "null"] {
        let (mut bench, mut engine) = (bench(), run());
        send(&mut engine, &mut bench);
        let nonsense = Answer { status: 200, body: body.as_bytes().to_vec(), ..Answer::default() };
        engine.hear(&mut bench.store, Ok(nonsense), bench.now).unwrap();
        assert_ne!(states(&bench), []);
    }
}

#[test]
fn one_item_that_makes_the_server_fail_holds_up_only_what_needs_it() {
    let (mut bench, mut engine) = (bench(), run());
    let (mut version, mut asked) = (0, 0);
    while let Next::Send(request) = engine.next(&mut bench.store, bench.now).unwrap() {
        asked += 1;
        assert!(asked < 60, "it goes on for ever");
        let body = request.body.clone().unwrap_or_default();
        version += 1;
        let outcome = if body.contains("\"batch\"") {
            let missing: Vec<Value> = (0..entries(&request)).map(|_| json!({ "response": { "status": "404 Not Found" } })).collect();
            answer(200, &json!({ "resourceType": "Bundle", "type": "batch-response", "entry": missing }))
        } else if body.contains("\"resourceType\":\"Location\"") {
            answer(500, &json!({ "resourceType": "OperationOutcome", "issue": [] }))
        } else {
            Answer { status: 201, etag: Some(format!("W/\"{version}\"")), ..Answer::default() }
        };
        engine.hear(&mut bench.store, Ok(outcome), bench.now).unwrap();
    }
    let left: Vec<String> = bench.store.unsent().unwrap().into_iter().map(|i| i.kind).collect();
    assert!(left.contains(&"Location".to_owned()) && !left.contains(&"Patient".to_owned()), "{left:?}");
}

/// The documents of a transaction as a server holds them, with these versions.
fn held(request: &Request, version: &str) -> Vec<Value> {
    let bundle: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
    let mut all: Vec<Value> = bundle["entry"].as_array().unwrap().iter().map(|e| e["resource"].clone()).collect();
    all.iter_mut().for_each(|d| d["meta"] = json!({ "versionId": version }));
    all
}

#[test]
fn what_somebody_put_on_top_of_ours_while_the_answer_was_lost_is_shown_and_not_claimed_as_ours() {
    let (mut bench, mut engine) = (bench(), run());
    let request = send(&mut engine, &mut bench);
    engine.hear(&mut bench.store, Err(Failure::NoAnswer), bench.now).unwrap();
    let mut there = held(&request, "1");
    let place = there.iter_mut().find(|d| d["resourceType"] == "ServiceRequest").unwrap();
    place["code"] = json!({ "text": "dispatch: he has a knife" });
    place["meta"] = json!({ "versionId": "2" });
    let (id, mut engine) = (place["id"].as_str().unwrap().to_owned(), run());
    let read_back = send(&mut engine, &mut bench);
    assert!(read_back.body.unwrap().contains("\"batch\""));
    let found: Vec<Value> = there.iter().map(|d| json!({ "resource": d, "response": { "status": "200 OK" } })).collect();
    let body = json!({ "resourceType": "Bundle", "type": "batch-response", "entry": found });
    engine.hear(&mut bench.store, Ok(answer(200, &body)), bench.now).unwrap();
    let shown = bench.store.stored("ServiceRequest", &id).unwrap().unwrap();
    assert_eq!((shown.document.text("/code/text"), shown.version.as_deref()), (Some("dispatch: he has a knife"), Some("2")));
    assert!(bench.store.unsent().unwrap().is_empty());
}

#[test]
fn a_signed_note_that_the_server_has_already_ends_and_a_refusal_of_it_stops_no_run() {
    let Bench { _folder, mut store, now } = bench();
    let mut note = anydoor_core::fhir::Document::new("DocumentReference", "n");
    note.set("status", json!("current")).set("docStatus", json!("final")).set("description", json!("calm now"));
    note.set("type", json!({ "coding": [{ "system": "urn:anydoor:1:document", "code": "note" }] }));
    store.commit(&anydoor_core::acts::Plan::new("sign", &MemberId::fresh(), now, "other visit").create(note)).unwrap();
    let (mut engine, mut there) = (run(), Value::Null);
    while let Next::Send(request) = engine.next(&mut store, now).unwrap() {
        let outcome = match (request.path.as_str(), &request.body) {
            // A copy of the request was faster, and the server says so.
            ("DocumentReference/n", Some(body)) => {
                there = serde_json::from_str(body).unwrap();
                there["meta"] = json!({ "versionId": "1" });
                Answer { status: 409, ..Answer::default() }
            }
            ("DocumentReference/n", None) => answer(200, &there),
            // What is refused together goes apart.
            _ if request.path.is_empty() => Answer { status: 422, ..Answer::default() },
            _ => Answer { status: 201, etag: Some("W/\"1\"".into()), ..Answer::default() },
        };
        engine.hear(&mut store, Ok(outcome), now).unwrap();
    }
    assert_eq!(store.unsent().unwrap(), []);
    assert_eq!(store.stored("DocumentReference", "n").unwrap().unwrap().version.as_deref(), Some("1"));
}

#[test]
fn a_read_back_that_fails_is_no_word_that_the_server_has_nothing() {
    for (status, goes_again) in [("500 Internal Server Error", false), ("429 Too Many Requests", false), ("404 Not Found", true)] {
        let (mut bench, mut engine) = (bench(), run());
        send(&mut engine, &mut bench);
        engine.hear(&mut bench.store, Err(Failure::NoAnswer), bench.now).unwrap();
        let unsent = bench.store.unsent().unwrap().len();
        let (mut engine, mut sent) = (run(), 0);
        while let Next::Send(request) = engine.next(&mut bench.store, bench.now).unwrap() {
            let outcome = if request.body.as_deref().unwrap().contains("\"batch\"") {
                let all: Vec<Value> = (0..entries(&request)).map(|_| json!({ "response": { "status": status } })).collect();
                answer(200, &json!({ "resourceType": "Bundle", "type": "batch-response", "entry": all }))
            } else {
                sent += 1;
                Answer { status: 503, ..Answer::default() }
            };
            engine.hear(&mut bench.store, Ok(outcome), bench.now).unwrap();
        }
        // Somebody may have changed it since: without a word it does not go once more, with one it does.
        assert_eq!((sent > 0, bench.store.unsent().unwrap().len()), (goes_again, unsent), "{status}");
        assert!(states(&bench).iter().all(|state| *state == IntentState::Unknown), "{status}");
    }
}

#[test]
fn taps_made_on_the_strength_of_a_claim_wait_for_it_and_never_reach_another_teams_work() {
    let Bench { _folder, mut store, now } = bench();
    let actor = Actor::new(MemberId::fresh(), TeamId::fresh(), OrganizationId::fresh(), "phone", now);
    let offer = json!({ "resourceType": "Task", "id": "offer", "meta": { "versionId": "1" }, "status": "requested", "intent": "order",
        "businessStatus": { "coding": [{ "system": "urn:anydoor:1:state", "code": "open-offer" }] },
        "code": { "coding": [{ "system": "urn:anydoor:1:task", "code": "assignment" }] }, "authoredOn": "2026-11-23T05:00:00Z",
        "focus": { "reference": "ServiceRequest/r" } });
    let offer = anydoor_core::fhir::Document::from_value(offer).unwrap();
    store.take(&anydoor_core::store::Incoming { documents: vec![offer.clone()], read_upto: None }).unwrap();
    let (id, going) = (AssignmentId::parse("offer").unwrap(), respond::Going { crew: vec![], alone: Some(AloneReason::Known) });
    let claim = respond::claim(&store, &id, going, &actor).unwrap();
    store.commit(&claim).unwrap();
    let tap = anydoor_core::acts::stamp::tap(
        &store,
        &id,
        anydoor_core::assignment::StampKind::OnScene,
        anydoor_core::assignment::Capture::Tap,
        &actor,
    );
    store.commit(&tap.unwrap()).unwrap();
    let mut engine = run();
    let mut sent = Vec::new();
    while let Next::Send(request) = engine.next(&mut store, now).unwrap() {
        sent.push((request.method, request.path.clone()));
        let mut theirs = offer.clone();
        theirs.set("owner", json!({ "reference": "CareTeam/other" })).set("meta", json!({ "versionId": "2" }));
        let outcome = match (request.path.as_str(), request.if_match) {
            ("Task/offer", Some(_)) => Answer { status: 412, ..Answer::default() },
            ("Task/offer", None) => answer(200, theirs.value()),
            _ => Answer { status: 201, etag: Some("W/\"1\"".into()), ..Answer::default() },
        };
        engine.hear(&mut store, Ok(outcome), now).unwrap();
        assert!(sent.len() < 60);
    }
    assert!(!sent.iter().any(|(_, path)| path.starts_with("Provenance/")), "{sent:?}");
    let parked: Vec<String> = store.parked().unwrap().into_iter().map(|p| p.intent.kind).collect();
    assert_eq!(parked, ["Task", "Provenance"]);
}
