//! What may be told, to whom, and why. It depends on where a fact came from and who receives it, never on its topic.
//!
//! Sources: 42 CFR Part 2 (§2.51 medical emergencies, §2.12(c)(5) crimes on premises, §2.13, §2.31 consent) for facts
//! from a Part 2 record; 45 CFR 164.506 (treatment) and 164.512 for other health records. Agency data may be narrower.

use crate::base::clock::Instant;
use crate::base::ids::{BasisId, FactId, OrganizationId, PersonId};
use crate::incident::{About, Fact, Label};

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
    }
    /// Why a fact is withheld.
    WithheldReason {
        /// Nothing allows it.
        NoBasis = "no-basis",
        /// What allowed it has ended.
        BasisEnded = "basis-ended",
        /// From a 42 CFR Part 2 record: needs a consent that names this receiver, or a medical emergency.
        Part2 = "part2",
        /// From a 42 CFR Part 2 record: never to law enforcement, nor where they can read it.
        Part2Police = "part2-police",
        /// From a law-enforcement record: only as that agency allows.
        PoliceRecord = "police-record",
        /// From a health record: not for this receiver.
        HealthRecord = "health-record",
        /// About somebody else than the person handed on.
        OtherPerson = "other-person",
    }
}

/// Why a thing may be shared: by whom, for what, until when, and whether it was withdrawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    /// The id.
    pub id: BasisId,
    /// The person.
    pub person: PersonId,
    /// Its kind.
    pub kind: BasisKind,
    /// The one receiver it names; `None`: any that treats.
    pub recipient: Option<OrganizationId>,
    /// From when.
    pub from: Instant,
    /// Until when.
    pub until: Option<Instant>,
    /// When it was withdrawn.
    pub withdrawn: Option<Instant>,
}

impl Basis {
    fn holds(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until) && self.withdrawn.is_none_or(|withdrawn| at < withdrawn)
    }
    fn is_consent(&self) -> bool {
        matches!(self.kind, BasisKind::ConsentWritten | BasisKind::ConsentElectronic | BasisKind::ConsentVerbal)
    }
}

/// Who receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// EMS that treats at the scene.
    Ems,
    /// A 911 call-taker.
    Psap {
        /// Whether police can read what it gets.
        police_read: bool,
    },
    /// Police.
    Police,
    /// A 988 counsellor.
    Counsellor,
    /// A service that takes the person on.
    Service {
        /// Which.
        organization: OrganizationId,
    },
}

/// A fact that is not told, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// The fact.
    pub fact: FactId,
    /// Why.
    pub reason: WithheldReason,
}

/// What goes, and what does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet {
    /// Facts told.
    pub told: Vec<Fact>,
    /// Facts withheld. Told and withheld together are all the facts there were.
    pub withheld: Vec<Withheld>,
}

/// Parts the facts of an incident for one receiver. `person` is the one handed on; `None` where it is about the scene.
pub fn packet(facts: &[Fact], person: Option<&PersonId>, to: &Recipient, bases: &[Basis], at: Instant) -> Packet {
    let mut parted = Packet { told: Vec::new(), withheld: Vec::new() };
    for fact in facts {
        let other = matches!((&fact.about, person), (About::Person(about), Some(person)) if about != person);
        let reason = if other && !fact.life_saving { Some(WithheldReason::OtherPerson) } else { why_withheld(fact, to, bases, at) };
        match reason {
            Some(reason) => parted.withheld.push(Withheld { fact: fact.id.clone(), reason }),
            None => parted.told.push(fact.clone()),
        }
    }
    parted
}

/// Why a fact may not be told to this receiver; `None` where it may.
pub fn why_withheld(fact: &Fact, to: &Recipient, bases: &[Basis], at: Instant) -> Option<WithheldReason> {
    let police = matches!(to, Recipient::Police | Recipient::Psap { police_read: true });
    match fact.label {
        Label::Part2 if police => Some(WithheldReason::Part2Police),
        // §2.51: to medical personnel who treat, to the extent needed in the emergency.
        Label::Part2 if fact.life_saving && *to == Recipient::Ems => None,
        Label::Part2 => (!named_consent(to, bases, at)).then_some(WithheldReason::Part2),
        Label::Police if police => None,
        Label::Police => Some(WithheldReason::PoliceRecord),
        Label::Health | Label::Call if fact.life_saving && !matches!(to, Recipient::Service { .. }) => None,
        Label::Health if matches!(to, Recipient::Ems) => None,
        Label::Health if !matches!(to, Recipient::Service { .. }) => Some(WithheldReason::HealthRecord),
        Label::Call if !matches!(to, Recipient::Service { .. }) => None,
        Label::Health | Label::Call => any_basis(to, bases, at),
    }
}

