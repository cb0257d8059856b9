//! One escalation as it is kept.
//!
//! Rule: values only. Neighbours: `standing` makes it of frames, `carry_over` of an earlier release's file.

use crate::base::clock::Moment;
use crate::fhir::{Document, escalation};
use crate::safety::Ending;

/// One escalation and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct EscalationRow {
    /// The Task, as the server last told, or as made here.
    pub task: Document,
    /// The server's version id; `None`: not sent, or sent without an answer.
    pub version: Option<String>,
    /// Whether it was sent without an answer: look before sending again.
    pub unknown: bool,
    /// The status with which the server refused it last.
    pub refused: Option<u16>,
    /// When it was made, by the clock that counts sleep; `None`: by an earlier release.
    pub made: Option<Moment>,
    /// Who cancelled it on this phone.
    pub cancelled: Option<Ending>,
}

impl EscalationRow {
    /// The Task as it is to stand at the server: with what was decided here.
    pub fn to_send(&self) -> Document {
        let mut task = self.task.clone();
        if let Some(ending) = self.cancelled.as_ref().filter(|_| self.waits_to_be_cancelled()) {
            escalation::cancel(&mut task, ending);
        }
        task
    }

    /// Whether it was cancelled here and the server's copy does not say so yet.
    pub fn waits_to_be_cancelled(&self) -> bool {
        self.cancelled.is_some() && escalation::cancellation(&self.task).is_none()
    }
}
