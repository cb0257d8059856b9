//! The pull: scope comes from Tasks. First the Tasks of this team and the open offers, then by id what they name.
//!
//! Rule: a watermark is server time, stored in the same commit as the page that it covers, and read again with five
//! minutes of overlap. No filter is believed: what a search returns and did not ask for is left out and counted.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::{entries_of, said};
use super::engine::read_all;
use super::pace::PageSize;
use crate::arrive::{Decision, Source};
use crate::base::clock::Instant;
use crate::base::ids::TeamId;
use crate::fhir::element::OURS;
use crate::fhir::{Document, assignment, bundle, incident};
use crate::http::{Answer, Request};
use crate::store::{Arrival, Incoming, Store, StoreError};

/// The page could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// What one page brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// `Type/id` of what changed here.
    pub changed: Vec<String>,
    /// Whether the server returned what was not asked for.
    pub filter_ignored: bool,
    /// Records that could not be read and were left out; the rest of the page was taken.
    pub unreadable: usize,
}

/// How a search names what it wants, so that its answers can be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// These ids.
    Ids(BTreeSet<String>),
    /// Documents that refer to one of these.
    Referring(BTreeSet<String>),
    /// Open offers.
    OpenOffers,
    /// Anything of the type.
    Any,
}

/// One search with its pages.
#[derive(Debug, Clone)]
struct Search {
    kind: &'static str,
    query: String,
    wanted: Wanted,
    /// The names under which its watermark is kept.
    marks: Vec<String>,
    /// Only the ids count: what is not among them has left scope.
    census: bool,
}

/// Pages one after another that bring nothing, before their chain is left: more than a whole overlap has.
const MOST_WITHOUT_NEWS: u32 = 200;
/// The longest `next` link that is followed, in bytes.
const MOST_LINK: usize = 8_192;
/// How many documents one request reads by their ids.
const MOST_READ: usize = 100;
/// How many Tasks are confirmed to have left scope in one run.
const MOST_CONFIRMED: usize = 200;
/// Ids per search: URLs stay under 4 KB.
const IDS: usize = 40;
/// How far a watermark is read again, in seconds: a slow transaction can commit behind a later one.
const OVERLAP_S: i64 = 300;
/// How far in a full run, in seconds: what was slower than the overlap is found by the next of them.
const FULL_OVERLAP_S: i64 = 3_600;

/// The pull of one run.
#[derive(Debug)]
pub struct Pull {
    team: TeamId,
    full: bool,
    page: Option<PageSize>,
    asked: Option<Instant>,
    stage: u8,
    searches: Vec<Search>,
    current: Option<(Search, Option<String>)>,
    began: Option<Instant>,
    census: BTreeSet<String>,
    /// Whether every page of the census was read whole: only then may what it lacks leave scope.
    census_whole: bool,
    touched: BTreeSet<String>,
    followed: BTreeSet<String>,
    search_whole: bool,
    without_news: u32,
    skipped: u32,
    /// What searches found and may be behind: read by id before the next stage.
    in_doubt: BTreeSet<String>,
    /// What is being read by id just now.
    reading: Vec<String>,
    /// What the census lacked and is read by id; `None` before that.
    confirming: Option<Vec<String>>,
}

impl Pull {
    /// A new pull for this team.
    pub fn new(team: TeamId, full: bool) -> Self {
        Self {
            team,
            full,
            page: None,
            asked: None,
            stage: 0,
            searches: Vec::new(),
            current: None,
            began: None,
            census: BTreeSet::new(),
            census_whole: true,
            touched: BTreeSet::new(),
            followed: BTreeSet::new(),
            search_whole: true,
            without_news: 0,
            skipped: 0,
            in_doubt: BTreeSet::new(),
            reading: Vec::new(),
            confirming: None,
        }
    }

