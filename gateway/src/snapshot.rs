//! What an act reads at a gateway: documents of the server as they were fetched for it.
//!
//! Rule: what was not fetched is not absent. It is [`RecordsError::NotFetched`], noted here, fetched, and the act runs again
//! on a snapshot that knows it. A snapshot lives for one act.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use anydoor_core::fhir::Document;
use anydoor_core::records::{AgencyKind, Query, Records, RecordsError};

/// A document of the server.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    document: Document,
    version: Option<String>,
}

/// Documents of the server, with what was asked and found empty.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// By `Type/id`; `None`: asked for, and not there.
    documents: BTreeMap<String, Option<Known>>,
    /// What each search found, as references.
    searched: BTreeMap<Query, Vec<String>>,
    /// What was asked and is not known, since this was last taken.
    missing: Mutex<BTreeSet<Query>>,
}

impl Snapshot {
    /// Takes a document as the server has it; `version` where the document itself names none.
    pub fn put(&mut self, document: Document, version: Option<String>) {
        let version = document.version().map(str::to_owned).or(version);
        self.documents.insert(document.reference(), Some(Known { document, version }));
    }

    /// Takes that nothing is there under `Type/id`.
    pub fn put_absent(&mut self, reference: &str) {
        self.documents.insert(reference.to_owned(), None);
    }

    /// Takes what a search found. A document that is known already stays: it was read by its id, and a search may be behind.
    pub fn put_found(&mut self, query: Query, found: Vec<Document>) {
        self.searched.insert(query, found.iter().map(Document::reference).collect());
        for document in found {
            if !matches!(self.documents.get(&document.reference()), Some(Some(_))) {
                self.put(document, None);
            }
        }
    }

    /// What was asked and is not known, since this was last asked.
    pub fn take_missing(&mut self) -> Vec<Query> {
        let missing = self.missing.get_mut().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(missing).into_iter().collect()
    }

    /// A document that is known to be there.
    pub fn get(&self, reference: &str) -> Option<&Document> {
        self.documents.get(reference)?.as_ref().map(|known| &known.document)
    }

    /// The server's version id of a document that is known to be there.
    pub fn version(&self, reference: &str) -> Option<&str> {
        self.documents.get(reference)?.as_ref()?.version.as_deref()
    }

    fn not_fetched(&self, query: Query) -> RecordsError {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).insert(query.clone());
        RecordsError::NotFetched(query)
    }

    fn found(&self, query: Query, fits: impl Fn(&Document) -> bool) -> Result<Vec<Document>, RecordsError> {
        let mut found: Vec<Document> = match self.searched.get(&query) {
            Some(references) => references.iter().filter_map(|reference| self.get(reference)).filter(|d| fits(d)).cloned().collect(),
            None => return Err(self.not_fetched(query)),
        };
        found.sort_by_key(|document| (document.last_updated(), document.id().to_owned()));
        Ok(found)
    }
}

/// Whether a document is of this type and points at `target` by this element.
pub(crate) fn points_at(document: &Document, kind: &str, element: &str, target: &str) -> bool {
    document.kind() == kind && document.references().iter().any(|(by, to)| by == element && to == target)
}

impl Records for Snapshot {
    fn document(&self, kind: &str, id: &str) -> Result<Option<Document>, RecordsError> {
        match self.documents.get(&format!("{kind}/{id}")) {
            Some(known) => Ok(known.as_ref().map(|known| known.document.clone())),
            None => Err(self.not_fetched(Query::Document { kind: kind.to_owned(), id: id.to_owned() })),
        }
    }

    fn pointing_at(&self, kind: &str, element: &str, target: &str) -> Result<Vec<Document>, RecordsError> {
        let query = Query::PointingAt { kind: kind.to_owned(), element: element.to_owned(), target: target.to_owned() };
        self.found(query, |document| points_at(document, kind, element, target))
    }

    fn of_kind(&self, kind: AgencyKind) -> Result<Vec<Document>, RecordsError> {
        self.found(Query::OfKind(kind), |document| document.kind() == kind.kind())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn task(id: &str, owner: &str) -> Document {
        Document::from_value(json!({ "resourceType": "Task", "id": id, "owner": { "reference": owner } })).unwrap()
    }

    #[test]
    fn what_was_not_fetched_is_not_absent_and_is_noted_once() {
        let mut snapshot = Snapshot::default();
        let query = Query::Document { kind: "Task".into(), id: "a".into() };
        for _ in 0..2 {
            assert_eq!(snapshot.document("Task", "a"), Err(RecordsError::NotFetched(query.clone())));
        }
        assert_eq!(snapshot.take_missing(), [query]);
        snapshot.put_absent("Task/a");
        assert_eq!((snapshot.document("Task", "a"), snapshot.take_missing().len()), (Ok(None), 0));
    }

    #[test]
    fn a_search_that_found_nothing_is_known_and_one_that_is_behind_takes_nothing_back() {
        let mut snapshot = Snapshot::default();
        assert!(snapshot.pointing_at("Task", "owner", "CareTeam/a").is_err());
        let query = snapshot.take_missing().remove(0);
        snapshot.put(task("t", "CareTeam/b"), Some("2".into()));
        snapshot.put_found(query, vec![task("t", "CareTeam/a")]);
        assert_eq!(snapshot.pointing_at("Task", "owner", "CareTeam/a"), Ok(Vec::new()), "it was read by id, and has another owner");
        assert_eq!(snapshot.version("Task/t"), Some("2"));
    }
}
