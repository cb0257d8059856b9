//! Brings what a snapshot does not know: documents by id, a hundred in one request, and searches page by page.
//!
//! Rule: a state machine without I/O. Servers lie about search, so what a search returns and was not asked for is left out;
//! a refused search is an error and never an empty one. Every loop is bounded: pages, and answers that are lost.

use std::collections::BTreeSet;

use anydoor_core::base::clock::Instant;
use anydoor_core::fhir::Document;
use anydoor_core::http::{Answer, Failure, Outcome, Request};
use anydoor_core::records::Query;

use crate::answers::{MOST_READ, Said, read_all, said_of};
use crate::snapshot::{Snapshot, points_at};
use crate::trouble::Trouble;

/// How many pages one search is followed.
const MOST_PAGES: usize = 200;
/// The longest `next` link that is followed, in bytes.
const MOST_LINK: usize = 8_192;
/// How many answers may be lost before it is given up.
const MOST_LOST: u32 = 4;
/// Records on a page.
const PAGE: usize = 200;

/// What is asked just now.
#[derive(Debug)]
enum Asked {
    Documents(Vec<String>),
    Page(Search),
}

/// One search under way.
#[derive(Debug)]
struct Search {
    query: Query,
    /// The next page's path, or the link to it and the page that names it.
    next: (String, Option<String>),
    found: Vec<Document>,
    followed: BTreeSet<String>,
}

/// A fetch under way: ask [`Fetch::request`] what to send, tell [`Fetch::hear`] what came of it, until there is nothing.
#[derive(Debug, Default)]
pub struct Fetch {
    documents: Vec<String>,
    searches: Vec<Search>,
    asked: Option<Asked>,
    /// How many documents one request reads; fewer where an answer was too large.
    at_once: usize,
    lost: u32,
}

impl Fetch {
    /// A fetch of these.
    pub fn new(queries: Vec<Query>) -> Self {
        let mut fetch = Self { at_once: MOST_READ, ..Self::default() };
        for query in queries {
            match query {
                Query::Document { kind, id } => fetch.documents.push(format!("{kind}/{id}")),
                Query::PointingAt { ref kind, ref element, ref target } => {
                    let path = format!("{kind}?{}={target}&_count={PAGE}", parameter(kind, element));
                    fetch.searches.push(Search::new(query, path));
                }
                Query::OfKind(kind) => fetch.searches.push(Search::new(query, format!("{}?_count={PAGE}", kind.kind()))),
            }
        }
        fetch
    }

    /// What to send next; `None` when everything was fetched. While an answer is awaited it says the same again.
    pub fn request(&mut self) -> Option<Request> {
        if self.asked.is_none() && !self.documents.is_empty() {
            let some = self.documents.drain(..self.at_once.min(self.documents.len())).collect();
            self.asked = Some(Asked::Documents(some));
        }
        if self.asked.is_none() {
            self.asked = self.searches.pop().map(Asked::Page);
        }
        Some(match self.asked.as_ref()? {
            Asked::Documents(references) => read_all(references.iter().map(String::as_str)),
            Asked::Page(Search { next: (path, None), .. }) => Request::get(path.clone()),
            Asked::Page(Search { next: (link, page), .. }) => Request::follow(link.clone(), page.clone()),
        })
    }

    /// Takes what came of it into the snapshot.
    ///
    /// # Errors
    /// [`Trouble`]; what was taken before stays in the snapshot.
    pub fn hear(&mut self, outcome: Outcome, now: Instant, snapshot: &mut Snapshot) -> Result<(), Trouble> {
        let Some(asked) = self.asked.take() else { return Ok(()) };
        let answer = match outcome {
            Ok(answer) => answer,
            Err(failure) => return self.again(asked, failure),
        };
        if let Some(trouble) = Trouble::of(&answer, now) {
            return Err(trouble);
        }
        match asked {
            Asked::Documents(references) => match said_of(&answer, &references) {
                None => self.again(Asked::Documents(references), Failure::NoAnswer),
                Some(all) => all.into_iter().zip(&references).try_for_each(|(said, reference)| take(said, reference, snapshot)),
            },
            Asked::Page(search) => self.page(search, &answer, snapshot),
        }
    }

