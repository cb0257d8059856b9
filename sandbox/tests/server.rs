//! The embedded server over HTTP: what its strictness promise, and what it must never do.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use anydoor_sandbox::server::{Network, Options, Server, Strictness};
use proptest::prelude::*;
use reqwest::{Method, header};
use serde_json::{Value, json};

/// A server and a client of it.
struct Desk {
    server: Server,
    client: reqwest::Client,
}

/// Status, headers and body.
struct Answer {
    status: u16,
    headers: header::HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    /// The first issue: its code and the element that it names.
    fn issue(&self) -> (u16, String, String) {
        let body = self.json();
        assert_eq!(body["resourceType"], "OperationOutcome", "{}", self.text);
        let said = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (self.status, said(&body["issue"][0]["code"]), said(&body["issue"][0]["expression"][0]))
    }
    /// `Type/id` of every entry, in order.
    fn entries(&self) -> Vec<String> {
        let body = self.json();
        let entries = body["entry"].as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .map(|entry| entry["fullUrl"].as_str().unwrap().rsplit('/').take(2).collect::<Vec<_>>())
            .map(|p| format!("{}/{}", p[1], p[0]))
            .collect()
    }
    fn next(&self) -> Option<String> {
        let links = self.json()["link"].as_array().cloned().unwrap_or_default();
        links.iter().find(|link| link["relation"] == "next").map(|link| link["url"].as_str().unwrap().to_owned())
    }
}

impl Desk {
    async fn new(strictness: Strictness) -> Self {
        Self::with(Options { strictness, ..Options::default() }).await
    }
    async fn with(options: Options) -> Self {
        // Where another test was first, it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { server: Server::start(options).await.unwrap(), client: reqwest::Client::new() }
    }
    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<String>) -> Answer {
        let base = self.server.base_url();
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{base}/{path}") };
        let mut request = self.client.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(body.into()).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.unwrap() }
    }
    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }
    async fn put(&self, body: &Value) -> Answer {
        self.put_if(body, &[]).await
    }
    async fn put_if(&self, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let path = format!("{}/{}", body["resourceType"].as_str().unwrap(), body["id"].as_str().unwrap());
        self.send(Method::PUT, &path, headers, body.to_string()).await
    }
    async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], "").await
    }
    async fn bundle(&self, kind: &str, entries: Vec<Value>) -> Answer {
        let bundle = json!({ "resourceType": "Bundle", "type": kind, "entry": entries });
        self.send(Method::POST, "", &[], bundle.to_string()).await
    }
    /// Every entry of a search, through all its pages.
    async fn all(&self, path: &str) -> Vec<String> {
        let (mut found, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(path) = next {
            let page = self.get(&path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text);
            found.extend(page.entries());
            next = page.next();
        }
        found
    }
}

fn patient(id: &str) -> Value {
    json!({ "resourceType": "Patient", "id": id })
}
fn task(id: &str, status: &str) -> Value {
    json!({ "resourceType": "Task", "id": id, "status": status, "intent": "order" })
}
fn entry(method: &str, url: &str, resource: Value) -> Value {
    json!({ "resource": resource, "request": { "method": method, "url": url } })
}

