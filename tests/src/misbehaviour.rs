//! One visit of two partners, played against a real server through a box that misbehaves in one way: what other servers,
//! gateways and firewalls were seen to do. `tests/scenarios` plays all of it on the sandbox's server, `make interop` on others.
//!
//! Rule: whatever the way, nothing is lost, nothing is shown as at the agency that is not there, the phones stop asking, and
//! what does not work is said by its name; once the box behaves, everything arrives. Neighbours: `middlebox` carries.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anydoor_core::api::{AnydoorError, ItemTruth, StartedRow, SyncRow};
use anydoor_core::base::clock::Instant;
use anydoor_core::fhir::Document;
use anydoor_core::http::{NoToken, Timeouts};
use anydoor_sandbox::county::County;
use anydoor_sandbox::gateway::Gateway;
use serde_json::{Value, json};

use crate::middlebox::{Answered, Asked, Changes, Middlebox, Passing};
use crate::{Phone, Who, sides, visit};

type Played<T> = Result<T, Box<dyn std::error::Error>>;

/// The most requests that two phones may send in one play: pages of two bring long lists slowly.
const MOST_REQUESTS: usize = 1_000;

/// What must be seen while the box misbehaves.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// Everything works as on a good server.
    Everything,
    /// The work of the team is not shown as known: a sync ends with this error.
    Error(AnydoorError),
    /// The sync goes on, and a remark names this search.
    Remark(&'static str),
    /// The notes arrive; something else may be left for later or for a person.
    Notes,
    /// Nothing arrives, and nothing says that it did.
    Nothing,
}

/// One way of misbehaving.
pub struct Way {
    /// Its name.
    pub name: &'static str,
    /// What must be seen.
    pub seen: Seen,
    changes: Box<dyn Changes>,
}

impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Way").field("name", &self.name).field("seen", &self.seen).finish_non_exhaustive()
    }
}

type OnRequest = fn(&str, &Asked) -> Passing;
type OnAnswer = fn(&str, &Asked, &mut Answered);

/// Two functions.
struct Both(OnRequest, OnAnswer);

impl Changes for Both {
    fn request(&self, own: &str, asked: &Asked) -> Passing {
        (self.0)(own, asked)
    }
    fn answer(&self, own: &str, asked: &Asked, answered: &mut Answered) {
        (self.1)(own, asked, answered);
    }
}

/// A way that can be ended.
struct Until {
    misbehaves: Arc<AtomicBool>,
    changes: Box<dyn Changes>,
}

impl Changes for Until {
    fn request(&self, own: &str, asked: &Asked) -> Passing {
        if self.misbehaves.load(Ordering::SeqCst) { self.changes.request(own, asked) } else { Passing::On }
    }
    fn answer(&self, own: &str, asked: &Asked, answered: &mut Answered) {
        if self.misbehaves.load(Ordering::SeqCst) {
            self.changes.answer(own, asked, answered);
        }
    }
}

fn on(_: &str, _: &Asked) -> Passing {
    Passing::On
}

fn as_it_came(_: &str, _: &Asked, _: &mut Answered) {}

fn outcome(status: u16, words: &str) -> Answered {
    let body = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "forbidden", "diagnostics": words }] });
    Answered::made(status, body.to_string())
}

fn is_search(asked: &Asked, kind: &str) -> bool {
    asked.method == "GET" && asked.target.contains(&format!("/{kind}?"))
}

/// Changes the JSON of an answer.
fn json_of(answered: &mut Answered, change: impl FnOnce(&mut Value)) {
    if let Ok(mut value) = serde_json::from_slice(&answered.body) {
        change(&mut value);
        answered.body = value.to_string().into_bytes();
    }
}

/// Puts another form in place of every next link.
fn next_link(answered: &mut Answered, change: impl Fn(&str) -> String) {
    json_of(answered, |bundle| {
        for link in bundle.get_mut("link").and_then(Value::as_array_mut).into_iter().flatten() {
            if link.get("relation") == Some(&json!("next")) {
                let url = link.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
                if let Value::Object(map) = link {
                    map.insert("url".into(), json!(change(&url)));
                }
            }
        }
    });
}

/// The path and query of a link, without its server.
fn local(url: &str) -> String {
    url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or(url.to_owned(), |(_, path)| format!("/{path}"))
}

/// Every search answers in pages of two, so that there are next links to follow.
fn in_twos(_: &str, asked: &Asked) -> Passing {
    let Some((before, count)) = asked.target.split_once("_count=") else { return Passing::On };
    let rest = count.split_once('&').map_or(String::new(), |(_, rest)| format!("&{rest}"));
    Passing::Instead(format!("{before}_count=2{rest}"))
}

