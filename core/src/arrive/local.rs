//! What is held here of one document.
//!
//! Rule: texts are read only where a decision looks into them: most that arrives is not here yet. Neighbours: `store::arrivals`
//! gathers it.

use crate::delivery::{Act, IntentState};
use crate::fhir::{Document, DocumentError};

/// A stored document, read only where a decision needs to look into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

impl Text {
    /// Reads it.
    ///
    /// # Errors
    /// [`DocumentError`] where what is stored is no document.
    pub fn read(&self) -> Result<Document, DocumentError> {
        Document::parse(self.0.as_bytes())
    }
}

/// What is held here of one document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Local {
    /// The document; `None`: it is not here.
    pub held: Option<Held>,
    /// What is unsent of it, oldest first.
    pub intents: Vec<Unsent>,
    /// Whether the revision that arrives was shown here before.
    pub shown: bool,
}

/// A document that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What is shown.
    pub body: Text,
    /// The server's version that our unsent changes started from.
    pub base: Option<Text>,
    /// A newer version of the server's that stands beside ours.
    pub beside: Option<Text>,
    /// The server's version id; `None`: not at the agency.
    pub version: Option<String>,
    /// Whether the database holds its body as signed.
    pub signed: bool,
}

/// One intent of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Its place in the outbox.
    pub seq: i64,
    /// What is meant.
    pub act: Act,
    /// Where it stands.
    pub state: IntentState,
    /// The body as it last left; `None` while it never did.
    pub sent: Option<Text>,
}
