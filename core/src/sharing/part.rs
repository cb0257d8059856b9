//! Parts everything that is known of an incident and its people into what one receiver may have and what is withheld.
//!
//! Rule: told and withheld together are all that there was. For each thing the widest of what the bases in force allow holds,
//! and the rules of the place narrow it. To a call-taker or police a thing that is not their own goes without its origin.
//! Neighbours: `matrix` is asked, `plain` makes words fit for open radio, `acts::disclose` asks for a packet to be sent.

mod plain;

use super::matrix::{AboutWhom, Cell, Ground, Information, Origin, Receiving, row};
use super::{Basis, DecidedBy, Field, Packet, Receiver, Rules, Scope, Verdict, WithheldReason, information};
use crate::base::Code;
use crate::base::clock::Instant;
use crate::base::ids::{BasisId, FactId, PersonId};
use crate::incident::{About, Door, Fact, Incident, Label, Person, Role};

/// What is asked: what of this incident may this receiver have now.
#[derive(Debug)]
pub struct Question<'a> {
    /// The incident, with its people and facts.
    pub incident: &'a Incident,
    /// The person handed on; `None` where it is about the emergency, and so about everyone in crisis.
    pub person: Option<&'a PersonId>,
    /// Who receives.
    pub to: &'a Receiver,
    /// Every basis of the person that is known, ended ones too.
    pub bases: &'a [Basis],
    /// The agency's rules.
    pub rules: &'a Rules,
    /// The area of the scene's jurisdiction.
    pub area: Option<&'a str>,
    /// When.
    pub at: Instant,
}

/// A thing that is told or withheld.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A fact.
    Fact(FactId),
    /// A part of a person.
    Field(PersonId, Field),
    /// What the incident was called.
    Headline,
    /// Where it is.
    Place,
}

/// A thing that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldItem {
    /// What.
    pub item: Item,
    /// From where.
    pub origin: Origin,
    /// Its kind.
    pub kind: Information,
    /// On what basis; `None` where the matrix asks none.
    pub basis: Option<BasisId>,
    /// Where it is written that it may be told.
    pub source: &'static str,
}

/// A thing that is not told, and why. It stays with the one who sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// What.
    pub item: Item,
    /// Why.
    pub reason: WithheldReason,
    /// Who may decide to tell it.
    pub decided_by: Option<DecidedBy>,
}

/// What goes, and what does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Parted {
    /// What the receiver may have.
    pub packet: Packet,
    /// What is told, for the accounting.
    pub told: Vec<ToldItem>,
    /// What is withheld, for the one who sends.
    pub withheld: Vec<Withheld>,
}

impl Parted {
    /// Whether a Part 2 record went in a medical emergency, which the source program must be told of (42 CFR 2.51(c)).
    pub fn is_medical_emergency(&self) -> bool {
        self.told.iter().any(|told| told.origin == Origin::Part2 && told.source.contains("2.51"))
    }
}

/// Parts everything for one receiver.
pub fn part(question: &Question<'_>) -> Parted {
    let mut parting = Parting { question, told: Vec::new(), withheld: Vec::new() };
    let incident = parting.incident();
    let part2 = parting.told.iter().any(|told| told.origin == Origin::Part2);
    let consent = part2.then(|| parting.consent()).flatten();
    Parted { packet: Packet::new(incident, question.to.clone(), part2, consent), told: parting.told, withheld: parting.withheld }
}

struct Parting<'a> {
    question: &'a Question<'a>,
    told: Vec<ToldItem>,
    withheld: Vec<Withheld>,
}

/// A thing about which the matrix is asked.
struct Thing<'t> {
    item: Item,
    origin: Origin,
    kind: Information,
    about: AboutWhom,
    scope: Scope,
    fact: Option<&'t FactId>,
    /// Whose it is; `None`: of the incident as a whole.
    person: Option<&'t PersonId>,
}

