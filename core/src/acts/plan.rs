//! A plan: what one act writes, as values. Committed whole or not at all.

use crate::base::clock::Instant;
use crate::base::ids::{MemberId, NoteId};
use crate::delivery::Act;
use crate::fhir::Document;
use crate::note::Draft;
use crate::records::Memory;

/// One document of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The document as it shall be.
    pub document: Document,
    /// What is meant.
    pub act: Act,
}

/// What a person decides about an item that waits for them.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Ours goes out, on top of theirs.
    KeepOurs {
        /// Theirs with our changes on it.
        merged: Document,
        /// What it starts from.
        theirs: Document,
    },
    /// Theirs is what this phone shows from now on; our change ends.
    KeepTheirs {
        /// The server's version.
        theirs: Document,
    },
    /// A claim that another team has was seen; it ends.
    SeenLost,
    /// It tries again.
    Retry,
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
    pub ends_draft: Option<NoteId>,
    /// A draft that this act saves.
    pub saves_draft: Option<Draft>,
    /// An item of the outbox about which this act decides.
    pub decides: Option<(i64, Decision)>,
}

/// A change of a document.
pub(super) fn changed(document: Document) -> Write {
    Write { document, act: Act::Change }
}

impl Plan {
    /// An empty plan of this name.
    pub fn new(name: &'static str, who: &MemberId, at: Instant, lane: &str) -> Self {
        let lane = lane.to_owned();
        Self { name, who: who.clone(), at, lane, writes: Vec::new(), ends_draft: None, saves_draft: None, decides: None }
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
    /// Adds a claim.
    #[must_use]
    pub fn claim(mut self, document: Document) -> Self {
        self.writes.push(Write { document, act: Act::Claim });
        self
    }
    /// Ends a draft.
    #[must_use]
    pub fn ending_draft(mut self, draft: &NoteId) -> Self {
        self.ends_draft = Some(draft.clone());
        self
    }
    /// Saves a draft.
    #[must_use]
    pub fn saving_draft(mut self, draft: Draft) -> Self {
        self.saves_draft = Some(draft);
        self
    }
    /// Decides about an item of the outbox.
    #[must_use]
    pub fn deciding(mut self, item: i64, decision: Decision) -> Self {
        self.decides = Some((item, decision));
        self
    }
}

/// Where a phone's plans go: one commit. (A gateway delivers a plan to the FHIR server in steps, see `anydoor-gateway`.)
pub trait Ledger {
    /// What can go wrong.
    type Error;
    /// Takes the plan, whole or not at all.
    ///
    /// # Errors
    /// The ledger's own; then nothing was taken.
    fn commit(&mut self, plan: &Plan) -> Result<(), Self::Error>;
}

impl Ledger for Memory {
    type Error = std::convert::Infallible;

    fn commit(&mut self, plan: &Plan) -> Result<(), std::convert::Infallible> {
        plan.writes.iter().for_each(|write| self.put(write.document.clone()));
        Ok(())
    }
}
