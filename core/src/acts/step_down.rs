//! Handing down through the 988 door. Finished only when the counsellor has the person.

use super::{ActError, Actor, Never, Plan, brief};
use crate::base::Code;
use crate::base::ids::{AssignmentId, OrganizationId, StepDownId};
use crate::fhir;
use crate::handoff::{Recipient, packet};
use crate::records::{Records, lookup};
use crate::safety::StepDown;

/// Asks the centre to take the person on, with the crew's own words and the facts that this receiver may have. Returns the
/// step-down's id.
///
/// # Errors
/// [`ActError`]; nothing is written.
pub fn step_down<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    centre: &OrganizationId,
    own: &str,
    actor: &Actor,
) -> Result<(Plan, StepDownId), ActError<Never>> {
    let incident = lookup::incident_of(records, assignment)?;
    let parted = packet(&incident.facts, None, &Recipient::Counsellor, &[], actor.time());
    let step = StepDown {
        id: actor.id("step-down"),
        assignment: assignment.clone(),
        incident: incident.id,
        centre: centre.clone(),
        team: actor.team.clone(),
        by: actor.member.clone(),
        brief: brief::in_words(own, &parted),
        withheld: parted.withheld.iter().map(|w| (w.fact.to_string(), w.reason.code().to_owned())).collect(),
        at: actor.time(),
    };
    Ok((actor.plan("step down", assignment.as_str()).create(fhir::safety::write_step_down(&step)), step.id))
}