#[tokio::test]
async fn what_is_written_comes_back_with_its_version_and_nothing_else_changed() {
    let desk = Desk::new(Strictness::Strict).await;
    let body = r#"{"resourceType":"Observation","id":"o","meta":{"versionId":"99","security":[{"code":"R"}]},"status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}"#;
    let made = desk.send(Method::PUT, "Observation/o", &[], body).await;
    assert_eq!((made.status, made.header("etag")), (201, "W/\"1\""));
    assert_eq!(made.header("location"), format!("{}/Observation/o/_history/1", desk.server.base_url()));
    let read = desk.get("Observation/o").await;
    assert!(read.text.contains(r#""value":1.50}"#), "{}", read.text);
    let meta = &read.json()["meta"];
    assert_eq!((&meta["versionId"], &meta["security"]), (&json!("1"), &json!([{ "code": "R" }])));
    assert_eq!(meta["lastUpdated"].as_str().unwrap().len(), "2026-11-23T10:00:00.000Z".len());
    assert_eq!(
        desk.put(&json!({ "resourceType": "Observation", "id": "o", "status": "amended", "code": { "text": "x" } })).await.status,
        200
    );
    assert_eq!(desk.get("Observation/o/_history/1").await.text, read.text);
    assert_eq!(desk.get("Observation/o/_history/2").await.json()["status"], "amended");
    assert_eq!(desk.get("Observation/o/_history/3").await.status, 404);
}

#[tokio::test]
async fn an_id_of_digits_or_another_id_than_the_address_is_refused() {
    let desk = Desk::new(Strictness::Strict).await;
    assert_eq!(desk.put(&patient("12345")).await.status, 400);
    assert_eq!(desk.send(Method::PUT, "Patient/a", &[], patient("b").to_string()).await.status, 400);
    assert_eq!(desk.get("Patient/a").await.status, 404);
}

#[tokio::test]
async fn a_stale_if_match_is_refused() {
    for (strictness, stale, missing) in [(Strictness::Strict, 412, 412), (Strictness::Loose, 412, 412), (Strictness::Hapi, 409, 201)] {
        let desk = Desk::new(strictness).await;
        desk.put(&task("t", "draft")).await;
        assert_eq!(desk.put_if(&task("t", "requested"), &[("if-match", "W/\"1\"")]).await.status, 200, "{strictness:?}");
        assert_eq!(desk.put_if(&task("t", "accepted"), &[("if-match", "W/\"1\"")]).await.status, stale, "{strictness:?}");
        assert_eq!(desk.get("Task/t").await.json()["status"], "requested", "{strictness:?}");
        assert_eq!(desk.put_if(&task("new", "draft"), &[("if-match", "W/\"1\"")]).await.status, missing, "{strictness:?}");
        let deleted = desk.send(Method::DELETE, "Task/t", &[("if-match", "W/\"1\"")], "").await.status;
        assert_eq!(deleted, if strictness == Strictness::Hapi { 204 } else { 412 }, "{strictness:?}");
    }
}

#[tokio::test]
async fn of_many_claims_at_once_one_wins() {
    let desk = Arc::new(Desk::new(Strictness::Strict).await);
    desk.put(&task("t", "requested")).await;
    let claims: Vec<_> = (0..8)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.put_if(&task("t", "accepted"), &[("if-match", "W/\"1\"")]).await.status })
        })
        .collect();
    let mut answers = Vec::new();
    for claim in claims {
        answers.push(claim.await.unwrap());
    }
    answers.sort_unstable();
    assert_eq!(answers, [200, 412, 412, 412, 412, 412, 412, 412]);
}

#[tokio::test]
async fn what_is_deleted_is_gone_until_it_is_written_again() {
    let desk = Desk::new(Strictness::Strict).await;
    desk.put(&patient("p")).await;
    assert_eq!(desk.delete("Patient/p").await.status, 204);
    assert_eq!(desk.get("Patient/p").await.issue().0, 410);
    assert_eq!(desk.get("Patient/p/_history/2").await.status, 410);
    assert_eq!(desk.get("Patient/p/_history/1").await.status, 200);
    assert_eq!(desk.get("Patient?_id=p").await.json()["total"], 0);
    assert_eq!(desk.delete("Patient/p").await.status, 204);
    let back = desk.put(&patient("p")).await;
    assert_eq!((back.status, back.header("etag")), (201, "W/\"3\""));
}

#[tokio::test]
async fn a_dangling_reference_is_refused_by_name() {
    let mut lost = task("t", "draft");
    lost["for"] = json!({ "reference": "Patient/nobody" });
    for strictness in [Strictness::Strict, Strictness::Hapi] {
        let desk = Desk::new(strictness).await;
        assert_eq!(desk.put(&lost).await.issue(), (400, "not-found".into(), "Task.for".into()));
        desk.put(&patient("nobody")).await;
        assert_eq!(desk.put(&lost).await.status, 201);
        desk.delete("Patient/nobody").await;
        assert_eq!(desk.put(&lost).await.status, 400, "to a deleted one");
        let mut new = task("u", "draft");
        new["for"] = json!({ "reference": "urn:uuid:0195b0b0-0000-7000-8000-000000000000" });
        assert_eq!(desk.put(&new).await.status, 400);
        new["for"] = json!({ "reference": "https://elsewhere.example/fhir/Patient/p" });
        assert_eq!(desk.put(&new).await.status, 201);
    }
    assert_eq!(Desk::new(Strictness::Loose).await.put(&lost).await.status, 201);
}

