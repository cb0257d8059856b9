//! What happened: an [`Incident`] with any number of people, each fact with the one who said it.
//!
//! The same value whichever door the call came through. A caller may stay anonymous and a person unnamed for ever.
//! Rule: a fact never loses its source, its door, its time or its sharing label; joining widens no label.
//! Neighbours: `door` makes incidents from calls, `assignment` is the work on them.

mod code;
mod fact;
mod join;
mod person;
mod place;
mod propose;

pub use code::{AskedBy, Channel, Door, Urgency};
pub use fact::{About, Fact, FactKind, Label, Source};
pub use join::{
    EIDO_INCIDENT, Join, JoinAuthor, JoinId, JoinReason, Linked, MergeDirection, Relation, facts_together, joined_with, merged,
    shares_identifier, shown_beside,
};
pub use person::{ApproachNeed, Dependant, HowKnown, MustNotLearn, Person, PersonName, Role, SafeContact, Wishes};

/// The naming system of [`ApproachNeed`] as the code of a fact.
pub const APPROACH: &str = "urn:anydoor:1:approach";
pub use place::Place;
pub use propose::{Likeness, Proposal, ProposeRules, propose};

use crate::base::clock::Instant;
use crate::base::ids::{IncidentId, ReceivedId};

/// An identifier that somebody else gave the incident: the EIDO incident id, a CAD number, a 988 contact id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier {
    /// The naming system, as a URI.
    pub system: String,
    /// The value within it.
    pub value: String,
}

/// What happened, as one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Ours; derived from the first incoming identifier where there is one.
    pub id: IncidentId,
    /// Every identifier that came with it.
    pub identifiers: Vec<Identifier>,
    /// The door it came through.
    pub door: Door,
    /// Who asked.
    pub asked_by: AskedBy,
    /// How they asked.
    pub channel: Channel,
    /// How soon.
    pub urgency: Urgency,
    /// What it is, in a few words ("welfare check").
    pub headline: String,
    /// First contact at any door.
    pub first_contact: Option<Instant>,
    /// When a response was determined to be needed.
    pub determined: Instant,
    /// The scene.
    pub place: Place,
    /// Everyone, the people in crisis first.
    pub people: Vec<Person>,
    /// What was said.
    pub facts: Vec<Fact>,
    /// The documents as received that this was read from.
    pub received: Vec<ReceivedId>,
}

impl Incident {
    /// The people in crisis; each has an own visit.
    pub fn people_in_crisis(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| person.roles.contains(&Role::InCrisis))
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    use super::*;

    /// A fixed morning and some minutes.
    pub fn at(minute: i64) -> Instant {
        Instant::from_second(1_800_000_000 + minute * 60).unwrap()
    }

    /// An incident that began in this minute, with nobody and nothing in it.
    pub fn incident(name: &str, minute: i64) -> Incident {
        Incident {
            id: IncidentId::derived(name),
            identifiers: Vec::new(),
            door: Door::Line911,
            asked_by: AskedBy::Unknown,
            channel: Channel::Unknown,
            urgency: Urgency::Urgent,
            headline: name.to_owned(),
            first_contact: Some(at(minute)),
            determined: at(minute),
            place: Place::default(),
            people: Vec::new(),
            facts: Vec::new(),
            received: Vec::new(),
        }
    }
}
