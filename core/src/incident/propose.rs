//! Proposing: which incidents a person may want to join. A likeness never joins.
//!
//! Rule (practice.md): numbers of institutions (a 988 centre, a shelter, a switchboard) count nothing; a past incident of
//! the same person is history, not a duplicate. What is told are reasons, as codes with their measures.
//! Neighbour: [`super::Join`] is what a person makes of a proposal.

use std::collections::BTreeSet;
use std::time::Duration;

use super::join::{Join, joined_with, shares_identifier};
use super::{FactKind, Incident, Person, PersonName, Place, Role};
use crate::base::ids::IncidentId;

/// How alike two incidents must be to be proposed. Agency data; `default()` is the safe default.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposeRules {
    /// Two incidents further apart than this are history.
    pub within: Duration,
    /// Two scenes nearer than this may be one.
    pub near_m: f64,
    /// ... if the calls lie within this time.
    pub near_within: Duration,
    /// Numbers of institutions, as written; they count nothing.
    pub institutions: Vec<String>,
}

impl Default for ProposeRules {
    fn default() -> Self {
        Self { within: Duration::from_secs(4 * 3600), near_m: 150.0, near_within: Duration::from_secs(3600), institutions: Vec::new() }
    }
}

/// One way in which two incidents are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Likeness {
    /// The same number to call back, and not an institution's.
    SameCallback,
    /// Scenes near each other at about the same time.
    Near {
        /// Metres between them on WGS84.
        distance_m: f64,
        /// Time between the calls.
        apart: Duration,
    },
    /// The same address in words at about the same time, where a position is missing.
    SameAddress {
        /// Time between the calls.
        apart: Duration,
    },
    /// A person in crisis of the same full name.
    SameName,
    /// A person in crisis born on the same full date: only told beside another likeness.
    SameBirthDate,
}

/// Two incidents that may be one. A person decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The one at hand.
    pub incident: IncidentId,
    /// The one that may be the same.
    pub other: IncidentId,
    /// Why; never empty.
    pub reasons: Vec<Likeness>,
}

/// Which of `others` may be the same as `incident`, those with most reasons first. What is joined already or carries the
/// same identifier is not proposed, nor is anything older than the window.
pub fn propose(incident: &Incident, others: &[Incident], joins: &[Join], rules: &ProposeRules) -> Vec<Proposal> {
    let institutions: BTreeSet<String> = rules.institutions.iter().filter_map(|n| number(n)).collect();
    let ours = Traits::of(incident, &institutions);
    let joined = joined_with(&incident.id, joins);
    let mut all: Vec<Proposal> = others
        .iter()
        .filter(|other| !joined.contains(&other.id) && !shares_identifier(incident, other))
        .filter_map(|other| {
            let reasons = ours.like(&Traits::of(other, &institutions), rules);
            (!reasons.is_empty()).then(|| Proposal { incident: incident.id.clone(), other: other.id.clone(), reasons })
        })
        .collect();
    all.sort_by(|a, b| b.reasons.len().cmp(&a.reasons.len()).then_with(|| a.other.cmp(&b.other)));
    all
}

/// What of an incident is compared.
struct Traits<'a> {
    began: crate::base::clock::Instant,
    numbers: BTreeSet<String>,
    place: &'a Place,
    names: BTreeSet<String>,
    births: BTreeSet<&'a str>,
}

impl<'a> Traits<'a> {
    fn of(incident: &'a Incident, institutions: &BTreeSet<String>) -> Self {
        let said = incident.facts.iter().filter(|fact| fact.kind == FactKind::Callback).map(|fact| fact.text.as_str());
        let own = incident.people.iter().filter(|person| !person.roles.contains(&Role::OtherStaff)).flat_map(numbers_of);
        let in_crisis = || incident.people_in_crisis();
        Self {
            began: incident.first_contact.unwrap_or(incident.determined),
            numbers: said.chain(own).filter_map(number).filter(|n| !institutions.contains(n)).collect(),
            place: &incident.place,
            names: in_crisis().filter_map(|person| full_name(person.name.as_ref()?)).collect(),
            births: in_crisis().filter_map(|person| person.born.as_deref()).filter(|born| born.len() == 10).collect(),
        }
    }

    fn like(&self, other: &Self, rules: &ProposeRules) -> Vec<Likeness> {
        let apart = self.began.duration_since(other.began).unsigned_abs();
        let mut reasons = Vec::new();
        if apart > rules.within {
            return reasons;
        }
        if !self.numbers.is_disjoint(&other.numbers) {
            reasons.push(Likeness::SameCallback);
        }
        reasons.extend((apart <= rules.near_within).then(|| near(self.place, other.place, apart, rules.near_m)).flatten());
        if !self.names.is_disjoint(&other.names) {
            reasons.push(Likeness::SameName);
        }
        if !reasons.is_empty() && !self.births.is_disjoint(&other.births) {
            reasons.push(Likeness::SameBirthDate);
        }
        reasons
    }
}

fn near(one: &Place, other: &Place, apart: Duration, near_m: f64) -> Option<Likeness> {
    if let (Some(a), Some(b)) = (one.position, other.position) {
        let distance_m = crate::base::geo::distance_m(a, b);
        return (distance_m <= near_m).then_some(Likeness::Near { distance_m, apart });
    }
    let words = |place: &Place| {
        let address = place.address.as_deref().map(folded).filter(|words| words.contains(' '))?;
        Some((address, place.locality.as_deref().map(folded)))
    };
    let same = words(one).is_some_and(|ours| words(other) == Some(ours));
    same.then_some(Likeness::SameAddress { apart })
}

