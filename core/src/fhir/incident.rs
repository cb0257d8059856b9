//! Incident ↔ ServiceRequest, its people, its place, its facts (Observation) and the documents as received.

use base64::Engine as _;
use serde_json::{Value, json};

use super::document::id_of;
use super::element::{coding, concept, decimal, extension, extension_of, extension_text, extensions, known, part, part_text, reference};
use super::reference::Reference;
use super::{Document, ReadError, person};
use crate::base::ids::{FactId, IncidentId, PersonId, PlaceId, ReceivedId};
use crate::base::{Code, Position};
use crate::incident::{About, Door, Fact, FactKind, Identifier, Incident, Label, Person, Place, Role, Source, Urgency};

/// Everything that writes an incident, each document after those it refers to: place, people in crisis, other people,
/// the ServiceRequest, facts.
pub fn write(incident: &Incident) -> Vec<Document> {
    let subject = subject(incident);
    let mut all = vec![location(incident)];
    if !incident.people.iter().any(|p| p.id == subject) {
        all.push(person::write(&Person::unnamed(subject.clone(), Role::InCrisis), &subject));
    }
    let (in_crisis, others): (Vec<&Person>, Vec<&Person>) = incident.people.iter().partition(|p| p.roles.contains(&Role::InCrisis));
    all.extend(in_crisis.into_iter().chain(others).map(|p| person::write(p, &subject)));
    all.push(service_request(incident, &subject));
    all.extend(incident.facts.iter().map(|fact| write_fact(fact, incident, &subject)));
    all
}

/// The Patient whom FHIR asks for: the first person in crisis, else a nameless one made for the incident.
pub fn subject(incident: &Incident) -> PersonId {
    incident.people_in_crisis().next().map_or_else(|| PersonId::derived(&format!("{}/subject", incident.id)), |p| p.id.clone())
}

/// The id of the incident's scene.
pub fn place_id(incident: &IncidentId) -> PlaceId {
    PlaceId::derived(&format!("{incident}/scene"))
}

fn service_request(incident: &Incident, subject: &PersonId) -> Document {
    let mut doc = Document::new("ServiceRequest", incident.id.as_str());
    let mut extra: Vec<Value> = incident.people.iter().map(incident_person).collect();
    extra.extend(incident.first_contact.map(|at| extension("first-contact", "valueInstant", at.to_string())));
    doc.set("extension", if extra.is_empty() { Value::Null } else { Value::Array(extra) });
    let identifiers: Vec<Value> = incident.identifiers.iter().map(|i| json!({ "system": i.system, "value": i.value })).collect();
    if !identifiers.is_empty() {
        doc.set("identifier", Value::Array(identifiers));
    }
    doc.set("status", json!("active")).set("intent", json!("order"));
    doc.set(
        "category",
        json!([
            concept("door", incident.door.code()),
            concept("asked-by", incident.asked_by.code()),
            concept("channel", incident.channel.code())
        ]),
    );
    doc.set("priority", json!(priority(incident.urgency)));
    doc.set("code", json!({ "text": incident.headline }));
    doc.set("subject", reference("Patient", subject.as_str()));
    doc.set("authoredOn", json!(incident.determined.to_string()));
    doc.set("locationReference", json!([reference("Location", place_id(&incident.id).as_str())]));
    if !incident.received.is_empty() {
        doc.set("supportingInfo", incident.received.iter().map(|r| reference("DocumentReference", r.as_str())).collect());
    }
    doc
}

fn incident_person(person: &Person) -> Value {
    let mut parts = vec![part("person", "valueReference", reference(person::kind(person), person.id.as_str()))];
    parts.extend(person.roles.iter().map(|role| part("role", "valueCode", role.code())));
    extension_of("incident-person", parts)
}

/// A FHIR request priority.
pub fn priority(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Emergent => "stat",
        Urgency::Urgent => "urgent",
        Urgency::Routine => "routine",
    }
}

