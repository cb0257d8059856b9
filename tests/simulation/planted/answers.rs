//! What phones hear, spoilt.

use anydoor_core::base::clock::Instant;
use anydoor_core::fhir::{Document, Revision};
use anydoor_core::http::{Answer, Failure, Method, Outcome, Request};
use anydoor_core::safety::Acknowledgement;
use serde_json::{Value, json};

use super::Planted;
use super::documents::{bundle, each, entries, reference, text};
use crate::phone::Phone;
use crate::server::Server;

/// Stamps each later than the one before, for what a search brings.
static LATER: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(4_000_000_000);

fn as_the_newest(document: &mut Value) {
    let at = LATER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    document["meta"]["lastUpdated"] = Value::String(jiff::Timestamp::from_second(at).unwrap().to_string());
    if let Some(extensions) = document.get_mut("extension").and_then(Value::as_array_mut) {
        extensions.retain(|extension| !text(extension, "/url").ends_with("revision"));
    }
}

fn done(version: &str) -> Outcome {
    Ok(Answer { status: 200, etag: Some(format!("W/\"{version}\"")), ..Answer::default() })
}

fn with(answer: &Answer, body: Vec<u8>) -> Outcome {
    Ok(Answer { body, ..answer.clone() })
}

/// A batch that says this of each document that was asked for.
fn each_said(request: &Request, said: impl Fn(&str) -> Value) -> Outcome {
    let mut asked = bundle(request.body.as_deref().unwrap_or_default().as_bytes());
    let entries: Vec<Value> = entries(&mut asked).map(|entry| said(text(entry, "/request/url"))).collect();
    let body = json!({ "resourceType": "Bundle", "type": "batch-response", "entry": entries }).to_string().into_bytes();
    Ok(Answer { status: 200, body, ..Answer::default() })
}

/// The answer of a server that has taken everything.
fn believed(request: &Request) -> Outcome {
    if request.method == Method::Put {
        return done("1");
    }
    each_said(request, |_| json!({ "response": { "status": "201 Created", "etag": "W/\"1\"" } }))
}

/// Whether a batch asks for Tasks and nothing else, as a look for what has left scope does.
fn reads_tasks_alone(request: &Request) -> bool {
    let mut asked = bundle(request.body.as_deref().unwrap_or_default().as_bytes());
    entries(&mut asked).all(|entry| text(entry, "/request/url").starts_with("Task/"))
}

impl Planted {
    pub fn answer(self, request: &Request, outcome: Outcome, phone: &Phone, server: &Server, now: Instant) -> Outcome {
        if self == Self::Nothing {
            return outcome;
        }
        let (puts, searches) = (request.method == Method::Put, request.path.contains('?'));
        let batch = request.method == Method::Post && request.body.as_deref().is_some_and(|body| body.contains("\"batch\""));
        let writes = request.body.is_some() && !batch;
        match (self, &outcome) {
            (Self::BelievesDrops, Err(Failure::Unreachable | Failure::NoAnswer)) if writes => believed(request),
            (Self::Ignores412, Ok(answer)) if puts && matches!(answer.status, 409 | 412) => done("9"),
            (Self::TakesRefusalForDelivery, Ok(answer)) if puts && matches!(answer.status, 403 | 404 | 410 | 413 | 422) => done("1"),
            (Self::BelievesFailures, Ok(answer)) if writes && answer.status >= 500 => believed(request),
            (Self::BelievesPortals, Ok(answer)) if writes && answer.content_type.as_deref() == Some("text/html") => believed(request),
            (Self::ClaimsWithoutLooking, Ok(answer)) if puts && matches!(answer.status, 409 | 412) => done("2"),
            (Self::ClaimsWithoutLooking, Ok(_)) if request.method == Method::Get && request.path.starts_with("Task/") => done("1"),
            (Self::BelievesTheWhole, Ok(answer)) if request.path.is_empty() && answer.status < 300 => {
                let mut bundle = bundle(&answer.body);
                for entry in entries(&mut bundle).filter(|entry| text(entry, "/response/status").starts_with("422")) {
                    entry["response"] = json!({ "status": "201 Created", "etag": "W/\"1\"" });
                }
                with(answer, bundle.to_string().into_bytes())
            }
            (Self::TakesSilenceForGone, Ok(_)) if batch && phone.full && reads_tasks_alone(request) => {
                each_said(request, |_| json!({ "response": { "status": "404 Not Found" } }))
            }
            (Self::TakesAbsenceForProof, Ok(answer)) if batch && answer.status < 300 => {
                let held = |reference: &str| {
                    let (kind, id) = reference.split_once('/')?;
                    let mut held = phone.store.as_ref()?.document(kind, id).ok()??.value().clone();
                    held["meta"] = json!({ "versionId": "1" });
                    Some(json!({ "resource": held, "response": { "status": "200 OK" } }))
                };
                let (mut asked, mut said) = (bundle(request.body.as_deref().unwrap_or_default().as_bytes()), bundle(&answer.body));
                for (asked, entry) in entries(&mut asked).zip(entries(&mut said)) {
                    if text(entry, "/response/status").starts_with("404") {
                        *entry = held(text(asked, "/request/url")).unwrap_or_else(|| entry.clone());
                    }
                }
                with(answer, said.to_string().into_bytes())
            }
            (Self::BelievesAnyDocument, Ok(answer)) if batch && answer.status < 300 => with(answer, shifted(&answer.body)),
            (Self::AcknowledgesItself, Ok(answer)) if request.method == Method::Get && !searches => {
                let Ok(mut task) = Document::parse(&answer.body) else { return outcome };
                if anydoor_core::fhir::safety::task_code(&task) == Some(anydoor_core::fhir::escalation::ESCALATION) {
                    let said = Acknowledgement { who: "nobody".into(), at: now, channel: "none".into() };
                    anydoor_core::fhir::escalation::acknowledge(&mut task, &said, "accepted");
                }
                with(answer, task.to_text().into_bytes())
            }
            (Self::ComparesReferencesAsText, Ok(answer)) => Ok(Answer { base: None, ..answer.clone() }),
            (Self::MissesRollbacks, Ok(answer)) => {
                let hidden = |document: &mut Value| *document = before_it_was_set_back(document, server);
                if searches || batch {
                    return with(answer, each(&answer.body, hidden));
                }
                let mut body = bundle(&answer.body);
                hidden(&mut body);
                with(answer, if body.is_object() { body.to_string().into_bytes() } else { answer.body.clone() })
            }
            (_, Ok(answer)) if searches => self.searched(request, answer, phone, now),
            _ => outcome,
        }
    }