#[tokio::test]
async fn what_r4_forbids_is_refused_by_name() {
    let desk = Desk::new(Strictness::Strict).await;
    let cases = [
        (json!({ "resourceType": "Task", "id": "x", "intent": "order" }), "required", "Task.status"),
        (json!({ "resourceType": "Task", "id": "x", "status": "begun", "intent": "order" }), "code-invalid", "Task.status"),
        (json!({ "resourceType": "Flag", "id": "x", "status": "active", "subject": { "display": "x" } }), "required", "Flag.code"),
        (json!({ "resourceType": "Patient", "id": "x", "banana": 1 }), "structure", "Patient.banana"),
        (json!({ "resourceType": "Patient", "id": "x", "gender": "woman" }), "code-invalid", "Patient.gender"),
        (
            json!({ "resourceType": "Patient", "id": "x", "text": { "status": "mine", "div": "<div/>" } }),
            "code-invalid",
            "Patient.text.status",
        ),
        (json!({ "resourceType": "Organization", "id": "x" }), "invariant", "Organization"),
        (
            json!({ "resourceType": "Linkage", "id": "x", "item": [{ "type": "source", "resource": { "display": "x" } }] }),
            "invariant",
            "Linkage",
        ),
        (
            json!({ "resourceType": "Provenance", "id": "x", "recorded": "2026-11-23T10:00:00Z", "agent": [{}], "target": [{ "display": "x" }] }),
            "structure",
            "Provenance.agent[0]",
        ),
    ];
    for (body, code, place) in cases {
        assert_eq!(desk.put(&body).await.issue(), (422, code.into(), place.into()));
    }
    assert_eq!(desk.get("_history").await.entries(), Vec::<String>::new());
    let hapi = Desk::new(Strictness::Hapi).await;
    let told = json!({ "resourceType": "Patient", "id": "x", "banana": 1, "extension": [{ "url": "urn:x", "valueString": "y" }] });
    let kept = hapi.put(&told).await.json();
    assert_eq!((kept.get("banana"), &kept["extension"]), (None, &told["extension"]));
    assert_eq!(Desk::new(Strictness::Loose).await.put(&told).await.json()["banana"], 1);
}

#[tokio::test]
async fn a_transaction_gives_ids_and_rewrites_references() {
    let desk = Desk::new(Strictness::Strict).await;
    let full = "urn:uuid:0195b0b0-0000-7000-8000-000000000001";
    let mut about = task("t", "draft");
    about["for"] = json!({ "reference": full });
    about["identifier"] = json!([{ "system": "urn:ietf:rfc:3986", "value": full }]);
    let mut person = entry("POST", "Patient", json!({ "resourceType": "Patient" }));
    person["fullUrl"] = json!(full);
    let answer = desk
        .bundle("transaction", vec![entry("PUT", "Task/t", about), person, json!({ "request": { "method": "GET", "url": "Task/t" } })])
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let told = answer.json();
    let response = &told["entry"][1]["response"];
    assert_eq!((&response["status"], &response["etag"]), (&json!("201 Created"), &json!("W/\"1\"")));
    let address = response["location"].as_str().unwrap().trim_end_matches("/_history/1").to_owned();
    assert_eq!(response["lastModified"], desk.get(&address).await.json()["meta"]["lastUpdated"]);
    let task = desk.get("Task/t").await.json();
    assert_eq!((&task["for"]["reference"], &task["identifier"][0]["value"]), (&json!(address), &json!(full)));
    assert_eq!(told["entry"][2]["resource"], task);
}

#[tokio::test]
async fn a_failed_transaction_leaves_nothing() {
    for strictness in [Strictness::Strict, Strictness::Hapi] {
        let desk = Desk::new(strictness).await;
        desk.put(&task("t", "draft")).await;
        desk.put(&task("t", "requested")).await;
        let mut stale = entry("PUT", "Task/t", task("t", "accepted"));
        stale["request"]["ifMatch"] = json!("W/\"1\"");
        let answer = desk
            .bundle(
                "transaction",
                vec![
                    entry("POST", "Patient", json!({ "resourceType": "Patient" })),
                    entry("PUT", "Patient/p", patient("p")),
                    json!({ "request": { "method": "DELETE", "url": "Task/t" } }),
                ],
            )
            .await;
        assert_eq!(answer.status, 200, "a good one first");
        desk.put(&task("t", "requested")).await;
        let before = desk.get("_history?_count=1000").await.text;
        let answer = desk
            .bundle(
                "transaction",
                vec![
                    entry("PUT", "Patient/q", patient("q")),
                    stale.clone(),
                    json!({ "request": { "method": "DELETE", "url": "Patient/p" } }),
                ],
            )
            .await;
        let (status, said) = if strictness == Strictness::Hapi { (400, "409") } else { (412, "version 1") };
        assert_eq!(answer.status, status);
        assert!(answer.json()["issue"][0]["diagnostics"].as_str().unwrap().contains(said), "{}", answer.text);
        assert_eq!(desk.get("_history?_count=1000").await.text, before);
        let mut lost = task("u", "draft");
        lost["for"] = json!({ "reference": "Patient/nobody" });
        let answer = desk.bundle("transaction", vec![entry("PUT", "Patient/q", patient("q")), entry("PUT", "Task/u", lost)]).await;
        assert_eq!(answer.issue(), (400, "not-found".into(), "Bundle.entry[1].resource.for".into()));
        assert_eq!(desk.get("_history?_count=1000").await.text, before);
    }
}

