//! Every act against a small FHIR server, in every state of what is there, and each again with one answer lost.

use std::collections::BTreeMap;

use anydoor_core::base::ids::MemberId;
use anydoor_core::http::{Answer, Failure, Method, Outcome};
use serde_json::{Value, json};

use super::*;

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It does not leave.
    Unreachable,
    /// It gets lost on its way.
    RequestLost,
    /// It is done, and its answer gets lost.
    AnswerLost,
    /// It is done, and its answer is cut short.
    AnswerCut,
    /// It is done, and the answer says that the server failed.
    FailedAfter,
}

const FAULTS: [Fault; 5] = [Fault::Unreachable, Fault::RequestLost, Fault::AnswerLost, Fault::AnswerCut, Fault::FailedAfter];

/// How this server says that a version is stale.
#[derive(Debug, Clone, Copy, Default)]
enum Stale {
    #[default]
    Says412,
    Says409,
    /// 400, and what it is only in its text.
    HidesIt,
}

/// A small FHIR server.
#[derive(Default, Clone)]
struct Server {
    documents: BTreeMap<String, Vec<Value>>,
    stale: Stale,
    /// Transactions are refused whole with this status.
    refuses_transactions: Option<u16>,
    /// This document is refused with this status.
    refuses: Option<(&'static str, u16)>,
    /// Every write is answered so, and not done.
    says: Option<(u16, &'static str)>,
    /// Somebody else's writes, before the next PUT of ours with If-Match, one each.
    meddlers: Vec<fn(&mut Server)>,
    /// Somebody else's write between the two looks at a claim.
    before_look: Option<fn(&mut Server)>,
    /// Answers name no version.
    names_no_version: bool,
    requests: Vec<String>,
}

impl Server {
    fn with(documents: &[Document]) -> Self {
        let mut server = Self::default();
        for document in documents {
            server.put(document.value().clone());
        }
        server
    }

    fn put(&mut self, mut body: Value) -> usize {
        let reference = format!("{}/{}", body["resourceType"].as_str().unwrap(), body["id"].as_str().unwrap());
        let versions = self.documents.entry(reference).or_default();
        body["meta"]["versionId"] = json!((versions.len() + 1).to_string());
        versions.push(body);
        versions.len()
    }

    fn change(&mut self, reference: &str, element: &str, value: Value) {
        let mut body = self.documents[reference].last().unwrap().clone();
        body[element] = value;
        self.put(body);
    }

    fn current(&self, reference: &str) -> Document {
        Document::from_value(self.documents[reference].last().unwrap().clone()).unwrap()
    }

    /// What an act that reads everything reads.
    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        self.documents.keys().for_each(|reference| snapshot.put(self.current(reference), None));
        snapshot
    }

    /// What it holds and in how many versions, revisions aside: each delivery has its own.
    fn end(&self) -> BTreeMap<String, (usize, Value)> {
        let plain = |mut body: Value| {
            let map = body.as_object_mut().unwrap();
            map.remove("extension");
            map.remove("meta");
            body
        };
        self.documents.iter().map(|(name, versions)| (name.clone(), (versions.len(), plain(versions.last().unwrap().clone())))).collect()
    }

    fn answer(&mut self, request: &Request) -> Answer {
        self.requests.push(format!("{:?} {} {}", request.method, request.path, request.if_match.as_deref().unwrap_or("-")));
        let body: Value = request.body.as_deref().map(|body| serde_json::from_str(body).unwrap()).unwrap_or_default();
        match request.method {
            Method::Put => self.put_alone(body, request.if_match.as_deref()),
            Method::Post if body["type"] == "batch" => self.batch(&body),
            Method::Post => self.transaction(&body),
            Method::Get => unreachable!("everything is read as a batch"),
        }
    }

    fn put_alone(&mut self, body: Value, if_match: Option<&str>) -> Answer {
        if let Some((status, retry_after)) = self.says {
            return Answer { retry_after: Some(retry_after.into()), ..said(status, "busy") };
        }
        if if_match.is_some() && !self.meddlers.is_empty() {
            let meddle = self.meddlers.remove(0);
            meddle(self);
        }
        let reference = format!("{}/{}", body["resourceType"].as_str().unwrap(), body["id"].as_str().unwrap());
        if let Some((_, status)) = self.refuses.filter(|(refused, _)| *refused == reference) {
            return said(status, "no");
        }
        let there = self.documents.get(&reference).map_or(0, Vec::len).to_string();
        if if_match.is_some_and(|version| version != there) {
            return match self.stale {
                Stale::Says412 => said(412, "stale"),
                Stale::Says409 => said(409, "stale"),
                Stale::HidesIt => said(400, "an entry failed: HTTP 412"),
            };
        }
        let version = self.put(body);
        Answer { status: 200, etag: (!self.names_no_version).then(|| format!("W/\"{version}\"")), ..Answer::default() }
    }

    fn batch(&mut self, body: &Value) -> Answer {
        let looks_at_a_claim = body["entry"].as_array().unwrap().len() == 1 && self.requests.iter().any(|r| r.starts_with("Put"));
        let entries: Vec<Value> = body["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| match self.documents.get(entry["request"]["url"].as_str().unwrap()) {
                Some(versions) => json!({ "resource": versions.last(), "response": { "status": "200 OK" } }),
                None => json!({ "response": { "status": "404 Not Found" } }),
            })
            .collect();
        if looks_at_a_claim && let Some(meddle) = self.before_look.take() {
            meddle(self);
        }
        ok(json!({ "resourceType": "Bundle", "type": "batch-response", "entry": entries }))
    }

