//! Reading by id, many at once, and what such an answer says of each.
//!
//! Always as a batch, one document too: a status of its own for each, so that a 404 is said of a document by the server and
//! never of the whole address by whatever stands before it.

use anydoor_core::fhir::{Document, bundle};
use anydoor_core::http::{Answer, Request, version_of};
use serde_json::json;

use crate::trouble::Trouble;

/// The most documents that are read in one request.
pub const MOST_READ: usize = 100;

/// What the server says of one document.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// It is there, in this version.
    There(Document, Option<String>),
    /// It never was.
    Absent,
    /// It was there and is deleted.
    Deleted,
    /// It did not tell.
    Trouble(Trouble),
}

/// One batch that reads all of these.
pub fn read_all<'a>(references: impl IntoIterator<Item = &'a str>) -> Request {
    let entries: Vec<_> = references.into_iter().map(|url| json!({ "request": { "method": "GET", "url": url } })).collect();
    Request::bundle(&json!({ "resourceType": "Bundle", "type": "batch", "entry": entries }))
}

/// What an answer to [`read_all`] says of each; `None` where it is no answer to it.
pub fn said_of(answer: &Answer, references: &[String]) -> Option<Vec<Said>> {
    let page = answer.bundle().ok()?;
    (page.entries.len() == references.len() && page.refused.is_empty()).then(|| {
        let entries = page.entries.into_iter().zip(references);
        entries.map(|(entry, reference)| said(entry, reference)).collect()
    })
}

fn said(entry: bundle::Entry, reference: &str) -> Said {
    let status = entry.status.as_deref().and_then(|status| status.get(..3)?.parse().ok()).unwrap_or(0);
    match (Trouble::of_status(status), entry.resource) {
        (None, Some(there)) if there.reference() == reference => {
            let version = there.version().map(str::to_owned).or_else(|| version_of(entry.etag.as_deref(), entry.location.as_deref()));
            Said::There(there, version)
        }
        (None, _) => Said::Trouble(Trouble::Unreadable),
        (Some(Trouble::NotFound), _) => Said::Absent,
        (Some(Trouble::Gone), _) => Said::Deleted,
        (Some(trouble), _) => Said::Trouble(trouble),
    }
}
