//! What goes out to somebody about a person, built when it leaves.
//!
//! Rule: planned with ids alone, it is built from what is known, allowed and in force now, for each sending anew. A basis that
//! ended or was withdrawn meanwhile stops what has not left, and what nobody can find a basis for does not leave at all.
//! Neighbours: `brief`, `hand_off` and `step_down` plan; `sync::disclosing` calls this before each sending.

use super::{Actor, Plan};
use crate::base::clock::Instant;
use crate::base::ids::{MemberId, OrganizationId, PersonId};
use crate::door::{Agency, eido};
use crate::fhir::disclosure::{self as form, Form};
use crate::fhir::{self, Document, Revision};
use crate::handoff::{Disclosure, Stopped};
use crate::incident::{Identifier, Incident};
use crate::records::lookup::LookupError;
use crate::records::{Records, RecordsError, lookup};
use crate::sharing::{Basis, Packet, Parted, Question, Receiving, Rules, part};

/// What a planned disclosure became.
#[derive(Debug, Clone, PartialEq)]
pub enum Built {
    /// It may leave like this, with its account where it has one here.
    Ready {
        /// What goes out.
        document: Document,
        /// The sender's account of it.
        account: Option<Document>,
    },
    /// It does not leave.
    Stopped(Stopped),
}

/// Adds what is planned to go out, and its account, to a plan.
pub(super) fn planned(plan: Plan, mut document: Document, disclosure: &Disclosure) -> Plan {
    if form::read(&document).is_none() {
        form::mark(&mut document, disclosure);
    }
    let account = form::plan_account(&document, disclosure);
    plan.create(document).create(account)
}

/// Builds a document for sending, if it is one that goes out about a person; `None` where it is none.
///
/// # Errors
/// [`RecordsError`] where the records cannot say now; then it waits.
pub fn build<R: Records + ?Sized>(records: &R, document: &Document, now: Instant) -> Result<Option<Built>, RecordsError> {
    let Some(kind) = form::form(document) else { return Ok(None) };
    let Some(planned) = disclosure(records, document)? else { return Ok(Some(Built::Stopped(Stopped::BasisUnclear))) };
    let Some(asked) = asked(records, &planned)? else { return Ok(Some(Built::Stopped(Stopped::BasisUnclear))) };
    // A clock that was set back since makes nothing older than its plan.
    let at = now.max(planned.at);
    if kind == Form::Referral
        && let Some(stopped) = stopped(document, &asked.bases, at)
    {
        return Ok(Some(Built::Stopped(stopped)));
    }
    let parted = parted(&planned, &asked, at);
    let filled = match kind {
        Form::Report => form::fill_report(document, &report(&parted.packet, &planned, &asked.rules)),
        Form::Referral => form::fill_referral(document, &parted.packet),
        Form::StepDown => form::fill_step_down(document, &parted.packet),
    };
    let account = records.document("AuditEvent", &form::account_id(&document.reference()))?;
    let people: Vec<PersonId> = match &planned.person {
        Some(person) => vec![person.clone()],
        None => parted.packet.incident().people_in_crisis().map(|person| person.id.clone()).collect(),
    };
    let account = account.map(|account| form::fill_account(&account, &parted, &people, at));
    Ok(Some(Built::Ready { document: filled, account }))
}

/// What one receiver would get now, and what would be withheld: for the one who sends, and to be shown to the person. Nothing
/// is written and nothing leaves.
///
/// # Errors
/// [`LookupError`].
pub fn preview<R: Records + ?Sized>(records: &R, planned: &Disclosure, added: &[Basis], at: Instant) -> Result<Parted, LookupError> {
    let mut asked = asked(records, planned)?.ok_or(LookupError::NotHere { what: "incident" })?;
    asked.bases.extend(added.iter().cloned());
    Ok(parted(planned, &asked, at))
}

/// Everything that is asked about a disclosure.
struct Asked {
    incident: Incident,
    bases: Vec<Basis>,
    rules: Rules,
    area: Option<String>,
}