    fn transaction(&mut self, body: &Value) -> Answer {
        if let Some((status, retry_after)) = self.says {
            return Answer { retry_after: Some(retry_after.into()), ..said(status, "busy") };
        }
        let entries = body["entry"].as_array().unwrap();
        let has = |reference: &str| entries.iter().any(|entry| entry["request"]["url"] == reference);
        if let Some(status) =
            self.refuses_transactions.or_else(|| self.refuses.filter(|(refused, _)| has(refused)).map(|(_, status)| status))
        {
            return said(status, "an entry failed");
        }
        let answers: Vec<Value> = entries
            .iter()
            .map(|entry| {
                let version = self.put(entry["resource"].clone());
                let etag = (!self.names_no_version).then(|| format!("W/\"{version}\""));
                json!({ "response": { "status": "201 Created", "etag": etag } })
            })
            .collect();
        ok(json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": answers }))
    }
}

fn ok(body: Value) -> Answer {
    Answer { status: 200, body: body.to_string().into_bytes(), ..Answer::default() }
}

fn said(status: u16, text: &str) -> Answer {
    let body = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "processing", "diagnostics": text }] });
    Answer { status, body: body.to_string().into_bytes(), ..Answer::default() }
}

fn through(server: &mut Server, request: &Request, fault: Option<Fault>) -> Outcome {
    match fault {
        None => Ok(server.answer(request)),
        Some(Fault::Unreachable) => Err(Failure::Unreachable),
        Some(Fault::RequestLost) => Err(Failure::NoAnswer),
        Some(Fault::AnswerLost) => {
            server.answer(request);
            Err(Failure::NoAnswer)
        }
        Some(Fault::AnswerCut) => {
            let mut answer = server.answer(request);
            answer.body.truncate(answer.body.len() / 2);
            Ok(answer)
        }
        Some(Fault::FailedAfter) => {
            server.answer(request);
            Ok(said(500, "broken"))
        }
    }
}

