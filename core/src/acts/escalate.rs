//! Help from 911 in one gesture.

use super::Actor;
use crate::base::ids::{AssignmentId, EscalationId, OrganizationId};
use crate::fhir::{self, Document};
use crate::incident::Place;
use crate::safety::{Escalation, Need};

/// Makes the escalation: the need, the number to call back, the place, the names of its written reports, and nothing else. It goes into the escalations'
/// own file, never into the outbox. The written report follows in the outbox ([`super::brief`]).
pub fn escalate(
    assignment: &AssignmentId,
    psap: &OrganizationId,
    need: Need,
    place: &Place,
    callback: &str,
    actor: &Actor,
) -> (Escalation, Document) {
    let id: EscalationId = actor.id("escalation");
    // The last four digits in the id's random part: short enough to read aloud, different enough within a shift.
    let number: u32 = id.as_str().bytes().rev().take(6).fold(0, |sum, byte| (sum * 31 + u32::from(byte)) % 10_000);
    let escalation = Escalation {
        id,
        assignment: assignment.clone(),
        team: actor.team.clone(),
        by: actor.member.clone(),
        psap: psap.clone(),
        need,
        place: place.clone(),
        callback: callback.to_owned(),
        number: format!("{number:04}"),
        at: actor.time(),
    };
    let mut task = fhir::safety::write(&escalation);
    // Named, not referred to: the reports follow in the outbox, and the call must not wait for them.
    for input in fhir::disclosure::inputs(&escalation.id, need) {
        task.push("input", input);
    }
    (escalation, task)
}
