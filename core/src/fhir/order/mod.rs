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
use crate::base::clock::Instant;
use crate::base::ids::{IncidentId, PersonId};
use crate::base::json;
use crate::base::mend::read_mended;
use crate::door::{AlsoSent, Arrival, DoorError, Offer, Received};
use crate::incident::{AskedBy, Channel, Door, Identifier, Incident, Person, Place, Role};

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
    let sent = Sent::new(entries);
    let request = sent.request().ok_or_else(|| missing("/entry", "a ServiceRequest"))?;
    let document = &request.document;
    let determined = document.instant("/authoredOn").ok_or_else(|| missing("ServiceRequest.authoredOn", "an instant"))?;
    let identifiers = identifiers(document, determined);
    let first = identifiers.first().ok_or_else(|| missing("ServiceRequest.identifier", "the centre's contact id"))?;
    let id = IncidentId::derived(&format!("{}|{}", first.system, first.value));
    let sender = first.system.clone();

    let mut people = People::read(&sent, request, &id, determined);
    let stand_in = people.all.is_empty().then(|| PersonId::derived(&format!("{id}/subject")));
    people.all.extend(stand_in.clone().map(|id| Person::unnamed(id, Role::InCrisis)));
    let facts = facts::read(&id, &sent, request, determined, &people);
    let incident = Incident {
        id,
        identifiers,
        door: Door::Line988,
        asked_by: AskedBy::Person,
        channel: Channel::Voice,
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
}

impl People {
    /// The one that the request is about first, then the others in the order of the bundle.
    fn read(sent: &Sent, request: &Resource, id: &IncidentId, at: Instant) -> Self {
        let subject = sent.target(request, document_at(request, "/subject"));
        let mut patients: Vec<(usize, &Resource)> = sent.of("Patient").collect();
        patients.sort_by_key(|(index, _)| Some(*index) != subject);
        let (mut people, mut used) = (Self { all: Vec::new(), ids: HashMap::new() }, HashMap::new());
        for (index, patient) in patients {
            let mut person = super::person::read_at(&patient.document, vec![Role::InCrisis], Some(at));
            person.id = PersonId::derived(&unique(&mut used, format!("{id}/{}", patient.name())));
            people.ids.insert(index, person.id.clone());
            people.all.push(person);
        }
        people
    }
}

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
