//! What a pull makes of the answer to one search: a page, a refusal, or a link that leads nowhere.
//!
//! Rule: a refusal is never an empty answer. Of this team's Tasks and of open offers it stops the run under its own name: a
//! queue that only looks empty is worse than none. Any other search is named in the report, and the rest goes on.
//! Neighbours: `run` asks, `chain` knows how far a search has read, `store::pages` takes what a page brings.

use super::chain::Chain;
use super::heard::{Heard, PageRead};
use super::run::Pull;
use crate::base::clock::Instant;
use crate::delivery::SearchRemark;
use crate::fhir::Document;
use crate::http::Answer;
use crate::store::{Incoming, Store, StoreError};
use crate::sync::run::{Remark, StopReason};

/// Searches at which the server may fail before it is taken to be in trouble itself.
const MOST_FAILED: u32 = 3;

impl Pull {
    pub(super) fn heard_page(&mut self, store: &mut Store, chain: Chain, answer: &Answer, now: Instant) -> Result<Heard, StoreError> {
        self.size_after(store, answer, now)?;
        if matches!(answer.status, 400..=499) {
            return Ok(self.heard_refusal(chain, answer));
        }
        let Ok(page) = answer.bundle() else {
            return Ok(if answer.rewritten { self.leads_elsewhere(chain) } else { Err(StopReason::ServerTrouble) });
        };
        self.take_page(store, chain, page, answer, now).map(Ok)
    }

    fn take_page(
        &mut self,
        store: &mut Store,
        mut chain: Chain,
        page: crate::fhir::bundle::Page,
        answer: &Answer,
        now: Instant,
    ) -> Result<PageRead, StoreError> {
        let mut read = PageRead { unreadable: page.refused.len(), ..PageRead::default() };
        let mut documents: Vec<Document> =
            page.entries.into_iter().filter(|e| e.mode.as_deref() != Some("outcome")).filter_map(|e| e.resource).collect();
        let seen = documents.len();
        documents.retain(|document| chain.search.holds(document));
        let name = chain.search.called.clone();
        let mut remark = |what| read.remarks.push(Remark { search: name.clone(), what, status: None });
        if documents.len() != seen {
            remark(SearchRemark::FilterIgnored);
        }
        if answer.rewritten {
            remark(SearchRemark::LinkRewritten);
        }
        self.note(&chain.search, &documents, read.unreadable);
        chain.hears(answer, &documents, now);
        self.newest = self.newest.max(chain.read_upto());
        let promised = page.next.is_some();
        let goes_on = promised && self.may_ask_for_another_page() && chain.follow(page.next, answer);
        if promised && !goes_on {
            remark(SearchRemark::PagesNotFollowed);
        }
        // What was not read whole is asked for again.
        chain.whole = chain.whole && read.unreadable == 0 && promised == goes_on;
        let at_its_end = !goes_on && chain.whole && !chain.search.census;
        let read_upto = chain.read_upto().filter(|_| at_its_end).map(|upto| (chain.search.marks.clone(), upto));
        let found = store.take_found(&Incoming { documents, read_upto })?;
        chain.whole &= found.in_doubt.is_empty();
        self.in_doubt.extend(found.in_doubt);
        chain.brought(!found.changed.is_empty());
        read.changed = found.changed;
        if goes_on {
            self.chain = Some(chain);
        } else {
            self.census_whole &= !chain.search.census || !promised;
        }
        Ok(read)
    }

    /// A search, or a page of it, that the server refuses. A page that it has forgotten is looked for once more from the
    /// beginning.
    fn heard_refusal(&mut self, chain: Chain, answer: &Answer) -> Heard {
        if chain.is_under_way() && !chain.begun_again {
            self.chain = Some(Chain::again(chain.search));
            return Ok(PageRead::default());
        }
        if answer.rewritten {
            return self.leads_elsewhere(chain);
        }
        self.census_whole &= !chain.search.census;
        if chain.search.is_the_teams_work {
            return Err(StopReason::WorkRefused);
        }
        let what = if chain.is_under_way() { SearchRemark::PagesNotFollowed } else { SearchRemark::Refused };
        Ok(PageRead::remark(&chain.search.called, what, answer.status))
    }

    /// The next page has another address, which leads to nothing on the server's own.
    fn leads_elsewhere(&mut self, chain: Chain) -> Heard {
        self.census_whole &= !chain.search.census;
        if chain.search.is_the_teams_work {
            return Err(StopReason::PagesElsewhere);
        }
        Ok(PageRead::remark(&chain.search.called, SearchRemark::PagesNotFollowed, 0))
    }

    /// A link that is none of HTTP, or an answer to a rewritten one that is none of this server's: what was awaited ends there.
    /// `None` where no page was awaited.
    pub fn page_leads_elsewhere(&mut self) -> Option<Heard> {
        self.take_awaited_chain().map(|chain| self.leads_elsewhere(chain))
    }

    /// The server failed at one search (5xx): the others go on, a few times. `None` where that is the server's own trouble.
    pub fn failed(&mut self, status: u16) -> Option<PageRead> {
        let chain = self.take_awaited_chain()?;
        self.failed += 1;
        if chain.search.is_the_teams_work || self.failed > MOST_FAILED {
            return None;
        }
        Some(PageRead::remark(&chain.search.called, SearchRemark::Failed, status))
    }
}