/// How soon, from a FHIR request priority. Unknown never lowers urgency: what we do not know counts as urgent.
pub fn urgency(priority: Option<&str>) -> Urgency {
    match priority {
        Some("stat" | "asap") => Urgency::Emergent,
        Some("routine") => Urgency::Routine,
        _ => Urgency::Urgent,
    }
}

fn location(incident: &Incident) -> Document {
    write_place(place_id(&incident.id).as_str(), &incident.place)
}

/// Writes a place as a Location.
pub fn write_place(id: &str, place: &Place) -> Document {
    let mut doc = Document::new("Location", id);
    let mut extra = Vec::new();
    extra.extend(place.access.as_deref().map(|words| extension("access", "valueString", words)));
    extra.extend(place.accuracy_m.map(|m| extension("accuracy-m", "valueDecimal", decimal(m))));
    doc.set("extension", if extra.is_empty() { Value::Null } else { Value::Array(extra) });
    doc.set("status", json!("active")).set("mode", json!("instance"));
    doc.set("name", json!(place.address.as_deref().or(place.locality.as_deref()).unwrap_or("scene")));
    let mut address = serde_json::Map::new();
    place.address.iter().for_each(|text| drop(address.insert("text".into(), json!(text))));
    place.locality.iter().for_each(|city| drop(address.insert("city".into(), json!(city))));
    if !address.is_empty() {
        doc.set("address", Value::Object(address));
    }
    if let Some(position) = place.position {
        doc.set("position", json!({ "longitude": decimal(position.longitude()), "latitude": decimal(position.latitude()) }));
    }
    doc
}

/// Reads a place. A position that is not on Earth is left out, never moved.
pub fn read_place(doc: &Document) -> Place {
    let number = |pointer: &str| doc.at(pointer).and_then(Value::as_f64);
    let position = match (number("/position/latitude"), number("/position/longitude")) {
        (Some(latitude), Some(longitude)) => Position::new(latitude, longitude).ok(),
        _ => None,
    };
    Place {
        address: doc.text("/address/text").map(str::to_owned),
        locality: doc.text("/address/city").map(str::to_owned),
        access: extension_text(doc.value(), "access", "valueString").map(str::to_owned),
        position,
        accuracy_m: extensions(doc.value(), "accuracy-m").find_map(|e| e.get("valueDecimal")?.as_f64()),
    }
}

/// Writes a fact that is told to an incident which is there.
pub fn write_told(fact: &Fact, incident: &Incident) -> Document {
    write_fact(fact, incident, &subject(incident))
}

fn write_fact(fact: &Fact, incident: &Incident, subject: &PersonId) -> Document {
    let mut doc = Document::new("Observation", fact.id.as_str());
    doc.set("meta", json!({ "security": label_codings(fact.label) }));
    let mut source = vec![part("who", "valueString", fact.source.who.as_str())];
    source.extend(fact.source.agency.as_ref().map(|a| part("agency", "valueIdentifier", json!({ "system": a.system, "value": a.value }))));
    let mut extra = vec![extension_of("source", source), extension("door", "valueCode", fact.door.code())];
    let mut about = reference("Patient", subject.as_str());
    match &fact.about {
        About::Incident => extra.push(extension("about", "valueCode", "incident")),
        About::Place => about = reference("Location", place_id(&incident.id).as_str()),
        About::Person(id) => match incident.people.iter().find(|p| &p.id == id) {
            Some(p) if person::kind(p) == "RelatedPerson" => {
                extra.push(extension("about-person", "valueReference", reference("RelatedPerson", id.as_str())));
            }
            _ => about = reference("Patient", id.as_str()),
        },
    }
    if fact.life_saving {
        extra.push(extension("life-saving", "valueBoolean", true));
    }
    extra.extend(fact.code.as_ref().map(|c| extension("given-code", "valueCoding", json!({ "system": c.system, "code": c.value }))));
    doc.set("extension", Value::Array(extra));
    doc.set("status", json!("preliminary")).set("code", concept("fact", fact.kind.code()));
    doc.set("subject", about).set("focus", json!([reference("ServiceRequest", incident.id.as_str())]));
    doc.set("effectiveDateTime", json!(fact.said.to_string())).set("valueString", json!(fact.text));
    if !incident.received.is_empty() {
        doc.set("derivedFrom", incident.received.iter().map(|r| reference("DocumentReference", r.as_str())).collect());
    }
    doc
}

