//! Our own member of a component: what EIDO has no field for, so that a fact and a person come back as they went out.

use serde_json::{Map, Value, json};

use super::OURS;
use super::reading::Reading;
use super::sheet::{Sheet, list};
use crate::base::Code;
use crate::base::ids::{FactId, PersonId};
use crate::incident::{
    About, Dependant, Door, Fact, FactKind, Identifier, Incident, Label, MustNotLearn, Person, PersonName, Role, SafeContact, Source,
    Wishes,
};

/// Our member of a component, where it has one.
pub fn ours<'a>(of: &'a Value, what: &str) -> Option<&'a Value> {
    of.get(OURS)?.get(what).filter(|value| value.is_object())
}

/// Whether a component was written by us: its facts stand in notes, and are not told again.
pub fn is_ours(of: &Value) -> bool {
    of.get(OURS).is_some_and(Value::is_object)
}

fn put(map: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), value.into());
    }
}

fn identifier(id: &Identifier) -> Value {
    json!({ "system": id.system, "value": id.value })
}

/// Our member of the note that tells a fact.
pub fn of_fact(fact: &Fact) -> Value {
    let mut map = Map::new();
    put(&mut map, "id", Some(fact.id.as_str()));
    put(&mut map, "kind", Some(fact.kind.code()));
    put(&mut map, "label", Some(fact.label.code()));
    put(&mut map, "door", Some(fact.door.code()));
    put(&mut map, "said", Some(fact.said.to_string()));
    put(&mut map, "who", Some(fact.source.who.as_str()));
    put(&mut map, "agency", fact.source.agency.as_ref().map(identifier));
    put(&mut map, "code", fact.code.as_ref().map(identifier));
    match &fact.about {
        About::Incident => {}
        About::Place => put(&mut map, "place", Some(true)),
        About::Person(id) => put(&mut map, "person", Some(id.as_str())),
    }
    put(&mut map, "lifeSaving", fact.life_saving.then_some(true));
    json!({ "fact": map })
}

/// The fact that a note of ours carries. A label that is missing or unknown counts as the narrowest (42 CFR Part 2): a
/// guess never widens who may be told.
pub fn fact<'a>(reading: &Reading<'a>, note: &'a Value, text: String) -> Option<Fact> {
    let sheet = reading.sheet;
    let member = ours(note, "fact")?;
    let id = sheet.known(member, "id", |id| FactId::parse(id).ok())?;
    let about = match sheet.known(member, "person", |id| PersonId::parse(id).ok()) {
        Some(person) => About::Person(person),
        None if sheet.flag(member, "place") == Some(true) => About::Place,
        None => About::Incident,
    };
    let said = sheet.time(member, "said").unwrap_or_else(|| reading.said(note));
    Some(Fact {
        id,
        about,
        kind: sheet.known(member, "kind", FactKind::from_code).unwrap_or(FactKind::Other),
        text,
        code: member.get("code").and_then(|code| read_identifier(sheet, code)),
        source: Source {
            who: sheet.text(member, "who").unwrap_or_default().to_owned(),
            agency: member.get("agency").and_then(|agency| read_identifier(sheet, agency)),
        },
        door: sheet.known(member, "door", Door::from_code).unwrap_or(Door::Line911),
        said,
        label: sheet.known(member, "label", Label::from_code).unwrap_or(Label::Part2),
        life_saving: sheet.flag(member, "lifeSaving") == Some(true),
    })
}

fn read_identifier<'a>(sheet: &Sheet<'a>, of: &'a Value) -> Option<Identifier> {
    sheet.peek(of, "value")?;
    Some(Identifier { system: sheet.text(of, "system")?.to_owned(), value: sheet.text(of, "value")?.to_owned() })
}

/// Our member of the incident component.
pub fn of_incident(incident: &Incident) -> Value {
    let mut map = Map::new();
    put(&mut map, "id", Some(incident.id.as_str()));
    put(&mut map, "door", Some(incident.door.code()));
    put(&mut map, "askedBy", Some(incident.asked_by.code()));
    put(&mut map, "channel", Some(incident.channel.code()));
    put(&mut map, "urgency", Some(incident.urgency.code()));
    put(&mut map, "firstContact", incident.first_contact.map(|at| at.to_string()));
    put(&mut map, "determined", Some(incident.determined.to_string()));
    map.insert("identifiers".to_owned(), incident.identifiers.iter().map(identifier).collect());
    json!({ "incident": map })
}

/// Every identifier that our member of the incident component carries.
pub fn identifiers<'a>(sheet: &Sheet<'a>, member: &'a Value) -> Vec<Identifier> {
    member.get("identifiers").map(list).into_iter().flatten().filter_map(|of| read_identifier(sheet, of)).collect()
}