    /// Asks again for what only was to be read: a lost answer did nothing.
    fn again(&mut self, asked: Asked, failure: Failure) -> Result<(), Trouble> {
        self.lost += 1;
        let smaller = failure == Failure::TooLarge && self.at_once > 1;
        if self.lost > MOST_LOST || !smaller && !matches!(failure, Failure::NoAnswer | Failure::Unreachable) {
            return Err(failure.into());
        }
        match asked {
            Asked::Documents(references) if smaller => {
                self.at_once = 1;
                self.documents.extend(references);
            }
            asked => self.asked = Some(asked),
        }
        Ok(())
    }

    fn page(&mut self, mut search: Search, answer: &Answer, snapshot: &mut Snapshot) -> Result<(), Trouble> {
        let Ok(page) = answer.bundle() else { return self.again(Asked::Page(search), Failure::NoAnswer) };
        if !page.refused.is_empty() {
            return Err(Trouble::Unreadable);
        }
        let found = page.entries.into_iter().filter(|entry| entry.mode.as_deref() != Some("outcome")).filter_map(|entry| entry.resource);
        search.found.extend(found.filter(|document| fits(&search.query, document)));
        match page.next {
            None => snapshot.put_found(search.query, search.found),
            // A chain of pages that comes back to itself, or never ends, is no answer.
            Some(next) if next.len() <= MOST_LINK && search.followed.len() < MOST_PAGES && search.followed.insert(next.clone()) => {
                search.next = (next, answer.url.clone());
                self.asked = Some(Asked::Page(search));
            }
            Some(_) => return Err(Trouble::TooMuch),
        }
        Ok(())
    }
}

fn take(said: Said, reference: &str, snapshot: &mut Snapshot) -> Result<(), Trouble> {
    match said {
        Said::There(document, version) => snapshot.put(document, version),
        // What is deleted is not there for an act; a delivery looks again and makes nothing of it anew.
        Said::Absent | Said::Deleted => snapshot.put_absent(reference),
        Said::Trouble(trouble) => return Err(trouble),
    }
    Ok(())
}

impl Search {
    fn new(query: Query, path: String) -> Self {
        Self { query, next: (path, None), found: Vec::new(), followed: BTreeSet::new() }
    }
}

fn fits(query: &Query, document: &Document) -> bool {
    match query {
        Query::Document { .. } => false,
        Query::PointingAt { kind, element, target } => points_at(document, kind, element, target),
        Query::OfKind(kind) => document.kind() == kind.kind(),
    }
}

