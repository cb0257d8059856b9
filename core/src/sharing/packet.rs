//! A packet: what one receiver may have, and nothing else. Whoever writes a document that goes out takes one.
//!
//! Rule: its content is private, and only `part` makes one, so that no writer can see what was withheld, why, or that there
//! was anything. Neighbours: `door::eido` and `fhir::disclosure` write it.

use super::Receiver;
use crate::base::Code;
use crate::incident::{Incident, Person};

/// The notice that goes with every disclosure of a Part 2 record on a consent, and with no other (42 CFR 2.32(a)(2)).
pub const NOTICE_2_32: &str = "42 CFR part 2 prohibits unauthorized use or disclosure of these records.";

/// What one receiver may have.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet {
    incident: Incident,
    to: Receiver,
    part2: bool,
    consent: Option<String>,
}

impl Packet {
    pub(super) fn new(incident: Incident, to: Receiver, part2: bool, consent: Option<String>) -> Self {
        Self { incident, to, part2, consent }
    }

    /// An incident whole, as a sender's own system knows it: for the desks of a sandbox and for tests, which write as other
    /// agencies do.
    #[cfg(any(test, feature = "desk"))]
    pub fn whole(incident: &Incident) -> Self {
        let to = Receiver { kind: super::Receiving::Treating, organization: None };
        Self { incident: incident.clone(), to, part2: false, consent: None }
    }

    /// The incident as far as this receiver may know it: its people, facts, place and numbers are those that are told.
    pub fn incident(&self) -> &Incident {
        &self.incident
    }

    /// Who receives it.
    pub fn to(&self) -> &Receiver {
        &self.to
    }

    /// Whether a Part 2 record is in it.
    pub fn holds_part2(&self) -> bool {
        self.part2
    }

    /// The notice of 42 CFR 2.32, where a Part 2 record is in it.
    pub fn notice(&self) -> Option<&'static str> {
        self.part2.then_some(NOTICE_2_32)
    }

    /// In words: one line for each person, then one for each fact with who said it and when. A Part 2 record is preceded by
    /// its notice and the scope of the consent.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.notice().map(str::to_owned).into_iter().collect();
        lines.extend(self.consent.clone().filter(|_| self.part2));
        lines.extend(self.incident.people.iter().flat_map(person));
        lines.extend(
            self.incident.facts.iter().map(|fact| format!("{}: {} ({}, {})", fact.kind.code(), fact.text, fact.source.who, fact.said)),
        );
        lines
    }
}

/// A person in lines, one a field.
fn person(person: &Person) -> Vec<String> {
    let mut lines: Vec<String> = person.shown_as().into_iter().collect();
    let named = person.name.as_ref().and(person.description.as_ref());
    let mut put = |what: &str, words: Option<&str>| lines.extend(words.map(|words| format!("{what}: {words}")));
    put("description", named.map(String::as_str));
    put("born", person.born.as_deref());
    put("gender", person.gender.as_deref());
    put("language", person.language.as_deref().or(person.safe_contact.language.as_deref()));
    person.contacts.iter().for_each(|contact| put("reached at", Some(contact)));
    let (safe, wishes) = (&person.safe_contact, &person.wishes);
    put("safe number", safe.number.as_deref());
    put("when to call", safe.when.as_deref());
    let flag = |allowed: Option<bool>| allowed.map(|allowed| if allowed { "yes" } else { "no" });
    put("may be called", flag(safe.voice));
    put("may be texted", flag(safe.text));
    put("a message may be left", flag(safe.message));
    put("interpreter needed", flag(safe.interpreter));
    put("in the name of", safe.message_in_name_of.as_deref());
    put("must not learn of it", safe.must_not_learn_words().as_deref());
    put("called", wishes.called.as_deref());
    put("helps", wishes.helps.as_deref());
    put("makes it worse", wishes.worsens.as_deref());
    put("whom to call", wishes.whom_to_call.as_deref());
    put("advance directive", wishes.advance_directive.as_deref());
    put("safety plan", wishes.safety_plan.as_deref());
    for dependant in &person.dependants {
        put("depends on them", Some(&dependant.who));
        put("with", dependant.with.as_deref());
    }
    lines
}
