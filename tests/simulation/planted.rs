//! Bugs of the kinds that other clients had, planted around ours: the simulation must find each of them, or it proves
//! nothing. They live here, never in the core.

use anydoor_core::store::ParkReason;
use anydoor_core::sync::{Answer, Failure, Method, Outcome, Request};
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
}

pub const ALL: [Planted; 9] = [
    Planted::LyingDisk,
    Planted::RecreatesOnOpen,
    Planted::BelievesDrops,
    Planted::Ignores412,
    Planted::ClaimsWithoutLooking,
    Planted::NewIdOnResend,
    Planted::EditsSigned,
    Planted::EvictsParked,
    Planted::LastWriterWins,
];

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
                    if let Ok(Some(document)) = store.document(&held.intent.kind, &held.intent.id) {
                        let _ = store.acknowledge(&[(held.intent.seq, "1".into(), document)]);
                    }
                }
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
            let id = anydoor_core::ids::fresh();
            request.path = format!("DocumentReference/{id}");
            body["id"] = Value::String(id);
            request.body = Some(body.to_string());
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
            _ => outcome,
        }
    }
}
