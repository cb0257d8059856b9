//! Servers that take half of what they are sent, or nothing, and say that all is well: what is sent goes again only where
//! something is new, and a run ends.

use std::collections::BTreeMap;

use anydoor_core::acts::{Actor, Ledger, respond};
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{MemberId, OrganizationId, TeamId};
use anydoor_core::delivery::{IntentState, ParkReason};
use anydoor_core::http::{Answer, Method, Request};
use anydoor_core::store::{Key, Store};
use anydoor_core::sync::{Engine, Next, Report, Scope};
use anydoor_tests::fixtures::seen;
use serde_json::{Value, json};

/// More than any run of one act may need.
const MOST: u32 = 60;

/// What a server answers.
type Server = Box<dyn Fn(&Request) -> Answer>;

struct Bench {
    _folder: tempfile::TempDir,
    store: Store,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("work.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        let now: Instant = "2026-11-23T05:00:00Z".parse().unwrap();
        let actor = Actor::new(MemberId::fresh(), TeamId::derived("t"), OrganizationId::fresh(), "phone", now);
        store.commit(&respond::on_view(seen(), &actor).unwrap().plan).unwrap();
        Self { _folder: folder, store, now }
    }

    /// One run against a server, with what was written to it: how often each document was sent.
    fn run(&mut self, mut server: impl FnMut(&Request) -> Answer) -> (Report, BTreeMap<String, u32>) {
        let (mut engine, mut sent) = (Engine::new(Scope { team: Some(TeamId::derived("t")), full: false }), BTreeMap::new());
        for _ in 0..MOST {
            match engine.next(&mut self.store, self.now).unwrap() {
                Next::Done(report) => return (report, sent),
                Next::Send(request) => {
                    written(&request).into_iter().for_each(|reference| *sent.entry(reference).or_default() += 1);
                    let answer = server(&request);
                    engine.hear(&mut self.store, Ok(answer), self.now).unwrap();
                }
            }
        }
        panic!("the run does not end: {sent:#?}");
    }

    fn states(&self) -> Vec<IntentState> {
        let mut states: Vec<IntentState> = self.store.unsent().unwrap().into_iter().map(|intent| intent.state).collect();
        states.dedup();
        states
    }
}

/// What a request writes.
fn written(request: &Request) -> Vec<String> {
    let body: Value = request.body.as_deref().map(|body| serde_json::from_str(body).unwrap()).unwrap_or_default();
    match (request.method, body["type"].as_str()) {
        (Method::Put, _) => vec![request.path.clone()],
        (_, Some("transaction")) => urls(&body),
        _ => Vec::new(),
    }
}

fn urls(bundle: &Value) -> Vec<String> {
    bundle["entry"].as_array().unwrap().iter().map(|entry| entry["request"]["url"].as_str().unwrap().to_owned()).collect()
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, body: body.to_string().into_bytes(), ..Answer::default() }
}

fn bundle(kind: &str, entries: Vec<Value>) -> Answer {
    answer(200, &json!({ "resourceType": "Bundle", "type": kind, "entry": entries }))
}

/// A server that holds nothing: it finds nothing and has nothing by its id.
fn empty(request: &Request) -> Answer {
    let body: Value = request.body.as_deref().map(|body| serde_json::from_str(body).unwrap()).unwrap_or_default();
    match (request.method, body["type"].as_str()) {
        (Method::Post, Some("batch")) => {
            bundle("batch-response", urls(&body).iter().map(|_| json!({ "response": { "status": "404 Not Found" } })).collect())
        }
        (Method::Get, _) if request.path.contains('?') => bundle("searchset", Vec::new()),
        _ => answer(404, &json!({ "resourceType": "OperationOutcome" })),
    }
}

/// What it says to a transaction, entry by entry.
fn to_each(request: &Request, says: impl Fn(&str) -> Value) -> Option<Answer> {
    let body: Value = serde_json::from_str(request.body.as_deref()?).ok()?;
    (body["type"] == "transaction").then(|| bundle("transaction-response", urls(&body).iter().map(|url| says(url)).collect()))
}

fn created() -> Value {
    json!({ "response": { "status": "201 Created", "etag": "W/\"1\"" } })
}

fn refused(status: &str) -> Value {
    json!({ "response": { "status": status, "outcome": { "resourceType": "OperationOutcome", "issue": [
        { "severity": "error", "code": "invalid", "diagnostics": "no such place" }] } } })
}

#[test]
fn entries_refused_inside_an_accepted_transaction_are_sent_once_more_alone_and_then_wait_for_a_person() {
    let mut bench = Bench::new();
    let (report, sent) = bench.run(|request| {
        let each = to_each(request, |url| if url.starts_with("Location/") { refused("422 Unprocessable") } else { created() });
        each.unwrap_or_else(|| match request.method {
            Method::Put => answer(422, &refused("")["response"]["outcome"]),
            _ => empty(request),
        })
    });
    let parked = bench.store.parked().unwrap();
    assert_eq!(parked.iter().map(|held| held.intent.kind.as_str()).collect::<Vec<_>>(), ["Location"]);
    assert_eq!((parked[0].reason, parked[0].detail.as_deref()), (ParkReason::Refused, Some("no such place")));
    assert_eq!((bench.store.unsent().unwrap().len(), report.parked), (1, 1), "the others are at the agency by their own entries");
    assert!(sent.values().all(|times| *times <= 2), "{sent:#?}");
}