fn named(to: &Recipient, basis: &Basis) -> bool {
    matches!((to, &basis.recipient), (Recipient::Service { organization }, Some(named)) if named == organization)
}

fn named_consent(to: &Recipient, bases: &[Basis], at: Instant) -> bool {
    // §2.31: a Part 2 consent is written (or electronic) and names its receiver; a spoken one is not enough.
    bases.iter().any(|b| b.holds(at) && named(to, b) && b.is_consent() && b.kind != BasisKind::ConsentVerbal)
}

fn any_basis(to: &Recipient, bases: &[Basis], at: Instant) -> Option<WithheldReason> {
    let fits = |basis: &&Basis| basis.recipient.is_none() || named(to, basis);
    if bases.iter().filter(fits).any(|basis| basis.holds(at)) {
        return None;
    }
    Some(if bases.iter().any(|basis| fits(&basis)) { WithheldReason::BasisEnded } else { WithheldReason::NoBasis })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{Door, FactKind, Source};

    fn at(s: i64) -> Instant {
        Instant::from_second(s).unwrap()
    }

    fn fact(label: Label, life_saving: bool) -> Fact {
        Fact {
            id: FactId::fresh(),
            about: About::Incident,
            kind: FactKind::Remark,
            text: "x".into(),
            code: None,
            source: Source { who: "x".into(), agency: None },
            door: Door::Line988,
            said: at(0),
            label,
            life_saving,
        }
    }

    fn clinic() -> Recipient {
        Recipient::Service { organization: OrganizationId::parse("clinic").unwrap() }
    }

    fn basis(kind: BasisKind, recipient: Option<&str>) -> Basis {
        Basis {
            id: BasisId::fresh(),
            person: PersonId::parse("p").unwrap(),
            kind,
            recipient: recipient.map(|r| OrganizationId::parse(r).unwrap()),
            from: at(0),
            until: Some(at(100)),
            withdrawn: None,
        }
    }

    #[test]
    fn nothing_goes_to_a_service_without_a_basis_and_nothing_is_lost_from_sight() {
        let facts = [fact(Label::Call, true), fact(Label::Health, false), fact(Label::Part2, false), fact(Label::Police, false)];
        let parted = packet(&facts, None, &clinic(), &[], at(1));
        assert!(parted.told.is_empty());
        assert_eq!(parted.withheld.len(), facts.len());
        assert_eq!(parted.withheld[0].reason, WithheldReason::NoBasis);
    }

    #[test]
    fn part_2_never_reaches_law_enforcement_even_where_it_would_save_a_life() {
        for to in [Recipient::Police, Recipient::Psap { police_read: true }] {
            assert_eq!(why_withheld(&fact(Label::Part2, true), &to, &[], at(1)), Some(WithheldReason::Part2Police));
        }
        assert_eq!(why_withheld(&fact(Label::Part2, true), &Recipient::Ems, &[], at(1)), None);
    }

    #[test]
    fn part_2_asks_for_a_written_consent_that_names_the_receiver() {
        let part2 = fact(Label::Part2, false);
        for (kind, named, told) in [
            (BasisKind::ConsentWritten, Some("clinic"), true),
            (BasisKind::ConsentWritten, Some("other"), false),
            (BasisKind::ConsentWritten, None, false),
            (BasisKind::ConsentVerbal, Some("clinic"), false),
            (BasisKind::Treatment, Some("clinic"), false),
        ] {
            assert_eq!(why_withheld(&part2, &clinic(), &[basis(kind, named)], at(1)).is_none(), told, "{kind:?} {named:?}");
        }
    }

    #[test]
    fn a_withdrawn_or_ended_basis_is_none() {
        let mut withdrawn = basis(BasisKind::ConsentVerbal, None);
        assert_eq!(why_withheld(&fact(Label::Call, false), &clinic(), &[withdrawn.clone()], at(100)), Some(WithheldReason::BasisEnded));
        withdrawn.withdrawn = Some(at(5));
        assert_eq!(why_withheld(&fact(Label::Call, false), &clinic(), &[withdrawn], at(6)), Some(WithheldReason::BasisEnded));
    }
}
