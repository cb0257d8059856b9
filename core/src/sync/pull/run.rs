//! The pull of one run: its stages, the chains of pages in each, and what is awaited.
//!
//! Rule: a chain that is read whole moves its watermarks with its last page; any other is asked for again. What searches may
//! have brought too late is read by its id before the next stage. Neighbours: `scope` plans a stage, `confirm` takes reads.

use std::collections::BTreeSet;

use super::search::Search;
use super::{confirm, scope};
use crate::base::clock::Instant;
use crate::base::ids::TeamId;
use crate::fhir::{Document, bundle};
use crate::http::{Answer, Request};
use crate::store::{Incoming, Store, StoreError};
use crate::sync::batch::read_all;
use crate::sync::pace::PageSize;

/// Pages one after another that bring nothing, before their chain is left: more than a whole overlap has.
const MOST_WITHOUT_NEWS: u32 = 200;
/// The longest `next` link that is followed, in bytes.
const MOST_LINK: usize = 8_192;
/// How many documents one request reads by their ids.
const MOST_READ: usize = 100;

/// The page could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// What one page brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRead {
    /// `Type/id` of what changed here.
    pub changed: Vec<String>,
    /// Whether the server returned what was not asked for.
    pub filter_ignored: bool,
    /// Records that could not be read and were left out; the rest of the page was taken.
    pub unreadable: usize,
}

/// What is read, one after another: each from what the one before it brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begin,
    Tasks,
    Census,
    Surroundings,
    Named,
    Agency,
}

impl Stage {
    fn after(self) -> Option<Self> {
        match self {
            Self::Begin => Some(Self::Tasks),
            Self::Tasks => Some(Self::Census),
            Self::Census => Some(Self::Surroundings),
            Self::Surroundings => Some(Self::Named),
            Self::Named => Some(Self::Agency),
            Self::Agency => None,
        }
    }
}

/// One search, read page by page.
#[derive(Debug)]
struct Chain {
    search: Search,
    /// The link to the next page; `None` before the first.
    next: Option<String>,
    followed: BTreeSet<String>,
    /// Whether everything was read whole so far: only then is it up to date at its end.
    whole: bool,
    /// The server's time when it began.
    began: Option<Instant>,
    without_news: u32,
}

impl Chain {
    fn of(search: Search) -> Self {
        Self { search, next: None, followed: BTreeSet::new(), whole: true, began: None, without_news: 0 }
    }

    /// The next page's link. A chain of pages that comes back to itself ends, and so does one of ever new pages that bring
    /// nothing.
    fn follow(&mut self, link: Option<String>) -> Option<String> {
        let link = link.filter(|link| link.len() <= MOST_LINK && self.followed.insert(link.clone()));
        link.filter(|_| self.without_news < MOST_WITHOUT_NEWS)
    }
}

/// What an answer is awaited for.
#[derive(Debug)]
enum Awaited {
    Page(Chain),
    Doubted(Vec<String>),
    Missing(Vec<String>),
}

/// The pull of one run.
#[derive(Debug)]
pub struct Pull {
    team: TeamId,
    full: bool,
    page: Option<PageSize>,
    asked: Option<Instant>,
    stage: Stage,
    searches: Vec<Search>,
    chain: Option<Chain>,
    awaited: Option<Awaited>,
    census: BTreeSet<String>,
    /// Whether every page of the census was read whole: only then may what it lacks leave scope. It does so once.
    census_whole: bool,
    touched: BTreeSet<String>,
    skipped: u32,
    /// What searches found and may be behind: read by id before the next stage.
    in_doubt: BTreeSet<String>,
}

impl Pull {
    /// A new pull for this team.
    pub fn new(team: TeamId, full: bool) -> Self {
        Self {
            team,
            full,
            page: None,
            asked: None,
            stage: Stage::Begin,
            searches: Vec::new(),
            chain: None,
            awaited: None,
            census: BTreeSet::new(),
            census_whole: full,
            touched: BTreeSet::new(),
            skipped: 0,
            in_doubt: BTreeSet::new(),
        }
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
        loop {
            if let Some(chain) = self.chain.take().or_else(|| self.searches.pop().map(Chain::of)) {
                let path = match &chain.next {
                    Some(link) => link.clone(),
                    None => chain.search.path(store, self.full, page.count())?,
                };
                self.awaited = Some(Awaited::Page(chain));
                return Ok(Some(Request::get(path)));
            }
            if let Some(request) = self.confirm(store, page)? {
                return Ok(Some(request));
            }
            let Some(stage) = self.stage.after() else { return Ok(None) };
            self.stage = stage;
            self.searches = self.plan(store)?;
        }
    }