fn numbers_of(person: &Person) -> impl Iterator<Item = &str> {
    person.contacts.iter().map(String::as_str).chain(person.safe_contact.number.as_deref())
}

/// The last ten digits of a telephone number in any of its usual forms; `None` for what is none (`sip:anna@host`, fewer
/// than seven digits).
fn number(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.split_once(':').map_or(text, |(scheme, rest)| match scheme.to_ascii_lowercase().as_str() {
        "tel" | "sip" | "sips" | "sms" => rest,
        _ => "",
    });
    let user = text.split(['@', ';', '?']).next().unwrap_or_default();
    if user.chars().any(char::is_alphabetic) {
        return None;
    }
    let digits: Vec<char> = user.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= 7).then(|| digits.iter().skip(digits.len().saturating_sub(10)).collect())
}

/// Given and family names, folded; `None` where either is missing: half a name is nobody's.
fn full_name(name: &PersonName) -> Option<String> {
    let given = name.given.first().map(|given| folded(given)).filter(|given| !given.is_empty())?;
    let family = name.family.as_deref().map(folded).filter(|family| !family.is_empty())?;
    Some(format!("{given} {family}"))
}

fn folded(text: &str) -> String {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{at, incident};
    use super::*;
    use crate::base::Position;
    use crate::base::ids::{MemberId, PersonId};

    fn called_from(name: &str, minute: i64, number: &str) -> Incident {
        let mut incident = incident(name, minute);
        let mut caller = Person::unnamed(PersonId::derived(name), Role::Caller);
        caller.contacts.push(number.to_owned());
        incident.people.push(caller);
        incident
    }

    fn found(one: &Incident, other: &Incident) -> Vec<Likeness> {
        let mut all = propose(one, std::slice::from_ref(other), &[], &ProposeRules::default());
        all.pop().map(|p| p.reasons).unwrap_or_default()
    }

    #[test]
    fn a_match_of_numbers_only_proposes() {
        let one = called_from("one", 0, "tel:+1-819-555-1212;ext=4");
        let two = called_from("two", 10, "sip:8195551212@osp.com");
        assert_eq!(found(&one, &two), [Likeness::SameCallback]);
        assert_eq!(joined_with(&one.id, &[]).len(), 1, "proposing joined nothing");
    }

    #[test]
    fn numbers_of_institutions_count_nothing() {
        let (one, two) = (called_from("one", 0, "tel:2155550100"), called_from("two", 5, "215-555-0100"));
        let rules = ProposeRules { institutions: vec!["(215) 555-0100".into()], ..ProposeRules::default() };
        assert_eq!(propose(&one, &[two], &[], &rules), []);
    }

    #[test]
    fn a_past_incident_of_the_same_person_is_history() {
        let (one, two) = (called_from("one", 0, "tel:2155550100"), called_from("two", 241, "tel:2155550100"));
        assert_eq!(found(&one, &two), []);
    }

    #[test]
    fn near_in_place_and_time_proposes_and_says_how_near() {
        let (mut one, mut two, mut far) = (incident("one", 0), incident("two", 20), incident("far", 20));
        one.place.position = Position::new(-16.5, 179.9995).ok();
        two.place.position = Position::new(-16.5, -179.9995).ok();
        far.place.position = Position::new(-16.5, 179.99).ok();
        let [Likeness::Near { distance_m, apart }] = found(&one, &two)[..] else { panic!("across the antimeridian") };
        assert!((distance_m - 106.7).abs() < 0.5, "{distance_m}");
        assert_eq!(apart, Duration::from_secs(1200));
        assert_eq!(found(&one, &far), []);
    }

    #[test]
    fn a_full_name_proposes_but_half_a_name_or_a_birth_date_alone_does_not() {
        let named = |id: &str, given: &[&str], family: &str| {
            let mut incident = incident(id, 0);
            let mut person = Person::unnamed(PersonId::derived(id), Role::InCrisis);
            let given = given.iter().map(|g| (*g).to_owned()).collect();
            person.name = Some(PersonName { family: Some(family.into()), given, goes_by: None });
            person.born = Some("1984-05-06".into());
            incident.people.push(person);
            incident
        };
        let (one, two) = (named("one", &["Ana"], "Ruiz"), named("two", &["ANA", "Maria"], "ruiz"));
        assert_eq!(found(&one, &two), [Likeness::SameName, Likeness::SameBirthDate]);
        assert_eq!(found(&named("three", &[], "Ruiz"), &two), []);
    }

    #[test]
    fn what_is_joined_or_has_the_same_identifier_is_not_proposed_again() {
        let (mut one, mut two) = (called_from("one", 0, "tel:2155550100"), called_from("two", 1, "tel:2155550100"));
        let joins = [Join::by_word(&one, &two, MemberId::derived("lead"), at(2))];
        assert_eq!(propose(&one, std::slice::from_ref(&two), &joins, &ProposeRules::default()), []);
        let same = super::super::Identifier { system: "cad".into(), value: "1".into() };
        one.identifiers.push(same.clone());
        two.identifiers.push(same);
        assert_eq!(found(&one, &two), []);
    }

    #[test]
    fn what_is_no_number_matches_nothing() {
        assert_eq!(number("sip:anna@host"), None);
        assert_eq!(number("mailto:2155550100@host"), None);
        assert_eq!(number("911"), None);
        assert_eq!(number("+44 20 7946 0958").as_deref(), Some("2079460958"));
    }
}
