//! Bugs of the kinds that other clients had, planted around ours: the simulation must find each of them, or it proves
//! nothing. They live here, never in the core.

use anydoor_core::acts::receive::Intake;
use anydoor_core::arrive::{Incoming, Source};
use anydoor_core::assignment::{Assignment, State};
use anydoor_core::base::clock::Instant;
use anydoor_core::delivery::ParkReason;
use anydoor_core::fhir::Revision;
use anydoor_core::http::{Answer, Failure, Method, Outcome, Request};
use anydoor_core::store::Arrival;
use anydoor_gateway::Author;
use anydoor_tests::disk::Ails;
use serde_json::Value;

use crate::phone::Phone;
use crate::server::Server;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    Nothing,
    /// The disk says that it has synced, and has not.
    LyingDisk,
    /// Opening an existing database makes a new one.
    RecreatesOnOpen,
    /// A request that was dropped counts as delivered.
    BelievesDrops,
    /// "Changed meanwhile" counts as done.
    Ignores412,
    /// Whoever asks for a visit believes that it has it: the second look shows what it wants to see.
    ClaimsWithoutLooking,
    /// What was sent without an answer is sent again under a new id.
    NewIdOnResend,
    /// Somebody at the agency corrects signed notes.
    EditsSigned,
    /// A parked item is dropped after a while.
    EvictsParked,
    /// A change that met another is thrown away: the last writer wins.
    LastWriterWins,
    /// Whatever a search brings is taken for the newest.
    TrustsSearches,
    /// What one act made goes in two halves.
    SplitsActs,
    /// A change does not say what it was made from.
    ForgetsItsParent,
    /// What a CAD says again is written whole, the Task of a team too.
    WritesOverClaims,
    /// An entry that was refused inside an answer of 200 counts as taken.
    BelievesTheWhole,
    /// What searches read is stamped with the clock of whatever answered.
    TrustsDate,
    /// Absolute references are taken for another server's.
    ComparesReferencesAsText,
    /// A next page that names another address is the end.
    DropsForeignLinks,
    /// What hangs on open offers is read by every team.
    ReadsAroundOffers,
}

pub const ALL: [Planted; 18] = [
    Planted::LyingDisk,
    Planted::RecreatesOnOpen,
    Planted::BelievesDrops,
    Planted::Ignores412,
    Planted::ClaimsWithoutLooking,
    Planted::NewIdOnResend,
    Planted::EditsSigned,
    Planted::EvictsParked,
    Planted::LastWriterWins,
    Planted::TrustsSearches,
    Planted::SplitsActs,
    Planted::ForgetsItsParent,
    Planted::WritesOverClaims,
    Planted::BelievesTheWhole,
    Planted::TrustsDate,
    Planted::ComparesReferencesAsText,
    Planted::DropsForeignLinks,
    Planted::ReadsAroundOffers,
];

/// Stamps each later than the one before, for what a search brings.
static LATER: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(4_000_000_000);

/// The bundle with each of its documents changed.
fn each_document(body: &[u8], change: impl Fn(&mut Value)) -> Option<Vec<u8>> {
    let mut bundle: Value = serde_json::from_slice(body).ok()?;
    bundle.get_mut("entry")?.as_array_mut()?.iter_mut().filter_map(|entry| entry.get_mut("resource")).for_each(change);
    Some(bundle.to_string().into_bytes())
}

fn as_the_newest(document: &mut Value) {
    let at = LATER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    document["meta"]["lastUpdated"] = Value::String(jiff::Timestamp::from_second(at).unwrap().to_string());
    if let Some(extensions) = document.get_mut("extension").and_then(Value::as_array_mut) {
        extensions.retain(|extension| !extension["url"].as_str().is_some_and(|url| url.ends_with("revision")));
    }
}

fn put_reference(request: &Request) -> Option<Value> {
    (request.method == Method::Put).then(|| serde_json::from_str(request.body.as_deref()?).ok()).flatten()
}

impl Planted {
    /// Spoils a phone or the server after a step.
    pub fn spoil(self, phone: &mut Phone, server: &mut Server, step: u64) {
        match self {
            Self::LyingDisk => phone.disk.set(Ails { lies: true, ..phone.disk.ails() }),
            Self::EditsSigned if step.is_multiple_of(10) => {
                let note = server.all("DocumentReference").next().cloned();
                if let Some(mut document) = note.and_then(|body| anydoor_core::fhir::Document::from_value(body).ok()) {
                    document.set("content", serde_json::json!([{ "attachment": { "contentType": "text/plain", "data": "Y2hhbmdlZA==" } }]));
                    server.write(&document, "2026-11-23T05:00:00Z".parse().unwrap());
                }
            }
            Self::EvictsParked => {
                let Some(store) = &mut phone.store else { return };
                for held in store.parked().unwrap_or_default().iter().filter(|held| held.reason != ParkReason::TakenByOther) {
                    // The nearest that the store offers to dropping: it calls the item done.
                    let (kind, id) = (held.intent.kind.as_str(), held.intent.id.as_str());
                    let (incoming, source) = (Incoming::Accepted { version: Some("1") }, Source::Acknowledgement { seq: held.intent.seq });
                    let _ = store.arrive(&[Arrival { kind, id, incoming, source }]);
                }
            }
            Self::ReadsAroundOffers => {
                let Some(store) = &mut phone.store else { return };
                let offers = store.of_kind("Task").unwrap_or_default();
                let offers = offers.iter().filter(|task| anydoor_core::fhir::assignment::is_open_offer(task));
                let focus = offers.filter_map(|task| server.current(task.target("/focus")?));
                let _ = store.take(&anydoor_core::store::Incoming { documents: focus.collect(), read_upto: None });
            }
            Self::LastWriterWins => {
                let Some(store) = &mut phone.store else { return };
                for intent in store.unsent().unwrap_or_default() {
                    let Ok(Some(stored)) = store.stored(&intent.kind, &intent.id) else { continue };
                    if let Some(theirs) = stored.theirs {
                        let _ = store.take_theirs(intent.seq, &theirs);
                    }
                }
            }
            _ => {}
        }
    }