    /// What is read by its id before the next stage.
    fn confirm(&mut self, store: &Store, page: PageSize) -> Result<Option<Request>, StoreError> {
        if !self.in_doubt.is_empty() {
            let some: Vec<String> = self.in_doubt.iter().take(MOST_READ.min(page.count() as usize)).cloned().collect();
            self.in_doubt.retain(|reference| !some.contains(reference));
            let request = read_all(some.iter().cloned());
            self.awaited = Some(Awaited::Doubted(some));
            return Ok(Some(request));
        }
        if self.stage == Stage::Census && std::mem::take(&mut self.census_whole) {
            let missing = confirm::missing(store, &self.census)?;
            if !missing.is_empty() {
                let request = read_all(missing.iter().cloned());
                self.awaited = Some(Awaited::Missing(missing));
                return Ok(Some(request));
            }
        }
        Ok(None)
    }

    fn plan(&self, store: &Store) -> Result<Vec<Search>, StoreError> {
        match self.stage {
            Stage::Tasks => Ok(scope::tasks(&self.team)),
            Stage::Census if self.full => Ok(scope::census(&self.team)),
            Stage::Surroundings => scope::surroundings(store, &self.touched),
            Stage::Named => scope::named(store, &self.touched),
            Stage::Agency if self.full => Ok(scope::agency()),
            Stage::Begin | Stage::Census | Stage::Agency => Ok(Vec::new()),
        }
    }

    /// Takes what came: a page's documents and, on the last page, the watermark, in one commit.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the page was taken.
    pub fn hear(&mut self, store: &mut Store, answer: &Answer, now: Instant) -> Result<Result<PageRead, Unreadable>, StoreError> {
        match self.awaited.take() {
            Some(Awaited::Page(chain)) => self.heard_page(store, chain, answer, now),
            Some(Awaited::Doubted(asked)) => {
                Ok(Ok(PageRead { changed: confirm::heard_doubted(store, &asked, answer)?, ..PageRead::default() }))
            }
            Some(Awaited::Missing(asked)) => {
                confirm::heard_missing(store, &self.team, &asked, answer)?;
                Ok(Ok(PageRead::default()))
            }
            None => Ok(Ok(PageRead::default())),
        }
    }

    fn heard_page(
        &mut self,
        store: &mut Store,
        mut chain: Chain,
        answer: &Answer,
        now: Instant,
    ) -> Result<Result<PageRead, Unreadable>, StoreError> {
        self.size_after(store, answer, now)?;
        if matches!(answer.status, 400..=499) {
            // A server that lacks this search: the rest still counts, and nothing here is called up to date.
            self.census_whole &= !chain.search.census;
            return Ok(Ok(PageRead::default()));
        }
        let Ok(page) = bundle::read(&answer.body) else { return Ok(Err(Unreadable)) };
        if chain.next.is_none() {
            chain.began = answer.date;
        }
        let (unreadable, promised) = (page.refused.len(), page.next.is_some());
        let mut documents: Vec<Document> =
            page.entries.into_iter().filter(|e| e.mode.as_deref() != Some("outcome")).filter_map(|e| e.resource).collect();
        let seen = documents.len();
        documents.retain(|document| chain.search.holds(document));
        let filter_ignored = documents.len() != seen;
        self.note(&chain.search, &documents, unreadable);
        let following = chain.follow(page.next);
        // What was not read whole is asked for again.
        chain.whole = chain.whole && unreadable == 0 && (promised == following.is_some());
        let latest = chain.began.or_else(|| documents.iter().filter_map(Document::last_updated).max());
        let at_its_end = following.is_none() && chain.whole && !chain.search.census;
        let read_upto = latest.filter(|_| at_its_end).map(|upto| (chain.search.marks.clone(), upto));
        let found = store.take_found(&Incoming { documents, read_upto })?;
        chain.whole &= found.in_doubt.is_empty();
        self.in_doubt.extend(found.in_doubt);
        chain.without_news = if found.changed.is_empty() { chain.without_news + 1 } else { 0 };
        if following.is_some() {
            chain.next = following;
            self.chain = Some(chain);
        }
        Ok(Ok(PageRead { changed: found.changed, filter_ignored, unreadable }))
    }