impl Parting<'_> {
    fn is_dispatch(&self) -> bool {
        matches!(self.question.to.kind, Receiving::Psap | Receiving::PsapPoliceRead | Receiving::Police | Receiving::TribalPolice)
    }

    /// Whether a call-taker or police hold the record themselves.
    fn is_their_own(&self, origin: Origin) -> bool {
        match self.question.to.kind {
            Receiving::Psap | Receiving::PsapPoliceRead => origin == Origin::Call911,
            Receiving::Police => origin == Origin::Police,
            _ => false,
        }
    }

    fn incident(&mut self) -> Incident {
        let asked = self.question;
        let all = asked.incident;
        let origin = origin_of_door(all.door);
        let whole = self.about_the_whole();
        let headline = self.tells(Thing {
            item: Item::Headline,
            origin,
            kind: Information::Rest,
            about: whole,
            scope: Scope::Situation,
            fact: None,
            person: None,
        });
        let place = self.tells(Thing {
            item: Item::Place,
            origin,
            kind: Information::Approach,
            about: whole,
            scope: Scope::Situation,
            fact: None,
            person: None,
        });
        let mut incident = Incident {
            people: Vec::new(),
            facts: Vec::new(),
            received: Vec::new(),
            headline: if headline { all.headline.clone() } else { String::new() },
            place: if place { all.place.clone() } else { crate::incident::Place::default() },
            ..all.clone()
        };
        if self.is_dispatch() {
            plain::without_origin(&mut incident);
        }
        for person in &all.people {
            self.person(person, &mut incident);
        }
        for fact in &all.facts {
            self.fact(fact, &mut incident);
        }
        incident
    }

    /// Whom what is said of the incident as a whole is about.
    fn about_the_whole(&self) -> AboutWhom {
        let several = self.question.incident.people_in_crisis().count() > 1;
        if several && self.question.person.is_some() { AboutWhom::Other } else { AboutWhom::Scene }
    }

    fn about(&self, person: &PersonId) -> AboutWhom {
        let theirs = match self.question.person {
            Some(handed_on) => handed_on == person,
            None => self.question.incident.people_in_crisis().any(|one| &one.id == person),
        };
        if theirs { AboutWhom::Them } else { AboutWhom::Other }
    }

    fn person(&mut self, person: &Person, out: &mut Incident) {
        let asked = self.question;
        let about = self.about(&person.id);
        let origin = Origin::of(person.label, asked.incident.door);
        let place = &asked.incident.place;
        let name_finds_them = place.address.is_none() && place.position.is_none();
        let mut told = Person::unnamed(person.id.clone(), Role::InCrisis);
        told.roles.clone_from(&person.roles);
        told.label = person.label;
        let mut any = false;
        for field in Field::ALL.iter().copied().filter(|field| field.is_in(person)) {
            // Of somebody who is not in crisis only the number that they are on is needed to reach the one who is.
            let kind = match field.information(name_finds_them) {
                Information::Approach if about == AboutWhom::Other && field != Field::Numbers => Information::Rest,
                kind => kind,
            };
            let origin = if field.is_their_own() && origin != Origin::Part2 { Origin::Wishes } else { origin };
            let scope = if origin == Origin::Part2 { Scope::SubstanceUse } else { field.scope() };
            let item = Item::Field(person.id.clone(), field);
            if self.tells(Thing { item, origin, kind, about, scope, fact: None, person: Some(&person.id) }) {
                field.copy(person, &mut told);
                any = true;
            }
        }
        if self.is_dispatch() && !self.is_their_own(origin) {
            let known = (origin != Origin::Part2).then_some(person);
            plain::person(known, told, about == AboutWhom::Them, asked.incident.determined, out);
        } else if any || about == AboutWhom::Them {
            out.people.push(told);
        }
    }

    fn fact(&mut self, fact: &Fact, out: &mut Incident) {
        let to = self.question.to.kind;
        let origin = Origin::of(fact.label, fact.door);
        let about = match &fact.about {
            About::Person(person) => self.about(person),
            About::Place => AboutWhom::Scene,
            About::Incident => self.about_the_whole(),
        };
        let (kind, scope) = (information(fact, to), Scope::of_fact(origin));
        let person = if let About::Person(person) = &fact.about { Some(person) } else { None };
        if self.tells(Thing { item: Item::Fact(fact.id.clone()), origin, kind, about, scope, fact: Some(&fact.id), person }) {
            out.facts.push(if self.is_dispatch() && !self.is_their_own(origin) { plain::fact(fact) } else { fact.clone() });
        }
    }

    /// Asks the matrix, notes what it said, and returns whether the thing is told.
    fn tells(&mut self, thing: Thing<'_>) -> bool {
        let asked = self.question;
        if let Some(reason) = self.must_not_learn() {
            self.withheld.push(Withheld { item: thing.item, reason, decided_by: None });
            return false;
        }
        let (verdict, basis, source) = self.verdict(&thing);
        match verdict {
            Verdict::Told => {
                self.told.push(ToldItem { item: thing.item, origin: thing.origin, kind: thing.kind, basis, source });
                return true;
            }
            Verdict::Decide(by) => {
                self.withheld.push(Withheld { item: thing.item, reason: WithheldReason::Undecided, decided_by: Some(by) });
            }
            Verdict::Withheld(reason) => {
                let reason = if reason == WithheldReason::NoBasis { why_no_basis(asked, &thing) } else { reason };
                self.withheld.push(Withheld { item: thing.item, reason, decided_by: None });
            }
        }
        false
    }

    /// The widest that no basis, or a basis in force that covers the thing, allows; narrowed by the rules of the place.
    fn verdict(&self, thing: &Thing<'_>) -> (Verdict, Option<BasisId>, &'static str) {
        let asked = self.question;
        let organization = asked.to.organization.as_ref();
        let on = |ground: Ground, basis: Option<&Basis>| {
            let cell = Cell { origin: thing.origin, kind: thing.kind, about: thing.about, to: asked.to.kind, on: ground };
            let row = row(cell);
            (asked.rules.narrow(row.verdict, cell, asked.area), basis.map(|basis| basis.id.clone()), row.source)
        };
        let mut best = on(Ground::Nothing, None);
        let fits = |basis: &&Basis| basis.holds(asked.at) && basis.covers(thing.scope, thing.fact) && self.is_of(basis, thing);
        for basis in asked.bases.iter().filter(fits) {
            let Some(ground) = basis.ground(organization) else { continue };
            let there = on(ground, Some(basis));
            if there.0.rank() < best.0.rank() {
                best = there;
            }
        }
        best
    }

    /// Whether a basis is of the person whose the thing is. What is said of the whole is a person's where they are the one
    /// handed on, or the only one in crisis.
    fn is_of(&self, basis: &Basis, thing: &Thing<'_>) -> bool {
        let mut in_crisis = self.question.incident.people_in_crisis();
        let only = in_crisis.next().filter(|_| in_crisis.next().is_none()).map(|person| &person.id);
        thing.person.or(self.question.person).or(only) == Some(&basis.person)
    }

    /// Where the receiver must not learn of the visit nothing goes to it. Help is never held up by that.
    fn must_not_learn(&self) -> Option<WithheldReason> {
        let asked = self.question;
        let organization = asked.to.organization.as_ref().filter(|_| !asked.to.kind.is_emergency())?;
        let concerned = |person: &&Person| asked.person.is_none_or(|one| one == &person.id);
        let named = asked.incident.people.iter().filter(concerned).flat_map(|person| &person.safe_contact.must_not_learn);
        named.into_iter().any(|one| one.organization.as_ref() == Some(organization)).then_some(WithheldReason::MustNotLearn)
    }

    /// The scope of the consent on which a Part 2 record goes, in words (42 CFR 2.32(b)).
    fn consent(&self) -> Option<String> {
        let used = self.told.iter().find(|told| told.origin == Origin::Part2).and_then(|told| told.basis.as_ref())?;
        let basis = self.question.bases.iter().find(|basis| &basis.id == used)?;
        let scope: Vec<&str> = basis.scope.iter().map(|scope| scope.code()).collect();
        let until = basis.until.map(|until| format!(", until {until}")).unwrap_or_default();
        let event = basis.until_event.as_deref().map(|event| format!(", until {event}")).unwrap_or_default();
        Some(format!("consent of {}: {}, for {}{until}{event}", basis.from, scope.join(", "), basis.purpose.code()))
    }
}

