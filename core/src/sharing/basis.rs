//! Why a thing may be shared: who gave it, to whom, what, why, from when until when, how, and by whom it was taken.
//!
//! Rule: a basis is looked at when a packet is built for sending, never when it was planned; one that ended or was withdrawn
//! allows nothing. One of a release before scopes covers treatment only. Neighbours: `part` asks each; `fhir::basis` writes.

use super::matrix::{Ground, Origin};
use crate::base::clock::Instant;
use crate::base::ids::{BasisId, FactId, MemberId, OrganizationId, PersonId};

crate::codes! {
    /// Why a thing may be shared.
    BasisKind {
        /// The person signed.
        ConsentWritten = "consent-written",
        /// The person consented electronically.
        ConsentElectronic = "consent-electronic",
        /// The person said so; where the law lets that be enough.
        ConsentVerbal = "consent-verbal",
        /// Treatment.
        Treatment = "treatment",
        /// An emergency.
        Emergency = "emergency",
        /// Required by law.
        Law = "law",
        /// A crime on the premises or against staff (42 CFR 2.12(c)(5)).
        CrimeOnPremises = "crime-on-premises",
        /// A court order under 42 CFR Part 2, subpart E.
        SubpartE = "subpart-e",
    }
    /// Who gives a consent.
    GivenBy {
        /// The person.
        Person = "person",
        /// Their guardian.
        Guardian = "guardian",
        /// The person, a minor whom the jurisdiction lets consent.
        Minor = "minor",
    }
    /// What a thing is shared for.
    Purpose {
        /// Treatment.
        Treatment = "treatment",
        /// Treatment, payment and health care operations: the class of 42 CFR 2.31(a)(4).
        TreatmentPaymentOperations = "treatment-payment-operations",
        /// Help that is no treatment: housing, school, benefits.
        Coordination = "coordination",
        /// The support of somebody close.
        Support = "support",
        /// A report that a law asks for.
        Report = "report",
    }
    /// What a consent covers.
    Scope {
        /// Who they are, and how they are reached.
        Identity = "identity",
        /// What happened and what was said.
        Situation = "situation",
        /// What stands in a health record.
        Health = "health",
        /// Their own wishes and plan.
        Wishes = "wishes",
        /// What stands in a 42 CFR Part 2 record.
        SubstanceUse = "substance-use",
    }
}

/// A basis.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    /// The id.
    pub id: BasisId,
    /// The person.
    pub person: PersonId,
    /// Its kind.
    pub kind: BasisKind,
    /// Who gave it.
    pub given_by: GivenBy,
    /// The one receiver it names; `None`: whoever treats, or the class of its purpose.
    pub recipient: Option<OrganizationId>,
    /// What it covers. Empty on a consent: one of a release before scopes, which covers treatment only.
    pub scope: Vec<Scope>,
    /// What for.
    pub purpose: Purpose,
    /// From when.
    pub from: Instant,
    /// Until when.
    pub until: Option<Instant>,
    /// Until which event, in words. Whoever learns of the event withdraws the basis.
    pub until_event: Option<String>,
    /// The words in which it was given, where it was spoken.
    pub words: Option<String>,
    /// By whom it was taken.
    pub taken_by: Option<MemberId>,
    /// The language in which the person was told what it means, BCP 47.
    pub notice_language: Option<String>,
    /// The law, where a law requires it.
    pub law: Option<String>,
    /// The facts that the law covers.
    pub facts: Vec<FactId>,
    /// When it was withdrawn.
    pub withdrawn: Option<Instant>,
}

/// What a basis lacks to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotABasis {
    /// A spoken consent says who took it and in which words it was given.
    #[error("a spoken consent needs its words and who took them")]
    NoWords,
    /// A consent says what it covers.
    #[error("a consent needs what it covers")]
    NoScope,
    /// A spoken consent never covers a Part 2 record (42 CFR 2.31).
    #[error("a spoken consent covers no Part 2 record")]
    SpokenPart2,
    /// "Required by law" names the law and the facts.
    #[error("required by law names the law and the facts")]
    NoLaw,
    /// A consent names its receiver, or is for treatment, payment and operations.
    #[error("a consent names its receiver")]
    NoReceiver,
}

