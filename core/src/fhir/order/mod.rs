//! A 988 centre's order → [`Arrival`]: a bundle of ServiceRequest, Task, Patient and Flag, as plain R4 with no
//! extension of ours. What we have no field for is shown under "also sent".
//!
//! Rule: an order is read however FHIR lets it be written: entries by `fullUrl`, resources contained in others, several
//! requests, of which one is the order. What cannot be read costs itself. Neighbours: `sent` finds resources and what
//! references mean, `facts` tells, `rest` is what nobody took.

mod facts;
mod rest;
mod sent;

use std::collections::HashMap;

use serde_json::Value;

use self::sent::{Resource, Sent};
use super::current;
use super::document::Document;
use super::element::code_in;
use crate::base::Code;
use crate::base::clock::Instant;
use crate::base::ids::{IncidentId, PersonId};
use crate::base::json;
use crate::base::mend::read_mended;
use crate::door::{AlsoSent, Arrival, DoorError, Offer, Received};
use crate::incident::{About, AskedBy, Channel, Door, Identifier, Incident, Label, Person, Place, Role};

/// The media type of an order.
pub const MEDIA_TYPE: &str = "application/fhir+json";

/// An order is a handful of resources.
const LIMITS: json::Limits = json::Limits { values: 200_000, ..json::Limits::MESSAGE };

fn missing(path: &str, needed: &'static str) -> DoorError {
    DoorError::Missing { path: path.to_owned(), needed }
}

/// Reads an order: a FHIR bundle with at least one ServiceRequest.
///
/// # Errors
/// [`DoorError`] naming the place; nothing is kept.
pub fn read(bytes: &[u8]) -> Result<Arrival, DoorError> {
    let (root, flaws) = read_mended(bytes, LIMITS)?;
    let entries = root.get("entry").and_then(Value::as_array).ok_or_else(|| missing("/entry", "a list of entries"))?;
    let sent = Sent::new(entries, security(&root).unwrap_or(Label::Call911));
    let request = sent.request().ok_or_else(|| missing("/entry", "a ServiceRequest"))?;
    let document = &request.document;
    let determined = document.instant("/authoredOn").ok_or_else(|| missing("ServiceRequest.authoredOn", "an instant"))?;
    let identifiers = identifiers(document, determined);
    let first = identifiers.first().ok_or_else(|| missing("ServiceRequest.identifier", "the centre's contact id"))?;
    let id = IncidentId::derived(&format!("{}|{}", first.system, first.value));
    let sender = first.system.clone();

    let mut people = People::read(&sent, request, &id, determined);
    let stand_in = people.all.is_empty().then(|| PersonId::derived(&format!("{id}/subject")));
    people.all.extend(stand_in.clone().map(|id| Person { label: Label::Said988, ..Person::unnamed(id, Role::InCrisis) }));
    people.unmatched(&sent, &id);
    let facts = facts::read(&id, &sent, request, determined, &people);
    let incident = Incident {
        id,
        identifiers,
        door: Door::Line988,
        asked_by: asked_by(&sent, request),
        channel: channel(document),
        urgency: super::incident::urgency(document.text("/priority")),
        headline: document.text("/code/text").or_else(|| document.text("/code/coding/0/display")).unwrap_or("988 request").to_owned(),
        first_contact: document.instant("/occurrenceDateTime"),
        determined,
        place: place(&sent, request, determined),
        people: people.all,
        facts,
        received: Vec::new(),
    };
    let mut also_sent = rest::also_sent(&root, &incident)?;
    also_sent.extend(flaws.into_iter().map(AlsoSent::from));
    Ok(Arrival {
        also_sent,
        offer: Offer { urgency: Some(incident.urgency), needs: Vec::new(), team: None },
        incident,
        linked: Vec::new(),
        merges: Vec::new(),
        units: Vec::new(),
        agencies: Vec::new(),
        cautions: Vec::new(),
        places: Vec::new(),
        carried: Vec::new(),
        sender,
        stated: None,
        stand_in,
        received: Received::new(MEDIA_TYPE, bytes),
    })
}

