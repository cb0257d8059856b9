//! HTTP: addresses, headers, limits. Work on the database runs on threads of its own, so that a long transaction does
//! not hold up the others' connections. Every error is an OperationOutcome.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use anydoor_core::base::json::{self, Limits};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State as Ext};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use rusqlite::Connection;
use serde_json::Value;

use super::history::{self, Of};
use super::interactions::{self, Conditions, Desk, Done};
use super::outcome::Refusal;
use super::store::Stored;
use super::{State, bundle, capability, dates, pages, query, search, types};

type Shared = Ext<Arc<State>>;
type Answer = Result<Response, Refusal>;
type Body = Result<Bytes, BytesRejection>;

const MOST_BYTES: usize = 64 << 20;
const IF_NONE_EXIST: HeaderName = HeaderName::from_static("if-none-exist");

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
        .fallback(|| async { Refusal::new(404, "not-supported", "this address is not served") })
        .method_not_allowed_fallback(|| async { Refusal::new(405, "not-supported", "this method is not served here") })
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(state.clone(), gate))
        .with_state(state)
}

/// Counts, refuses other formats, and says the server's time.
async fn gate(Ext(state): Shared, request: Request, next: Next) -> Response {
    let mut response = match other_format(&request).or_else(|| not_signed_in(&state, &request)) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    };
    state.requests.fetch_add(1, Ordering::SeqCst);
    let now = (state.clock)().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    set(&mut response, header::DATE, &now);
    response
}

/// JSON is the only format: what asks for another or brings another is refused.
fn other_format(request: &Request) -> Option<Refusal> {
    let said = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accepts = said(header::ACCEPT);
    let format = query::decode(request.uri().query().unwrap_or_default()).into_iter().find(|(name, _)| name == "_format");
    let served = |text: &str| text.is_empty() || text.contains("json") || text.contains('*');
    if !format.map_or_else(|| served(accepts), |(_, format)| served(&format)) {
        return Some(Refusal::new(406, "not-supported", "only JSON is served"));
    }
    let brought = said(header::CONTENT_TYPE);
    let form = request.uri().path().ends_with("/_search") && brought.contains("x-www-form-urlencoded");
    (!form && !served(brought)).then(|| Refusal::new(415, "not-supported", "only JSON is read"))
}

fn not_signed_in(state: &State, request: &Request) -> Option<Refusal> {
    let token = state.token.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
    let brought = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    (brought != Some(&format!("Bearer {token}"))).then(|| Refusal::new(401, "login", "a token is wanted that is not this one"))
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        fhir(self.status, self.outcome())
    }
}

