//! Requests and answers as values.

use std::time::Duration;

use crate::base::clock::Instant;
use crate::base::json;
use crate::delivery::ParkReason;
use crate::fhir::bundle::{self, BundleError, Page};
use crate::fhir::reference::{ServerBase, localise};
use crate::fhir::{Document, DocumentError};

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// PUT
    Put,
    /// POST
    Post,
}

/// One request. It carries no token: the transport adds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path after the base URL; where `page` is given, a link as that page has it.
    pub path: String,
    /// The address of the page that named the link: what the link is relative to (RFC 3986).
    pub page: Option<String>,
    /// The version that If-Match names.
    pub if_match: Option<String>,
    /// The body.
    pub body: Option<String>,
}

impl Request {
    /// A GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::Get, path: path.into(), page: None, if_match: None, body: None }
    }
    /// A GET of a link, as a page that came from `page` names it.
    pub fn follow(link: impl Into<String>, page: Option<String>) -> Self {
        Self { page, ..Self::get(link) }
    }
    /// A PUT of a document, with the version that it starts from.
    pub fn put(document: &Document, if_match: Option<&str>) -> Self {
        Self {
            method: Method::Put,
            path: document.reference(),
            page: None,
            if_match: if_match.map(str::to_owned),
            body: Some(document.to_text()),
        }
    }
    /// A POST to the base URL.
    pub fn bundle(body: &serde_json::Value) -> Self {
        Self { method: Method::Post, path: String::new(), page: None, if_match: None, body: Some(body.to_string()) }
    }
}

/// One answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The address that was asked; `None` where no network was between.
    pub url: Option<String>,
    /// The server's base address, by which its own absolute references are known; `None` where no network was between.
    pub base: Option<ServerBase>,
    /// Whether a link to another origin was asked for on the server's own.
    pub rewritten: bool,
    /// The status.
    pub status: u16,
    /// ETag as sent (`W/"3"`).
    pub etag: Option<String>,
    /// Location.
    pub location: Option<String>,
    /// Retry-After as sent.
    pub retry_after: Option<String>,
    /// Date.
    pub date: Option<Instant>,
    /// Content-Type.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It did not leave: nothing was sent.
    #[error("the server cannot be reached")]
    Unreachable,
    /// It left, and no answer came: it may have been done.
    #[error("no answer came")]
    NoAnswer,
    /// The answer was larger than is read.
    #[error("the answer is too large")]
    TooLarge,
    /// A link that leads to another host: not followed.
    #[error("a link leads to another host")]
    Elsewhere,
    /// The certificate is not one we trust.
    #[error("the server's certificate is not trusted")]
    Untrusted,
}

/// What comes of a request.
pub type Outcome = Result<Answer, Failure>;

impl Answer {
    /// Whether this is FHIR at all: a captive portal answers 200 with HTML, and that is a failure.
    pub fn is_fhir(&self) -> bool {
        let json = self.content_type.as_deref().is_none_or(|kind| kind.to_ascii_lowercase().contains("json"));
        json && self.json().iter().find(|b| !b.is_ascii_whitespace()).is_none_or(|b| *b == b'{')
    }
    /// The body without the byte order mark that some servers put before JSON (RFC 8259 lets a reader ignore it).
    pub fn json(&self) -> &[u8] {
        json::without_mark(&self.body)
    }
    /// The body as one resource, absolute references of this server made relative.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn document(&self) -> Result<Document, DocumentError> {
        let mut document = Document::parse(self.json())?;
        if let Some(base) = &self.base {
            localise(&mut document, base);
        }
        Ok(document)
    }
    /// The body as a bundle, its resources as [`Answer::document`] gives them.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn bundle(&self) -> Result<Page, BundleError> {
        let mut page = bundle::read(self.json())?;
        if let Some(base) = &self.base {
            page.entries.iter_mut().filter_map(|entry| entry.resource.as_mut()).for_each(|document| {
                localise(document, base);
            });
        }
        Ok(page)
    }
    /// The version id that the answer names, from ETag or Location.
    pub fn version(&self) -> Option<String> {
        version_of(self.etag.as_deref(), self.location.as_deref())
    }
    /// Whether it says that somebody changed the same document first.
    pub fn says_conflict(&self) -> bool {
        let outcome = || crate::base::json::read(self.json(), crate::base::json::Limits::RESOURCE).ok();
        self.status >= 400 && says_conflict(self.status, outcome().as_ref())
    }
    /// The diagnostics of an OperationOutcome, at most 500 characters; shown to the person, never logged.
    pub fn diagnostics(&self) -> Option<String> {
        let value = crate::base::json::read(self.json(), crate::base::json::Limits::RESOURCE).ok()?;
        outcome_text(&value)
    }
}

