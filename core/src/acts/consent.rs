//! A basis given, and withdrawn.
//!
//! Rule: a basis says who gave it, to whom, what, what for, until when and how; a spoken one its words and who took them. A
//! withdrawal is obeyed at once: it stops what has not left, is told to who already has it, and stays visible.
//! Neighbours: `sharing::basis`, `disclose`.

use serde_json::json;

use super::{ActError, Actor, Plan};
use crate::base::clock::Instant;
use crate::base::ids::{BasisId, FactId, OrganizationId, PersonId};
use crate::delivery::{Outbox, Truth};
use crate::fhir::element::{concept, reference};
use crate::fhir::{self, Document};
use crate::records::lookup::LookupError;
use crate::records::{Records, lookup};
use crate::sharing::{Basis, BasisKind, GivenBy, NotABasis, Purpose, Scope};

/// How long a basis holds where nobody says, in hours.
const BASIS_HOURS: i64 = 72;

/// What is said when a basis is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBasis {
    /// Its kind.
    pub kind: BasisKind,
    /// Who gives it.
    pub given_by: GivenBy,
    /// What it covers.
    pub scope: Vec<Scope>,
    /// What for.
    pub purpose: Purpose,
    /// Until when; `None`: three days.
    pub until: Option<Instant>,
    /// Until which event.
    pub until_event: Option<String>,
    /// The words, where it was spoken.
    pub words: Option<String>,
    /// The language in which the person was told what it means.
    pub notice_language: Option<String>,
    /// The law, where one requires it.
    pub law: Option<String>,
    /// The facts that the law covers.
    pub facts: Vec<FactId>,
}

impl NewBasis {
    /// Treatment: asks no consent (45 CFR 164.506(c)).
    pub fn treatment() -> Self {
        Self {
            kind: BasisKind::Treatment,
            given_by: GivenBy::Person,
            scope: Vec::new(),
            purpose: Purpose::Treatment,
            until: None,
            until_event: None,
            words: None,
            notice_language: None,
            law: None,
            facts: Vec::new(),
        }
    }

    /// The basis, of this person, for this receiver.
    ///
    /// # Errors
    /// [`NotABasis`] where it lacks what makes it one.
    pub fn of(self, person: &PersonId, recipient: Option<&OrganizationId>, actor: &Actor) -> Result<Basis, NotABasis> {
        let from = actor.time();
        let basis = Basis {
            id: actor.id("basis"),
            person: person.clone(),
            kind: self.kind,
            given_by: self.given_by,
            recipient: recipient.cloned(),
            scope: self.scope,
            purpose: self.purpose,
            from,
            until: self.until.or_else(|| from.checked_add(jiff::SignedDuration::from_hours(BASIS_HOURS)).ok()),
            until_event: self.until_event,
            words: self.words,
            taken_by: (self.kind != BasisKind::Treatment).then(|| actor.member.clone()),
            notice_language: self.notice_language,
            law: self.law,
            facts: self.facts,
            withdrawn: None,
        };
        basis.complete().map(|()| basis)
    }
}

/// Records a basis for one receiver, or, with none, for the class that its purpose names.
///
/// # Errors
/// [`NotABasis`], and others of [`ActError`]; nothing is written.
pub fn give<R: Records + ?Sized>(
    records: &R,
    person: &PersonId,
    recipient: Option<&OrganizationId>,
    new: NewBasis,
    actor: &Actor,
) -> Result<(Plan, BasisId), ActError<NotABasis>> {
    lookup::required(records, "Patient", person.as_str(), "person")?;
    let basis = new.of(person, recipient, actor).map_err(ActError::Refused)?;
    Ok((actor.plan("give basis", person.as_str()).create(fhir::basis::write(&basis)), basis.id))
}

/// Why a basis cannot be withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WithdrawError {
    /// It was withdrawn before.
    #[error("withdrawn before")]
    Before,
}

/// Withdraws a basis, in the words in which that was said. Whoever has, or may have, what went out on it is told.
///
/// # Errors
/// [`WithdrawError`], and others of [`ActError`]; nothing is written.
pub fn withdraw<P: Records + Outbox + ?Sized>(phone: &P, id: &BasisId, actor: &Actor) -> Result<Plan, ActError<WithdrawError>> {
    let mut document = lookup::required(phone, "Consent", id.as_str(), "basis")?;
    let mut basis = fhir::basis::read(&document)?;
    if basis.withdrawn.is_some() {
        return Err(ActError::Refused(WithdrawError::Before));
    }
    basis.withdrawn = Some(actor.time());
    fhir::basis::write_onto(&basis, &mut document);
    let mut plan = actor.plan("withdraw basis", basis.person.as_str()).change(document);
    for task in phone.pointing_at("Task", "for", &format!("Patient/{}", basis.person))? {
        let Some(referral) = lookup::request(phone, &task)?.filter(|request| stands_on(request, id)) else { continue };
        // What never left tells nobody anything, and a word on it would be a disclosure of its own.
        let left = matches!(phone.truth_of("ServiceRequest", referral.id())?, Truth::AtTheAgency | Truth::Sending);
        if left {
            plan = plan.create(told_of(&referral, id, &basis, actor).ok_or(LookupError::NotHere { what: "receiver" })?);
        }
    }
    Ok(plan)
}

/// Whether what went out stands on this basis.
fn stands_on(request: &Document, id: &BasisId) -> bool {
    let consent = format!("Consent/{id}");
    request.list("/supportingInfo").iter().any(|one| one.get("reference").and_then(serde_json::Value::as_str) == Some(&consent))
}

/// The word to a receiver that a basis was withdrawn. It holds nothing of the person.
fn told_of(referral: &Document, id: &BasisId, basis: &Basis, actor: &Actor) -> Option<Document> {
    let mut doc = Document::new("Communication", &crate::base::ids::derived("withdrawal", &format!("{}/{id}", referral.id())));
    doc.set("status", json!("completed")).set("category", json!([concept("communication", "basis-withdrawn")]));
    doc.set("basedOn", json!([reference("ServiceRequest", referral.id())]));
    doc.set("about", json!([reference("Consent", id.as_str())])).set("sent", json!(actor.time().to_string()));
    let organization = basis.recipient.as_ref()?;
    doc.set("recipient", json!([reference("Organization", organization.as_str())]));
    doc.set("sender", reference("Practitioner", actor.member.as_str()));
    Some(doc)
}