/// Why nothing allows a thing: what would have allowed it has ended, or does not cover it.
fn why_no_basis(asked: &Question<'_>, thing: &Thing<'_>) -> WithheldReason {
    let for_them = || asked.bases.iter().filter(|basis| basis.ground(asked.to.organization.as_ref()).is_some());
    if for_them().any(|basis| basis.holds(asked.at) && !basis.covers(thing.scope, thing.fact)) {
        WithheldReason::OutsideScope
    } else if for_them().any(|basis| !basis.holds(asked.at)) {
        WithheldReason::BasisEnded
    } else {
        WithheldReason::NoBasis
    }
}

fn origin_of_door(door: Door) -> Origin {
    match door {
        Door::Line911 => Origin::Call911,
        Door::Line988 => Origin::Said988,
        Door::AgencyLine | Door::OnView => Origin::SaidTeam,
    }
}

impl Item {
    /// What it is, as a code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fact(_) => "fact",
            Self::Field(_, field) => field.code(),
            Self::Headline => "headline",
            Self::Place => "place",
        }
    }

    /// The id of what it is a part of.
    pub fn of(&self) -> Option<&str> {
        match self {
            Self::Fact(fact) => Some(fact.as_str()),
            Self::Field(person, _) => Some(person.as_str()),
            Self::Headline | Self::Place => None,
        }
    }
}

/// The label of what goes to a call-taker without its origin: the crew says it.
const PLAIN: Label = Label::SaidTeam;
