//! Handing a person on to a service: the basis and the referral. What goes with the person is decided when it leaves.

use super::consent::NewBasis;
use super::{ActError, Actor, Plan, disclose};
use crate::base::ids::{AssignmentId, HandoffId, PersonId, ServiceId};
use crate::fhir;
use crate::handoff::Handoff;
use crate::incident::Person;
use crate::records::lookup::LookupError;
use crate::records::{Records, lookup};
use crate::sharing::{Basis, NotABasis, Receiver};

/// Why a person cannot be handed on like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandOffError {
    /// Nothing is sent without a basis.
    #[error("nothing is sent without a basis")]
    NoBasis,
    /// The new basis lacks what makes it one.
    #[error(transparent)]
    NotABasis(#[from] NotABasis),
    /// The person named it as one that must not learn of the visit.
    #[error("must not learn of the visit")]
    MustNotLearn,
}

/// Refers a person to a service; with `new`, on a new basis that names it. Returns the referral's id.
///
/// # Errors
/// [`HandOffError`], and others of [`ActError`]; nothing is written.
pub fn hand_off<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    person: &PersonId,
    service: &ServiceId,
    new: Option<NewBasis>,
    actor: &Actor,
) -> Result<(Plan, HandoffId), ActError<HandOffError>> {
    let (incident, at) = (lookup::incident_of(records, assignment)?, actor.time());
    let known = lookup::person(&incident, person)?;
    let services = lookup::services(records)?;
    let to = services.iter().find(|s| &s.id == service).ok_or(LookupError::NotHere { what: "service" })?;
    let receiver = lookup::sharing_rules(records)?.service(&to.organization);
    if must_not_learn(known, &receiver) {
        return Err(ActError::Refused(HandOffError::MustNotLearn));
    }
    let new = new.map(|new| new.of(person, Some(&to.organization), actor)).transpose();
    let new = new.map_err(|error| ActError::Refused(error.into()))?;
    let mut bases = lookup::bases(records, person)?;
    bases.extend(new.clone());
    let usable = |basis: &&Basis| basis.holds(at) && basis.ground(receiver.organization.as_ref()).is_some();
    let basis = bases.iter().rev().find(usable).ok_or(ActError::Refused(HandOffError::NoBasis))?;
    let handoff = Handoff {
        id: actor.id("handoff"),
        assignment: assignment.clone(),
        incident: incident.id.clone(),
        person: person.clone(),
        to: to.id.clone(),
        organization: to.organization.clone(),
        team: actor.team.clone(),
        by: actor.member.clone(),
        at,
        basis: basis.id.clone(),
    };
    let mut plan = actor.plan("hand off", assignment.as_str()).create_all(new.as_ref().map(fhir::basis::write));
    let disclosure = disclose::by(actor, assignment, Some(person), receiver);
    let mut documents = fhir::handoff::write(&handoff).into_iter();
    if let Some(request) = documents.next() {
        plan = disclose::planned(plan, request, &disclosure);
    }
    Ok((plan.create_all(documents), handoff.id))
}

/// Whether the person named a receiver as one that must not learn of the visit: it is never proposed.
pub fn must_not_learn(person: &Person, receiver: &Receiver) -> bool {
    let named = &person.safe_contact.must_not_learn;
    named.iter().any(|one| one.organization.is_some() && one.organization == receiver.organization)
}