#[tokio::test]
async fn a_transaction_is_judged_as_a_whole() {
    let desk = Desk::new(Strictness::Strict).await;
    let part_of = |id: &str, other: &str| {
        let mut part = task(id, "draft");
        part["partOf"] = json!([{ "reference": format!("Task/{other}") }]);
        entry("PUT", &format!("Task/{id}"), part)
    };
    let delete = |url: &str| json!({ "request": { "method": "DELETE", "url": url } });
    assert_eq!(desk.bundle("transaction", vec![part_of("a", "b"), part_of("b", "a")]).await.status, 200, "each points at the other");
    assert_eq!(desk.bundle("batch", vec![part_of("c", "d")]).await.json()["entry"][0]["response"]["status"], "400 Bad Request");
    assert_eq!(desk.bundle("transaction", vec![part_of("b", "a"), delete("Task/a")]).await.status, 400, "at what goes in the same one");
    assert_eq!(desk.bundle("transaction", vec![part_of("a", "b"), delete("Task/a")]).await.status, 400, "the same twice");
    assert_eq!(desk.bundle("transaction", vec![entry("PUT", "Task?status=draft", task("a", "draft"))]).await.status, 400);
    assert_eq!(desk.bundle("transaction", vec![entry("PATCH", "Task/a", json!({}))]).await.status, 400);
    assert_eq!(desk.get("Task/a").await.header("etag"), "W/\"1\"");
}

#[tokio::test]
async fn a_loose_server_ignores_if_match_in_bundles() {
    let desk = Desk::new(Strictness::Loose).await;
    desk.put(&task("t", "draft")).await;
    let mut stale = entry("PUT", "Task/t", task("t", "accepted"));
    stale["request"]["ifMatch"] = json!("W/\"7\"");
    assert_eq!(desk.bundle("transaction", vec![stale]).await.status, 200);
    assert_eq!(desk.get("Task/t").await.json()["status"], "accepted");
}

#[tokio::test]
async fn an_entry_of_a_batch_stands_for_itself() {
    let desk = Desk::new(Strictness::Strict).await;
    let bad = entry("PUT", "Task/t", json!({ "resourceType": "Task", "id": "t" }));
    let search = json!({ "request": { "method": "GET", "url": "Patient?_id=p" } });
    let answer = desk.bundle("batch", vec![entry("PUT", "Patient/p", patient("p")), bad, json!({}), search]).await.json();
    let status = |index: usize| answer["entry"][index]["response"]["status"].as_str().unwrap().to_owned();
    assert_eq!([status(0), status(1), status(2), status(3)], ["201 Created", "422 Unprocessable Entity", "400 Bad Request", "200 OK"]);
    assert_eq!(answer["entry"][1]["response"]["outcome"]["issue"][0]["expression"][0], "Bundle.entry[1].resource.status");
    assert_eq!(answer["entry"][3]["resource"]["total"], 1);
}

#[tokio::test]
async fn a_conditional_create_makes_one() {
    let desk = Desk::new(Strictness::Strict).await;
    let body = json!({ "resourceType": "Patient", "identifier": [{ "system": "urn:s", "value": "1" }] });
    let condition = [("if-none-exist", "identifier=urn:s|1")];
    let first = desk.send(Method::POST, "Patient", &condition, body.to_string()).await;
    let second = desk.send(Method::POST, "Patient", &condition, body.to_string()).await;
    assert_eq!((first.status, second.status), (201, 200));
    assert_eq!(first.text, second.text);
    let mut again = entry("POST", "Patient", body.clone());
    again["request"]["ifNoneExist"] = json!("identifier=urn:s|1");
    let again = desk.bundle("transaction", vec![again]).await.json();
    assert_eq!(again["entry"][0]["response"]["status"], "200 OK");
    desk.send(Method::POST, "Patient", &[], body.to_string()).await;
    assert_eq!(desk.send(Method::POST, "Patient", &condition, body.to_string()).await.status, 412, "two are there");
    assert_eq!(desk.get("Patient?_summary=count").await.json()["total"], 2);
}

#[tokio::test]
async fn if_none_match_forbids_overwriting() {
    let desk = Desk::new(Strictness::Strict).await;
    let condition = [("if-none-match", "*")];
    assert_eq!(desk.put_if(&patient("p"), &condition).await.status, 201);
    assert_eq!(desk.put_if(&patient("p"), &condition).await.status, 412);
    assert_eq!(desk.send(Method::GET, "Patient/p", &[("if-none-match", "W/\"1\"")], "").await.status, 304);
}

