//! A model of a FHIR server: small, fast, and with the manners that were measured on real ones.

use std::collections::BTreeMap;

use anydoor_core::clock::Instant;
use anydoor_core::fhir::Document;
use anydoor_core::sync::{Answer, Method, Request};
use serde_json::{Value, json};

/// How it differs from the book.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manners {
    /// If-Match inside a bundle is not looked at.
    pub ignores_if_match_in_bundles: bool,
    /// A stale version is 409, not 412.
    pub says_409: bool,
    /// A failed transaction says 400, with the real status in its text only.
    pub hides_412: bool,
    /// `lastUpdated` has whole seconds.
    pub whole_seconds: bool,
    /// Unknown search parameters are ignored, and everything comes back.
    pub ignores_filters: bool,
    /// If-Match on what is not there creates it.
    pub creates_on_if_match: bool,
    /// Of two claims in the same moment both are taken, one over the other.
    pub two_winners: bool,
}

#[derive(Debug, Clone)]
struct Version {
    body: Value,
    at: Instant,
}

/// The server. A version's id is its number, from 1.
#[derive(Debug, Default)]
pub struct Server {
    manners: Manners,
    documents: BTreeMap<String, Vec<Version>>,
    pages: BTreeMap<String, Vec<String>>,
}

enum Put {
    Done(usize, bool),
    Stale,
}

impl Server {
    pub fn new(manners: Manners) -> Self {
        Self { manners, ..Self::default() }
    }

    /// What it holds now under `Type/id`.
    pub fn current(&self, reference: &str) -> Option<Document> {
        Document::from_value(self.documents.get(reference)?.last()?.body.clone()).ok()
    }

    /// The body of one version.
    pub fn version(&self, reference: &str, version: &str) -> Option<Document> {
        let at: usize = version.parse().ok()?;
        Document::from_value(self.documents.get(reference)?.get(at.checked_sub(1)?)?.body.clone()).ok()
    }

    /// Every version of a document, oldest first.
    pub fn history(&self, reference: &str) -> impl Iterator<Item = &Value> {
        self.documents.get(reference).into_iter().flatten().map(|version| &version.body)
    }

    /// Every document of a type, as it is now.
    pub fn all(&self, kind: &str) -> impl Iterator<Item = &Value> {
        let prefix = format!("{kind}/");
        let of_kind = move |(reference, _): &(&String, &Vec<Version>)| reference.starts_with(&prefix);
        self.documents.iter().filter(of_kind).filter_map(|(_, versions)| versions.last()).map(|version| &version.body)
    }

    /// Writes as the agency itself does.
    pub fn write(&mut self, document: &Document, now: Instant) {
        self.put(document.value().clone(), None, now);
    }

    fn put(&mut self, mut body: Value, if_match: Option<&str>, now: Instant) -> Put {
        let reference = format!("{}/{}", text(&body, "/resourceType"), text(&body, "/id"));
        let there = self.documents.get(&reference).map_or(0, Vec::len);
        let expected = if_match.map(|tag| tag.trim_start_matches("W/").trim_matches('"').parse::<usize>().unwrap_or(0));
        let fits = match expected {
            None => true,
            Some(_) if there == 0 => self.manners.creates_on_if_match,
            Some(version) => version == there || self.races(&reference, version, now),
        };
        if !fits {
            return Put::Stale;
        }
        let stamp = if self.manners.whole_seconds { Instant::from_second(now.as_second()).unwrap_or(now) } else { now };
        if let Value::Object(map) = &mut body {
            let meta = map.entry("meta").or_insert_with(|| json!({}));
            meta["versionId"] = json!((there + 1).to_string());
            meta["lastUpdated"] = json!(stamp.to_string());
        }
        self.documents.entry(reference).or_default().push(Version { body, at: stamp });
        Put::Done(there + 1, there == 0)
    }

    /// Two claims of one moment on a server that lets both through.
    fn races(&self, reference: &str, expected: usize, now: Instant) -> bool {
        let Some(versions) = self.documents.get(reference) else { return false };
        let (Some(last), Some(before)) = (versions.last(), versions.get(expected.wrapping_sub(1))) else { return false };
        let moment = now.duration_since(last.at).as_secs().abs() < 3;
        self.manners.two_winners && moment && versions.len() == expected + 1 && before.body.get("owner").is_none()
    }

    /// Answers one request.
    pub fn answer(&mut self, request: &Request, now: Instant) -> Answer {
        let mut answer = match request.method {
            Method::Get => self.get(&request.path),
            Method::Put => self.put_alone(request, now),
            Method::Post => self.bundle(request, now),
        };
        answer.date = Some(now);
        answer.content_type = Some("application/fhir+json".into());
        answer
    }