    /// Asks for smaller pages from now on, in this run and the next; `false` where they cannot be smaller.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn halve(&mut self, store: &Store) -> Result<bool, StoreError> {
        if let Some((_, next)) = &mut self.current {
            *next = None;
        }
        let Some(half) = self.page.and_then(PageSize::halved) else { return Ok(false) };
        self.resize(store, half)?;
        Ok(true)
    }

    fn resize(&mut self, store: &Store, size: PageSize) -> Result<(), StoreError> {
        if self.page != Some(size) {
            store.set_setting("page", &size.count().to_string())?;
        }
        self.page = Some(size);
        Ok(())
    }

    /// The next request; `None` when all is read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next(&mut self, store: &mut Store, now: Instant) -> Result<Option<Request>, StoreError> {
        let page = match self.page {
            Some(page) => page,
            None => *self.page.insert(PageSize::remembered(store.setting("page")?.as_deref())),
        };
        self.asked = Some(now);
        while self.current.is_none() {
            match self.searches.pop() {
                Some(search) => self.current = Some((search, None)),
                None if !self.in_doubt.is_empty() => return Ok(Some(self.read_doubted())),
                None if self.stage == 2 && self.full && self.census_whole && self.confirming.is_none() => {
                    let gone = self.gone(store)?;
                    let request = read_all(gone.iter().cloned());
                    let none = gone.is_empty();
                    self.confirming = Some(gone);
                    if !none {
                        return Ok(Some(request));
                    }
                }
                None if self.stage < 5 => {
                    self.stage += 1;
                    self.searches = self.plan(store)?;
                }
                None => return Ok(None),
            }
        }
        let Some((search, next)) = &self.current else { return Ok(None) };
        let path = match next {
            Some(link) => link.clone(),
            None => {
                let since = since(store, search, if self.full { FULL_OVERLAP_S } else { OVERLAP_S })?;
                let since = since.map(|at| format!("&_lastUpdated=ge{at}")).unwrap_or_default();
                format!("{}?{}{since}&_sort=_lastUpdated&_count={}", search.kind, search.query, page.count())
            }
        };
        Ok(Some(Request::get(path)))
    }

    /// Takes a page: its documents and, on the last page, the watermark, in one commit.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the page was taken.
    pub fn hear(&mut self, store: &mut Store, answer: &Answer, now: Instant) -> Result<Result<Taken, Unreadable>, StoreError> {
        if self.current.is_none() && !self.reading.is_empty() {
            return Ok(Ok(Taken { changed: self.heard_doubted(store, answer)?, ..Taken::default() }));
        }
        if self.current.is_none()
            && let Some(asked) = self.confirming.clone()
        {
            self.heard_gone(store, &asked, answer)?;
            return Ok(Ok(Taken::default()));
        }
        let Some((search, next)) = self.current.take() else { return Ok(Ok(Taken::default())) };
        if let (Some(page), Some(asked)) = (self.page, self.asked) {
            // A clock that was set meanwhile makes one page smaller or leaves it, no more.
            let took = std::time::Duration::try_from(now.duration_since(asked)).unwrap_or_default();
            self.resize(store, page.after(answer.body.len(), took))?;
        }
        if matches!(answer.status, 400..=499) {
            // A server that lacks this search: the rest still counts, and nothing here is called up to date.
            self.census_whole &= !search.census;
            return Ok(Ok(Taken::default()));
        }
        let Ok(page) = bundle::read(&answer.body) else { return Ok(Err(Unreadable)) };
        if next.is_none() {
            self.began = answer.date;
        }
        let unreadable = page.refused.len();
        let all: Vec<Document> =
            page.entries.into_iter().filter(|e| e.mode.as_deref() != Some("outcome")).filter_map(|e| e.resource).collect();
        let seen = all.len();
        let documents: Vec<Document> = all.into_iter().filter(|doc| doc.kind() == search.kind && search.wanted.holds(doc)).collect();
        let filter_ignored = documents.len() != seen;
        for document in documents.iter().filter(|doc| doc.kind() == "Task") {
            self.touched.insert(document.reference());
        }
        if search.census {
            self.census_whole &= unreadable == 0;
            self.census.extend(documents.iter().map(Document::reference));
        }
        // A chain of pages that comes back to itself ends here.
        let promised = page.next.is_some();
        let following = page.next.filter(|link| link.len() <= MOST_LINK && self.followed.insert(link.clone()));
        // A chain of ever new pages that bring nothing ends too.
        let following = following.filter(|_| self.without_news < MOST_WITHOUT_NEWS);
        let last = following.is_none();
        // What was not read whole is asked for again.
        self.search_whole = (next.is_none() || self.search_whole) && unreadable == 0 && (promised == following.is_some());
        let whole = self.search_whole;
        let latest = self.began.or_else(|| documents.iter().filter_map(Document::last_updated).max());
        let read_upto = latest.filter(|_| last && whole && !search.census).map(|upto| (search.marks.clone(), upto));
        let found = store.take_found(&Incoming { documents, read_upto })?;
        self.search_whole &= found.in_doubt.is_empty();
        self.in_doubt.extend(found.in_doubt);
        self.without_news = if found.changed.is_empty() { self.without_news + 1 } else { 0 };
        if !last {
            self.current = Some((search, following));
        }
        Ok(Ok(Taken { changed: found.changed, filter_ignored, unreadable }))
    }

    fn plan(&mut self, store: &mut Store) -> Result<Vec<Search>, StoreError> {
        let mine = format!("CareTeam/{}", self.team);
        let owner = Search::by("Task", "owner", BTreeSet::from([mine.clone()]));
        let offers = Search {
            kind: "Task",
            query: format!("business-status={OURS}state%7C{}", assignment::OPEN_OFFER),
            wanted: Wanted::OpenOffers,
            marks: vec!["Task?open-offer".into()],
            census: false,
        };
        match self.stage {
            1 => Ok(vec![offers, owner]),
            2 if self.full => Ok([offers, owner].into_iter().map(|s| Search { census: true, ..s }).collect()),
            3 => self.requests(store),
            4 => self.named(store),
            5 if self.full => Ok(agency()),
            _ => Ok(Vec::new()),
        }
    }

    /// Reads by their ids what searches brought and may be behind: no index and no cache answers that.
    fn read_doubted(&mut self) -> Request {
        let some: Vec<String> = self.in_doubt.iter().take(MOST_READ).cloned().collect();
        self.in_doubt.retain(|reference| !some.contains(reference));
        self.reading.clone_from(&some);
        read_all(some.into_iter())
    }

    fn heard_doubted(&mut self, store: &mut Store, answer: &Answer) -> Result<Vec<String>, StoreError> {
        let asked = std::mem::take(&mut self.reading);
        // What cannot be read settles nothing: the watermarks stayed, and the next run asks again. The rest is taken.
        let Some(page) = bundle::read(&answer.body).ok().filter(|_| answer.status < 300) else { return Ok(Vec::new()) };
        let there = page.entries.into_iter().filter_map(|entry| entry.resource).filter(|doc| asked.contains(&doc.reference()));
        Ok(store.take(&Incoming { documents: there.collect(), read_upto: None })?.0)
    }

    /// What is here and was not in the census may have left scope. A search can be answered from a cache of yesterday, so
    /// each is read once more by id, in a way that no cache answers.
    fn gone(&self, store: &Store) -> Result<Vec<String>, StoreError> {
        let here = store.of_kind("Task")?.into_iter();
        let missing = here.filter(|t| assignment::is_assignment(t) && !self.census.contains(&t.reference()));
        let gone = missing.filter(|task| !store.has_unsent_in(task.id()).unwrap_or(true));
        Ok(gone.map(|task| task.reference()).take(MOST_CONFIRMED).collect())
    }

    /// Those that are no longer this team's nor open leave scope, with all that hangs on them.
    fn heard_gone(&mut self, store: &mut Store, asked: &[String], answer: &Answer) -> Result<(), StoreError> {
        // An answer that cannot be read confirms nothing.
        let Some(entries) = entries_of(answer, asked.len()) else { return Ok(()) };
        let team = format!("CareTeam/{}", self.team);
        let named: Vec<(&str, &str)> = asked.iter().filter_map(|reference| reference.split_once('/')).collect();
        let arrivals: Vec<Arrival<'_>> = named
            .into_iter()
            .zip(&entries)
            .map(|((kind, id), entry)| Arrival { kind, id, incoming: said(entry, kind, id), source: Source::Scope { team: &team } })
            .collect();
        let mut references = Vec::new();
        for (reference, decision) in asked.iter().zip(store.arrive(&arrivals)?) {
            if decision == Decision::LeaveScope
                && let Some(task) = store.referenced(reference)?
            {
                references.extend(store.all_of(&task)?);
            }
        }
        store.leave_scope(&references)?;
        Ok(())
    }

    /// Leaves a search of which one page is over the limit even with a single record: the others go on. How many were left so
    /// in this run.
    pub fn skip(&mut self) -> u32 {
        if let Some((search, _)) = self.current.take() {
            self.census_whole &= !search.census;
        }
        self.skipped += 1;
        self.skipped
    }

    /// The Tasks whose surroundings are read: open ones, and whatever just came.
    fn tasks(&self, store: &Store) -> Result<Vec<Document>, StoreError> {
        let open: BTreeSet<String> = store.open_assignments()?.into_iter().map(|id| format!("Task/{id}")).collect();
        let mut tasks = Vec::new();
        for reference in open.union(&self.touched) {
            if let Some(task) = store.referenced(reference)?
                && assignment::is_assignment(&task)
            {
                tasks.push(task);
            }
        }
        Ok(tasks)
    }

    fn requests(&self, store: &Store) -> Result<Vec<Search>, StoreError> {
        let tasks = self.tasks(store)?;
        let requests: BTreeSet<String> = tasks.iter().filter_map(|t| t.text("/focus/reference")).map(str::to_owned).collect();
        let all: BTreeSet<String> = tasks.iter().map(Document::reference).collect();
        let mut searches = Vec::new();
        chunked(&mut searches, store, "ServiceRequest", "_id", &requests)?;
        chunked(&mut searches, store, "Observation", "focus", &requests)?;
        chunked(&mut searches, store, "Encounter", "based-on", &requests)?;
        chunked(&mut searches, store, "DocumentReference", "related", &requests)?;
        chunked(&mut searches, store, "Task", "focus", &requests)?;
        chunked(&mut searches, store, "ServiceRequest", "based-on", &requests)?;
        chunked(&mut searches, store, "Linkage", "item", &requests)?;
        chunked(&mut searches, store, "Provenance", "target", &all)?;
        chunked(&mut searches, store, "Task", "part-of", &all)?;
        Ok(searches)
    }

    /// The people, places and documents that the incidents name.
    fn named(&self, store: &Store) -> Result<Vec<Search>, StoreError> {
        let mut by_kind: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        let mut attempts = BTreeSet::new();
        for task in self.tasks(store)? {
            let Some(request) = task.text("/focus/reference").map(|r| store.referenced(r)).transpose()?.flatten() else { continue };
            let listed = incident::listed_people(&request).into_iter().map(|(reference, _)| reference);
            let named = request.references().into_iter().map(|(_, reference)| reference).chain(listed);
            for reference in named {
                if let Some(kind) = ["Patient", "RelatedPerson", "Location", "DocumentReference"]
                    .into_iter()
                    .find(|k| crate::fhir::document::id_of(&reference, k).is_some())
                {
                    by_kind.entry(kind).or_default().insert(reference);
                }
            }
            for other in store.pointing_at("Task", "focus", &request.reference())? {
                attempts.insert(other.reference());
            }
        }
        let mut searches = Vec::new();
        let people = by_kind.get("Patient").cloned().unwrap_or_default();
        for (kind, references) in &by_kind {
            chunked(&mut searches, store, kind, "_id", references)?;
        }
        chunked(&mut searches, store, "Flag", "subject", &people)?;
        chunked(&mut searches, store, "Consent", "patient", &people)?;
        chunked(&mut searches, store, "Communication", "part-of", &attempts)?;
        Ok(searches)
    }
}

