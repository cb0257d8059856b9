//! Handing a person on to a service: the basis, the packet, the referral; and the follow-ups after clear.

use super::{Actor, Plan};
use crate::base::Code;
use crate::base::ids::{AssignmentId, BasisId, FollowUpId, HandoffId, PersonId};
use crate::fhir;
use crate::handoff::follow_up::{self, Attempt, FollowUp, Schedule, Unsafe};
use crate::handoff::{Basis, BasisKind, Handoff, Recipient, Service, packet};
use crate::incident::{Incident, Person};

/// Why a person cannot be handed on like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandOffError {
    /// Nothing is sent without a basis.
    #[error("nothing is sent without a basis")]
    NoBasis,
    /// The person is not in this incident.
    #[error("the person is not in this incident")]
    NotInIncident,
}

/// Says why a person's facts may be shared: a new basis, kept with the person.
pub fn basis(person: &PersonId, kind: BasisKind, recipient: Option<&Service>, hours: i64, actor: &Actor) -> Basis {
    let from = actor.time();
    Basis {
        id: BasisId::fresh(),
        person: person.clone(),
        kind,
        recipient: recipient.map(|service| service.organization.clone()),
        from,
        until: from.checked_add(jiff::SignedDuration::from_hours(hours)).ok(),
        withdrawn: None,
    }
}

/// Refers a person to a service. `bases` are those known of the person, the new one among them.
///
/// # Errors
/// [`HandOffError`]; nothing is sent.
pub fn hand_off(
    incident: &Incident,
    assignment: &AssignmentId,
    person: &PersonId,
    to: &Service,
    bases: &[Basis],
    new: Option<&Basis>,
    actor: &Actor,
) -> Result<(Plan, Handoff), HandOffError> {
    let at = actor.time();
    let known: &Person = incident.people.iter().find(|p| &p.id == person).ok_or(HandOffError::NotInIncident)?;
    let recipient = Recipient::Service { organization: to.organization.clone() };
    let usable = |b: &&Basis| &b.person == person && b.recipient.as_ref().is_none_or(|named| *named == to.organization);
    let current = |b: &&Basis| b.from <= at && b.until.is_none_or(|u| at < u) && b.withdrawn.is_none_or(|w| at < w);
    let basis = bases.iter().rev().filter(usable).find(current).ok_or(HandOffError::NoBasis)?;
    let own: Vec<Basis> = bases.iter().filter(|b| &b.person == person).cloned().collect();
    let parted = packet(&incident.facts, Some(person), &recipient, &own, at);
    let mut words: Vec<String> = known.shown_as().into_iter().collect();
    words.extend(parted.told.iter().map(|fact| format!("{}: {} ({}, {})", fact.kind.code(), fact.text, fact.source.who, fact.said)));
    let handoff = Handoff {
        id: HandoffId::fresh(),
        assignment: assignment.clone(),
        incident: incident.id.clone(),
        person: person.clone(),
        to: to.id.clone(),
        organization: to.organization.clone(),
        team: actor.team.clone(),
        by: actor.member.clone(),
        at,
        basis: basis.id.clone(),
        packet: words.join("\n"),
        withheld: parted.withheld.iter().map(|w| (w.fact.to_string(), w.reason.code().to_owned())).collect(),
    };
    let plan = Plan::new("hand off", &actor.member, actor.now, assignment.as_str())
        .create_all(new.map(fhir::handoff::write_basis))
        .create_all(fhir::handoff::write(&handoff));
    Ok((plan, handoff))
}

/// Makes the follow-ups of one person after clear, under ids that every writer derives alike.
pub fn follow_ups(incident: &Incident, assignment: &AssignmentId, person: &PersonId, schedule: &Schedule, actor: &Actor) -> Plan {
    let clear = actor.time();
    let make = |(index, due): (usize, crate::base::clock::Instant)| {
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
    Plan::new("plan follow-ups", &actor.member, actor.now, assignment.as_str())
        .create_all(schedule.due(clear).into_iter().enumerate().map(make))
}

/// Records an attempt, and ends the follow-up where it did. `task` is the follow-up's own.
///
/// # Errors
/// [`Unsafe`] where the person's safe contact forbids it: nothing is recorded as done that must not be done.
pub fn attempt(task: &fhir::Document, follow_up: &FollowUp, attempt: &Attempt, person: &Person, actor: &Actor) -> Result<Plan, Unsafe> {
    follow_up::allowed(attempt, &person.safe_contact)?;
    let id = crate::base::ids::fresh();
    let plan = Plan::new("follow up", &actor.member, actor.now, follow_up.assignment.as_str())
        .create(fhir::handoff::write_attempt(&id, follow_up, attempt));
    let (ended, _) = follow_up::ends(attempt.outcome);
    let mut changed = task.clone();
    changed.set("status", serde_json::json!(if ended { "completed" } else { "in-progress" }));
    Ok(plan.change(changed))
}