fn fhir(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/fhir+json; charset=utf-8")], body).into_response()
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Does work on the database away from the connections' threads.
async fn on_database<T, F>(state: &Arc<State>, work: F) -> Result<T, Refusal>
where
    T: Send + 'static,
    F: FnOnce(&State, &mut Connection) -> Result<T, Refusal> + Send + 'static,
{
    let state = state.clone();
    let done = tokio::task::spawn_blocking(move || work(&state, &mut state.db()));
    done.await.unwrap_or_else(|_| Err(Refusal::new(500, "exception", "the server failed at this request")))
}

fn bytes(body: Body) -> Result<Bytes, Refusal> {
    body.map_err(|rejection| match rejection.status().as_u16() {
        413 => Refusal::new(413, "too-long", "more than 64 MB"),
        _ => Refusal::new(400, "structure", "the body did not arrive whole"),
    })
}

fn resource(bytes: &[u8]) -> Result<Value, Refusal> {
    json::read(bytes, Limits::RESOURCE).map_err(|error| Refusal::new(400, "structure", error.to_string()))
}

fn known(kind: &str) -> Result<(), Refusal> {
    if types::is_type(kind) { Ok(()) } else { Err(Refusal::new(404, "not-supported", format!("'{kind}' is no type of resource"))) }
}

fn conditions(headers: &HeaderMap) -> Conditions {
    let said = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Conditions { if_match: said(header::IF_MATCH), if_none_match: said(header::IF_NONE_MATCH), if_none_exist: said(IF_NONE_EXIST) }
}

fn one(state: &State, headers: &HeaderMap, status: u16, stored: Stored, written: bool) -> Response {
    let Stored { kind, id, version, updated, body, .. } = stored;
    let minimal = written && headers.get("prefer").and_then(|value| value.to_str().ok()).is_some_and(|p| p.contains("return=minimal"));
    let mut response = match body.filter(|_| !minimal) {
        Some(body) => fhir(status, body),
        None => StatusCode::from_u16(status).unwrap_or(StatusCode::NO_CONTENT).into_response(),
    };
    set(&mut response, header::ETAG, &format!("W/\"{version}\""));
    if written && status != 204 {
        set(&mut response, header::LOCATION, &format!("{}/{kind}/{id}/_history/{version}", state.base));
    }
    if let Ok(at) = jiff::Timestamp::from_microsecond(updated) {
        set(&mut response, header::LAST_MODIFIED, &at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    }
    response
}

async fn metadata(Ext(state): Shared) -> Response {
    fhir(200, capability::statement(state.strictness, &state.base, &dates::instant(state.now())))
}

async fn read(Ext(state): Shared, Path((kind, id)): Path<(String, String)>, headers: HeaderMap) -> Answer {
    known(&kind)?;
    let stored = on_database(&state, move |_, db| interactions::read(db, &kind, &id)).await?;
    let tag = format!("W/\"{}\"", stored.version);
    let unchanged = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    if unchanged {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    Ok(one(&state, &headers, 200, stored, false))
}

async fn vread(Ext(state): Shared, Path((kind, id, version)): Path<(String, String, String)>, headers: HeaderMap) -> Answer {
    known(&kind)?;
    let stored = on_database(&state, move |_, db| interactions::vread(db, &kind, &id, &version)).await?;
    Ok(one(&state, &headers, 200, stored, false))
}

/// Runs one write in a transaction of its own.
async fn write(
    state: &Arc<State>,
    own: String,
    work: impl FnOnce(&Desk<'_>) -> Result<Done, Refusal> + Send + 'static,
) -> Result<Done, Refusal> {
    on_database(state, move |state, db| {
        let tx = db.transaction()?;
        let inside = |target: &str| target == own;
        let done = work(&Desk { db: &tx, strictness: state.strictness, base: &state.base, now: state.now(), inside: &inside })?;
        tx.commit()?;
        Ok(done)
    })
    .await
}

async fn update(Ext(state): Shared, Path((kind, id)): Path<(String, String)>, headers: HeaderMap, body: Body) -> Answer {
    known(&kind)?;
    let (body, conditions) = (bytes(body)?, conditions(&headers));
    let done = write(&state, format!("{kind}/{id}"), move |desk| desk.update(&kind, &id, resource(&body)?, &conditions)).await?;
    Ok(one(&state, &headers, done.status, done.stored, true))
}

async fn create(Ext(state): Shared, Path(kind): Path<String>, headers: HeaderMap, body: Body) -> Answer {
    known(&kind)?;
    let (body, conditions) = (bytes(body)?, conditions(&headers));
    let id = uuid::Uuid::now_v7().to_string();
    let work = move |desk: &Desk<'_>| {
        let found = conditions.if_none_exist.map(|condition| desk.existing(&kind, &condition)).transpose()?.flatten();
        match found {
            Some(stored) => Ok(Done { status: 200, stored }),
            None => desk.create(&kind, &id, resource(&body)?),
        }
    };
    let done = write(&state, String::new(), work).await?;
    Ok(one(&state, &headers, done.status, done.stored, true))
}

async fn delete(Ext(state): Shared, Path((kind, id)): Path<(String, String)>, headers: HeaderMap) -> Answer {
    known(&kind)?;
    let conditions = conditions(&headers);
    let gone = Stored { kind: kind.clone(), id: id.clone(), version: 0, updated: 0, method: "DELETE".into(), body: None };
    let work = move |desk: &Desk<'_>| Ok(desk.delete(&kind, &id, &conditions)?.unwrap_or(Done { status: 204, stored: gone }));
    let done = write(&state, String::new(), work).await?;
    // Nothing was there: nothing to name.
    if done.stored.version == 0 { Ok(StatusCode::NO_CONTENT.into_response()) } else { Ok(one(&state, &headers, 204, done.stored, true)) }
}

async fn system(Ext(state): Shared, body: Body) -> Answer {
    let body = bytes(body)?;
    Ok(fhir(200, on_database(&state, move |state, db| bundle::run(state, db, &body)).await?))
}

async fn search_type(Ext(state): Shared, Path(kind): Path<String>, RawQuery(asked): RawQuery) -> Answer {
    first_page(state, kind, query::decode(asked.as_deref().unwrap_or_default())).await
}

async fn search_form(Ext(state): Shared, Path(kind): Path<String>, RawQuery(asked): RawQuery, body: Body) -> Answer {
    let mut pairs = query::decode(asked.as_deref().unwrap_or_default());
    pairs.extend(query::decode(&String::from_utf8_lossy(&bytes(body)?)));
    first_page(state, kind, pairs).await
}

async fn first_page(state: Arc<State>, kind: String, pairs: Vec<(String, String)>) -> Answer {
    known(&kind)?;
    let search = search::parse(state.strictness, &kind, &pairs)?;
    Ok(fhir(200, on_database(&state, move |state, db| pages::first(db, &state.base, &state.searches, search)).await?))
}

async fn next_page(Ext(state): Shared, RawQuery(asked): RawQuery) -> Answer {
    let pairs = query::decode(asked.as_deref().unwrap_or_default());
    let Some((_, page)) = pairs.into_iter().find(|(name, _)| name == "_page") else {
        return Err(Refusal::new(400, "not-supported", "searching all types at once is not served"));
    };
    Ok(fhir(200, on_database(&state, move |state, db| pages::next(db, &state.base, &state.searches, &page)).await?))
}

async fn history_system(Ext(state): Shared, RawQuery(asked): RawQuery) -> Answer {
    past(state, None, None, asked).await
}

async fn history_type(Ext(state): Shared, Path(kind): Path<String>, RawQuery(asked): RawQuery) -> Answer {
    known(&kind)?;
    past(state, Some(kind), None, asked).await
}

async fn history_instance(Ext(state): Shared, Path((kind, id)): Path<(String, String)>, RawQuery(asked): RawQuery) -> Answer {
    known(&kind)?;
    past(state, Some(kind), Some(id), asked).await
}

async fn past(state: Arc<State>, kind: Option<String>, id: Option<String>, asked: Option<String>) -> Answer {
    let pairs = query::decode(asked.as_deref().unwrap_or_default());
    let page = move |state: &State, db: &mut Connection| {
        history::page(db, &state.base, state.strictness, Of { kind: kind.as_deref(), id: id.as_deref() }, &pairs)
    };
    Ok(fhir(200, on_database(&state, page).await?))
}