/// The first issue of an OperationOutcome, as text.
pub fn outcome_text(outcome: &serde_json::Value) -> Option<String> {
    let issue = outcome.pointer("/issue/0")?;
    let text = issue.get("diagnostics").or_else(|| issue.pointer("/details/text")).or_else(|| issue.get("code"))?.as_str()?;
    let place = issue.pointer("/expression/0").and_then(serde_json::Value::as_str).map(|p| format!("{p}: ")).unwrap_or_default();
    Some(format!("{place}{text}").chars().take(500).collect())
}

/// Whether a refusal means that somebody changed the same document first: 409, 412, 428 (RFC 6585: the change named no version),
/// and a 400 that says one of them in its outcome only.
pub fn says_conflict(status: u16, outcome: Option<&serde_json::Value>) -> bool {
    const WORDS: [&str; 6] = ["http 409", "http 412", "precondition failed", "version conflict", "version mismatch", "if-match"];
    match status {
        409 | 412 | 428 => true,
        400 => outcome.is_some_and(|outcome| {
            let text = outcome_text(outcome).unwrap_or_default().to_lowercase();
            let code = outcome.pointer("/issue/0/code").and_then(serde_json::Value::as_str);
            code == Some("conflict") || WORDS.iter().any(|word| text.contains(word))
        }),
        _ => false,
    }
}

/// A version id from ETag (`W/"3"`, `"3"`, `3`) or Location (`…/_history/3`).
pub fn version_of(etag: Option<&str>, location: Option<&str>) -> Option<String> {
    let tagged = etag.map(|tag| tag.trim_start_matches("W/").trim_matches('"').to_owned());
    let located = || location.and_then(|l| l.rsplit_once("/_history/")).map(|(_, version)| version.to_owned());
    tagged.filter(|version| !version.is_empty()).or_else(located).filter(|version| !version.is_empty())
}

/// How long a Retry-After asks to wait, in either form; at most an hour is believed.
pub fn retry_after(text: &str, now: Instant) -> Option<Duration> {
    const MOST: Duration = Duration::from_secs(3600);
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(MOST));
    }
    let date = http_date(text)?;
    let wait = Duration::try_from(date.duration_since(now)).unwrap_or_default();
    Some(wait.min(MOST))
}

/// An HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`).
pub fn http_date(text: &str) -> Option<Instant> {
    jiff::fmt::rfc2822::parse(text.trim()).ok().map(|zoned| zoned.timestamp())
}

/// Why an item that was refused alone is parked.
pub fn park_reason(status: u16) -> ParkReason {
    match status {
        401 | 403 => ParkReason::NotAllowed,
        404 | 410 => ParkReason::Gone,
        409 | 412 | 428 => ParkReason::ChangedElsewhere,
        413 => ParkReason::TooLarge,
        _ => ParkReason::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms_and_not_believed_for_ever() {
        let now: Instant = "1994-11-06T08:49:07Z".parse().unwrap();
        assert_eq!(retry_after("30", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:40:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("99999999999", now), Some(Duration::from_secs(3600)));
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn a_captive_portal_is_not_fhir() {
        let page = Answer { status: 200, content_type: Some("text/html".into()), body: b"<html>".to_vec(), ..Default::default() };
        assert!(!page.is_fhir());
        assert!(!Answer { body: b"<html>".to_vec(), ..Default::default() }.is_fhir());
    }

    #[test]
    fn versions_are_found_wherever_servers_put_them() {
        assert_eq!(version_of(Some("W/\"3\""), None).as_deref(), Some("3"));
        assert_eq!(version_of(None, Some("http://x/Task/a/_history/4")).as_deref(), Some("4"));
        assert_eq!(version_of(Some("W/\"\""), None), None);
    }
}
