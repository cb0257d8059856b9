//! Handing down through the 988 door. Finished only when the counsellor has the person.

use super::{Actor, Plan};
use crate::base::Code;
use crate::base::ids::{AssignmentId, IncidentId, OrganizationId, StepDownId};
use crate::fhir;
use crate::handoff::Packet;
use crate::safety::StepDown;

/// Asks the centre to take the person on. `brief` holds what this receiver may have.
pub fn step_down(
    assignment: &AssignmentId,
    incident: &IncidentId,
    centre: &OrganizationId,
    brief: &str,
    parted: &Packet,
    actor: &Actor,
) -> (Plan, StepDownId) {
    let step = StepDown {
        id: StepDownId::fresh(),
        assignment: assignment.clone(),
        incident: incident.clone(),
        centre: centre.clone(),
        team: actor.team.clone(),
        by: actor.member.clone(),
        brief: brief.to_owned(),
        withheld: parted.withheld.iter().map(|w| (w.fact.to_string(), w.reason.code().to_owned())).collect(),
        at: actor.time(),
    };
    let plan = Plan::new("step down", &actor.member, actor.now, assignment.as_str()).create(fhir::safety::write_step_down(&step));
    (plan, step.id)
}