/// Our member of a person component.
pub fn of_person(person: &Person) -> Value {
    let mut map = Map::new();
    put(&mut map, "id", Some(person.id.as_str()));
    put(&mut map, "roles", Some(person.roles.iter().map(|role| role.code()).collect::<Vec<_>>()));
    let name = person.name.as_ref();
    put(&mut map, "family", name.and_then(|n| n.family.clone()));
    put(&mut map, "given", name.map(|n| n.given.clone()));
    put(&mut map, "goesBy", name.and_then(|n| n.goes_by.clone()));
    put(&mut map, "description", person.description.clone());
    put(&mut map, "born", person.born.clone());
    put(&mut map, "gender", person.gender.clone());
    put(&mut map, "language", person.language.clone());
    put(&mut map, "contacts", (!person.contacts.is_empty()).then(|| person.contacts.clone()));
    put(&mut map, "safeContact", some_object(safe_contact(&person.safe_contact)));
    put(&mut map, "wishes", some_object(wishes(&person.wishes)));
    let dependants = person.dependants.iter().map(|dependant| {
        let mut one = Map::new();
        put(&mut one, "who", Some(dependant.who.as_str()));
        put(&mut one, "with", dependant.with.clone());
        Value::Object(one)
    });
    put(&mut map, "dependants", (!person.dependants.is_empty()).then(|| dependants.collect::<Vec<_>>()));
    put(&mut map, "identifiedAs", person.identified_as.as_ref().map(|id| id.as_str()));
    put(&mut map, "label", (person.label != Label::Call).then(|| person.label.code()));
    json!({ "person": map })
}

fn some_object(map: Map<String, Value>) -> Option<Value> {
    (!map.is_empty()).then_some(Value::Object(map))
}

fn safe_contact(safe: &SafeContact) -> Map<String, Value> {
    let mut map = Map::new();
    put(&mut map, "number", safe.number.clone());
    put(&mut map, "when", safe.when.clone());
    put(&mut map, "voice", safe.voice);
    put(&mut map, "text", safe.text);
    put(&mut map, "message", safe.message);
    put(&mut map, "messageInNameOf", safe.message_in_name_of.clone());
    put(&mut map, "mustNotLearn", safe.must_not_learn_words());
    put(&mut map, "language", safe.language.clone());
    put(&mut map, "interpreter", safe.interpreter);
    map
}

fn wishes(wishes: &Wishes) -> Map<String, Value> {
    let mut map = Map::new();
    put(&mut map, "called", wishes.called.clone());
    put(&mut map, "helps", wishes.helps.clone());
    put(&mut map, "worsens", wishes.worsens.clone());
    put(&mut map, "whomToCall", wishes.whom_to_call.clone());
    put(&mut map, "advanceDirective", wishes.advance_directive.clone());
    put(&mut map, "safetyPlan", wishes.safety_plan.clone());
    map
}

/// The person that a component of ours carries.
pub fn person<'a>(sheet: &Sheet<'a>, component: &'a Value) -> Option<Person> {
    let member = ours(component, "person")?;
    let id = sheet.known(member, "id", |id| PersonId::parse(id).ok())?;
    let text = |key: &str| sheet.text(member, key).map(str::to_owned);
    let mut roles = Vec::new();
    for (leaf, code) in sheet.leaves(member, "roles") {
        if let Some(role) = Role::from_code(code) {
            sheet.mark(leaf);
            roles.push(role);
        }
    }
    let named = ["family", "given", "goesBy"].iter().any(|key| member.get(*key).is_some());
    let name = named.then(|| PersonName { family: text("family"), given: sheet.texts(member, "given"), goes_by: text("goesBy") });
    let dependants = member.get("dependants").map(list).into_iter().flatten();
    let dependants = dependants
        .filter_map(|d| Some(Dependant { who: sheet.text(d, "who")?.to_owned(), with: sheet.text(d, "with").map(str::to_owned) }))
        .collect();
    Some(Person {
        id,
        roles,
        name,
        description: text("description"),
        born: text("born"),
        gender: text("gender"),
        language: text("language"),
        contacts: sheet.texts(member, "contacts"),
        safe_contact: member.get("safeContact").map(|safe| read_safe_contact(sheet, safe)).unwrap_or_default(),
        wishes: member.get("wishes").map(|wishes| read_wishes(sheet, wishes)).unwrap_or_default(),
        dependants,
        identified_as: sheet.known(member, "identifiedAs", |id| PersonId::parse(id).ok()),
        label: match member.get("label") {
            Some(_) => sheet.known(member, "label", Label::from_code).unwrap_or(Label::Part2),
            None => Label::Call,
        },
    })
}

fn read_safe_contact<'a>(sheet: &Sheet<'a>, safe: &'a Value) -> SafeContact {
    let text = |key: &str| sheet.text(safe, key).map(str::to_owned);
    let flag = |key: &str| sheet.flag(safe, key);
    SafeContact {
        number: text("number"),
        when: text("when"),
        voice: flag("voice"),
        text: flag("text"),
        message: flag("message"),
        message_in_name_of: text("messageInNameOf"),
        must_not_learn: text("mustNotLearn").iter().map(|who| MustNotLearn::named(who)).collect(),
        language: text("language"),
        interpreter: flag("interpreter"),
    }
}

fn read_wishes<'a>(sheet: &Sheet<'a>, wishes: &'a Value) -> Wishes {
    let text = |key: &str| sheet.text(wishes, key).map(str::to_owned);
    Wishes {
        called: text("called"),
        helps: text("helps"),
        worsens: text("worsens"),
        whom_to_call: text("whomToCall"),
        advance_directive: text("advanceDirective"),
        safety_plan: text("safetyPlan"),
    }
}