/// One delivery, with a fault in one of its requests.
fn deliver(server: &mut Server, plan: &Plan, snapshot: &Snapshot, fault: Option<(usize, Fault)>) -> Result<Delivered, NotDelivered> {
    let author = Arc::new(Author::new("agency"));
    let mut delivery = Delivery::new(plan, &author, snapshot);
    let mut now: Instant = "2026-11-23T05:00:00Z".parse().unwrap();
    let mut sent = 0;
    loop {
        match delivery.next(now) {
            Step::Send(request) => {
                assert_eq!(delivery.next(now), Step::Send(request.clone()), "while an answer is awaited it says the same");
                let fault = fault.filter(|(at, _)| *at == sent).map(|(_, fault)| fault);
                let outcome = through(server, &request, fault);
                delivery.hear(outcome, now);
                sent += 1;
                assert!(sent < 60, "a delivery that does not end: {:#?}", server.requests);
            }
            Step::WaitUntil(until) => now = until,
            Step::Done(result) => {
                assert_eq!(delivery.next(now), Step::Done(result.clone()), "it stays over");
                return result;
            }
        }
    }
}

/// What a plan meets.
struct Case {
    name: &'static str,
    server: Server,
    plan: Plan,
    /// Whether the act read a snapshot in which nothing of the plan was; else what the server holds now.
    blind: bool,
}

impl Case {
    fn snapshot(&self) -> Snapshot {
        if self.blind {
            return Snapshot::default();
        }
        self.server.snapshot()
    }

    /// Delivers without a fault; then again with each answer lost in each way, which must come to the same end.
    fn play(&self) -> (Result<Delivered, NotDelivered>, Server) {
        let mut server = self.server.clone();
        let result = deliver(&mut server, &self.plan, &self.snapshot(), None);
        for at in 0..server.requests.len() {
            for fault in FAULTS {
                let mut other = self.server.clone();
                let again = deliver(&mut other, &self.plan, &self.snapshot(), Some((at, fault)));
                let context = format!("{}: {fault:?} in request {at}: {:#?}", self.name, other.requests);
                assert_eq!(other.end(), server.end(), "{context}");
                assert_eq!(verdict(&again), verdict(&result), "{context}");
            }
        }
        (result, server)
    }
}

/// The result without revisions, and without whether ours was found to be there or was written.
fn verdict(result: &Result<Delivered, NotDelivered>) -> Result<Vec<String>, NotDelivered> {
    let references = |delivered: &Delivered| {
        let mut all: Vec<String> =
            delivered.written.iter().map(|(document, _)| document.reference()).chain(delivered.left.clone()).collect();
        all.sort();
        all
    };
    result.as_ref().map(references).map_err(NotDelivered::clone)
}

fn document(value: Value) -> Document {
    Document::from_value(value).unwrap()
}

fn task() -> Document {
    document(json!({ "resourceType": "Task", "id": "t", "status": "requested", "description": "as offered" }))
}

fn fact(id: &str) -> Document {
    document(json!({ "resourceType": "Observation", "id": id, "status": "preliminary", "focus": [{ "reference": "Task/t" }] }))
}

fn plan() -> Plan {
    Plan::new("test", &MemberId::derived("gateway"), Instant::UNIX_EPOCH, "lane")
}

fn changed(element: &str, value: Value) -> Document {
    let mut task = task();
    task.set(element, value);
    task
}

fn claimed(team: &str) -> Document {
    changed("owner", json!({ "reference": format!("CareTeam/{team}") }))
}

fn creates() -> Plan {
    plan().create(task()).create_all([fact("a"), fact("b")])
}

#[test]
fn what_is_new_is_looked_for_and_goes_as_one_transaction() {
    let case = Case { name: "creates", server: Server::default(), plan: creates(), blind: true };
    let (result, server) = case.play();
    assert_eq!(result.unwrap().written.len(), 3);
    assert_eq!(server.requests.len(), 2, "{:?}", server.requests);
    assert!(server.documents.values().all(|versions| versions.len() == 1));
}

#[test]
fn one_new_document_goes_alone() {
    let (result, server) = Case { name: "create", server: Server::default(), plan: plan().create(task()), blind: true }.play();
    assert_eq!((result.unwrap().written.len(), server.requests.last().unwrap().as_str()), (1, "Put Task/t -"));
}

