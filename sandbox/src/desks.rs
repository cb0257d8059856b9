//! The two desks: a CAD that sends EIDO documents, and a 988 desk that sends FHIR orders. Each keeps the list of what
//! it said, so that both sides can be compared afterwards.

use anydoor_core::base::Code;
use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::{FactId, IncidentId, PersonId};
use anydoor_core::door::{Agency, eido};
use anydoor_core::fhir::OURS;
use anydoor_core::incident::{
    About, AskedBy, Channel, Dependant, Door, EIDO_INCIDENT, Fact, FactKind, Identifier, Incident, Label, Person, PersonName, Place, Role,
    SafeContact, Source, Urgency,
};
use anydoor_core::sharing::Packet;
use serde_json::{Value, json};

/// A call as somebody told it to a desk.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its number at the desk.
    pub number: String,
    /// When it came.
    pub first_contact: Instant,
    /// When a response was determined to be needed.
    pub determined: Instant,
    /// What it is.
    pub headline: String,
    /// How soon.
    pub urgency: Urgency,
    /// Where.
    pub place: Place,
    /// People in crisis: name as (given, family) or description.
    pub people: Vec<Told>,
    /// The caller's number, where one was given.
    pub callback: Option<String>,
    /// What was said, with its kind.
    pub said: Vec<(FactKind, String)>,
    /// What the centre read out of a 42 CFR Part 2 record.
    pub part2: Option<String>,
}

/// A person as told.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Given and family name.
    pub name: Option<(String, String)>,
    /// What they look like.
    pub description: Option<String>,
    /// Language, BCP 47.
    pub language: Option<String>,
    /// Whether a message may be left.
    pub message: Option<bool>,
    /// Who depends on them.
    pub dependant: Option<String>,
}

impl Call {
    /// Every text that the receiver must find again.
    pub fn texts(&self) -> Vec<String> {
        let mut all = vec![self.headline.clone()];
        all.extend(self.place.address.clone());
        all.extend(self.callback.clone());
        all.extend(self.said.iter().map(|(_, text)| text.clone()));
        all.extend(self.part2.clone());
        for person in &self.people {
            all.extend(person.name.iter().flat_map(|(given, family)| [given.clone(), family.clone()]));
            all.extend(person.description.clone());
            all.extend(person.dependant.clone());
        }
        all
    }

    /// The incident as the CAD has it in mind; only written out, never handed over as a value.
    fn incident(&self, psap: &Identifier) -> Incident {
        let id = IncidentId::derived(&self.number);
        let mut people: Vec<Person> = self.people.iter().enumerate().map(|(index, told)| told.person(&self.number, index)).collect();
        if let Some(number) = &self.callback {
            let mut caller = Person::unnamed(PersonId::derived(&format!("{}/caller", self.number)), Role::Caller);
            caller.contacts = vec![number.clone()];
            people.push(Person { label: Label::Call911, ..caller });
        }
        let fact = |(index, (kind, text)): (usize, &(FactKind, String))| Fact {
            id: FactId::derived(&format!("{}/{index}", self.number)),
            about: About::Incident,
            kind: *kind,
            text: text.clone(),
            code: None,
            source: Source { who: "call-taker 5".into(), agency: Some(psap.clone()) },
            door: Door::Line911,
            said: self.first_contact,
            label: Label::Call911,
            life_saving: matches!(kind, FactKind::Weapon | FactKind::Substance | FactKind::Breathing | FactKind::Injury),
        };
        Incident {
            id,
            identifiers: vec![Identifier {
                system: EIDO_INCIDENT.into(),
                value: format!("{EIDO_INCIDENT}:{}:cad.alder.example", self.number),
            }],
            door: Door::Line911,
            asked_by: AskedBy::Stranger,
            channel: Channel::Voice,
            urgency: self.urgency,
            headline: self.headline.clone(),
            first_contact: Some(self.first_contact),
            determined: self.determined,
            place: self.place.clone(),
            people,
            facts: self.said.iter().enumerate().map(fact).collect(),
            received: Vec::new(),
        }
    }

    /// The call as an EIDO document, as a CAD writes it.
    pub fn eido(&self) -> Value {
        let psap = Identifier { system: "urn:nena:agency".into(), value: "psap.alder.example".into() };
        let sender = eido::Sender {
            issuer: "cad.alder.example".into(),
            agency: Agency { id: psap.clone(), roles: vec!["CallReceiving".into()], kinds: vec!["psap".into()], owns: Some(true) },
            agent: eido::Agent { id: "call-taker-5@psap.alder.example".into(), roles: vec!["Call Taking".into()] },
        };
        let packet = Packet::whole(&self.incident(&psap));
        eido::write_around(&eido::Outgoing {
            packet: &packet,
            cautions: &[],
            places: &[],
            links: &[],
            merges: &[],
            units: &[],
            dispositions: &[],
            agencies: &[],
            sender: &sender,
            carry: true,
            now: self.determined,
        })
    }