/// What the agency has that does not come from Tasks.
fn agency() -> Vec<Search> {
    let kinds = ["Library", "Questionnaire", "HealthcareService", "Practitioner", "PractitionerRole", "CareTeam", "Organization"];
    let of =
        |kind: &'static str| Search { kind, query: String::new(), wanted: Wanted::Any, marks: vec![format!("{kind}?")], census: false };
    let places = Search {
        kind: "Location",
        query: "organization:missing=false".into(),
        wanted: Wanted::Any,
        marks: vec!["Location?organization".into()],
        census: false,
    };
    kinds.into_iter().map(of).chain([places]).collect()
}

/// Searches for `references`, those never read before apart from those read up to a watermark.
fn chunked(
    into: &mut Vec<Search>,
    store: &Store,
    kind: &'static str,
    by: &'static str,
    references: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let (mut fresh, mut known) = (Vec::new(), Vec::new());
    for reference in references {
        let read = store.watermark(&mark(kind, by, reference))?.is_some();
        if read { known.push(reference.clone()) } else { fresh.push(reference.clone()) }
    }
    for chunk in fresh.chunks(IDS).chain(known.chunks(IDS)) {
        into.push(Search::by(kind, by, chunk.iter().cloned().collect()));
    }
    Ok(())
}

fn mark(kind: &str, by: &str, reference: &str) -> String {
    format!("{kind}?{by}={reference}")
}