/// The parameter that carries the path of a next page.
const PATH: &str = "anydoor-path=";

fn elsewhere_in_twos(own: &str, asked: &Asked) -> Passing {
    let Some((_, carried)) = asked.target.split_once(PATH) else { return in_twos(own, asked) };
    let (path, query) = carried.split_once('&').unwrap_or((carried, ""));
    Passing::Instead(format!("{}?{query}", path.replace("%2F", "/")))
}

fn is_transaction(asked: &Asked) -> bool {
    asked.method == "POST" && asked.target.trim_end_matches('/').ends_with("/fhir")
}

/// A transaction of which the server says 200, while every entry is refused.
fn refused_inside(_: &str, asked: &Asked) -> Passing {
    if !is_transaction(asked) {
        return Passing::On;
    }
    let entries = serde_json::from_slice::<Value>(&asked.body).ok().and_then(|b| Some(b.get("entry")?.as_array()?.len())).unwrap_or(0);
    let refused = json!({ "response": { "status": "403 Forbidden" } });
    let body = json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": vec![refused; entries] });
    Passing::Answer(Answered::made(200, body.to_string()))
}

fn accepted_and_forgotten(_: &str, asked: &Asked) -> Passing {
    if asked.method == "GET" { Passing::On } else { Passing::Answer(Answered::made(202, "")) }
}

/// A server that does not know search parameters beside the type, and does not say so.
fn parameters_ignored(_: &str, asked: &Asked) -> Passing {
    let Some((path, query)) = asked.target.split_once('?') else { return Passing::On };
    let known: Vec<&str> = query.split('&').filter(|part| part.starts_with('_') && !part.starts_with("_id=")).collect();
    if asked.method == "GET" { Passing::Instead(format!("{path}?{}", known.join("&"))) } else { Passing::On }
}

/// Adds a Task of this team whose references no phone can follow.
fn odd_task(own: &str, asked: &Asked, answered: &mut Answered) {
    if !is_search(asked, "Task") || !asked.target.contains("owner") {
        return;
    }
    json_of(answered, |bundle| {
        let entries = bundle.get("entry").and_then(Value::as_array).cloned().unwrap_or_default();
        let ours = entries.iter().find(|entry| entry.pointer("/resource/owner/reference").is_some()).cloned();
        let Some(ours) = ours else { return };
        let odd =
            ["https://elsewhere.example/fhir/ServiceRequest/x", "urn:uuid:5f1c7d8e-0000-4000-8000-000000000001", "#p", "not a reference"];
        let made = odd.iter().enumerate().map(|(index, reference)| {
            let mut entry = ours.clone();
            if let Some(Value::Object(task)) = entry.get_mut("resource") {
                task.insert("id".into(), json!(format!("odd-{index}")));
                task.insert("focus".into(), json!({ "reference": reference }));
                task.insert("for".into(), json!({ "identifier": { "value": "logical" } }));
            }
            if let Value::Object(entry) = &mut entry {
                entry.insert("fullUrl".into(), json!(format!("{own}/Task/odd-{index}")));
            }
            entry
        });
        let all: Vec<Value> = made.chain(entries.iter().cloned()).collect();
        if let Value::Object(bundle) = bundle {
            bundle.insert("entry".into(), Value::Array(all));
        }
    });
}

/// The references of a team's Tasks become absolute, with a version.
fn absolute_references(own: &str, asked: &Asked, answered: &mut Answered) {
    if !is_search(asked, "Task") {
        return;
    }
    json_of(answered, |bundle| {
        for entry in bundle.get_mut("entry").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(reference) = entry.pointer_mut("/resource/focus/reference") {
                let relative = reference.as_str().unwrap_or_default().to_owned();
                if !relative.contains("://") {
                    *reference = json!(format!("{own}/{relative}/_history/1"));
                }
            }
        }
    });
}

fn date_ahead(_: &str, _: &Asked, answered: &mut Answered) {
    let ahead = Instant::now() + jiff::SignedDuration::from_hours(2);
    answered.header("date", &jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&ahead).unwrap_or_default());
}

fn byte_order_mark(_: &str, _: &Asked, answered: &mut Answered) {
    if !answered.body.is_empty() {
        answered.body.splice(..0, *b"\xef\xbb\xbf");
    }
}

fn shouted_type(_: &str, _: &Asked, answered: &mut Answered) {
    answered.header("content-type", "Application/FHIR+JSON;charset=UTF-8");
}

