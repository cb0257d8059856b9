//! Batch and transaction. A transaction is one SQLite transaction, all of it or nothing, in FHIR's order (DELETE, POST,
//! PUT, GET); references to `urn:uuid:` addresses become the `Type/id` that the server gave. An entry of a batch stands
//! for itself. If-Match inside a bundle is ignored by loose strictness, as two servers were measured to do.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use rusqlite::Connection;
use serde_json::Value;
use serde_json::value::RawValue;

use super::entries::{self, Request};
use super::interactions::{self, Conditions, Desk, Done};
use super::outcome::Refusal;
use super::store::Stored;
use super::strictness::Strictness;
use super::{State, dates, history, pages, references, search, types};

/// What an entry is answered.
struct Answer {
    status: u16,
    stored: Option<Stored>,
    /// A resource to send back.
    body: Option<String>,
}

/// The entries of a transaction, before anything is done.
#[derive(Default)]
struct Plan {
    /// The `Type/id` that each full address became.
    became: HashMap<String, String>,
    /// Every `Type/id` that something is done to.
    touched: HashSet<String>,
    /// Every `Type/id` that is written.
    written: HashSet<String>,
    /// The id that each POST was given.
    given: HashMap<usize, String>,
    /// What a conditional create found.
    found: HashMap<usize, Stored>,
}

