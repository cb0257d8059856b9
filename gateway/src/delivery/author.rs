//! Who writes: the name and the count that stand in the revision of everything that this copy of a gateway sends.

use std::sync::atomic::{AtomicU64, Ordering};

use anydoor_core::base::ids;
use anydoor_core::fhir::{Document, Revision};

/// One running copy of a gateway.
#[derive(Debug)]
pub struct Author {
    writer: String,
    agency: String,
    counter: AtomicU64,
}

impl Author {
    /// A copy that starts now, of this agency (its Organization's id). Its name is its own: two copies count apart.
    pub fn new(agency: &str) -> Self {
        Self { writer: format!("gateway-{}", ids::fresh()), agency: agency.to_owned(), counter: AtomicU64::new(0) }
    }

    /// The document with our revision, made from what was there.
    pub fn sign(&self, document: &Document, base: Option<&Document>, by: &str) -> Document {
        let mut signed = document.clone();
        let counter = self.counter.fetch_add(1, Ordering::Relaxed) + 1;
        let parent = base.and_then(Revision::of).map(|revision| revision.name());
        Revision { writer: self.writer.clone(), counter, parent, by: Some(by.to_owned()) }.write(&self.agency, &mut signed);
        signed
    }
}
