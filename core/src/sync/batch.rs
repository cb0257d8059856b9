//! Reads by id, many in one request, and what each entry of the answer says.
//!
//! Rule: only a document under its own id is that document, and only 404 says that there is none; what says neither is
//! unclear. Neighbours: the engine reads back and confirms with it, the pull what it doubts.

use serde_json::json;

use crate::arrive::Incoming;
use crate::fhir::bundle::{self, Entry};
use crate::http::{Answer, Request, park_reason};

/// One batch that reads all of these.
pub(super) fn read_all(references: impl Iterator<Item = String>) -> Request {
    let entries: Vec<_> = references.map(|url| json!({ "request": { "method": "GET", "url": url } })).collect();
    Request::bundle(&json!({ "resourceType": "Bundle", "type": "batch", "entry": entries }))
}

/// The entries of a batch or transaction answer, where there is one for each that was sent.
pub(super) fn entries_of(answer: &Answer, sent: usize) -> Option<Vec<Entry>> {
    let page = bundle::read(&answer.body).ok()?;
    (answer.status < 300 && page.entries.len() == sent && page.refused.is_empty()).then_some(page.entries)
}

/// What an entry of a batch says of the document that was asked for.
pub(super) fn said<'a>(entry: &'a Entry, kind: &str, id: &str) -> Incoming<'a> {
    let status = entry.status.as_deref().and_then(|status| status.get(..3)).and_then(|status| status.parse::<u16>().ok());
    match (status, &entry.resource) {
        (Some(200..=299), Some(there)) if there.kind() == kind && there.id() == id => Incoming::Document(there),
        (Some(404), _) => Incoming::Absent,
        (Some(403 | 410), _) => Incoming::Withheld,
        // Later, or with another token, it may say something else.
        (Some(401 | 408 | 429), _) => Incoming::Unclear,
        (Some(status @ 400..=499), _) => Incoming::Refused { reason: park_reason(status), detail: None },
        _ => Incoming::Unclear,
    }
}
