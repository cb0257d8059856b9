//! Asking afterwards: the follow-ups of a person, and each attempt at one.

use super::{ActError, Actor, Never, Plan};
use crate::base::clock::Instant;
use crate::base::ids::{AssignmentId, AttemptId, FollowUpId, PersonId};
use crate::fhir;
use crate::handoff::follow_up::{self, Attempt, Attempted, By, FollowUp, Schedule, Unsafe};
use crate::records::{AgencyKind, Records, lookup};

/// Makes the follow-ups of one person, under ids that every writer derives alike: due so many `hours` after now, where none
/// are given at the agency's own, and where it has none at the default.
///
/// # Errors
/// [`ActError`]; nothing is written.
pub fn plan_follow_ups<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    person: &PersonId,
    hours: Vec<u32>,
    actor: &Actor,
) -> Result<Plan, ActError<Never>> {
    let schedule = match hours.is_empty() {
        true => fhir::agency::follow_up_hours(&records.of_kind(AgencyKind::Library)?),
        false => Schedule { hours },
    };
    let (incident, clear) = (lookup::incident_of(records, assignment)?, actor.time());
    let make = |(index, due): (usize, Instant)| {
        fhir::handoff::write_follow_up(&FollowUp {
            id: FollowUpId::derived(&format!("{assignment}/{person}/{index}")),
            assignment: assignment.clone(),
            incident: incident.id.clone(),
            person: person.clone(),
            team: actor.team.clone(),
            due,
            made: clear,
        })
    };
    Ok(actor.plan("plan follow-ups", assignment.as_str()).create_all(schedule.due(clear).into_iter().enumerate().map(make)))
}

/// How an attempt went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Went {
    /// By what means.
    pub by: By,
    /// What came of it.
    pub outcome: Attempted,
    /// Whether there is a concern for the person's safety.
    pub safety_concern: bool,
    /// The member's own words.
    pub remark: Option<String>,
}

/// Records an attempt, and ends the follow-up where it did.
///
/// # Errors
/// [`Unsafe`] where the person's safe contact forbids it: nothing is recorded as done that must not be done.
pub fn record_attempt<R: Records + ?Sized>(
    records: &R,
    follow_up: &FollowUpId,
    went: Went,
    actor: &Actor,
) -> Result<Plan, ActError<Unsafe>> {
    let task = lookup::required(records, "Task", follow_up.as_str(), "follow-up")?;
    let due = fhir::handoff::read_follow_up(&task)?;
    let incident = lookup::incident(records, &due.incident)?;
    let person = lookup::person(&incident, &due.person)?;
    let Went { by, outcome, safety_concern, remark } = went;
    let attempt = Attempt { member: actor.member.clone(), at: actor.time(), by, outcome, safety_concern, remark };
    follow_up::allowed(&attempt, &person.safe_contact).map_err(ActError::Refused)?;
    let id: AttemptId = actor.id("attempt");
    let (ended, _) = follow_up::ends(outcome);
    let mut changed = task.clone();
    changed.set("status", serde_json::json!(if ended { "completed" } else { "in-progress" }));
    Ok(actor.plan("follow up", due.assignment.as_str()).create(fhir::handoff::write_attempt(id.as_str(), &due, &attempt)).change(changed))
}