fn null_entry(_: &str, _: &Asked, answered: &mut Answered) {
    json_of(answered, |bundle| {
        if let Value::Object(map) = bundle
            && map.get("type") == Some(&json!("searchset"))
            && map.get("entry").and_then(Value::as_array).is_none_or(Vec::is_empty)
        {
            map.insert("entry".into(), Value::Null);
        }
    });
}

fn precondition_required(_: &str, _: &Asked, answered: &mut Answered) {
    if matches!(answered.status, 409 | 412) {
        *answered = outcome(428, "precondition required");
    }
}

fn conflict_as_400(_: &str, _: &Asked, answered: &mut Answered) {
    if matches!(answered.status, 409 | 412) {
        let issue = json!([{ "severity": "error", "code": "conflict", "diagnostics": "version conflict" }]);
        *answered = Answered::made(400, json!({ "resourceType": "OperationOutcome", "issue": issue }).to_string());
    }
}

impl Way {
    /// A box that misbehaves so, before the server at `base`, for as long as it lives.
    ///
    /// # Errors
    /// As [`Middlebox::new`].
    pub async fn stand_before(self, base: &str) -> std::io::Result<Middlebox> {
        Middlebox::new(base, Arc::from(self.changes)).await
    }
}

/// Every way, with what must be seen.
pub fn ways() -> Vec<Way> {
    let way = |name, seen, request: OnRequest, answer: OnAnswer| Way { name, seen, changes: Box::new(Both(request, answer)) };
    vec![
        way("references that cannot be followed", Seen::Everything, on, odd_task),
        way("absolute, versioned references", Seen::Everything, on, absolute_references),
        // Each is then sent alone, and arrives.
        way("a transaction whose entries are refused inside a 200", Seen::Notes, refused_inside, as_it_came),
        way("202 that stores nothing", Seen::Nothing, accepted_and_forgotten, as_it_came),
        way(
            "the search for the team's work refused",
            Seen::Error(AnydoorError::WorkRefused),
            |_, asked| if is_search(asked, "Task") { Passing::Answer(outcome(403, "scope")) } else { Passing::On },
            as_it_came,
        ),
        way(
            "another search refused",
            Seen::Remark("Provenance"),
            |_, asked| if is_search(asked, "Provenance") { Passing::Answer(outcome(403, "scope")) } else { Passing::On },
            as_it_came,
        ),
        way("next links without a server", Seen::Everything, in_twos, |_, _, a| next_link(a, local)),
        way("next links of a query alone", Seen::Everything, elsewhere_in_twos, |_, _, a| {
            // It is resolved against the page that it stands in, so where the server's own goes to another path, that is carried along.
            next_link(a, |url| local(url).split_once('?').map_or(url.to_owned(), |(path, query)| format!("?{PATH}{path}&{query}")));
        }),
        way("next links without a scheme", Seen::Everything, in_twos, |_, _, a| {
            next_link(a, |url| url.split_once(':').map_or(url.to_owned(), |(_, rest)| rest.to_owned()));
        }),
        way("next links with a server's internal name", Seen::Everything, in_twos, |_, _, a| {
            next_link(a, |url| format!("http://fhir.internal:8080{}", local(url)));
        }),
        way("search parameters ignored", Seen::Everything, parameters_ignored, as_it_came),
        way("a clock two hours ahead", Seen::Everything, on, date_ahead),
        way("a byte order mark", Seen::Everything, on, byte_order_mark),
        way("the media type in capitals", Seen::Everything, on, shouted_type),
        way("an empty bundle with a null entry", Seen::Everything, on, null_entry),
        way("428 for a conflict", Seen::Everything, on, precondition_required),
        way("400 for a conflict", Seen::Everything, on, conflict_as_400),
        way(
            "one item that is always a server error",
            Seen::Notes,
            |_, asked| {
                let own = asked.method == "PUT" && asked.target.contains("/Encounter/");
                if own { Passing::Answer(outcome(500, "no")) } else { Passing::On }
            },
            as_it_came,
        ),
    ]
}