/// Runs a batch or a transaction; the answer is a Bundle as text.
pub(super) fn run(state: &State, db: &mut Connection, bytes: &[u8]) -> Result<String, Refusal> {
    let bundle = entries::read(bytes)?;
    let (kind, answers) = match bundle.kind.as_str() {
        "batch" => ("batch-response", bundle.entries.iter().enumerate().map(|(index, raw)| alone(state, db, index, raw)).collect()),
        "transaction" => ("transaction-response", together(state, db, &bundle.entries)?),
        _ => return Err(Refusal::at(400, "invalid", "only batch and transaction are served", "Bundle.type")),
    };
    Ok(format!(r#"{{"resourceType":"Bundle","type":"{kind}","entry":[{}]}}"#, answers.join(",")))
}

fn alone(state: &State, db: &mut Connection, index: usize, raw: &RawValue) -> String {
    let answered = db.transaction().map_err(Refusal::from).and_then(|tx| {
        let request = entries::request(index, raw, &state.base)?;
        let mut plan = Plan::default();
        plan.add(state, &tx, &request)?;
        let answer = carry_out(state, &tx, &request, raw, &plan)?;
        tx.commit()?;
        Ok(answer)
    });
    match answered {
        Ok(answer) => told(&answer),
        Err(refusal) => {
            format!(r#"{{"response":{{"status":"{}","outcome":{}}}}}"#, status_line(refusal.status), refusal.in_entry(index).outcome())
        }
    }
}

fn together(state: &State, db: &mut Connection, raws: &[&RawValue]) -> Result<Vec<String>, Refusal> {
    let tx = db.transaction()?;
    let mut plan = Plan::default();
    let mut requests = Vec::with_capacity(raws.len());
    for (index, raw) in raws.iter().enumerate() {
        let request = entries::request(index, raw, &state.base).and_then(|request| plan.add(state, &tx, &request).map(|()| request));
        requests.push((request.map_err(|refusal| failed(state, refusal, index))?, *raw));
    }
    let mut answers = vec![String::new(); raws.len()];
    for method in ["DELETE", "POST", "PUT", "GET"] {
        for (request, raw) in requests.iter().filter(|(request, _)| request.method == method) {
            let answer = carry_out(state, &tx, request, raw, &plan).map_err(|refusal| failed(state, refusal, request.index))?;
            if let Some(slot) = answers.get_mut(request.index) {
                *slot = told(&answer);
            }
        }
    }
    tx.commit()?;
    Ok(answers)
}

/// As measured: a transaction of HAPI that fails over a stale If-Match may say 400, and what it was only in its text.
fn failed(state: &State, refusal: Refusal, index: usize) -> Refusal {
    let status = if state.strictness == Strictness::Hapi && refusal.status == 409 { 400 } else { refusal.status };
    Refusal { status, ..refusal.in_entry(index) }
}

impl Plan {
    fn add(&mut self, state: &State, db: &Connection, request: &Request) -> Result<(), Refusal> {
        let served = matches!(request.method.as_str(), "GET" | "POST" | "PUT" | "DELETE");
        if !served {
            return Err(Refusal::at(400, "not-supported", format!("{} is not served", request.method), "request.method"));
        }
        let kind = request.kind();
        if request.method != "GET" && !types::is_type(kind) {
            return Err(Refusal::at(404, "not-supported", format!("'{kind}' is no type of resource"), "request.url"));
        }
        let address = match (request.method.as_str(), request.id()) {
            ("POST", None) => {
                let nobody = |_: &str| false;
                let found = match &request.if_none_exist {
                    Some(condition) => desk(state, db, &nobody).existing(kind, condition)?,
                    None => None,
                };
                let id = found.as_ref().map_or_else(|| uuid::Uuid::now_v7().to_string(), |found| found.id.clone());
                self.found.extend(found.map(|found| (request.index, found)));
                self.given.insert(request.index, id.clone());
                format!("{kind}/{id}")
            }
            ("PUT" | "DELETE", Some(id)) => format!("{kind}/{id}"),
            ("GET", _) => return Ok(()),
            _ => return Err(Refusal::at(400, "not-supported", "this request is not served in a bundle", "request.url")),
        };
        // Two conditional creates may find the same one.
        if !self.touched.insert(address.clone()) && !self.found.contains_key(&request.index) {
            return Err(Refusal::at(400, "invalid", format!("{address} stands twice in the bundle"), "request.url"));
        }
        if request.method == "DELETE" {
            return Ok(());
        }
        if let Some(full) = &request.full_url
            && self.became.insert(full.clone(), address.clone()).is_some_and(|before| before != address)
        {
            return Err(Refusal::at(400, "invalid", format!("{full} stands twice in the bundle"), "request.fullUrl"));
        }
        self.written.insert(address);
        Ok(())
    }
}

fn desk<'a>(state: &'a State, db: &'a Connection, inside: &'a dyn Fn(&str) -> bool) -> Desk<'a> {
    Desk { db, strictness: state.strictness, base: &state.base, now: state.now(), inside }
}

fn carry_out(state: &State, db: &Connection, request: &Request, raw: &RawValue, plan: &Plan) -> Result<Answer, Refusal> {
    let inside = |target: &str| plan.written.contains(target);
    let desk = desk(state, db, &inside);
    let resource = || {
        let mut resource = entries::resource(raw)?;
        references::rewrite(&mut resource, &plan.became);
        Ok::<Value, Refusal>(resource)
    };
    let ignored = state.strictness == Strictness::Loose;
    let conditions = Conditions {
        if_match: request.if_match.clone().filter(|_| !ignored),
        if_none_match: request.if_none_match.clone().filter(|_| !ignored),
        if_none_exist: None,
    };
    let done = |done: Done| Answer { status: done.status, stored: Some(done.stored), body: None };
    match (request.method.as_str(), request.id()) {
        ("POST", _) => match (plan.found.get(&request.index), plan.given.get(&request.index)) {
            (Some(found), _) => Ok(Answer { status: 200, stored: Some(found.clone()), body: None }),
            (None, Some(id)) => desk.create(request.kind(), id, resource()?).map(done),
            (None, None) => Err(Refusal::new(500, "exception", "a create without an id")),
        },
        ("PUT", Some(id)) => desk.update(request.kind(), id, resource()?, &conditions).map(done),
        ("DELETE", Some(id)) => {
            let gone = desk.delete(request.kind(), id, &conditions)?;
            Ok(gone.map_or(Answer { status: 204, stored: None, body: None }, done))
        }
        _ => get(state, db, request),
    }
}

fn get(state: &State, db: &Connection, request: &Request) -> Result<Answer, Refusal> {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    let page = |body| Ok(Answer { status: 200, stored: None, body: Some(body) });
    let past = |kind, id| history::page(db, &state.base, state.strictness, history::Of { kind, id }, &request.query).and_then(page);
    let whole = |stored: Stored| Answer { status: 200, body: stored.body.clone(), stored: Some(stored) };
    match path.as_slice() {
        ["_history"] => past(None, None),
        [kind, "_history"] => past(Some(kind), None),
        [kind, id, "_history"] => past(Some(kind), Some(id)),
        [kind, id, "_history", version] => interactions::vread(db, kind, id, version).map(whole),
        [kind] if types::is_type(kind) => {
            let search = search::parse(state.strictness, kind, &request.query)?;
            pages::first(db, &state.base, &state.searches, search).and_then(page)
        }
        [kind, id] => interactions::read(db, kind, id).map(whole),
        _ => Err(Refusal::at(404, "not-supported", "this address is not served", "request.url")),
    }
}

fn told(answer: &Answer) -> String {
    let mut text = String::from("{");
    if let Some(body) = &answer.body {
        // Writing to a String cannot fail.
        let _ = write!(text, r#""resource":{body},"#);
    }
    let _ = write!(text, r#""response":{{"status":"{}""#, status_line(answer.status));
    if let Some(stored) = &answer.stored {
        let Stored { kind, id, version, .. } = stored;
        let at = dates::instant(stored.updated);
        if stored.body.is_some() {
            let _ = write!(text, r#","location":"{kind}/{id}/_history/{version}""#);
        }
        let _ = write!(text, r#","etag":"W/\"{version}\"","lastModified":"{at}""#);
    }
    text.push_str("}}");
    text
}

fn status_line(status: u16) -> String {
    let reason = axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    format!("{status} {}", reason.unwrap_or_default()).trim_end().to_owned()
}
