//! A model of a FHIR server: small, fast, and with the strictness that were measured on real ones.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anydoor_core::base::clock::Instant;
use anydoor_core::fhir::Document;
use anydoor_core::fhir::reference::ServerBase;
use anydoor_core::http::{Answer, Method, Request};
use anydoor_tests::chance::Chance;
use serde_json::{Value, json};

/// How it differs from the book.
#[derive(Debug, Clone, Copy, Default)]
pub struct Strictness {
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
    /// A write is stamped when it begins, and is there for anybody only when it commits: behind later stamps.
    pub commits_late: bool,
    /// A search answers with what was there some seconds ago; a read by id is always of now.
    pub stale_search: bool,
    /// A transaction is done entry by entry: some are refused inside an answer of 200.
    pub half_done: bool,
    /// Searches for these types are refused, as a server without them does.
    pub refuses_side_searches: bool,
    /// The gateway before it has a clock of its own: its `Date` is so many seconds ahead.
    pub date_ahead_s: i64,
    /// Links to next pages name the server as the gateway before it never would.
    pub foreign_links: bool,
    /// References are given back absolute, as this server's own.
    pub absolute_references: bool,
}

/// The base address by which phones know the server.
pub const BASE: &str = "http://model/fhir";

/// How long a late commit takes at most, in seconds: with the lag of the index less than the overlap of five minutes.
const LATE_S: usize = 240;
/// How long it takes in one of forty late commits: beyond the overlap.
const VERY_LATE_S: usize = 900;
/// How far the index lags at most, in seconds.
pub const LAG_S: usize = 45;
/// The overlap with which the phones read, in seconds.
const OVERLAP_S: i64 = 300;

/// One version of a document.
#[derive(Debug)]
pub struct Version {
    pub body: Value,
    text: String,
    refers: BTreeSet<String>,
    /// Its `lastUpdated`.
    stamp: Instant,
    /// When it was committed.
    since: Instant,
}

/// A version that was committed, and by which request: what the histories are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrote {
    pub reference: String,
    pub version: usize,
    pub request: u64,
}

/// What a search met that the book does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    LateCommit,
    LateCommitBeyondTheOverlap,
    StaleSearch,
    /// A transaction of this client, of which an entry was refused and the rest done.
    HalfDone(usize),
    RefusedSearch,
}

/// The server. A version's id is its number, from 1.
#[derive(Debug)]
pub struct Server {
    strictness: Strictness,
    chance: Chance,
    documents: BTreeMap<String, Vec<Version>>,
    pages: BTreeMap<String, Vec<(String, usize)>>,
    /// How many records a page of these pages has.
    counts: BTreeMap<String, usize>,
    /// When each client last had an answer to each search.
    searched: HashMap<(usize, String), Instant>,
    /// The newest version of each document that each client was shown.
    shown: HashMap<(usize, String), usize>,
    client: usize,
    requests: u64,
    wrote: Vec<Wrote>,
    met: Vec<Met>,
}

enum Put {
    Done(usize, bool),
    Stale,
}

impl Server {
    pub fn new(strictness: Strictness, chance: Chance) -> Self {
        Self {
            strictness,
            chance,
            documents: BTreeMap::new(),
            pages: BTreeMap::new(),
            counts: BTreeMap::new(),
            searched: HashMap::new(),
            shown: HashMap::new(),
            client: usize::MAX,
            requests: 0,
            wrote: Vec::new(),
            met: Vec::new(),
        }
    }

    /// What it holds now under `Type/id`.
    pub fn current(&self, reference: &str) -> Option<Document> {
        Document::from_value(self.documents.get(reference)?.last()?.body.clone()).ok()
    }

    /// Whether it holds anything under `Type/id`.
    pub fn has(&self, reference: &str) -> bool {
        self.documents.contains_key(reference)
    }

    /// The body of one version.
    pub fn version(&self, reference: &str, version: &str) -> Option<&Value> {
        let at: usize = version.parse().ok()?;
        Some(&self.documents.get(reference)?.get(at.checked_sub(1)?)?.body)
    }

    /// Every version of a document, oldest first.
    pub fn history(&self, reference: &str) -> impl Iterator<Item = &Value> {
        self.documents.get(reference).into_iter().flatten().map(|version| &version.body)
    }

    /// Every document of a type, as it is now.
    pub fn all(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.of_kind(kind).filter_map(|(_, versions)| versions.last()).map(|version| &version.body)
    }

    fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&String, &Vec<Version>)> {
        let prefix = format!("{kind}/");
        self.documents.range(prefix.clone()..).take_while(move |(reference, _)| reference.starts_with(&prefix))
    }

    /// Whether it takes two changes of one moment, one over the other.
    pub fn lets_two_through(&self) -> bool {
        self.strictness.two_winners
    }

    /// Writes as the agency itself does.
    pub fn write(&mut self, document: &Document, now: Instant) {
        self.requests += 1;
        self.put(document.value().clone(), None, now);
    }

    /// What was written since this was last asked, in order.
    pub fn take_wrote(&mut self) -> Vec<Wrote> {
        std::mem::take(&mut self.wrote)
    }

    /// What searches met since this was last asked.
    pub fn take_met(&mut self) -> Vec<Met> {
        std::mem::take(&mut self.met)
    }

    fn put(&mut self, mut body: Value, if_match: Option<&str>, now: Instant) -> Put {
        let reference = format!("{}/{}", text(&body, "/resourceType"), text(&body, "/id"));
        let there = self.documents.get(&reference).map_or(0, Vec::len);
        let expected = if_match.map(|tag| tag.trim_start_matches("W/").trim_matches('"').parse::<usize>().unwrap_or(0));
        let fits = match expected {
            None => true,
            Some(_) if there == 0 => self.strictness.creates_on_if_match,
            Some(version) => version == there || self.races(&reference, version, now),
        };
        if !fits {
            return Put::Stale;
        }
        let stamp = self.stamp(&reference, now);
        if let Value::Object(map) = &mut body {
            let meta = map.entry("meta").or_insert_with(|| json!({}));
            meta["versionId"] = json!((there + 1).to_string());
            meta["lastUpdated"] = json!(stamp.to_string());
        }
        let mut refers = BTreeSet::new();
        references(&body, &mut refers);
        let version = Version { text: body.to_string(), body, refers, stamp, since: now };
        self.documents.entry(reference.clone()).or_default().push(version);
        self.wrote.push(Wrote { reference, version: there + 1, request: self.requests });
        Put::Done(there + 1, there == 0)
    }

    /// The `lastUpdated` of what is committed now: never before the version that it follows.
    fn stamp(&mut self, reference: &str, now: Instant) -> Instant {
        let mut stamp = now;
        if self.strictness.commits_late && self.chance.one_in(3) {
            let most = if self.chance.one_in(40) { VERY_LATE_S } else { LATE_S };
            let began = now.as_second() - i64::try_from(self.chance.below(most)).unwrap_or(0);
            let before = self.documents.get(reference).and_then(|versions| versions.last()).map(|version| version.stamp);
            stamp = Instant::from_second(began).unwrap_or(now).max(before.unwrap_or(Instant::UNIX_EPOCH));
        }
        if self.strictness.whole_seconds { Instant::from_second(stamp.as_second()).unwrap_or(stamp) } else { stamp }
    }

    /// Two claims of one moment on a server that lets both through.
    fn races(&self, reference: &str, expected: usize, now: Instant) -> bool {
        let Some(versions) = self.documents.get(reference) else { return false };
        let (Some(last), Some(before)) = (versions.last(), versions.get(expected.wrapping_sub(1))) else { return false };
        let moment = now.duration_since(last.since).as_secs().abs() < 3;
        self.strictness.two_winners && moment && versions.len() == expected + 1 && before.body.get("owner").is_none()
    }

    /// Answers one request of this client.
    pub fn answer(&mut self, client: usize, request: &Request, now: Instant) -> Answer {
        self.client = client;
        self.requests += 1;
        let mut answer = match request.method {
            Method::Get => self.get(&request.path, now),
            Method::Put => self.put_alone(request, now),
            Method::Post => self.bundle(request, now),
        };
        answer.date = now.checked_add(jiff::SignedDuration::from_secs(self.strictness.date_ahead_s)).ok();
        answer.base = ServerBase::new(BASE);
        answer.rewritten = request.path.starts_with("http://internal/");
        if self.strictness.absolute_references {
            answer.body = absolute(&answer.body);
        }
        answer.content_type = Some("application/fhir+json".into());
        answer
    }

    fn put_alone(&mut self, request: &Request, now: Instant) -> Answer {
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap_or_default()).unwrap_or(Value::Null);
        match self.put(body, request.if_match.as_deref(), now) {
            Put::Done(version, new) => {
                Answer { status: if new { 201 } else { 200 }, etag: Some(format!("W/\"{version}\"")), ..Answer::default() }
            }
            Put::Stale => outcome(if self.strictness.says_409 { 409 } else { 412 }, "the version is not the newest"),
        }
    }

    fn bundle(&mut self, request: &Request, now: Instant) -> Answer {
        let mut bundle: Value = serde_json::from_str(request.body.as_deref().unwrap_or_default()).unwrap_or(Value::Null);
        let Value::Array(entries) = bundle.get_mut("entry").map(Value::take).unwrap_or_default() else {
            return outcome(400, "no entries");
        };
        if text(&bundle, "/type") == "batch" {
            let read: Vec<String> = entries.iter().map(|entry| self.read_in_batch(text(entry, "/request/url"))).collect();
            return ok(format!(r#"{{"resourceType":"Bundle","type":"batch-response","entry":[{}]}}"#, read.join(",")));
        }
        let (mut answers, mut done) = (Vec::new(), Vec::new());
        for mut entry in entries {
            let resource = entry.get_mut("resource").map(Value::take).unwrap_or_default();
            let reference = format!("{}/{}", text(&resource, "/resourceType"), text(&resource, "/id"));
            if self.strictness.half_done && self.client != crate::county::CLIENT && self.chance.one_in(6) {
                self.met.push(Met::HalfDone(self.client));
                answers.push(json!({ "response": { "status": "422 Unprocessable Entity" } }));
                continue;
            }
            let if_match =
                entry.pointer("/request/ifMatch").and_then(Value::as_str).filter(|_| !self.strictness.ignores_if_match_in_bundles);
            match self.put(resource, if_match, now) {
                Put::Done(version, new) => {
                    let status = if new { "201 Created" } else { "200 OK" };
                    answers.push(json!({ "response": { "status": status, "etag": format!("W/\"{version}\"") } }));
                    done.push(reference);
                }
                Put::Stale => {
                    done.iter().rev().for_each(|reference| self.undo(reference));
                    let (status, said) =
                        if self.strictness.hides_412 { (400, "an entry failed: HTTP 412") } else { (412, "an entry failed") };
                    return outcome(status, said);
                }
            }
        }
        ok(json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": answers }).to_string())
    }

    fn undo(&mut self, reference: &str) {
        self.wrote.pop();
        let Some(versions) = self.documents.get_mut(reference) else { return };
        versions.pop();
        if versions.is_empty() {
            self.documents.remove(reference);
        }
    }

    fn get(&mut self, path: &str, now: Instant) -> Answer {
        if path == "metadata" {
            let software = json!({ "name": "model", "version": "1" });
            return ok(json!({ "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "software": software }).to_string());
        }
        if let Some(rest) = self.pages.remove(path) {
            return self.page(rest, self.counts.get(path).copied().unwrap_or(20));
        }
        if let Some((kind, query)) = path.split_once('?') {
            return self.search(kind, query, now);
        }
        match self.show(path) {
            Some((version, text)) => {
                Answer { status: 200, etag: Some(format!("W/\"{version}\"")), body: text.into_bytes(), ..Answer::default() }
            }
            None => outcome(404, "not here"),
        }
    }

    fn read_in_batch(&mut self, reference: &str) -> String {
        match self.show(reference) {
            Some((_, text)) => format!(r#"{{"resource":{text},"response":{{"status":"200 OK"}}}}"#),
            None => r#"{"response":{"status":"404 Not Found"}}"#.to_owned(),
        }
    }

    /// A document as it is now, by its id.
    fn show(&mut self, reference: &str) -> Option<(usize, String)> {
        let versions = self.documents.get(reference)?;
        let (version, text) = (versions.len(), versions.last()?.text.clone());
        self.shown.insert((self.client, reference.to_owned()), version);
        Some((version, text))
    }

    fn search(&mut self, kind: &str, query: &str, now: Instant) -> Answer {
        if self.strictness.refuses_side_searches && matches!(kind, "Linkage" | "Flag" | "Consent") {
            self.met.push(Met::RefusedSearch);
            return outcome(400, "no such search");
        }
        let lag = if self.strictness.stale_search && self.chance.one_in(2) { self.chance.below(LAG_S) } else { 0 };
        let upto = now.checked_sub(jiff::SignedDuration::from_secs(lag.try_into().unwrap_or(0))).unwrap_or(now);
        let parts: Vec<(String, String)> = query
            .split('&')
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.replace("%7C", "|").replace("%3A", ":").replace("%2F", "/")))
            .collect();
        let filters: Vec<Filter<'_>> = parts.iter().filter_map(|(name, value)| Filter::of(name, value, self.strictness)).collect();
        let mut found: Vec<(Instant, String, usize)> = Vec::new();
        for (reference, versions) in self.of_kind(kind) {
            let Some(at) = versions.iter().rposition(|version| version.since <= upto) else { continue };
            if filters.iter().all(|filter| filter.fits(&versions[at])) {
                found.push((versions[at].stamp, reference.clone(), at + 1));
            }
        }
        found.sort();
        self.note_what_it_met(kind, &parts, &found, upto);
        let count = parts.iter().find(|(name, _)| name == "_count").and_then(|(_, value)| value.parse().ok()).unwrap_or(20_usize);
        self.page(found.into_iter().map(|(_, reference, version)| (reference, version)).collect(), count)
    }

    /// Notes where an answer has what an earlier one of the same search passed by, or is older than what this client was
    /// shown already.
    fn note_what_it_met(&mut self, kind: &str, parts: &[(String, String)], found: &[(Instant, String, usize)], upto: Instant) {
        let asked: Vec<&str> =
            parts.iter().filter(|(name, _)| !name.starts_with('_') || name == "_id").map(|(_, value)| value.as_str()).collect();
        let before = self.searched.insert((self.client, format!("{kind}?{}", asked.join("&"))), upto);
        for (stamp, reference, version) in found {
            let shown = self.shown.get(&(self.client, reference.clone())).copied().unwrap_or(0);
            if *version < shown {
                self.met.push(Met::StaleSearch);
            }
            let Some(before) = before.filter(|_| *version > shown) else { continue };
            if *stamp < before && self.documents[reference][version - 1].since > before {
                let beyond = before.duration_since(*stamp).as_secs() > OVERLAP_S;
                self.met.push(if beyond { Met::LateCommitBeyondTheOverlap } else { Met::LateCommit });
            }
        }
    }

    fn page(&mut self, mut all: Vec<(String, usize)>, count: usize) -> Answer {
        let count = if self.strictness.foreign_links { count.min(6) } else { count };
        let rest = if all.len() > count { all.split_off(count) } else { Vec::new() };
        let entries: Vec<String> = all
            .iter()
            .map(|(reference, version)| {
                format!(r#"{{"resource":{},"search":{{"mode":"match"}}}}"#, self.documents[reference][version - 1].text)
            })
            .collect();
        for (reference, version) in all {
            let newest = self.shown.entry((self.client, reference)).or_default();
            *newest = version.max(*newest);
        }
        let mut link = String::new();
        if !rest.is_empty() {
            let host = if self.strictness.foreign_links { "internal" } else { "model" };
            let url = format!("http://{host}/page/{}", self.requests);
            link = format!(r#","link":[{{"relation":"next","url":"{url}"}}]"#);
            self.counts.insert(url.clone(), count);
            self.pages.insert(url, rest);
        }
        ok(format!(r#"{{"resourceType":"Bundle","type":"searchset","entry":[{}]{link}}}"#, entries.join(",")))
    }
}

/// One parameter of a search.
enum Filter<'a> {
    Since(Instant),
    Ids(BTreeSet<&'a str>),
    State(&'a str),
    RefersTo(Vec<&'a str>),
    Nothing,
}

impl<'a> Filter<'a> {
    fn of(name: &str, value: &'a str, strictness: Strictness) -> Option<Self> {
        match name {
            "_count" | "_sort" => None,
            "_lastUpdated" => value.strip_prefix("ge").and_then(|at| at.parse().ok()).map(Self::Since),
            "_id" => Some(Self::Ids(value.split(',').collect())),
            "business-status" => value.rsplit('|').next().map(Self::State),
            "organization:missing" => Some(Self::Nothing),
            _ if strictness.ignores_filters => None,
            _ => Some(Self::RefersTo(value.split(',').collect())),
        }
    }

    fn fits(&self, version: &Version) -> bool {
        match self {
            Self::Since(at) => version.stamp >= *at,
            Self::Ids(ids) => ids.contains(text(&version.body, "/id")),
            Self::State(code) => text(&version.body, "/businessStatus/coding/0/code") == *code,
            Self::RefersTo(wanted) => wanted.iter().any(|reference| version.refers.contains(*reference)),
            Self::Nothing => false,
        }
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, part) in map {
                if let (true, Some(reference)) = (key == "reference", part.as_str()) {
                    found.insert(reference.to_owned());
                }
                references(part, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// The same with every reference to a resource of this server as an absolute one.
fn absolute(body: &[u8]) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else { return body.to_vec() };
    fn each(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (key, part) in map {
                    match part {
                        Value::String(text) if key == "reference" && !text.contains(':') => *text = format!("{BASE}/{text}"),
                        part => each(part),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(each),
            _ => {}
        }
    }
    each(&mut value);
    value.to_string().into_bytes()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn ok(body: String) -> Answer {
    Answer { status: 200, body: body.into_bytes(), ..Answer::default() }
}

/// An OperationOutcome with a status.
pub fn outcome(status: u16, said: &str) -> Answer {
    let body = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "processing", "diagnostics": said }] });
    Answer { status, body: body.to_string().into_bytes(), content_type: Some("application/fhir+json".into()), ..Answer::default() }
}
