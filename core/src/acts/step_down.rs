//! Handing down through the 988 door. Finished only when the counsellor has the person.

use super::{ActError, Actor, Never, Plan, disclose};
use crate::base::ids::{AssignmentId, OrganizationId, StepDownId};
use crate::fhir;
use crate::records::{Records, lookup};
use crate::safety::StepDown;
use crate::sharing::{Basis, Receiver, Receiving};

/// How long the counsellor's treatment is a basis, in hours.
const TREATMENT_HOURS: i64 = 72;

/// Asks the centre to take the person on, with the crew's own words; the facts that this receiver may have are put in when it
/// leaves. Its basis is treatment (45 CFR 164.506(c)(2)). Returns the step-down's id.
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
    let (from, mut plan) = (actor.time(), actor.plan("step down", assignment.as_str()));
    let until = from.checked_add(jiff::SignedDuration::from_hours(TREATMENT_HOURS)).ok();
    for (index, person) in incident.people_in_crisis().enumerate() {
        let id = actor.id(&format!("basis/{index}"));
        plan = plan.create(fhir::basis::write(&Basis::treatment(id, &person.id, Some(centre.clone()), from, until)));
    }
    let step = StepDown {
        id: actor.id("step-down"),
        assignment: assignment.clone(),
        incident: incident.id,
        centre: centre.clone(),
        team: actor.team.clone(),
        by: actor.member.clone(),
        own_words: own.to_owned(),
        at: from,
    };
    let to = Receiver { kind: Receiving::Counsellor, organization: Some(centre.clone()) };
    let disclosure = disclose::by(actor, assignment, None, to);
    Ok((disclose::planned(plan, fhir::safety::write_step_down(&step), &disclosure), step.id))
}