/// The search parameter that looks at a top-level element (R4, each type's "Search Parameters"): its name in lower case
/// with hyphens, but for a few.
fn parameter(kind: &str, element: &str) -> String {
    match (kind, element) {
        ("Task", "for") => "subject".to_owned(),
        ("DocumentReference", "context") => "related".to_owned(),
        ("DocumentReference", "relatesTo") => "relatesto".to_owned(),
        _ => {
            let spelt = |c: char| if c.is_ascii_uppercase() { format!("-{}", c.to_ascii_lowercase()) } else { c.to_string() };
            element.chars().map(spelt).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use anydoor_core::records::{AgencyKind, Records};
    use serde_json::{Value, json};

    use super::*;

    fn ok(body: &Value) -> Outcome {
        Ok(Answer { status: 200, body: body.to_string().into_bytes(), ..Answer::default() })
    }

    fn task(id: &str, focus: &str) -> Value {
        json!({ "resourceType": "Task", "id": id, "meta": { "versionId": "4" }, "focus": { "reference": focus } })
    }

    fn page(tasks: &[Value], next: Option<&str>) -> Value {
        let entries: Vec<Value> = tasks.iter().map(|task| json!({ "resource": task })).collect();
        let links: Vec<Value> = next.iter().map(|url| json!({ "relation": "next", "url": url })).collect();
        json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries, "link": links })
    }

    fn focus_of(target: &str) -> Query {
        Query::PointingAt { kind: "Task".into(), element: "focus".into(), target: target.into() }
    }

    #[test]
    fn documents_come_in_one_request_each_with_a_status_of_its_own() {
        let query = |id: &str| Query::Document { kind: "Task".into(), id: id.into() };
        let mut fetch = Fetch::new(vec![query("a"), query("b"), query("c")]);
        let mut snapshot = Snapshot::default();
        assert!(fetch.request().is_some_and(|request| request.body.is_some_and(|body| body.contains("Task/a") && body.contains("Task/c"))));
        let status = |status: &str| json!({ "response": { "status": status } });
        let body = json!({ "resourceType": "Bundle", "type": "batch-response", "entry": [
            { "resource": task("a", "x/y"), "response": { "status": "200 OK" } }, status("404 Not Found"), status("410 Gone")] });
        fetch.hear(ok(&body), Instant::UNIX_EPOCH, &mut snapshot).unwrap();
        assert!(fetch.request().is_none());
        assert_eq!(snapshot.version("Task/a"), Some("4"));
        assert_eq!((snapshot.document("Task", "b"), snapshot.document("Task", "c")), (Ok(None), Ok(None)));
    }

    #[test]
    fn another_document_than_was_asked_for_is_no_answer() {
        let mut fetch = Fetch::new(vec![Query::Document { kind: "Task".into(), id: "a".into() }]);
        fetch.request();
        let body = json!({ "resourceType": "Bundle", "entry": [{ "resource": task("b", "x/y"), "response": { "status": "200" } }] });
        assert_eq!(fetch.hear(ok(&body), Instant::UNIX_EPOCH, &mut Snapshot::default()), Err(Trouble::Unreadable));
    }

    #[test]
    fn pages_are_followed_and_what_was_not_asked_for_is_left_out() {
        let (mut fetch, mut snapshot) = (Fetch::new(vec![focus_of("ServiceRequest/s")]), Snapshot::default());
        assert_eq!(fetch.request().unwrap().path, "Task?focus=ServiceRequest/s&_count=200");
        let first = page(&[task("a", "ServiceRequest/s"), task("b", "ServiceRequest/other")], Some("http://x/2"));
        fetch.hear(ok(&first), Instant::UNIX_EPOCH, &mut snapshot).unwrap();
        assert_eq!(fetch.request().unwrap().path, "http://x/2");
        fetch.hear(ok(&page(&[task("c", "ServiceRequest/s")], None)), Instant::UNIX_EPOCH, &mut snapshot).unwrap();
        let found = snapshot.pointing_at("Task", "focus", "ServiceRequest/s").unwrap();
        assert_eq!(found.iter().map(Document::id).collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn a_refused_search_and_pages_in_a_circle_are_errors_and_not_empty() {
        let refused = || Ok(Answer { status: 400, ..Answer::default() });
        let (mut fetch, mut snapshot) = (Fetch::new(vec![Query::OfKind(AgencyKind::CareTeam)]), Snapshot::default());
        fetch.request();
        assert_eq!(fetch.hear(refused(), Instant::UNIX_EPOCH, &mut snapshot), Err(Trouble::Refused(400)));
        let mut fetch = Fetch::new(vec![focus_of("ServiceRequest/s")]);
        let heard: Vec<_> = (0..3)
            .map(|_| {
                fetch.request();
                fetch.hear(ok(&page(&[], Some("http://x/1"))), Instant::UNIX_EPOCH, &mut snapshot)
            })
            .collect();
        assert!(heard.contains(&Err(Trouble::TooMuch)));
        assert!(snapshot.pointing_at("Task", "focus", "ServiceRequest/s").is_err());
    }

    #[test]
    fn a_lost_answer_is_asked_for_again_but_not_for_ever() {
        let (mut fetch, mut snapshot) = (Fetch::new(vec![focus_of("ServiceRequest/s")]), Snapshot::default());
        let mut heard = Vec::new();
        while fetch.request().is_some() {
            heard.push(fetch.hear(Err(Failure::NoAnswer), Instant::UNIX_EPOCH, &mut snapshot));
        }
        assert_eq!((heard.len(), heard.last()), (5, Some(&Err(Trouble::NoAnswer))));
    }

    #[test]
    fn elements_are_searched_under_their_names_in_r4() {
        let names = [
            ("Encounter", "basedOn", "based-on"),
            ("Task", "partOf", "part-of"),
            ("Task", "for", "subject"),
            ("Provenance", "target", "target"),
            ("DocumentReference", "relatesTo", "relatesto"),
        ];
        names.into_iter().for_each(|(kind, element, name)| assert_eq!(parameter(kind, element), name));
    }
}