/// The people of an order, and which resource each one is.
struct People {
    all: Vec<Person>,
    /// By the resource's place among all.
    ids: HashMap<usize, PersonId>,
    /// What flags and observations are about, by the resource's place among all.
    meant: HashMap<usize, About>,
}

impl People {
    /// The one that the request is about first, then the others in the order of the bundle.
    fn read(sent: &Sent, request: &Resource, id: &IncidentId, at: Instant) -> Self {
        let subject = sent.target(request, document_at(request, "/subject"));
        let mut patients: Vec<(usize, &Resource)> = sent.of("Patient").collect();
        patients.sort_by_key(|(index, _)| Some(*index) != subject);
        let (mut people, mut used) = (Self { all: Vec::new(), ids: HashMap::new(), meant: HashMap::new() }, HashMap::new());
        for (index, patient) in patients {
            let mut person = super::person::read_at(&patient.document, vec![Role::InCrisis], Some(at));
            person.id = PersonId::derived(&unique(&mut used, format!("{id}/{}", patient.name())));
            person.label = label(sent.label, &patient.document);
            people.ids.insert(index, person.id.clone());
            people.all.push(person);
        }
        people
    }

    /// Finds whom or what each flag and observation is about. Of a person who is not in the order it stays that person's, who
    /// is listed as matched to nobody: a caution of one is never put on another, nor on the place. Only where the one patient
    /// is contained in the request, and so has no address of their own, an address that leads to nobody means them.
    fn unmatched(&mut self, sent: &Sent, id: &IncidentId) {
        let only = self.ids.iter().next().filter(|(index, _)| sent.at(**index).is_some_and(Resource::is_contained) && self.ids.len() == 1);
        let only = only.map(|(_, person)| person.clone());
        for (index, from) in sent.of("Flag").chain(sent.of("Observation")) {
            let subject = document_at(from, "/subject");
            let about = match sent.target(from, subject).and_then(|target| self.ids.get(&target)) {
                Some(person) => About::Person(person.clone()),
                None => match sent.kind_meant(from, subject).as_deref() {
                    None => About::Incident,
                    Some("Location") => About::Place,
                    Some("Patient") if only.is_some() && subject.get("reference").is_some() => {
                        only.clone().map_or(About::Incident, About::Person)
                    }
                    Some(_) => About::Person(self.one_unmatched(subject, id)),
                },
            };
            self.meant.insert(index, about);
        }
    }

    fn one_unmatched(&mut self, subject: &Value, id: &IncidentId) -> PersonId {
        let person = PersonId::derived(&format!("{id}/unmatched/{subject}"));
        if !self.all.iter().any(|one| one.id == person) {
            let description = subject.get("display").and_then(Value::as_str).map(str::to_owned);
            self.all.push(Person { description, label: Label::Said988, ..Person::unnamed(person.clone(), Role::Unmatched) });
        }
        person
    }

    /// Whom or what the resource at this place is about.
    fn about(&self, index: usize) -> About {
        self.meant.get(&index).cloned().unwrap_or(About::Incident)
    }
}

/// From where what a resource says came. What bears no security label was said in the call to the centre; what bears one is
/// from a record, and a label that is not known counts as the narrowest. The bundle's own label holds for all of it.
fn label(whole: Label, document: &Document) -> Label {
    security(document.value()).unwrap_or(Label::Said988).narrower(whole)
}

/// The label that `meta.security` gives; `None` where there is none.
fn security(resource: &Value) -> Option<Label> {
    let codings = resource.pointer("/meta/security").and_then(Value::as_array)?;
    let codes: Vec<&str> = codings.iter().filter_map(|coding| coding.get("code")?.as_str()).collect();
    if codes.is_empty() {
        return (!codings.is_empty()).then_some(Label::Part2);
    }
    let record = codes.iter().all(|code| matches!(*code, "U" | "L" | "M" | "N" | "R"));
    Some(if record { Label::Health } else { Label::Part2 })
}

