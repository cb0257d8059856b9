//! Servers that take half of what they are sent, or nothing, and say that all is well: what is sent goes again only where
//! something is new, and a run ends.

use std::collections::BTreeMap;

use anydoor_core::acts::{Actor, Ledger, respond};
use anydoor_core::assignment::AloneReason;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{MemberId, OrganizationId, TeamId};
use anydoor_core::delivery::{IntentState, ParkReason};
use anydoor_core::http::{Answer, Method, Request};
use anydoor_core::incident::{Place, Urgency};
use anydoor_core::store::{Key, Store};
use anydoor_core::sync::{Engine, Next, Report, Scope};
use serde_json::{Value, json};

/// More than any run of one act may need.
const MOST: u32 = 60;

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
        let said = respond::OnView {
            headline: "x".into(),
            urgency: Urgency::Urgent,
            place: Place::default(),
            description: None,
            crew: vec![],
            alone: Some(AloneReason::NobodyElse),
        };
        store.commit(&respond::on_view(said, &actor).unwrap().plan).unwrap();
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
    let servers: [(&str, Box<dyn Fn(&Request) -> Answer>); 3] = [
        ("202 without a body", Box::new(|request| if written(request).is_empty() { empty(request) } else { empty_answer(202) })),
        ("200 without a body", Box::new(|request| if written(request).is_empty() { empty(request) } else { empty_answer(200) })),
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