#[test]
fn what_is_there_is_left_and_the_rest_is_made() {
    let theirs = changed("owner", json!({ "reference": "CareTeam/other" }));
    let case = Case { name: "there", server: Server::with(&[theirs]), plan: creates(), blind: true };
    let (result, server) = case.play();
    let delivered = result.unwrap();
    assert_eq!((delivered.left, delivered.written.len()), (vec!["Task/t".to_owned()], 2));
    assert_eq!(server.documents["Task/t"].len(), 1, "nothing is written over it");
}

#[test]
fn a_refused_transaction_goes_apart() {
    for status in [400, 404, 409, 412, 413, 422, 500, 501] {
        let server = Server { refuses_transactions: Some(status), ..Server::default() };
        let (result, server) = Case { name: "apart", server, plan: creates(), blind: true }.play();
        assert_eq!(result.unwrap().written.len(), 3, "{status}");
        assert!(server.documents.values().all(|versions| versions.len() == 1), "{status}");
    }
}

#[test]
fn one_refused_document_holds_up_what_refers_to_it_and_nothing_else() {
    let typed = [
        (403, Trouble::NotAllowed),
        (413, Trouble::TooLarge),
        (422, Trouble::Refused(422)),
        (404, Trouble::NotFound),
        (410, Trouble::Gone),
    ];
    for (status, trouble) in typed {
        let server = Server { refuses: Some(("Task/t", status)), ..Server::default() };
        let other = document(json!({ "resourceType": "Location", "id": "l" }));
        let case = Case { name: "one refused", server, plan: creates().create(other), blind: true };
        let (result, server) = case.play();
        assert_eq!(result, Err(NotDelivered::Trouble { document: Some("Task/t".into()), trouble }));
        assert_eq!(server.documents.keys().collect::<Vec<_>>(), ["Location/l"]);
    }
}

#[test]
fn a_server_that_asks_to_wait_is_heard() {
    for status in [429, 503] {
        let server = Server { says: Some((status, "7")), ..Server::default() };
        let mut server = server;
        let result = deliver(&mut server, &creates(), &Snapshot::default(), None);
        let trouble = Trouble::Later(Some(Duration::from_secs(7)));
        assert_eq!(result, Err(NotDelivered::Trouble { document: None, trouble }));
        assert!(server.documents.is_empty());
    }
    let mut server = Server { says: Some((401, "")), ..Server::default() };
    let result = deliver(&mut server, &creates(), &Snapshot::default(), None);
    assert_eq!(result, Err(NotDelivered::Trouble { document: None, trouble: Trouble::SignInAgain }));
}

#[test]
fn what_was_deleted_is_not_made_anew() {
    let body = json!({ "resourceType": "Bundle", "entry": [{ "response": { "status": "410 Gone" } }] });
    let author = Arc::new(Author::new("agency"));
    let mut delivery = Delivery::new(&plan().create(task()), &author, &Snapshot::default());
    delivery.next(Instant::UNIX_EPOCH);
    delivery.hear(Ok(ok(body)), Instant::UNIX_EPOCH);
    let Step::Done(Ok(delivered)) = delivery.next(Instant::UNIX_EPOCH) else { panic!("it goes on") };
    assert_eq!(delivered.deleted, ["Task/t"]);
}

#[test]
fn a_change_goes_with_if_match_after_the_creates() {
    let plan = plan().change(changed("priority", json!("stat"))).create(fact("a"));
    let (result, server) = Case { name: "change", server: Server::with(&[task()]), plan, blind: false }.play();
    assert_eq!(result.unwrap().written.len(), 2);
    assert!(server.requests.last().unwrap().ends_with("Task/t 1"), "{:?}", server.requests);
    assert_eq!(server.documents["Task/t"].len(), 2);
}

