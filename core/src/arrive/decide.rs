//! Which rules a source has.
//!
//! Rule: total: whatever is held, whatever arrives, there is one decision. Neighbours: `unasked`, `sent` and `claims` have the
//! rules.

use super::claims::{on_first_look, on_second_look};
use super::decision::Decision;
use super::incoming::{Incoming, Source};
use super::local::Local;
use super::sent::{on_acknowledgement, on_conflict, on_read_back};
use super::subject::about;
use super::unasked::{on_confirmation, on_read, on_scope, on_search};
use crate::fhir::DocumentError;

/// Decides.
///
/// # Errors
/// [`DocumentError`] where what is stored here cannot be read.
pub fn decide(local: &Local, incoming: &Incoming<'_>, source: Source<'_>) -> Result<Decision, DocumentError> {
    match source {
        Source::Search => match incoming {
            Incoming::Document(found) => on_search(local, found),
            _ => Ok(Decision::Leave),
        },
        Source::Read => match incoming {
            Incoming::Document(there) => on_read(local, there),
            _ => Ok(Decision::Leave),
        },
        Source::Confirmation => on_confirmation(local, incoming),
        Source::Scope { team } => Ok(on_scope(local, incoming, team)),
        Source::ReadBack { seq } => about(local, seq, |subject| on_read_back(subject, incoming)),
        Source::Acknowledgement { seq } => about(local, seq, |subject| Ok(on_acknowledgement(subject.intent, incoming))),
        Source::Conflict { seq } => about(local, seq, |subject| on_conflict(subject, incoming)),
        Source::FirstLook { seq, put, again_at } => about(local, seq, |subject| on_first_look(subject, incoming, put, again_at)),
        Source::SecondLook { seq } => about(local, seq, |subject| on_second_look(subject, incoming)),
    }
}
