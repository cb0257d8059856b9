//! An intent that an answer is about, with its document.
//!
//! Rule: an answer about an intent that is gone says nothing, and one that waits for a person goes on waiting (P5).
//! Neighbours: `sent` and `claims` decide about it.

use super::decision::Decision;
use super::local::{Held, Local, Text, Unsent};
use crate::delivery::IntentState;
use crate::fhir::{Document, DocumentError, assignment, note};

/// An intent with its document, which are both here.
pub(super) struct Subject<'a> {
    pub local: &'a Local,
    pub held: &'a Held,
    pub intent: &'a Unsent,
}

impl Subject<'_> {
    /// The body as it last left; one that cannot be read is as good as none.
    pub fn sent(&self) -> Option<Document> {
        self.intent.sent.as_ref().and_then(|sent| sent.read().ok())
    }

    /// How much else is unsent of the document.
    pub fn others(&self) -> usize {
        self.local.intents.iter().filter(|other| other.seq != self.intent.seq).count()
    }

    /// Whether nothing is ever merged into it.
    pub fn is_immutable(&self, ours: &Document) -> bool {
        self.held.signed || note::is_signed(ours) || assignment::is_stamp(ours)
    }

    /// What our changes started from.
    pub fn base(&self, theirs: &Document) -> Result<Document, DocumentError> {
        self.held.base.as_ref().map_or_else(|| Ok(Document::new(theirs.kind(), theirs.id())), Text::read)
    }
}

/// An answer about an intent that is no longer here says nothing, and one that waits for a person goes on waiting, unless
/// the server has taken it meanwhile.
pub(super) fn about(
    local: &Local,
    seq: i64,
    decide: impl FnOnce(&Subject<'_>) -> Result<Decision, DocumentError>,
) -> Result<Decision, DocumentError> {
    let intent = local.intents.iter().find(|intent| intent.seq == seq);
    let (Some(held), Some(intent)) = (&local.held, intent) else { return Ok(Decision::Leave) };
    let decision = decide(&Subject { local, held, intent })?;
    let ends = matches!(decision, Decision::Arrived { .. } | Decision::Settle { .. });
    Ok(if intent.state == IntentState::Parked && !ends { Decision::Leave } else { decision })
}
