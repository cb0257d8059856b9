//! The embedded server over HTTP: what it says it does, it does.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::sync::Arc;

use anydoor_core::sync::transport::{NoToken, Transport};
use anydoor_core::sync::{Answer, Method, Request};
use anydoor_sandbox::fhir_server::{Manners, Options, Server};
use serde_json::{Value, json};

struct Client {
    server: Server,
    transport: Transport,
}

impl Client {
    async fn new(manners: Manners) -> Self {
        let server = Server::start(Options { manners, ..Options::default() }).await.unwrap();
        let transport = Transport::new(server.base_url(), Arc::new(NoToken)).unwrap();
        Self { server, transport }
    }
    async fn get(&self, path: &str) -> Answer {
        self.transport.send(&Request::get(path)).await.unwrap()
    }
    async fn put(&self, body: Value, if_match: Option<&str>) -> Answer {
        let path = format!("{}/{}", body["resourceType"].as_str().unwrap(), body["id"].as_str().unwrap());
        let request = Request { method: Method::Put, path, if_match: if_match.map(str::to_owned), body: Some(body.to_string()) };
        self.transport.send(&request).await.unwrap()
    }
    async fn post(&self, body: &Value) -> Answer {
        self.transport.send(&Request::bundle(body)).await.unwrap()
    }
    async fn delete(&self, path: &str) {
        let url = format!("{}/{path}", self.server.base_url());
        reqwest::Client::new().delete(url).send().await.unwrap();
    }
}

fn read(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

fn patient(id: &str, family: &str) -> Value {
    json!({ "resourceType": "Patient", "id": id, "name": [{ "family": family }] })
}

fn task(id: &str, status: &str, code: &str) -> Value {
    json!({ "resourceType": "Task", "id": id, "status": status, "intent": "order", "code": { "coding": [{ "system": "urn:s", "code": code }] } })
}

fn transaction(entries: &[(&str, &str, Value)]) -> Value {
    let entry =
        |(method, url, resource): &(&str, &str, Value)| json!({ "resource": resource, "request": { "method": method, "url": url } });
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries.iter().map(entry).collect::<Vec<_>>() })
}