impl Basis {
    /// A basis of treatment for one receiver.
    pub fn treatment(id: BasisId, person: &PersonId, recipient: Option<OrganizationId>, from: Instant, until: Option<Instant>) -> Self {
        Self {
            id,
            person: person.clone(),
            kind: BasisKind::Treatment,
            given_by: GivenBy::Person,
            recipient,
            scope: Vec::new(),
            purpose: Purpose::Treatment,
            from,
            until,
            until_event: None,
            words: None,
            taken_by: None,
            notice_language: None,
            law: None,
            facts: Vec::new(),
            withdrawn: None,
        }
    }

    /// Whether it holds at this time. A withdrawn one does not at any: two clocks that differ must not give it an hour more.
    pub fn holds(&self, at: Instant) -> bool {
        self.withdrawn.is_none() && self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// Whether the person, or who speaks for them, consented.
    pub fn is_consent(&self) -> bool {
        self.is_signed() || self.kind == BasisKind::ConsentVerbal
    }

    fn is_signed(&self) -> bool {
        matches!(self.kind, BasisKind::ConsentWritten | BasisKind::ConsentElectronic)
    }

    /// What it lacks to be given today.
    ///
    /// # Errors
    /// [`NotABasis`].
    pub fn complete(&self) -> Result<(), NotABasis> {
        let spoken = self.kind == BasisKind::ConsentVerbal;
        let blank = |words: &Option<String>| words.as_ref().is_none_or(|words| words.trim().is_empty());
        if spoken && (blank(&self.words) || self.taken_by.is_none()) {
            return Err(NotABasis::NoWords);
        }
        if self.is_consent() && self.scope.is_empty() {
            return Err(NotABasis::NoScope);
        }
        if spoken && self.scope.contains(&Scope::SubstanceUse) {
            return Err(NotABasis::SpokenPart2);
        }
        if self.is_consent() && self.recipient.is_none() && !(self.is_signed() && self.is_for_the_class()) {
            return Err(NotABasis::NoReceiver);
        }
        if self.kind == BasisKind::Law && (blank(&self.law) || self.facts.is_empty()) {
            return Err(NotABasis::NoLaw);
        }
        Ok(())
    }

    fn is_for_the_class(&self) -> bool {
        self.purpose == Purpose::TreatmentPaymentOperations
    }

    /// Whether it is for this receiver.
    pub fn is_for(&self, to: Option<&OrganizationId>) -> bool {
        self.recipient.as_ref().is_none_or(|named| Some(named) == to)
    }

    /// What it stands on for this receiver; `None`: it is not for them.
    pub fn ground(&self, to: Option<&OrganizationId>) -> Option<Ground> {
        if !self.is_for(to) {
            return None;
        }
        if self.is_consent() && self.scope.is_empty() {
            // Of a release before scopes: nobody wrote what it covers and what for.
            return Some(Ground::Treatment);
        }
        let named = self.recipient.is_some();
        match self.kind {
            BasisKind::ConsentWritten | BasisKind::ConsentElectronic if named => Some(Ground::Signed),
            BasisKind::ConsentWritten | BasisKind::ConsentElectronic => self.is_for_the_class().then_some(Ground::SignedClass),
            BasisKind::ConsentVerbal => named.then_some(Ground::Spoken),
            BasisKind::Treatment => Some(Ground::Treatment),
            BasisKind::Emergency => Some(Ground::Emergency),
            BasisKind::Law => Some(Ground::Law),
            BasisKind::CrimeOnPremises => Some(Ground::CrimeOnPremises),
            BasisKind::SubpartE => Some(Ground::SubpartE),
        }
    }

    /// Whether it covers a thing of this scope; `fact` is its id where it is a fact.
    pub fn covers(&self, scope: Scope, fact: Option<&FactId>) -> bool {
        match self.kind {
            BasisKind::Law => fact.is_some_and(|fact| self.facts.contains(fact)),
            _ if self.is_consent() && self.scope.is_empty() => scope != Scope::SubstanceUse,
            _ if self.is_consent() => self.scope.contains(&scope),
            _ => true,
        }
    }
}

impl Scope {
    /// Under what a consent covers a fact of this origin.
    pub fn of_fact(origin: Origin) -> Self {
        match origin {
            Origin::Part2 => Self::SubstanceUse,
            Origin::Health => Self::Health,
            Origin::Wishes => Self::Wishes,
            Origin::Call911 | Origin::Said988 | Origin::SaidTeam | Origin::Scene | Origin::Police | Origin::Agency => Self::Situation,
        }
    }
}