    fn put_alone(&mut self, request: &Request, now: Instant) -> Answer {
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap_or_default()).unwrap_or(Value::Null);
        match self.put(body, request.if_match.as_deref(), now) {
            Put::Done(version, new) => {
                Answer { status: if new { 201 } else { 200 }, etag: Some(format!("W/\"{version}\"")), ..Answer::default() }
            }
            Put::Stale => outcome(if self.manners.says_409 { 409 } else { 412 }, "the version is not the newest"),
        }
    }

    fn bundle(&mut self, request: &Request, now: Instant) -> Answer {
        let bundle: Value = serde_json::from_str(request.body.as_deref().unwrap_or_default()).unwrap_or(Value::Null);
        let entries = bundle.get("entry").and_then(Value::as_array).cloned().unwrap_or_default();
        if text(&bundle, "/type") == "batch" {
            let read = |entry: &Value| match self.current(text(entry, "/request/url")) {
                Some(there) => json!({ "resource": there.value(), "response": { "status": "200 OK" } }),
                None => json!({ "response": { "status": "404 Not Found" } }),
            };
            return ok(
                &json!({ "resourceType": "Bundle", "type": "batch-response", "entry": entries.iter().map(read).collect::<Vec<_>>() }),
            );
        }
        let before = self.documents.clone();
        let mut answers = Vec::new();
        for entry in entries {
            let if_match = entry.pointer("/request/ifMatch").and_then(Value::as_str).filter(|_| !self.manners.ignores_if_match_in_bundles);
            match self.put(entry.get("resource").cloned().unwrap_or_default(), if_match, now) {
                Put::Done(version, new) => {
                    let status = if new { "201 Created" } else { "200 OK" };
                    answers.push(json!({ "response": { "status": status, "etag": format!("W/\"{version}\"") } }));
                }
                Put::Stale => {
                    self.documents = before;
                    let (status, said) = if self.manners.hides_412 { (400, "an entry failed: HTTP 412") } else { (412, "an entry failed") };
                    return outcome(status, said);
                }
            }
        }
        ok(&json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": answers }))
    }

    fn get(&mut self, path: &str) -> Answer {
        if path == "metadata" {
            return ok(
                &json!({ "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "software": { "name": "model", "version": "1" } }),
            );
        }
        if let Some(rest) = self.pages.remove(path) {
            return self.page(rest);
        }
        match path.split_once('?') {
            Some((kind, query)) => self.search(kind, query),
            None => match self.current(path) {
                Some(there) => Answer {
                    status: 200,
                    etag: there.version().map(|version| format!("W/\"{version}\"")),
                    body: there.to_text().into_bytes(),
                    ..Answer::default()
                },
                None => outcome(404, "not here"),
            },
        }
    }

    fn search(&mut self, kind: &str, query: &str) -> Answer {
        let parts: Vec<(String, String)> = query
            .split('&')
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.replace("%7C", "|").replace("%3A", ":").replace("%2F", "/")))
            .collect();
        let prefix = format!("{kind}/");
        let mut found: Vec<(Instant, String)> = self
            .documents
            .iter()
            .filter(|(reference, _)| reference.starts_with(&prefix))
            .filter_map(|(reference, versions)| Some((versions.last()?, reference)))
            .filter(|(version, _)| parts.iter().all(|(name, value)| self.fits(version, name, value)))
            .map(|(version, reference)| (version.at, reference.clone()))
            .collect();
        found.sort();
        let count = parts.iter().find(|(name, _)| name == "_count").and_then(|(_, value)| value.parse().ok()).unwrap_or(20_usize);
        let mut all: Vec<String> = found.into_iter().map(|(_, reference)| reference).collect();
        all.insert(0, count.to_string());
        self.page(all)
    }

    /// The first item is how many a page holds.
    fn page(&mut self, mut all: Vec<String>) -> Answer {
        let count: usize = all.first().and_then(|text| text.parse().ok()).unwrap_or(20);
        let rest = if all.len() > count + 1 { all.split_off(count + 1) } else { Vec::new() };
        let entries: Vec<Value> = all
            .iter()
            .skip(1)
            .filter_map(|reference| self.current(reference))
            .map(|there| json!({ "resource": there.value(), "search": { "mode": "match" } }))
            .collect();
        let mut page = json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries });
        if !rest.is_empty() {
            let link = format!("http://model/page/{}", self.pages.len() + rest.len() * 1000);
            page["link"] = json!([{ "relation": "next", "url": link }]);
            self.pages.insert(link, [vec![count.to_string()], rest].concat());
        }
        ok(&page)
    }

    fn fits(&self, version: &Version, name: &str, value: &str) -> bool {
        let body = &version.body;
        match name {
            "_count" | "_sort" => true,
            "_lastUpdated" => value.strip_prefix("ge").and_then(|at| at.parse::<Instant>().ok()).is_none_or(|at| version.at >= at),
            "_id" => value.split(',').any(|id| id == text(body, "/id")),
            "business-status" => {
                let code = value.rsplit('|').next().unwrap_or_default();
                text(body, "/businessStatus/coding/0/code") == code
            }
            "organization:missing" => false,
            _ if self.manners.ignores_filters => true,
            _ => {
                let wanted: Vec<&str> = value.split(',').collect();
                refers(body, &wanted)
            }
        }
    }
}

fn refers(value: &Value, wanted: &[&str]) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, part)| {
            key == "reference" && part.as_str().is_some_and(|reference| wanted.contains(&reference)) || refers(part, wanted)
        }),
        Value::Array(items) => items.iter().any(|item| refers(item, wanted)),
        _ => false,
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn ok(body: &Value) -> Answer {
    Answer { status: 200, body: body.to_string().into_bytes(), ..Answer::default() }
}

/// An OperationOutcome with a status.
pub fn outcome(status: u16, said: &str) -> Answer {
    let body = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "processing", "diagnostics": said }] });
    Answer { status, body: body.to_string().into_bytes(), content_type: Some("application/fhir+json".into()), ..Answer::default() }
}
