//! Batch and transaction. A transaction is one SQLite transaction: all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::outcome::Refusal;
use super::rows::{self, Written};
use super::{Manners, manners, search};

struct Entry {
    method: String,
    kind: String,
    id: Option<String>,
    query: Vec<(String, String)>,
    body: Value,
    if_match: Option<String>,
    if_none_exist: Option<String>,
}

/// Runs a batch or a transaction.
pub(super) fn run(db: &mut Connection, manners: Manners, bundle: Value, now: i64) -> Result<Value, Refusal> {
    let kind = bundle.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let entries = match bundle.get("entry") {
        Some(Value::Array(entries)) => entries.clone(),
        None => Vec::new(),
        Some(_) => return Err(Refusal::at(400, "invalid", "entry is no list", "Bundle.entry")),
    };
    match kind.as_str() {
        "batch" => {
            let answers: Vec<Value> = entries.iter().map(|entry| batch_entry(db, manners, entry, now)).collect();
            Ok(json!({ "resourceType": "Bundle", "type": "batch-response", "entry": answers }))
        }
        "transaction" => transaction(db, manners, &entries, now),
        _ => Err(Refusal::at(400, "invalid", "only batch and transaction", "Bundle.type")),
    }
}

fn batch_entry(db: &mut Connection, manners: Manners, entry: &Value, now: i64) -> Value {
    let refused = |refusal: &Refusal| json!({ "response": { "status": refusal.status.to_string(), "outcome": refusal.outcome() } });
    let done = db.transaction().map_err(Refusal::from).and_then(|tx| {
        let answer = parse(entry).and_then(|entry| carry_out(&tx, manners, &entry, None, &|_| false, now))?;
        tx.commit()?;
        Ok(answer)
    });
    done.unwrap_or_else(|refusal| refused(&refusal))
}

