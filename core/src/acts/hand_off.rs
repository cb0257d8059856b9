//! Handing a person on to a service: the basis, the packet, the referral.

use super::{ActError, Actor, Plan};
use crate::base::Code;
use crate::base::ids::{AssignmentId, HandoffId, PersonId, ServiceId};
use crate::fhir;
use crate::handoff::{Basis, BasisKind, Handoff, Recipient, Service, packet};
use crate::records::lookup::LookupError;
use crate::records::{Records, lookup};

/// How long a new basis holds, in hours.
const BASIS_HOURS: i64 = 72;

/// Why a person cannot be handed on like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandOffError {
    /// Nothing is sent without a basis.
    #[error("nothing is sent without a basis")]
    NoBasis,
}

/// Refers a person to a service; with `new`, on a new basis of this kind that names it. Returns the referral's id.
///
/// # Errors
/// [`HandOffError`], and others of [`ActError`]; nothing is written.
pub fn hand_off<R: Records + ?Sized>(
    records: &R,
    assignment: &AssignmentId,
    person: &PersonId,
    service: &ServiceId,
    new: Option<BasisKind>,
    actor: &Actor,
) -> Result<(Plan, HandoffId), ActError<HandOffError>> {
    let (incident, at) = (lookup::incident_of(records, assignment)?, actor.time());
    let known = lookup::person(&incident, person)?;
    let services = lookup::services(records)?;
    let to = services.iter().find(|s| &s.id == service).ok_or(LookupError::NotHere { what: "service" })?;
    let new = new.map(|kind| basis(person, kind, to, actor));
    let held = records.pointing_at("Consent", "patient", &format!("Patient/{person}"))?;
    let mut bases: Vec<Basis> = held.iter().filter_map(|doc| fhir::handoff::read_basis(doc).ok()).collect();
    bases.extend(new.clone());
    bases.retain(|basis| &basis.person == person);
    let usable = |b: &&Basis| b.recipient.as_ref().is_none_or(|named| *named == to.organization);
    let current = |b: &&Basis| b.from <= at && b.until.is_none_or(|u| at < u) && b.withdrawn.is_none_or(|w| at < w);
    let basis = bases.iter().rev().filter(usable).find(current).ok_or(ActError::Refused(HandOffError::NoBasis))?;
    let recipient = Recipient::Service { organization: to.organization.clone() };
    let parted = packet(&incident.facts, Some(person), &recipient, &bases, at);
    let mut words: Vec<String> = known.shown_as().into_iter().collect();
    words.extend(super::brief::lines(&parted));
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
        packet: words.join("\n"),
        withheld: parted.withheld.iter().map(|w| (w.fact.to_string(), w.reason.code().to_owned())).collect(),
    };
    let plan = actor
        .plan("hand off", assignment.as_str())
        .create_all(new.as_ref().map(fhir::handoff::write_basis))
        .create_all(fhir::handoff::write(&handoff));
    Ok((plan, handoff.id))
}

/// Why a person's facts may be shared with a service.
fn basis(person: &PersonId, kind: BasisKind, to: &Service, actor: &Actor) -> Basis {
    let from = actor.time();
    Basis {
        id: actor.id("basis"),
        person: person.clone(),
        kind,
        recipient: Some(to.organization.clone()),
        from,
        until: from.checked_add(jiff::SignedDuration::from_hours(BASIS_HOURS)).ok(),
        withdrawn: None,
    }
}
