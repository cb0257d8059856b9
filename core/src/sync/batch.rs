//! Reads by id, many in one request, and what each entry of the answer says.
//!
//! Rule: only a document under its own id is that document, and only 404 says that there is none; what says neither is
//! unclear. Neighbours: the engine reads back and confirms with it, the pull what it doubts.

use serde_json::json;

use crate::arrive::Incoming;
use crate::fhir::bundle::Entry;
use crate::http::{Answer, Request, park_reason, says_conflict, version_of};

/// One batch that reads all of these.
pub(super) fn read_all(references: impl Iterator<Item = String>) -> Request {
    let entries: Vec<_> = references.map(|url| json!({ "request": { "method": "GET", "url": url } })).collect();
    Request::bundle(&json!({ "resourceType": "Bundle", "type": "batch", "entry": entries }))
}

/// The entries of a batch or transaction answer, where there is one for each that was sent.
pub(super) fn entries_of(answer: &Answer, sent: usize) -> Option<Vec<Entry>> {
    let page = answer.bundle().ok()?;
    (answer.status < 300 && page.entries.len() == sent && page.refused.is_empty()).then_some(page.entries)
}

fn status(entry: &Entry) -> Option<u16> {
    entry.status.as_deref().and_then(|status| status.get(..3)).and_then(|status| status.parse().ok())
}

/// What an entry of a transaction's answer says of the document that was sent. Servers accept the whole and refuse a part: each
/// entry counts by its own status. What says neither yes nor no is read back (P12).
pub(super) fn of_a_write(entry: &Entry) -> Written {
    match status(entry) {
        Some(200..=299) => Written::As(version_of(entry.etag.as_deref(), entry.location.as_deref())),
        Some(status) if says_conflict(status, entry.outcome.as_ref()) => Written::Outdated,
        Some(401 | 408 | 425 | 429) => Written::Later,
        Some(400..=499) => Written::Refused,
        _ => Written::As(None),
    }
}

/// What a transaction's answer says of one document.
pub(super) enum Written {
    /// Taken as this version; without one nothing is known.
    As(Option<String>),
    /// Somebody changed it first.
    Outdated,
    /// Not now.
    Later,
    /// Refused, by itself or for the sake of another.
    Refused,
}

/// What an entry of a batch says of the document that was asked for.
pub(super) fn said<'a>(entry: &'a Entry, kind: &str, id: &str) -> Incoming<'a> {
    match (status(entry), &entry.resource) {
        (Some(200..=299), Some(there)) if there.kind() == kind && there.id() == id => Incoming::Document(there),
        (Some(404), _) => Incoming::Absent,
        (Some(403 | 410), _) => Incoming::Withheld,
        // Later, or with another token, it may say something else.
        (Some(401 | 408 | 425 | 429), _) => Incoming::Unclear,
        (Some(status @ 400..=499), _) => Incoming::Refused { reason: park_reason(status), detail: None },
        _ => Incoming::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::Document;

    fn entry(status: Option<&str>, resource: Option<(&str, &str)>) -> Entry {
        let resource = resource.map(|(kind, id)| Document::from_value(json!({ "resourceType": kind, "id": id })).unwrap());
        Entry { status: status.map(str::to_owned), resource, ..Entry::default() }
    }

    #[test]
    fn only_the_document_that_was_asked_for_is_that_document() {
        for status in [None, Some("200 OK"), Some("404 Not Found"), Some("401 Unauthorized"), Some("500 Internal Server Error"), Some("x")]
        {
            for there in [None, Some(("Task", "a")), Some(("Task", "b")), Some(("Basic", "a")), Some(("Basic", "b"))] {
                let entry = entry(status, there);
                let is_it = status == Some("200 OK") && there == Some(("Task", "a"));
                assert_eq!(matches!(said(&entry, "Task", "a"), Incoming::Document(_)), is_it, "{status:?} {there:?}");
            }
        }
    }

    /// Said a second time, status by status: only 404 says that there is none, only 403 and 410 that it may not be seen, and
    /// what another token or another moment may answer otherwise says nothing.
    #[test]
    fn every_status_says_what_it_says_and_no_more() {
        for code in 100_u16..600 {
            let entry = entry(Some(&format!("{code} Said")), None);
            let said = said(&entry, "Task", "a");
            let expected = match code {
                404 => said == Incoming::Absent,
                403 | 410 => said == Incoming::Withheld,
                400 | 402 | 405..=407 | 409 | 411..=424 | 426..=428 | 430..=499 => matches!(said, Incoming::Refused { .. }),
                _ => said == Incoming::Unclear,
            };
            assert!(expected, "{code}: {said:?}");
        }
    }

    #[test]
    fn an_answer_that_has_not_one_entry_for_each_document_says_nothing() {
        let answer = |status, entries: &serde_json::Value| Answer {
            status,
            body: json!({ "resourceType": "Bundle", "type": "batch-response", "entry": entries }).to_string().into_bytes(),
            ..Answer::default()
        };
        let one = json!({ "response": { "status": "404 Not Found" } });
        let unreadable = json!({ "resource": { "resourceType": "Task", "id": "no legal id" }, "response": { "status": "200 OK" } });
        assert!(entries_of(&answer(200, &json!([one, one])), 2).is_some());
        for (status, entries) in [
            (200, json!([])),
            (200, json!([one])),
            (200, json!([one, one, one])),
            (200, json!([one, unreadable])),
            (400, json!([one, one])),
        ] {
            assert!(entries_of(&answer(status, &entries), 2).is_none(), "{status} {entries}");
        }
    }
}