fn transaction(db: &mut Connection, manners: Manners, entries: &[Value], now: i64) -> Result<Value, Refusal> {
    let tx = db.transaction()?;
    let (mut renamed, mut own, mut parsed) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    for (index, raw) in entries.iter().enumerate() {
        let mut entry = parse(raw).map_err(|r| in_entry(r, index))?;
        if entry.method == "POST" {
            entry.id =
                Some(existing(&tx, manners, &entry).map_err(|r| in_entry(r, index))?.unwrap_or_else(|| uuid::Uuid::now_v7().to_string()));
        }
        if let (Some(full), Some(id)) = (raw.get("fullUrl").and_then(Value::as_str), &entry.id) {
            renamed.insert(full.to_owned(), format!("{}/{id}", entry.kind));
        }
        if let (Some(id), "PUT" | "POST") = (&entry.id, entry.method.as_str())
            && !own.insert(format!("{}/{id}", entry.kind))
        {
            return Err(in_entry(Refusal::new(400, "invalid", format!("{}/{id} stands twice", entry.kind)), index));
        }
        parsed.push(entry);
    }
    let mut answers = vec![Value::Null; parsed.len()];
    // FHIR's order: DELETE, POST, PUT, GET.
    for method in ["DELETE", "POST", "PUT", "GET"] {
        for (index, entry) in parsed.iter_mut().enumerate().filter(|(_, e)| e.method == method) {
            rewrite(&mut entry.body, &renamed);
            let fixed = (method == "POST").then(|| entry.id.clone()).flatten();
            let answer = carry_out(&tx, manners, entry, fixed, &|target| own.contains(target), now);
            let answer = answer.map_err(|refusal| failed(manners, in_entry(refusal, index)))?;
            if let Some(slot) = answers.get_mut(index) {
                *slot = answer;
            }
        }
    }
    tx.commit()?;
    Ok(json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": answers }))
}

/// As measured: in a failed transaction HAPI may say 400 with the 412 only in its text.
fn failed(manners: Manners, refusal: Refusal) -> Refusal {
    if manners == Manners::Hapi && refusal.status == 409 { Refusal { status: 400, ..refusal } } else { refusal }
}

fn in_entry(refusal: Refusal, index: usize) -> Refusal {
    let place = refusal.place.as_ref().map_or_else(|| format!("Bundle.entry[{index}]"), |p| format!("Bundle.entry[{index}].resource: {p}"));
    Refusal { place: Some(place), ..refusal }
}

fn parse(raw: &Value) -> Result<Entry, Refusal> {
    let text = |pointer: &str| raw.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let missing = |what: &'static str| Refusal::at(400, "required", format!("{what} is missing"), what);
    let method = text("/request/method").ok_or_else(|| missing("request.method"))?;
    let url = text("/request/url").ok_or_else(|| missing("request.url"))?;
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let (kind, id) = path.split_once('/').map_or((path, None), |(kind, id)| (kind, Some(id.to_owned())));
    if id.as_ref().is_some_and(|id| !anydoor_core::ids::is_legal(id)) {
        return Err(Refusal::at(400, "invalid", "not a legal id", "request.url"));
    }
    Ok(Entry {
        method,
        kind: kind.to_owned(),
        id,
        query: super::decode(query),
        body: raw.get("resource").cloned().unwrap_or(Value::Null),
        if_match: text("/request/ifMatch"),
        if_none_exist: text("/request/ifNoneExist"),
    })
}

/// The one resource that a conditional create finds.
fn existing(db: &Connection, manners: Manners, entry: &Entry) -> Result<Option<String>, Refusal> {
    let Some(condition) = &entry.if_none_exist else { return Ok(None) };
    let found = search::run(db, manners, &entry.kind, &super::decode(condition))?;
    match found.rows.as_slice() {
        [] => Ok(None),
        [(_, id, _)] => Ok(Some(id.clone())),
        _ => Err(Refusal::new(412, "multiple-matches", "If-None-Exist finds more than one")),
    }
}

fn carry_out(
    db: &Connection,
    manners: Manners,
    entry: &Entry,
    fixed: Option<String>,
    inside: &dyn Fn(&str) -> bool,
    now: i64,
) -> Result<Value, Refusal> {
    match (entry.method.as_str(), &entry.id) {
        ("GET", Some(id)) => {
            let (version, body) = rows::read(db, &entry.kind, id)?;
            let resource: Value = serde_json::from_str(&body).map_err(|_| Refusal::new(500, "exception", "stored text is no JSON"))?;
            Ok(json!({ "resource": resource, "response": { "status": "200 OK", "etag": format!("W/\"{version}\"") } }))
        }
        ("GET", None) => {
            let found = search::run(db, manners, &entry.kind, &entry.query)?;
            let page = super::page(db, &found, 0, "")?;
            let resource: Value = serde_json::from_str(&page).map_err(|_| Refusal::new(500, "exception", "page is no JSON"))?;
            Ok(json!({ "resource": resource, "response": { "status": "200 OK" } }))
        }
        ("PUT", Some(id)) => {
            let body = manners::check(db, manners, &entry.kind, &entry.body, inside)?;
            // As measured: a loose server does not look at If-Match inside bundles.
            let if_match = if manners == Manners::Loose { None } else { entry.if_match.as_deref() };
            Ok(answer(&rows::put(db, manners, &entry.kind, id, &body, if_match, now)?))
        }
        ("POST", _) => {
            let already = fixed.clone().filter(|id| rows::newest(db, &entry.kind, id).is_ok_and(|n| n.is_some()));
            if let (Some(id), Some(_)) = (already, &entry.if_none_exist) {
                let (version, _) = rows::read(db, &entry.kind, &id)?;
                return Ok(
                    json!({ "response": { "status": "200 OK", "location": format!("{}/{id}/_history/{version}", entry.kind), "etag": format!("W/\"{version}\"") } }),
                );
            }
            let body = manners::check(db, manners, &entry.kind, &entry.body, inside)?;
            let id = fixed.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
            Ok(answer(&rows::put(db, manners, &entry.kind, &id, &body, None, now)?))
        }
        ("DELETE", Some(id)) => {
            rows::delete(db, &entry.kind, id, now)?;
            Ok(json!({ "response": { "status": "204 No Content" } }))
        }
        (method, _) => Err(Refusal::at(400, "not-supported", format!("{method} is not served here"), "request.method")),
    }
}

fn answer(written: &Written) -> Value {
    json!({ "response": {
        "status": if written.created { "201 Created" } else { "200 OK" },
        "location": format!("{}/{}/_history/{}", written.kind, written.id, written.version),
        "etag": format!("W/\"{}\"", written.version),
        "lastModified": rows::instant(written.updated),
    } })
}

fn rewrite(value: &mut Value, renamed: &BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                match inner {
                    Value::String(target) if key == "reference" => {
                        if let Some(to) = renamed.get(target) {
                            *target = to.clone();
                        }
                    }
                    _ => rewrite(inner, renamed),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| rewrite(inner, renamed)),
        _ => {}
    }
}