#[test]
fn a_change_made_on_what_was_not_read_only_adds() {
    let case =
        Case { name: "blind", server: Server::with(&[task()]), plan: plan().change(changed("priority", json!("stat"))), blind: true };
    let (result, server) = case.play();
    assert!(result.is_ok());
    assert_eq!((server.current("Task/t").text("/priority"), server.documents["Task/t"].len()), (Some("stat"), 2));
}

#[test]
fn a_change_of_what_is_not_there_creates_nothing() {
    let case = Case { name: "gone", server: Server::default(), plan: plan().change(changed("priority", json!("stat"))), blind: true };
    let (result, server) = case.play();
    assert_eq!(result, Err(NotDelivered::Trouble { document: Some("Task/t".into()), trouble: Trouble::NotFound }));
    assert!(server.documents.is_empty());
}

#[test]
fn what_somebody_else_changed_meanwhile_is_joined_however_the_server_says_so() {
    for stale in [Stale::Says412, Stale::Says409, Stale::HidesIt] {
        let mut server = Server { stale, ..Server::with(&[task()]) };
        server.meddlers = vec![|server| server.change("Task/t", "owner", json!({ "reference": "CareTeam/other" }))];
        let case = Case { name: "joined", server, plan: plan().change(changed("priority", json!("stat"))), blind: false };
        let (result, server) = case.play();
        assert!(result.is_ok());
        let there = server.current("Task/t");
        assert_eq!((there.text("/priority"), there.text("/owner/reference")), (Some("stat"), Some("CareTeam/other")));
        assert_eq!(server.documents["Task/t"].len(), 3);
    }
}

#[test]
fn an_old_copy_that_comes_late_is_nobodys_change() {
    let author = Author::new("agency");
    let first = author.sign(&task(), None, "gateway");
    let second = author.sign(&changed("description", json!("as told later")), Some(&first), "gateway");
    let mut server = Server::with(&[first, second]);
    server.meddlers = vec![|server| {
        let old = server.documents["Task/t"][0].clone();
        server.put(old);
    }];
    let mut ours = server.current("Task/t");
    ours.set("priority", json!("stat"));
    let (result, server) = Case { name: "old copy", server, plan: plan().change(ours), blind: false }.play();
    assert!(result.is_ok());
    let there = server.current("Task/t");
    assert_eq!((there.text("/priority"), there.text("/description")), (Some("stat"), Some("as told later")));
}

#[test]
fn what_both_changed_is_a_conflict_with_its_elements_and_what_follows_is_not_sent() {
    let mut server = Server::with(&[task(), fact("a")]);
    server.meddlers = vec![|server| server.change("Task/t", "description", json!("theirs"))];
    let mut later = fact("a");
    later.set("status", json!("final"));
    let plan = plan().change(changed("description", json!("ours"))).change(later);
    let (result, server) = Case { name: "conflict", server, plan, blind: false }.play();
    assert_eq!(result, Err(NotDelivered::Conflict { document: "Task/t".into(), elements: vec!["description".into()] }));
    assert_eq!(server.current("Task/t").text("/description"), Some("theirs"));
    assert_eq!(server.documents["Observation/a"].len(), 1);
}

#[test]
fn a_document_that_changes_faster_than_it_can_be_joined_is_given_up() {
    let mut server = Server::with(&[task()]);
    server.meddlers = vec![|server| server.change("Task/t", "intent", json!(server.documents["Task/t"].len().to_string())); 9];
    let mut plan = plan();
    plan = plan.change(changed("priority", json!("stat")));
    let snapshot = server.snapshot();
    let result = deliver(&mut server, &plan, &snapshot, None);
    assert_eq!(result, Err(NotDelivered::Conflict { document: "Task/t".into(), elements: Vec::new() }));
    assert_eq!(server.requests.iter().filter(|request| request.starts_with("Put")).count(), 5);
}

#[test]
fn a_version_that_no_answer_names_is_read_back() {
    let server = Server { names_no_version: true, ..Server::with(&[task()]) };
    let plan = plan().create_all([fact("a"), fact("b")]).change(changed("priority", json!("stat")));
    let (result, server) = Case { name: "no version", server, plan, blind: false }.play();
    assert_eq!(result.unwrap().written.len(), 3);
    assert_eq!(server.documents["Task/t"].len(), 2);
}