    /// The call as a 988 centre's order: plain R4.
    pub fn order(&self) -> Value {
        let patient = |(index, told): (usize, &Told)| {
            let mut patient = json!({ "resourceType": "Patient", "id": format!("p{index}") });
            if let Value::Object(map) = &mut patient {
                let name = told.name.as_ref().map(|(given, family)| json!([{ "given": [given], "family": family }]));
                name.into_iter().for_each(|n| drop(map.insert("name".into(), n)));
                if let Some(language) = &told.language {
                    map.insert(
                        "communication".into(),
                        json!([{ "language": { "coding": [{ "system": "urn:ietf:bcp:47", "code": language }] } }]),
                    );
                }
                if let Some(number) = &self.callback {
                    map.insert("telecom".into(), json!([{ "system": "phone", "value": number }]));
                }
            }
            json!({ "resource": patient })
        };
        let mut entries: Vec<Value> = self.people.iter().enumerate().map(patient).collect();
        let priority = match self.urgency {
            Urgency::Emergent => "stat",
            Urgency::Urgent => "urgent",
            Urgency::Routine => "routine",
        };
        let described = self.people.iter().flat_map(|p| [p.description.clone(), p.dependant.clone()]).flatten();
        let coded = |kind: FactKind| matches!(kind, FactKind::Weapon | FactKind::Substance | FactKind::Breathing | FactKind::Injury);
        let notes: Vec<Value> = self
            .said
            .iter()
            .filter(|(kind, _)| *kind != FactKind::Caution && !coded(*kind))
            .map(|(_, text)| text.clone())
            .chain(described)
            .map(|text| json!({ "text": text, "authorString": "counsellor 12", "time": self.first_contact.to_string() }))
            .collect();
        let subject = if self.people.is_empty() { json!({ "display": "unnamed" }) } else { json!({ "reference": "Patient/p0" }) };
        entries.push(json!({ "resource": {
            "resourceType": "ServiceRequest", "id": "r", "status": "active", "intent": "order", "priority": priority,
            "identifier": [{ "system": "urn:988:contact", "value": self.number }], "code": { "text": self.headline }, "subject": subject,
            "occurrenceDateTime": self.first_contact.to_string(), "authoredOn": self.determined.to_string(),
            "requester": { "display": "counsellor 12" }, "note": notes,
        } }));
        for (index, (_, text)) in self.said.iter().enumerate().filter(|(_, (kind, _))| *kind == FactKind::Caution) {
            entries.push(json!({ "resource": { "resourceType": "Flag", "id": format!("f{index}"), "status": "active", "code": { "text": text }, "subject": { "reference": "Patient/p0" } } }));
        }
        // A centre that has our codes says by a code what a danger to life is: words are searched by nobody.
        for (index, (kind, text)) in self.said.iter().enumerate().filter(|(_, (kind, _))| coded(*kind)) {
            let code = json!({ "coding": [{ "system": format!("{OURS}fact"), "code": kind.code() }] });
            entries.push(
                json!({ "resource": { "resourceType": "Observation", "id": format!("o{index}"), "status": "preliminary", "code": code,
                "subject": { "reference": "Patient/p0" }, "valueString": text, "effectiveDateTime": self.first_contact.to_string() } }),
            );
        }
        if let Some(text) = &self.part2 {
            let label = json!([{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2" }]);
            entries.push(json!({ "resource": { "resourceType": "Flag", "id": "record", "meta": { "security": label }, "status": "active", "code": { "text": text }, "subject": { "reference": "Patient/p0" } } }));
        }
        entries.push(json!({ "resource": { "resourceType": "Task", "id": "t", "status": "requested", "intent": "order", "focus": { "reference": "ServiceRequest/r" } } }));
        let mut location = json!({ "resourceType": "Location", "id": "l" });
        if let Value::Object(map) = &mut location {
            self.place.address.iter().for_each(|text| drop(map.insert("address".into(), json!({ "text": text }))));
            self.place
                .position
                .iter()
                .for_each(|p| drop(map.insert("position".into(), json!({ "longitude": p.longitude(), "latitude": p.latitude() }))));
        }
        entries.push(json!({ "resource": location }));
        json!({ "resourceType": "Bundle", "type": "collection", "entry": entries })
    }
}

impl Told {
    fn person(&self, number: &str, index: usize) -> Person {
        let mut person = Person::unnamed(PersonId::derived(&format!("{number}/{index}")), Role::InCrisis);
        person.name = self.name.as_ref().map(|(given, family)| PersonName {
            given: vec![given.clone()],
            family: Some(family.clone()),
            goes_by: None,
        });
        person.description.clone_from(&self.description);
        person.language.clone_from(&self.language);
        person.safe_contact = SafeContact { message: self.message, ..SafeContact::default() };
        person.label = Label::Call911;
        person.dependants = self.dependant.iter().map(|who| Dependant { who: who.clone(), with: None }).collect();
        person
    }
}