#[test]
fn a_transaction_whose_every_entry_is_refused_is_not_sent_for_ever() {
    for status in
        ["400 Bad Request", "409 Conflict", "412 Precondition Failed", "428 Precondition Required", "500 Internal", "503 Busy", "0"]
    {
        let mut bench = Bench::new();
        let (_, sent) = bench.run(|request| to_each(request, |_| refused(status)).unwrap_or_else(|| empty(request)));
        assert!(sent.values().all(|times| *times <= 2), "{status}: {sent:#?}");
        assert!(!bench.store.unsent().unwrap().is_empty(), "{status}: nothing is said to be delivered");
    }
}

#[test]
fn a_server_that_takes_everything_and_keeps_nothing_is_asked_twice_and_left() {
    let empty_answer = |status| Answer { status, ..Answer::default() };
    let all_created = |request: &Request| to_each(request, |_| json!({ "response": { "status": "201 Created" } }));
    let servers: [(&str, Server); 3] = [
        ("202 without a body", Box::new(move |request| if written(request).is_empty() { empty(request) } else { empty_answer(202) })),
        ("200 without a body", Box::new(move |request| if written(request).is_empty() { empty(request) } else { empty_answer(200) })),
        (
            "201 without versions",
            Box::new(move |request| match request.method {
                Method::Put => empty_answer(201),
                _ => all_created(request).unwrap_or_else(|| empty(request)),
            }),
        ),
    ];
    for (name, server) in servers {
        let mut bench = Bench::new();
        let (_, sent) = bench.run(server);
        assert!(sent.values().all(|times| *times <= 2), "{name}: {sent:#?}");
        assert_eq!(bench.states(), [IntentState::Waiting], "{name}: it is on this phone, and nowhere else");
    }
}

/// A server that fails at places and takes everything else.
fn fails_at_places(request: &Request) -> Answer {
    let failure =
        json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "fatal", "code": "exception", "diagnostics": "index" }] });
    let holds_a_place = request.body.as_deref().is_some_and(|body| body.contains("\"resourceType\":\"Location\""));
    match request.method {
        Method::Get => empty(request),
        _ if holds_a_place => answer(500, &failure),
        Method::Put => Answer { status: 201, etag: Some("W/\"1\"".into()), ..Answer::default() },
        Method::Post => to_each(request, |_| created()).unwrap_or_else(|| empty(request)),
    }
}

#[test]
fn what_the_server_fails_at_for_hours_waits_for_a_person_while_the_others_go_on() {
    let mut bench = Bench::new();
    bench.run(fails_at_places);
    assert!(bench.store.unsent().unwrap().len() < 5, "what does not need the place is at the agency at once");
    for half_hour in 1..=5 {
        assert!(bench.store.parked().unwrap().is_empty(), "after {half_hour} half hours");
        bench.now = bench.now.checked_add(jiff::SignedDuration::from_mins(30)).unwrap();
        bench.run(fails_at_places);
    }
    let parked = bench.store.parked().unwrap();
    assert_eq!((parked.len(), parked[0].reason, parked[0].detail.as_deref()), (1, ParkReason::ServerFails, Some("index")));
    // A server that fails at everything is waited for.
    let mut bench = Bench::new();
    for _ in 0..20 {
        bench.now = bench.now.checked_add(jiff::SignedDuration::from_mins(30)).unwrap();
        bench.run(|_| answer(500, &json!({})));
    }
    assert!(bench.store.parked().unwrap().is_empty());
}

#[test]
fn a_conflict_is_a_conflict_in_whatever_form_it_is_told() {
    let conflict = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "conflict" }] });
    let in_words = json!({ "resourceType": "OperationOutcome", "issue": [
        { "severity": "error", "code": "processing", "diagnostics": "HTTP 412 Precondition Failed" }] });
    let neither = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "required" }] });
    for (status, said, is_conflict) in [
        (409, &neither, true),
        (412, &neither, true),
        (428, &neither, true),
        (400, &conflict, true),
        (400, &in_words, true),
        (400, &neither, false),
        (422, &neither, false),
    ] {
        assert_eq!(answer(status, said).says_conflict(), is_conflict, "{status} {said}");
    }
}

#[test]
fn json_with_a_mark_before_it_or_in_another_spelling_of_its_type_is_json() {
    let text = b"\xEF\xBB\xBF{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":null,\"link\":null,\"total\":null}".to_vec();
    let answer = Answer { status: 200, content_type: Some("Application/FHIR+JSON; charset=UTF-8".into()), body: text, ..Answer::default() };
    assert!(answer.is_fhir());
    assert_eq!(answer.bundle().unwrap().entries.len(), 0);
}