fn ids(answer: &Answer) -> Vec<String> {
    let bundle = read(answer);
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    entries.iter().map(|e| e["resource"]["id"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_put_creates_and_a_stale_if_match_is_refused() {
    let client = Client::new(Manners::Strict).await;
    assert_eq!(client.put(patient("a", "Ruiz"), None).await.status, 201);
    let second = client.put(patient("a", "Okafor"), Some("1")).await;
    assert_eq!((second.status, second.version().as_deref()), (200, Some("2")));
    assert_eq!(client.put(patient("a", "Novak"), Some("1")).await.status, 412);
    assert_eq!(read(&client.get("Patient/a").await)["name"][0]["family"], "Okafor");
    assert_eq!(read(&client.get("Patient/a/_history/1").await)["name"][0]["family"], "Ruiz");
    assert_eq!(client.put(patient("b", "x"), Some("1")).await.status, 412);
}

#[tokio::test]
async fn hapis_manners_are_409_and_create_on_a_missing_id() {
    let client = Client::new(Manners::Hapi).await;
    client.put(patient("a", "Ruiz"), None).await;
    client.put(patient("a", "Okafor"), None).await;
    assert_eq!(client.put(patient("a", "Novak"), Some("1")).await.status, 409);
    assert_eq!(client.put(patient("b", "x"), Some("1")).await.status, 201);
}

#[tokio::test]
async fn decimals_unknown_elements_and_extensions_are_kept_as_sent() {
    let client = Client::new(Manners::Strict).await;
    let text = r#"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50},"later":[{"a":null}]}"#;
    let request = Request { method: Method::Put, path: "Observation/o".into(), if_match: None, body: Some(text.into()) };
    client.transport.send(&request).await.unwrap();
    let back = String::from_utf8(client.get("Observation/o").await.body).unwrap();
    assert!(back.contains(r#""valueQuantity":{"value":1.50},"later":[{"a":null}]"#), "{back}");
}

#[tokio::test]
async fn hapis_manners_drop_an_unknown_element_and_keep_extensions() {
    let client = Client::new(Manners::Hapi).await;
    let mut sent = patient("a", "Ruiz");
    sent["colour"] = json!("red");
    sent["extension"] = json!([{ "url": "urn:x", "valueString": "kept" }]);
    client.put(sent, None).await;
    let back = read(&client.get("Patient/a").await);
    assert!(back.get("colour").is_none());
    assert_eq!(back["extension"][0]["valueString"], "kept");
}

#[tokio::test]
async fn a_deleted_resource_is_gone_and_its_history_says_so() {
    let client = Client::new(Manners::Strict).await;
    client.put(patient("a", "Ruiz"), None).await;
    let since = read(&client.get("Patient/a").await)["meta"]["lastUpdated"].as_str().unwrap().to_owned();
    client.delete("Patient/a").await;
    assert_eq!((client.get("Patient/a").await.status, client.get("Patient/b").await.status), (410, 404));
    let history = read(&client.get(&format!("Patient/_history?_since={since}")).await);
    assert_eq!(history["entry"][0]["request"]["method"], "DELETE");
    assert!(ids(&client.get("Patient?family=Ruiz").await).is_empty());
}

#[tokio::test]
async fn a_failed_transaction_leaves_nothing() {
    let client = Client::new(Manners::Strict).await;
    let bad = transaction(&[("PUT", "Patient/a", patient("a", "Ruiz")), ("PUT", "Task/t", task("t", "teleported", "x"))]);
    let refused = client.post(&bad).await;
    assert_eq!(refused.status, 422);
    assert!(refused.diagnostics().unwrap().contains("Task.status"), "{:?}", refused.diagnostics());
    assert_eq!(client.get("Patient/a").await.status, 404);
}

#[tokio::test]
async fn urn_references_are_resolved_within_a_transaction() {
    let client = Client::new(Manners::Strict).await;
    let flag = json!({ "resourceType": "Flag", "status": "active", "code": { "text": "x" }, "subject": { "reference": "urn:uuid:5" } });
    let mut both = transaction(&[("POST", "Flag", flag), ("POST", "Patient", json!({ "resourceType": "Patient" }))]);
    both["entry"][1]["fullUrl"] = json!("urn:uuid:5");
    let answer = read(&client.post(&both).await);
    let location = |i: usize| answer["entry"][i]["response"]["location"].as_str().unwrap().split("/_history").next().unwrap().to_owned();
    assert_eq!(read(&client.get(&location(0)).await)["subject"]["reference"], location(1).as_str());
}

#[tokio::test]
async fn a_dangling_reference_is_refused_by_name() {
    let client = Client::new(Manners::Strict).await;
    let flag = json!({ "resourceType": "Flag", "id": "f", "status": "active", "code": { "text": "x" }, "subject": { "reference": "Patient/nobody" } });
    let refused = client.put(flag.clone(), None).await;
    assert_eq!(refused.status, 400);
    assert!(refused.diagnostics().unwrap().contains("Patient/nobody"));
    assert_eq!(Client::new(Manners::Loose).await.put(flag, None).await.status, 201);
}

#[tokio::test]
async fn a_missing_required_element_is_refused_by_name() {
    let refused = Client::new(Manners::Strict).await.put(json!({ "resourceType": "Task", "id": "t", "status": "draft" }), None).await;
    assert_eq!(refused.status, 422);
    assert!(refused.diagnostics().unwrap().starts_with("Task.intent"));
}

#[tokio::test]
async fn an_unknown_search_parameter_is_refused_and_only_a_loose_server_ignores_it() {
    assert_eq!(Client::new(Manners::Strict).await.get("Task?colour=red").await.status, 400);
    let loose = Client::new(Manners::Loose).await;
    loose.put(task("t", "draft", "x"), None).await;
    assert_eq!(ids(&loose.get("Task?colour=red").await), ["t"]);
}

#[tokio::test]
async fn a_conditional_create_makes_one() {
    let client = Client::new(Manners::Strict).await;
    let mut entry = transaction(&[(
        "POST",
        "Basic",
        json!({ "resourceType": "Basic", "code": { "text": "x" }, "identifier": [{ "system": "s", "value": "1" }] }),
    )]);
    entry["entry"][0]["request"]["ifNoneExist"] = json!("identifier=s|1");
    assert_eq!(read(&client.post(&entry).await)["entry"][0]["response"]["status"], "201 Created");
    assert_eq!(read(&client.post(&entry).await)["entry"][0]["response"]["status"], "200 OK");
    assert_eq!(ids(&client.get("Basic?identifier=s%7C1").await).len(), 1);
}

#[tokio::test]
async fn next_links_lose_nothing_while_rows_change() {
    let client = Client::new(Manners::Strict).await;
    for index in 0..25 {
        client.put(task(&format!("t{index:02}"), "draft", "x"), None).await;
    }
    let mut page = client.get("Task?code=urn:s%7Cx&_sort=_lastUpdated&_count=10").await;
    let mut seen = ids(&page);
    client.put(task("t03", "draft", "x"), None).await;
    client.put(task("t24", "draft", "other"), None).await;
    while let Some(next) = read(&page)["link"][0]["url"].as_str() {
        page = client.get(next).await;
        seen.extend(ids(&page));
    }
    assert_eq!(seen.len(), 25);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 25);
}

#[tokio::test]
async fn search_by_token_reference_date_and_text_finds_what_a_look_at_each_one_finds() {
    let client = Client::new(Manners::Strict).await;
    client.put(patient("p", "Ruiz"), None).await;
    client.put(patient("q", "Ruizovic"), None).await;
    for (id, status, code) in [("a", "draft", "x"), ("b", "requested", "x"), ("c", "requested", "y")] {
        let mut task = task(id, status, code);
        task["for"] = json!({ "reference": if id == "c" { "Patient/q" } else { "Patient/p" } });
        task["executionPeriod"] = json!({ "end": if id == "a" { "2026-11-23" } else { "2026-11-25T10:00:00Z" } });
        client.put(task, None).await;
    }
    for (query, expected) in [
        ("Task?status=requested&_sort=_id", vec!["b", "c"]),
        ("Task?code=urn:s%7Cx&_sort=_id", vec!["a", "b"]),
        ("Task?code=urn:other%7Cx", vec![]),
        ("Task?code=x,y&status=requested&_sort=_id", vec!["b", "c"]),
        ("Task?patient=Patient/p&_sort=_id", vec!["a", "b"]),
        ("Task?patient=q", vec!["c"]),
        ("Task?period=ge2026-11-24&_sort=_id", vec!["b", "c"]),
        ("Task?period=lt2026-11-24&status=draft", vec!["a"]),
        ("Patient?family=ruiz&_sort=_id", vec!["p", "q"]),
        ("Patient?family:exact=ruiz", vec!["p"]),
        ("Patient?family:contains=zov", vec!["q"]),
        ("Task?owner:missing=true&_sort=_id", vec!["a", "b", "c"]),
        ("Task?_id=a,c&_sort=-_id", vec!["c", "a"]),
        ("Task?_id=a&_include=Task:patient", vec!["a", "p"]),
    ] {
        assert_eq!(ids(&client.get(query).await), expected, "{query}");
    }
    assert_eq!(read(&client.get("Task?status=requested&_summary=count").await)["total"], 2);
}

#[tokio::test]
async fn nonsense_is_answered_and_never_ends_the_server() {
    let client = Client::new(Manners::Strict).await;
    let deep = format!("{{\"resourceType\":\"Basic\",\"id\":\"a\",\"x\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let bodies = [
        "",
        "{",
        "[]",
        "null",
        "{\"resourceType\":\"Basic\",\"id\":\"a\",\"a\":1,\"a\":2}",
        deep.as_str(),
        "{\"resourceType\":\"Patient\",\"id\":\"zz\"}",
    ];
    for body in bodies {
        let request = Request { method: Method::Put, path: "Basic/a".into(), if_match: None, body: Some(body.into()) };
        let answer = client.transport.send(&request).await.unwrap();
        assert!((400..500).contains(&answer.status), "{body}: {}", answer.status);
        assert_eq!(read(&answer)["resourceType"], "OperationOutcome");
    }
    assert_eq!(client.get("metadata").await.status, 200);
    assert_eq!(read(&client.get("metadata").await)["fhirVersion"], "4.0.1");
}

#[tokio::test]
async fn in_a_dead_zone_no_answer_comes() {
    let client = Client::new(Manners::Strict).await;
    client.server.set_up(false);
    assert!(client.transport.send(&Request::get("metadata")).await.is_err());
    client.server.set_up(true);
    assert_eq!(client.get("metadata").await.status, 200);
}
