//! Help from 911 in one gesture, and its end by somebody named.

use super::Actor;
use crate::base::ids::{AssignmentId, EscalationId, OrganizationId};
use crate::fhir::{self, Document};
use crate::incident::Place;
use crate::safety::{Ending, Escalation, Need, PhonePosition, Prepared};

/// What a call for help says.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The assignment; `None`: the one that was prepared, or none.
    pub assignment: Option<AssignmentId>,
    /// What is needed.
    pub need: Need,
    /// Whether nobody is to call back, and no sirens are to be heard.
    pub silent: bool,
    /// Where the phone is.
    pub phone: Option<PhonePosition>,
    /// The number on which the crew answers.
    pub callback: String,
    /// The agency's own PSAP, for a scene that names none.
    pub psap: OrganizationId,
}

/// Makes the escalation: the need, the number to call back, where to come, and nothing else. Whatever is missing of the rest, it
/// is made. It goes into the escalations' own files, never into the outbox. The written report follows in the outbox
/// ([`super::brief`]).
pub fn escalate(call: Call, prepared: Option<Prepared>, actor: &Actor) -> (Escalation, Document) {
    let id: EscalationId = actor.id("escalation");
    // The last four digits in the id's random part: short enough to read aloud, different enough within a shift.
    let number: u32 = id.as_str().bytes().rev().take(6).fold(0, |sum, byte| (sum * 31 + u32::from(byte)) % 10_000);
    let of_scene = prepared.as_ref().and_then(|prepared| prepared.psap.clone());
    let escalation = Escalation {
        id,
        assignment: call.assignment.or_else(|| prepared.as_ref().map(|prepared| prepared.assignment.clone())),
        team: actor.team.clone(),
        by: actor.member.clone(),
        psap: of_scene.unwrap_or(call.psap),
        need: call.need,
        silent: call.silent,
        place: prepared.map_or_else(Place::default, |prepared| prepared.place),
        phone: call.phone,
        callback: call.callback,
        number: format!("{number:04}"),
        at: actor.time(),
    };
    let mut task = fhir::escalation::write(&escalation);
    // Named, not referred to: the reports follow in the outbox, and the call must not wait for them.
    for input in fhir::disclosure::inputs(&escalation.id, escalation.need) {
        task.push("input", input);
    }
    (escalation, task)
}

/// Ends an escalation by somebody's name; `None` where nobody is named.
pub fn cancel(name: &str, actor: &Actor) -> Option<Ending> {
    let who = name.trim();
    (!who.is_empty()).then(|| Ending { who: who.to_owned(), at: actor.time() })
}