/// Plays one way against the server at `base`, which holds the county. Returns what is wrong; empty where nothing is.
///
/// # Errors
/// Where the play itself cannot go on.
pub async fn play(base: &str, county: &County, gateway: &Gateway, way: Way) -> Played<Vec<String>> {
    let misbehaves = Arc::new(AtomicBool::new(true));
    let changes = Until { misbehaves: misbehaves.clone(), changes: way.changes };
    let middlebox = Middlebox::new(base, Arc::new(changes)).await?;
    let phone = |member| Phone::new(county, middlebox.base_url(), Who { member, ..Who::default() }, Arc::new(NoToken), Timeouts::default());
    let (ana, ben) = (phone(0)?, phone(1)?);
    let mut wrong = Vec::new();
    let started = visit::begin(county, &ana)?;
    let mut syncs = vec![ana.client.sync(true).await, ben.client.sync(true).await];
    let draft = ana.client.save_draft("", &started.incident, &started.person, "he has eaten and sleeps".into())?;
    let second = ana.client.sign(&draft, &started.assignment)?;
    ana.client.tap(&started.assignment, "left-scene", "")?;
    syncs.push(ana.client.sync(false).await);
    // Ben has not seen Ana's tap: both change the assignment.
    if ben.client.assignment(&started.assignment).is_ok() {
        ben.client.tap(&started.assignment, "left-scene", "")?;
    }
    syncs.push(ben.client.sync(false).await);
    syncs.push(ben.client.sync(false).await);
    wrong.extend(judge(&way.seen, &syncs, &ana, &ben, &started, &second, gateway).await?);
    if middlebox.exchanges() > MOST_REQUESTS {
        wrong.push(format!("{} requests", middlebox.exchanges()));
    }
    misbehaves.store(false, Ordering::SeqCst);
    for item in ana.client.needs_you()?.into_iter().chain(ben.client.needs_you()?) {
        for phone in [&ana, &ben] {
            // It is one of the two phones' items.
            let _ = phone.client.retry(item.item);
        }
    }
    sides::settle(&[&ana, &ben]).await?;
    for phone in [&ana, &ben] {
        for reference in phone.client.everything()? {
            // A box that named a version in a reference did so within one version of its document: that may stand.
            let ours = Document::parse(phone.client.export(&reference)?.replace("/_history/1\"", "\"").as_bytes())?;
            match gateway.read(&reference).await {
                Err(error) => wrong.push(format!("afterwards {reference} is not at the agency: {error}")),
                Ok(theirs) => wrong.extend(ours.first_difference(&theirs).map(|at| format!("afterwards {reference} differs at {at}"))),
            }
        }
    }
    if ben.client.export(&format!("DocumentReference/{second}")).is_err() {
        wrong.push("afterwards the partner does not see the note".into());
    }
    Ok(wrong)
}

async fn judge(
    seen: &Seen,
    syncs: &[Result<SyncRow, AnydoorError>],
    ana: &Phone,
    ben: &Phone,
    started: &StartedRow,
    note: &str,
    gateway: &Gateway,
) -> Played<Vec<String>> {
    let mut wrong = Vec::new();
    let reference = format!("DocumentReference/{note}");
    let there = gateway.read(&reference).await.is_ok();
    let shown = ana.client.assignment(&started.assignment)?.row.truth == ItemTruth::AtTheAgency;
    if shown && !there {
        wrong.push("all is shown as at the agency, and a note is not there".into());
    }
    let errors: Vec<&AnydoorError> = syncs.iter().filter_map(|sync| sync.as_ref().err()).collect();
    let remarks: Vec<String> =
        syncs.iter().flatten().flat_map(|row| row.remarks.iter().map(|remark| format!("{} {}", remark.search, remark.what))).collect();
    let partner_sees = ben.client.export(&reference).is_ok();
    let open: Vec<_> = ana.client.needs_you()?.into_iter().chain(ben.client.needs_you()?).collect();
    if matches!(seen, Seen::Everything | Seen::Notes) && !(there && partner_sees) {
        wrong.push(format!("the note is at the agency: {there}; its partner sees it: {partner_sees}"));
    }
    match seen {
        Seen::Everything => {
            wrong.extend(errors.iter().map(|error| format!("a sync ended with {error:?}")));
            wrong.extend(open.iter().map(|item| format!("{} needs a person: {}", item.document, item.reason)));
        }
        Seen::Error(error) => {
            if !errors.contains(&error) {
                wrong.push(format!("no sync says {error:?}, but {errors:?}"));
            }
        }
        Seen::Remark(search) => {
            wrong.extend(errors.iter().map(|error| format!("a sync ended with {error:?}")));
            if !remarks.iter().any(|remark| remark.starts_with(search)) {
                wrong.push(format!("no remark about {search}, but {remarks:?}"));
            }
        }
        Seen::Notes => {}
        Seen::Nothing => {
            if there || shown {
                wrong.push("something arrived although nothing was stored".into());
            }
        }
    }
    Ok(wrong)
}
