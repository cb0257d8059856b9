//! Documents in memory: records for tests and small tools.

use super::{AgencyKind, Records, RecordsError};
use crate::fhir::Document;

/// Documents in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    documents: Vec<Document>,
}

impl Memory {
    /// Holds these documents.
    pub fn of(documents: impl IntoIterator<Item = Document>) -> Self {
        let mut memory = Self::default();
        documents.into_iter().for_each(|document| memory.put(document));
        memory
    }

    /// Takes a document, in place of the one of the same type and id.
    pub fn put(&mut self, document: Document) {
        match self.documents.iter_mut().find(|held| held.reference() == document.reference()) {
            Some(held) => *held = document,
            None => self.documents.push(document),
        }
    }

    /// Everything, in the order in which it came.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    fn all(&self, wanted: impl Fn(&Document) -> bool) -> Vec<Document> {
        self.documents.iter().filter(|document| wanted(document)).cloned().collect()
    }
}

impl Records for Memory {
    fn document(&self, kind: &str, id: &str) -> Result<Option<Document>, RecordsError> {
        Ok(self.documents.iter().find(|document| document.kind() == kind && document.id() == id).cloned())
    }

    fn pointing_at(&self, kind: &str, element: &str, target: &str) -> Result<Vec<Document>, RecordsError> {
        let points = |document: &Document| document.references().iter().any(|(by, to)| by == element && to == target);
        Ok(self.all(|document| document.kind() == kind && points(document)))
    }

    fn of_kind(&self, kind: AgencyKind) -> Result<Vec<Document>, RecordsError> {
        Ok(self.all(|document| document.kind() == kind.kind()))
    }
}
