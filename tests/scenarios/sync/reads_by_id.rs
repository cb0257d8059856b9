//! What is read by its id, in each of the seven places where a run does that: only the document that was asked for is believed,
//! and only an answer that says so ends, removes or proves anything.

use anydoor_core::acts::{Ledger, Plan, respond};
use anydoor_core::arrive::Source;
use anydoor_core::assignment::AloneReason;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{AssignmentId, MemberId, OrganizationId, TeamId};
use anydoor_core::fhir::Document;
use anydoor_core::http::{Answer, Failure, Method, Request};
use anydoor_core::store::{Arrival, Incoming, Store};
use anydoor_core::sync::{Engine, Next, Scope};
use serde_json::{Value, json};

use super::town::{Town, bundle_of, document, now, offer, run, said, status, store, task};

/// Why a document is read by its id.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Read {
    /// It was sent, and no answer came.
    Back,
    /// Somebody changed it first.
    Theirs,
    /// It was claimed: at once, and after some seconds.
    FirstLook,
    SecondLook,
    /// It was acknowledged, and did not come back since.
    Confirmation,
    /// The whole scope lacks it.
    Scope,
    /// A search brought it, and it may be old.
    Doubted,
}

const ALL: [Read; 7] = [Read::Back, Read::Theirs, Read::FirstLook, Read::SecondLook, Read::Confirmation, Read::Scope, Read::Doubted];

/// A run that waits for the answer to such a read.
struct Asked {
    _folder: tempfile::TempDir,
    store: Store,
    engine: Engine,
    at: Instant,
    request: Request,
    /// What was read, as `Type` and id.
    of: (&'static str, &'static str),
}

fn plan() -> Plan {
    Plan::new("test", &MemberId::derived("ana"), now(), "v")
}

fn push() -> Engine {
    Engine::new(Scope { team: None, full: false })
}

fn next(store: &mut Store, engine: &mut Engine, at: Instant) -> Request {
    match engine.next(store, at).unwrap() {
        Next::Send(request) => request,
        Next::Done(report) => panic!("done: {report:?}"),
    }
}

fn take(store: &mut Store, body: &Value) {
    let document = Document::from_value(body.clone()).unwrap();
    store.take(&Incoming { documents: vec![document], read_upto: None }).unwrap();
}

fn acknowledged(store: &mut Store) {
    let seq = store.unsent().unwrap()[0].seq;
    let (incoming, source) = (anydoor_core::arrive::Incoming::Accepted { version: Some("1") }, Source::Acknowledgement { seq });
    store.arrive(&[Arrival { kind: "Basic", id: "b", incoming, source }]).unwrap();
}

fn ours() -> Document {
    let mut ours = Document::new("Basic", "b");
    ours.set("author", json!({ "display": "ours" }));
    ours
}

fn claimed(store: &mut Store) {
    take(store, &offer("w"));
    let actor = anydoor_core::acts::Actor::new(
        MemberId::derived("ana"),
        TeamId::parse("mine").unwrap(),
        OrganizationId::parse("agency").unwrap(),
        "phone",
        now(),
    );
    let going = respond::Going { crew: vec![], alone: Some(AloneReason::Known) };
    let plan = respond::claim(store, &AssignmentId::parse("w").unwrap(), going, &actor).unwrap();
    store.commit(&plan).unwrap();
}

/// The claimed Task as the server has it.
fn held_by_us() -> Value {
    let mut held = task("w");
    held["meta"]["versionId"] = json!("2");
    held
}

fn asked(read: Read) -> Asked {
    let (folder, mut store) = store();
    let (mut engine, mut at, mut of) = (push(), now(), ("Basic", "b"));
    let put = |version: &str| Answer { status: 200, etag: Some(format!("W/\"{version}\"")), ..Answer::default() };
    match read {
        Read::Back => {
            store.commit(&plan().create(ours())).unwrap();
            next(&mut store, &mut engine, at);
            engine.hear(&mut store, Err(Failure::NoAnswer), at).unwrap();
            engine = push();
        }
        Read::Theirs => {
            take(&mut store, &document("Basic", "b", json!({ "author": { "display": "before" } })));
            store.commit(&plan().change(ours())).unwrap();
            next(&mut store, &mut engine, at);
            engine.hear(&mut store, Ok(status(412)), at).unwrap();
        }
        Read::FirstLook | Read::SecondLook => {
            of = ("Task", "w");
            claimed(&mut store);
            next(&mut store, &mut engine, at);
            engine.hear(&mut store, Ok(put("2")), at).unwrap();
            if read == Read::SecondLook {
                next(&mut store, &mut engine, at);
                engine.hear(&mut store, Ok(said(&held_by_us())), at).unwrap();
                (engine, at) = (push(), at + std::time::Duration::from_secs(5));
            }
        }
        Read::Confirmation => {
            store.commit(&plan().create(ours())).unwrap();
            acknowledged(&mut store);
        }
        Read::Scope | Read::Doubted => {
            of = ("Task", "a");
            let mut held = task("a");
            held["meta"] = json!({ "versionId": "2", "lastUpdated": "2026-11-23T04:30:00Z" });
            take(&mut store, &held);
            engine = run(read == Read::Scope);
            let town = if read == Read::Scope { Town(Vec::new()) } else { Town(vec![task("a")]) };
            let request = loop {
                let request = next(&mut store, &mut engine, at);
                if request.method == Method::Post {
                    break request;
                }
                engine.hear(&mut store, Ok(town.answer(&request)), at).unwrap();
            };
            return Asked { _folder: folder, store, engine, at, request, of };
        }
    }
    let request = next(&mut store, &mut engine, at);
    Asked { _folder: folder, store, engine, at, request, of }
}

