//! What phones send, spoilt.

use anydoor_core::base::ids;
use anydoor_core::fhir::{Document, Revision};
use anydoor_core::http::{Method, Request};
use serde_json::{Value, json};

use super::Planted;
use super::documents::{all, entries, is_note, text};
use crate::phone::Phone;

impl Planted {
    pub fn outgoing(self, request: &Request, phone: &Phone) -> Request {
        let mut request = request.clone();
        match self {
            Self::NewIdOnResend if request.method == Method::Put && request.path.starts_with("DocumentReference/") => {
                let id = ids::fresh();
                request.path = format!("DocumentReference/{id}");
                request.body = request.body.map(|body| all(&body, |document| document["id"] = json!(id)));
            }
            Self::SplitsActs => request.body = request.body.map(|body| half(&body)),
            Self::ForgetsItsParent if request.if_match.is_some() => {
                let orphan = |revision: Revision| Revision { parent: Some("nobody#1".into()), ..revision };
                request.body = request.body.map(|body| all(&body, |document| revise(document, orphan)));
            }
            Self::CountsRevisionsAnew => {
                let anew = |revision: Revision| Revision { counter: 1 + revision.counter % 2, ..revision };
                request.body = request.body.map(|body| all(&body, |document| revise(document, anew)));
            }
            Self::RewritesSigned => {
                let other = |document: &mut Value| document["content"][0]["attachment"]["data"] = json!("b3RoZXIgd29yZHM=");
                request.body = request.body.map(|body| {
                    all(&body, |document| {
                        if is_note(document) {
                            other(document)
                        }
                    })
                });
            }
            Self::MovesNotes => {
                let moved = |document: &mut Value| document["subject"] = json!({ "reference": "Patient/another" });
                request.body = request.body.map(|body| {
                    all(&body, |document| {
                        if is_note(document) {
                            moved(document)
                        }
                    })
                });
            }
            Self::SendsWithoutIfMatch if request.path.starts_with("Task/") => request.if_match = None,
            Self::DropsWhatItDoesNotKnow if request.if_match.is_some() => {
                request.body = request.body.map(|body| all(&body, only_ours));
            }
            Self::CutsPhotos => {
                let cut = |document: &mut Value| {
                    let data = text(document, "/data").to_owned();
                    if text(document, "/resourceType") == "Binary" {
                        document["data"] = json!(data.get(..data.len() / 8 * 4));
                    }
                };
                request.body = request.body.map(|body| all(&body, cut));
            }
            Self::ReadsWithoutOverlap => request.path = without_overlap(&request.path, if phone.full { 3_600 } else { 300 }),
            _ => {}
        }
        request
    }
}

/// The first half of a transaction; anything else stays whole.
fn half(body: &str) -> String {
    let Ok(mut bundle) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    if text(&bundle, "/type") == "transaction" {
        let half = entries(&mut bundle).count().div_ceil(2);
        bundle["entry"].as_array_mut().unwrap().truncate(half);
    }
    bundle.to_string()
}

fn revise(document: &mut Value, change: impl Fn(Revision) -> Revision) {
    let Ok(mut read) = Document::from_value(document.clone()) else { return };
    if let Some(revision) = Revision::of(&read) {
        change(revision).write("agency", &mut read);
        *document = read.value().clone();
    }
}

/// A Task without what others wrote on it.
fn only_ours(document: &mut Value) {
    if let Some(extensions) = document.get_mut("extension").and_then(Value::as_array_mut) {
        extensions.retain(|extension| text(extension, "/url").starts_with("urn:anydoor:"));
    }
}

/// A search from where the last one ended.
fn without_overlap(path: &str, overlap_s: i64) -> String {
    let Some((before, rest)) = path.split_once("_lastUpdated=ge") else { return path.to_owned() };
    let (at, after) = rest.split_once('&').unwrap_or((rest, ""));
    let at: jiff::Timestamp = at.parse().unwrap();
    format!("{before}_lastUpdated=ge{}&{after}", at + jiff::SignedDuration::from_secs(overlap_s))
}
