//! The parts of a person, and what kind of information each thing is.
//!
//! Rule: codes decide what kind a thing is, never its words. Neighbours: `part` asks the matrix for each.

use super::basis::Scope;
use super::matrix::{Information, Receiving};
use crate::incident::{Fact, FactKind, Person};

crate::codes! {
    /// A part of what is known of a person.
    Field {
        /// The name.
        Name = "name",
        /// What they look like.
        Description = "description",
        /// Date of birth.
        Born = "born",
        /// Administrative gender.
        Gender = "gender",
        /// The language, and whether an interpreter is needed.
        Language = "language",
        /// Telephone numbers.
        Numbers = "numbers",
        /// Other addresses.
        Addresses = "addresses",
        /// How they may be reached without harm.
        SafeContact = "safe-contact",
        /// Who must not learn of the visit.
        MustNotLearn = "must-not-learn",
        /// Name and pronouns, what helps, what makes it worse, whom to call.
        Wishes = "wishes",
        /// The advance directive.
        AdvanceDirective = "advance-directive",
        /// The safety plan.
        SafetyPlan = "safety-plan",
        /// Who depends on them.
        Dependants = "dependants",
        /// Which record is the same person.
        SameAs = "same-as",
    }
}

impl Field {
    /// Whether the person has it.
    pub fn is_in(self, person: &Person) -> bool {
        let (safe, wishes) = (&person.safe_contact, &person.wishes);
        match self {
            Self::Name => person.name.is_some(),
            Self::Description => person.description.is_some(),
            Self::Born => person.born.is_some(),
            Self::Gender => person.gender.is_some(),
            Self::Language => person.language.is_some() || safe.language.is_some() || safe.interpreter.is_some(),
            Self::Numbers => person.contacts.iter().any(|contact| is_number(contact)),
            Self::Addresses => person.contacts.iter().any(|contact| !is_number(contact)),
            Self::SafeContact => {
                let flags = [safe.voice, safe.text, safe.message];
                safe.number.is_some() || safe.when.is_some() || safe.message_in_name_of.is_some() || flags.iter().any(Option::is_some)
            }
            Self::MustNotLearn => !safe.must_not_learn.is_empty(),
            Self::Wishes => [&wishes.called, &wishes.helps, &wishes.worsens, &wishes.whom_to_call].iter().any(|wish| wish.is_some()),
            Self::AdvanceDirective => wishes.advance_directive.is_some(),
            Self::SafetyPlan => wishes.safety_plan.is_some(),
            Self::Dependants => !person.dependants.is_empty(),
            Self::SameAs => person.identified_as.is_some(),
        }
    }

    /// Whether it is the person's own wish or plan, wherever it was written down.
    pub fn is_their_own(self) -> bool {
        matches!(self, Self::MustNotLearn | Self::Wishes | Self::AdvanceDirective | Self::SafetyPlan)
    }

    /// What kind of information it is. A name is needed only where nothing else finds them.
    pub fn information(self, name_finds_them: bool) -> Information {
        match self {
            Self::Description | Self::Gender | Self::Language | Self::Numbers => Information::Approach,
            Self::Name if name_finds_them => Information::Approach,
            _ => Information::Rest,
        }
    }

    /// Under what a consent covers it.
    pub fn scope(self) -> Scope {
        if self.is_their_own() { Scope::Wishes } else { Scope::Identity }
    }

    /// Takes it from one person over to another.
    pub(super) fn copy(self, from: &Person, to: &mut Person) {
        let (safe, wishes) = (&from.safe_contact, &from.wishes);
        match self {
            Self::Name => to.name.clone_from(&from.name),
            Self::Description => to.description.clone_from(&from.description),
            Self::Born => to.born.clone_from(&from.born),
            Self::Gender => to.gender.clone_from(&from.gender),
            Self::Language => {
                to.language.clone_from(&from.language);
                to.safe_contact.language.clone_from(&safe.language);
                to.safe_contact.interpreter = safe.interpreter;
            }
            Self::Numbers => to.contacts.extend(from.contacts.iter().filter(|contact| is_number(contact)).cloned()),
            Self::Addresses => to.contacts.extend(from.contacts.iter().filter(|contact| !is_number(contact)).cloned()),
            Self::SafeContact => {
                to.safe_contact.number.clone_from(&safe.number);
                to.safe_contact.when.clone_from(&safe.when);
                to.safe_contact.message_in_name_of.clone_from(&safe.message_in_name_of);
                (to.safe_contact.voice, to.safe_contact.text, to.safe_contact.message) = (safe.voice, safe.text, safe.message);
            }
            Self::MustNotLearn => to.safe_contact.must_not_learn.clone_from(&safe.must_not_learn),
            Self::Wishes => {
                to.wishes.called.clone_from(&wishes.called);
                to.wishes.helps.clone_from(&wishes.helps);
                to.wishes.worsens.clone_from(&wishes.worsens);
                to.wishes.whom_to_call.clone_from(&wishes.whom_to_call);
            }
            Self::AdvanceDirective => to.wishes.advance_directive.clone_from(&wishes.advance_directive),
            Self::SafetyPlan => to.wishes.safety_plan.clone_from(&wishes.safety_plan),
            Self::Dependants => to.dependants.clone_from(&from.dependants),
            Self::SameAs => to.identified_as.clone_from(&from.identified_as),
        }
    }
}

/// Whether a contact is a number that can be dialled.
fn is_number(contact: &str) -> bool {
    let number = contact.strip_prefix("tel:").or_else(|| contact.strip_prefix("sms:")).unwrap_or(contact);
    number.chars().any(|c| c.is_ascii_digit()) && number.chars().all(|c| c.is_ascii_digit() || "+-. ()".contains(c))
}

/// What kind of information a fact is for this receiver. In custody suicide risk, withdrawal, medicines and injury are
/// dangers to life, whatever they were before (45 CFR 164.512(k)(5)).
pub fn information(fact: &Fact, to: Receiving) -> Information {
    let held = matches!(to, Receiving::Custody | Receiving::JailMedical);
    match fact.kind {
        FactKind::SelfHarm | FactKind::Substance | FactKind::Medicine | FactKind::Injury | FactKind::Breathing | FactKind::Pregnancy
            if held =>
        {
            Information::DangerToLife
        }
        _ if fact.life_saving => Information::DangerToLife,
        FactKind::Violence => Information::DangerToOthers,
        FactKind::Approach
        | FactKind::Access
        | FactKind::Animal
        | FactKind::Callback
        | FactKind::Caution
        | FactKind::Dependant
        | FactKind::Weapon => Information::Approach,
        _ => Information::Rest,
    }
}