impl Asked {
    fn is_batch(&self) -> bool {
        self.request.method == Method::Post
    }

    /// Answers, with a document or a status.
    fn hears(&mut self, there: Option<&Value>, code: u16) {
        let answer = match (self.is_batch(), there) {
            (true, Some(there)) => {
                bundle_of("batch-response", vec![json!({ "resource": there, "response": { "status": format!("{code} Said") } })])
            }
            (true, None) => bundle_of("batch-response", vec![json!({ "response": { "status": format!("{code} Said") } })]),
            (false, Some(there)) => Answer { status: code, ..said(there) },
            (false, None) => status(code),
        };
        self.engine.hear(&mut self.store, Ok(answer), self.at).unwrap();
    }

    fn shown(&self) -> Option<Value> {
        self.store.document(self.of.0, self.of.1).unwrap().map(|document| document.value().clone())
    }

    /// What is unsent, and what was acknowledged and did not come back.
    fn open(&self) -> (usize, usize) {
        (self.store.unsent().unwrap().len(), self.store.acknowledged_unverified().unwrap().len())
    }
}

#[test]
fn each_of_them_asks_for_the_one_document() {
    for read in ALL {
        let asked = asked(read);
        let reference = format!("{}/{}", asked.of.0, asked.of.1);
        let body = asked.request.body.clone().unwrap_or_default();
        assert!(asked.request.path == reference || asked.is_batch() && body.contains(&format!("\"{reference}\"")), "{read:?}");
    }
}

#[test]
fn another_documents_body_is_never_taken_for_the_one_that_was_asked_for() {
    for read in ALL {
        for (kind, id) in [("same", "stranger"), ("Flag", "same"), ("Flag", "stranger")] {
            let mut asked = asked(read);
            let (kind, id) = (if kind == "same" { asked.of.0 } else { kind }, if id == "same" { asked.of.1 } else { id });
            let mut other = asked.shown().unwrap();
            (other["resourceType"], other["id"]) = (json!(kind), json!(id));
            other["meta"] = json!({ "versionId": "9", "lastUpdated": "2026-11-23T04:59:00Z" });
            other["author"] = json!({ "display": "of somebody else" });
            let (shown, open) = (asked.shown(), asked.open());
            asked.hears(Some(&other), 200);
            assert_eq!((asked.shown(), asked.open()), (shown, open), "{read:?}: {kind}/{id}");
            assert!(asked.store.document(kind, id).unwrap().is_none(), "{read:?}: {kind}/{id} is kept");
        }
    }
}

/// Status by status, in each place: what the server does not say of the document ends nothing, removes nothing and proves
/// nothing.
#[test]
fn a_status_ends_removes_and_proves_what_it_says_and_nothing_else() {
    for read in ALL {
        for code in [400, 401, 403, 404, 408, 410, 422, 425, 429, 500, 503] {
            let mut asked = asked(read);
            let (shown, (unsent, unproven)) = (asked.shown(), asked.open());
            asked.hears(None, code);
            let (now_unsent, now_unproven) = asked.open();
            let case = format!("{read:?}: {code}");
            match read {
                Read::Confirmation => {
                    // Lost there, it goes out as new; no longer ours to read, it was there.
                    assert_eq!(now_unsent, usize::from(code == 404), "{case}");
                    assert_eq!(now_unproven, usize::from(!matches!(code, 403 | 404 | 410)), "{case}");
                }
                _ => assert_eq!((now_unsent, now_unproven), (unsent, unproven), "{case}"),
            }
            let leaves = read == Read::Scope && matches!(code, 403 | 404 | 410);
            assert_eq!(asked.shown(), shown.filter(|_| !leaves), "{case}");
        }
    }
}

/// A read without an answer, or with one that cannot be read.
#[test]
fn what_cannot_be_read_ends_removes_and_proves_nothing() {
    for read in ALL {
        for body in ["", "{", "[]", "null", "{\"resourceType\":\"Bundle\"}", "{\"resourceType\":\"Bundle\",\"entry\":[{}]}"] {
            let mut asked = asked(read);
            let (shown, open) = (asked.shown(), asked.open());
            asked.engine.hear(&mut asked.store, Ok(Answer { status: 200, body: body.into(), ..Answer::default() }), asked.at).unwrap();
            assert_eq!((asked.shown(), asked.open()), (shown, open), "{read:?}: {body}");
        }
    }
}