    /// Writes at the county's side what an update must not.
    pub fn after_an_update(self, taken: &Intake, author: &Author, server: &mut Server, now: Instant) {
        if self == Self::WritesOverClaims {
            let assignment = Assignment {
                id: taken.assignment.clone(),
                incident: taken.incident.id.clone(),
                team: None,
                made: now,
                crew: Vec::new(),
                alone: None,
            };
            let subject = anydoor_core::fhir::incident::subject(&taken.incident);
            let task = anydoor_core::fhir::assignment::write(&assignment, State::Offered, &subject, "agency");
            server.write(&author.sign(&task, None, "gateway"), now);
        }
    }

    /// Spoils the disk while the phone is down.
    pub fn before_opening(self, phone: &Phone) {
        if self == Self::RecreatesOnOpen {
            phone.disk.wipe();
        }
    }

    pub fn outgoing(self, request: &Request) -> Request {
        let mut request = request.clone();
        if self == Self::NewIdOnResend
            && let Some(mut body) = put_reference(&request)
            && body.get("resourceType").is_some_and(|kind| kind == "DocumentReference")
        {
            let id = anydoor_core::base::ids::fresh();
            request.path = format!("DocumentReference/{id}");
            body["id"] = Value::String(id);
            request.body = Some(body.to_string());
        }
        let body: Option<Value> = request.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
        match (self, body) {
            (Self::SplitsActs, Some(mut body)) if body["type"] == "transaction" => {
                let entries = body["entry"].as_array_mut().unwrap();
                entries.truncate(entries.len().div_ceil(2));
                request.body = Some(body.to_string());
            }
            (Self::ForgetsItsParent, Some(body)) if request.if_match.is_some() => {
                let mut document = anydoor_core::fhir::Document::from_value(body).unwrap();
                if let Some(revision) = Revision::of(&document) {
                    Revision { parent: Some("nobody#1".into()), ..revision }.write("agency", &mut document);
                }
                request.body = Some(document.to_text());
            }
            _ => {}
        }
        request
    }

    pub fn answer(self, request: &Request, outcome: Outcome) -> Outcome {
        let done = || Ok(Answer { status: 200, etag: Some("W/\"1\"".into()), ..Answer::default() });
        match (self, &outcome) {
            (Self::BelievesDrops, Err(Failure::Unreachable | Failure::NoAnswer)) if request.method == Method::Put => done(),
            (Self::Ignores412, Ok(answer)) if matches!(answer.status, 409 | 412) && request.method == Method::Put => {
                Ok(Answer { status: 200, etag: Some("W/\"9\"".into()), ..Answer::default() })
            }
            (Self::ClaimsWithoutLooking, Ok(answer)) if request.method == Method::Put && matches!(answer.status, 409 | 412) => {
                Ok(Answer { status: 200, etag: Some("W/\"2\"".into()), ..Answer::default() })
            }
            (Self::ClaimsWithoutLooking, Ok(_)) if request.method == Method::Get && request.path.starts_with("Task/") => done(),
            (Self::BelievesTheWhole, Ok(answer)) if request.path.is_empty() => {
                let mut bundle: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                for entry in bundle.get_mut("entry").and_then(Value::as_array_mut).into_iter().flatten() {
                    if entry["response"]["status"].as_str().is_some_and(|status| status.starts_with("422")) {
                        entry["response"] = serde_json::json!({ "status": "201 Created", "etag": "W/\"1\"" });
                    }
                }
                let body = bundle.to_string().into_bytes();
                Ok(Answer { body: if answer.status < 300 { body } else { answer.body.clone() }, ..answer.clone() })
            }
            (Self::TrustsDate, Ok(answer)) if request.path.contains('?') => {
                let date = answer.date.map(|date| date.to_string());
                // A page that holds nothing gets something to be stamped by: a watermark from Date needs no document.
                let stamped = |document: &mut Value| document["meta"]["lastUpdated"] = date.clone().into();
                let body = each_document(&answer.body, stamped).unwrap_or_else(|| answer.body.clone());
                Ok(Answer { body, ..answer.clone() })
            }
            (Self::ComparesReferencesAsText, Ok(answer)) => Ok(Answer { base: None, ..answer.clone() }),
            (Self::DropsForeignLinks, Ok(answer)) if request.path.contains('?') => {
                let mut bundle: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                let foreign = bundle["link"][0]["url"].as_str().is_some_and(|url| url.starts_with("http://internal/"));
                if let (true, Some(bundle)) = (foreign, bundle.as_object_mut()) {
                    bundle.remove("link");
                }
                let body = if foreign { bundle.to_string().into_bytes() } else { answer.body.clone() };
                Ok(Answer { body, ..answer.clone() })
            }
            (Self::TrustsSearches, Ok(answer)) if request.path.contains('?') => {
                let body = each_document(&answer.body, as_the_newest).unwrap_or_else(|| answer.body.clone());
                Ok(Answer { body, ..answer.clone() })
            }
            _ => outcome,
        }
    }
}