#[tokio::test]
async fn an_unknown_search_parameter_is_refused() {
    for strictness in [Strictness::Strict, Strictness::Hapi] {
        let desk = Desk::new(strictness).await;
        for query in [
            "colour=red",
            "status:below=draft",
            "_include=Task:colour",
            "_sort=colour",
            "subject.name=x",
            "_has:Task:focus:status=x",
            "_elements=id",
            "_since=2026",
        ] {
            assert_eq!(desk.get(&format!("Task?{query}")).await.issue(), (400, "not-supported".into(), String::new()), "{query}");
        }
        assert_eq!(desk.get("Location?near=1|1").await.status, 400);
        for query in ["_count=many", "period=yesterday", "_lastUpdated=soon", "owner:missing=perhaps"] {
            assert_eq!(desk.get(&format!("Task?{query}")).await.issue().0, 400, "{query}");
        }
    }
    let loose = Desk::new(Strictness::Loose).await;
    loose.put(&task("t", "draft")).await;
    let answer = loose.get("Task?colour=red&status=draft").await;
    assert_eq!(answer.entries(), ["Task/t"]);
    assert!(!answer.text.contains("colour"), "what was ignored is not in the self link");
}

#[tokio::test]
async fn tokens_references_dates_and_texts_find_what_they_say() {
    let desk = Desk::new(Strictness::Strict).await;
    for person in [
        json!({ "resourceType": "Patient", "id": "ana", "name": [{ "family": "Muñoz Pérez", "given": ["Ana"] }], "birthDate": "1990-05-01", "identifier": [{ "system": "urn:s", "value": "a,b" }, { "value": "bare" }] }),
        json!({ "resourceType": "Patient", "id": "ben", "name": [{ "family": "munson", "given": ["Ben"] }], "birthDate": "1990" }),
    ] {
        assert_eq!(desk.put(&person).await.status, 201);
    }
    desk.put(&json!({ "resourceType": "Location", "id": "ana", "name": "a place with the same id" })).await;
    for (id, kind, from, to) in [("f1", "Patient", "2026-11-20", "2026-11-22"), ("f2", "Location", "2026-11-22", "2026-11-24")] {
        let subject = json!({ "reference": format!("{kind}/ana") });
        let flag = json!({ "resourceType": "Flag", "id": id, "status": "active", "code": { "text": "x" }, "subject": subject, "period": { "start": from, "end": to } });
        assert_eq!(desk.put(&flag).await.status, 201);
    }
    let cases = [
        ("Patient?name=MUNOZ", "ana"),
        ("Patient?name=mun", "ana ben"),
        ("Patient?family:exact=munson", "ben"),
        ("Patient?family:exact=Munson", ""),
        ("Patient?name:contains=rez", "ana"),
        ("Patient?identifier=urn:s|a\\,b", "ana"),
        ("Patient?identifier=a\\,b", "ana"),
        ("Patient?identifier=a,b", ""),
        ("Patient?identifier=|bare", "ana"),
        ("Patient?identifier=|a\\,b", ""),
        ("Patient?identifier=urn:s|", "ana"),
        ("Patient?identifier:missing=true", "ben"),
        ("Patient?birthdate=1990", "ana ben"),
        ("Patient?birthdate=1990-05", "ana"),
        ("Patient?birthdate=gt1990-05-01", "ben"),
        ("Patient?_id=ana&birthdate=ge1990-05-01", "ana"),
        ("Patient?_id=ana&birthdate=le1990-05-01", "ana"),
        ("Patient?birthdate=le1990-05-01", "ana ben"),
        ("Patient?birthdate=ne1990-05-01", "ben"),
        ("Patient?birthdate=ge1990-01-01&birthdate=lt1990-05-02", "ana ben"),
        ("Patient?_id=ben,ana,zoe", "ana ben"),
        ("Patient?_sort=-_id", "ben ana"),
        ("Patient?_sort=-birthdate", "ben ana"),
        ("Patient?_sort=family", "ana ben"),
        ("Flag?subject=Patient/ana", "f1"),
        ("Flag?subject=ana", "f1 f2"),
        ("Flag?subject:Location=ana", "f2"),
        ("Flag?patient=ana", "f1"),
        ("Flag?patient=Patient/ana,Patient/ben", "f1"),
        ("Flag?date=2026-11-22", ""),
        ("Flag?date=sa2026-11-21", "f2"),
        ("Flag?date=eb2026-11-23", "f1"),
        ("Flag?date=ge2026-11-23", "f2"),
        ("Flag?date=lt2026-11-22", "f1"),
        ("Flag?_lastUpdated=ge2000-01-01&_lastUpdated=lt2100-01-01", "f1 f2"),
        ("Flag?_lastUpdated=lt2000-01-01", ""),
        ("Flag?date=ge2026-11-01&subject=Location/ana", "f2"),
    ];
    for (query, expected) in cases {
        let found: Vec<String> = desk.all(query).await.into_iter().map(|found| found.split_once('/').unwrap().1.to_owned()).collect();
        assert_eq!(found.join(" "), expected, "{query}");
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(desk.send(Method::POST, "Patient/_search", &form, "name=mun&_id=ben").await.entries(), ["Patient/ben"]);
    assert_eq!(desk.get("Flag?_id=f1&_include=Flag:subject").await.entries(), ["Flag/f1", "Patient/ana"]);
    assert_eq!(desk.get("Flag?_include=Flag:subject:Location").await.entries(), ["Flag/f1", "Flag/f2", "Location/ana"]);
    let backwards = desk.get("Patient?_id=ana&_revinclude=Flag:subject").await;
    assert_eq!(backwards.entries(), ["Patient/ana", "Flag/f1"]);
    assert_eq!((&backwards.json()["total"], &backwards.json()["entry"][1]["search"]["mode"]), (&json!(1), &json!("include")));
}

#[tokio::test]
async fn next_links_lose_nothing_while_rows_change() {
    let desk = Desk::new(Strictness::Strict).await;
    let entries = (0..100).map(|n| entry("PUT", &format!("Task/t{n:03}"), task(&format!("t{n:03}"), "draft"))).collect();
    assert_eq!(desk.bundle("transaction", entries).await.status, 200);
    let expected: BTreeSet<String> = (0..100).map(|n| format!("Task/t{n:03}")).collect();
    let (mut found, mut next, mut turn) = (Vec::new(), Some("Task?status=draft&_sort=_lastUpdated&_count=7".to_owned()), 0);
    while let Some(path) = next {
        let page = desk.get(&path).await;
        found.extend(page.entries());
        next = page.next();
        assert!(next.as_ref().is_none_or(|next| next.starts_with(desk.server.base_url())));
        // Changed at the end and at the front, moved out of the search, deleted, new.
        desk.put(&task(&format!("t{:03}", 99 - turn), "requested")).await;
        desk.put(&task(&format!("t{turn:03}"), "draft")).await;
        desk.delete(&format!("Task/t{:03}", 50 + turn)).await;
        desk.put(&task(&format!("new{turn}"), "draft")).await;
        turn += 1;
    }
    assert_eq!(found.len(), 100);
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(desk.get("?_page=0195b0b0-0000-7000-8000-000000000000.7").await.status, 410);
}

#[tokio::test]
async fn history_since_lists_deletions() {
    let now = Arc::new(AtomicI64::new(1_790_000_000_000));
    let shown = now.clone();
    let clock = Arc::new(move || jiff::Timestamp::from_millisecond(shown.load(Ordering::SeqCst)).unwrap());
    let desk = Desk::with(Options { clock, ..Options::default() }).await;
    desk.put(&patient("a")).await;
    desk.put(&patient("b")).await;
    now.fetch_add(60_000, Ordering::SeqCst);
    let since = jiff::Timestamp::from_millisecond(now.load(Ordering::SeqCst)).unwrap();
    desk.delete("Patient/a").await;
    desk.put(&task("t", "draft")).await;
    let said = |answer: &Answer| -> Vec<String> {
        answer.json()["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| format!("{} {}", e["request"]["method"].as_str().unwrap(), e["request"]["url"].as_str().unwrap()))
            .collect()
    };
    let answer = desk.get(&format!("_history?_since={since}")).await;
    assert_eq!(said(&answer), ["PUT Task/t", "DELETE Patient/a"]);
    assert!(answer.json()["entry"][1].get("resource").is_none());
    assert_eq!(said(&desk.get(&format!("Patient/_history?_since={since}")).await), ["DELETE Patient/a"]);
    assert_eq!(said(&desk.get("Patient/a/_history").await), ["DELETE Patient/a", "PUT Patient/a"]);
    assert_eq!(desk.get("Patient/nobody/_history").await.status, 404);
    assert_eq!(desk.get("_history?_at=2026").await.status, 400);
    // Page by page, while more is written.
    let (mut pages, mut next) = (Vec::new(), Some("_history?_count=1".to_owned()));
    while let Some(path) = next {
        let page = desk.get(&path).await;
        pages.extend(said(&page));
        next = page.next();
        desk.put(&patient("c")).await;
    }
    assert_eq!(pages, ["PUT Task/t", "DELETE Patient/a", "PUT Patient/b", "PUT Patient/a"]);
}

#[tokio::test]
async fn times_rise_strictly_even_when_the_clock_goes_back() {
    let now = Arc::new(AtomicI64::new(1_790_000_000_000));
    let shown = now.clone();
    let clock = Arc::new(move || jiff::Timestamp::from_millisecond(shown.load(Ordering::SeqCst)).unwrap());
    let desk = Desk::with(Options { clock, ..Options::default() }).await;
    let mut times = Vec::new();
    for step in [0, 0, -3_600_000, 5_000] {
        now.fetch_add(step, Ordering::SeqCst);
        times.push(desk.put(&patient("p")).await.json()["meta"]["lastUpdated"].as_str().unwrap().to_owned());
    }
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    assert_eq!(times[0], "2026-09-21T14:13:20.000Z");
    assert_eq!(desk.get("Patient/p").await.header("date"), "Mon, 21 Sep 2026 13:13:25 GMT");
}

#[tokio::test]
async fn bad_input_is_refused_and_the_server_goes_on() {
    let desk = Desk::new(Strictness::Strict).await;
    let deep = format!(r#"{{"resourceType":"Patient","id":"p","extension":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    let many = format!(r#"{{"resourceType":"Patient","id":"p","extension":[{}1]}}"#, "1,".repeat(30_000));
    let whole = patient("p").to_string();
    for body in
        ["", "{", "null", "[]", "\u{0}", r#"{"resourceType":"Patient","id":"p","id":"p"}"#, whole.trim_end_matches('}'), &deep, &many]
    {
        let answer = desk.send(Method::PUT, "Patient/p", &[], body).await;
        assert_eq!(answer.issue().0, 400, "{}", body.get(..40).unwrap_or(body));
    }
    let bundles = [
        r#"{"resourceType":"Bundle"}"#,
        r#"{"resourceType":"Bundle","type":"collection"}"#,
        r#"{"resourceType":"Bundle","type":"transaction","entry":{}}"#,
        r#"{"resourceType":"Bundle","type":"transaction","entry":[1]}"#,
        r#"{"resourceType":"Patient"}"#,
        "[]",
        "{",
    ];
    for body in bundles {
        assert_eq!(desk.send(Method::POST, "", &[], body).await.issue().0, 400, "{body}");
    }
    for (path, status) in [("Banana/p", 404), ("Patient/p/q", 404), ("Patient/p/_history/x", 404), ("metadata/x", 404), ("", 400)] {
        assert_eq!(desk.get(path).await.issue().0, status, "{path}");
    }
    assert_eq!(desk.send(Method::PATCH, "Patient/p", &[], "[]").await.issue().0, 405);
    assert_eq!(desk.send(Method::PUT, "Patient/p", &[("content-type", "application/fhir+xml")], "<Patient/>").await.issue().0, 415);
    assert_eq!(desk.send(Method::GET, "Patient/p", &[("accept", "application/fhir+xml")], "").await.issue().0, 406);
    assert_eq!(desk.put(&patient("p")).await.status, 201);
}

#[tokio::test]
async fn more_than_64_mb_is_refused() {
    let desk = Desk::new(Strictness::Loose).await;
    let answer = desk.client.put(format!("{}/Patient/p", desk.server.base_url())).body(vec![b' '; (64 << 20) + 1]).send().await;
    // The server may close before it has read all of it; what it must not do is take it.
    assert!(answer.map_or(true, |answer| answer.status().as_u16() == 413));
    assert_eq!(desk.get("Patient/p").await.status, 404);
}

#[tokio::test]
async fn a_cut_line_answers_nothing_and_a_mended_one_goes_on() {
    let desk = Desk::new(Strictness::Strict).await;
    desk.put(&patient("p")).await;
    let answered = desk.server.requests();
    desk.server.network().set(Network::Down);
    let url = format!("{}/Patient/p", desk.server.base_url());
    // One on the connection that is open, one on a new one.
    assert!(desk.client.get(&url).send().await.is_err());
    assert!(reqwest::Client::new().get(&url).send().await.is_err());
    assert_eq!(desk.server.requests(), answered);
    desk.server.network().set(Network::Up);
    assert_eq!(desk.get("Patient/p").await.status, 200);
    assert_eq!(desk.server.requests(), answered + 1);
}

#[tokio::test]
async fn a_stopped_server_frees_its_port_and_its_file_is_served_again() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { path: Some(folder.path().join("county.db")), ..Options::default() };
    let desk = Desk::with(options.clone()).await;
    desk.put(&patient("p")).await;
    let url = desk.server.base_url().to_owned();
    let port = url.trim_end_matches("/fhir").rsplit(':').next().unwrap().parse().unwrap();
    desk.server.stop().await;
    assert!(desk.client.get(format!("{url}/Patient/p")).send().await.is_err());
    let again = Desk::with(Options { port, ..options }).await;
    assert_eq!(again.server.base_url(), url);
    assert_eq!(again.get("Patient?_id=p").await.json()["total"], 1);
    let client = again.client.clone();
    drop(again);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(client.get(format!("{url}/Patient/p")).send().await.is_err(), "dropping stops, open connections too");
}

#[tokio::test]
async fn the_capability_statement_lists_what_is_served() {
    let desk = Desk::new(Strictness::Strict).await;
    let statement = desk.get("metadata").await.json();
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    for resource in resources.iter().filter(|r| ["Task", "Linkage", "Provenance", "Media"].contains(&r["type"].as_str().unwrap())) {
        for param in resource["searchParam"].as_array().unwrap() {
            let (kind, name) = (resource["type"].as_str().unwrap(), param["name"].as_str().unwrap());
            let value = if param["type"] == "date" { "2026" } else { "x" };
            assert_eq!(desk.get(&format!("{kind}?{name}={value}")).await.status, 200, "{kind}?{name}");
        }
    }
    let names = |kind: &str| -> Vec<Value> {
        let resource = resources.iter().find(|r| r["type"] == kind).unwrap();
        resource["searchParam"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect()
    };
    assert!(names("Task").contains(&json!("identifier")) && !names("Provenance").contains(&json!("identifier")));
    assert_eq!(desk.get("Provenance?identifier=x").await.status, 400);
}

#[derive(Debug, Clone)]
struct Coded(Vec<(Option<u8>, u8)>);

fn coded() -> impl Strategy<Value = Coded> {
    prop::collection::vec((prop::option::of(0_u8..3), 0_u8..4), 0..4).prop_map(Coded)
}

fn system(n: u8) -> String {
    format!("urn:s{n}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn search_by_token_equals_brute_force(
        people in prop::collection::vec(coded(), 1..12),
        asked in prop::collection::vec(prop::collection::vec((prop::option::of(prop::option::of(0_u8..3)), 0_u8..4), 1..3), 1..3),
        not in any::<bool>(),
    ) {
        // `asked`: of each parameter any value, of all parameters every one. A value is `code`, `|code` or `system|code`.
        let matches = |tokens: &Coded| asked.iter().all(|any| {
            let hit = any.iter().any(|(of, code)| tokens.0.iter().any(|(s, c)| c == code && of.is_none_or(|of| of == *s)));
            hit != not
        });
        let expected: Vec<String> = people.iter().enumerate().filter(|(_, p)| matches(p)).map(|(n, _)| format!("Patient/p{n:02}")).collect();
        let one = |(of, code): &(Option<Option<u8>>, u8)| match of {
            None => format!("c{code}"),
            Some(None) => format!("|c{code}"),
            Some(Some(s)) => format!("{}|c{code}", system(*s)),
        };
        let name = if not { "identifier:not" } else { "identifier" };
        let query: Vec<String> = asked.iter().map(|any| format!("{name}={}", any.iter().map(one).collect::<Vec<_>>().join(","))).collect();
        let found = tokio::runtime::Runtime::new().unwrap().block_on(async {
            let desk = Desk::new(Strictness::Strict).await;
            let entries = people.iter().enumerate().map(|(n, tokens)| {
                let id = format!("p{n:02}");
                let mut person = patient(&id);
                let tokens: Vec<Value> = tokens.0.iter().map(|(s, c)| match s {
                    Some(s) => json!({ "system": system(*s), "value": format!("c{c}") }),
                    None => json!({ "value": format!("c{c}") }),
                }).collect();
                if !tokens.is_empty() {
                    person["identifier"] = json!(tokens);
                }
                entry("PUT", &format!("Patient/{id}"), person)
            }).collect();
            let written = desk.bundle("transaction", entries).await;
            assert_eq!(written.status, 200, "{}", written.text);
            desk.all(&format!("Patient?{}&_count=3", query.join("&"))).await
        });
        prop_assert_eq!(found, expected, "{}", query.join("&"));
    }
}

/// The times that are measured, printed with `--nocapture`; the bounds are wide enough for a busy machine.
#[tokio::test]
async fn five_hundred_puts_and_a_page_of_a_thousand_are_quick() {
    let desk = Desk::new(Strictness::Strict).await;
    desk.put(&patient("p")).await;
    let observation = |n: usize| {
        json!({ "resourceType": "Observation", "id": format!("o{n}"), "status": "final", "subject": { "reference": "Patient/p" },
            "code": { "coding": [{ "system": "http://loinc.org", "code": format!("c{}", n % 7) }] }, "effectiveDateTime": "2026-11-23T10:00:00Z",
            "identifier": [{ "system": "urn:s", "value": n.to_string() }], "note": [{ "text": "a note of the usual length, as people write them" }] })
    };
    let mut times = BTreeMap::new();
    for round in 0..4 {
        let entries = (0..500).map(|n| round * 500 + n).map(|n| entry("PUT", &format!("Observation/o{n}"), observation(n))).collect();
        let began = Instant::now();
        assert_eq!(desk.bundle("transaction", entries).await.status, 200);
        times.insert(format!("500 PUTs, round {round}"), began.elapsed());
    }
    for (what, query) in [
        ("page of 1000", "Observation?_count=1000"),
        ("page of 1000 by subject", "Observation?subject=Patient/p&_sort=-date&_count=1000"),
        ("one by identifier", "Observation?identifier=urn:s|777"),
    ] {
        let began = Instant::now();
        assert_eq!(desk.get(query).await.status, 200);
        times.insert(what.to_owned(), began.elapsed());
    }
    println!("{times:#?}");
    assert!(times.values().all(|time| time.as_secs() < 5), "{times:#?}");
}
