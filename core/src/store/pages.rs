//! The pages that a pull brings, each with the watermarks of the searches that it ends.
//!
//! Rule: documents and watermark are one commit, and a watermark is server time. What is not surely news is left out and
//! named, and the watermark then stays. Neighbours: `arrivals` takes the documents in, `sync::pull` asks for them.

use rusqlite::OptionalExtension;

use super::arrivals::{Arrival, take_in};
use super::database::{Changes, Store};
use super::error::StoreError;
use super::revision::RevisionAuthor;
use crate::arrive::{Decision, Source};
use crate::base::clock::Instant;
use crate::fhir::Document;

/// From this many seconds on a watermark is moved by a page that brings nothing else.
const WORTH_MOVING_S: i64 = 60;

/// What a page of the pull brings.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The documents.
    pub documents: Vec<Document>,
    /// The searches that are read to their end with this page, and up to when, in server time.
    pub read_upto: Option<(Vec<String>, Instant)>,
}

/// What came of a page that a search brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// `Type/id` of what changed here.
    pub changed: Vec<String>,
    /// `Type/id` of what may be older than what is here: it was not taken, and is to be read by its id.
    pub in_doubt: Vec<String>,
}

impl Store {
    /// Takes documents that were read by their ids: they are what the server has now. What has unsent changes is not
    /// overwritten; the incoming version is kept beside it. Returns what changed.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was taken.
    pub fn take(&mut self, incoming: &Incoming) -> Result<Changes, StoreError> {
        Ok(Changes(self.take_as(incoming, Source::Read)?.changed))
    }

    /// Takes a page of a search: documents and watermark in one commit. A search may be behind what the server has, so what
    /// is not surely news is left out and named; the watermark then stays, and the page is asked for again.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the page was taken.
    pub fn take_found(&mut self, incoming: &Incoming) -> Result<Found, StoreError> {
        self.take_as(incoming, Source::Search)
    }

    fn take_as(&mut self, incoming: &Incoming, source: Source<'_>) -> Result<Found, StoreError> {
        let near = self.watermarks_are_near(incoming)?;
        let written = self.connection.total_changes();
        let author = RevisionAuthor { writer: &self.writer, agency: &self.agency };
        let tx = self.connection.transaction()?;
        let arrivals: Vec<Arrival<'_>> = incoming.documents.iter().map(|document| Arrival::of(document, source)).collect();
        let decisions = take_in(&tx, &author, &arrivals)?;
        let decided = |which: fn(&Decision) -> bool| -> Vec<String> {
            incoming.documents.iter().zip(&decisions).filter(|(_, d)| which(d)).map(|(document, _)| document.reference()).collect()
        };
        let in_doubt = decided(|decision| *decision == Decision::ReadById);
        if near && tx.total_changes() == written {
            return Ok(Found { changed: Vec::new(), in_doubt });
        }
        if let Some((searches, upto)) = incoming.read_upto.as_ref().filter(|_| in_doubt.is_empty()) {
            for search in searches {
                tx.prepare_cached("INSERT INTO watermarks VALUES (?, ?) ON CONFLICT DO UPDATE SET upto = excluded.upto")?
                    .execute([search, &upto.to_string()])?;
            }
        }
        tx.commit()?;
        Ok(Found { changed: decided(Decision::changes_what_is_shown), in_doubt })
    }

    /// Whether a page would move its watermarks by less than a minute. Where it brings nothing else they stay, and that minute
    /// is asked for again: a phone that polls every ten seconds would otherwise write as often as it asks.
    fn watermarks_are_near(&self, incoming: &Incoming) -> Result<bool, StoreError> {
        let Some((searches, upto)) = &incoming.read_upto else { return Ok(true) };
        for search in searches {
            let near = |at: Instant| (0..WORTH_MOVING_S).contains(&upto.duration_since(at).as_secs());
            if !self.watermark(search)?.is_some_and(near) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The newest of how far searches have read: what the server's clock showed at least.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn newest_watermark(&self) -> Result<Option<Instant>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT DISTINCT upto FROM watermarks")?;
        let all = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(all.iter().filter_map(|text| text.parse().ok()).max())
    }

    /// How far a search has read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn watermark(&self, search: &str) -> Result<Option<Instant>, StoreError> {
        let text: Option<String> = self
            .connection
            .prepare_cached("SELECT upto FROM watermarks WHERE search = ?")?
            .query_row([search], |row| row.get(0))
            .optional()?;
        Ok(text.and_then(|text| text.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::acts::{Ledger, Plan};
    use crate::base::ids::MemberId;
    use crate::delivery::ParkReason;
    use crate::store::Key;

    fn theirs(version: &str, second: u8) -> Incoming {
        let meta = json!({ "versionId": version, "lastUpdated": format!("2026-11-25T02:00:{second:02}Z") });
        let document = Document::from_value(json!({ "resourceType": "Basic", "id": "b", "meta": meta, "author": version })).unwrap();
        Incoming { documents: vec![document], read_upto: Some((vec!["Basic?".into()], "2026-11-25T03:00:00Z".parse().unwrap())) }
    }

    #[test]
    fn a_conflict_that_waits_for_a_person_holds_up_no_watermark_and_its_other_side_never_goes_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        let at = "2026-11-25T02:00:00Z".parse().unwrap();
        store.commit(&Plan::new("test", &MemberId::fresh(), at, "v").create(Document::new("Basic", "b"))).unwrap();
        let seq = store.unsent().unwrap()[0].seq;
        store.park(seq, ParkReason::ChangedElsewhere, None).unwrap();
        assert_eq!(store.take_found(&theirs("2", 20)).unwrap().in_doubt.len(), 1, "nothing is known of the server's yet");
        store.take(&theirs("2", 20)).unwrap();
        // The same page again, with nothing decided; then an index that is behind; then news.
        assert_eq!(store.take_found(&theirs("2", 20)).unwrap().in_doubt.len(), 0);
        assert!(store.watermark("Basic?").unwrap().is_some());
        assert_eq!(store.take_found(&theirs("1", 10)).unwrap().in_doubt.len(), 1);
        let beside = |store: &Store| store.stored("Basic", "b").unwrap().unwrap().theirs.unwrap().version().unwrap().to_owned();
        assert_eq!(beside(&store), "2");
        assert_eq!(store.take_found(&theirs("3", 30)).unwrap().in_doubt.len(), 0);
        assert_eq!(beside(&store), "3");
    }
}
