//! What goes to a call-taker or police and is not their own: in words fit for open radio and public record, without its
//! origin, and with no name.
//!
//! Rule: it says what to do or what is there, never from where it is known. Neighbours: `part` asks the matrix first.

use super::PLAIN;
use crate::base::Code;
use crate::base::clock::Instant;
use crate::base::ids::FactId;
use crate::incident::{
    APPROACH, About, ApproachNeed, AskedBy, Channel, Door, EIDO_INCIDENT, Fact, FactKind, Identifier, Incident, Person, Role, SafeContact,
    Source,
};

/// Who says it, on such a document.
const CREW: &str = "crisis team";
/// The naming systems that EIDO has of its own.
const OF_EIDO: [&str; 2] = [EIDO_INCIDENT, "urn:anydoor:1:eido-"];

/// Takes from an incident what tells by which door it came, where that was not 911.
pub fn without_origin(incident: &mut Incident) {
    if incident.door != Door::Line911 {
        incident.door = Door::AgencyLine;
        incident.asked_by = AskedBy::Team;
        incident.channel = Channel::Unknown;
    }
    incident.identifiers.retain(|id| OF_EIDO.iter().any(|system| id.system.starts_with(system)));
}

/// A fact without its origin. What has a code of ours is said by its code alone.
pub fn fact(fact: &Fact) -> Fact {
    let code = fact.code.as_ref().filter(|code| code.system == APPROACH);
    let need = code.and_then(|code| ApproachNeed::from_code(&code.value));
    let text = match (need, fact.kind) {
        (Some(need), _) => words(need),
        (None, FactKind::Dependant) => words(ApproachNeed::DependantsThere),
        (None, _) => fact.text.clone(),
    };
    Fact {
        text,
        code: need.map(|need| Identifier { system: APPROACH.into(), value: need.code().into() }),
        source: Source { who: CREW.into(), agency: None },
        door: Door::AgencyLine,
        label: PLAIN,
        ..fact.clone()
    }
}

/// A person without origin and name: of one in crisis what they look like; of anybody what is needed to approach, as facts.
/// `known` is all that is known of them, from which a need may follow; `None` where it stands in a Part 2 record.
pub fn person(known: Option<&Person>, told: Person, in_crisis: bool, at: Instant, out: &mut Incident) {
    let mut say = |name: &str, kind: FactKind, text: String, need: Option<ApproachNeed>| {
        out.facts.push(Fact {
            id: FactId::derived(&format!("{}/approach/{name}", told.id)),
            about: if in_crisis { About::Person(told.id.clone()) } else { About::Incident },
            kind,
            text,
            code: need.map(|need| Identifier { system: APPROACH.into(), value: need.code().into() }),
            source: Source { who: CREW.into(), agency: None },
            door: Door::AgencyLine,
            said: at,
            label: PLAIN,
            life_saving: false,
        });
    };
    if !in_crisis {
        // The number that they are on, whoever they are: nobody learns who called.
        told.contacts.iter().enumerate().for_each(|(i, number)| say(&format!("number/{i}"), FactKind::Callback, number.clone(), None));
        return;
    }
    if let Some(language) = told.language.as_deref().or(told.safe_contact.language.as_deref()) {
        say("language", FactKind::Approach, format!("language: {language}"), None);
    }
    let mut needs = Vec::new();
    let follows = |from: fn(&Person) -> bool| known.is_some_and(from);
    needs.extend(follows(|known| !known.dependants.is_empty()).then_some(ApproachNeed::DependantsThere));
    let not_back = follows(|known| known.safe_contact.voice == Some(false)) && !told.contacts.is_empty();
    needs.extend(not_back.then_some(ApproachNeed::DoNotCallBack));
    needs.into_iter().for_each(|need| say(need.code(), FactKind::Approach, words(need), Some(need)));
    out.people.push(Person { roles: vec![Role::InCrisis], safe_contact: SafeContact::default(), label: PLAIN, ..told });
}

/// A need in plain words.
fn words(need: ApproachNeed) -> String {
    need.code().replace('-', " ")
}
