//! The pull of one run: its stages, the chains of pages in each, and what is awaited.
//!
//! Rule: a chain that is read whole moves its watermarks with its last page; any other is asked for again. What searches may
//! have brought too late is read by its id before the next stage. A run asks for so many pages and no more.
//! Neighbours: `scope` plans a stage, `page` takes what a search brought, `confirm` what was read by its id.

use std::collections::BTreeSet;

use super::chain::Chain;
use super::heard::{Heard, PageRead};
use super::search::Search;
use super::{confirm, scope};
use crate::base::clock::Instant;
use crate::base::ids::TeamId;
use crate::delivery::SearchRemark;
use crate::fhir::Document;
use crate::http::{Answer, Request};
use crate::store::{Store, StoreError};
use crate::sync::batch::read_all;
use crate::sync::pace::PageSize;

/// How many documents one request reads by their ids.
const MOST_READ: usize = 100;
/// Pages that one run asks for beyond the first of each search: a whole team's work many times over.
const MOST_PAGES: u32 = 10_000;

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

/// What an answer is awaited for.
#[derive(Debug)]
enum Awaited {
    Page(Box<Chain>),
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
    pub(super) chain: Option<Chain>,
    awaited: Option<Awaited>,
    census: BTreeSet<String>,
    /// Whether every page of the census was read whole: only then may what it lacks leave scope. It does so once.
    pub(super) census_whole: bool,
    touched: BTreeSet<String>,
    skipped: u32,
    /// What searches found and may be behind: read by id before the next stage.
    pub(super) in_doubt: BTreeSet<String>,
    /// The newest stamp of the server's that this run and those before it saw.
    pub(super) newest: Option<Instant>,
    /// Searches at which the server failed.
    pub(super) failed: u32,
    pages_left: u32,
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
            newest: None,
            failed: 0,
            pages_left: MOST_PAGES,
        }
    }

    /// The next request; `None` when all is read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next(&mut self, store: &mut Store, now: Instant) -> Result<Option<Request>, StoreError> {
        let page = match self.page {
            Some(page) => page,
            None => {
                self.newest = store.newest_watermark()?;
                *self.page.insert(PageSize::remembered(store.setting("page")?.as_deref()))
            }
        };
        self.asked = Some(now);
        loop {
            if let Some(mut chain) = self.chain.take().or_else(|| self.searches.pop().map(Chain::of)) {
                let request = match chain.following() {
                    Some(request) => request,
                    None => {
                        chain.begins(self.newest);
                        Request::get(chain.search.path(store, self.full, page.count())?)
                    }
                };
                self.awaited = Some(Awaited::Page(Box::new(chain)));
                return Ok(Some(request));
            }
            if let Some(request) = self.confirm(store, page)? {
                return Ok(Some(request));
            }
            if self.stage == Stage::Agency {
                let lost = scope::around_lost(store)?;
                if !lost.is_empty() {
                    store.leave_scope(&lost)?;
                }
            }
            if self.full && self.stage == Stage::Agency {
                let mut strays = scope::strays(store)?;
                strays.extend(scope::around_offers(store)?);
                if !strays.is_empty() {
                    store.leave_scope(&strays)?;
                }
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
            Stage::Surroundings => scope::surroundings(store, &self.team, &self.touched),
            Stage::Named => scope::named(store, &self.touched),
            Stage::Agency if self.full => Ok(scope::agency(store.agency())),
            Stage::Begin | Stage::Census | Stage::Agency => Ok(Vec::new()),
        }
    }

    /// Takes what came: a page's documents and, on the last page, the watermark, in one commit.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the page was taken.
    pub fn hear(&mut self, store: &mut Store, answer: &Answer, now: Instant) -> Result<Heard, StoreError> {
        let awaited = self.awaited.take();
        if matches!((&awaited, answer.status), (Some(Awaited::Doubted(_) | Awaited::Missing(_)), 400..=499)) {
            return Ok(Ok(PageRead::remark("batch", SearchRemark::Refused, answer.status)));
        }
        match awaited {
            Some(Awaited::Page(chain)) => self.heard_page(store, *chain, answer, now),
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

    /// Takes the chain whose page was awaited.
    pub(super) fn take_awaited_chain(&mut self) -> Option<Chain> {
        match self.awaited.take() {
            Some(Awaited::Page(chain)) => Some(*chain),
            other => {
                self.awaited = other;
                None
            }
        }
    }

    /// Whether this run asks for one more page beyond the first of a search.
    pub(super) fn may_ask_for_another_page(&mut self) -> bool {
        self.pages_left = self.pages_left.saturating_sub(1);
        self.pages_left > 0
    }

    /// Notes the Tasks of a page, around which is read next, and what the census holds.
    pub(super) fn note(&mut self, search: &Search, documents: &[Document], unreadable: usize) {
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
    pub(super) fn size_after(&mut self, store: &Store, answer: &Answer, now: Instant) -> Result<(), StoreError> {
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
#[path = "tests.rs"]
mod tests;