    /// Notes the Tasks of a page, around which is read next, and what the census holds.
    fn note(&mut self, search: &Search, documents: &[Document], unreadable: usize) {
        self.touched.extend(documents.iter().filter(|document| document.kind() == "Task").map(Document::reference));
        if search.census {
            self.census_whole &= unreadable == 0;
            self.census.extend(documents.iter().map(Document::reference));
        }
    }

    /// Asks for smaller pages from now on, in this run and the next; `false` where they cannot be smaller. What was awaited is
    /// asked for again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn halve(&mut self, store: &Store) -> Result<bool, StoreError> {
        let half = self.page.and_then(PageSize::halved);
        match self.awaited.take() {
            Some(Awaited::Page(chain)) => self.chain = Some(Chain::of(chain.search)),
            Some(Awaited::Doubted(asked)) if half.is_some() => self.in_doubt.extend(asked),
            _ => {}
        }
        let Some(half) = half else { return Ok(false) };
        self.resize(store, half)?;
        Ok(true)
    }

    /// Pages are sized by what the last one weighed and took.
    fn size_after(&mut self, store: &Store, answer: &Answer, now: Instant) -> Result<(), StoreError> {
        let (Some(page), Some(asked)) = (self.page, self.asked) else { return Ok(()) };
        // A clock that was set meanwhile makes one page smaller or leaves it, no more.
        let took = std::time::Duration::try_from(now.duration_since(asked)).unwrap_or_default();
        self.resize(store, page.after(answer.body.len(), took))
    }

    fn resize(&mut self, store: &Store, size: PageSize) -> Result<(), StoreError> {
        if self.page != Some(size) {
            store.set_setting("page", &size.count().to_string())?;
        }
        self.page = Some(size);
        Ok(())
    }

    /// Leaves a search of which one page is over the limit even with a single record: the others go on. How many were left so
    /// in this run.
    pub fn skip(&mut self) -> u32 {
        if let Some(chain) = self.chain.take() {
            self.census_whole &= !chain.search.census;
        }
        self.skipped += 1;
        self.skipped
    }
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

    #[test]
    fn searches_that_bring_nothing_cut_short_no_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        let mut pull = Pull::new(TeamId::parse("mine").unwrap(), false);
        let search = |id: u32| Search::by("Basic", "_id", BTreeSet::from([format!("Basic/{id}")]));
        pull.searches = (0..=MOST_WITHOUT_NEWS + 1).map(search).collect();
        for _ in 0..=MOST_WITHOUT_NEWS {
            pull.next(&mut store, now()).unwrap().unwrap();
            pull.hear(&mut store, &answer(json!([]), ""), now()).unwrap().unwrap();
        }
        assert!(pull.next(&mut store, now()).unwrap().unwrap().path.contains("_id=0&"));
        pull.hear(&mut store, &answer(json!([]), "http://x/2"), now()).unwrap().unwrap();
        assert_eq!(pull.next(&mut store, now()).unwrap().unwrap().path, "http://x/2");
    }

    #[test]
    fn what_is_read_by_its_id_and_too_large_is_asked_for_in_smaller_parts_and_confuses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        store.set_setting("page", "2").unwrap();
        let mut pull = Pull::new(TeamId::parse("mine").unwrap(), true);
        pull.in_doubt = (0..3).map(|id| format!("Basic/{id}")).collect();
        let asks = |request: &Request| request.body.as_deref().unwrap_or_default().matches("Basic/").count();
        assert_eq!(asks(&pull.next(&mut store, now()).unwrap().unwrap()), 2);
        assert!(pull.halve(&store).unwrap());
        for _ in 0..3 {
            assert_eq!(asks(&pull.next(&mut store, now()).unwrap().unwrap()), 1);
            pull.hear(&mut store, &answer(json!([]), ""), now()).unwrap().unwrap();
        }
        assert!(pull.next(&mut store, now()).unwrap().unwrap().path.starts_with("Task?owner="));
    }
}