fn asked<R: Records + ?Sized>(records: &R, planned: &Disclosure) -> Result<Option<Asked>, RecordsError> {
    let incident = match lookup::incident_of(records, &planned.assignment) {
        Ok(incident) => incident,
        Err(LookupError::Records(error @ (RecordsError::NotFetched(_) | RecordsError::Unavailable(_)))) => return Err(error),
        Err(_) => return Ok(None),
    };
    let mut bases = Vec::new();
    for person in incident.people.iter().filter(|one| planned.person.as_ref().is_none_or(|person| person == &one.id)) {
        bases.extend(lookup::bases(records, &person.id)?);
    }
    if planned.person.as_ref().is_some_and(|person| !incident.people.iter().any(|one| &one.id == person)) {
        return Ok(None);
    }
    let (rules, area) = (lookup::sharing_rules(records)?, lookup::area_of(records, &incident)?);
    Ok(Some(Asked { incident, bases, rules, area }))
}

fn parted(planned: &Disclosure, asked: &Asked, at: Instant) -> Parted {
    let mut to = planned.to.clone();
    if matches!(to.kind, Receiving::Psap | Receiving::PsapPoliceRead) {
        to.kind = asked.rules.psap();
    }
    part(&Question {
        incident: &asked.incident,
        person: planned.person.as_ref(),
        to: &to,
        bases: &asked.bases,
        rules: &asked.rules,
        area: asked.area.as_deref(),
        at,
    })
}

/// What a document was planned as, or what an earlier release froze in it.
fn disclosure<R: Records + ?Sized>(records: &R, document: &Document) -> Result<Option<Disclosure>, RecordsError> {
    if let Some(planned) = form::read(document) {
        return Ok(Some(planned));
    }
    let task = crate::base::ids::HandoffId::parse(document.id()).ok().map(|id| fhir::handoff::task_id(&id));
    let task = task.map(|id| records.document("Task", &id)).transpose()?.flatten();
    let agency = Revision::agency_of(document).and_then(|id| OrganizationId::parse(id).ok());
    Ok(agency.and_then(|agency| form::read_frozen(document, task.as_ref(), &agency)))
}

/// Why a referral does not leave: the basis that it names is none, has ended, or was withdrawn.
fn stopped(referral: &Document, bases: &[Basis], at: Instant) -> Option<Stopped> {
    let named = referral.target("/supportingInfo/0").and_then(|r| fhir::document::id_of(r, "Consent"));
    let Some(basis) = named.and_then(|id| bases.iter().find(|basis| basis.id.as_str() == id)) else { return Some(Stopped::BasisUnclear) };
    (!basis.holds(at)).then_some(Stopped::BasisEnded)
}

/// The EIDO of a packet, under the agency's own name.
fn report(packet: &Packet, planned: &Disclosure, rules: &Rules) -> serde_json::Value {
    // By the time of the plan, so that what says the same is the same document when it is sent again.
    eido::write(packet, &sender(&planned.by, &rules.issuer_of(planned.agency.as_str())), planned.at)
}

fn sender(by: &MemberId, issuer: &str) -> eido::Sender {
    let agency = Agency {
        id: Identifier { system: "urn:nena:agency".into(), value: issuer.to_owned() },
        roles: vec!["Assisting".into()],
        kinds: Vec::new(),
        owns: None,
    };
    eido::Sender { issuer: issuer.to_owned(), agency, agent: eido::Agent { id: format!("{by}@{issuer}"), roles: Vec::new() } }
}

/// What an actor plans to send.
pub(super) fn by(
    actor: &Actor,
    assignment: &crate::base::ids::AssignmentId,
    person: Option<&PersonId>,
    to: crate::sharing::Receiver,
) -> Disclosure {
    Disclosure {
        assignment: assignment.clone(),
        person: person.cloned(),
        to,
        by: actor.member.clone(),
        agency: actor.agency.clone(),
        at: actor.time(),
    }
}

#[cfg(test)]
mod tests;