    /// What a search brought.
    fn searched(self, request: &Request, answer: &Answer, phone: &Phone, now: Instant) -> Outcome {
        match self {
            Self::TakesRefusalForNothing if matches!(answer.status, 400 | 403 | 404 | 410 | 422) => {
                let nothing = json!({ "resourceType": "Bundle", "type": "searchset", "entry": [] });
                Ok(Answer { status: 200, body: nothing.to_string().into_bytes(), content_type: None, ..answer.clone() })
            }
            Self::TrustsDate => {
                let date = answer.date.map(|date| date.to_string());
                // A page that holds nothing gets something to be stamped by: a watermark from Date needs no document.
                with(answer, each(&answer.body, |document| document["meta"]["lastUpdated"] = date.clone().into()))
            }
            Self::TrustsItsOwnClock => {
                let clock = phone.now(now);
                let body = each(&answer.body, |document| document["meta"]["lastUpdated"] = json!(clock.to_string()));
                Ok(Answer { body, date: Some(clock), ..answer.clone() })
            }
            Self::DropsForeignLinks => {
                let mut bundle = bundle(&answer.body);
                if text(&bundle, "/link/0/url").starts_with("http://internal/") {
                    bundle.as_object_mut().unwrap().remove("link");
                    return with(answer, bundle.to_string().into_bytes());
                }
                Ok(answer.clone())
            }
            Self::TrustsSearches => with(answer, each(&answer.body, as_the_newest)),
            Self::PassesRecordsBy => {
                let mut bundle = bundle(&answer.body);
                if let Some(entries) = bundle.get_mut("entry").and_then(Value::as_array_mut) {
                    entries.retain(|entry| !text(entry, "/resource/id").ends_with(['0', '1', '2', '3']));
                    return with(answer, bundle.to_string().into_bytes());
                }
                Ok(answer.clone())
            }
            Self::BelievesFilters if request.path.starts_with("Task?owner=") => {
                let mine = json!({ "reference": format!("CareTeam/{}", phone.team) });
                let fitting = |document: &mut Value| {
                    if document.get("owner").is_some_and(|owner| *owner != mine) {
                        document["requestedPerformer"] = mine.clone();
                    }
                };
                with(answer, each(&answer.body, fitting))
            }
            _ => Ok(answer.clone()),
        }
    }
}

/// Each document of a batch under the id of the one before it, where both are of one type.
fn shifted(body: &[u8]) -> Vec<u8> {
    let mut said = bundle(body);
    let there: Vec<Value> = entries(&mut said).filter_map(|entry| entry.get("resource").cloned()).collect();
    for (at, entry) in entries(&mut said).filter(|entry| entry.get("resource").is_some()).enumerate() {
        let mut other = there[(at + 1) % there.len()].clone();
        if text(&other, "/resourceType") == text(entry, "/resource/resourceType") {
            other["id"] = entry["resource"]["id"].clone();
            entry["resource"] = other;
        }
    }
    said.to_string().into_bytes()
}

/// The newest that its writer ever wrote of a document.
fn before_it_was_set_back(document: &Value, server: &Server) -> Value {
    let revision = |body: &Value| Revision::of(&Document::from_value(body.clone()).ok()?);
    let Some(shown) = revision(document) else { return document.clone() };
    let reference = reference(document);
    let newest = server.history(&reference).filter_map(|body| Some((revision(body)?, body)));
    let of_writer = newest.filter(|(other, _)| other.writer == shown.writer && other.counter > shown.counter);
    of_writer.max_by_key(|(other, _)| other.counter).map_or_else(|| document.clone(), |(_, body)| body.clone())
}