const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

fn label_codings(label: Label) -> Vec<Value> {
    let theirs = match label {
        Label::Call | Label::Call911 => json!({ "system": CONFIDENTIALITY, "code": "N" }),
        Label::Said988 | Label::SaidTeam | Label::Scene | Label::Agency | Label::Wishes | Label::Health => {
            json!({ "system": CONFIDENTIALITY, "code": "R" })
        }
        Label::Part2 => json!({ "system": ACT_CODE, "code": "42CFRPart2" }),
        Label::Police => json!({ "system": CONFIDENTIALITY, "code": "V" }),
    };
    vec![theirs, coding("label", label.code())]
}

/// The label in `meta.security`. One that is missing or unknown counts as the narrowest that medical people may have
/// (42 CFR Part 2): a guess never widens who may be told.
fn label(doc: &Document) -> Label {
    let ours = super::element::ours("label");
    let found = doc.list("/meta/security").iter().find(|c| c.get("system").and_then(Value::as_str) == Some(&ours));
    found.and_then(|c| Label::from_code(c.get("code")?.as_str()?)).unwrap_or(Label::Part2)
}

/// Reads one fact of an incident.
///
/// # Errors
/// [`ReadError`] naming the element.
pub fn read_fact(doc: &Document, incident: &IncidentId) -> Result<Fact, ReadError> {
    let wrong = |element| ReadError::new(doc, element);
    let source = extensions(doc.value(), "source").next();
    let about = match doc.target("/subject") {
        _ if extension_text(doc.value(), "about", "valueCode") == Some("incident") => About::Incident,
        Some(place) if id_of(place, "Location") == Some(place_id(incident).as_str()) => About::Place,
        subject => {
            let other = extensions(doc.value(), "about-person").find_map(|e| e.pointer("/valueReference/reference")?.as_str());
            let id = other.and_then(|r| id_of(r, "RelatedPerson")).or_else(|| id_of(subject?, "Patient"));
            About::Person(id.and_then(|id| PersonId::parse(id).ok()).ok_or_else(|| wrong("subject"))?)
        }
    };
    let given = extensions(doc.value(), "given-code").find_map(|e| e.get("valueCoding"));
    Ok(Fact {
        id: FactId::parse(doc.id()).map_err(|_| wrong("id"))?,
        about,
        kind: doc.at("/code").and_then(|c| known(std::slice::from_ref(c), "fact")).unwrap_or(FactKind::Other),
        text: doc.text("/valueString").unwrap_or_default().to_owned(),
        code: given.and_then(|c| Some(Identifier { system: c.get("system")?.as_str()?.into(), value: c.get("code")?.as_str()?.into() })),
        source: Source {
            who: source.and_then(|s| part_text(s, "who", "valueString")).unwrap_or_default(),
            agency: source.and_then(|s| super::element::part_value(s, "agency", "valueIdentifier")).and_then(read_identifier),
        },
        door: extension_text(doc.value(), "door", "valueCode").and_then(Door::from_code).ok_or_else(|| wrong("extension(door)"))?,
        said: doc.instant("/effectiveDateTime").ok_or_else(|| wrong("effectiveDateTime"))?,
        label: label(doc),
        life_saving: extensions(doc.value(), "life-saving").any(|e| e.get("valueBoolean") == Some(&Value::Bool(true))),
    })
}

fn read_identifier(value: &Value) -> Option<Identifier> {
    Some(Identifier { system: value.get("system")?.as_str()?.to_owned(), value: value.get("value")?.as_str()?.to_owned() })
}

