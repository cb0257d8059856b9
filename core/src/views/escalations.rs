//! Calls for help, as far as known: on this phone, sent, acknowledged by somebody with a name, or loud (P8, P9).

use crate::base::clock::Instant;
use crate::fhir::{self, Document};
use crate::safety::{Acknowledgement, EscalationState, NotSent, escalation_state};

/// One call for help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EscalationView {
    /// The id.
    pub id: String,
    /// The number to read aloud.
    pub number: String,
    /// Where it stands.
    pub state: EscalationState,
    /// Who acknowledged it, and when.
    pub acknowledged: Option<Acknowledgement>,
    /// Not sent, and why. Nothing: sent, or on its way.
    pub why_not_sent: Option<NotSent>,
}

/// What is known of one. `at_server` tells whether the server has it, `why_not_sent` why the last run stopped. One that cannot
/// be read is shown by its id: it must not hide the others.
pub fn escalation(task: &Document, at_server: bool, now: Instant, why_not_sent: Option<NotSent>) -> EscalationView {
    let why_not_sent = why_not_sent.filter(|_| !at_server);
    let Ok(read) = fhir::safety::read(task) else {
        return EscalationView {
            id: task.id().to_owned(),
            number: task.text("/identifier/0/value").unwrap_or_default().to_owned(),
            state: if at_server { EscalationState::Sent } else { EscalationState::OnPhone },
            acknowledged: None,
            why_not_sent,
        };
    };
    let acknowledged = fhir::safety::acknowledgement(task);
    let state = match (at_server, escalation_state(task.text("/status").unwrap_or_default(), acknowledged.as_ref(), read.at, now)) {
        (true, state) => state,
        // Not sent for as long as an answer would be waited for: as loud as no answer.
        (false, EscalationState::Exhausted) => EscalationState::Exhausted,
        (false, _) => EscalationState::OnPhone,
    };
    EscalationView { id: read.id.to_string(), number: read.number, state, acknowledged, why_not_sent }
}
