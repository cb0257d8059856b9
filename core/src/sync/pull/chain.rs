//! One search, read page by page: its links, and up to when it has read.
//!
//! Rule: a watermark is the newest `lastUpdated` that resources of the server showed, never later than the HTTP `Date`, which
//! belongs to whatever answered (decision 15); it moves only where the chain was read whole. Neighbours: `search` is what is
//! asked, `run` and `page` read it.

use std::collections::BTreeSet;

use super::search::Search;
use crate::base::clock::Instant;
use crate::fhir::Document;
use crate::http::{Answer, Request};

/// Pages one after another that bring nothing, before their chain is left: more than a whole overlap has.
pub(super) const MOST_WITHOUT_NEWS: u32 = 200;
/// The longest `next` link that is followed, in bytes.
const MOST_LINK: usize = 8_192;

/// A link to a page, and the address of the page that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    url: String,
    page: Option<String>,
}

/// One search, read page by page.
#[derive(Debug)]
pub(super) struct Chain {
    pub search: Search,
    /// The next page; `None` before the first.
    next: Option<Link>,
    followed: BTreeSet<String>,
    /// Whether everything was read whole so far: only then is it up to date at its end.
    pub whole: bool,
    /// The newest stamp of the server's that is known: when the chain began, and of what it read since.
    newest: Option<Instant>,
    /// No watermark is later: the `Date` of the first page; where there was none, this phone's clock.
    bound: Option<Instant>,
    without_news: u32,
    /// Whether it was begun anew because one of its pages was refused.
    pub begun_again: bool,
}

impl Chain {
    pub fn of(search: Search) -> Self {
        Self { search, next: None, followed: BTreeSet::new(), whole: true, newest: None, bound: None, without_news: 0, begun_again: false }
    }

    /// The same from its first page: a server may have forgotten a page that it named.
    pub fn again(search: Search) -> Self {
        Self { begun_again: true, ..Self::of(search) }
    }

    /// Whether a page beyond the first is asked for.
    pub fn is_under_way(&self) -> bool {
        self.next.is_some()
    }

    /// The request for the next page; `None` before the first.
    pub fn following(&self) -> Option<Request> {
        self.next.as_ref().map(|link| Request::follow(link.url.clone(), link.page.clone()))
    }

    /// Notes what is known of the server's time when the chain begins: its search is of a later moment.
    pub fn begins(&mut self, newest: Option<Instant>) {
        self.newest = self.newest.max(newest);
    }

    /// Notes how late the first page can be, and the stamps of what a page brought.
    pub fn hears(&mut self, answer: &Answer, documents: &[Document], now: Instant) {
        self.bound = self.bound.or(Some(answer.date.unwrap_or(now)));
        self.newest = documents.iter().filter_map(Document::last_updated).max().max(self.newest);
    }

    /// Up to when it has read, in the server's time; `None` where nothing of the server's was ever seen.
    pub fn read_upto(&self) -> Option<Instant> {
        self.newest.map(|newest| self.bound.map_or(newest, |bound| newest.min(bound)))
    }

    /// Goes on to the next page that an answer names. A chain of pages that comes back to itself ends, and so does one of ever
    /// new pages that bring nothing. Whether it goes on.
    pub fn follow(&mut self, link: Option<String>, answer: &Answer) -> bool {
        let link = link.filter(|link| link.len() <= MOST_LINK && self.followed.insert(link.clone()));
        let link = link.filter(|_| self.without_news < MOST_WITHOUT_NEWS);
        self.next = link.map(|url| Link { url, page: answer.url.clone() });
        self.next.is_some()
    }

    /// Notes whether a page brought anything.
    pub fn brought(&mut self, anything: bool) {
        self.without_news = if anything { 0 } else { self.without_news + 1 };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn chain() -> Chain {
        Chain::of(Search::by("Basic", "_id", BTreeSet::new()))
    }

    fn stamped(at: &str) -> Vec<Document> {
        vec![Document::from_value(json!({ "resourceType": "Basic", "id": "b", "meta": { "lastUpdated": at } })).unwrap()]
    }

    fn dated(date: Option<&str>) -> Answer {
        Answer { date: date.map(at), ..Answer::default() }
    }

    #[test]
    fn a_watermark_is_of_the_resources_and_never_of_whatever_answered() {
        let now = at("2026-11-25T09:00:00Z");
        for (date, stamp, upto) in [
            // A gateway two hours ahead, ten minutes ahead, two hours behind; none at all.
            (Some("2026-11-25T07:00:00Z"), "2026-11-25T05:00:00Z", "2026-11-25T05:00:00Z"),
            (Some("2026-11-25T05:10:00Z"), "2026-11-25T05:00:00Z", "2026-11-25T05:00:00Z"),
            (Some("2026-11-25T03:00:00Z"), "2026-11-25T05:00:00Z", "2026-11-25T03:00:00Z"),
            (None, "2026-11-25T05:00:00Z", "2026-11-25T05:00:00Z"),
            // One record of another century decides about no other.
            (Some("2026-11-25T05:00:00Z"), "2099-01-01T00:00:00Z", "2026-11-25T05:00:00Z"),
            (None, "2099-01-01T00:00:00Z", "2026-11-25T09:00:00Z"),
        ] {
            let mut chain = chain();
            chain.hears(&dated(date), &stamped(stamp), now);
            assert_eq!(chain.read_upto(), Some(at(upto)), "{date:?} {stamp}");
        }
    }

    #[test]
    fn what_brings_nothing_has_read_up_to_what_was_known_when_it_began() {
        let mut nothing = chain();
        nothing.hears(&dated(Some("2026-11-25T07:00:00Z")), &[], at("2026-11-25T05:00:00Z"));
        assert_eq!(nothing.read_upto(), None);
        nothing.begins(Some(at("2026-11-25T04:00:00Z")));
        assert_eq!(nothing.read_upto(), Some(at("2026-11-25T04:00:00Z")));
    }

    #[test]
    fn the_date_of_a_later_page_moves_nothing() {
        let mut chain = chain();
        chain.hears(&dated(Some("2026-11-25T05:00:00Z")), &[], at("2026-11-25T05:00:00Z"));
        chain.hears(&dated(Some("2026-11-25T06:00:00Z")), &stamped("2026-11-25T05:30:00Z"), at("2026-11-25T06:00:00Z"));
        assert_eq!(chain.read_upto(), Some(at("2026-11-25T05:00:00Z")));
    }
}