/// The people that a ServiceRequest lists: reference and roles.
pub fn listed_people(request: &Document) -> Vec<(String, Vec<Role>)> {
    let mut all: Vec<(String, Vec<Role>)> = extensions(request.value(), "incident-person")
        .filter_map(|e| {
            let target = Reference::of(super::element::part_value(e, "person", "valueReference")?).here()?.to_owned();
            let parts = e.get("extension")?.as_array()?;
            let roles = parts.iter().filter(|p| p.get("url").and_then(Value::as_str) == Some("role"));
            Some((target, roles.filter_map(|p| Role::from_code(p.get("valueCode")?.as_str()?)).collect()))
        })
        .collect();
    if let Some(subject) = request.target("/subject")
        && !all.iter().any(|(target, _)| target == subject)
    {
        all.push((subject.to_owned(), vec![Role::InCrisis]));
    }
    all
}

/// Reads an incident from its ServiceRequest, with what `find` returns for `Type/id` and its Observations. People whose
/// documents are not here yet are left out; a fact that cannot be read is an error, never dropped.
///
/// # Errors
/// [`ReadError`] naming the element.
pub fn read(request: &Document, find: &dyn Fn(&str) -> Option<Document>, facts: &[Document]) -> Result<Incident, ReadError> {
    let wrong = |element| ReadError::new(request, element);
    let id = IncidentId::parse(request.id()).map_err(|_| wrong("id"))?;
    let categories = request.list("/category");
    let mut people = Vec::new();
    for (target, roles) in listed_people(request) {
        if let Some(doc) = find(&target) {
            people.push(person::read(&doc, roles)?);
        }
    }
    let place = request.target("/locationReference/0").and_then(find);
    Ok(Incident {
        identifiers: request.list("/identifier").iter().filter_map(read_identifier).collect(),
        door: known(categories, "door").ok_or_else(|| wrong("category(door)"))?,
        asked_by: known(categories, "asked-by").unwrap_or(crate::incident::AskedBy::Unknown),
        channel: known(categories, "channel").unwrap_or(crate::incident::Channel::Unknown),
        urgency: urgency(request.text("/priority")),
        headline: request.text("/code/text").or_else(|| request.text("/code/coding/0/display")).unwrap_or_default().to_owned(),
        first_contact: extension_text(request.value(), "first-contact", "valueInstant").and_then(|t| t.parse().ok()),
        determined: request.instant("/authoredOn").ok_or_else(|| wrong("authoredOn"))?,
        place: place.as_ref().map(read_place).unwrap_or_default(),
        people,
        facts: facts.iter().map(|doc| read_fact(doc, &id)).collect::<Result<_, _>>()?,
        received: request
            .list("/supportingInfo")
            .iter()
            .filter_map(|r| ReceivedId::parse(id_of(r.get("reference")?.as_str()?, "DocumentReference")?).ok())
            .collect(),
        id,
    })
}

/// The bytes as received, kept inline. It refers to nothing: the request refers to it, and a circle could not be sent
/// piece by piece.
pub fn write_received(id: &ReceivedId, incident: &IncidentId, media_type: &str, bytes: &[u8], at: crate::base::clock::Instant) -> Document {
    let mut doc = Document::new("DocumentReference", id.as_str());
    let data = base64::engine::general_purpose::STANDARD.encode(bytes);
    doc.set("status", json!("current")).set("type", concept("document", "as-received"));
    doc.set("date", json!(at.to_string()));
    doc.set("content", json!([{ "attachment": { "contentType": media_type, "data": data } }]));
    doc.set("identifier", json!([{ "system": super::element::ours("incident"), "value": incident.as_str() }]));
    doc
}