#[test]
fn a_claim_is_looked_at_twice() {
    let case = Case { name: "claim", server: Server::with(&[task()]), plan: plan().claim(claimed("ours")), blind: false };
    let (result, server) = case.play();
    assert_eq!(result.unwrap().written.len(), 1);
    assert_eq!(server.requests.len(), 3, "{:?}", server.requests);
    assert_eq!(server.current("Task/t").text("/owner/reference"), Some("CareTeam/ours"));
}

#[test]
fn a_claim_of_what_another_team_has_is_lost_and_writes_nothing_over_it() {
    for stale in [Stale::Says412, Stale::Says409, Stale::HidesIt] {
        let mut server = Server { stale, ..Server::with(&[task()]) };
        server.meddlers = vec![|server| server.change("Task/t", "owner", json!({ "reference": "CareTeam/other" }))];
        let (result, server) = Case { name: "lost", server, plan: plan().claim(claimed("ours")), blind: false }.play();
        assert_eq!(result, Err(NotDelivered::Taken { document: "Task/t".into() }));
        assert_eq!(server.current("Task/t").text("/owner/reference"), Some("CareTeam/other"));
    }
}

#[test]
fn a_claim_that_was_let_through_beside_another_is_seen_at_the_second_look() {
    let mut server = Server::with(&[task()]);
    server.before_look = Some(|server| server.change("Task/t", "owner", json!({ "reference": "CareTeam/other" })));
    let snapshot = server.snapshot();
    let result = deliver(&mut server, &plan().claim(claimed("ours")), &snapshot, None);
    assert_eq!(result, Err(NotDelivered::Taken { document: "Task/t".into() }));
}

#[test]
fn a_claim_beside_which_something_else_changed_is_asked_for_again() {
    let mut server = Server::with(&[task()]);
    server.meddlers = vec![|server| server.change("Task/t", "priority", json!("stat"))];
    let (result, server) = Case { name: "beside", server, plan: plan().claim(claimed("ours")), blind: false }.play();
    assert!(result.is_ok());
    let there = server.current("Task/t");
    assert_eq!((there.text("/priority"), there.text("/owner/reference")), (Some("stat"), Some("CareTeam/ours")));
}

#[test]
fn everything_that_is_sent_names_this_copy_and_what_it_was_made_from() {
    let mut server = Server::with(&[]);
    deliver(&mut server, &plan().create(task()), &Snapshot::default(), None).unwrap();
    let first = anydoor_core::fhir::Revision::of(&server.current("Task/t")).unwrap();
    let snapshot = server.snapshot();
    let mut later = server.current("Task/t");
    later.set("priority", json!("stat"));
    deliver(&mut server, &plan().change(later), &snapshot, None).unwrap();
    let second = anydoor_core::fhir::Revision::of(&server.current("Task/t")).unwrap();
    assert_eq!((first.parent.clone(), second.parent.clone()), (None, Some(first.name())));
    assert_ne!(first.writer, second.writer, "two copies count apart");
}

#[test]
fn a_network_that_is_gone_ends_in_an_error_after_a_few_seconds() {
    let author = Arc::new(Author::new("agency"));
    let mut delivery = Delivery::new(&creates(), &author, &Snapshot::default());
    let (mut now, mut sent) = (Instant::UNIX_EPOCH, 0);
    let result = loop {
        match delivery.next(now) {
            Step::Send(_) => {
                sent += 1;
                delivery.hear(Err(Failure::Unreachable), now);
            }
            Step::WaitUntil(until) => now = until,
            Step::Done(result) => break result,
        }
    };
    assert_eq!(result, Err(NotDelivered::Trouble { document: None, trouble: Trouble::Unreachable }));
    assert_eq!((sent, now.as_second()), (5, 15));
}
