//! HTTP: routes, limits, headers.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anydoor_core::json::{self as guarded, Limits};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State as Ext};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use rusqlite::params;
use serde_json::Value;

use super::outcome::Refusal;
use super::rows::{self, Written};
use super::{State, bundle, capability, decode, manners, page, search};

type Shared = Ext<Arc<State>>;
type Answer = Result<Response, Refusal>;

const MOST_BYTES: usize = 64 << 20;

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/fhir", post(system).get(next_page))
        .route("/fhir/", post(system).get(next_page))
        .route("/fhir/metadata", get(metadata))
        .route("/fhir/_history", get(history_system))
        .route("/fhir/{kind}", get(search_type).post(create))
        .route("/fhir/{kind}/_search", post(search_form))
        .route("/fhir/{kind}/_history", get(history_type))
        .route("/fhir/{kind}/{id}", get(read).put(update).delete(delete))
        .route("/fhir/{kind}/{id}/_history", get(history_instance))
        .route("/fhir/{kind}/{id}/_history/{version}", get(vread))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(state.clone(), gate))
        .with_state(state)
}

/// Counts, and in a dead zone lets the connection die without a word.
async fn gate(Ext(state): Shared, request: Request, next: Next) -> Response {
    if !state.up.load(Ordering::SeqCst) {
        // A body that fails before its first byte makes hyper close the connection.
        let broken = axum::body::Body::from_stream(futures_once());
        return Response::builder().header(header::CONTENT_LENGTH, "1").body(broken).unwrap_or_default();
    }
    state.requests.fetch_add(1, Ordering::SeqCst);
    let mut response = next.run(request).await;
    let now = (state.clock)();
    if let Ok(date) = HeaderValue::from_str(&now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

fn futures_once() -> impl futures_core::Stream<Item = Result<Bytes, std::io::Error>> {
    struct Broken;
    impl futures_core::Stream for Broken {
        type Item = Result<Bytes, std::io::Error>;
        fn poll_next(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
        }
    }
    Broken
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        fhir(self.status, self.outcome().to_string())
    }
}

fn fhir(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/fhir+json; charset=utf-8")], body).into_response()
}

fn parse(bytes: &[u8], limits: Limits) -> Result<Value, Refusal> {
    guarded::read(bytes, limits).map_err(|error| Refusal::new(400, "structure", error.to_string()))
}

fn known(kind: &str) -> Result<(), Refusal> {
    let name = kind.starts_with(|c: char| c.is_ascii_uppercase()) && kind.bytes().all(|b| b.is_ascii_alphabetic());
    if name { Ok(()) } else { Err(Refusal::new(404, "not-found", "no such resource type")) }
}

fn written(state: &State, status: u16, written: &Written) -> Response {
    let mut response = fhir(status, written.body.clone());
    let location = format!("{}/{}/{}/_history/{}", state.base, written.kind, written.id, written.version);
    for (name, value) in [(header::ETAG, format!("W/\"{}\"", written.version)), (header::LOCATION, location)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn metadata(Ext(state): Shared) -> Answer {
    Ok(fhir(200, capability::statement(state.manners, &(state.clock)().to_string()).to_string()))
}

async fn read(Ext(state): Shared, Path((kind, id)): Path<(String, String)>) -> Answer {
    let (version, body) = rows::read(&state.db(), &kind, &id)?;
    let mut response = fhir(200, body);
    if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

async fn vread(Ext(state): Shared, Path((kind, id, version)): Path<(String, String, String)>) -> Answer {
    Ok(fhir(200, rows::vread(&state.db(), &kind, &id, &version)?))
}

async fn update(Ext(state): Shared, Path((kind, id)): Path<(String, String)>, headers: HeaderMap, bytes: Bytes) -> Answer {
    known(&kind)?;
    let body = parse(&bytes, Limits::RESOURCE)?;
    if !anydoor_core::ids::is_legal(&id) || body.get("id").and_then(Value::as_str) != Some(&id) {
        return Err(Refusal::at(400, "invalid", "the id in the body is not the id in the address", format!("{kind}.id")));
    }
    let if_match = headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok());
    let mut db = state.db();
    let tx = db.transaction().map_err(Refusal::from)?;
    let own = format!("{kind}/{id}");
    let kept = manners::check(&tx, state.manners, &kind, &body, &|target| target == own)?;
    let done = rows::put(&tx, state.manners, &kind, &id, &kept, if_match, state.now())?;
    tx.commit().map_err(Refusal::from)?;
    Ok(written(&state, if done.created { 201 } else { 200 }, &done))
}

async fn create(Ext(state): Shared, Path(kind): Path<String>, headers: HeaderMap, bytes: Bytes) -> Answer {
    known(&kind)?;
    let body = parse(&bytes, Limits::RESOURCE)?;
    let mut db = state.db();
    let tx = db.transaction().map_err(Refusal::from)?;
    if let Some(condition) = headers.get("if-none-exist").and_then(|v| v.to_str().ok()) {
        let found = search::run(&tx, state.manners, &kind, &decode(condition))?;
        match found.rows.as_slice() {
            [] => {}
            [(_, id, _)] => return Ok(fhir(200, rows::read(&tx, &kind, id)?.1)),
            _ => return Err(Refusal::new(412, "multiple-matches", "If-None-Exist finds more than one")),
        }
    }
    let kept = manners::check(&tx, state.manners, &kind, &body, &|_| false)?;
    let done = rows::put(&tx, state.manners, &kind, &uuid::Uuid::now_v7().to_string(), &kept, None, state.now())?;
    tx.commit().map_err(Refusal::from)?;
    Ok(written(&state, 201, &done))
}

async fn delete(Ext(state): Shared, Path((kind, id)): Path<(String, String)>, headers: HeaderMap) -> Answer {
    let mut db = state.db();
    let tx = db.transaction().map_err(Refusal::from)?;
    if let (Some(wanted), false) = (headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok()), state.manners == super::Manners::Hapi) {
        let (version, _) = rows::read(&tx, &kind, &id)?;
        if wanted.trim_start_matches("W/").trim_matches('"') != version.to_string() {
            return Err(Refusal::new(412, "conflict", "the version has changed"));
        }
    }
    rows::delete(&tx, &kind, &id, state.now())?;
    tx.commit().map_err(Refusal::from)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn system(Ext(state): Shared, bytes: Bytes) -> Answer {
    let value = parse(&bytes, Limits::MESSAGE)?;
    if value.get("entry").and_then(Value::as_array).is_some_and(|entries| entries.len() > 200_000) {
        return Err(Refusal::new(400, "too-long", "more than 200,000 entries"));
    }
    let answer = bundle::run(&mut state.db(), state.manners, value, state.now())?;
    Ok(fhir(200, answer.to_string()))
}

async fn search_type(Ext(state): Shared, Path(kind): Path<String>, RawQuery(query): RawQuery) -> Answer {
    known(&kind)?;
    first_page(&state, &kind, &decode(query.as_deref().unwrap_or_default()))
}

async fn search_form(Ext(state): Shared, Path(kind): Path<String>, RawQuery(query): RawQuery, body: String) -> Answer {
    known(&kind)?;
    let mut pairs = decode(query.as_deref().unwrap_or_default());
    pairs.extend(decode(&body));
    first_page(&state, &kind, &pairs)
}

fn first_page(state: &State, kind: &str, pairs: &[(String, String)]) -> Answer {
    let db = state.db();
    let found = search::run(&db, state.manners, kind, pairs)?;
    let more = found.rows.len() > found.count && !found.total_only;
    let next = if more { keep(state, found.clone()) } else { String::new() };
    Ok(fhir(200, page(&db, &found, 0, &next)?))
}

/// Keeps a result for its next pages; the oldest of many is forgotten. Returns the address of the second page.
fn keep(state: &State, found: search::Found) -> String {
    const MOST: usize = 200;
    let token = uuid::Uuid::now_v7().to_string();
    let next = format!("{}?_page={token}&_offset={}", state.base, found.count);
    let mut results = state.results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.push_back((token, found));
    if results.len() > MOST {
        results.pop_front();
    }
    next
}

async fn next_page(Ext(state): Shared, RawQuery(query): RawQuery) -> Answer {
    let pairs = decode(query.as_deref().unwrap_or_default());
    let of = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let gone = || Refusal::new(410, "not-found", "this page is no longer kept: search again");
    let token = of("_page").ok_or_else(|| Refusal::new(404, "not-found", "nothing here"))?;
    let offset: usize = of("_offset").and_then(|o| o.parse().ok()).ok_or_else(gone)?;
    let results = state.results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let found = results.iter().find(|(t, _)| *t == token).map(|(_, found)| found.clone()).ok_or_else(gone)?;
    drop(results);
    let after = offset.saturating_add(found.count);
    let next = if after < found.rows.len() { format!("{}?_page={token}&_offset={after}", state.base) } else { String::new() };
    Ok(fhir(200, page(&state.db(), &found, offset, &next)?))
}

async fn history_system(Ext(state): Shared, RawQuery(query): RawQuery) -> Answer {
    history(&state, None, None, &decode(query.as_deref().unwrap_or_default()))
}

async fn history_type(Ext(state): Shared, Path(kind): Path<String>, RawQuery(query): RawQuery) -> Answer {
    history(&state, Some(&kind), None, &decode(query.as_deref().unwrap_or_default()))
}

async fn history_instance(Ext(state): Shared, Path((kind, id)): Path<(String, String)>, RawQuery(query): RawQuery) -> Answer {
    history(&state, Some(&kind), Some(&id), &decode(query.as_deref().unwrap_or_default()))
}

/// History, newest first, deletions among it; pages go on before the last one's time.
fn history(state: &State, kind: Option<&str>, id: Option<&str>, pairs: &[(String, String)]) -> Answer {
    let (mut since, mut before, mut count) = (i64::MIN, i64::MAX, 100_usize);
    for (name, value) in pairs {
        let bad = || Refusal::new(400, "invalid", format!("'{name}' has a value that cannot be read"));
        match name.as_str() {
            "_since" => since = super::parameters::span(value).ok_or_else(bad)?.0,
            "_before" => before = value.parse().map_err(|_| bad())?,
            "_count" => count = value.parse::<usize>().map_err(|_| bad())?.clamp(1, 1000),
            "_format" => {}
            _ => return Err(Refusal::new(400, "not-supported", format!("history does not know '{name}'"))),
        }
    }
    let db = state.db();
    let mut statement = db
        .prepare_cached(
            "SELECT kind, id, version, updated, body, method FROM versions
             WHERE updated >= ?1 AND updated < ?2 AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR id = ?4) ORDER BY updated DESC LIMIT ?5",
        )
        .map_err(Refusal::from)?;
    let rows = statement.query_map(params![since, before, kind, id, i64::try_from(count + 1).unwrap_or(i64::MAX)], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, i64>(2)?,
            row.get::<_, i64>(3)?,
            row.get::<_, Option<String>>(4)?,
            row.get::<_, String>(5)?,
        ))
    });
    let mut rows = rows.and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(Refusal::from)?;
    let more = rows.len() > count;
    rows.truncate(count);
    let last = rows.last().map(|row| row.3);
    let entries: Vec<String> = rows
        .into_iter()
        .map(|(kind, id, version, updated, body, method)| {
            let resource = body.map(|b| format!("\"resource\":{b},")).unwrap_or_default();
            let at = rows::instant(updated);
            format!("{{{resource}\"request\":{{\"method\":\"{method}\",\"url\":\"{kind}/{id}\"}},\"response\":{{\"status\":\"200\",\"etag\":\"W/\\\"{version}\\\"\",\"lastModified\":\"{at}\"}}}}")
        })
        .collect();
    let mut link = String::new();
    if let (true, Some(last)) = (more, last) {
        let path = [kind, id].into_iter().flatten().map(|p| format!("/{p}")).collect::<String>();
        let since = pairs.iter().find(|(n, _)| n == "_since").map(|(_, v)| format!("&_since={v}")).unwrap_or_default();
        link =
            format!(",\"link\":[{{\"relation\":\"next\",\"url\":\"{}{path}/_history?_count={count}&_before={last}{since}\"}}]", state.base);
    }
    Ok(fhir(200, format!("{{\"resourceType\":\"Bundle\",\"type\":\"history\"{link},\"entry\":[{}]}}", entries.join(","))))
}