/// The bytes of a document as received; `None` where it holds none or they are not base64.
pub fn received_bytes(doc: &Document) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(doc.text("/content/0/attachment/data")?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::incident::{AskedBy, Channel};

    fn words() -> impl Strategy<Value = String> {
        "[a-zñ<&\"]{1,12}"
    }

    fn instant() -> impl Strategy<Value = crate::base::clock::Instant> {
        (0_i64..4_000_000_000, 0_i32..1000).prop_map(|(s, ms)| crate::base::clock::Instant::new(s, ms * 1_000_000).unwrap())
    }

    fn pick<C: Code + std::fmt::Debug>() -> impl Strategy<Value = C> {
        (0..C::ALL.len()).prop_map(|index| C::ALL[index])
    }

    fn facts(people: Vec<PersonId>) -> impl Strategy<Value = Vec<Fact>> {
        let about = (0..people.len() + 2).prop_map(move |index| match index {
            0 => About::Incident,
            1 => About::Place,
            other => About::Person(people[other - 2].clone()),
        });
        let fact = (
            about,
            pick::<FactKind>(),
            words(),
            prop::option::of(words()),
            words(),
            pick::<Door>(),
            instant(),
            pick::<Label>(),
            any::<bool>(),
        );
        let fact = fact.prop_map(|(about, kind, text, code, who, door, said, label, life_saving)| Fact {
            id: FactId::fresh(),
            about,
            kind,
            text,
            code: code.map(|value| Identifier { system: "urn:s".into(), value }),
            source: Source { who, agency: None },
            door,
            said,
            label,
            life_saving,
        });
        prop::collection::vec(fact, 0..5)
    }

    fn incidents() -> impl Strategy<Value = Incident> {
        let people: Vec<Person> =
            [Role::InCrisis, Role::InCrisis, Role::Caller].into_iter().map(|role| Person::unnamed(PersonId::fresh(), role)).collect();
        let ids = people.iter().map(|p| p.id.clone()).collect::<Vec<_>>();
        let place = (prop::option::of(words()), prop::option::of((-90.0..90.0_f64, -180.0..180.0_f64)), prop::option::of(0.5..900.0_f64));
        let head =
            (pick::<Door>(), pick::<AskedBy>(), pick::<Channel>(), pick::<Urgency>(), words(), prop::option::of(instant()), instant());
        (head, place, facts(ids)).prop_map(
            move |((door, asked_by, channel, urgency, headline, first_contact, determined), (address, at, accuracy_m), facts)| Incident {
                id: IncidentId::fresh(),
                identifiers: vec![Identifier { system: "urn:cad".into(), value: "4711".into() }],
                door,
                asked_by,
                channel,
                urgency,
                headline,
                first_contact,
                determined,
                place: Place { address, position: at.and_then(|(lat, lon)| Position::new(lat, lon).ok()), accuracy_m, ..Place::default() },
                people: people.clone(),
                facts,
                received: vec![ReceivedId::fresh()],
            },
        )
    }

    proptest! {
        #[test]
        fn an_incident_goes_out_and_comes_back_with_every_meaning(incident in incidents()) {
            let documents: Vec<Document> = write(&incident).iter().map(|d| Document::parse(d.to_text().as_bytes()).unwrap()).collect();
            let find = |reference: &str| documents.iter().find(|d| d.reference() == reference).cloned();
            let of = |kind: &str| documents.iter().filter(|d| d.kind() == kind).cloned().collect::<Vec<_>>();
            prop_assert_eq!(read(&of("ServiceRequest")[0], &find, &of("Observation")).unwrap(), incident);
        }

        #[test]
        fn each_document_comes_after_those_it_refers_to(incident in incidents()) {
            let mut seen = vec![format!("DocumentReference/{}", incident.received[0])];
            for document in write(&incident) {
                for (element, target) in document.references() {
                    prop_assert!(seen.contains(&target), "{} refers to {target} by {element}", document.reference());
                }
                seen.push(document.reference());
            }
        }
    }

    #[test]
    fn a_label_that_is_missing_or_unknown_narrows_and_never_widens() {
        let mut doc = Document::new("Observation", "o");
        assert_eq!(label(&doc), Label::Part2);
        doc.set("meta", json!({ "security": [coding("label", "a-new-label")] }));
        assert_eq!(label(&doc), Label::Part2);
    }
}