/// Who asked, where the order says it: by our code, or as the requester who is the person themself; else nobody said.
fn asked_by(sent: &Sent, request: &Resource) -> AskedBy {
    let document = &request.document;
    let said = document.list("/category").iter().find_map(|concept| AskedBy::from_code(code_in(concept, "asked-by")?));
    let person = || {
        let (subject, requester) = (document_at(request, "/subject"), document_at(request, "/requester"));
        let themself = sent.target(request, requester).is_some_and(|who| Some(who) == sent.target(request, subject));
        themself.then_some(AskedBy::Person)
    };
    said.or_else(person).unwrap_or(AskedBy::Unknown)
}

/// How they asked, by our code or HL7's (v3-ParticipationMode); else nobody said.
fn channel(document: &Document) -> Channel {
    let ours = document.list("/category").iter().find_map(|concept| Channel::from_code(code_in(concept, "channel")?));
    let codings = document.list("/category").iter().filter_map(|concept| concept.get("coding")?.as_array()).flatten();
    let mut theirs = codings.filter(|coding| coding.get("system").and_then(Value::as_str) == Some(PARTICIPATION_MODE));
    let theirs = || {
        theirs.find_map(|coding| match coding.get("code")?.as_str()? {
            "VERBAL" | "PHONE" => Some(Channel::Voice),
            "SMSWRIT" => Some(Channel::Text),
            "ELECTRONIC" | "ONLINEWRIT" => Some(Channel::Chat),
            "TYPEWRIT" => Some(Channel::Relay),
            "VIDEOCONF" => Some(Channel::Video),
            "FACE" | "PHYSICAL" => Some(Channel::InPerson),
            _ => None,
        })
    };
    ours.or_else(theirs).unwrap_or(Channel::Unknown)
}

const PARTICIPATION_MODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode";

/// An element of a resource; `Null` where it has none.
fn document_at<'r>(resource: &'r Resource, pointer: &str) -> &'r Value {
    resource.document.at(pointer).unwrap_or(&Value::Null)
}

/// The order's identifiers, those that are in use first.
fn identifiers(document: &Document, at: Instant) -> Vec<Identifier> {
    let one =
        |value: &Value| Some(Identifier { system: value.get("system")?.as_str()?.into(), value: value.get("value")?.as_str()?.into() });
    let mut all: Vec<&Value> = document.list("/identifier").iter().collect();
    all.sort_by_key(|value| !current::holds(value, Some(at)));
    all.into_iter().filter_map(one).collect()
}

/// The name, numbered from its second use on: two resources may share an id, and neither may be lost.
fn unique(used: &mut HashMap<String, usize>, name: String) -> String {
    let times = used.entry(name.clone()).or_insert(0);
    *times += 1;
    if *times == 1 { name } else { format!("{name}/{times}") }
}

/// Where the request says it is, else the only kind of place that the order has, else where the person lives.
fn place(sent: &Sent, request: &Resource, at: Instant) -> Place {
    let said = request.document.list("/locationReference").iter().find_map(|reference| sent.target(request, reference));
    let said = said.and_then(|index| sent.at(index)).filter(|location| location.document.kind() == "Location");
    if let Some(location) = said.or_else(|| sent.of("Location").next().map(|(_, location)| location)) {
        let mut place = super::incident::read_place(&location.document);
        place.access = place.access.or_else(|| location.document.text("/description").map(str::to_owned));
        if place.address.is_none() {
            place.address = location.document.at("/address").and_then(current::address_words);
        }
        return place;
    }
    let subject = sent.target(request, document_at(request, "/subject")).and_then(|index| sent.at(index));
    let lives = subject.filter(|subject| subject.document.kind() == "Patient").or_else(|| sent.of("Patient").next().map(|(_, p)| p));
    let home = lives.and_then(|patient| current::address(patient.document.list("/address"), at));
    home.map_or_else(Place::default, |home| Place {
        address: current::address_words(home),
        locality: home.get("city").or_else(|| home.get("district")).and_then(Value::as_str).map(str::to_owned),
        ..Place::default()
    })
}

#[cfg(test)]
mod tests;
