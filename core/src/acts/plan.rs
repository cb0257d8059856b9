//! A plan: what one act writes, as values. Committed whole or not at all.

use crate::clock::Instant;
use crate::fhir::Document;
use crate::ids::MemberId;

crate::codes! {
    /// What is meant for one document.
    Act {
        /// A new document. Sent as a plain PUT; an immutable one may be sent again, any other only after a look.
        Create = "create",
        /// A change of a document from the version it was read in. Sent with If-Match.
        Change = "change",
        /// Taking an open offer: one PUT with If-Match, then looked at twice.
        Claim = "claim",
    }
}

/// One document of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The document as it shall be.
    pub document: Document,
    /// What is meant.
    pub act: Act,
}

/// What one act writes: one unit, one commit, one transaction where the server allows.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The act, as the audit names it.
    pub name: &'static str,
    /// Who acts.
    pub who: MemberId,
    /// When, by the phone's clock.
    pub at: Instant,
    /// The visit that it belongs to: one bad item holds up only its own lane.
    pub lane: String,
    /// The documents, each after those it refers to.
    pub writes: Vec<Write>,
    /// A draft that this act ends.
    pub ends_draft: Option<crate::ids::NoteId>,
}

impl Plan {
    /// An empty plan of this name.
    pub fn new(name: &'static str, who: &MemberId, at: Instant, lane: &str) -> Self {
        Self { name, who: who.clone(), at, lane: lane.to_owned(), writes: Vec::new(), ends_draft: None }
    }
    /// Adds a new document.
    #[must_use]
    pub fn create(mut self, document: Document) -> Self {
        self.writes.push(Write { document, act: Act::Create });
        self
    }
    /// Adds new documents.
    #[must_use]
    pub fn create_all(mut self, documents: impl IntoIterator<Item = Document>) -> Self {
        self.writes.extend(documents.into_iter().map(|document| Write { document, act: Act::Create }));
        self
    }
    /// Adds a change.
    #[must_use]
    pub fn change(mut self, document: Document) -> Self {
        self.writes.push(Write { document, act: Act::Change });
        self
    }
    /// Without the change of this document: what this release does not know stays as it is (P30).
    #[must_use]
    pub fn leaving(mut self, document: &Document) -> Self {
        self.writes.retain(|write| write.act == Act::Create || write.document.reference() != document.reference());
        self
    }
    /// Adds a claim.
    #[must_use]
    pub fn claim(mut self, document: Document) -> Self {
        self.writes.push(Write { document, act: Act::Claim });
        self
    }
}

/// Where a plan goes: on a phone one SQLite commit, at a gateway the FHIR server itself.
pub trait Ledger {
    /// What can go wrong.
    type Error;
    /// The document as the ledger has it.
    ///
    /// # Errors
    /// The ledger's own.
    fn document(&self, kind: &str, id: &str) -> Result<Option<Document>, Self::Error>;
    /// Takes the plan, whole or not at all.
    ///
    /// # Errors
    /// The ledger's own; then nothing was taken.
    fn commit(&mut self, plan: &Plan) -> Result<(), Self::Error>;
}
