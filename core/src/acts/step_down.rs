//! Handing down through the 988 door. Finished only when the counsellor has the person.

use super::{Actor, Plan};
use crate::fhir;
use crate::ids::{AssignmentId, IncidentId, OrganizationId, StepDownId};
use crate::safety::StepDown;

/// Asks the centre to take the person on. `brief` holds what this receiver may have.
pub fn step_down(assignment: &AssignmentId, incident: &IncidentId, centre: &OrganizationId, brief: &str, actor: &Actor) -> (Plan, StepDownId) {
    let step = StepDown {
        id: StepDownId::fresh(),
        assignment: assignment.clone(),
        incident: incident.clone(),
        centre: centre.clone(),
        team: actor.team.clone(),
        by: actor.member.clone(),
        brief: brief.to_owned(),
        at: actor.server_now.unwrap_or(actor.now),
    };
    let plan = Plan::new("step down", &actor.member, actor.now, assignment.as_str()).create(fhir::safety::write_step_down(&step));
    (plan, step.id)
}