impl Search {
    fn by(kind: &'static str, by: &'static str, references: BTreeSet<String>) -> Self {
        let marks = references.iter().map(|reference| mark(kind, by, reference)).collect();
        if by == "_id" {
            let ids: BTreeSet<String> = references.iter().filter_map(|r| r.split_once('/')).map(|(_, id)| id.to_owned()).collect();
            let list: Vec<&str> = ids.iter().map(String::as_str).collect();
            return Self { kind, query: format!("_id={}", list.join(",")), wanted: Wanted::Ids(ids), marks, census: false };
        }
        let list: Vec<&str> = references.iter().map(String::as_str).collect();
        let query = format!("{by}={}", list.join(","));
        Self { kind, query, wanted: Wanted::Referring(references), marks, census: false }
    }
}

impl Wanted {
    fn holds(&self, document: &Document) -> bool {
        match self {
            Self::Ids(ids) => ids.contains(document.id()),
            Self::Referring(targets) => document.references().iter().any(|(_, target)| targets.contains(target)),
            Self::OpenOffers => assignment::is_open_offer(document),
            Self::Any => true,
        }
    }
}

/// The earliest watermark of what a search covers, less the overlap; `None` where a part was never read.
fn since(store: &Store, search: &Search, overlap_s: i64) -> Result<Option<Instant>, StoreError> {
    if search.census {
        return Ok(None);
    }
    let mut earliest: Option<Instant> = None;
    for mark in &search.marks {
        match store.watermark(mark)? {
            Some(at) => earliest = Some(earliest.map_or(at, |e| e.min(at))),
            None => return Ok(None),
        }
    }
    Ok(earliest.and_then(|at| at.checked_sub(jiff::SignedDuration::from_secs(overlap_s)).ok()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::Key;

    fn now() -> Instant {
        "2026-11-23T05:00:00Z".parse().unwrap()
    }

    /// A page; an empty `next` is the last one.
    fn answer(entries: serde_json::Value, next: &str) -> Answer {
        let link = if next.is_empty() { json!([]) } else { json!([{ "relation": "next", "url": next }]) };
        let body = json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries, "link": link });
        Answer { status: 200, body: body.to_string().into_bytes(), ..Answer::default() }
    }

    fn task(id: &str, owner: &str) -> serde_json::Value {
        json!({ "resource": { "resourceType": "Task", "id": id, "meta": { "versionId": "1" }, "status": "requested", "intent": "order",
            "owner": { "reference": owner }, "code": { "coding": [{ "system": "urn:anydoor:1:task", "code": "assignment" }] } } })
    }

    #[test]
    fn a_census_that_was_refused_or_cannot_be_read_removes_nothing() {
        for refused in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
            let mut pull = Pull::new(TeamId::parse("mine").unwrap(), true);
            let mut asked = 0;
            while let Some(request) = pull.next(&mut store, now()).unwrap() {
                let first_owner = asked == 0;
                let census = request.path.starts_with("Task?") && !request.path.contains("_lastUpdated=ge") && (2..4).contains(&asked);
                let page = match (first_owner, census) {
                    (true, _) => answer(json!([task("a", "CareTeam/mine")]), ""),
                    (_, true) if refused => Answer { status: 400, ..Answer::default() },
                    (_, true) => answer(json!([{ "resource": { "resourceType": "Task", "id": "no legal id" } }]), ""),
                    _ => answer(json!([]), ""),
                };
                asked += 1;
                pull.hear(&mut store, &page, now()).unwrap().unwrap();
            }
            assert!(store.document("Task", "a").unwrap().is_some(), "refused: {refused}");
        }
    }

    #[test]
    fn what_a_whole_census_lacks_leaves_scope() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        let mut pull = Pull::new(TeamId::parse("mine").unwrap(), true);
        pull.next(&mut store, now()).unwrap().unwrap();
        pull.hear(&mut store, &answer(json!([task("a", "CareTeam/mine")]), ""), now()).unwrap().unwrap();
        while let Some(request) = pull.next(&mut store, now()).unwrap() {
            // Read once more by id, it is not there either.
            let confirms = request.method == crate::http::Method::Post;
            let entries = if confirms { json!([{ "response": { "status": "404 Not Found" } }]) } else { json!([]) };
            pull.hear(&mut store, &answer(entries, ""), now()).unwrap().unwrap();
        }
        assert!(store.document("Task", "a").unwrap().is_none());
    }

    #[test]
    fn one_bad_record_a_lie_and_a_circle_of_pages_stop_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        let mut pull = Pull::new(TeamId::parse("mine").unwrap(), false);
        let first = pull.next(&mut store, now()).unwrap().unwrap();
        assert!(first.path.starts_with("Task?owner=CareTeam/mine"), "{}", first.path);
        let bad = json!({ "resource": { "resourceType": "Task", "id": "no legal id" } });
        let page = answer(json!([task("a", "CareTeam/mine"), bad, task("b", "CareTeam/other")]), "http://x/1");
        let taken = pull.hear(&mut store, &page, now()).unwrap().unwrap();
        assert_eq!((taken.changed, taken.filter_ignored, taken.unreadable), (vec!["Task/a".to_owned()], true, 1));
        for link in ["http://x/1", "http://x/2"] {
            assert_eq!(pull.next(&mut store, now()).unwrap().unwrap().path, link);
            pull.hear(&mut store, &answer(json!([]), if link.ends_with('1') { "http://x/2" } else { "http://x/1" }), now())
                .unwrap()
                .unwrap();
        }
        assert!(pull.next(&mut store, now()).unwrap().unwrap().path.starts_with("Task?business-status="));
    }
}
