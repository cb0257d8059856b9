//! How our values are written as FHIR R4, and read back. No I/O.
//!
//! Every resource is kept as the JSON that came ([`Document`]); small views here read and write the parts we use, so
//! that what we do not understand survives the round trip (P17). Patient is a word of this module only.

pub mod agency;
pub mod assignment;
pub mod attachment;
pub mod basis;
pub mod behaviour;
pub mod bundle;
pub mod closures;
mod current;
pub mod directory;
pub mod disclosure;
pub mod document;
pub mod element;
pub mod escalation;
pub mod handoff;
pub mod in_error;
pub mod incident;
pub mod join;
pub mod jurisdictions;
pub mod note;
pub mod order;
pub mod person;
pub mod population;
pub mod reference;
pub mod safety;
pub mod sharing;
pub mod team;

pub use document::{Document, DocumentError};
pub use element::{OURS, Revision};

/// A document that our views cannot read: what is missing or wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}/{id}: {element}: missing, unknown or not what it should be")]
pub struct ReadError {
    /// The resource type.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// The element.
    pub element: &'static str,
}

impl ReadError {
    /// `element` of `document` cannot be read.
    pub fn new(document: &Document, element: &'static str) -> Self {
        Self { kind: document.kind().to_owned(), id: document.id().to_owned(), element }
    }
}
