//! The written reports behind an escalation: one document per kind of recipient, planned with ids and filled when it leaves.

use super::{ActError, Actor, Never, Plan, disclose};
use crate::base::ids::{AssignmentId, EscalationId, OrganizationId};
use crate::fhir::disclosure::{self as form, BRIEF_EMS};
use crate::records::{Records, lookup};
use crate::safety::Need;
use crate::sharing::{Receiver, Receiving};

/// Plans the reports of an escalation: the one for the call-taker, who gets the thinner one, and where EMS are asked for the
/// one for those who treat.
///
/// # Errors
/// [`ActError`]; nothing is written.
pub fn reports<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    escalation: &EscalationId,
    (psap, need): (&OrganizationId, Need),
    actor: &Actor,
) -> Result<Plan, ActError<Never>> {
    let incident = lookup::incident_of(records, assignment)?;
    let rules = lookup::sharing_rules(records)?;
    let mut plan = actor.plan("brief 911", assignment.as_str());
    for kind in form::kinds(need) {
        let to = match *kind {
            BRIEF_EMS => Receiver { kind: Receiving::Ems, organization: None },
            _ => Receiver { kind: rules.psap(), organization: Some(psap.clone()) },
        };
        let disclosure = disclose::by(actor, assignment, None, to);
        let report = form::plan_report(&form::report_id(escalation, kind), kind, &incident.id, &disclosure);
        plan = disclose::planned(plan, report, &disclosure);
    }
    Ok(plan)
}
